// The result type of a call that may return a Result already.
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

// Of what `Call` returns, a value, nothing or a Result.
template <typename Call>
using ResultOf = typename ResultType<std::invoke_result_t<Call>>::Type;

// Calls, and returns what the call did as a result of that type.
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
