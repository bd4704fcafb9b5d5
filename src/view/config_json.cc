#include "view/config_json.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/fail.h"
#include "base/text.h"

namespace namesake::view {
namespace {

// Collects the members of one object while it is parsed. Builds no nlohmann::json of the whole: the
// destructor of a list or object allocates, which ends the process if memory is short.
class Members : public nlohmann::json_sax<nlohmann::json> {
 public:
  // By key; the last value of a repeated key. Empty if the value can't be an option's.
  const std::map<std::string, std::optional<std::string>>& values() const { return values_; }

  bool null() override { return Take(std::nullopt); }
  bool boolean(bool value) override { return Take(value ? "true" : "false"); }
  bool number_integer(std::int64_t value) override { return Take(fmt::to_string(value)); }
  bool number_unsigned(std::uint64_t value) override { return Take(fmt::to_string(value)); }
  bool number_float(double value, const std::string& /*text*/) override {
    return Take(nlohmann::json(value).dump());
  }
  bool string(std::string& value) override { return Take(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*elements*/) override { return Enter(); }
  bool start_array(std::size_t /*elements*/) override { return depth_ > 0 && Enter(); }
  bool end_object() override { return --depth_, true; }
  bool end_array() override { return --depth_, true; }
  bool key(std::string& name) override {
    if (depth_ == 1) key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) override {
    return false;
  }

 private:
  // False for a value that is not in an object.
  bool Take(std::optional<std::string> value) {
    if (depth_ == 1) values_.insert_or_assign(key_, std::move(value));
    return depth_ > 0;
  }
  bool Enter() {
    if (depth_ == 1) values_.insert_or_assign(key_, std::nullopt);
    ++depth_;
    return true;
  }

  std::size_t depth_ = 0;
  std::string key_;  // The key of the next value.
  std::map<std::string, std::optional<std::string>> values_;
};

}  // namespace

Result<BackendOptions> ParseConfigJson(std::string_view json) {
  BackendOptions options;
  if (json.empty()) return options;
  Members members;
  // The parser takes a NUL for the end of the text, whatever follows.
  if (json.contains('\0') || !nlohmann::json::sax_parse(json, &members)) {
    return base::Fail(ErrorCode::kInvalidArgument,
                      "the configuration is not a JSON object like {{\"key\": \"value\"}}");
  }
  for (const auto& [key, value] : members.values()) {
    if (!value) {
      return base::Fail(ErrorCode::kInvalidArgument,
                        "the configuration's \"{}\" is not a string, a number or a boolean",
                        base::Printable(key));
    }
    options.emplace(key, *value);
  }
  return options;
}

}  // namespace namesake::view
