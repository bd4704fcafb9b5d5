#include "backend_fake/fake_backend.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <sstream>
#include <thread>
#include <utility>

#include "base/fail.h"
#include "base/text.h"
#include "graph/proto_fields.h"
#include "graph/tensor_buffer.h"
#include "graph/tensor_copy.h"

namespace namesake::fake {
namespace {

struct ScriptOutput {
  TensorInfo info;
  // The input that it repeats; empty for an "out" line, which has `dims`.
  std::optional<std::size_t> repeats;
  std::vector<std::uint64_t> dims;
};

// A model's text, parsed.
struct Script {
  std::vector<TensorInfo> inputs;
  std::vector<ScriptOutput> outputs;
  std::chrono::milliseconds load_time{};
  std::chrono::milliseconds compute_time{};
  bool load_waits = false;
  bool compute_waits = false;
  bool compute_hangs = false;
  std::optional<std::uint64_t> bytes;
  bool dynamic_outputs = false;
  bool lends_unowned = false;
  std::string load_failure;
  std::string compute_failure;
};

std::optional<Dim> ParseDim(std::string_view text) {
  if (text == "?") return Dim::Dynamic();
  const auto range = text.find("..");
  const auto min = base::ParseDigits(text.substr(0, range));
  const auto max =
      range == std::string_view::npos ? min : base::ParseDigits(text.substr(range + 2));
  if (!min || !max) return std::nullopt;
  return Dim{.min = *min, .max = *max};
}

std::optional<std::vector<Dim>> ParseShape(const std::string& text) {
  std::vector<Dim> shape;
  if (text == "scalar") return shape;
  std::istringstream dims(text);
  dims.exceptions(std::ios::badbit);  // If memory runs out.
  for (std::string dim; std::getline(dims, dim, ',');) {
    const auto parsed = ParseDim(dim);
    if (!parsed) return std::nullopt;
    shape.push_back(*parsed);
  }
  return shape;
}

std::optional<ElementType> ParseElementType(std::string_view text) {
  for (int i = 0; i < kElementTypeCount; ++i) {
    const auto type = static_cast<ElementType>(i);
    if (ElementTypeName(type) == text) return type;
  }
  return std::nullopt;
}

TensorInfo NewTensor(std::string_view kind, std::size_t index, ElementType type,
                     std::vector<Dim> shape) {
  return {.name = fmt::format("{}{}", kind, index),
          .aliases = {},
          .type = type,
          .shape = std::move(shape)};
}

// Adds the tensors of an "io", "in" or "out" line.
bool AddTensors(std::string_view key, std::string_view type_name, const std::string& shape_text,
                Script& script) {
  const auto type = ParseElementType(type_name);
  const auto shape = ParseShape(shape_text);
  if (!type || !shape) return false;
  std::optional<std::size_t> input;
  if (key != "out") {
    input = script.inputs.size();
    script.inputs.push_back(NewTensor("in", *input, *type, *shape));
    script.inputs.back().may_be_empty = true;
  }
  if (key == "in") return true;
  ScriptOutput output = {
      .info = NewTensor("out", script.outputs.size(), *type, *shape), .repeats = input, .dims = {}};
  if (!input) {
    if (!output.info.fixed()) return false;
    for (const Dim& dim : *shape) output.dims.push_back(dim.min);
  }
  script.outputs.push_back(std::move(output));
  return true;
}

bool ParseLine(const std::string& line, Script& script) {
  std::istringstream words(line);
  words.exceptions(std::ios::badbit);
  std::string key;
  std::string first;
  words >> key >> first;
  if (key.empty()) return true;
  std::string rest;
  std::getline(words >> std::ws, rest);
  if (key == "io" || key == "in" || key == "out") return AddTensors(key, first, rest, script);
  const std::string text = rest.empty() ? first : first + " " + rest;
  const auto number = base::ParseDigits(text);
  if (key == "fail_load") return !(script.load_failure = text).empty();
  if (key == "fail_compute") return !(script.compute_failure = text).empty();
  if (key == "load_waits" && text.empty()) return script.load_waits = true;
  if (key == "compute_waits" && text.empty()) return script.compute_waits = true;
  if (key == "compute_hangs" && text.empty()) return script.compute_hangs = true;
  if (key == "bytes" && number) return script.bytes = number, true;
  if (key == "outputs" && text == "?") return script.dynamic_outputs = true;
  if (key == "outputs" && text == "unowned") return script.lends_unowned = true;
  if (key == "load_ms" && number)
    return script.load_time = std::chrono::milliseconds(*number), true;
  if (key == "compute_ms" && number) {
    return script.compute_time = std::chrono::milliseconds(*number), true;
  }
  return false;
}

Result<Script> ParseScript(const std::string& text) {
  Script script;
  std::istringstream lines(text);
  lines.exceptions(std::ios::badbit);
  for (std::string line; std::getline(lines, line);) {
    if (!ParseLine(line, script)) {
      return base::Fail(ErrorCode::kRuntimeError, "not a line of a fake model: \"{}\"", line);
    }
  }
  return script;
}

constexpr std::uint32_t kOnnxProducerName = 2;

// The text of an ONNX model's producer's name; otherwise the content itself. No line of a model
// begins like an ONNX model, with a field that has the version.
std::string TextIn(std::string content) {
  if (!content.starts_with('\x08')) return content;
  graph::ProtoReader reader(std::as_bytes(std::span(std::as_const(content))));
  while (const auto field = reader.Next()) {
    if (field->tag.number == kOnnxProducerName) return std::string(base::AsText(field->bytes));
  }
  return content;
}

Result<std::string> ReadText(const Model& model) {
  if (const auto* bytes = std::get_if<ModelBytes>(&model.source)) {
    std::string text;
    for (const Blob& part : bytes->parts) {
      text.append(reinterpret_cast<const char*>(part->data()), part->size());
    }
    return TextIn(std::move(text));
  }
  const auto& paths = std::get<ModelFiles>(model.source).paths;
  std::ifstream file(paths.at(0), std::ios::binary);
  // A directory can be opened, but reading from it throws.
  std::error_code ignored;
  if (!file || std::filesystem::is_directory(paths.at(0), ignored)) {
    return base::Fail(ErrorCode::kRuntimeError, "can't read {}", SourceName(model));
  }
  return TextIn(std::string(std::istreambuf_iterator<char>(file), {}));
}

std::vector<TensorInfo> OutputsOf(const Script& script) {
  std::vector<TensorInfo> outputs;
  for (const ScriptOutput& output : script.outputs) {
    outputs.push_back(output.info);
    if (script.dynamic_outputs) outputs.back().shape.reset();
  }
  return outputs;
}

Result<std::pair<Script, std::uint64_t>> ReadScript(const Model& model) {
  const auto text = ReadText(model);
  if (!text) return base::Fail(text);
  auto script = ParseScript(*text);
  if (!script) return base::Fail(std::move(script));
  const std::uint64_t bytes = script->bytes.value_or(text->size());
  return std::pair(*std::move(script), bytes);
}

class FakeGraph : public Graph {
 public:
  FakeGraph(Script script, std::uint64_t bytes, Encoding encoding, Counters& counters)
      : Graph(script.inputs, OutputsOf(script), bytes, encoding),
        script_(std::move(script)),
        counters_(counters) {
    ++counters_.graphs;
  }
  ~FakeGraph() override { --counters_.graphs; }

