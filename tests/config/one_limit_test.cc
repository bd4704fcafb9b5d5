// Setting one limit by its key, as the command line does.
#include <gtest/gtest.h>

#include "namesake/config.h"
#include "support/matchers.h"

namespace namesake {
namespace {

using test::Fails;
using test::IsOk;

TEST(OneLimitTest, ACountASizeADurationAndNoneAreSet) {
  InstanceLimits limits;
  EXPECT_THAT(SetLimit("max_contexts", "8", limits), IsOk());
  EXPECT_THAT(SetLimit("max_tensor_bytes", "2 MiB", limits), IsOk());
  EXPECT_THAT(SetLimit("inference_timeout", "250ms", limits), IsOk());
  EXPECT_THAT(SetLimit("max_graphs", "none", limits), IsOk());
  InstanceLimits expected;
  expected.max_contexts = 8;
  expected.max_tensor_bytes = 2U << 20;
  expected.inference_timeout = std::chrono::milliseconds(250);
  expected.max_graphs = std::nullopt;
  EXPECT_EQ(limits, expected);
}

TEST(OneLimitTest, WhatIsWrongIsSaidAndNothingIsSet) {
  InstanceLimits limits;
  const auto refused = [&](std::string_view key, std::string_view value, const char* message) {
    EXPECT_THAT(SetLimit(key, value, limits), Fails(ErrorCode::kInvalidArgument, message));
    EXPECT_EQ(limits, InstanceLimits{});
  };
  refused("max_contxts", "8", "unknown limit \"max_contxts\"; did you mean \"max_contexts\"?");
  refused("compute_timeout", "1s", "compute_timeout is now called inference_timeout");
  refused("max_contexts", "0", "max_contexts must be at least 1, not 0");
  refused("max_contexts", "-1", "max_contexts must be at least 1, not -1");
  refused("max_contexts", "many", "max_contexts must be an integer or \"none\", not a string");
  refused("max_contexts", "", "max_contexts must be an integer or \"none\", not a string");
  refused("max_tensor_bytes", "8",
          "max_tensor_bytes: \"8\" is not a size: it has no unit; write it like \"2 GiB\" or \"500 "
          "MB\"");
  refused("guest_timeout", "0s", "guest_timeout must be at least 1 ns, not 0 s");
  refused("max_name_bytes", "256 B", "max_name_bytes must be at most 255 B, not 256 B");
}

TEST(OneLimitTest, TheHostHasLimitsToo) {
  HostLimits limits;
  EXPECT_THAT(SetLimit("max_models", "8", limits), IsOk());
  EXPECT_EQ(limits.max_models, 8U);
  EXPECT_THAT(SetLimit("max_models", "0", limits),
              Fails(ErrorCode::kInvalidArgument, "max_models must be at least 1, not 0"));
  EXPECT_EQ(limits.max_models, 8U);
  EXPECT_THAT(SetLimit("max_models", "none", limits), IsOk());
  EXPECT_EQ(limits.max_models, std::nullopt);
}

}  // namespace
}  // namespace namesake
