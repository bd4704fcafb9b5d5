// Expectations that several backends have to meet on the same models. Each fails the test that
// calls it.
#ifndef NAMESAKE_TESTS_SUPPORT_BACKEND_CASES_H_
#define NAMESAKE_TESTS_SUPPORT_BACKEND_CASES_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/backend.h"

namespace namesake::test {

// `graph` is of not.onnx.
void ExpectBoolsAreBytes(const Graph& graph);
// `graph` is of dynamic.onnx.
void ExpectAnExtentOfZeroIsComputed(const Graph& graph);
// `graph` is of two_in_two_out.onnx.
void ExpectTheModelsOrder(const Graph& graph);
// `graph` is of same.onnx.
void ExpectAPassedDeadlineStartsNothing(const Graph& graph);
// `graph` is of efficientnet-lite0, in any form.
void ExpectParallelContextsGiveWhatTheyGiveAlone(const Graph& graph);
// Loads dynamic.onnx.
void ExpectManyThreadsMayStart(Backend& backend);

// The backend knows these keys of options, and no similar ones.
void ExpectKnownOptions(const Backend& backend, std::span<const std::string_view> keys);

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_SUPPORT_BACKEND_CASES_H_
