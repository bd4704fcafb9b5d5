// CheckConfig finds what a start would refuse, without making a host.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "backend_fake/fake_backend.h"
#include "base/text.h"
#include "namesake/configured_host.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class ConfigCheckTest : public testing::Test {
 protected:
  ConfigCheckTest() { dir_.Write("a", "io f32 1"); }

  std::vector<std::unique_ptr<Backend>> Backends() {
    std::vector<std::unique_ptr<Backend>> backends;
    backends.push_back(std::make_unique<fake::Backend>(std::vector{Encoding::kOnnx}, counters_));
    backends.push_back(
        std::make_unique<fake::Backend>(std::vector{Encoding::kOpenVino}, counters_, "second"));
    return backends;
  }

  // Returns the problems as texts, without the folder, for a file that parses without problems.
  std::vector<std::string> Check(const std::string& text) {
    const auto config = ParseConfig(text, dir_.path() / "acme.toml");
    if (!config) return {"not a configuration: " + ConfigProblemText(config.error().front())};
    std::vector<std::string> texts;
    for (const ConfigProblem& problem : CheckConfig(*config, Backends())) {
      texts.push_back(ConfigProblemText(problem));
      base::ReplaceAll(dir_.path().string() + "/", "", texts.back());
    }
    return texts;
  }

  // Returns the first problem of a start: of making the host, or of its only tenant's eager models.
  std::string FirstOfAStart(const std::string& text) {
    auto config = ParseConfig(text, dir_.path() / "acme.toml");
    if (!config) return ConfigProblemText(config.error().front());
    std::string first;
    config->isolation = Isolation::kProcess;
    const auto host = ConfiguredHost::Create(*std::move(config), Backends());
    if (!host) {
      first = host.error().detail();
    } else {
      const auto problems =
          (*host)->AwaitEager(*(*host)->FindTenant(std::nullopt).value(), Deadline::Never());
      first = problems.empty() ? "" : ConfigProblemText(problems.front());
    }
    base::ReplaceAll(dir_.path().string() + "/", "", first);
    return first;
  }

  test::TempDir dir_;
  fake::Counters counters_;
};

constexpr const char* kModel = R"([[models]]
name = "m"
encoding = "onnx"
path = "a"
)";

TEST_F(ConfigCheckTest, FindsNothingInWhatIsRight) {
  EXPECT_THAT(Check(""), IsEmpty());
  EXPECT_THAT(Check(std::string(kModel) + R"(options = { good = 1 }
target = "gpu"
backend = "fake"
[host]
cache_dir = "cache/deep"
snapshot_dir = "copies"
backends = ["fake"]
)"),
              IsEmpty());
  EXPECT_FALSE(fs::exists(dir_.path() / "cache"));
  EXPECT_FALSE(fs::exists(dir_.path() / "copies"));
  EXPECT_EQ(counters_.loads, 0);
}

TEST_F(ConfigCheckTest, TellsEachProblemAtItsKey) {
  EXPECT_THAT(Check(R"([[models]]
name = "m"
encoding = "onnx"
path = "a"
target = "tpu"
options = { good = 1, bad = 2 }
[[models]]
name = "n"
encoding = "ggml"
paths = ["a", "gone"]
[[tenants.acme.models]]
name = "o"
encoding = "onnx"
path = "lost"
backend = "fkae"
options = { bad = 2 }
[[tenants.acme.models]]
name = "p"
encoding = "openvino"
path = "a"
backend = "fake"
)"),
              ElementsAre("acme.toml:5:10: model \"m\": there is no fake device for tpu",
                          "acme.toml:6:23: model \"m\": the fake backend has no option \"bad\"",
                          "acme.toml:9:12: model \"n\": no backend serves the encoding ggml; "
                          "encodings served: onnx, openvino",
                          "acme.toml:10:15: model \"n\": gone does not exist",
                          "acme.toml:14:8: model \"o\" of tenant \"acme\": lost does not exist",
                          "acme.toml:15:11: model \"o\" of tenant \"acme\": unknown backend "
                          "\"fkae\"; did you mean \"fake\"?",
                          "acme.toml:19:12: model \"p\" of tenant \"acme\": the backend fake does "
                          "not read the encoding openvino"));
}

TEST_F(ConfigCheckTest, AWrongBackendOfTheHostIsNoProblemOfItsModels) {
  EXPECT_THAT(Check(std::string(kModel) +
                    "backend = \"sceond\"\n[host]\nbackends = [\"sceond\", \"third\"]\n"),
              ElementsAre("acme.toml:7:13: unknown backend \"sceond\"; did you mean "
                          "\"second\"?",
                          "acme.toml:7:23: unknown backend \"third\"; expected one of: fake, "
                          "second"));
}

TEST_F(ConfigCheckTest, ABackendOfAnEncodingMustBeThereAndReadIt) {
  EXPECT_THAT(Check("[host]\nencoding_backends = { onnx = \"fkae\", openvino = \"fake\" }\n"),
              ElementsAre("acme.toml:2:30: unknown backend \"fkae\"; did you mean \"fake\"?",
                          "acme.toml:2:49: the backend fake does not read the encoding openvino"));
  EXPECT_EQ(FirstOfAStart("[host]\nencoding_backends = { onnx = \"second\" }\n"),
            "acme.toml:2:30: the backend second does not read the encoding onnx");
}

