// Collects the problems of a configuration.
#ifndef NAMESAKE_CONFIG_PROBLEMS_H_
#define NAMESAKE_CONFIG_PROBLEMS_H_

#include <fmt/format.h>

#include <compare>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "config/document.h"
#include "namesake/config.h"

namespace namesake::config {

class Problems {
 public:
  // Both arguments must outlive the object.
  Problems(const std::filesystem::path& file, std::span<const std::string> overrides)
      : file_(file), overrides_(overrides) {}

  template <typename... Args>
  void Add(const Place& place, fmt::format_string<Args...> format, Args&&... args) {
    problems_.push_back({place, fmt::format(format, std::forward<Args>(args)...)});
  }

  bool none() const { return problems_.empty(); }
  const std::filesystem::path& file() const { return file_; }
  ConfigPlace PublicPlace(const Place& place) const;
  // Ordered by place.
  std::vector<ConfigProblem> Take();

 private:
  struct Problem {
    Place place;
    std::string message;

    friend auto operator<=>(const Problem&, const Problem&) = default;
  };

  const std::filesystem::path& file_;
  const std::span<const std::string> overrides_;
  std::vector<Problem> problems_{};
};

}  // namespace namesake::config

#endif  // NAMESAKE_CONFIG_PROBLEMS_H_