  Result<std::unique_ptr<ExecutionContext>> NewContext(const Placement& placement) const override;

  const Script& script() const { return script_; }
  Counters& counters() const { return counters_; }

 private:
  Script script_;
  Counters& counters_;
};

class FakeContext : public ExecutionContext {
 public:
  explicit FakeContext(std::shared_ptr<const FakeGraph> fake)
      : ExecutionContext(fake),
        fake_(*fake),
        inputs_(fake_.inputs().size()),
        outputs_(fake_.outputs().size()) {
    ++fake_.counters().contexts;
  }
  ~FakeContext() override { --fake_.counters().contexts; }

 private:
  struct InputSlot {
    ElementType type = ElementType::kF32;
    std::vector<std::uint64_t> dims;
    graph::TensorBuffer copied;
    // Set instead of a copy.
    std::optional<SharedTensor> bound;

    std::span<const std::byte> bytes() const { return bound ? bound->view().data : copied.bytes(); }
    SharedTensor Share() { return bound ? *bound : copied.Lend(type, dims); }
  };

  struct OutputSlot {
    SharedTensor tensor;
    graph::TensorBuffer own;  // For an output that repeats no input.
  };

  Result<void> CopyInput(std::size_t index, const TensorView& tensor) override {
    InputSlot& input = inputs_[index];
    const auto buffer = input.copied.Renew(tensor.data.size());
    if (!buffer) return base::Fail(buffer);
    graph::CopyTensorBytes(*buffer, tensor.data);
    input.type = tensor.type;
    input.dims.assign(tensor.dims.begin(), tensor.dims.end());
    input.bound.reset();
    fake_.counters().input_bytes_copied += tensor.data.size();
    return {};
  }

