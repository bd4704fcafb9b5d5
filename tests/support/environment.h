// Environment variables that last for the length of a test.
#ifndef NAMESAKE_TESTS_SUPPORT_ENVIRONMENT_H_
#define NAMESAKE_TESTS_SUPPORT_ENVIRONMENT_H_

#include <cstdlib>
#include <optional>
#include <string>

namespace namesake::test {

// Sets a variable, or unsets it if given null; the destructor restores it.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    Set(value);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() { Set(before_ ? before_->c_str() : nullptr); }

 private:
  void Set(const char* value) {
    if (value == nullptr) {
      ::unsetenv(name_);
    } else {
      ::setenv(name_, value, 1);
    }
  }

  const char* name_;
  std::optional<std::string> before_;
};

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_SUPPORT_ENVIRONMENT_H_
