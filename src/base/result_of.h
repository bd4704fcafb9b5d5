// The result type of a call that may already return a Result.
#ifndef NAMESAKE_BASE_RESULT_OF_H_
#define NAMESAKE_BASE_RESULT_OF_H_

#include <type_traits>
#include <utility>

#include "namesake/error.h"

namespace namesake::base {

template <typename T>
struct ResultType {
  using Type = Result<T>;
};
template <typename T>
struct ResultType<Result<T>> {
  using Type = Result<T>;
};

// Converts the return type of `Call` (a value, void or a Result) to a Result.
template <typename Call>
using ResultOf = typename ResultType<std::invoke_result_t<Call>>::Type;

// Calls `call` and returns its outcome as a Result.
template <typename Call>
ResultOf<Call> CallForResult(Call&& call) {
  if constexpr (std::is_void_v<std::invoke_result_t<Call>>) {
    std::forward<Call>(call)();
    return {};
  } else {
    return std::forward<Call>(call)();
  }
}

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_RESULT_OF_H_
