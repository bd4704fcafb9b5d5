#include "base/log.h"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/text.h"
#include "namesake/log.h"

namespace namesake {
namespace {

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kNothing:
      break;
  }
  return spdlog::level::off;
}

LogLevel FromSpdlog(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
    case spdlog::level::debug:
      return LogLevel::kDebug;
    case spdlog::level::info:
      return LogLevel::kInfo;
    case spdlog::level::warn:
      return LogLevel::kWarning;
    case spdlog::level::err:
    case spdlog::level::critical:
      return LogLevel::kError;
    default:
      return LogLevel::kNothing;
  }
}

// See https://no-color.org: any non-empty value counts. Without it, the sink uses colours only on a
// terminal.
bool WantsNoColor() {
  const char* const value = std::getenv("NO_COLOR");
  return value != nullptr && *value != '\0';
}

std::shared_ptr<spdlog::sinks::sink> NewStandardError() {
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  if (WantsNoColor()) sink->set_color_mode(spdlog::color_mode::never);
  return sink;
}

// Passes messages to the embedder's sink or, if there is none, to standard error.
class SwitchedSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  void Set(LogSink given) {
    const std::lock_guard lock(calling_);
    embedders_ = std::move(given);  // The previous sink is destroyed here, while nobody calls it.
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (!CallEmbedders(message)) standard_error_->log(message);
  }
  void flush_() override { standard_error_->flush(); }
  void set_pattern_(const std::string& pattern) override { standard_error_->set_pattern(pattern); }
  void set_formatter_(std::unique_ptr<spdlog::formatter> formatter) override {
    standard_error_->set_formatter(std::move(formatter));
  }

 private:
  // False if there is no sink, if the sink itself is logging, and if it throws.
  bool CallEmbedders(const spdlog::details::log_msg& message) {
    static thread_local bool calls_it = false;
    if (calls_it) return false;
    const std::lock_guard lock(calling_);
    if (!embedders_) return false;
    calls_it = true;
    bool taken = false;
    try {
      embedders_(FromSpdlog(message.level), {message.payload.data(), message.payload.size()});
      taken = true;
    } catch (...) {
      // The message still goes to standard error.
    }
    calls_it = false;
    return taken;
  }

  const std::shared_ptr<spdlog::sinks::sink> standard_error_ = NewStandardError();
  std::mutex calling_;
  LogSink embedders_;  // Guarded by calling_.
};

const std::shared_ptr<SwitchedSink>& Switched() {
  static const auto& sink = *new std::shared_ptr<SwitchedSink>(std::make_shared<SwitchedSink>());
  return sink;
}

class VisibleLogger final : public spdlog::logger {
 public:
  using logger::logger;

  std::shared_ptr<logger> clone(std::string name) override {
    auto cloned = std::make_shared<VisibleLogger>(*this);
    cloned->name_ = std::move(name);
    return cloned;
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    try {
      const std::string payload =
          base::VisibleLine({message.payload.data(), message.payload.size()});
      spdlog::details::log_msg visible = message;
      visible.payload = payload;
      logger::sink_it_(visible);
    } catch (const std::exception& error) {
      err_handler_(error.what());
    }
  }
};

}  // namespace

// Never destroyed, like the sink: hosts that end with the process log until then.
spdlog::logger& base::Log() {
  static auto& logger = *[] {
    auto* const made = new VisibleLogger("namesake", Switched());
    made->set_pattern("namesake: %^%l%$: %v");
    made->set_level(spdlog::level::warn);
    return made;
  }();
  return logger;
}

void SetLogLevel(LogLevel level) { base::Log().set_level(ToSpdlog(level)); }

LogLevel CurrentLogLevel() { return FromSpdlog(base::Log().level()); }

void SetLogSink(LogSink sink) { Switched()->Set(std::move(sink)); }

}  // namespace namesake