  Result<void> BindInput(std::size_t index, const SharedTensor& tensor) override {
    inputs_[index].bound = tensor;
    ++fake_.counters().inputs_bound;
    return {};
  }

  Result<void> Run(Deadline deadline) override {
    ++fake_.counters().computes;
    if (!TakeTime(deadline)) {
      return base::Fail(ErrorCode::kTimeout, "the inference passed its deadline");
    }
    if (!fake_.script().compute_failure.empty()) {
      return base::Fail(ErrorCode::kRuntimeError,
                        Wording("the model can't compute", fake_.script().compute_failure));
    }
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      if (auto put = PutOut(i); !put) return put;
    }
    return {};
  }

  // Returns false if the deadline passes first.
  bool TakeTime(Deadline deadline) {
    const Script& script = fake_.script();
    if (script.compute_hangs) fake_.counters().computing.Pass(Deadline::Never());
    if (script.compute_waits && !fake_.counters().computing.Pass(deadline)) return false;
    const auto end = Deadline::Clock::now() + script.compute_time;
    if (deadline.when() && *deadline.when() < end) {
      std::this_thread::sleep_until(*deadline.when());
      return false;
    }
    if (script.compute_time.count() > 0) std::this_thread::sleep_until(end);
    return true;
  }

  Result<TensorView> ReadOutput(std::size_t index) override {
    return outputs_[index].tensor.view();
  }

  Result<SharedTensor> KeepOutput(std::size_t index) override {
    SharedTensor kept = outputs_[index].tensor;
    // Points to the bytes without keeping them alive.
    if (fake_.script().lends_unowned) {
      kept.bytes = {std::make_shared<const std::byte>(), kept.bytes.get()};
    }
    return kept;
  }

  Result<void> PutOut(std::size_t index) {
    const ScriptOutput& line = fake_.script().outputs[index];
    OutputSlot& output = outputs_[index];
    if (line.repeats) {
      output.tensor = inputs_[*line.repeats].Share();
      // A scalar that was given as [1] is a scalar.
      if (line.info.shape && line.info.shape->empty()) output.tensor.dims.clear();
      return {};
    }
    output.tensor = {};  // So that the buffer counts as held only if somebody else holds it.
    const auto size = ByteSize(line.info.type, line.dims);
    if (!size) return base::Fail(size);
    const auto bytes = output.own.Renew(*size);
    if (!bytes) return base::Fail(bytes);
    Fill(*bytes);
    output.tensor = output.own.Lend(line.info.type, line.dims);
    return {};
  }

  // Not a copy of a tensor, but the computation.
  void Fill(std::span<std::byte> output) const {
    const std::span source =
        inputs_.empty() ? std::span<const std::byte>() : inputs_.front().bytes();
    if (source.empty()) std::ranges::fill(output, std::byte{0});
    while (!source.empty() && !output.empty()) {
      const auto part = source.first(std::min(source.size(), output.size()));
      std::ranges::copy(part, output.begin());
      output = output.subspan(part.size());
    }
  }

  const FakeGraph& fake_;
  std::vector<InputSlot> inputs_;
  std::vector<OutputSlot> outputs_;
};

Result<std::unique_ptr<ExecutionContext>> FakeGraph::NewContext(const Placement& placement) const {
  counters_.contexts_for.Add(placement);
  return std::make_unique<FakeContext>(
      std::static_pointer_cast<const FakeGraph>(shared_from_this()));
}

}  // namespace

