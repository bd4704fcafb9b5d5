// Makes arbitrary calls of `wasi_ephemeral_nn` by the guests of two tenants. Whatever they pass,
// the host does not crash or hang, writes to guest memory only where results go, counts exactly
// what is held, and keeps guests away from each other's objects.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/guest_memory.h"
#include "materials.h"
#include "record.h"
#include "require.h"
#include "wasi_nn/witx_calls.h"
#include "world.h"

namespace namesake::fuzz {
namespace {

constexpr int kMaxCalls = 64;
constexpr std::size_t kScratchBytes = 96;

// The meaning of each parameter, in a function's order:
//   P parts and their number   e encoding   t target   N name and its length   F path and its
//   length C configuration and its length   B buffer and its length   g graph   c context   i index
//   T tensor   o where the answer goes
struct Signature {
  std::string_view name;
  std::string_view parameters;
};
constexpr auto kSignatures = std::to_array<Signature>({
    {"load", "Peto"},
    {"load_by_name", "No"},
    {"get_named", "No"},
    {"load_by_name_with_config", "NCo"},
    {"load_named", "PetNo"},
    {"register_named", "NetF"},
    {"unregister_named", "N"},
    {"list_named", "Bo"},
    {"describe", "gBo"},
    {"unload", "g"},
    {"init_execution_context", "go"},
    {"finalize_execution_context", "c"},
    {"set_input", "ciT"},
    {"compute", "c"},
    {"get_output", "ciBo"},
});

// The guests' memory: structures that calls make sense with, then the input's own bytes, then room
// for answers. In a block of its exact size, so that the sanitizer finds any access beyond it.
class Memory {
 public:
  explicit Memory(FuzzedDataProvider& input) {
    for (const auto text : kNames) names_.push_back(Put(text));
    for (const auto text : kPaths) paths_.push_back(Put(text));
    for (const auto text : kConfigs) configs_.push_back(Put(text));
    std::vector<Range> models;
    for (const auto text : kModels) models.push_back(Put(text));
    for (const Range& model : models) {
      parts_.push_back({PutWords({model.at, model.length}), 1});
      parts_.push_back({PutWords({model.at, model.length, models[0].at, models[0].length}), 2});
    }
    PutTensors();
    own_ = static_cast<std::uint32_t>(bytes_.size());
    const auto own = input.ConsumeRandomLengthString(256);
    Put(own);
    scratch_ = static_cast<std::uint32_t>(bytes_.size());
    bytes_.resize(bytes_.size() + kScratchBytes);
    block_ = std::make_unique<std::byte[]>(bytes_.size());
    std::ranges::copy(bytes_, block_.get());
  }

  struct Range {
    std::uint32_t at;
    std::uint32_t length;
  };

  std::span<std::byte> bytes() const { return {block_.get(), bytes_.size()}; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(bytes_.size()); }
  const std::vector<Range>& names() const { return names_; }
  const std::vector<Range>& paths() const { return paths_; }
  const std::vector<Range>& configs() const { return configs_; }
  const std::vector<Range>& parts() const { return parts_; }
  const std::vector<std::uint32_t>& tensors() const { return tensors_; }
  std::uint32_t own() const { return own_; }
  std::uint32_t scratch() const { return scratch_; }

 private:
  Range Put(std::string_view text) {
    const Range range{static_cast<std::uint32_t>(bytes_.size()),
                      static_cast<std::uint32_t>(text.size())};
    const auto added = std::as_bytes(std::span(text));
    bytes_.insert(bytes_.end(), added.begin(), added.end());
    return range;
  }
  std::uint32_t PutWords(const std::vector<std::uint32_t>& words) {
    const auto at = static_cast<std::uint32_t>(bytes_.size());
    const auto added = std::as_bytes(std::span(words));
    bytes_.insert(bytes_.end(), added.begin(), added.end());
    return at;
  }
  void PutTensor(std::uint32_t type, const std::vector<std::uint32_t>& dims, std::uint32_t data,
                 std::uint32_t length) {
    const auto rank = static_cast<std::uint32_t>(dims.size());
    const std::uint32_t at = PutWords(dims);
    tensors_.push_back(PutWords({at, rank, type, data, length}));
  }
  void PutTensors() {
    const std::uint32_t data = Put("the bytes of tensors, as many as any of them has").at;
    constexpr std::uint32_t kF32 = 1;
    constexpr std::uint32_t kU8 = 3;
    constexpr std::uint32_t kI64 = 5;
    PutTensor(kF32, {2}, data, 8);
    PutTensor(kF32, {1}, data, 4);
    PutTensor(kF32, {9}, data, 36);
    PutTensor(kF32, {0}, data, 0);
    PutTensor(kF32, {}, data, 4);
    PutTensor(kU8, {3}, data, 3);
    PutTensor(kI64, {2, 2}, data, 32);
    PutTensor(kF32, {0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, data, 4);
    PutTensor(77, {1}, data, 4);
    PutTensor(kF32, {2}, 0xFFFFFFFC, 8);
  }

  std::vector<std::byte> bytes_;
  std::unique_ptr<std::byte[]> block_;
  std::vector<Range> names_;
  std::vector<Range> paths_;
  std::vector<Range> configs_;
  std::vector<Range> parts_;
  std::vector<std::uint32_t> tensors_;
  std::uint32_t own_ = 0;
  std::uint32_t scratch_ = 0;
};

// A call, and the memory before it.
struct Call {
  const wasi_nn::witx::Function& function;
  std::string_view parameters;
  std::size_t view;
  std::vector<std::uint32_t> args;
  std::vector<std::byte> memory;
  Usage usage;

