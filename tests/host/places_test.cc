#include "namesake/places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/temporary_dir.h"
#include "support/environment.h"
#include "support/matchers.h"
#include "support/onnx_bytes.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using test::Environment;
using test::Fails;
using test::IsOk;
using testing::ElementsAre;
using testing::IsEmpty;

// Changes the working directory for the length of a test.
class WorkingDirectory {
 public:
  explicit WorkingDirectory(const fs::path& path) : before_(fs::current_path()) {
    fs::current_path(path);
  }
  WorkingDirectory(const WorkingDirectory&) = delete;
  WorkingDirectory& operator=(const WorkingDirectory&) = delete;
  ~WorkingDirectory() { fs::current_path(before_); }

 private:
  fs::path before_;
};

// A configuration without temporary files and programs of backends, so that a test sees only its
// own places.
Config NoTemporaryFiles() {
  Config config;
  config.temporary_dir = fs::path();
  config.backend_dir = "/nowhere";
  return config;
}

Config WithModel(const fs::path& path, Encoding encoding = Encoding::kOnnx) {
  Config config = NoTemporaryFiles();
  config.models.push_back(
      {.name = "a", .model = {.encoding = encoding, .source = ModelFiles{{path}}}, .place = {}});
  return config;
}

Place Written(const fs::path& path, std::string chosen_by) {
  return {.path = path,
          .what = "what it writes",
          .use = PlaceUse::kWrites,
          .chosen_by = std::move(chosen_by)};
}

std::vector<std::string> Texts(const std::vector<ConfigProblem>& problems) {
  std::vector<std::string> texts;
  for (const ConfigProblem& problem : problems) texts.push_back(ConfigProblemText(problem));
  return texts;
}

// Returns whether a guest with the directory is kept from changing the place. Checks every way in
// which a host may use a place, at the start and at a reload, and expects the same answer from all.
bool IsGuarded(const fs::path& place, const fs::path& directory) {
  const std::vector<fs::path> dirs = {directory};
  const std::vector<Place> default_place = {Written(place, "")};
  const std::vector<Place> chosen_place = {Written(place, "snapshot_dir")};
  const Config model = WithModel(place);
  Config config = model;
  const auto read = GuardHost(config, {}, dirs);
  EXPECT_THAT(read, IsOk());
  const bool guarded = read && read->access.front() == GuestAccess::kRead;
  EXPECT_EQ(read->warnings.size(), guarded ? 1U : 0U);
  EXPECT_EQ(!CheckReload(model, {}, dirs).empty(), guarded);

  config = NoTemporaryFiles();
  const auto given_up = GuardHost(config, default_place, dirs);
  EXPECT_THAT(given_up, IsOk());
  EXPECT_EQ(given_up->access.front(), GuestAccess::kReadWrite);
  EXPECT_EQ(given_up->given_up.size(), guarded ? 1U : 0U);
  EXPECT_EQ(given_up->kept.size(), guarded ? 0U : 1U);

  config.snapshot_dir = place;
  EXPECT_EQ(!GuardHost(config, {}, dirs), guarded);
  config.snapshot_dir.reset();
  config.cache_dir = place;
  EXPECT_EQ(!GuardHost(config, {}, dirs), guarded);
  config.cache_dir.reset();
  EXPECT_EQ(!CheckReload(config, chosen_place, dirs).empty(), guarded);
  return guarded;
}

class PlacesTest : public testing::Test {
 protected:
  PlacesTest() {
    dir_.Write("store/deep/m.onnx", "");
    dir_.Write("store/tree/inner/f", "");
    for (const char* folder : {"pub", "via", "other", "dangling", "loop"}) {
      fs::create_directory(dir_.path() / folder);
    }
    Link("../store/deep/m.onnx", "pub/m.onnx");
    Link("../store/tree", "pub/tree");
    Link("../pub/m.onnx", "via/m.onnx");
    Link("../store", "via/mid");
    Link((dir_.path() / "store").string(), "via/absolute");
    Link("../store/deep/new.onnx", "dangling/m.onnx");
    Link("b", "loop/a");
    Link("a", "loop/b");
  }

  void Link(const std::string& target, const std::string& name) const {
    fs::create_symlink(target, dir_.path() / name);
  }

  test::TempDir dir_;
};

struct Case {
  const char* place;
  const char* directory;
  bool guarded;
};

