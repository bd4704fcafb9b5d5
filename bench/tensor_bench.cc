// What it costs to pass tensors through the ABIs, compared with plain copies of the same bytes, and
// what a guest instance costs.
//
// The fake backend computes next to nothing, so a round measures the ABI: 602,112 bytes in, 4,000
// bytes out, as for an image classifier. The plain side copies the same bytes between two buffers
// of the process. A step runs many rounds within the guest, so the call into it does not matter.
#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include <wasmtime.hh>
#include <wasmtime/component.hh>

#include "backend_fake/fake_backend.h"
#include "engine/runtime.h"
#include "module_guest.h"
#include "namesake/guest.h"
#include "namesake/host.h"
#include "namesake/wasmtime.h"
#include "paired.h"

namespace namesake::bench {
namespace {

constexpr std::size_t kInputBytes = 602'112;  // f32 [1,3,224,224]
constexpr std::size_t kOutputBytes = 4'000;   // f32 [1,1000]
constexpr double kRounds = 100;
constexpr std::string_view kModel = "in f32 1,3,224,224\nout f32 1,1000";

// wasi:nn@0.2.0-rc-2024-10-28: a round is the tensor's constructor, compute, and the output's data.
// Uses the module's memory layout. The allocator returns memory behind the input, and starts over
// with each round.
constexpr std::string_view kComponent = R"((component
  (import "wasi:nn/tensor@0.2.0-rc-2024-10-28" (instance $tensor
    (export "tensor" (type $tensor (sub resource)))
    (type $types (enum "FP16" "FP32" "FP64" "BF16" "U8" "I32" "I64"))
    (export "tensor-type" (type $type (eq $types)))
    (export "[constructor]tensor" (func
      (param "dimensions" (list u32)) (param "ty" $type) (param "data" (list u8))
      (result (own $tensor))))
    (export "[method]tensor.data" (func (param "self" (borrow $tensor)) (result (list u8))))))
  (alias export $tensor "tensor" (type $tensor-resource))
  (import "wasi:nn/errors@0.2.0-rc-2024-10-28" (instance $errors
    (export "error" (type (sub resource)))))
  (alias export $errors "error" (type $error-resource))
  (import "wasi:nn/inference@0.2.0-rc-2024-10-28" (instance $inference
    (alias outer 1 $tensor-resource (type $outer-tensor))
    (export "tensor" (type $tensor (eq $outer-tensor)))
    (alias outer 1 $error-resource (type $outer-error))
    (export "error" (type $error (eq $outer-error)))
    (export "graph-execution-context" (type $context (sub resource)))
    (export "[method]graph-execution-context.compute" (func
      (param "self" (borrow $context)) (param "inputs" (list (tuple string (own $tensor))))
      (result (result (list (tuple string (own $tensor))) (error (own $error))))))))
  (alias export $inference "graph-execution-context" (type $context-resource))
  (import "wasi:nn/graph@0.2.0-rc-2024-10-28" (instance $graph
    (alias outer 1 $error-resource (type $outer-error))
    (export "error" (type $error (eq $outer-error)))
    (alias outer 1 $context-resource (type $outer-context))
    (export "graph-execution-context" (type $context (eq $outer-context)))
    (export "graph" (type $graph (sub resource)))
    (export "[method]graph.init-execution-context" (func
      (param "self" (borrow $graph)) (result (result (own $context) (error (own $error))))))
    (export "load-by-name" (func
      (param "name" string) (result (result (own $graph) (error (own $error))))))))
  (core module $allocator
    (memory (export "memory") 16)
    (global $next (export "next") (mut i32) (i32.const 606208))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $place i32)
      (local.set $place (global.get $next))
      (global.set $next (i32.and (i32.add (i32.add (local.get $place) (local.get 3)) (i32.const 15))
                                 (i32.const -16)))
      (local.get $place)))
  (core instance $allocator (instantiate $allocator))
  (alias core export $allocator "memory" (core memory $memory))
  (alias core export $allocator "realloc" (core func $realloc))
  (core func $new (canon lower (func $tensor "[constructor]tensor") (memory $memory)))
  (core func $data (canon lower (func $tensor "[method]tensor.data")
    (memory $memory) (realloc $realloc)))
  (core func $compute (canon lower (func $inference "[method]graph-execution-context.compute")
    (memory $memory) (realloc $realloc)))
  (core func $init (canon lower (func $graph "[method]graph.init-execution-context")
    (memory $memory)))
  (core func $load (canon lower (func $graph "load-by-name") (memory $memory)))
  (core func $drop (canon resource.drop $tensor-resource))
  (core module $main
    (import "host" "new" (func $new (param i32 i32 i32 i32 i32) (result i32)))
    (import "host" "data" (func $data (param i32 i32)))
    (import "host" "compute" (func $compute (param i32 i32 i32 i32)))
    (import "host" "init" (func $init (param i32 i32)))
    (import "host" "load" (func $load (param i32 i32 i32)))
    (import "host" "drop" (func $drop (param i32)))
    (import "allocator" "memory" (memory 16))
    (import "allocator" "next" (global $next (mut i32)))
    (data (i32.const 64) "\01\00\00\00" "\03\00\00\00" "\e0\00\00\00" "\e0\00\00\00")
    (data (i32.const 128) "model" "0")
    (global $context (mut i32) (i32.const 0))
    (func $must (if (i32.load8_u (i32.const 256)) (then unreachable)))
    (func (export "open")
      (call $load (i32.const 128) (i32.const 5) (i32.const 256))
      (call $must)
      (call $init (i32.load (i32.const 260)) (i32.const 256))
      (call $must)
      (global.set $context (i32.load (i32.const 260))))
    (func (export "nothing"))
    (func (export "rounds") (local $left i32) (local $output i32)
      (local.set $left (i32.const 100))
      (loop $again
        (global.set $next (i32.const 606208))
        (i32.store (i32.const 288) (i32.const 133))
        (i32.store (i32.const 292) (i32.const 1))
        (i32.store (i32.const 296) (call $new (i32.const 64) (i32.const 4) (i32.const 1)
                                              (i32.const 4096) (i32.const 602112)))
        (call $compute (global.get $context) (i32.const 288) (i32.const 1) (i32.const 256))
        (call $must)
        (local.set $output (i32.load offset=8 (i32.load (i32.const 260))))
        (call $data (local.get $output) (i32.const 272))
        (call $drop (local.get $output))
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))
  (core instance $main (instantiate $main
    (with "host" (instance
      (export "new" (func $new)) (export "data" (func $data)) (export "compute" (func $compute))
      (export "init" (func $init)) (export "load" (func $load)) (export "drop" (func $drop))))
    (with "allocator" (instance $allocator))))
  (func (export "open") (canon lift (core func $main "open")))
  (func (export "rounds") (canon lift (core func $main "rounds")))
  (func (export "nothing") (canon lift (core func $main "nothing"))))
)";

