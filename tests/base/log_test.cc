#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace namesake {
namespace {

using testing::ElementsAre;

// What an embedder may put into the log in place of standard error.
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

}  // namespace
}  // namespace namesake