constexpr Case kCases[] = {
    // The same directory, one around it, one next to it.
    {"store/deep/m.onnx", "store/deep", true},
    {"store/deep/m.onnx", "store", true},
    {"store/deep/m.onnx", ".", true},
    {"store/deep/m.onnx", "/", true},
    {"store/deep/m.onnx", "store/tree", false},
    {"store/deep/m.onnx", "other", false},
    // Within a directory that is a place.
    {"store/tree", "store/tree", true},
    {"store/tree", "store/tree/inner", true},
    {"pub/tree", "store/tree/inner", true},
    {"pub/tree", "pub", true},
    {"store/tree", "store/deep", false},
    // A link as a place: its folder, its target, and another link on the way.
    {"pub/m.onnx", "pub", true},
    {"pub/m.onnx", "store/deep", true},
    {"pub/m.onnx", "store", true},
    {"pub/m.onnx", "other", false},
    {"via/m.onnx", "via", true},
    {"via/m.onnx", "pub", true},
    {"via/m.onnx", "store/deep", true},
    // A link in the middle of the path.
    {"via/mid/deep/m.onnx", "via", true},
    {"via/mid/deep/m.onnx", "store/deep", true},
    {"via/absolute/deep/m.onnx", "via", true},
    {"via/absolute/deep/m.onnx", "store", true},
    {"via/mid/deep/m.onnx", "pub", false},
    // The guest's directory is reached through a link.
    {"store/deep/m.onnx", "via/mid", true},
    {"store/deep/m.onnx", "via/absolute/deep", true},
    // Follows ".." to where it really leads, which behind a link is not where it seems to. A guest
    // can't move a directory that the path only leaves again.
    {"store/deep/../tree/inner/f", "store", true},
    {"store/deep/../tree/inner/f", "store/tree", true},
    {"store/deep/../tree/inner/f", "store/deep", false},
    {"via/mid/../other/x", "other", true},
    {"via/mid/../other/x", "via", true},
    {"via/mid/../other/x", "store", false},
    {"via/mid/deep/../../other/x", "store", true},
    // Places that do not exist yet.
    {"store/new/deeper/m.onnx", "store", true},
    {"store/new/deeper/m.onnx", "store/deep", false},
    {"new", ".", true},
    {"new", "other", false},
    {"new/../other/x", "other", true},
    {"new/deeper/../x", "other", false},
    {"store/deep/m.onnx/x", "store/deep", true},
    {"dangling/m.onnx", "dangling", true},
    {"dangling/m.onnx", "store/deep", true},
    {"dangling/m.onnx", "other", false},
    {"loop/a", "loop", true},
    {"loop/a", "other", false},
};

TEST_F(PlacesTest, ArePassedByDirectoriesHoweverEitherIsWritten) {
  const WorkingDirectory here(dir_.path());
  for (const auto& [place, directory, guarded] : kCases) {
    SCOPED_TRACE(testing::Message() << place << " by " << directory);
    EXPECT_EQ(IsGuarded(place, directory), guarded);
    EXPECT_EQ(IsGuarded(dir_.path() / place, directory), guarded);
    EXPECT_EQ(IsGuarded(place, dir_.path() / directory), guarded);
    EXPECT_EQ(IsGuarded(dir_.path() / place, dir_.path() / directory), guarded);
  }
}

TEST_F(PlacesTest, ARelativePathHangsFromTheWorkingDirectoryWhateverThatIsCalled) {
  fs::create_directory(dir_.path() / "work");
  const WorkingDirectory here(dir_.path() / "work");
  EXPECT_TRUE(IsGuarded("m.onnx", dir_.path()));
  fs::rename(dir_.path() / "work", dir_.path() / "moved");
  fs::create_directory(dir_.path() / "work");
  EXPECT_TRUE(IsGuarded("m.onnx", dir_.path() / "moved"));
  EXPECT_TRUE(IsGuarded("../other/m.onnx", dir_.path() / "other"));
  EXPECT_FALSE(IsGuarded("../other/m.onnx", dir_.path() / "moved"));
  EXPECT_FALSE(IsGuarded("m.onnx", dir_.path() / "work"));
}

