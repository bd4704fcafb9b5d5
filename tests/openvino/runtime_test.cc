// What the backend remembers of OpenVINO's devices.
#include "backend_openvino/runtime.h"

#include <gtest/gtest.h>

#include "support/matchers.h"

namespace namesake::openvino {
namespace {

using test::IsOk;

TEST(Runtime, ALookAtADeviceThatSucceededIsRemembered) {
  Runtime runtime;
  const auto first = runtime.DeviceIdentity("CPU");
  EXPECT_THAT(first.get(), IsOk());
  EXPECT_EQ(&first.get(), &runtime.DeviceIdentity("CPU").get());
}

TEST(Runtime, ALookAtADeviceThatFailedIsTakenAgain) {
  Runtime runtime;
  const auto first = runtime.DeviceIdentity("NONE");
  EXPECT_FALSE(first.get());
  const auto second = runtime.DeviceIdentity("NONE");
  EXPECT_FALSE(second.get());
  // Each look has a result of its own.
  EXPECT_NE(&first.get(), &second.get());
}

}  // namespace
}  // namespace namesake::openvino
