// Makes arbitrary calls of wasi:nn by the components of two tenants, within what the engine lets a
// guest do: a component passes only resources that it owns and enum numbers that exist, but any
// bytes and lengths. Whatever it does, the host does not crash or hang, counts exactly what is
// held, leaves what it has lent unchanged, and reveals nothing about other guests or the host.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "materials.h"
#include "record.h"
#include "require.h"
#include "view/open_context.h"
#include "wasi_nn/wit_calls.h"
#include "wasi_nn/wit_codes.h"
#include "wasi_nn/wit_objects.h"
#include "world.h"

namespace namesake::fuzz {
namespace {

using wasi_nn::wit::Code;
using wasi_nn::wit::Objects;

constexpr int kMaxCalls = 64;
constexpr std::uint8_t kMaxEncoding = 6;
constexpr std::uint8_t kMaxTarget = 2;
constexpr std::uint8_t kMaxElementType = 6;
constexpr auto kMaxCode = std::to_underlying(Code::kUnknown);
constexpr std::size_t kMaxTensorBytes = 65536;

// Models beyond kModels that only make sense with a component's own tensors.
constexpr auto kMoreModels = std::to_array<std::string_view>(
    {"in f32 2\nio u8 1..9\nout i64 2\n", "io f32 ?\nio f32 ?\noutputs ?\n", "in u8 2\nout u8 2\n",
     "io f32 2\nout i8 4\n", "in u8 18446744073709551615\nio u8 9\n",
     "io u8 9223372036854775808\nio u8 1\n", "io u8 ?,?\nbytes 0\n"});
constexpr auto kTensors = std::to_array<std::pair<std::uint8_t, std::uint32_t>>(
    {{1, 2}, {1, 1}, {1, 9}, {4, 3}, {4, 9}, {6, 4}, {0, 0}});
constexpr auto kExtents =
    std::to_array<std::uint32_t>({0, 1, 2, 3, 9, 255, 0x7FFFFFFF, 0xFFFFFFFF});
constexpr auto kRanks = std::to_array<std::size_t>({0, 1, 1, 2, 3, 4, 63, 64, 65, 4096});
constexpr auto kLengths = std::to_array<std::size_t>(
    {0, 1, 255, 256, 4093, 4094, 4095, 4096, 4097, 65535, kMaxTensorBytes});

// A copy in a block of its exact size, so that the sanitizer finds any access beyond it.
template <typename T>
class Block {
 public:
  explicit Block(std::span<const T> values)
      : values_(std::make_unique<T[]>(values.size())), size_(values.size()) {
    std::ranges::copy(values, values_.get());
  }
  const T* data() const { return values_.get(); }
  std::size_t size() const { return size_; }

 private:
  std::unique_ptr<T[]> values_;
  std::size_t size_;
};

class TextBlock : public Block<char> {
 public:
  explicit TextBlock(std::string_view text) : Block(std::span(text)) {}
  NamesakeBytes bytes() const {
    return {.data = reinterpret_cast<const std::uint8_t*>(data()), .len = size()};
  }
};

std::string_view AsText(NamesakeBytes bytes) {
  return bytes.len == 0 ? std::string_view()
                        : std::string_view(reinterpret_cast<const char*>(bytes.data), bytes.len);
}

// A tensor that a guest owns, and the value that it must keep.
struct OwnTensor {
  std::uint32_t rep = 0;
  std::vector<std::uint32_t> dims;
  std::uint8_t type = 0;
  std::string data;  // Empty if the host refused to keep it.
  // Where the host's lent memory is.
  const void* dims_at = nullptr;
  const void* data_at = nullptr;
};

struct OwnError {
  std::uint32_t rep = 0;
  std::uint8_t code = 0;
  std::string text;
  const void* text_at = nullptr;
};

// What a context has reserved under the limits on tensors.
struct Reserved {
  std::vector<std::uint64_t> inputs;
  // The largest size of each so far.
  std::vector<std::uint64_t> outputs;

