// The resources of wasi:nn other than graphs and contexts: a view's tensors and errors.
//
// The engine treats resources as numbers, and only passes on those it was given, so a guest can't
// forge any. Numbers are reused. Not thread-safe, like the view.
#ifndef NAMESAKE_WASI_NN_WIT_OBJECTS_H_
#define NAMESAKE_WASI_NN_WIT_OBJECTS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "namesake/error.h"
#include "namesake/tensor.h"
#include "namesake/view.h"
#include "wasi_nn/wit_codes.h"

namespace namesake::wasi_nn::wit {

// Objects by number.
template <typename T>
class Slots {
  static_assert(std::is_nothrow_move_constructible_v<T>);

 public:
  // Throws std::bad_alloc; then nothing has changed.
  std::uint32_t Insert(T value) {
    if (free_.empty()) {
      // Both grow before anything is stored, so that nothing is lost if memory is short and
      // `Remove` needs none.
      if (free_.capacity() <= slots_.size()) free_.reserve(2 * slots_.size() + 1);
      slots_.emplace_back();
      free_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
    }
    const std::uint32_t number = free_.back();
    free_.pop_back();
    slots_[number].emplace(std::move(value));
    return number;
  }

  // Null for an unused number. Valid until it is removed, because its texts and lists are lent
  // until then, and a short text is stored in the object itself.
  T* Find(std::uint32_t number) noexcept {
    return number < slots_.size() && slots_[number] ? &*slots_[number] : nullptr;
  }

  void Remove(std::uint32_t number) noexcept {
    if (Find(number) == nullptr) return;
    slots_[number].reset();
    free_.push_back(number);  // Can't allocate.
  }

  std::size_t size() const { return slots_.size() - free_.size(); }

 private:
  std::deque<std::optional<T>> slots_;
  std::vector<std::uint32_t> free_;
};

// A tensor from a guest's call of the constructor, or an output.
struct Tensor {
  Reservation place;
  // An error if it is not a valid tensor; reported where the tensor is used.
  Result<HeldTensor> value;
  std::vector<std::uint32_t> dims;  // As guests see them.
  std::uint8_t type;
};

struct NnError {
  Code code;
  std::string text;
};

// Serves all numbers that guests can have: those of its tables, and reserved ones that need no
// entry, so that a guest beyond its limits still gets an error.
class Objects {
 public:
  // A tensor for which there was no slot: not counted, and an error where it is used.
  static constexpr std::uint32_t kNoTensor = std::numeric_limits<std::uint32_t>::max();
  // Likewise, for a tensor for which the host had no memory.
  static constexpr std::uint32_t kTensorWithoutMemory = kNoTensor - 1;

  // The most errors kept with their texts; of others, only the code is kept.
  static constexpr std::size_t kMaxErrors = 1024;
  // The most bytes of a text; the rest is cut off.
  static constexpr std::size_t kMaxErrorBytes = 4096;

  // Both throw std::bad_alloc; then nothing has changed.
  std::uint32_t AddTensor(Tensor tensor) { return tensors_.Insert(std::move(tensor)); }
  std::uint32_t AddError(Code code, std::string text);
  // Null for the two reserved numbers above.
  Tensor* FindTensor(std::uint32_t number) noexcept { return tensors_.Find(number); }
  void DropTensor(std::uint32_t number) noexcept { tensors_.Remove(number); }

  // Represents an error of that code without a text; takes no memory.
  static std::uint32_t ErrorWithoutText(Code code) noexcept;
  // Both accept any number that was handed out; `objects` may be null.
  static Code CodeOf(Objects* objects, std::uint32_t number) noexcept;
  static std::string_view TextOf(Objects* objects, std::uint32_t number) noexcept;
  void DropError(std::uint32_t number) noexcept { errors_.Remove(number); }

  // The inputs passed to the current call of `compute`.
  std::vector<std::size_t>& given_inputs() { return given_inputs_; }

  std::size_t tensors() const { return tensors_.size(); }
  std::size_t errors() const { return errors_.size(); }

 private:
  Slots<Tensor> tensors_;
  Slots<NnError> errors_;
  std::vector<std::size_t> given_inputs_;
};

// Returns the objects of the view's guest; makes them at the first call, which may throw
// std::bad_alloc.
Objects& ObjectsOf(View& view);
// Null if none were made yet.
Objects* FindObjects(View& view) noexcept;

}  // namespace namesake::wasi_nn::wit

#endif  // NAMESAKE_WASI_NN_WIT_OBJECTS_H_