  // The index of the first argument of that kind; -1 if there is none.
  int Place(char kind) const {
    int place = 0;
    for (const char parameter : parameters) {
      if (parameter == kind) return place;
      place += std::string_view("PNFCB").contains(parameter) ? 2 : 1;
    }
    return -1;
  }
  bool Has(char kind) const { return Place(kind) >= 0; }
  std::uint32_t Arg(char kind, std::size_t offset = 0) const {
    return args[static_cast<std::size_t>(Place(kind)) + offset];
  }
  // What the guest's memory held there; empty if the range is not within it.
  std::string Text(char kind) const {
    const std::uint64_t at = Arg(kind);
    const std::uint64_t length = Arg(kind, 1);
    if (at + length > memory.size()) return {};
    return {reinterpret_cast<const char*>(memory.data()) + at, length};
  }
  bool Is(std::string_view name) const { return function.name == name; }
};

class Guests {
 public:
  explicit Guests(FuzzedDataProvider& input)
      : input_(input), world_(input, GuestKind::kModules), record_(world_), memory_(input) {}

  void Run() {
    world_.CheckAccounts();
    for (int i = 0; i < kMaxCalls && input_.remaining_bytes() > 0; ++i) {
      const std::size_t function =
          input_.ConsumeIntegralInRange<std::size_t>(0, wasi_nn::witx::Functions().size());
      if (function == wasi_nn::witx::Functions().size()) {
        Poke();
      } else {
        const auto view = input_.ConsumeIntegralInRange<std::size_t>(0, kViews - 1);
        Make(WithWhatItTakes(wasi_nn::witx::Functions()[function], view), view);
      }
    }
    record_.CheckNames();
    record_.CheckEnd();
  }

 private:
  // Lets the guest write to its memory.
  void Poke() {
    const auto at = input_.ConsumeIntegralInRange<std::uint32_t>(0, memory_.size() - 1);
    const auto text = input_.ConsumeRandomLengthString(24);
    const auto bytes = std::as_bytes(std::span(text))
                           .first(std::min<std::size_t>(text.size(), memory_.size() - at));
    std::ranges::copy(bytes, memory_.bytes().begin() + at);
  }

  static const wasi_nn::witx::Function& FunctionOf(std::string_view name) {
    return *std::ranges::find(wasi_nn::witx::Functions(), name, &wasi_nn::witx::Function::name);
  }
  static std::string_view ParametersOf(const wasi_nn::witx::Function& function) {
    const auto signature = std::ranges::find(kSignatures, function.name, &Signature::name);
    Require(signature != kSignatures.end(), "the target knows all functions");
    return signature->parameters;
  }

  // Returns the function, or one that gets the view what most calls of it need: a graph or a
  // context.
  const wasi_nn::witx::Function& WithWhatItTakes(const wasi_nn::witx::Function& function,
                                                 std::size_t view) {
    const std::string_view parameters = ParametersOf(function);
    const bool lacks_context = parameters.contains('c') && record_.held(view).contexts.empty();
    const bool lacks_graph =
        (parameters.contains('g') || lacks_context) && record_.held(view).graphs.empty();
    if (Wild()) return function;
    if (!lacks_context && !lacks_graph) {
      const bool reads = function.name == "compute" || function.name == "get_output";
      return reads && inputs_[view] == 0 ? FunctionOf("set_input") : function;
    }
    if (!lacks_graph) return FunctionOf("init_execution_context");
    return FunctionOf(input_.ConsumeBool() ? "load" : "load_by_name");
  }