  std::uint64_t total() const {
    const auto sum = std::accumulate(inputs.begin(), inputs.end(), std::uint64_t{0});
    return std::accumulate(outputs.begin(), outputs.end(), sum);
  }
  friend bool operator==(const Reserved&, const Reserved&) = default;
};
// All states it may be in, since a failed call may have done a part.
using Possible = std::vector<Reserved>;

struct Owned {
  std::vector<OwnTensor> tensors;
  std::vector<OwnError> errors;
  std::size_t error_texts = 0;  // Of errors whose texts are kept.
  std::map<std::uint32_t, Possible> contexts;
};

std::uint64_t FixedBytes(const TensorInfo& info) {
  if (!info.fixed()) return 0;
  std::vector<std::uint64_t> dims;
  for (const Dim& dim : *info.shape) dims.push_back(dim.min);
  return ByteSize(info.type, dims).value_or(0);
}

Reserved ReservedAtFirst(const Graph& graph) {
  Reserved reserved;
  for (const TensorInfo& input : graph.inputs()) reserved.inputs.push_back(FixedBytes(input));
  for (const TensorInfo& output : graph.outputs()) {
    reserved.outputs.push_back(FixedBytes(output));
  }
  return reserved;
}

bool CanBeCounted(const Graph& graph) {
  std::uint64_t sum = 0;
  for (const auto* const infos : {&graph.inputs(), &graph.outputs()}) {
    for (const TensorInfo& info : *infos) {
      if (__builtin_add_overflow(sum, FixedBytes(info), &sum)) return false;
    }
  }
  return true;
}

extern "C" void TakeName(void* sink, NamesakeBytes text) {
  static_cast<std::vector<std::string>*>(sink)->emplace_back(AsText(text));
}

using NamedOutputs = std::vector<std::pair<std::string, std::uint32_t>>;
extern "C" void TakeOutput(void* sink, NamesakeNamedTensor output) {
  static_cast<NamedOutputs*>(sink)->emplace_back(AsText(output.name), output.tensor);
}

class Guests {
 public:
  explicit Guests(FuzzedDataProvider& input)
      : input_(input), world_(input, GuestKind::kComponents), record_(world_) {}

  void Run() {
    world_.CheckAccounts();
    for (int i = 0; i < kMaxCalls && input_.remaining_bytes() > 0; ++i) {
      view_ = Pick(kViews);
      before_ = world_.usage();
      (this->*WithWhatItTakes(kActions[Pick(kActions.size())]))();
      CheckOwned();
      record_.CheckAfter(view_, before_);
    }
    record_.CheckNames();
    for (view_ = 0; view_ < kViews; ++view_) {
      CheckErrors();
      if (input_.ConsumeBool()) DropAll();
    }
    record_.CheckEnd();
  }

 private:
  using Action = void (Guests::*)();

  // --- What a guest does.

  void NewTensor() {
    const auto [dims, type, size] = PickTensor();
    std::string data = input_.ConsumeRandomLengthString(std::min<std::size_t>(size, 16));
    while (data.size() < size) data += static_cast<char>(data.size() + tensors_made_);
    ++tensors_made_;
    const Block<std::uint32_t> extents{std::span(dims)};
    const TextBlock bytes(data);
    const std::uint32_t rep = calls_.tensor_new(
        c_view(), {.data = extents.data(), .len = extents.size()}, type, bytes.bytes());
    if (rep == Objects::kNoTensor) {
      const auto& limit =
          view().account().limits().totals[static_cast<std::size_t>(Resource::kTensors)];
      Require(limit && At(Now(), Resource::kTensors) == *limit, "only a limit refuses a place");
      own().tensors.push_back({.rep = rep, .dims = {}, .type = 1, .data = {}});
      return;
    }
    auto kept = dims;
    kept.resize(std::min(kept.size(), kMaxRank));
    const std::uint64_t counted =
        At(Now(), Resource::kTensorBytes) - At(before_.views[view_], Resource::kTensorBytes);
    Require(counted == 0 || counted == size, "a tensor is counted wholly or not kept");
    Own({.rep = rep, .dims = std::move(kept), .type = type, .data = data.substr(0, counted)});
  }

  void DropTensor() {
    const OwnTensor tensor = TakeOwn();
    calls_.tensor_drop(c_view(), tensor.rep);
  }

  void NewError() {
    const std::string text = PickText(kNames);
    NewError(input_.ConsumeIntegralInRange<std::uint8_t>(0, kMaxCode), text);
  }

  // Makes almost as many as are kept with their texts, or slightly more.
  void NewErrors() {
    if (own().errors.size() > 2 * Objects::kMaxErrors) return;
    const std::size_t count =
        Objects::kMaxErrors - 2 + input_.ConsumeIntegralInRange<std::size_t>(0, 4);
    for (std::size_t i = 0; i < count; ++i) {
      NewError(static_cast<std::uint8_t>(i % (kMaxCode + 1U)), "one of many");
    }
  }

