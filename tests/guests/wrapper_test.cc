// guests/common/wasi_nn.h, the C++ wrapper: it closes what it opens, and its errors can't be
// overlooked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "guests/guest_run.h"

namespace namesake::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kModel =
    "reshape:onnx:" + (kSourceDir / "tests/data/models/reshape_i32.onnx").string();

ProcessResult Wrapper(const std::vector<std::string>& arguments,
                      const std::vector<std::string>& limits = {},
                      const std::string& guest = "wrapper") {
  std::vector<std::string> host_arguments = {"--nn-preload", kModel};
  for (const std::string& limit : limits) {
    host_arguments.insert(host_arguments.end(), {"--limit", limit});
  }
  return RunGuest(guest, host_arguments, arguments);
}

void ExpectOutput(const ProcessResult& result, const std::string& expected) {
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_EQ(result.out, expected) << result;
  EXPECT_EQ(GuestsWords(result), "") << result;
}

TEST(WrapperTest, AsksOnceForEachOfManyRequests) {
  ExpectOutput(Wrapper({"requests", "1100"}), "1 2 3 4 5 6 \ndone\n");
}

TEST(WrapperTest, ClosesGraphsAndContextsWithEachRequest) {
  ExpectOutput(Wrapper({"requests", "3"}, {"max_graphs=1", "max_contexts=1"}),
               "1 2 3 4 5 6 \ndone\n");
}

TEST(WrapperTest, RefusesCallsOnWhatIsClosed) {
  ExpectOutput(Wrapper({"close"}),
               "a context of a closed graph: success\n"
               "a closed graph: invalid_argument\n"
               "a closed context: invalid_argument, invalid_argument, invalid_argument, "
               "invalid_argument\n"
               "done\n");
}

TEST(WrapperTest, MovesHandlesAndClosesThemOnce) {
  ExpectOutput(Wrapper({"move"}, {"max_graphs=2", "max_contexts=2"}),
               "moved from: 0, taken: 1\n"
               "1 2 3 4 5 6 \n"
               "done\n");
}

TEST(WrapperTest, GivesErrorsToAGuestThatAsks) {
  ExpectOutput(Wrapper({"handle"}),
               "0 not_found\n"
               "1 success\n"
               "6 too_large\n"
               "done\n");
}

// Expects the message on standard error and exit code 1: nothing after the call has run.
void ExpectEnd(const ProcessResult& result, const std::string& message) {
  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_EQ(GuestsWords(result), message) << result;
}

TEST(WrapperTest, EndsAGuestThatDropsAnError) {
  ExpectEnd(Wrapper({"drop"}), "wasi-nn: load_by_name \"absent\" failed: not_found\n");
}

TEST(WrapperTest, EndsAGuestThatWantsTheValueOfAFailedCall) {
  ExpectEnd(Wrapper({"die", "load_by_name"}),
            "wasi-nn: load_by_name \"absent\" failed: not_found\n");
  ExpectEnd(Wrapper({"die", "load"}), "wasi-nn: load failed: invalid_argument\n");
  ExpectEnd(Wrapper({"die", "init_execution_context"}),
            "wasi-nn: init_execution_context failed: invalid_argument\n");
  ExpectEnd(Wrapper({"die", "set_input"}), "wasi-nn: set_input 1 failed: invalid_argument\n");
  ExpectEnd(Wrapper({"die", "compute"}), "wasi-nn: compute failed: invalid_argument\n");
  ExpectEnd(Wrapper({"die", "get_output"}), "wasi-nn: get_output 1 failed: invalid_argument\n");
}

TEST(WrapperTest, ImportsOnlyTheSpecificationWhereToldTo) {
  const std::string module = ReadWholeFile(kGuestDir / "wrapper.wasm");
  EXPECT_THAT(module, HasSubstr("finalize_execution_context"));
  EXPECT_THAT(module, HasSubstr("unload"));
  const std::string spec_only = ReadWholeFile(kGuestDir / "wrapper_spec_only.wasm");
  EXPECT_THAT(spec_only, HasSubstr("init_execution_context"));
  EXPECT_THAT(spec_only, Not(HasSubstr("finalize_execution_context")));
  EXPECT_THAT(spec_only, Not(HasSubstr("unload")));
}

TEST(WrapperTest, KeepsWhatTheSpecificationCannotClose) {
  ExpectOutput(Wrapper({"requests", "3"}, {"max_contexts=3"}, "wrapper_spec_only"),
               "1 2 3 4 5 6 \ndone\n");
  const ProcessResult result = Wrapper({"requests", "4"}, {"max_contexts=3"}, "wrapper_spec_only");
  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_THAT(result.err, HasSubstr("wasi-nn: init_execution_context failed: too_large\n"));
}

}  // namespace
}  // namespace namesake::test