  void Make(const wasi_nn::witx::Function& function, std::size_t view) {
    Call call{.function = function,
              .parameters = ParametersOf(function),
              .view = view,
              .args = {},
              .memory = {},
              .usage = world_.usage()};
    for (const char kind : call.parameters) AddArgs(kind, call);
    Require(call.args.size() == function.parameters, "the target knows all parameters");
    call.memory.assign(memory_.bytes().begin(), memory_.bytes().end());
    const auto done = wasi_nn::witx::Invoke(function, world_.view(call.view),
                                            engine::GuestMemory(memory_.bytes()), call.args);
    CheckMemory(call, done);
    if (done) {
      Note(call);
    } else {
      CheckFailure(call, done.error());
    }
    CheckTensors();
    record_.CheckAfter(call.view, call.usage);
  }

  // --- Arguments.

  std::uint32_t AnyNumber() {
    switch (input_.ConsumeIntegralInRange(0, 3)) {
      case 0:
        return input_.ConsumeIntegral<std::uint32_t>();
      case 1:
        return input_.ConsumeIntegralInRange<std::uint32_t>(0, 8);
      case 2:
        return memory_.size() - input_.ConsumeIntegralInRange<std::uint32_t>(0, 8);
      default:
        return input_.PickValueInArray<std::uint32_t>(
            {0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFC, memory_.size() + 1, 4096, 65536});
    }
  }

  bool Wild() { return input_.ConsumeIntegralInRange(0, 15) == 15; }

  void AddRange(const std::vector<Memory::Range>& ranges, Call& call) {
    const auto index = input_.ConsumeIntegralInRange<std::size_t>(0, ranges.size());
    const Memory::Range range =
        index < ranges.size()
            ? ranges[index]
            : Memory::Range{memory_.own(), input_.ConsumeIntegralInRange<std::uint32_t>(
                                               0, memory_.scratch() - memory_.own())};
    call.args.push_back(Wild() ? AnyNumber() : range.at);
    call.args.push_back(Wild() ? AnyNumber() : range.length);
  }

  // Adds a handle that some view holds or has held, seldom of the other kind.
  void AddHandle(bool graph, Call& call) {
    const std::size_t view =
        Wild() ? input_.ConsumeIntegralInRange<std::size_t>(0, kViews - 1) : call.view;
    const HeldModels& held = record_.held(view);
    if (Wild()) graph = !graph;
    const auto& live = graph ? held.graphs : held.contexts;
    if (Wild() && !held.given.empty()) {
      const auto index = input_.ConsumeIntegralInRange<std::size_t>(0, held.given.size() - 1);
      call.args.push_back(*std::next(held.given.begin(), static_cast<std::ptrdiff_t>(index)));
    } else if (live.empty() || Wild()) {
      call.args.push_back(AnyNumber());
    } else {
      const auto index = input_.ConsumeIntegralInRange<std::size_t>(0, live.size() - 1);
      call.args.push_back(std::next(live.begin(), static_cast<std::ptrdiff_t>(index))->first);
    }
  }

  std::uint32_t ScratchPointer() {
    return memory_.scratch() + input_.ConsumeIntegralInRange<std::uint32_t>(0, kScratchBytes - 4);
  }

  void AddArgs(char kind, Call& call) {
    switch (kind) {
      case 'P':
        return AddRange(memory_.parts(), call);
      case 'N':
        return AddRange(memory_.names(), call);
      case 'F':
        return AddRange(memory_.paths(), call);
      case 'C':
        return AddRange(memory_.configs(), call);
      case 'g':
        return AddHandle(true, call);
      case 'c':
        return AddHandle(false, call);
      case 'B': {
        const std::uint32_t at = ScratchPointer();
        call.args.push_back(Wild() ? AnyNumber() : at);
        call.args.push_back(Wild() ? AnyNumber() : memory_.size() - at);
        return;
      }
      default:
        call.args.push_back(Wild() ? AnyNumber() : OneArg(kind));
    }
  }

  std::uint32_t OneArg(char kind) {
    const bool common = input_.ConsumeIntegralInRange(0, 3) < 3;
    switch (kind) {
      case 'e':
        return common ? 1 : input_.ConsumeIntegralInRange<std::uint32_t>(0, 6);
      case 't':
        return common ? 0 : input_.ConsumeIntegralInRange<std::uint32_t>(0, 4);
      case 'i':
        return common ? 0 : input_.ConsumeIntegralInRange<std::uint32_t>(1, 2);
      case 'T':
        return memory_.tensors()[input_.ConsumeIntegralInRange<std::size_t>(
            0, common ? 2 : memory_.tensors().size() - 1)];
      default:
        return ScratchPointer();
    }
  }

