#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "base/text.h"

namespace namesake::base {
namespace {

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
      const std::string payload = VisibleLine({message.payload.data(), message.payload.size()});
      spdlog::details::log_msg visible = message;
      visible.payload = payload;
      logger::sink_it_(visible);
    } catch (const std::exception& error) {
      err_handler_(error.what());
    }
  }
};

// https://no-color.org: whatever it is set to. Without it, the sink has colour on a terminal alone.
bool WantsNoColor() {
  const char* const value = std::getenv("NO_COLOR");
  return value != nullptr && *value != '\0';
}

}  // namespace

spdlog::logger& Log() {
  static const std::shared_ptr<spdlog::logger> logger = [] {
    auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    if (WantsNoColor()) sink->set_color_mode(spdlog::color_mode::never);
    auto made = std::make_shared<VisibleLogger>("namesake", std::move(sink));
    made->set_pattern("namesake: %^%l%$: %v");
    made->set_level(spdlog::level::warn);
    return made;
  }();
  return *logger;
}

}  // namespace namesake::base
