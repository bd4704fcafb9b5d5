// Handles: numbers that a guest holds for what the host holds.
//
// A handle carries its slot, its kind and the slot's generation, so that a guest which makes one
// up, keeps one that was closed, or passes one of another kind gets "no such handle" and never
// somebody else's object. No handle is 0. Not thread-safe, as the view that owns it.
#ifndef NAMESAKE_VIEW_HANDLE_TABLE_H_
#define NAMESAKE_VIEW_HANDLE_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace namesake::view {

// Kinds differ so that tables of one view never accept each other's handles.
enum class HandleKind : std::uint32_t { kGraph = 1, kContext = 2 };

// From low to high: 18 bits of slot, 2 bits of kind, 11 bits of generation; the top bit is clear,
// since guests are known to treat handles as signed.
template <typename T, HandleKind kKind>
class HandleTable {
  static_assert(std::is_nothrow_move_constructible_v<T>);

 public:
  // Empty when all slots are taken. Throws std::bad_alloc; nothing has changed then.
  std::optional<std::uint32_t> Insert(T value) {
    if (free_.empty()) {
      if (slots_.size() > kMaxSlot) return std::nullopt;
      // Both grow before anything is kept, so that nothing is lost when memory is short, and
      // `Remove` needs none.
      if (free_.capacity() <= slots_.size()) free_.reserve(2 * slots_.size() + 1);
      slots_.emplace_back();
      free_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    Slot& slot = slots_[index];
    slot.value.emplace(std::move(value));
    return slot.generation << kGenerationShift | kKindBits | index;
  }

  // Null for whatever is not a live handle of this table. Valid until the next Insert.
  T* Find(std::uint32_t handle) noexcept {
    const std::uint32_t index = handle & kMaxSlot;
    if ((handle & ~kGenerationMask & ~kMaxSlot) != kKindBits || index >= slots_.size()) {
      return nullptr;
    }
    Slot& slot = slots_[index];
    if (slot.generation != handle >> kGenerationShift || !slot.value) return nullptr;
    return &*slot.value;
  }

  // Ends the object; false for what `Find` would not find.
  bool Remove(std::uint32_t handle) noexcept {
    if (Find(handle) == nullptr) return false;
    const std::uint32_t index = handle & kMaxSlot;
    Slot& slot = slots_[index];
    slot.value.reset();
    // A slot whose generations are used up is never used again: its old handles stay dead.
    if (++slot.generation <= kMaxGeneration) free_.push_back(index);  // Reserved.
    return true;
  }

 private:
  static constexpr std::uint32_t kMaxSlot = (1U << 18) - 1;
  static constexpr std::uint32_t kKindBits = static_cast<std::uint32_t>(kKind) << 18;
  static constexpr std::uint32_t kGenerationShift = 20;
  static constexpr std::uint32_t kMaxGeneration = (1U << 11) - 1;
  static constexpr std::uint32_t kGenerationMask = kMaxGeneration << kGenerationShift;

  struct Slot {
    std::optional<T> value;
    std::uint32_t generation = 1;
  };

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace namesake::view

#endif  // NAMESAKE_VIEW_HANDLE_TABLE_H_
