// The parts of Magika, the file-type classifier, around its network: which part of a file the
// network sees, and the rules that turn its scores into a label.
#ifndef NAMESAKE_GUESTS_FILETYPE_MAGIKA_H_
#define NAMESAKE_GUESTS_FILETYPE_MAGIKA_H_

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace magika {

// The two JSON files that come with the network.
struct Config {
  // How many bytes of a file's start and end the network sees.
  std::size_t beg_size = 0;
  std::size_t end_size = 0;
  // How many bytes are read from either end, to have enough after white space is removed.
  std::size_t block_size = 0;
  // With fewer bytes than this, there is nothing to ask the network.
  std::size_t min_file_size_for_dl = 0;
  // Stands for a byte that the file does not have.
  std::int32_t padding_token = 0;

  // The labels of the network's outputs.
  std::vector<std::string> labels;
  // The score from which a label counts; other labels use `medium_confidence_threshold`.
  std::map<std::string, double, std::less<>> thresholds;
  double medium_confidence_threshold = 0;
  // Labels that are replaced by another one.
  std::map<std::string, std::string, std::less<>> overwrite_map;
  // Labels of text files.
  std::set<std::string, std::less<>> text_labels;
};

// `config_json` is the network's config.min.json, `types_json` is content_types_kb.min.json.
// Returns false, with the reason in `error`, for other JSON, or if it needs something that is not
// implemented here.
bool ParseConfig(const std::string& config_json, const std::string& types_json, Config* config,
                 std::string* error);

// The two ends of a file, at most `block_size` bytes each. In a short file they overlap.
struct Ends {
  std::string begin;
  std::string end;
};

// Makes the network's input of beg_size + end_size values.
std::vector<std::int32_t> Features(const Config& config, const Ends& ends);

// Returns whether the features hold enough of a file to ask the network.
bool EnoughToAsk(const Config& config, std::span<const std::int32_t> features);

// Returns the label of a file that is too short to ask the network.
std::string_view LabelOfFewBytes(std::string_view bytes);

// Picks the label by the network's scores, one for each entry of `labels`.
std::string_view LabelOfScores(const Config& config, std::span<const float> scores);

}  // namespace magika

#endif  // NAMESAKE_GUESTS_FILETYPE_MAGIKA_H_
