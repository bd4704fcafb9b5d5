// Uses a model by its name without any guest: gives it zeros, and prints its largest answer.
//
//   native_inference MODEL      a model that OpenVINO reads, such as an .onnx, with an output of
//   f32
#include <namesake/namesake.h>
#include <namesake/openvino.h>

#include <algorithm>
#include <cstring>
#include <iostream>
#include <string_view>
#include <utility>
#include <vector>

static int Fail(std::string_view reason) {
  std::cerr << "native_inference: " << reason << '\n';
  return 1;
}

// Sets an input to zeros, in the smallest shape that the graph accepts.
static namesake::Result<void> SetZeros(namesake::View& view, namesake::ContextHandle context,
                                       std::size_t index, const namesake::TensorInfo& info) {
  std::vector<std::uint64_t> dims;
  const auto shape = info.shape.value_or(std::vector<namesake::Dim>{});
  for (const auto& dim : shape) dims.push_back(std::max<std::uint64_t>(dim.min, 1));
  const auto size = namesake::ByteSize(info.type, dims);
  if (!size) return std::unexpected(size.error());
  const std::vector<std::byte> zeros(*size);
  return view.SetInput(context, index, {.type = info.type, .dims = dims, .data = zeros});
}

// Result::value() throws the error, if there is one, to the end of this function.
int main(int argc, char** argv) try {
  if (argc != 2) return Fail("usage: native_inference MODEL");
  namesake::HostOptions options;
  options.backends.push_back(namesake::NewOpenVinoBackend());
  options.isolation = namesake::Isolation::kProcess;
  const auto host = namesake::Host::Create(std::move(options)).value();
  host->Register("photo", {.source = namesake::ModelFiles{{argv[1]}}}).value();

  const auto view = host->NewView();
  const auto context = view->InitExecutionContext(view->LoadByName("photo").value()).value();
  const auto& inputs = view->FindGraph(context).value()->inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    SetZeros(*view, context, i, inputs[i]).value();
  }
  view->Compute(context).value();
  const auto output = view->GetOutput(context, 0).value();
  if (output.type != namesake::ElementType::kF32) return Fail("output 0 is not of f32");
  std::vector<float> values(output.data.size() / sizeof(float));
  if (values.empty()) return Fail("output 0 is empty");
  std::memcpy(values.data(), output.data.data(), output.data.size());
  const auto largest = std::ranges::max_element(values);
  std::cout << namesake::ShapeText(output.dims) << ": the largest is " << *largest << " at "
            << largest - values.begin() << '\n';
} catch (const std::bad_expected_access<namesake::Error>& failed) {
  return Fail(failed.error().detail());
}
