#include "filetype/magika.h"

// Guests have no exceptions, so each value's kind is checked before its value is read.
#define JSON_NO_IO
#include <algorithm>
#include <nlohmann/json.hpp>

namespace magika {
namespace {

using Json = nlohmann::json;

// Reads the members of a JSON object, and remembers the first unexpected one.
class Reader {
 public:
  Reader(const Json& object, std::string* error) : object_(object), error_(*error) {}

  void Read(const char* name, std::size_t* value) {
    if (const Json* member = Find(name, &Json::is_number_unsigned)) {
      *value = member->get<std::size_t>();
    }
  }
  void Read(const char* name, double* value) {
    if (const Json* member = Find(name, &Json::is_number)) *value = member->get<double>();
  }
  void Read(const char* name, bool* value) {
    if (const Json* member = Find(name, &Json::is_boolean)) *value = member->get<bool>();
  }
  void Read(const char* name, std::vector<std::string>* values) {
    const Json* member = Find(name, &Json::is_array);
    if (member == nullptr) return;
    for (const Json& element : *member) {
      if (!element.is_string()) return Expect(name);
      values->push_back(element.get<std::string>());
    }
  }
  void Read(const char* name, std::map<std::string, double, std::less<>>* values) {
    const Json* member = Find(name, &Json::is_object);
    if (member == nullptr) return;
    for (const auto& [key, element] : member->items()) {
      if (!element.is_number()) return Expect(name);
      values->emplace(key, element.get<double>());
    }
  }
  void Read(const char* name, std::map<std::string, std::string, std::less<>>* values) {
    const Json* member = Find(name, &Json::is_object);
    if (member == nullptr) return;
    for (const auto& [key, element] : member->items()) {
      if (!element.is_string()) return Expect(name);
      values->emplace(key, element.get<std::string>());
    }
  }

 private:
  const Json* Find(const char* name, bool (Json::*is_expected)() const noexcept) {
    const auto member = object_.find(name);
    if (member != object_.end() && ((*member).*is_expected)()) return &*member;
    Expect(name);
    return nullptr;
  }
  void Expect(const char* name) {
    if (error_.empty()) error_ = std::string("its member \"") + name + "\" is missing or wrong";
  }

  const Json& object_;
  std::string& error_;
};

Json ParseObject(const std::string& text, std::string* error) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_object()) return json;
  *error = "it is not a JSON object";
  return Json::object();
}

void ReadConfig(const std::string& text, Config* config, std::string* error) {
  const Json json = ParseObject(text, error);
  std::size_t mid_size = 0;
  std::size_t padding_token = 0;
  bool use_inputs_at_offsets = false;
  Reader reader(json, error);
  reader.Read("beg_size", &config->beg_size);
  reader.Read("mid_size", &mid_size);
  reader.Read("end_size", &config->end_size);
  reader.Read("block_size", &config->block_size);
  reader.Read("min_file_size_for_dl", &config->min_file_size_for_dl);
  reader.Read("padding_token", &padding_token);
  reader.Read("use_inputs_at_offsets", &use_inputs_at_offsets);
  reader.Read("medium_confidence_threshold", &config->medium_confidence_threshold);
  reader.Read("target_labels_space", &config->labels);
  reader.Read("thresholds", &config->thresholds);
  reader.Read("overwrite_map", &config->overwrite_map);
  config->padding_token = static_cast<std::int32_t>(padding_token);
  if (!error->empty()) return;

  const bool sizes_are_sound =
      config->min_file_size_for_dl >= 1 && config->min_file_size_for_dl <= config->beg_size &&
      config->beg_size < config->block_size && config->end_size < config->block_size &&
      config->block_size <= (1U << 24);
  if (!sizes_are_sound) *error = "its sizes are inconsistent";
  if (mid_size != 0 || use_inputs_at_offsets) {
    *error = "it needs features that this guest does not extract";
  }
}

void ReadTextLabels(const std::string& text, Config* config, std::string* error) {
  const Json json = ParseObject(text, error);
  for (const auto& [label, type] : json.items()) {
    bool is_text = false;
    Reader(type, error).Read("is_text", &is_text);
    if (is_text) config->text_labels.insert(label);
  }
}

// As in Python's bytes.strip.
bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::int32_t Token(char c) { return static_cast<unsigned char>(c); }

// Returns the length of the UTF-8 sequence at the start of `bytes`; 0 if it is not UTF-8.
std::size_t Utf8Length(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (at(0) < 0x80) return 1;
  const std::size_t length = at(0) < 0xC2 ? 0 : at(0) < 0xE0 ? 2 : at(0) < 0xF0 ? 3 : 4;
  if (length == 0 || at(0) > 0xF4 || bytes.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (at(i) < 0x80 || at(i) > 0xBF) return 0;
  }
  // The second byte rules out overlong forms, surrogates, and code points beyond Unicode.
  const bool out_of_range = (at(0) == 0xE0 && at(1) < 0xA0) || (at(0) == 0xED && at(1) > 0x9F) ||
                            (at(0) == 0xF0 && at(1) < 0x90) || (at(0) == 0xF4 && at(1) > 0x8F);
  return out_of_range ? 0 : length;
}

bool IsUtf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = Utf8Length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

}  // namespace

bool ParseConfig(const std::string& config_json, const std::string& types_json, Config* config,
                 std::string* error) {
  error->clear();
  ReadConfig(config_json, config, error);
  if (!error->empty()) {
    *error = "the network's config: " + *error;
    return false;
  }
  ReadTextLabels(types_json, config, error);
  if (!error->empty()) *error = "the list of content types: " + *error;
  return error->empty();
}

std::vector<std::int32_t> Features(const Config& config, const Ends& ends) {
  std::string_view begin = ends.begin;
  while (!begin.empty() && IsSpace(begin.front())) begin.remove_prefix(1);
  begin = begin.substr(0, config.beg_size);

  std::string_view end = ends.end;
  while (!end.empty() && IsSpace(end.back())) end.remove_suffix(1);
  if (end.size() > config.end_size) end.remove_prefix(end.size() - config.end_size);

  std::vector<std::int32_t> features(config.beg_size + config.end_size, config.padding_token);
  std::transform(begin.begin(), begin.end(), features.begin(), Token);
  std::transform(end.rbegin(), end.rend(), features.rbegin(), Token);
  return features;
}

bool EnoughToAsk(const Config& config, std::span<const std::int32_t> features) {
  return features[config.min_file_size_for_dl - 1] != config.padding_token;
}

std::string_view LabelOfFewBytes(std::string_view bytes) {
  return IsUtf8(bytes) ? "txt" : "unknown";
}

std::string_view LabelOfScores(const Config& config, std::span<const float> scores) {
  const auto best = std::max_element(scores.begin(), scores.end());
  const std::string& predicted = config.labels[static_cast<std::size_t>(best - scores.begin())];
  const auto threshold = config.thresholds.find(predicted);
  const double needed =
      threshold == config.thresholds.end() ? config.medium_confidence_threshold : threshold->second;
  const auto overwrite = config.overwrite_map.find(predicted);
  const std::string& label =
      overwrite == config.overwrite_map.end() ? predicted : overwrite->second;
  if (static_cast<double>(*best) >= needed) return label;
  return config.text_labels.contains(label) ? "txt" : "unknown";
}

}  // namespace magika
