// `namesake cache`, and what runs keep, as processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/process.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::ProcessResult;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

const fs::path kTiny = fs::path(NAMESAKE_SOURCE_DIR) / "tests/data/models";

// Where an entry's header has these: after 8 bytes of magic, 32 of key, 8 of size and 16 of
// checksum.
constexpr std::streamoff kBackendAt = 64;
constexpr std::streamoff kVersionAt = 128;

class CacheCommandTest : public testing::Test {
 protected:
  CacheCommandTest() {
    dir_.Write("guest.wat", "(module (memory (export \"memory\") 1) (func (export \"_start\")))");
  }

  ProcessResult Namesake(std::vector<std::string> args,
                         std::vector<std::string> environment = {}) const {
    args.insert(args.begin(), NAMESAKE_COMMAND);
    if (environment.empty()) {
      environment.push_back("XDG_CACHE_HOME=" + (dir_.path() / "xdg").string());
    }
    return test::RunProcess(args, {.environment = environment, .working_directory = dir_.path()});
  }
  ProcessResult Cache(std::vector<std::string> args) const {
    args.insert(args.begin(), "cache");
    return Namesake(args);
  }
  // Loads the model, which is kept in the folder "c".
  ProcessResult Load(const std::string& model, std::vector<std::string> options = {}) const {
    options.insert(options.begin(), {"-vv", "run", "--cache-dir", "c"});
    options.insert(options.end(), {"--nn-preload", "a:" + (kTiny / model).string(), "guest.wat"});
    const auto result = Namesake(options);
    EXPECT_EQ(result.exit_code, 0) << result;
    return result;
  }
  json List() const {
    const auto result = Cache({"--cache-dir", "c", "--json"});
    EXPECT_EQ(result.exit_code, 0) << result;
    EXPECT_EQ(result.err, "");
    return json::parse(result.out);
  }
  // The entry of a model's file.
  fs::path EntryOf(std::string_view model) const {
    const json listed = List();
    for (const json& entry : listed.at("entries")) {
      if (fs::path(entry.value("model", "")).filename() != model) continue;
      return dir_.path() / "c/models" / (entry.at("key").get<std::string>() + ".compiled");
    }
    return {};
  }
  std::vector<std::string> Models() const {
    const json listed = List();
    std::vector<std::string> models;
    for (const json& entry : listed.at("entries")) {
      models.push_back(fs::path(entry.value("model", "?")).filename());
    }
    std::ranges::sort(models);
    return models;
  }
  static void Patch(const fs::path& file, std::streamoff at, std::string_view text) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(at);
    stream << text << '\0';
  }
  static void ExpectRefused(const ProcessResult& result, const std::string& message) {
    EXPECT_EQ(result.exit_code, 2) << result;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err, message);
  }

  test::TempDir dir_;
};

TEST_F(CacheCommandTest, SaysWhereNothingIsKeptYet) {
  const std::string models = (dir_.path() / "xdg/namesake/models").string();
  for (const auto& result : {Cache({}), Cache({"show"})}) {
    EXPECT_EQ(result.exit_code, 0) << result;
    EXPECT_EQ(result.out, "0 entries, 0 bytes of at most 10 GiB in " + models + "\n");
    EXPECT_EQ(result.err, "");
  }
  const auto cleared = Cache({"clear"});
  EXPECT_EQ(cleared.exit_code, 0) << cleared;
  EXPECT_EQ(cleared.out, "removed 0 entries, 0 bytes from " + models + "\n");
  EXPECT_FALSE(fs::exists(dir_.path() / "xdg"));
  fs::create_directory(dir_.path() / "c");
  EXPECT_EQ(Cache({"--cache-dir", "c"}).out, "0 entries, 0 bytes of at most 10 GiB in c/models\n");
  EXPECT_TRUE(fs::is_empty(dir_.path() / "c"));
}

TEST_F(CacheCommandTest, ListsWhatRunsKeep) {
  Load("dynamic.onnx");
  Load("counter.xml");
  const auto result = Cache({"--cache-dir", "c"});
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out, ContainsRegex("^BACKEND +VERSION +MODEL +ENCODING +SIZE +LAST USED "
                                        "\\(UTC\\) +STATE\n"
                                        "openvino +2026\\.4\\.1[^ ]*, form [0-9]+ +/.*/counter.xml "
                                        "+openvino +.* [0-9-]+ [0-9:]+ +usable\n"
                                        "onnxruntime +1\\.31\\.1, form [0-9]+ +/.*/dynamic.onnx "
                                        "+onnx +.* [0-9-]+ [0-9:]+ +usable\n"
                                        "\n"
                                        "2 entries, .* of at most 10 GiB in c/models\n$"));
  const json listed = List();
  EXPECT_EQ(listed.at("directory"), "c/models");
  EXPECT_EQ(listed.at("read_only"), false);
  EXPECT_EQ(listed.at("max_bytes"), std::uint64_t{10} << 30);
  std::uint64_t bytes = 0;
  for (const json& entry : listed.at("entries")) {
    const fs::path file =
        dir_.path() / "c/models" / (entry.at("key").get<std::string>() + ".compiled");
    EXPECT_EQ(entry.at("bytes"), fs::file_size(file));
    EXPECT_EQ(entry.at("other_version"), false);
    EXPECT_THAT(entry.at("last_used").get<std::string>(), ContainsRegex("^20[0-9-]+T[0-9:]+Z$"));
    bytes += fs::file_size(file);
  }
  EXPECT_EQ(listed.at("bytes"), bytes);
}

