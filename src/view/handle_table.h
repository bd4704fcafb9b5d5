// Handles: numbers by which a guest refers to the host's objects.
//
// A handle contains its slot, its kind and the slot's generation. So a guest that invents a handle,
// keeps a closed one or passes one of another kind gets "no such handle", never another object. No
// handle is 0. Not thread-safe, like the view that owns it.
#ifndef NAMESAKE_VIEW_HANDLE_TABLE_H_
#define NAMESAKE_VIEW_HANDLE_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace namesake::view {

// Kinds differ, so that the tables of a view never accept each other's handles.
enum class HandleKind : std::uint32_t { kGraph = 1, kContext = 2 };

// From low to high: 18 bits of slot, 2 bits of kind, 11 bits of generation. The top bit is 0,
// because some guests treat handles as signed.
template <typename T, HandleKind kKind>
class HandleTable {
  static_assert(std::is_nothrow_move_constructible_v<T>);

 public:
  // Empty if all slots are taken. Throws std::bad_alloc; then nothing has changed.
  std::optional<std::uint32_t> Insert(T value) {
    if (free_.empty()) {
      if (slots_.size() > kMaxSlot) return std::nullopt;
      // Both grow before anything is stored, so that nothing is lost if memory is short and
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

  // Null for anything but a live handle of this table. Valid until the next Insert.
  T* Find(std::uint32_t handle) noexcept {
    const std::uint32_t index = handle & kMaxSlot;
    if ((handle & ~kGenerationMask & ~kMaxSlot) != kKindBits || index >= slots_.size()) {
      return nullptr;
    }
    Slot& slot = slots_[index];
    if (slot.generation != handle >> kGenerationShift || !slot.value) return nullptr;
    return &*slot.value;
  }

  // Destroys the object; returns false for anything that `Find` does not find.
  bool Remove(std::uint32_t handle) noexcept {
    if (Find(handle) == nullptr) return false;
    const std::uint32_t index = handle & kMaxSlot;
    Slot& slot = slots_[index];
    slot.value.reset();
    // A slot that has used up its generations is never reused, so its old handles stay invalid.
    if (++slot.generation <= kMaxGeneration) free_.push_back(index);  // Can't allocate.
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