template <typename Code>
Code Compile(engine::Runtime& runtime, std::string_view text) {
  auto code = Code::compile(runtime.engine(), text);
  if (code) return code.ok();
  fmt::print(stderr, "{}\n", code.err().message());
  std::exit(1);
}

// A host with the model, and a view of the host.
class FakeHost {
 public:
  FakeHost() {
    HostOptions options{.isolation = Isolation::kProcess};
    options.backends.push_back(
        std::make_unique<fake::Backend>(std::vector{Encoding::kOnnx}, counters_));
    host_ = Must(Host::Create(std::move(options)));
    Must(host_->Register("model", fake::NewModel(kModel)));
    view_ = host_->NewView();
  }

  Host& host() { return *host_; }
  View& view() { return *view_; }

 private:
  fake::Counters counters_;
  std::unique_ptr<Host> host_;
  std::unique_ptr<View> view_;
};

// A guest in text form, over a view of the host.
struct Side {
  FakeHost host;
  std::shared_ptr<GuestEngine> engine = Must(GuestEngine::Create({.interruptible = false}));
  Guest guest;

  explicit Side(std::string_view wat)
      : guest(Must(
            Must(engine->Load(std::as_bytes(std::span(wat)), "guest.wat")).NewGuest(host.view()))) {
  }
};

struct ModuleSide : Side {
  ModuleSide() : Side(kModuleGuest) { guest.Run(); }
};

struct ComponentSide : Side {
  ComponentSide() : Side(kComponent) { Must(guest.Call("open")); }
};

class Copies {
 public:
  void Rounds() {
    for (int i = 0; i < static_cast<int>(kRounds); ++i) {
      std::memcpy(buffers_.to.data(), buffers_.from.data(), kInputBytes);
      benchmark::ClobberMemory();
      std::memcpy(buffers_.from.data() + kInputBytes, buffers_.to.data(), kOutputBytes);
      benchmark::ClobberMemory();
    }
  }