TEST_F(CacheCommandTest, ClearRemovesAll) {
  Load("dynamic.onnx");
  Load("counter.xml");
  dir_.Write("c/models/notes.txt", "mine");
  const fs::path abandoned = dir_.Write("c/models/" + std::string(64, '0') + ".1.0.tmp", "");
  fs::last_write_time(abandoned, fs::file_time_type::clock::now() - std::chrono::hours(2));
  const auto bytes = List().at("bytes").get<std::uint64_t>();
  EXPECT_TRUE(fs::exists(abandoned)) << "a look changes nothing";
  const auto result = Cache({"clear", "--cache-dir", "c", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_EQ(json::parse(result.out),
            (json{{"directory", "c/models"}, {"removed", {{"entries", 2}, {"bytes", bytes}}}}));
  EXPECT_THAT(Models(), testing::IsEmpty());
  EXPECT_FALSE(fs::exists(abandoned));
  EXPECT_TRUE(fs::exists(dir_.path() / "c/models/notes.txt"));
  EXPECT_THAT(Load("dynamic.onnx").err, Not(HasSubstr("from the compiled cache")));
  EXPECT_THAT(Load("dynamic.onnx").err, HasSubstr("from the compiled cache"));
}

TEST_F(CacheCommandTest, ThoseOfOtherVersionsAreMarkedAndCleared) {
  for (const char* const model : {"dynamic.onnx", "iris.onnx", "same.onnx", "passed.onnx"}) {
    Load(model);
  }
  Load("counter.xml");
  Patch(EntryOf("iris.onnx"), kVersionAt, "0.1, form 1");
  Patch(EntryOf("same.onnx"), kBackendAt, "gone");
  Patch(EntryOf("passed.onnx"), 0, "NAMESKC1");
  const auto shown = Cache({"--cache-dir", "c"});
  EXPECT_THAT(shown.out, ContainsRegex("onnxruntime +0.1, form 1 .*/iris.onnx .* other version\n"));
  EXPECT_THAT(shown.out, ContainsRegex("gone +.*/same.onnx .* other version\n"));
  EXPECT_THAT(shown.out, ContainsRegex("\\? +\\? +\\? +\\? .* other version\n"));
  EXPECT_THAT(shown.out, ContainsRegex("\n3 entries, .* of other versions; namesake cache clear "
                                       "--other-versions removes them\n$"));
  EXPECT_THAT(shown.out, ContainsRegex("/dynamic.onnx .* usable\n"));
  const auto cleared = Cache({"clear", "--other-versions", "--cache-dir", "c"});
  EXPECT_EQ(cleared.exit_code, 0) << cleared;
  EXPECT_THAT(cleared.out, ContainsRegex("^removed 3 entries, .* from c/models\n$"));
  EXPECT_THAT(Models(), testing::ElementsAre("counter.xml", "dynamic.onnx"));
}

// A backend that can't run can't tell its version, and its entries stay.
TEST_F(CacheCommandTest, EntriesOfABackendThatCantRunAreNotJudged) {
  Load("dynamic.onnx");
  Patch(EntryOf("dynamic.onnx"), kVersionAt, "0.1, form 1");
  dir_.Write("acme.toml", "[host]\ncache_dir = \"c\"\nbackend_dir = \"nothing\"\n");
  fs::create_directory(dir_.path() / "nothing");
  const auto shown = Cache({"--config", "acme.toml"});
  EXPECT_EQ(shown.exit_code, 0) << shown;
  EXPECT_THAT(shown.out, ContainsRegex("onnxruntime .* \\?\n"));
  EXPECT_THAT(shown.out, Not(HasSubstr("of other versions")));
  EXPECT_THAT(shown.err,
              HasSubstr("can't tell which entries of onnxruntime are of another version: "));
  EXPECT_THAT(Cache({"clear", "--other-versions", "--config", "acme.toml"}).out,
              HasSubstr("removed 0 entries"));
  EXPECT_THAT(Models(), testing::ElementsAre("dynamic.onnx"));
}

TEST_F(CacheCommandTest, TheConfigurationChoosesDirectoryAndLimit) {
  Load("dynamic.onnx");
  dir_.Write("acme.toml",
             "[host]\ncache_dir = \"c\"\n[host.limits]\nmax_cache_bytes = \"2 MiB\"\n");
  const std::string models = (dir_.path() / "c/models").string();
  EXPECT_THAT(Cache({"--config", "acme.toml"}).out, HasSubstr(" of at most 2 MiB in "));
  EXPECT_THAT(Cache({"--config", "acme.toml", "--set", "host.limits.max_cache_bytes=none"}).out,
              ContainsRegex("\n1 entry, [0-9.]+ [KM]iB in .*c/models\n"));
  EXPECT_THAT(Cache({"--config", "acme.toml", "--cache-dir", "d"}).err,
              HasSubstr("--cache-dir: can't use d"));
}

TEST_F(CacheCommandTest, RefusesWhatItCantUse) {
  ExpectRefused(Cache({"clean"}),
                "namesake: cache: unknown action \"clean\"; expected show or clear\n");
  ExpectRefused(Cache({"--other-versions"}),
                "namesake: cache: --other-versions is only for namesake cache clear\n");
  ExpectRefused(Cache({"--cache-dir", "d"}),
                "namesake: --cache-dir: can't use d as the cache directory: No such file or "
                "directory\n");
  dir_.Write("file", "");
  ExpectRefused(Cache({"--cache-dir", "file"}),
                "namesake: --cache-dir: can't use file as the cache directory: Not a directory\n");
  ExpectRefused(Cache({"clear", "--cache-dir", ""}),
                "namesake: --cache-dir: the directory name is empty\n");
  dir_.Write("acme.toml", "[host]\ncache_dir = \"d\"\n");
  ExpectRefused(Cache({"--config", "acme.toml"}),
                "namesake: acme.toml:2:13: can't use d as the cache directory: No such file or "
                "directory\n");
  dir_.Write("wrong.toml", "[host.limits]\nmax_cache_bytes = 3\n");
  ExpectRefused(Cache({"--config", "wrong.toml"}),
                "namesake: wrong.toml:2:19: max_cache_bytes must be a size such as \"2 GiB\", or "
                "\"none\", not an integer\n");
  fs::create_directories(dir_.path() / "shared/models");
  fs::permissions(dir_.path() / "shared/models", fs::perms::all);
  ExpectRefused(
      Cache({"clear", "--cache-dir", "shared"}),
      "namesake: --cache-dir: can't use shared/models as the cache directory: other users "
      "can write to shared/models; use a directory of your own or remove their write "
      "permission\n");
  ExpectRefused(Namesake({"cache"}, {"XDG_CACHE_HOME=", "HOME="}),
                "namesake: cache: neither XDG_CACHE_HOME nor HOME is set; set --cache-dir\n");
}

// The host as a whole, with a real backend in its worker.
TEST_F(CacheCommandTest, ARunEvictsWhatWasNotUsedForLongest) {
  for (const char* const model : {"dynamic.onnx", "iris.onnx", "same.onnx"}) Load(model);
  const auto bytes = List().at("bytes").get<std::uint64_t>();
  fs::remove(EntryOf("same.onnx"));
  const std::string limit = "host.max_cache_bytes=" + std::to_string(bytes - 1) + " B";
  // Within the limit nothing goes, and a hit is a use.
  EXPECT_THAT(Load("dynamic.onnx", {"--limit", limit}).err, HasSubstr("from the compiled cache"));
  EXPECT_THAT(Models(), testing::ElementsAre("dynamic.onnx", "iris.onnx"));
  Load("same.onnx", {"--limit", limit});
  EXPECT_THAT(Models(), testing::ElementsAre("dynamic.onnx", "same.onnx"));
  for (const char* const model : {"dynamic.onnx", "same.onnx"}) {
    EXPECT_THAT(Load(model, {"--limit", limit}).err, HasSubstr("from the compiled cache"));
  }
  EXPECT_THAT(Load("iris.onnx", {"--limit", limit}).err,
              Not(HasSubstr("is loaded from the compiled cache")));
}

TEST_F(CacheCommandTest, ARunSaysThatAModelIsBeyondTheLimit) {
  const auto result = Load("dynamic.onnx", {"--limit", "host.max_cache_bytes=1kB"});
  EXPECT_THAT(
      result.err,
      ContainsRegex("warning: .*dynamic.onnx is not kept in the compiled cache: its compiled "
                    "form of .* exceeds the limit max_cache_bytes = 1 kB of the host\n"));
  EXPECT_THAT(Models(), testing::IsEmpty());
}

TEST_F(CacheCommandTest, ALimitOfTheHostIsCheckedLikeInTheFile) {
  const auto refused = Namesake({"run", "--limit", "host.max_cash_bytes=3", "guest.wat"});
  ExpectRefused(
      refused,
      "namesake: --limit host.max_cash_bytes=3: unknown limit \"max_cash_bytes\"; did you "
      "mean \"max_cache_bytes\"?\n");
}

}  // namespace
}  // namespace namesake
