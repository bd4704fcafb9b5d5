// What the backend remembers about OpenVINO's devices.
#include "backend_openvino/runtime.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <string_view>

#include "openvino/support.h"
#include "support/matchers.h"

// OpenVINO's libraries call it, but none of their headers declares it.
namespace ov::util {
void log_message(std::string_view message);
}

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
  // A new look has not failed yet, unless it is over before it is asked.
  int tries = 0;
  while (runtime.DeviceIdentity("NONE").failed() && tries < 1000) ++tries;
  EXPECT_LT(tries, 1000);
}

void GiveUpAStart() {
  Runtime runtime(std::chrono::nanoseconds(0));
  EXPECT_THAT(runtime.DeviceIdentity("CPU").Get(),
              Fails(ErrorCode::kRuntimeError, "OpenVINO hangs while it starts"));
  EXPECT_THAT(runtime.Devices(), Fails(ErrorCode::kRuntimeError, "OpenVINO hangs while it starts"));
}

// The start goes on meanwhile, and crashes if OpenVINO's libraries are closed under it, as at exit.
TEST(Runtime, AStartThatHangsIsGivenUp) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        GiveUpAStart();
        std::_Exit(testing::Test::HasFailure() ? 1 : 0);
      },
      testing::ExitedWithCode(0), "");
}

// Standard output belongs to the guest.
TEST(Runtime, WhatOpenVinoLogsIsADebugMessage) {
  Runtime runtime;
  ASSERT_THAT(runtime.Core(), IsOk());
  const LogLines log;
  testing::internal::CaptureStdout();
  ov::util::log_message("[ WARN ] something");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(log.Count("openvino: [ WARN ] something"), 1);
}

}  // namespace
}  // namespace namesake::openvino