TEST_F(ConfigCheckTest, OnlyTheChosenBackendsServe) {
  EXPECT_THAT(Check(std::string(kModel) + "[host]\nbackends = [\"second\"]\n"),
              ElementsAre("acme.toml:3:12: model \"m\": no backend serves the encoding onnx; "
                          "encodings served: openvino"));
}

TEST_F(ConfigCheckTest, ContentThatIsNotKnownIsToldAtThePath) {
  dir_.Write("empty", "");
  EXPECT_THAT(Check("[[models]]\nname = \"m\"\npath = \"empty\"\n"),
              ElementsAre("acme.toml:3:8: model \"m\": empty is empty; copy the model again"));
}

TEST_F(ConfigCheckTest, AModelThatNoLimitLetsInIsToldWithItsSize) {
  dir_.Write("large", "io f32 1\nbytes 2048");
  const std::string models = R"([[models]]
name = "m"
encoding = "onnx"
path = "large"
[tenants.acme]
grants = ["m"]
[[tenants.acme.models]]
name = "own"
encoding = "onnx"
path = "large"
)";
  EXPECT_THAT(
      Check(models + "[host.limits]\nmax_model_bytes = \"1 KiB\"\n"),
      ElementsAre("acme.toml:4:8: model \"m\": a model of 2 KiB is above max_model_bytes = 1 KiB "
                  "of the host",
                  "acme.toml:10:8: model \"own\" of tenant \"acme\": a model of 2 KiB is above "
                  "max_model_bytes = 1 KiB of the host"));
  EXPECT_THAT(Check(models + "[tenants.acme.limits]\nmax_total_model_bytes = \"2047 B\"\n"),
              ElementsAre("acme.toml:10:8: model \"own\" of tenant \"acme\": the limit "
                          "max_total_model_bytes = 2047 B of tenant \"acme\" is used up (0 B in "
                          "use, 2 KiB requested)"));
  // Both models stay in memory.
  EXPECT_THAT(Check(models + "[host.limits]\nmax_total_model_bytes = \"3 KiB\"\n"),
              ElementsAre("acme.toml:10:8: model \"own\" of tenant \"acme\": the limit "
                          "max_total_model_bytes = 3 KiB of the host is used up (2 KiB in use, 2 "
                          "KiB requested)"));
  EXPECT_THAT(Check(models + "load = \"lazy\"\n[host.limits]\nmax_total_model_bytes = \"3 KiB\"\n"),
              IsEmpty());
}

TEST_F(ConfigCheckTest, ADirectoryThatCantBeUsedIsTold) {
  EXPECT_THAT(
      Check("[host]\ncache_dir = \"a\"\nsnapshot_dir = \"a/b\"\n"),
      ElementsAre("acme.toml:2:13: can't use a/models as the cache directory: Not a directory",
                  "acme.toml:3:16: can't use a/b for copies of guests' models: Not a "
                  "directory"));
  EXPECT_THAT(Check("[host]\ncache_dir = \"/proc/nope\"\n"),
              ElementsAre("acme.toml:2:13: can't use /proc/nope/models as the cache directory: "
                          "can't create a directory in /proc"));
  fs::create_directory(dir_.path() / "shared");
  fs::permissions(dir_.path() / "shared", fs::perms::all);
  EXPECT_THAT(
      Check("[host]\nsnapshot_dir = \"shared\"\n"),
      ElementsAre("acme.toml:2:16: can't use shared for copies of guests' models: other users can "
                  "write to shared; use a directory of your own or remove their write permission"));
  fs::create_symlink("nowhere", dir_.path() / "link");
  EXPECT_THAT(Check("[host]\nsnapshot_dir = \"link/copies\"\n"),
              ElementsAre("acme.toml:2:16: can't use link/copies for copies of guests' models: No "
                          "such file or directory"));
  if (::geteuid() == 0) return;  // Root may write everywhere.
  fs::create_directory(dir_.path() / "locked");
  fs::permissions(dir_.path() / "locked", fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_THAT(
      Check("[host]\ncache_dir = \"locked\"\n"),
      ElementsAre("acme.toml:2:13: can't use locked/models as the cache directory: Permission "
                  "denied"));
}

// A start reports the same problem at the same place, but only the first one.
TEST_F(ConfigCheckTest, AStartTellsTheSamePlaces) {
  dir_.Write("empty", "");
  for (const std::string& text :
       std::vector<std::string>{std::string(kModel) + "backend = \"fkae\"\n",
                                std::string(kModel) + "[host]\nbackends = [\"fkae\"]\n",
                                std::string(kModel) + "[host]\nsnapshot_dir = \"a\"\n",
                                std::string(kModel) + "[host]\ncache_dir = \"a\"\n",
                                "[[models]]\nname = \"m\"\npath = \"a\"\nencoding = \"ggml\"\n",
                                "[[models]]\nname = \"m\"\npath = \"gone\"\n",
                                "[[models]]\nname = \"m\"\npath = \"empty\"\n"}) {
    EXPECT_THAT(Check(text), ElementsAre(FirstOfAStart(text))) << text;
  }
}

}  // namespace
}  // namespace namesake