  void DropError() {
    auto& errors = own().errors;
    const std::size_t index = Pick(errors.size());
    CheckError(errors[index]);
    own().error_texts -= errors[index].text_at != nullptr ? 1 : 0;
    calls_.error_drop(c_view(), errors[index].rep);
    errors.erase(errors.begin() + static_cast<std::ptrdiff_t>(index));
  }

  void Load() {
    const std::vector<TextBlock> texts = PickParts();
    const auto [encoding, target] = PickFormat();
    const Block<NamesakeBytes> parts = PartsOf(texts);
    const auto done =
        calls_.load(c_view(), {.parts = parts.data(), .count = CountOf(parts)}, encoding, target);
    if (Succeeded(done)) record_.Load(view_, before_, done.rep);
  }

  void LoadNamed() {
    const std::vector<TextBlock> texts = PickParts();
    const auto [encoding, target] = PickFormat();
    const std::string name = PickText(kNames);
    const Block<NamesakeBytes> parts = PartsOf(texts);
    const auto done = calls_.load_named(c_view(), {.parts = parts.data(), .count = CountOf(parts)},
                                        encoding, target, TextBlock(name).bytes());
    if (Succeeded(done)) record_.LoadNamed(view_, before_, done.rep, name);
  }

  void LoadByName() {
    const std::string name = PickText(kNames);
    const auto done = calls_.load_by_name(c_view(), TextBlock(name).bytes());
    if (Succeeded(done)) record_.Find(view_, before_, done.rep, name, "");
  }

  void LoadByNameWithConfig() {
    const std::string name = PickText(kNames);
    const std::string config = PickText(kConfigs);
    const auto done = calls_.load_by_name_with_config(c_view(), TextBlock(name).bytes(),
                                                      TextBlock(config).bytes());
    if (Succeeded(done)) record_.Find(view_, before_, done.rep, name, config);
  }

  void RegisterNamed() {
    const std::string name = PickText(kNames);
    const auto [encoding, target] = PickFormat();
    const std::string path = PickText(kPaths);
    const auto done = calls_.register_named(c_view(), TextBlock(name).bytes(), encoding, target,
                                            TextBlock(path).bytes());
    if (Succeeded(done)) record_.Register(view_, before_, name);
  }

  void UnregisterNamed() {
    const std::string name = PickText(kNames);
    const auto done = calls_.unregister_named(c_view(), TextBlock(name).bytes());
    if (Succeeded(done)) record_.Unregister(view_, name);
  }

  void ListNamed() {
    std::vector<std::string> names;
    calls_.list_named(c_view(), &names, TakeName);
    Require(std::ranges::equal(names, record_.VisibleNames(view_)),
            "exactly what is visible is listed");
  }

  void Describe() {
    const std::uint32_t rep = PickKey(record_.held(view_).graphs);
    const Graph& graph = *view().FindGraph(GraphHandle{rep}).value();
    DescribeSide(rep, NAMESAKE_INPUTS, graph.inputs());
    DescribeSide(rep, NAMESAKE_OUTPUTS, graph.outputs());
  }

  void DescribeSide(std::uint32_t graph, std::uint8_t side, const std::vector<TensorInfo>& infos) {
    Require(calls_.graph_tensors(c_view(), graph, side) == infos.size(), "all are described");
    for (std::size_t i = 0; i < infos.size(); ++i) {
      const auto told = calls_.graph_tensor(c_view(), graph, side, i);
      Require(AsText(told.name) == infos[i].name && base::IsUtf8(AsText(told.name)),
              "it has its name");
      Require(told.ty == std::to_underlying(infos[i].type), "it has its type");
      Require(told.has_rank == infos[i].shape.has_value(), "it has a rank or none");
      Require(told.alias_count == infos[i].aliases.size(), "it has its aliases");
      for (std::size_t alias = 0; alias < told.alias_count; ++alias) {
        Require(AsText(calls_.graph_tensor_alias(c_view(), graph, side, i, alias)) ==
                    infos[i].aliases[alias],
                "each alias is its own");
      }
      if (!told.has_rank) continue;
      Require(std::ranges::equal(std::span(told.shape, told.rank), *infos[i].shape,
                                 [](const NamesakeDimension& is, const Dim& dim) {
                                   return is.min == dim.min && is.max == dim.max;
                                 }),
              "it has its shape");
    }
  }

  void InitContext() {
    const std::uint32_t graph = PickKey(record_.held(view_).graphs);
    const auto done = calls_.graph_init_context(c_view(), graph);
    if (!Succeeded(done)) return;
    record_.MakeContext(view_, graph, done.rep);
    Require(CanBeCounted(GraphOf(done.rep)), "a context has no more than can be counted");
    own().contexts[done.rep] = {ReservedAtFirst(GraphOf(done.rep))};
    Settle(done.rep);
  }

