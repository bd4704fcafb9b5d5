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

// Takes the members of one object as they are read. No nlohmann::json is made of the whole: the end
// of one that is a list or an object allocates, and so ends the process where memory is short.
class Members : public nlohmann::json_sax<nlohmann::json> {
 public:
  // By key; of a key that is there twice the last. Empty for what is no option's value.
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
  // False for a value without an object around it.
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
  std::string key_;  // Of the value that comes next.
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
