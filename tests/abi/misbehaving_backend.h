// A backend whose contexts do what a backend should not do, or seldom does.
//
// A model is one word, and its graph has one input and one output, u8 [1]:
//   flaky      the first compute fails, and then every other one
//   hesitant   the first compute waits for its deadline
//   throwing   every compute throws
//   unmade     no context can be made
//   homeless   the load fails with not_found, an answer that only lookups may give
//   huge       the output has 5 GiB, more than any guest's memory can hold
#ifndef NAMESAKE_TESTS_ABI_MISBEHAVING_BACKEND_H_
#define NAMESAKE_TESTS_ABI_MISBEHAVING_BACKEND_H_

#include <memory>
#include <span>
#include <string_view>

#include "namesake/backend.h"

namespace namesake::test {

// Reads ggml, an encoding that no guest of the witx ABI can name.
std::unique_ptr<Backend> NewMisbehavingBackend();

std::span<const std::string_view> MisbehavingModels();

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_ABI_MISBEHAVING_BACKEND_H_