  void DropGraph() {
    const std::uint32_t graph = PickKey(record_.held(view_).graphs);
    calls_.graph_drop(c_view(), graph);
    record_.held(view_).graphs.erase(graph);
  }

  void DropContext() {
    const std::uint32_t context = PickKey(own().contexts);
    calls_.context_drop(c_view(), context);
    own().contexts.erase(context);
    record_.held(view_).contexts.erase(context);
  }

  void SetInput() {
    const std::uint32_t context = PickKey(own().contexts);
    const OwnTensor tensor = TakeOwn();
    const std::string name = PickTensorName(GraphOf(context).inputs());
    const auto done =
        calls_.context_set_input(c_view(), context, TextBlock(name).bytes(), tensor.rep);
    if (Succeeded(done, GivesBack::kTensors)) {
      Require(tensor.rep != Objects::kNoTensor, "what had no place is no input");
      for (Reserved& reserved : own().contexts[context]) Give(context, name, tensor, reserved);
    }
    Settle(context);
  }

  void Compute() {
    const std::uint32_t context = PickKey(own().contexts);
    const auto done = calls_.context_compute(c_view(), context);
    if (Succeeded(done, GivesBack::kTensors)) {
      for (Reserved& reserved : own().contexts[context]) SetOutputs(context, reserved);
    } else {
      AddRenewed(context, own().contexts[context]);
    }
    Settle(context);
  }

  void GetOutput() {
    const std::uint32_t context = PickKey(own().contexts);
    const std::string name = PickTensorName(GraphOf(context).outputs());
    const auto done = calls_.context_get_output(c_view(), context, TextBlock(name).bytes());
    if (!Succeeded(done)) return;
    OwnOutput(context, view().FindOutput(ContextHandle{context}, name).value(), done.rep);
  }

  void ComputeAll() {
    const std::uint32_t context = PickKey(own().contexts);
    const auto& infos = GraphOf(context).inputs();
    const std::size_t wanted = input_.ConsumeBool() ? infos.size() : Pick(infos.size() + 3);
    std::vector<OwnTensor> tensors;
    std::vector<std::string> names;
    while (tensors.size() < wanted && !own().tensors.empty()) {
      const bool in_order = Common() && names.size() < infos.size();
      names.push_back(in_order ? infos[names.size()].name : PickTensorName(infos));
      tensors.push_back(TakeOwn());
    }
    NamedOutputs outputs;
    const NamesakeOutcome done = ComputeAsTheEngine(context, names, tensors, outputs);
    const bool computed = Succeeded(done, GivesBack::kTensorsForOutputs);
    Require(computed || outputs.empty(), "what failed has put out nothing");
    own().contexts[context] = AfterComputeAll(context, names, tensors, computed);
    Settle(context, outputs);
    if (computed) OwnOutputs(context, outputs);
  }

  // Calls like the crate in rust/: passes each input until one is refused, and drops the remaining
  // tensors.
  NamesakeOutcome ComputeAsTheEngine(std::uint32_t context, const std::vector<std::string>& names,
                                     const std::vector<OwnTensor>& tensors, NamedOutputs& outputs) {
    NamesakeOutcome done = calls_.context_begin_inputs(c_view(), context, tensors.size());
    std::size_t given = 0;
    while (!done.is_error && given < tensors.size()) {
      const TextBlock name(names[given]);
      done = calls_.context_give_input(c_view(), context, name.bytes(), tensors[given].rep);
      ++given;
    }
    for (; given < tensors.size(); ++given) calls_.tensor_drop(c_view(), tensors[given].rep);
    if (done.is_error) return done;
    return calls_.context_compute_all(c_view(), context, &outputs, TakeOutput);
  }

  // --- Arguments.

  std::size_t Pick(std::size_t count) {
    return input_.ConsumeIntegralInRange<std::size_t>(0, count - 1);
  }
  bool Common() { return input_.ConsumeIntegralInRange(0, 7) < 7; }

  template <typename Map>
  std::uint32_t PickKey(const Map& map) {
    return std::next(map.begin(), static_cast<std::ptrdiff_t>(Pick(map.size())))->first;
  }

