#include "engine/guest_limits.h"

#include <fmt/format.h>
#include <namesake_components.h>

#include <algorithm>
#include <limits>

#include "base/fail.h"
#include "base/log.h"
#include "base/units.h"

namespace namesake::engine {
namespace {

std::string LimitText(std::uint64_t max_bytes) {
  return fmt::format("the limit max_guest_memory_bytes = {}", base::BytesText(max_bytes));
}

std::string SharedText(std::uint64_t max_bytes) {
  return fmt::format(
      "the guest has a shared memory, which can't be held to {}; build the guest without threads",
      LimitText(max_bytes));
}

Result<void> CheckMemory(const wasmtime::MemoryType::Ref& memory, std::uint64_t max_bytes) {
  if (memory.is_shared()) return base::Fail(ErrorCode::kUnsupported, "{}", SharedText(max_bytes));
  if (memory.min() <= max_bytes / memory.page_size()) return {};
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t first_bytes =
      memory.min() > kMost / memory.page_size() ? kMost : memory.min() * memory.page_size();
  return base::Fail(ErrorCode::kTooLarge, "the guest's initial memory of {} is above {}",
                    base::BytesText(first_bytes), LimitText(max_bytes));
}

}  // namespace

Result<void> CheckMemories(const wasmtime::Module& module, std::uint64_t max_bytes) {
  const auto check = [&](const wasmtime::ExternType::Ref& type) -> Result<void> {
    const auto* const memory = std::get_if<wasmtime::MemoryType::Ref>(&type);
    return memory == nullptr ? Result<void>() : CheckMemory(*memory, max_bytes);
  };
  for (const auto& item : module.imports()) {
    if (auto ok = check(wasmtime::ExternType::from_import(item)); !ok) return ok;
  }
  for (const auto& item : module.exports()) {
    if (auto ok = check(wasmtime::ExternType::from_export(item)); !ok) return ok;
  }
  return {};
}

namespace {

// Called on the guest's thread from within the engine, so it must not throw.
void OnMemoryRefused(std::uint64_t max_bytes) noexcept {
  try {
    base::Log().warn("the guest reached {}: a memory could not grow", LimitText(max_bytes));
  } catch (const std::exception&) {
    // There is no memory to log that.
  }
}

}  // namespace

void LimitMemory(wasmtime::Store& store, std::uint64_t max_bytes) {
  namesake_store_limit(store.capi(), {.memory_bytes = max_bytes,
                                      .memories = kMaxMemories,
                                      .instances = kMaxInstances,
                                      .table_elements = kMaxTableElements,
                                      .tables = kMaxTables,
                                      .on_memory_refused = OnMemoryRefused});
}

void LimitCalls(wasmtime::Store& store, std::optional<std::uint64_t> max_bytes) {
  constexpr std::uint64_t kAddressable = std::uint64_t{1} << 32;
  // The engine counts an element at its size in the host. Bytes and numbers are as large as in the
  // guest. Other elements are several times larger: the extra budget has room for 100,000 of them,
  // as many as a store has handles.
  constexpr std::uint64_t kForOthers = std::uint64_t{8} << 20;
  const std::uint64_t memory = std::min(max_bytes.value_or(kAddressable), kAddressable);
  namesake_store_set_hostcall_budget(store.context().capi(), memory + kForOthers);
}

std::optional<std::string> PoolRefusal(std::string_view engine_text) {
  if (!engine_text.contains("maximum concurrent")) return std::nullopt;
  return "the engine's pool has no slot for another instance (pooled_instances); try again when an "
         "instance has ended";
}

std::optional<std::string> LimitThatRefused(std::string_view engine_text, std::uint64_t max_bytes) {
  if (engine_text.contains("memory minimum size")) {
    return fmt::format("the guest's initial memory is above {}", LimitText(max_bytes));
  }
  if (engine_text.contains("memory count too high")) {
    return fmt::format("the guest has more than {} memories, the most allowed under {}",
                       kMaxMemories, LimitText(max_bytes));
  }
  if (engine_text.contains("instance count too high")) {
    return fmt::format("the guest has more than {} modules, the most allowed under {}",
                       kMaxInstances, LimitText(max_bytes));
  }
  if (engine_text.contains("shared memory support is disabled")) return SharedText(max_bytes);
  if (engine_text.contains("table minimum size") || engine_text.contains("table count too high")) {
    return fmt::format(
        "the guest has more than {} tables, or more than {} elements in them, the most allowed "
        "under {}",
        kMaxTables, kMaxTableElements, LimitText(max_bytes));
  }
  return std::nullopt;
}

}  // namespace namesake::engine
