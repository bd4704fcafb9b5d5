#include "abi/wit_guest.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "namesake/wasmtime.h"

namespace namesake::test {
namespace {

// Returns the text with "VERSION" replaced.
std::string ForVersion(std::string text, std::string_view version) {
  constexpr std::string_view kMark = "VERSION";
  for (auto at = text.find(kMark); at != text.npos; at = text.find(kMark)) {
    text.replace(at, kMark.size(), version);
  }
  return text;
}

constexpr std::string_view kTensorAndErrors = R"(
  (import "wasi:nn/tensor@0.2.0-rc-VERSION" (instance $tensors
    (type $types (enum "FP16" "FP32" "FP64" "BF16" "U8" "I32" "I64"))
    (export "tensor-type" (type $type (eq $types)))
    (export "tensor" (type $tensor (sub resource)))
    (export "[constructor]tensor" (func (param "dimensions" (list u32)) (param "ty" $type)
      (param "data" (list u8)) (result (own $tensor))))
    (export "[method]tensor.data" (func (param "self" (borrow $tensor)) (result (list u8))))))
  (alias export $tensors "tensor" (type $tensor))
  (import "wasi:nn/errors@0.2.0-rc-VERSION" (instance $errors
    (export "error" (type $error (sub resource)))
    (export "[method]error.data" (func (param "self" (borrow $error)) (result string)))))
  (alias export $errors "error" (type $error)))";

constexpr std::string_view kInferenceBegin = R"(
  (import "wasi:nn/inference@0.2.0-rc-VERSION" (instance $inference
    (alias outer 1 $tensor (type $outer_tensor))
    (alias outer 1 $error (type $outer_error))
    (export "tensor" (type $tensor (eq $outer_tensor)))
    (export "error" (type $error (eq $outer_error)))
    (export "graph-execution-context" (type $context (sub resource))))";

constexpr std::string_view kSteps = R"(
    (export "[method]graph-execution-context.set-input" (func (param "self" (borrow $context))
      (param "name" string) (param "tensor" (own $tensor)) (result (result (error (own $error))))))
    (export "[method]graph-execution-context.compute" (func (param "self" (borrow $context))
      (result (result (error (own $error))))))
    (export "[method]graph-execution-context.get-output" (func (param "self" (borrow $context))
      (param "name" string) (result (result (own $tensor) (error (own $error)))))))))";

constexpr std::string_view kOneCall = R"(
    (export "[method]graph-execution-context.compute" (func (param "self" (borrow $context))
      (param "inputs" (list (tuple string (own $tensor))))
      (result (result (list (tuple string (own $tensor))) (error (own $error)))))))))";

constexpr std::string_view kGraph = R"(
  (alias export $inference "graph-execution-context" (type $context))
  (import "wasi:nn/graph@0.2.0-rc-VERSION" (instance $graphs
    (alias outer 1 $context (type $outer_context))
    (alias outer 1 $error (type $outer_error))
    (export "graph-execution-context" (type $context (eq $outer_context)))
    (export "error" (type $error (eq $outer_error)))
    (type $encodings (enum "openvino" "onnx" "tensorflow" "pytorch" "tensorflowlite" "ggml"
      "autodetect"))
    (export "graph-encoding" (type $encoding (eq $encodings)))
    (type $targets (enum "cpu" "gpu" "tpu"))
    (export "execution-target" (type $target (eq $targets)))
    (export "graph" (type $graph (sub resource)))
    (export "load" (func (param "builder" (list (list u8))) (param "encoding" $encoding)
      (param "target" $target) (result (result (own $graph) (error (own $error))))))
    (export "load-by-name" (func (param "name" string)
      (result (result (own $graph) (error (own $error))))))
    (export "[method]graph.init-execution-context" (func (param "self" (borrow $graph))
      (result (result (own $context) (error (own $error))))))))
  (alias export $graphs "graph" (type $graph)))";

