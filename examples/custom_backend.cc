// Uses a model of a backend of one's own (scale_backend.h) by its name.
//
//   printf 'GGUF\3\0\0\0 2.5' > scale.gguf
//   custom_backend scale.gguf 4 -1      prints 10, then -2.5
#include <namesake/namesake.h>

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "scale_backend.h"

static int Fail(std::string_view reason) {
  std::cerr << "custom_backend: " << reason << '\n';
  return 1;
}

// Result::value() throws the error, if there is one, to the end of this function.
int main(int argc, char** argv) try {
  if (argc < 3) return Fail("usage: custom_backend MODEL NUMBER...");
  std::vector<float> numbers;
  for (int i = 2; i < argc; ++i) numbers.push_back(std::strtof(argv[i], nullptr));
  const std::vector<std::uint64_t> dims = {numbers.size()};

  namesake::HostOptions options;
  options.backends.push_back(std::make_unique<ScaleBackend>());
  options.isolation = namesake::Isolation::kProcess;
  const auto host = namesake::Host::Create(std::move(options)).value();
  host->Register("scale", {.source = namesake::ModelFiles{{argv[1]}}}).value();

  const auto view = host->NewView();
  const auto context = view->InitExecutionContext(view->LoadByName("scale").value()).value();
  view->SetInput(context, 0, {.dims = dims, .data = std::as_bytes(std::span(numbers))}).value();
  view->Compute(context).value();
  const auto output = view->GetOutput(context, 0).value();
  std::memcpy(numbers.data(), output.data.data(), output.data.size());
  for (const float number : numbers) std::cout << number << '\n';
} catch (const std::bad_expected_access<namesake::Error>& failed) {
  return Fail(failed.error().detail());
}
