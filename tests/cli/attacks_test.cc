// Guests that tried to read the host's memory and files, or to hold more than they may:
// attacks/README.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using test::ProcessResult;

class Attacks : public testing::Test {
 protected:
  ProcessResult Run(const std::string& guest, std::vector<std::string> options = {}) const {
    std::vector<std::string> command = {NAMESAKE_COMMAND, "run", "--no-cache"};
    command.insert(command.end(), options.begin(), options.end());
    command.push_back(fs::path(NAMESAKE_SOURCE_DIR) / "tests/cli/attacks" / guest);
    return test::RunProcess(command, {.working_directory = dir_.path()});
  }

  test::TempDir dir_;
};

TEST_F(Attacks, AModelThatIsDeclaredAsAnotherReadsNoFile) {
  const std::string secret = "KEY-OF-ANOTHER-TENANT-42";
  dir_.Write("secrets/tenant-b.key", secret);
  const auto result = Run("file.wat");
  // The load fails with invalid_encoding; the guest exits with 10 more.
  EXPECT_EQ(result.exit_code, 12) << result;
  EXPECT_EQ(result.out, "") << result;
}

TEST_F(Attacks, AnOutputThatIsAnInputOutlivesIt) {
  const auto result = Run("uaf_small.wat");
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_EQ(result.out, std::string(512, 'A')) << result;
}

TEST_F(Attacks, AnOutputThatIsAnInputMayBeHeld) {
  const auto result = Run("uninit.wat");
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_EQ(result.out, std::string(1024, 'B')) << result;
}

TEST_F(Attacks, ContextsKeepNoMoreThanTheyHaveReserved) {
  const auto result = Run(
      "pin.wat", {"--limit", "max_total_tensor_bytes=136MB", "--limit", "max_tensor_bytes=70MB"});
  // The second context's large output fails with too_large; the guest exits with 40 more.
  EXPECT_EQ(result.exit_code, 47) << result;
}

TEST_F(Attacks, AConstantIsNoLargerThanItsBytes) {
  const auto result = Run("constant.wat");
  EXPECT_EQ(result.exit_code, 11) << result;  // invalid_argument, plus 10.
  EXPECT_EQ(result.out, "") << result;
}

TEST_F(Attacks, AConstantHasNoStrings) {
  const auto result = Run("strings.wat");
  EXPECT_EQ(result.exit_code, 16) << result;  // unsupported, plus 10.
}

// The load takes minutes. A process that waited for it would be killed first.
TEST_F(Attacks, ALoadThatNobodyWaitsForKeepsNoProcess) {
  const auto result = Run("slow.wat", {"--guest-timeout", "1s"});
  EXPECT_FALSE(result.timed_out) << result;
  EXPECT_EQ(result.exit_code, 105) << result;
}

}  // namespace
}  // namespace namesake
