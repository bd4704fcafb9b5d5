#include "wasi_nn/witx_calls.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/fail.h"
#include "graph/tensor_copy.h"
#include "wasi_nn/abi_call.h"
#include "wasi_nn/witx_codes.h"

namespace namesake::wasi_nn::witx {

// One call by a guest.
struct Call {
  View& view;
  const engine::GuestMemory& memory;
  std::span<const std::uint32_t> args;

  std::uint32_t Arg(std::size_t i) const { return args[i]; }
  // Fails unless a u32 can be written there.
  Result<void> CheckOut(std::uint32_t pointer) const {
    const auto place = memory.Write(pointer, sizeof(std::uint32_t));
    if (!place) return base::Fail(place);
    return {};
  }
};

namespace {

// A part of a model: {u32 pointer, u32 length}.
constexpr std::uint32_t kPartBytes = 8;
// A tensor: dims pointer, dims length, u8 type and three bytes of padding, data pointer, data
// length.
constexpr std::uint32_t kTensorBytes = 20;

template <typename Handle>
Result<void> WriteHandle(const Call& call, std::uint32_t out, const Result<Handle>& handle) {
  if (!handle) return base::Fail(handle);
  return call.memory.WriteU32(out, std::to_underlying(*handle));
}

Result<std::vector<std::span<const std::byte>>> ReadParts(const Call& call, std::uint32_t pointer,
                                                          std::uint32_t count) {
  if (auto checked = CheckPartCount(count); !checked) return base::Fail(std::move(checked));
  const auto array = call.memory.Read(pointer, std::uint64_t{count} * kPartBytes);
  if (!array) return base::Fail(array);
  std::vector<std::span<const std::byte>> parts;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::byte* const part = array->data() + std::size_t{i} * kPartBytes;
    const auto bytes = call.memory.Read(engine::LoadU32(part), engine::LoadU32(part + 4));
    if (!bytes) return base::Fail(bytes);
    parts.push_back(*bytes);
  }
  return parts;
}

// Copies a text of the guest. From one longer than `max_bytes`, copies one byte more than that,
// enough to be refused as too long.
Result<std::string> ReadText(const Call& call, std::uint32_t pointer, std::uint32_t length,
                             std::size_t max_bytes) {
  const auto bytes = call.memory.Read(pointer, length);
  if (!bytes) return base::Fail(bytes);
  return std::string(reinterpret_cast<const char*>(bytes->data()),
                     std::min(bytes->size(), max_bytes + 1));
}

Result<std::string> ReadName(const Call& call, std::uint32_t pointer, std::uint32_t length) {
  return ReadText(call, pointer, length, ModelName::kMaxBytes);
}

Result<Encoding> ReadEncoding(std::uint32_t number) {
  if (const auto encoding = ToEncoding(number)) return *encoding;
  return base::Fail(ErrorCode::kInvalidEncoding, "unknown encoding {}", number);
}

Result<Target> ReadTarget(std::uint32_t number) {
  if (const auto target = ToTarget(number)) return *target;
  return base::Fail(ErrorCode::kInvalidArgument, "unknown target {}", number);
}

// Writes `bytes` to the guest's buffer, and their number to `out_written`, which `CheckOut` has
// accepted. If the buffer is too small, writes only the number.
Result<void> WriteBuffer(const Call& call, std::span<const std::byte> bytes,
                         std::span<std::byte> buffer, std::uint32_t out_written,
                         std::string_view what) {
  const auto written = static_cast<std::uint32_t>(std::min<std::size_t>(bytes.size(), UINT32_MAX));
  if (bytes.size() > buffer.size()) {
    if (auto ok = call.memory.WriteU32(out_written, written); !ok) return ok;
    return base::Fail(ErrorCode::kTooLarge, "{} has {} bytes, but the buffer has {}", what,
                      bytes.size(), buffer.size());
  }
  graph::CopyTensorBytes(buffer, bytes);
  // Written last, so that it is correct even if the guest placed it inside the buffer.
  return call.memory.WriteU32(out_written, written);
}

// load(builders_ptr, builders_len, encoding, target, out_graph*)
Result<void> Load(const Call& call) {
  const std::uint32_t out = call.Arg(4);
  if (auto ok = call.CheckOut(out); !ok) return ok;
  const auto encoding = ReadEncoding(call.Arg(2));
  if (!encoding) return base::Fail(encoding);
  const auto target = ReadTarget(call.Arg(3));
  if (!target) return base::Fail(target);
  const auto parts = ReadParts(call, call.Arg(0), call.Arg(1));
  if (!parts) return base::Fail(parts);
  return WriteHandle(call, out, call.view.Load(*parts, *encoding, *target));
}

// load_named(builders_ptr, builders_len, encoding, target, name_ptr, name_len, out_graph*)
Result<void> LoadNamed(const Call& call) {
  const std::uint32_t out = call.Arg(6);
  if (auto ok = call.CheckOut(out); !ok) return ok;
  const auto encoding = ReadEncoding(call.Arg(2));
  if (!encoding) return base::Fail(encoding);
  const auto target = ReadTarget(call.Arg(3));
  if (!target) return base::Fail(target);
  const auto name = ReadName(call, call.Arg(4), call.Arg(5));
  if (!name) return base::Fail(name);
  const auto parts = ReadParts(call, call.Arg(0), call.Arg(1));
  if (!parts) return base::Fail(parts);
  return WriteHandle(call, out, call.view.LoadNamed(*parts, *encoding, *target, *name));
}

// register_named(name_ptr, name_len, encoding, target, path_ptr, path_len)
Result<void> RegisterNamed(const Call& call) {
  const auto encoding = ReadEncoding(call.Arg(2));
  if (!encoding) return base::Fail(encoding);
  const auto target = ReadTarget(call.Arg(3));
  if (!target) return base::Fail(target);
  const auto name = ReadName(call, call.Arg(0), call.Arg(1));
  if (!name) return base::Fail(name);
  const auto path = ReadText(call, call.Arg(4), call.Arg(5), kMaxGuestPathBytes);
  if (!path) return base::Fail(path);
  return call.view.RegisterNamed(*name, *encoding, *target, *path);
}

// unregister_named(name_ptr, name_len)
Result<void> UnregisterNamed(const Call& call) {
  const auto name = ReadName(call, call.Arg(0), call.Arg(1));
  if (!name) return base::Fail(name);
  return call.view.UnregisterNamed(*name);
}

// load_by_name(name_ptr, name_len, out_graph*), and the same as get_named
Result<void> LoadByName(const Call& call) {
  const std::uint32_t out = call.Arg(2);
  if (auto ok = call.CheckOut(out); !ok) return ok;
  const auto name = ReadName(call, call.Arg(0), call.Arg(1));
  if (!name) return base::Fail(name);
  return WriteHandle(call, out, call.view.LoadByName(*name));
}

// load_by_name_with_config(name_ptr, name_len, config_ptr, config_len, out_graph*)
Result<void> LoadByNameWithConfig(const Call& call) {
  const std::uint32_t out = call.Arg(4);
  if (auto ok = call.CheckOut(out); !ok) return ok;
  const auto name = ReadName(call, call.Arg(0), call.Arg(1));
  if (!name) return base::Fail(name);
  const auto config = ReadText(call, call.Arg(2), call.Arg(3), call.view.max_config_bytes());
  if (!config) return base::Fail(config);
  return WriteHandle(call, out, call.view.LoadByNameWithConfig(*name, *config));
}

// list_named(buffer*, buffer_max, out_written*): each name and a line feed
Result<void> ListNamed(const Call& call) {
  const std::uint32_t out = call.Arg(2);
  if (auto ok = call.CheckOut(out); !ok) return ok;
  const auto buffer = call.memory.Write(call.Arg(0), call.Arg(1));
  if (!buffer) return base::Fail(buffer);
  std::string list;
  for (const std::string& name : call.view.ListNamed()) list += name + '\n';
  return WriteBuffer(call, std::as_bytes(std::span(list)), *buffer, out, "the list");
}

// describe(graph, buffer*, buffer_max, out_written*)
Result<void> Describe(const Call& call) {
  const std::uint32_t out = call.Arg(3);
  if (auto ok = call.CheckOut(out); !ok) return ok;
  const auto buffer = call.memory.Write(call.Arg(1), call.Arg(2));
  if (!buffer) return base::Fail(buffer);
  const auto text = call.view.Describe(GraphHandle{call.Arg(0)});
  if (!text) return base::Fail(text);
  return WriteBuffer(call, std::as_bytes(std::span(*text)), *buffer, out, "the description");
}

// unload(graph)
Result<void> Unload(const Call& call) { return call.view.Unload(GraphHandle{call.Arg(0)}); }

// finalize_execution_context(context)
Result<void> FinalizeExecutionContext(const Call& call) {
  return call.view.FinalizeExecutionContext(ContextHandle{call.Arg(0)});
}

// init_execution_context(graph, out_context*)
Result<void> InitExecutionContext(const Call& call) {
  const std::uint32_t out = call.Arg(1);
  if (auto ok = call.CheckOut(out); !ok) return ok;
  return WriteHandle(call, out, call.view.InitExecutionContext(GraphHandle{call.Arg(0)}));
}

// set_input(context, index, tensor*)
Result<void> SetInput(const Call& call) {
  const auto tensor = call.memory.Read(call.Arg(2), kTensorBytes);
  if (!tensor) return base::Fail(tensor);
  const std::uint32_t rank = engine::LoadU32(tensor->data() + 4);
  const auto type_number = std::to_integer<std::uint8_t>((*tensor)[8]);
  const auto type = ToElementType(type_number);
  if (!type) {
    return base::Fail(ErrorCode::kInvalidArgument, "unknown element type {}", type_number);
  }
  if (auto checked = CheckRank(rank); !checked) return checked;
  const auto dims = call.memory.Read(engine::LoadU32(tensor->data()), std::uint64_t{rank} * 4);
  if (!dims) return base::Fail(dims);
  std::array<std::uint64_t, kMaxRank> extents;
  for (std::size_t i = 0; i < rank; ++i) extents[i] = engine::LoadU32(dims->data() + i * 4);
  const auto data =
      call.memory.Read(engine::LoadU32(tensor->data() + 12), engine::LoadU32(tensor->data() + 16));
  if (!data) return base::Fail(data);
  return call.view.SetInput(ContextHandle{call.Arg(0)}, call.Arg(1),
                            {.type = *type, .dims = std::span(extents).first(rank), .data = *data});
}

// compute(context)
Result<void> Compute(const Call& call) { return call.view.Compute(ContextHandle{call.Arg(0)}); }

// get_output(context, index, buffer*, buffer_max, out_written*)
Result<void> GetOutput(const Call& call) {
  const std::uint32_t out = call.Arg(4);
  if (auto ok = call.CheckOut(out); !ok) return ok;
  const auto buffer = call.memory.Write(call.Arg(2), call.Arg(3));
  if (!buffer) return base::Fail(buffer);
  const auto output = call.view.GetOutput(ContextHandle{call.Arg(0)}, call.Arg(1));
  if (!output) return base::Fail(output);
  return WriteBuffer(call, output->data, *buffer, out, fmt::format("output {}", call.Arg(1)));
}

constexpr auto kFunctions = std::to_array<Function>({
    {"load", 5, Load},
    {"load_by_name", 3, LoadByName},
    {"init_execution_context", 2, InitExecutionContext},
    {"set_input", 3, SetInput},
    {"compute", 1, Compute},
    {"get_output", 5, GetOutput, 3},
    // Extensions of the specification. Those that WasmEdge also has use its names and parameters.
    {"get_named", 3, LoadByName},
    {"load_by_name_with_config", 5, LoadByNameWithConfig},
    {"load_named", 7, LoadNamed},
    {"register_named", 6, RegisterNamed},
    {"unregister_named", 2, UnregisterNamed},
    {"list_named", 3, ListNamed, 1},
    {"describe", 4, Describe, 2},
    {"unload", 1, Unload},
    {"finalize_execution_context", 1, FinalizeExecutionContext},
});

}  // namespace

static_assert(std::ranges::all_of(kFunctions, [](const Function& function) {
  return function.parameters <= kMaxParameters;
}));

bool AsksForSize(const Function& function, std::span<const std::uint32_t> args, ErrorCode code) {
  return code == ErrorCode::kTooLarge && function.buffer_length &&
         args[*function.buffer_length] == 0;
}

std::span<const Function> Functions() { return kFunctions; }

Result<void> Invoke(const Function& function, View& view, const engine::GuestMemory& memory,
                    std::span<const std::uint32_t> args) noexcept {
  return WithoutThrowing(
      [&] { return function.body({.view = view, .memory = memory, .args = args}); });
}

}  // namespace namesake::wasi_nn::witx
