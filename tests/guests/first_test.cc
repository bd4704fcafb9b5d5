// The guests that the documents show, in each language: one question about a grey image.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "guests/guest_run.h"

namespace namesake::test {
namespace {

using ::testing::IsEmpty;

struct Guest {
  std::string name;
  // Its message for a model that the host lacks.
  std::string not_found;

  friend void PrintTo(const Guest& guest, std::ostream* out) { *out << guest.name; }
};

class FirstTest : public ::testing::TestWithParam<Guest> {
 protected:
  void SetUp() override {
    if (GetParam().name.starts_with("first_rs") && !NAMESAKE_RUST_GUESTS) {
      GTEST_SKIP()
          << "needs rustup target add wasm32-wasip1 wasm32-wasip2, and a new configuration";
    }
  }

  static ProcessResult Ask(const std::string& model) {
    const std::filesystem::path file = kSourceDir / "examples/models/efficientnet-lite0.onnx";
    return RunGuest(GetParam().name, {"--nn-preload", model + ":onnx:" + file.string()}, {});
  }
};

INSTANTIATE_TEST_SUITE_P(
    Guests, FirstTest,
    ::testing::Values(Guest{"first", "wasi-nn: load_by_name \"photo\" failed: not_found\n"},
                      Guest{"first_component", "first: no model is named \"photo\"\n"},
                      Guest{"first_rs", "Error: BackendError(NotFound)\n"},
                      Guest{"first_rs_component", "first: no model is named \"photo\"\n"}),
    [](const auto& guest) { return guest.param.name; });

TEST_P(FirstTest, NamesTheLikeliestClass) {
  const ProcessResult result = Ask("photo");
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_EQ(result.out, "class 649 of 1000\n") << result;
  EXPECT_THAT(result.err, IsEmpty());
}

TEST_P(FirstTest, EndsWithAMessageWhereTheHostLacksTheModel) {
  const ProcessResult result = Ask("another");
  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_EQ(GuestsWords(result), GetParam().not_found) << result;
}

}  // namespace
}  // namespace namesake::test