// A guest that can write above the working directory could move it.
TEST_F(PlacesTest, WhatIsAboveTheWorkingDirectoryDecidesWhereTwoDotsLead) {
  const WorkingDirectory here(dir_.path() / "store/tree");
  EXPECT_TRUE(IsGuarded("../../other/x", dir_.path() / "store"));
  EXPECT_FALSE(IsGuarded("../../other/x", dir_.path() / "store/tree"));
}

TEST_F(PlacesTest, ALinkOfProcIsFollowedAsTheKernelDoes) {
  const WorkingDirectory here(dir_.path() / "other");
  EXPECT_TRUE(IsGuarded("/proc/self/cwd/m.onnx", dir_.path() / "other"));
  EXPECT_TRUE(
      IsGuarded("/proc/self/root" + (dir_.path() / "pub/m.onnx").string(), dir_.path() / "store"));
  EXPECT_FALSE(IsGuarded("/proc/self/cwd/m.onnx", dir_.path() / "store"));
}

// Runs `check` in a process that may mount, and returns its result; empty if mounting is not
// allowed.
std::optional<bool> WithMounts(const std::function<bool()>& check) {
  constexpr int kMayNot = 77;
  const pid_t child = ::fork();
  if (child == 0) {
    const bool may = ::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
    if (!may || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) ::_exit(kMayNot);
    ::_exit(check() && !testing::Test::HasFailure() ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kMayNot) return std::nullopt;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool Bind(const fs::path& from, const fs::path& to) {
  return ::mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) == 0;
}

// If this process may not mount, the other tests have to suffice.
TEST_F(PlacesTest, ADirectoryIsTheSameWhereverItIsMounted) {
  const fs::path outer = dir_.path() / "with space";
  const fs::path folder = outer / "folder";
  const fs::path file = dir_.Write("with space/file/m.onnx", "");
  fs::create_directories(folder);
  const fs::path model = dir_.path() / "store/deep/m.onnx";
  const auto result = WithMounts([&] {
    // The place is within a directory that is also mounted elsewhere, and the guest has a directory
    // around that mount.
    return Bind(dir_.path() / "store", folder) && IsGuarded(model, folder) &&
           IsGuarded(model, outer) && IsGuarded(model, folder / "deep") &&
           // The place is named through the mount.
           IsGuarded(folder / "deep/m.onnx", dir_.path() / "store") &&
           IsGuarded(folder / "tree", dir_.path() / "store/tree/inner") &&
           // A file can be mounted, too.
           Bind(model, file) && IsGuarded(file, dir_.path() / "store/deep") &&
           IsGuarded(model, file.parent_path()) && !IsGuarded(model, dir_.path() / "other") &&
           !IsGuarded(file, dir_.path() / "other");
  });
  EXPECT_TRUE(result.value_or(true));
}

// Stays in a separate mount namespace, where `to` shows `from`, until it ends.
class OtherTree {
 public:
  OtherTree(const fs::path& from, const fs::path& to) {
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    pid_ = ::fork();
    EXPECT_GE(pid_, 0);
    if (pid_ == 0) {
      const bool bound = ::unshare(CLONE_NEWNS) == 0 && Bind(from, to);
      if (bound && ::write(ready[1], "x", 1) == 1) ::pause();
      ::_exit(1);
    }
    ::close(ready[1]);
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
  }
  OtherTree(const OtherTree&) = delete;
  OtherTree& operator=(const OtherTree&) = delete;
  ~OtherTree() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  fs::path root() const { return "/proc/" + std::to_string(pid_) + "/root"; }

 private:
  pid_t pid_ = 0;
};

TEST_F(PlacesTest, APathThroughAnotherTreeOfMountsLeadsWhereItLeadsThere) {
  const fs::path folder = dir_.path() / "store/tree";
  const auto result = WithMounts([&] {
    const OtherTree other(dir_.path() / "other", folder);
    const fs::path place = other.root() / (folder / "m.onnx").relative_path();
    return IsGuarded(place, dir_.path() / "other") && !IsGuarded(place, dir_.path() / "pub") &&
           !IsGuarded(folder / "m.onnx", dir_.path() / "other");
  });
  EXPECT_TRUE(result.value_or(true));
}

// Guards the folder of every file that a model consists of.
TEST_F(PlacesTest, AModelLiesWhereAnyOfItsFilesLies) {
  const auto guarded = [&](const fs::path& path, Encoding encoding, const char* directory) {
    Config config = WithModel(dir_.path() / path, encoding);
    const std::vector<fs::path> dirs = {dir_.path() / directory};
    return GuardHost(config, {}, dirs)->access.front() == GuestAccess::kRead;
  };
  dir_.Write("ir/m.xml", "");
  Link("../store/deep/m.bin", "ir/m.bin");
  EXPECT_TRUE(guarded("ir/m.xml", Encoding::kOpenVino, "store/deep"));
  EXPECT_TRUE(guarded("ir/m.xml", Encoding::kAutodetect, "store/deep"));
  EXPECT_FALSE(guarded("ir/m.xml", Encoding::kOnnx, "store/deep"));
  dir_.Write("onnx/m.onnx", test::OnnxWith({"weights"}));
  Link("../other/weights", "onnx/weights");
  EXPECT_TRUE(guarded("onnx/m.onnx", Encoding::kOnnx, "other"));
  EXPECT_TRUE(guarded("onnx/m.onnx", Encoding::kAutodetect, "other"));
  EXPECT_FALSE(guarded("onnx/m.onnx", Encoding::kTensorFlow, "other"));
  dir_.Write("saved/saved_model.pb", "");
  fs::create_directory(dir_.path() / "saved/variables");
  Link("../../other/index", "saved/variables/variables.index");
  Link("../via", "saved/assets");
  EXPECT_TRUE(guarded("saved", Encoding::kTensorFlow, "saved/variables"));
  EXPECT_TRUE(guarded("saved", Encoding::kTensorFlow, "other"));
  EXPECT_TRUE(guarded("saved", Encoding::kTensorFlow, "via"));
  EXPECT_FALSE(guarded("saved", Encoding::kTensorFlow, "dangling"));
}

TEST_F(PlacesTest, AnAnswerNamesTheDirectoryThePlaceAndTheRemedy) {
  const WorkingDirectory here(dir_.path());
  Config config = WithModel("pub/m.onnx");
  config.tenants.push_back({.options = {.name = "acme"}, .models = config.models});
  config.tenants.front().models.front().model.source = ModelFiles{{"via/n.onnx"}};
  config.file = "dangling/acme.toml";
  const std::vector<fs::path> dirs = {"store", "other", "via", "dangling", "pub"};
  const auto guard = GuardHost(config, {{.path = "loop/g.wasm", .what = "the guest itself"}}, dirs);
  ASSERT_THAT(guard, IsOk());
  EXPECT_THAT(guard->access,
              ElementsAre(GuestAccess::kRead, GuestAccess::kReadWrite, GuestAccess::kRead,
                          GuestAccess::kRead, GuestAccess::kRead));
  EXPECT_THAT(
      guard->warnings,
      ElementsAre(
          "the guest's directory store is read-only because the host reads the model \"a\" "
          "(pub/m.onnx) there; give the guest another directory to write to",
          "the guest's directory pub is read-only because the host reads the model \"a\" "
          "(pub/m.onnx) there; give the guest another directory to write to",
          "the guest's directory via is read-only because the host reads the model \"a\" of tenant "
          "\"acme\" (via/n.onnx) there; give the guest another directory to write to",
          "the guest's directory dangling is read-only because the host reads the configuration "
          "(dangling/acme.toml) there; give the guest another directory to write to"));
  EXPECT_THAT(Texts(CheckReload(config, guard->kept, std::vector<fs::path>{"loop", "store/deep"})),
              ElementsAre("dangling/acme.toml: the model \"a\" (pub/m.onnx) is in store/deep, "
                          "which the guest can write to",
                          "dangling/acme.toml: the guest itself (loop/g.wasm) is in loop, which "
                          "the guest can write to"));
  config.snapshot_dir = "other/copies";
  EXPECT_THAT(
      GuardHost(config, {}, dirs),
      Fails(ErrorCode::kInvalidArgument,
            "the guest's directory other would let it write to other/copies, where the host keeps "
            "its copies of models; choose another snapshot_dir or another directory "
            "for the guest"));
  config.snapshot_dir.reset();
  config.cache_dir = "other";
  EXPECT_THAT(GuardHost(config, {}, dirs),
              Fails(ErrorCode::kInvalidArgument,
                    "the guest's directory other would let it write to other, where the host keeps "
                    "its cache; choose another cache_dir or another directory for the guest"));
  // In a directory that the guest can't write to, nothing needs guarding.
  EXPECT_THAT(GuardHost(config, {{.path = "other/g.wasm", .what = "the guest itself"}}, dirs),
              IsOk());
  config.cache_dir.reset();
  const auto without = GuardHost(config, {Written("other/cache", "")}, dirs);
  ASSERT_THAT(without, IsOk());
  EXPECT_EQ(
      without->warnings.back(),
      "the guest's directory other would let it write to other/cache, where the host keeps what "
      "it writes; this run does not use it");
  EXPECT_THAT(GuardHost(config, {}, std::vector<fs::path>{"nowhere"}),
              Fails(ErrorCode::kRuntimeError,
                    "can't open the directory nowhere: No such file or directory"));
}

TEST_F(PlacesTest, TemporaryFilesStayWhereTheyWereChosenOrMoveAway) {
  const auto choose = [&](const std::vector<fs::path>& dirs) {
    Config config;
    // A checkout may be in any of these directories, with the programs that the host reads.
    config.backend_dir = dir_.path() / "no programs";
    const auto guard = GuardHost(config, {}, dirs);
    return guard ? config.temporary_dir.value_or("as the system says").string() +
                       (guard->warnings.empty() ? "" : ": " + guard->warnings.back())
                 : guard.error().detail();
  };
  const std::string lets = "the guest's directory /tmp would let it write to " +
                           base::UsersDirIn("/tmp").string() +
                           ", where the host keeps its temporary files";
  const fs::path runtime = dir_.path() / "other";
  {
    const Environment none("TMPDIR", nullptr);
    const Environment xdg("XDG_RUNTIME_DIR", runtime.c_str());
    EXPECT_EQ(choose({dir_.path()}), "as the system says");
    EXPECT_EQ(choose({"/tmp"}), "/var/tmp: " + lets + "; this run uses /var/tmp instead");
    EXPECT_EQ(choose({"/tmp", "/var/tmp"}), ": " + lets +
                                                "; this run has no temporary directory: set TMPDIR "
                                                "to a directory that the guest can't write to");
    const Environment outside("XDG_RUNTIME_DIR", "/dev/shm");
    EXPECT_EQ(choose({"/tmp", "/var/tmp"}),
              "/dev/shm: " + lets + "; this run uses /dev/shm instead");
  }
  {
    const Environment set("TMPDIR", runtime.c_str());
    EXPECT_EQ(choose({dir_.path() / "store"}), "as the system says");
    EXPECT_EQ(choose({runtime}),
              "the guest's directory " + runtime.string() + " would let it write to " +
                  base::UsersDirIn(runtime).string() +
                  ", where the host keeps its temporary files; choose another TMPDIR or another "
                  "directory for the guest");
    // The directory itself, and a directory in it.
    fs::create_directories(base::UsersDirIn(runtime) / "mine");
    for (const fs::path& dir : {base::UsersDirIn(runtime), base::UsersDirIn(runtime) / "mine"}) {
      EXPECT_THAT(choose({dir}), testing::HasSubstr("where the host keeps its temporary files"))
          << dir;
      Config copies_elsewhere;
      copies_elsewhere.snapshot_dir = dir_.path() / "store";
      EXPECT_FALSE(GuardHost(copies_elsewhere, {}, std::vector<fs::path>{dir})) << dir;
    }
  }
  // The host then has no temporary directory, and reports it.
  const Environment relative("TMPDIR", "other");
  EXPECT_EQ(choose({runtime}), "as the system says");
}

TEST_F(PlacesTest, AProcessLivesByItsProgramItsLibrariesAndWhereItFindsOthers) {
  const auto has = [](const fs::path& path) {
    const auto places = PlacesOfProcess();
    return std::ranges::find(places, path, &Place::path) != places.end();
  };
  const Environment folders("LD_LIBRARY_PATH", "/some/where;relative::/last");
  EXPECT_TRUE(has(fs::read_symlink("/proc/self/exe")));
  EXPECT_TRUE(has("/some/where"));
  EXPECT_TRUE(has("relative"));
  EXPECT_TRUE(has("."));
  EXPECT_TRUE(has("/last"));
  EXPECT_TRUE(std::ranges::any_of(PlacesOfProcess(), [](const Place& place) {
    return place.path.filename().string().starts_with("libc.so");
  }));
}

}  // namespace
}  // namespace namesake
