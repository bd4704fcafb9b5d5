#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "namesake/log.h"

namespace namesake {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::MatchesRegex;

// A sink that an embedder may install in place of standard error.
class Collector final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  const std::vector<std::string>& payloads() const { return payloads_; }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    payloads_.emplace_back(message.payload.data(), message.payload.size());
  }
  void flush_() override {}

 private:
  std::vector<std::string> payloads_;
};

class LogTest : public testing::Test {
 protected:
  LogTest() { base::Log().sinks() = {first_, second_}; }
  ~LogTest() override {
    base::Log().sinks() = std::move(sinks_);
    base::Log().set_level(level_);
  }

  const std::vector<spdlog::sink_ptr> sinks_ = base::Log().sinks();
  const spdlog::level::level_enum level_ = base::Log().level();
  const std::shared_ptr<Collector> first_ = std::make_shared<Collector>();
  const std::shared_ptr<Collector> second_ = std::make_shared<Collector>();
};

TEST_F(LogTest, EverySinkGetsVisibleText) {
  base::Log().warn("the model \"{}\"", "a\x1b[2J\nnamesake: error: forged");
  base::Log().error("\xff");
  base::Log().warn("plain");
  const auto expected =
      ElementsAre("the model \"a\\x1b[2J\\x0anamesake: error: forged\"", "\\xff", "plain");
  EXPECT_THAT(first_->payloads(), expected);
  EXPECT_THAT(second_->payloads(), expected);
}

TEST_F(LogTest, LevelsHoldAsBefore) {
  second_->set_level(spdlog::level::err);
  base::Log().info("\x1b");
  base::Log().warn("\x1b");
  base::Log().error("\x1b");
  EXPECT_THAT(first_->payloads(), ElementsAre("\\x1b", "\\x1b"));
  EXPECT_THAT(second_->payloads(), ElementsAre("\\x1b"));
}

TEST_F(LogTest, SoDoesACopyOfTheLog) {
  const auto copy = base::Log().clone("copy");
  EXPECT_EQ(copy->name(), "copy");
  copy->warn("{}", "\x1b");
  EXPECT_THAT(first_->payloads(), ElementsAre("\\x1b"));
}

class LogSinkTest : public testing::Test {
 protected:
  LogSinkTest() {
    SetLogSink(
        [this](LogLevel level, std::string_view text) { messages_.emplace_back(level, text); });
  }
  ~LogSinkTest() override {
    SetLogSink({});
    SetLogLevel(level_);
  }

  const LogLevel level_ = CurrentLogLevel();
  std::vector<std::pair<LogLevel, std::string>> messages_;
};

TEST_F(LogSinkTest, GetsTheLevelAndTheVisibleText) {
  testing::internal::CaptureStderr();
  SetLogLevel(LogLevel::kDebug);
  base::Log().debug("{}", 1);
  base::Log().info("two\nnamesake: error: forged");
  base::Log().warn("\x1b[2J\xff");
  base::Log().error("4");
  EXPECT_THAT(messages_, ElementsAre(std::pair(LogLevel::kDebug, "1"),
                                     std::pair(LogLevel::kInfo, "two\\x0anamesake: error: forged"),
                                     std::pair(LogLevel::kWarning, "\\x1b[2J\\xff"),
                                     std::pair(LogLevel::kError, "4")));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(LogSinkTest, TheLevelIsTheLeastThatIsReported) {
  EXPECT_EQ(level_, LogLevel::kWarning);
  const auto report = [&](LogLevel level) {
    messages_.clear();
    SetLogLevel(level);
    EXPECT_EQ(CurrentLogLevel(), level);
    base::Log().debug("");
    base::Log().info("");
    base::Log().warn("");
    base::Log().error("");
    return messages_.size();
  };
  EXPECT_EQ(report(LogLevel::kDebug), 4U);
  EXPECT_EQ(report(LogLevel::kInfo), 3U);
  EXPECT_EQ(report(LogLevel::kWarning), 2U);
  EXPECT_EQ(report(LogLevel::kError), 1U);
  EXPECT_EQ(report(LogLevel::kNothing), 0U);
}

TEST_F(LogSinkTest, WithoutOneMessagesGoToStandardError) {
  SetLogSink({});
  testing::internal::CaptureStderr();
  base::Log().warn("a\x1b");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), EndsWith(": a\\x1b\n"));
  EXPECT_TRUE(messages_.empty());
}

TEST_F(LogSinkTest, WhatItThrowsGoesNoFurther) {
  for (const bool is_exception : {true, false}) {
    SetLogSink([&](LogLevel, std::string_view) {
      if (is_exception) throw std::runtime_error("no");
      throw 1;
    });
    testing::internal::CaptureStderr();
    base::Log().warn("kept");
    EXPECT_THAT(testing::internal::GetCapturedStderr(), EndsWith(": kept\n"));
  }
}

TEST_F(LogSinkTest, WhatItReportsItselfGoesToStandardError) {
  int calls = 0;
  SetLogSink([&](LogLevel, std::string_view) {
    ++calls;
    base::Log().warn("within");
  });
  testing::internal::CaptureStderr();
  base::Log().warn("outer");
  base::Log().warn("outer");
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              MatchesRegex("[^\n]*: within\n[^\n]*: within\n"));
  EXPECT_EQ(calls, 2);
}

// Every message arrives exactly once, and a removed sink is never called again.
TEST_F(LogSinkTest, MayBeReplacedWhileOthersReport) {
  constexpr int kThreads = 4;
  constexpr int kMessages = 2000;
  constexpr int kSinks = 50;
  std::atomic<int> got = 0;
  std::atomic<int> called_late = 0;
  const auto replace = [&] {
    auto alive = std::make_shared<std::atomic<bool>>(true);
    SetLogSink([&, alive](LogLevel, std::string_view text) {
      if (text != "message" || !*alive) ++called_late;
      ++got;
    });
    return alive;
  };
  auto alive = replace();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([] {
        for (int message = 0; message < kMessages; ++message) base::Log().warn("message");
      });
    }
    for (int i = 0; i < kSinks; ++i) {
      auto before = std::exchange(alive, replace());
      EXPECT_EQ(before.use_count(), 1) << "the sink before is there still";
      *before = false;
    }
  }
  EXPECT_EQ(got, kThreads * kMessages);
  EXPECT_EQ(called_late, 0);
}

}  // namespace
}  // namespace namesake