void PlacementCounts::Add(const Placement& placement) {
  const std::lock_guard lock(mutex_);
  ++counts_[placement];
}

int PlacementCounts::Of(const Placement& placement) const {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(placement);
  return found == counts_.end() ? 0 : found->second;
}

void Latch::Open() {
  const std::lock_guard lock(mutex_);
  is_open_ = true;
  changed_.notify_all();
}

bool Latch::AwaitWaiting(int count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return waiting_ >= count; });
}

bool Latch::Pass(Deadline deadline) {
  const auto hang = Deadline::After(std::chrono::minutes(1));
  std::unique_lock lock(mutex_);
  ++waiting_;
  changed_.notify_all();
  const bool opened = changed_.wait_until(lock, *Deadline::Earlier(deadline, hang).when(),
                                          [&] { return is_open_; });
  --waiting_;
  if (!opened && hang.passed()) {
    std::fputs("the fake backend: nobody has opened a latch for a minute\n", stderr);
    std::abort();
  }
  return opened;
}

Result<std::shared_ptr<const Graph>> Backend::LoadLayout(const Model& model, ModelLayout /*layout*/,
                                                         const LoadOptions& options,
                                                         Deadline /*deadline*/) {
  ++counters_.loads;
  counters_.loads_for.Add(options.placement);
  auto read = ReadScript(model);
  if (!read) return base::Fail(read);
  auto& [script, bytes] = *read;
  std::this_thread::sleep_for(script.load_time);
  if (script.load_waits) counters_.loading.Pass(Deadline::Never());
  if (!script.load_failure.empty()) {
    return base::Fail(ErrorCode::kRuntimeError,
                      Wording("the model can't be loaded", script.load_failure));
  }
  return std::make_shared<FakeGraph>(std::move(script), bytes, model.encoding, counters_);
}

Capabilities Backend::capabilities() const {
  return {.types = AllElementTypes(),
          .features = {Capability::kDynamicShapes, Capability::kEmptyTensors, Capability::kScalars,
                       Capability::kInputsInPlace, Capability::kDeadlines}};
}

std::vector<OptionProblem> Backend::CheckOptions(const Model& model) const {
  if (!model.options.contains("bad")) return {};
  return {{.key = "bad", .message = "the fake backend has no option \"bad\""}};
}

Result<void> Backend::CheckTarget(Target target) const {
  if (target != Target::kTpu) return {};
  return base::Fail(ErrorCode::kUnsupported, "there is no fake device for tpu");
}

// An unreadable model passes here and fails when it is loaded, as the tests expect.
Result<ModelLayout> Backend::Layout(const Model& model) const {
  const auto read = ReadScript(model);
  ModelLayout layout = {
      .encoding = model.encoding, .bytes = read ? read->second : 0, .name = SourceName(model)};
  if (const auto* files = std::get_if<ModelFiles>(&model.source)) {
    layout.parts = ModelLayout::Files{.model = files->paths.at(0), .companions = {}};
  } else if (const auto text = ReadText(model)) {
    const auto bytes = std::as_bytes(std::span(*text));
    layout.parts = ModelLayout::Memory{
        .model = std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end()),
        .weights = {}};
  }
  return layout;
}

Model NewModel(std::string_view text, Encoding encoding) {
  const auto bytes = std::as_bytes(std::span(text));
  return {
      .encoding = encoding,
      .target = Target::kCpu,
      .source =
          ModelBytes{{std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end())}},
      .options = {}};
}

Model NewOnnxModel(std::string_view text) {
  // Fields of one byte of tag and, but for the name, one of content or length: the version, the
  // name, and a graph with one node, whose operation is "Fake".
  std::string content("\x08\x08\x12", 3);
  for (std::size_t rest = text.size(); true; rest >>= 7) {
    content += static_cast<char>((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0));
    if (rest <= 0x7F) break;
  }
  content.append(text).append(
      "\x3a\x08\x0a\x06\x22\x04"
      "Fake");
  return NewModel(content, Encoding::kOnnx);
}

}  // namespace namesake::fake