  // Returns the action, or one that gets the guest what the action needs.
  Action WithWhatItTakes(Action action) {
    const auto is_one_of = [&](std::initializer_list<Action> actions) {
      return std::ranges::find(actions, action) != actions.end();
    };
    const bool takes_context = is_one_of({&Guests::DropContext, &Guests::SetInput, &Guests::Compute,
                                          &Guests::GetOutput, &Guests::ComputeAll});
    const bool lacks_context = takes_context && own().contexts.empty();
    const bool takes_graph =
        is_one_of({&Guests::Describe, &Guests::InitContext, &Guests::DropGraph});
    if ((takes_graph || lacks_context) && record_.held(view_).graphs.empty()) {
      return input_.ConsumeBool() ? &Guests::Load : &Guests::LoadByName;
    }
    if (lacks_context) return &Guests::InitContext;
    const bool takes_tensor = is_one_of({&Guests::DropTensor, &Guests::SetInput});
    if (takes_tensor && own().tensors.empty()) return &Guests::NewTensor;
    const bool takes_error = is_one_of({&Guests::DropError});
    if (takes_error && own().errors.empty()) return &Guests::NewError;
    return action;
  }

  template <std::size_t kCount>
  std::string PickText(const std::array<std::string_view, kCount>& texts) {
    const std::size_t index = Pick(kCount + 2);
    if (index < kCount) return std::string(texts[index]);
    if (index == kCount) return input_.ConsumeRandomLengthString(256);
    // Half of the long ones end within a character.
    const std::string piece = input_.ConsumeRandomLengthString(8);
    const std::size_t length = kLengths[Pick(kLengths.size())];
    std::string text(own().errors.size() % 4, 'a');
    while (text.size() < length) text += piece.empty() ? "a\u00e9\u20ac\U0001f600" : piece;
    text.resize(base::IsUtf8(text) && Common() ? text.size() : length);
    return text;
  }

  // A tensor's name or number, or something else.
  std::string PickTensorName(const std::vector<TensorInfo>& infos) {
    if (infos.empty() || !Common()) return PickText(kNames);
    const std::size_t index = Pick(infos.size());
    return input_.ConsumeBool() ? std::to_string(index) : infos[index].name;
  }

  std::pair<std::uint8_t, std::uint8_t> PickFormat() {
    const bool common = Common();
    return {common ? std::uint8_t{1} : input_.ConsumeIntegralInRange<std::uint8_t>(0, kMaxEncoding),
            common ? std::uint8_t{0} : input_.ConsumeIntegralInRange<std::uint8_t>(0, kMaxTarget)};
  }

  std::string PickModel() {
    const std::size_t index = Pick(kModels.size() + kMoreModels.size() + 1);
    if (index < kModels.size()) return std::string(kModels[index]);
    const std::size_t more = index - kModels.size();
    return more < kMoreModels.size() ? std::string(kMoreModels[more])
                                     : input_.ConsumeRandomLengthString(256);
  }

  std::vector<TextBlock> PickParts() {
    constexpr auto kCounts = std::to_array<std::size_t>({1, 1, 1, 1, 2, 0, 3, NAMESAKE_MAX_PARTS});
    std::vector<TextBlock> parts;
    const std::size_t count = kCounts[Pick(kCounts.size())];
    while (parts.size() < count) parts.emplace_back(PickModel());
    return parts;
  }

  static Block<NamesakeBytes> PartsOf(const std::vector<TextBlock>& texts) {
    std::vector<NamesakeBytes> parts;
    for (const TextBlock& text : texts) parts.push_back(text.bytes());
    return Block<NamesakeBytes>{std::span<const NamesakeBytes>(parts)};
  }

  // If there are more parts than the ABI passes on, the guest's count is still reported.
  std::size_t CountOf(const Block<NamesakeBytes>& parts) {
    if (parts.size() < NAMESAKE_MAX_PARTS) return parts.size();
    constexpr auto kMore = std::to_array<std::size_t>({0, 1, 0xFFFFFFFF - NAMESAKE_MAX_PARTS});
    return NAMESAKE_MAX_PARTS + kMore[Pick(kMore.size())];
  }

  struct PickedTensor {
    std::vector<std::uint32_t> dims;
    std::uint8_t type;
    std::size_t size;
  };

  static std::size_t SizeOf(const std::vector<std::uint32_t>& dims, std::uint8_t type) {
    const std::vector<std::uint64_t> extents(dims.begin(), dims.end());
    const auto size = ByteSize(*wasi_nn::wit::ToElementType(type), extents);
    return size ? std::min<std::uint64_t>(*size, kMaxTensorBytes) : kMaxTensorBytes;
  }

