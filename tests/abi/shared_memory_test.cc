// A shared memory that another thread changes while the host reads it. The host must use values as
// it checked them: a pointer that it read twice would lead out of the memory and end the process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <thread>
#include <wasmtime.hh>

#include "abi/abi_host.h"
#include "namesake/wasmtime.h"
#include "support/matchers.h"
#include "wasi_nn/witx_codes.h"

namespace namesake::test {
namespace {

using wasi_nn::witx::Errno;

constexpr std::uint32_t kPageBytes = 0x10000;

// Calls every function that reads through pointers in the memory: a tensor at 0x20, a builder at
// 0x80, a name at 0x100. A model's text is at 0x200.
constexpr std::string_view kGuest = R"((module
    (import "wasi_ephemeral_nn" "load" (func $load (param i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_ephemeral_nn" "load_by_name"
      (func $load_by_name (param i32 i32 i32) (result i32)))
    (import "wasi_ephemeral_nn" "init_execution_context" (func $init (param i32 i32) (result i32)))
    (import "wasi_ephemeral_nn" "set_input" (func $set_input (param i32 i32 i32) (result i32)))
    (import "test" "answer" (func $answer (param i32)))
    (import "test" "memory" (memory 1 1 shared))
    (export "memory" (memory 0))
    (data (i32.const 0x100) "any")
    (data (i32.const 0x200) "io u8 1")
    (global $context (mut i32) (i32.const 0))
    (func (export "_start")
      (drop (call $load_by_name (i32.const 0x100) (i32.const 3) (i32.const 0)))
      (drop (call $init (i32.load (i32.const 0)) (i32.const 0)))
      (global.set $context (i32.load (i32.const 0))))
    (func (export "call_all")
      (local $i i32)
      (loop $next
        (call $answer (call $set_input (global.get $context) (i32.const 0) (i32.const 0x20)))
        (call $answer (call $load (i32.const 0x80) (i32.const 1) (i32.const 1) (i32.const 0)
          (i32.const 0)))
        (call $answer (call $load_by_name (i32.const 0x100) (i32.const 3) (i32.const 0)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $i) (i32.const 100)))))))";

class SharedMemory {
 public:
  SharedMemory() {
    wasm_memorytype_t* raw_type = nullptr;
    EXPECT_EQ(wasmtime_memorytype_new(1, true, 1, /*is_64=*/false, /*shared=*/true,
                                      /*page_size_log2=*/16, &raw_type),
              nullptr);
    const std::unique_ptr<wasm_memorytype_t, decltype(&wasm_memorytype_delete)> type(
        raw_type, wasm_memorytype_delete);
    EXPECT_EQ(wasmtime_sharedmemory_new(TestRuntime().engine().capi(), type.get(), &memory_),
              nullptr);
  }
  ~SharedMemory() { wasmtime_sharedmemory_delete(memory_); }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  wasmtime_sharedmemory_t* get() { return memory_; }

  void Store(std::uint32_t address, std::uint32_t value) {
    auto* const at =
        reinterpret_cast<std::uint32_t*>(wasmtime_sharedmemory_data(memory_) + address);
    std::atomic_ref(*at).store(value, std::memory_order_relaxed);
  }

 private:
  wasmtime_sharedmemory_t* memory_ = nullptr;
};

// Writes good and bad values over everything that the guest passes, until it is stopped.
void Scribble(const std::stop_token& stop, SharedMemory& memory) {
  struct Place {
    std::uint32_t address;
    std::array<std::uint32_t, 2> values;  // A good one and a bad one.
  };
  constexpr auto kPlaces = std::to_array<Place>({
      {0x20, {0x40, 0xFFFFFFF0}},               // The tensor's dimensions
      {0x24, {1, 0x40000001}},                  // and their number,
      {0x28, {3, 0xFF}},                        // its type, u8,
      {0x2C, {0x1000, 0xFFFFFFFF}},             // its data
      {0x30, {kPageBytes - 0x1000, 1U << 31}},  // and their length;
      {0x40, {kPageBytes - 0x1000, 1U << 31}},  // the one dimension.
      {0x80, {0x200, 0xFFFF0000}},              // The builder's text
      {0x84, {7, 0xFFFFFFFF}},                  // and its length.
      {0x100, {0x00796E61, 0xFFFFFFFF}},        // The name "any", and invalid UTF-8.
  });
  std::minstd_rand random(1);
  while (!stop.stop_requested()) {
    for (const Place& place : kPlaces) memory.Store(place.address, place.values[random() % 4 == 0]);
  }
}

TEST(SharedMemory, WhatChangesWhileItIsReadNeverLeadsOutOfTheMemory) {
  AbiHost host;
  SharedMemory memory;
  std::map<std::uint32_t, int> answers;
  {
    const auto view = host.host().NewView(
        {.tenant = host.host().default_tenant(),
         .limits = InstanceLimits{.max_graphs = std::nullopt, .max_models = std::nullopt}});
    wasmtime::Linker linker(TestRuntime().engine());
    linker.func_wrap("test", "answer", [&](std::uint32_t errno_) { ++answers[errno_]; }).unwrap();
    wasmtime::Store store(TestRuntime().engine());
    wasmtime_extern_t item{.kind = WASMTIME_EXTERN_SHAREDMEMORY, .of = {}};
    item.of.sharedmemory = memory.get();
    EXPECT_EQ(wasmtime_linker_define(linker.capi(), store.context().capi(), "test", 4, "memory", 6,
                                     &item),
              nullptr);
    ASSERT_THAT(DefineWasiNn(linker.capi(), *view), IsOk());
    auto instance = linker.instantiate(store, CompileWat(std::string(kGuest))).unwrap();
    const auto call_all = std::get<wasmtime::Func>(*instance.get(store, "call_all"));
    const std::jthread scribbler([&](const std::stop_token& stop) { Scribble(stop, memory); });
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    while (std::chrono::steady_clock::now() < end) {
      ASSERT_TRUE(static_cast<bool>(call_all.call(store, {})));
    }
  }
  // Text that changed during the copy is not a model, which is a runtime error. The guest closes
  // nothing, so on a fast machine it runs out of handles.
  for (const auto& [number, count] : answers) {
    EXPECT_TRUE(number == std::to_underlying(Errno::kSuccess) ||
                number == std::to_underlying(Errno::kInvalidArgument) ||
                number == std::to_underlying(Errno::kRuntimeError) ||
                number == std::to_underlying(Errno::kTooLarge))
        << count << " times " << number;
  }
  EXPECT_GT(answers[std::to_underlying(Errno::kSuccess)], 0);
  EXPECT_GT(answers[std::to_underlying(Errno::kInvalidArgument)], 0);
  host.ExpectNothingLeft();
  host.ExpectServes();
}

}  // namespace
}  // namespace namesake::test
