// Parses any bytes as a guest's configuration: they are accepted or refused, and what is accepted
// survives a round trip through JSON. Never throws.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/text.h"
#include "require.h"
#include "view/config_json.h"

namespace namesake::fuzz {
namespace {

void CheckOptions(const BackendOptions& options) {
  nlohmann::json object = nlohmann::json::object();
  for (const auto& [key, value] : options) {
    Require(base::IsUtf8(key) && base::IsUtf8(value), "options are UTF-8");
    object[key] = value;
  }
  const auto again = view::ParseConfigJson(object.dump());
  Require(again.has_value() && *again == options, "what is read is read so again");
}

}  // namespace
}  // namespace namesake::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namesake::fuzz::Require;
  // In a block of its exact size, so that the sanitizer finds a read beyond the end.
  const std::vector<char> text(data, data + size);
  const auto options = namesake::view::ParseConfigJson({text.data(), text.size()});
  if (options) {
    namesake::fuzz::CheckOptions(*options);
  } else {
    Require(options.error().code() == namesake::ErrorCode::kInvalidArgument, "the error's code");
    Require(namesake::base::IsUtf8(options.error().message()), "the error's message is UTF-8");
  }
  return 0;
}