constexpr std::string_view kLowered = R"(
  (core instance $libc (instantiate $libc))
  (core func $tensor_new (canon lower (func $tensors "[constructor]tensor")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core func $tensor_data (canon lower (func $tensors "[method]tensor.data")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core func $tensor_drop (canon resource.drop $tensor))
  (core func $error_data (canon lower (func $errors "[method]error.data")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core func $error_drop (canon resource.drop $error))
  (core func $load (canon lower (func $graphs "load")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core func $load_by_name (canon lower (func $graphs "load-by-name")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core func $init_context (canon lower (func $graphs "[method]graph.init-execution-context")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core func $graph_drop (canon resource.drop $graph))
  (core func $context_drop (canon resource.drop $context)))";

constexpr std::string_view kLoweredSteps = R"(
  (core func $set_input (canon lower
    (func $inference "[method]graph-execution-context.set-input")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core func $compute (canon lower (func $inference "[method]graph-execution-context.compute")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core func $get_output (canon lower
    (func $inference "[method]graph-execution-context.get-output")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))";

constexpr std::string_view kLoweredOneCall = R"(
  (core func $compute_all (canon lower (func $inference "[method]graph-execution-context.compute")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))";

constexpr std::string_view kCoreImports = R"(
    (import "libc" "memory" (memory 2))
    (import "nn" "tensor_new" (func $tensor_new (param i32 i32 i32 i32 i32) (result i32)))
    (import "nn" "tensor_data" (func $tensor_data (param i32 i32)))
    (import "nn" "tensor_drop" (func $tensor_drop (param i32)))
    (import "nn" "error_data" (func $error_data (param i32 i32)))
    (import "nn" "error_drop" (func $error_drop (param i32)))
    (import "nn" "load" (func $load (param i32 i32 i32 i32 i32)))
    (import "nn" "load_by_name" (func $load_by_name (param i32 i32 i32)))
    (import "nn" "init_context" (func $init_context (param i32 i32)))
    (import "nn" "graph_drop" (func $graph_drop (param i32)))
    (import "nn" "context_drop" (func $context_drop (param i32))))";

constexpr std::string_view kCoreSteps = R"(
    (import "nn" "set_input" (func $set_input (param i32 i32 i32 i32 i32)))
    (import "nn" "compute" (func $compute (param i32 i32)))
    (import "nn" "get_output" (func $get_output (param i32 i32 i32 i32))))";

constexpr std::string_view kCoreOneCall = R"(
    (import "nn" "compute_all" (func $compute_all (param i32 i32 i32 i32))))";

constexpr std::string_view kMakers = R"(
    (data (i32.const 0) "identity")
    (data (i32.const 16) "\02\00\00\00\03\00\00\00")
    (data (i32.const 48) "0")
    ;; The handle of a result at 256, which must be one.
    (func $made (result i32)
      (if (i32.load8_u (i32.const 256)) (then (unreachable)))
      (i32.load (i32.const 260)))
    (func $identity (result i32)
      (call $load_by_name (i32.const 0) (i32.const 8) (i32.const 256))
      (call $made))
    (func $context (param $graph i32) (result i32)
      (call $init_context (local.get $graph) (i32.const 256))
      (call $made))
    (func $tensor (result i32)
      (call $tensor_new (i32.const 16) (i32.const 2) (i32.const 1) (i32.const 512) (i32.const 24))))";

constexpr std::string_view kGivenInSteps = R"(
    (func $given (result i32)
      (local $context i32)
      (local.set $context (call $context (call $identity)))
      (call $set_input (local.get $context) (i32.const 48) (i32.const 1) (call $tensor)
        (i32.const 256))
      (drop (call $made))
      (call $compute (local.get $context) (i32.const 256))
      (drop (call $made))
      (local.get $context)))";

// The list with the one named tensor is at 288.
constexpr std::string_view kGivenInOne = R"(
    (func $list (param $tensor i32)
      (i32.store (i32.const 288) (i32.const 48))
      (i32.store (i32.const 292) (i32.const 1))
      (i32.store (i32.const 296) (local.get $tensor)))
    (func $given (result i32)
      (local $context i32)
      (local.set $context (call $context (call $identity)))
      (call $list (call $tensor))
      (call $compute_all (local.get $context) (i32.const 288) (i32.const 1) (i32.const 256))
      (drop (call $made))
      (local.get $context)))";

constexpr std::string_view kExports = R"(
    (export "tensor_new" (func $tensor_new)) (export "tensor_data" (func $tensor_data))
    (export "tensor_drop" (func $tensor_drop)) (export "error_data" (func $error_data))
    (export "error_drop" (func $error_drop)) (export "load" (func $load))
    (export "load_by_name" (func $load_by_name)) (export "init_context" (func $init_context))
    (export "graph_drop" (func $graph_drop)) (export "context_drop" (func $context_drop)))";