  // --- What must hold.

  // A call writes only its result and, for functions with a buffer, the buffer.
  void CheckMemory(const Call& call, const Result<void>& done) const {
    std::vector<std::byte> expected = call.memory;
    const auto allow = [&](std::uint64_t at, std::uint64_t length) {
      Require(at + length <= expected.size(), "an answer goes into the guest's memory");
      std::copy_n(memory_.bytes().begin() + static_cast<std::ptrdiff_t>(at), length,
                  expected.begin() + static_cast<std::ptrdiff_t>(at));
    };
    const bool too_small = !done && call.Has('B') && done.error().code() == ErrorCode::kTooLarge;
    if (call.Has('o') && (done || too_small)) allow(call.Arg('o'), sizeof(std::uint32_t));
    if (call.Has('B') && done) allow(call.Arg('B'), call.Arg('B', 1));
    Require(std::memcmp(expected.data(), memory_.bytes().data(), expected.size()) == 0,
            "only an answer is written");
  }

  std::uint32_t Answer(const Call& call) const {
    return engine::LoadU32(memory_.bytes().data() + call.Arg('o'));
  }

  // Records a successful call.
  void Note(const Call& call) {
    HeldModels& held = record_.held(call.view);
    if (call.Has('g')) Require(held.graphs.contains(call.Arg('g')), "the graph is the view's own");
    if (call.Has('c')) {
      Require(held.contexts.contains(call.Arg('c')), "the context is the view's own");
    }
    if (call.Is("load")) {
      record_.Load(call.view, call.usage, Answer(call));
    } else if (call.Is("load_named")) {
      record_.LoadNamed(call.view, call.usage, Answer(call), call.Text('N'));
    } else if (call.Is("register_named")) {
      record_.Register(call.view, call.usage, call.Text('N'));
    } else if (call.Is("unregister_named")) {
      record_.Unregister(call.view, call.Text('N'));
    } else if (call.Has('N')) {
      record_.Find(call.view, call.usage, Answer(call), call.Text('N'),
                   call.Has('C') ? call.Text('C') : "");
    } else if (call.Is("init_execution_context")) {
      record_.MakeContext(call.view, call.Arg('g'), Answer(call));
    } else if (call.Is("unload")) {
      held.graphs.erase(call.Arg('g'));
    } else if (call.Is("finalize_execution_context")) {
      held.contexts.erase(call.Arg('c'));
    } else if (call.Is("set_input")) {
      ++inputs_[call.view];
    }
  }

  void CheckFailure(const Call& call, const Error& error) const {
    const HeldModels& held = record_.held(call.view);
    Require(!error.message().empty(), "an error has a message");
    Require(!error.message().contains(world_.secret()), "no detail is in a message");
    Require(error.code() != ErrorCode::kInternal && error.code() != ErrorCode::kTimeout &&
                error.code() != ErrorCode::kBusy && error.code() != ErrorCode::kMissingMemory,
            "the error is the guest's own");
    const bool unknown = (call.Has('g') && !held.graphs.contains(call.Arg('g'))) ||
                         (call.Has('c') && !held.contexts.contains(call.Arg('c')));
    Require(!unknown || error.code() == ErrorCode::kInvalidArgument,
            "a handle that is not the view's is an invalid argument");
    const bool closes = call.Is("unload") || call.Is("finalize_execution_context");
    Require(!closes || unknown, "what is open can be closed");
    record_.CheckNothingTaken(call.view, call.usage,
                              call.Is("compute") ? GivesBack::kTensors : GivesBack::kNothing);
  }

  void CheckTensors() const {
    const Usage usage = world_.usage();
    for (std::size_t i = 0; i < kViews; ++i) {
      Require(!record_.held(i).contexts.empty() || At(usage.views[i], Resource::kTensorBytes) == 0,
              "only contexts have tensors");
      Require(At(usage.views[i], Resource::kTensors) == 0, "modules have no tensors of their own");
    }
  }

  FuzzedDataProvider& input_;
  World world_;
  Record record_;
  Memory memory_;
  std::array<int, kViews> inputs_{};  // Inputs that were ever set.
};

}  // namespace
}  // namespace namesake::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  namesake::fuzz::Guests(input).Run();
  return 0;
}