  PickedTensor PickTensor() {
    const std::size_t kind = Pick(5);
    if (kind < 3 && !own().contexts.empty()) return FittingTensor();
    if (kind < 4) {
      const auto [type, extent] = kTensors[Pick(kTensors.size())];
      return {.dims = {extent}, .type = type, .size = SizeOf({extent}, type)};
    }
    std::vector<std::uint32_t> dims(kRanks[Pick(kRanks.size())], 1);
    for (std::size_t i = 0; i < std::min<std::size_t>(dims.size(), 4); ++i) {
      dims[i] = kExtents[Pick(kExtents.size())];
    }
    const auto type = input_.ConsumeIntegralInRange<std::uint8_t>(0, kMaxElementType);
    const std::size_t size =
        input_.ConsumeBool() ? SizeOf(dims, type) : kLengths[Pick(kLengths.size())];
    return {.dims = std::move(dims), .type = type, .size = size};
  }

  // A tensor that fits one of a context's inputs.
  PickedTensor FittingTensor() {
    const auto& infos = GraphOf(PickKey(own().contexts)).inputs();
    if (infos.empty()) return {.dims = {1}, .type = 1, .size = sizeof(float)};
    const TensorInfo& info = infos[Pick(infos.size())];
    std::vector<std::uint32_t> dims;
    for (const Dim& dim : info.shape.value_or(std::vector<Dim>{})) {
      const std::uint64_t extent = dim.fixed() ? dim.min : dim.min + Pick(4);
      dims.push_back(static_cast<std::uint32_t>(extent));
    }
    const std::uint8_t type = wasi_nn::wit::ToNumber(view::CarriedAs(info.type)).value_or(4);
    const std::size_t size = SizeOf(dims, type);
    return {.dims = std::move(dims), .type = type, .size = size};
  }

  // --- What guests own.

  View& view() const { return world_.view(view_); }
  NamesakeView* c_view() const { return wasi_nn::wit::ToC(view()); }
  Owned& own() { return owned_[view_]; }
  Used Now() const { return world_.usage().views[view_]; }
  const Graph& GraphOf(std::uint32_t context) const {
    return *view().FindGraph(ContextHandle{context}).value();
  }

  void Own(OwnTensor tensor) {
    tensor.dims_at = calls_.tensor_dimensions(c_view(), tensor.rep).data;
    tensor.data_at = calls_.tensor_data(c_view(), tensor.rep).data;
    own().tensors.push_back(std::move(tensor));
  }

  // Picks a tensor that the guest gives away or drops.
  OwnTensor TakeOwn() {
    auto& tensors = own().tensors;
    const auto at = tensors.begin() + static_cast<std::ptrdiff_t>(Pick(tensors.size()));
    OwnTensor tensor = std::move(*at);
    tensors.erase(at);
    return tensor;
  }

  void OwnOutput(std::uint32_t context, std::size_t index, std::uint32_t rep) {
    Require(rep != Objects::kNoTensor, "an output has a place");
    const TensorView output = view().GetOutput(ContextHandle{context}, index).value();
    std::vector<std::uint32_t> dims(output.dims.begin(), output.dims.end());
    if (dims.empty()) dims = {1};
    const auto* const bytes = reinterpret_cast<const char*>(output.data.data());
    Own({.rep = rep,
         .dims = std::move(dims),
         .type = wasi_nn::wit::ToNumber(view::CarriedAs(output.type)).value(),
         .data = output.data.empty() ? std::string() : std::string(bytes, output.data.size())});
  }

  void OwnOutputs(std::uint32_t context, const NamedOutputs& outputs) {
    const auto& infos = GraphOf(context).outputs();
    std::size_t given = 0;
    for (std::size_t i = 0; i < infos.size(); ++i) {
      if (!wasi_nn::wit::ToNumber(view::CarriedAs(infos[i].type))) continue;
      Require(given < outputs.size(), "all outputs are given that there are types for");
      Require(outputs[given].first == infos[i].name, "an output has its name");
      OwnOutput(context, i, outputs[given++].second);
    }
    Require(given == outputs.size(), "no more outputs are given than there are");
  }

