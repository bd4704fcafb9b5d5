#include "engine/guest_memory.h"

#include <bit>
#include <cstring>
#include <string_view>

#include "base/fail.h"

namespace namesake::engine {

static_assert(std::endian::native == std::endian::little, "guest memory is little-endian");

std::uint32_t LoadU32(const std::byte* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

Result<GuestMemory> GuestMemory::Of(wasmtime_caller_t* caller) {
  static constexpr std::string_view kName = "memory";
  wasmtime_extern_t item;
  if (wasmtime_caller_export_get(caller, kName.data(), kName.size(), &item)) {
    if (item.kind == WASMTIME_EXTERN_MEMORY) {
      wasmtime_context_t* const store = wasmtime_caller_context(caller);
      auto* const data = wasmtime_memory_data(store, &item.of.memory);
      const std::size_t size = wasmtime_memory_data_size(store, &item.of.memory);
      return GuestMemory(std::span(reinterpret_cast<std::byte*>(data), size));
    }
    if (item.kind == WASMTIME_EXTERN_SHAREDMEMORY) {
      wasmtime_sharedmemory_t* const shared = item.of.sharedmemory;
      GuestMemory memory(std::span(reinterpret_cast<std::byte*>(wasmtime_sharedmemory_data(shared)),
                                   wasmtime_sharedmemory_data_size(shared)));
      memory.shared_.reset(shared);
      return memory;
    }
    wasmtime_extern_delete(&item);
  }
  return base::Fail(ErrorCode::kMissingMemory, "the guest exports no memory named \"memory\"");
}

Result<std::span<std::byte>> GuestMemory::Write(std::uint32_t pointer, std::uint64_t length) const {
  if (pointer > bytes_.size() || length > bytes_.size() - pointer) {
    return base::Fail(ErrorCode::kInvalidArgument,
                      "{} bytes at {:#x} are outside the guest's memory of {} bytes", length,
                      pointer, bytes_.size());
  }
  return bytes_.subspan(pointer, length);
}

Result<std::span<const std::byte>> GuestMemory::Read(std::uint32_t pointer,
                                                     std::uint64_t length) const {
  return Write(pointer, length);
}

Result<std::uint32_t> GuestMemory::ReadU32(std::uint32_t pointer) const {
  const auto bytes = Read(pointer, sizeof(std::uint32_t));
  if (!bytes) return base::Fail(bytes);
  return LoadU32(bytes->data());
}

Result<void> GuestMemory::WriteU32(std::uint32_t pointer, std::uint32_t value) const {
  const auto bytes = Write(pointer, sizeof value);
  if (!bytes) return base::Fail(bytes);
  std::memcpy(bytes->data(), &value, sizeof value);
  return {};
}

}  // namespace namesake::engine
