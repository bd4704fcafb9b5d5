// What the backend remembers of OpenVINO's devices.
#include "backend_openvino/runtime.h"

#include <gtest/gtest.h>

#include <chrono>

#include "support/matchers.h"

namespace namesake::openvino {
namespace {

using test::Fails;
using test::IsOk;

TEST(Runtime, ALookAtADeviceThatSucceededIsRemembered) {
  Runtime runtime;
  const DeviceLook first = runtime.DeviceIdentity("CPU");
  EXPECT_THAT(first.Get(), IsOk());
  EXPECT_EQ(first.Get(), runtime.DeviceIdentity("CPU").Get());
}

TEST(Runtime, ALookAtADeviceThatFailedIsTakenAgain) {
  Runtime runtime;
  const DeviceLook first = runtime.DeviceIdentity("NONE");
  EXPECT_FALSE(first.Get());
  EXPECT_TRUE(first.failed());
  EXPECT_FALSE(runtime.DeviceIdentity("NONE").failed());
}

TEST(Runtime, AStartThatHangsIsGivenUp) {
  Runtime runtime(std::chrono::nanoseconds(0));
  EXPECT_THAT(runtime.DeviceIdentity("CPU").Get(),
              Fails(ErrorCode::kRuntimeError, "OpenVINO hangs at its start"));
  EXPECT_THAT(runtime.Devices(), Fails(ErrorCode::kRuntimeError, "OpenVINO hangs at its start"));
}

}  // namespace
}  // namespace namesake::openvino