  void NewError(std::uint8_t code, const std::string& text) {
    const std::uint32_t rep = calls_.error_new(c_view(), code, TextBlock(text).bytes());
    const OwnError& error = OwnNewError(rep, code);
    if (error.text_at == nullptr) return;
    Require(text.starts_with(error.text), "an error has the text that it was given");
    const std::size_t cut = text.size() - error.text.size();
    Require(cut == 0 || error.text.size() <= Objects::kMaxErrorBytes, "a text is cut at its end");
    Require(cut == 0 || error.text.size() + 4 > Objects::kMaxErrorBytes || !base::IsUtf8(text),
            "no more is cut than must be");
    Require(base::IsUtf8(error.text) || !base::IsUtf8(text),
            "a text is not cut within a character");
  }

  const OwnError& OwnNewError(std::uint32_t rep, std::uint8_t code) {
    const bool keeps = own().error_texts < Objects::kMaxErrors;
    const NamesakeBytes text = calls_.error_text(c_view(), rep);
    Require(calls_.error_code(c_view(), rep) == code, "an error keeps its code");
    own().error_texts += keeps ? 1 : 0;
    own().errors.push_back({.rep = rep,
                            .code = code,
                            .text = std::string(AsText(text)),
                            .text_at = keeps ? text.data : nullptr});
    return own().errors.back();
  }

  // Returns whether a call succeeded; if not, the guest owns the error.
  bool Succeeded(const NamesakeOutcome& outcome, GivesBack gives_back = GivesBack::kNothing) {
    if (!outcome.is_error) return true;
    const std::uint8_t code = calls_.error_code(c_view(), outcome.rep);
    Require(code < kMaxCode && code != std::to_underlying(Code::kTimeout),
            "the error is the guest's own");
    const OwnError& error = OwnNewError(outcome.rep, code);
    Require(!error.text.empty() && base::IsUtf8(error.text), "an error has a text");
    Require(!error.text.contains(world_.secret()), "no detail is in a text");
    record_.CheckNothingTaken(view_, before_, gives_back);
    return false;
  }

  // --- What contexts have reserved.

  void Give(std::uint32_t context, const std::string& name, const OwnTensor& tensor,
            Reserved& reserved) const {
    const std::size_t index = view().FindInput(ContextHandle{context}, name).value();
    if (!GraphOf(context).inputs()[index].fixed()) reserved.inputs[index] = tensor.data.size();
  }

  void SetOutputs(std::uint32_t context, Reserved& reserved) const {
    const auto& infos = GraphOf(context).outputs();
    if (std::ranges::all_of(infos, &TensorInfo::fixed)) return;
    std::vector<std::uint64_t> most = reserved.outputs;
    for (std::size_t i = 0; i < infos.size(); ++i) {
      const auto output = view().GetOutput(ContextHandle{context}, i);
      if (!output) return;
      most[i] = std::max<std::uint64_t>(most[i], output->data.size());
    }
    reserved.outputs = std::move(most);
  }

  // A compute whose outputs exceed a limit drops everything that the context holds.
  void AddRenewed(std::uint32_t context, Possible& possible) const {
    const Graph& graph = GraphOf(context);
    if (!std::ranges::all_of(graph.outputs(), &TensorInfo::fixed)) {
      possible.push_back(ReservedAtFirst(graph));
    }
  }

  Possible AfterComputeAll(std::uint32_t context, const std::vector<std::string>& names,
                           const std::vector<OwnTensor>& tensors, bool computed) {
    Possible possible;
    for (Reserved reserved : own().contexts[context]) {
      bool all_found = true;
      for (std::size_t i = 0; i < names.size() && all_found; ++i) {
        if (!computed) possible.push_back(reserved);
        all_found = view().FindInput(ContextHandle{context}, names[i]).has_value();
        if (all_found) Give(context, names[i], tensors[i], reserved);
      }
      Require(all_found || !computed, "what is no input is not computed on");
      // A failed compute may have failed at its outputs.
      if (!computed) possible.push_back(reserved);
      SetOutputs(context, reserved);
      possible.push_back(reserved);
    }
    if (!computed) AddRenewed(context, possible);
    return possible;
  }

  // Keeps only the possible states that agree with the account. Nobody owns `outputs` yet.
  void Settle(std::uint32_t context, const NamedOutputs& outputs = {}) {
    std::uint64_t others = 0;
    for (const OwnTensor& tensor : own().tensors) others += tensor.data.size();
    for (const auto& [name, rep] : outputs) others += calls_.tensor_data(c_view(), rep).len;
    for (const auto& [other, possible] : own().contexts) {
      if (other != context) others += possible.front().total();
    }
    const std::uint64_t used = At(Now(), Resource::kTensorBytes);
    Possible kept;
    for (const Reserved& reserved : own().contexts[context]) {
      if (reserved.total() + others != used || std::ranges::find(kept, reserved) != kept.end())
        continue;
      kept.push_back(reserved);
    }
    Require(!kept.empty(), "what a context has of tensors is counted");
    own().contexts[context] = std::move(kept);
  }