 private:
  static constexpr std::size_t kPage = 4096;
  struct Buffers {
    alignas(kPage) std::array<std::byte, kInputBytes + kOutputBytes> from{};
    alignas(kPage) std::array<std::byte, kInputBytes> to{};
  };
  std::unique_ptr<Buffers> owned_ = std::make_unique<Buffers>();
  Buffers& buffers_ = *owned_;
};

void ModuleRound(benchmark::State& state) {
  ModuleSide module;
  Copies copies;
  Pair(
      state, {.ours = "guest", .theirs = "copies", .rounds = kRounds},
      [&] { Must(module.guest.Call("rounds")); }, [&] { copies.Rounds(); });
}
BENCHMARK(ModuleRound)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(200);

void ComponentRound(benchmark::State& state) {
  ComponentSide component;
  Copies copies;
  Pair(
      state, {.ours = "guest", .theirs = "copies", .rounds = kRounds},
      [&] { Must(component.guest.Call("rounds")); }, [&] { copies.Rounds(); });
}
BENCHMARK(ComponentRound)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(200);

// Makes and destroys an instance: a store and an instance in it. Linking is not timed.
engine::RuntimeOptions InstanceRuntime(const benchmark::State& state) {
  constexpr std::uint32_t kPooled = 16;
  return {.pooled_instances = state.range(0) == 0 ? 0 : kPooled};
}

void ModuleInstance(benchmark::State& state) {
  FakeHost host;
  const auto runtime = Must(engine::Runtime::Create(InstanceRuntime(state)));
  const auto module = Compile<wasmtime::Module>(*runtime, kModuleGuest);
  wasmtime::Linker linker(runtime->engine());
  Must(DefineWasiNn(linker.capi(), host.view()));
  wasmtime_instance_pre_t* pre = nullptr;
  if (wasmtime_linker_instantiate_pre(linker.capi(), module.capi(), &pre) != nullptr) std::exit(1);
  for (auto iteration : state) {
    wasmtime::Store store(runtime->engine());
    wasmtime_instance_t instance;
    wasm_trap_t* trap = nullptr;
    if (wasmtime_instance_pre_instantiate(pre, store.context().capi(), &instance, &trap) !=
        nullptr) {
      std::exit(1);
    }
  }
  wasmtime_instance_pre_delete(pre);
}
BENCHMARK(ModuleInstance)->ArgName("pooled")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

void ComponentInstance(benchmark::State& state) {
  FakeHost host;
  const auto runtime = Must(engine::Runtime::Create(InstanceRuntime(state)));
  const auto component = Compile<wasmtime::component::Component>(*runtime, kComponent);
  wasmtime::component::Linker linker(runtime->engine());
  Must(DefineWasiNn(linker.capi(), host.view()));
  const auto pre = Must(ComponentPre::Make(linker.capi(), component.capi()));
  for (auto iteration : state) {
    wasmtime::Store store(runtime->engine());
    wasmtime_component_instance_t instance;
    if (pre.Instantiate(store.context().capi(), &instance) != nullptr) std::exit(1);
  }
}
BENCHMARK(ComponentInstance)->ArgName("pooled")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

// Makes and destroys a guest: a view, a store with its limits, and an instance in it. Compiling and
// linking are not timed.
void NewGuests(std::string_view wat, benchmark::State& state) {
  constexpr std::uint32_t kPooled = 16;
  FakeHost host;
  const auto engine = Must(GuestEngine::Create(
      {.interruptible = false, .pooled_instances = state.range(0) == 0 ? 0 : kPooled}));
  const GuestProgram program = Must(engine->Load(std::as_bytes(std::span(wat)), "guest.wat"));
  if (program.is_pooled() != (state.range(0) != 0)) return state.SkipWithError("not pooled");
  for (auto iteration : state) {
    Guest guest = Must(program.NewGuest(host.host(), host.host().default_tenant(),
                                        {.input = NoStream(), .output = NoStream()}));
    Must(guest.Call("nothing"));
  }
}

void ModuleGuest(benchmark::State& state) { NewGuests(kModuleGuest, state); }
BENCHMARK(ModuleGuest)->ArgName("pooled")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

void ComponentGuest(benchmark::State& state) { NewGuests(kComponent, state); }
BENCHMARK(ComponentGuest)->ArgName("pooled")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace namesake::bench

BENCHMARK_MAIN();