bool InOneCall(const WitGuest& guest) { return guest.version == "2024-10-28"; }

std::string ImportsWat(const WitGuest& guest) {
  std::string wat;
  wat += kTensorAndErrors;
  wat += kInferenceBegin;
  wat += InOneCall(guest) ? kOneCall : kSteps;
  wat += kGraph;
  return ForVersion(std::move(wat), guest.version);
}

// Appends `_number` to every identifier.
std::string WithNumber(const std::string& wat, std::string_view number) {
  const auto is_part = [](char c) { return c == '_' || (c >= 'a' && c <= 'z'); };
  std::string numbered;
  bool in_identifier = false;
  for (const char c : wat) {
    if (in_identifier && !is_part(c)) numbered += fmt::format("_{}", number);
    in_identifier = c == '$' || (in_identifier && is_part(c));
    numbered += c;
  }
  return numbered;
}

// The imports of a component that contains another one and passes them on to it; all its
// identifiers end in `number`.
std::string NestedWat(const WitGuest& guest, std::string_view number) {
  std::string wat = WithNumber(ImportsWat(guest), number) + ForVersion(fmt::format(R"(
  (instance $guest_{0} (instantiate $component_{0}
    (with "wasi:nn/tensor@0.2.0-rc-VERSION" (instance $tensors_{0}))
    (with "wasi:nn/errors@0.2.0-rc-VERSION" (instance $errors_{0}))
    (with "wasi:nn/inference@0.2.0-rc-VERSION" (instance $inference_{0}))
    (with "wasi:nn/graph@0.2.0-rc-VERSION" (instance $graphs_{0}))))
  (alias export $guest_{0} "go" (func $go_{0}))
  (export "go-{0}" (func $go_{0})))",
                                                                                   number),
                                                                       guest.version);
  const std::string component =
      fmt::format("(component $component_{}{}", number,
                  WitGuestWat(guest).substr(std::string_view("(component").size()));
  return "\n  " + component + wat;
}

}  // namespace

std::string ComposedWat(const WitGuest& first, const WitGuest& second) {
  return "(component" + NestedWat(first, "1") + NestedWat(second, "2") + ")";
}

std::string WitGuestWat(const WitGuest& guest) {
  const bool in_one = InOneCall(guest);
  std::string wat = "(component" + ImportsWat(guest);
  wat += R"(
  (core module $libc
    (memory (export "memory") 2)
    (func (export "realloc") (param $old i32) (param $old_size i32) (param $alignment i32)
      (param $size i32) (result i32)
      )" +
         guest.realloc + "))";
  wat += kLowered;
  wat += in_one ? kLoweredOneCall : kLoweredSteps;
  wat += "\n  (core module $guest";
  wat += kCoreImports;
  wat += in_one ? kCoreOneCall : kCoreSteps;
  wat += kMakers;
  wat += in_one ? kGivenInOne : kGivenInSteps;
  if (!guest.start.empty()) wat += "\n    (func $start\n" + guest.start + ")\n    (start $start)";
  wat += "\n    (func (export \"go\")\n" + guest.body + "))";
  wat += "\n  (core instance $nn";
  wat += kExports;
  wat += in_one ? R"( (export "compute_all" (func $compute_all))))"
                : R"( (export "set_input" (func $set_input)) (export "compute" (func $compute))
    (export "get_output" (func $get_output))))";
  wat += R"(
  (core instance $guest (instantiate $guest (with "libc" (instance $libc)) (with "nn" (instance $nn))))
  (func (export "go") (canon lift (core func $guest "go")))))";
  return ForVersion(std::move(wat), guest.version);
}

wasmtime::component::Component CompileComponentWat(engine::Runtime& runtime,
                                                   const std::string& wat) {
  auto component = wasmtime::component::Component::compile(runtime.engine(), std::string_view(wat));
  if (!component) throw std::runtime_error(component.err().message());
  return component.ok();
}

Result<Guest> NewComponent(const std::string& wat, View& view, const InstanceLimits& limits,
                           GuestEngine& engine) {
  const auto program = LoadWat(wat, {}, engine);
  if (!program) return std::unexpected(program.error());
  return program->NewGuest(view, {.limits = limits});
}

}  // namespace namesake::test