  // --- What must hold.

  void CheckOwned() {
    const Usage usage = world_.usage();
    for (std::size_t i = 0; i < kViews; ++i) {
      const Owned& owned = owned_[i];
      std::uint64_t places = 0;
      std::uint64_t bytes = 0;
      for (const OwnTensor& tensor : owned.tensors) {
        CheckTensorOf(world_.view(i), tensor);
        places += tensor.rep == Objects::kNoTensor ? 0 : 1;
        bytes += tensor.data.size();
      }
      for (const auto& [context, possible] : owned.contexts) bytes += possible.front().total();
      const Objects& objects = wasi_nn::wit::ObjectsOf(world_.view(i));
      Require(objects.tensors() == places, "a tensor is there as long as it is owned");
      Require(objects.errors() == owned.error_texts, "an error is there as long as it is owned");
      Require(At(usage.views[i], Resource::kTensors) == places, "tensors are counted");
      Require(At(usage.views[i], Resource::kTensorBytes) == bytes, "their bytes are counted");
    }
  }

  void CheckTensorOf(View& view, const OwnTensor& tensor) const {
    const auto dims = calls_.tensor_dimensions(wasi_nn::wit::ToC(view), tensor.rep);
    const auto data = calls_.tensor_data(wasi_nn::wit::ToC(view), tensor.rep);
    Require(std::ranges::equal(std::span(dims.data, dims.len), tensor.dims),
            "a tensor keeps its dimensions");
    Require(calls_.tensor_type(wasi_nn::wit::ToC(view), tensor.rep) == tensor.type,
            "a tensor keeps its type");
    Require(AsText(data) == tensor.data, "a tensor keeps its bytes");
    if (tensor.rep == Objects::kNoTensor) return;
    Require(dims.data == tensor.dims_at && data.data == tensor.data_at,
            "what a tensor lends stays where it is");
  }

  void CheckError(const OwnError& error) const {
    Require(calls_.error_code(c_view(), error.rep) == error.code, "an error keeps its code");
    const NamesakeBytes text = calls_.error_text(c_view(), error.rep);
    Require(AsText(text) == error.text, "an error keeps its text");
    Require(error.text_at == nullptr || text.data == error.text_at,
            "what an error lends stays where it is");
  }

  void CheckErrors() {
    for (const OwnError& error : own().errors) CheckError(error);
  }

  // A guest that has dropped everything it owns has only the names left that it registered.
  void DropAll() {
    while (!own().tensors.empty()) DropTensor();
    while (!own().errors.empty()) DropError();
    while (!record_.held(view_).graphs.empty()) DropGraph();
    while (!own().contexts.empty()) DropContext();
    const Used used = Now();
    for (const Resource resource :
         {Resource::kTensors, Resource::kTensorBytes, Resource::kGraphs, Resource::kContexts}) {
      Require(At(used, resource) == 0, "what is dropped is given back");
    }
    Require(At(used, Resource::kModels) == record_.held(view_).names.size(),
            "what is dropped is given back");
    CheckOwned();
  }

  static constexpr auto kActions = std::to_array<Action>(
      {&Guests::NewTensor,     &Guests::DropTensor,      &Guests::NewError,
       &Guests::NewErrors,     &Guests::DropError,       &Guests::Load,
       &Guests::LoadNamed,     &Guests::LoadByName,      &Guests::LoadByNameWithConfig,
       &Guests::RegisterNamed, &Guests::UnregisterNamed, &Guests::ListNamed,
       &Guests::Describe,      &Guests::InitContext,     &Guests::DropGraph,
       &Guests::DropContext,   &Guests::SetInput,        &Guests::Compute,
       &Guests::GetOutput,     &Guests::ComputeAll,      &Guests::NewTensor,
       &Guests::SetInput,      &Guests::ComputeAll});

  const NamesakeWasiNn& calls_ = wasi_nn::wit::Calls();
  FuzzedDataProvider& input_;
  World world_;
  Record record_;
  std::array<Owned, kViews> owned_;
  std::size_t view_ = 0;          // The view whose guest runs.
  std::size_t tensors_made_ = 0;  // Makes each tensor's bytes unique.
  Usage before_{};                // Usage before the current call.
};

}  // namespace
}  // namespace namesake::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  namesake::fuzz::Guests(input).Run();
  return 0;
}
