// The resources of wasi:nn that are no graphs and contexts: a view's tensors and errors.
//
// Resources are numbers to the engine, which hands out none but those it was given: a guest can
// make none up. Numbers are used again. Not thread-safe, as the view.
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

// Things by number.
template <typename T>
class Slots {
  static_assert(std::is_nothrow_move_constructible_v<T>);

 public:
  // Throws std::bad_alloc; nothing has changed then.
  std::uint32_t Insert(T value) {
    if (free_.empty()) {
      // Both grow before anything is kept, so that nothing is lost when memory is short, and
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

  // Null for a number that is free. Valid until it is removed: its texts and lists are lent until
  // then, and a short text lies within the object itself.
  T* Find(std::uint32_t number) noexcept {
    return number < slots_.size() && slots_[number] ? &*slots_[number] : nullptr;
  }

  void Remove(std::uint32_t number) noexcept {
    if (Find(number) == nullptr) return;
    slots_[number].reset();
    free_.push_back(number);  // Reserved.
  }

  std::size_t size() const { return slots_.size() - free_.size(); }

 private:
  std::deque<std::optional<T>> slots_;
  std::vector<std::uint32_t> free_;
};

// What a guest made with `tensor`'s constructor, or got as an output.
struct Tensor {
  Reservation place;
  // An error for what is no tensor, which is told where it is used.
  Result<HeldTensor> value;
  std::vector<std::uint32_t> dims;  // As guests see them.
  std::uint8_t type;
};

struct NnError {
  Code code;
  std::string text;
};

// All numbers that guests can have are served: those of this table, and some that stand for
// themselves, so that a guest which holds more than it may have is told so.
class Objects {
 public:
  // Stands for a tensor that had no place: not counted, and an error where it is used.
  static constexpr std::uint32_t kNoTensor = std::numeric_limits<std::uint32_t>::max();
  // The same of one for which the host had no memory.
  static constexpr std::uint32_t kTensorWithoutMemory = kNoTensor - 1;

  // Errors that are kept with their texts; of more there is only the code.
  static constexpr std::size_t kMaxErrors = 1024;
  // Of one text; the rest is cut off.
  static constexpr std::size_t kMaxErrorBytes = 4096;

  // These two throw std::bad_alloc, and have kept nothing then.
  std::uint32_t AddTensor(Tensor tensor) { return tensors_.Insert(std::move(tensor)); }
  std::uint32_t AddError(Code code, std::string text);
  // Null for those two.
  Tensor* FindTensor(std::uint32_t number) noexcept { return tensors_.Find(number); }
  void DropTensor(std::uint32_t number) noexcept { tensors_.Remove(number); }

  // An error of that code without a text of its own, which takes no memory.
  static std::uint32_t ErrorWithoutText(Code code) noexcept;
  // Both of a number that was given out, whether or not there are objects.
  static Code CodeOf(Objects* objects, std::uint32_t number) noexcept;
  static std::string_view TextOf(Objects* objects, std::uint32_t number) noexcept;
  void DropError(std::uint32_t number) noexcept { errors_.Remove(number); }

  // The inputs that a compute under way was given.
  std::vector<std::size_t>& given_inputs() { return given_inputs_; }

  std::size_t tensors() const { return tensors_.size(); }
  std::size_t errors() const { return errors_.size(); }

 private:
  Slots<Tensor> tensors_;
  Slots<NnError> errors_;
  std::vector<std::size_t> given_inputs_;
};

// The objects of the guest that a view serves, made at the first call. Throws std::bad_alloc then.
Objects& ObjectsOf(View& view);
// Null where nothing has been made yet.
Objects* FindObjects(View& view) noexcept;

}  // namespace namesake::wasi_nn::wit

#endif  // NAMESAKE_WASI_NN_WIT_OBJECTS_H_
