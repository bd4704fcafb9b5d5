// Virtual files, through the libraries that programs use.
#include "backend_program/virtual_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "backend_program/sandboxed.h"
#include "support/temp_dir.h"

namespace namesake::backend_program {
namespace {

namespace fs = std::filesystem;

class VirtualFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_.Write("one", "first file\n");
    directory_.Write("two", "second file\n");
    directory_.Write("libraries/libplugin.so", "library");
    directory_.Write("libraries/more/libmore.so", "more");
  }

  fs::path Real(std::string_view name) const { return directory_.path() / name; }

  std::string Libraries() const { return Real("libraries").string(); }

  static struct stat StatusOf(const fs::path& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
      throw std::runtime_error("no such file: " + path.string());
    return status;
  }

  // A model of two files, at /models/7.
  std::vector<VirtualFile> Model() const {
    return {{"model.xml", StatusOf(Real("one"))}, {"variables/data.bin", StatusOf(Real("two"))}};
  }

  // Runs in the sandbox, with the model registered and reports what the body returns.
  Ended Run(const std::function<std::string()>& body) const {
    return RunInChild(
        [&](Child& child) {
          const auto model = Model();
          ConfineOptions options = LooseOptions();
          options.readable = {Libraries()};
          child.Must(Confine(options));
          child.Must(LockSystemCalls({.library_folders = {Libraries()}, .libraries = &child}));
          auto files = VirtualFiles::Register("/models/7", model, child);
          child.Must(files);
          child.Report(body());
        },
        Served());
  }

  ServedFiles Served() const {
    return {.files = {Real("one"), Real("two")}, .library_folder = Real("libraries")};
  }

 private:
  test::TempDir directory_;
};

std::string Content(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::string("can't open: ") + ::strerrorname_np(errno);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string Outcome(long result) { return result != -1 ? "done" : ::strerrorname_np(errno); }

TEST_F(VirtualFilesTest, AreReadByStreams) {
  EXPECT_EQ(Run([] { return Content("/models/7/model.xml"); }), Reported("first file\n"));
  EXPECT_EQ(Run([] { return Content("/models/7/variables/data.bin"); }), Reported("second file\n"));
  EXPECT_EQ(Run([] { return Content("/models/7/other.xml"); }), Reported("can't open: ENOENT"));
  EXPECT_EQ(Run([] { return Content("/models/8/model.xml"); }), Reported("can't open: ENOENT"));
  EXPECT_EQ(Run([] { return Content("/models/7/model.xml/part"); }),
            Reported("can't open: ENOTDIR"));
}

TEST_F(VirtualFilesTest, AreReadByTheCLibrary) {
  const auto ended = Run([] {
    std::FILE* const file = std::fopen("/models/7/model.xml", "rb");
    if (file == nullptr) return std::string("null");
    std::array<char, 64> text{};
    std::fseek(file, 6, SEEK_SET);
    const std::size_t size = std::fread(text.data(), 1, text.size(), file);
    std::fclose(file);
    return std::string(text.data(), size);
  });
  EXPECT_EQ(ended, Reported("file\n"));
}

TEST_F(VirtualFilesTest, AreMapped) {
  const auto ended = Run([] {
    const int file = ::open("/models/7/model.xml", O_RDONLY | O_CLOEXEC);
    struct stat status{};
    ::fstat(file, &status);
    const void* const bytes =
        ::mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_SHARED, file, 0);
    if (bytes == MAP_FAILED) return std::string(::strerrorname_np(errno));
    return std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(status.st_size));
  });
  EXPECT_EQ(ended, Reported("first file\n"));
}

TEST_F(VirtualFilesTest, MayBeSpelledInSeveralWays) {
  for (const char* path :
       {"//models/7//model.xml", "/./models/7/./model.xml", "/models/7/variables/../model.xml",
        "/../models/7/model.xml", "models/7/model.xml"}) {
    SCOPED_TRACE(path);
    EXPECT_EQ(Run([&] { return Content(path); }), Reported("first file\n"));
  }
  EXPECT_EQ(Run([] { return Content("/models/7/model.xml/"); }), Reported("can't open: ENOTDIR"));
  EXPECT_EQ(Run([] { return Content(""); }), Reported("can't open: ENOENT"));
  EXPECT_EQ(Run([] { return Content("/" + std::string(PATH_MAX, 'x')); }),
            Reported("can't open: ENAMETOOLONG"));
}

TEST_F(VirtualFilesTest, HaveAStatus) {
  const auto ended = Run([] {
    const fs::path folder = "/models/7";
    std::string text;
    text += std::to_string(fs::file_size(folder / "model.xml"));
    text += fs::exists(folder / "model.xml") ? " exists" : "";
    text += fs::is_regular_file(folder / "variables/data.bin") ? " regular" : "";
    text += fs::is_symlink(folder / "model.xml") ? " link" : " nolink";
    text += fs::exists(folder / "other.xml") ? "" : " missing";
    for (const char* directory : {"/", "/models", "/models/7", "/models/7/variables/"}) {
      text += fs::is_directory(directory) ? " directory" : " nothing";
    }
    text += fs::exists("/model") ? " there" : " missing";
    return text;
  });
  EXPECT_EQ(ended, Reported("11 exists regular nolink missing directory directory directory "
                            "directory missing"));
}

TEST_F(VirtualFilesTest, HaveTheStatusOfTheRealOnes) {
  const struct stat real = StatusOf(Real("one"));
  const auto ended = Run([&] {
    std::string text;
    struct stat status{};
    ::stat("/models/7/model.xml", &status);
    text += status.st_ino == real.st_ino ? "same " : "other ";
    struct statx extended{};
    ::statx(AT_FDCWD, "/models/7/model.xml", 0, STATX_BASIC_STATS, &extended);
    text += extended.stx_ino == real.st_ino && extended.stx_size == 11 ? "same " : "other ";
    const int file = ::open("/models/7/model.xml", O_RDONLY);
    extended = {};
    ::statx(file, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &extended);
    text += extended.stx_ino == real.st_ino ? "same" : "other";
    return text;
  });
  EXPECT_EQ(ended, Reported("same same same"));
}

// By the calls themselves: which of them a library makes depends on its version.
TEST_F(VirtualFilesTest, AnswerEveryCall) {
  static constexpr const char* kPath = "/models/7/model.xml";
  const auto call = [&](const std::function<long()>& make) {
    return Run([&] { return Outcome(make()); });
  };
  struct open_how how{};
  EXPECT_EQ(call([&] {
              return ::syscall(SYS_openat2, AT_FDCWD, kPath, &how, sizeof how) == -1 ? -1 : 0;
            }),
            Reported("done"));
  EXPECT_EQ(call([] { return ::syscall(SYS_faccessat, AT_FDCWD, kPath, R_OK); }), Reported("done"));
  EXPECT_EQ(call([] { return ::syscall(SYS_faccessat2, AT_FDCWD, kPath, R_OK, 0); }),
            Reported("done"));
  std::array<char, 64> text{};
  EXPECT_EQ(call([&] { return ::syscall(SYS_readlinkat, AT_FDCWD, kPath, text.data(), 64); }),
            Reported("EINVAL"));
#ifdef SYS_open
  const auto size = [&](long number) {
    return Run([=] {
      struct stat status{};
      const long result = ::syscall(number, kPath, &status);
      return result == 0 ? std::to_string(status.st_size) : Outcome(result);
    });
  };
  EXPECT_EQ(size(SYS_stat), Reported("11"));
  EXPECT_EQ(size(SYS_lstat), Reported("11"));
  EXPECT_EQ(call([] { return ::syscall(SYS_access, kPath, R_OK); }), Reported("done"));
  EXPECT_EQ(call([&] { return ::syscall(SYS_readlink, kPath, text.data(), 64); }),
            Reported("EINVAL"));
  const auto read = Run([&] {
    const long file = ::syscall(SYS_open, kPath, O_RDONLY);
    const ssize_t got = ::read(static_cast<int>(file), text.data(), 5);
    return std::string(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  });
  EXPECT_EQ(read, Reported("first"));
#endif
}

TEST_F(VirtualFilesTest, HaveCanonicalPaths) {
  EXPECT_EQ(Run([] { return fs::canonical("/models//7/../7/variables/data.bin").string(); }),
            Reported("/models/7/variables/data.bin"));
  EXPECT_EQ(Run([] { return fs::weakly_canonical("/models/7/none/../x").string(); }),
            Reported("/models/7/x"));
  const auto missing = Run([] {
    std::error_code error;
    static_cast<void>(fs::canonical("/models/7/none", error));
    return error == std::errc::no_such_file_or_directory ? "missing" : error.message();
  });
  EXPECT_EQ(missing, Reported("missing"));
}

TEST_F(VirtualFilesTest, CanNotBeWritten) {
  const auto open = [&](const char* path, int flags) {
    return Run([=] { return Outcome(::open(path, flags, 0600)); });
  };
  EXPECT_EQ(open("/models/7/model.xml", O_WRONLY), Reported("EROFS"));
  EXPECT_EQ(open("/models/7/model.xml", O_RDONLY | O_TRUNC), Reported("EROFS"));
  EXPECT_EQ(open("/models/7/new.xml", O_WRONLY | O_CREAT), Reported("EROFS"));
  EXPECT_EQ(open("/models/7/model.xml", O_WRONLY | O_CREAT | O_EXCL), Reported("EEXIST"));
  EXPECT_EQ(open("/models/7", O_WRONLY), Reported("EISDIR"));
  EXPECT_EQ(open("/models/7/model.xml", O_RDONLY | O_DIRECTORY), Reported("ENOTDIR"));
  EXPECT_EQ(Run([] { return Outcome(::access("/models/7/model.xml", W_OK)); }), Reported("EROFS"));
  EXPECT_EQ(Run([] { return Outcome(::access("/models/7/model.xml", X_OK)); }), Reported("EACCES"));
  EXPECT_EQ(Run([] { return Outcome(::access("/models/7/model.xml", R_OK)); }), Reported("done"));
}

// Hands out the descriptor that it has, as for a file that a library writes.
class OneFile final : public FileOpener {
 public:
  explicit OneFile(int descriptor) : descriptor_(descriptor) {}
  int Open(std::size_t /*file*/) noexcept override {
    return ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
  }

 private:
  int descriptor_;
};

TEST_F(VirtualFilesTest, MayBeWrittenIfTheirListSaysSo) {
  const fs::path real = Real("written");
  std::ofstream(real).flush();
  const auto written = RunInChild(
      [&](Child& child) {
        OneFile file(::open(real.c_str(), O_WRONLY | O_CLOEXEC));
        const VirtualFile form = {.path = "form", .status = StatusOf(real), .is_writable = true};
        child.Must(Confine(LooseOptions()));
        child.Must(LockSystemCalls({.library_folders = {}, .libraries = &child}));
        auto files = VirtualFiles::Register("/forms/7", {form}, file);
        child.Must(files);
        std::ofstream stream("/forms/7/form", std::ios::binary);
        stream << "what a library writes";
        stream.close();
        child.Report(fmt::format("{} {}", stream ? "done" : "failed",
                                 Outcome(::open("/forms/7/other", O_WRONLY | O_CREAT, 0600))));
      },
      Served());
  EXPECT_EQ(written, Reported("done EROFS"));
  EXPECT_EQ(Content(real), "what a library writes");
}

TEST_F(VirtualFilesTest, AnswerNullPointers) {
  const char* volatile null = nullptr;
  EXPECT_EQ(Run([&] { return Outcome(::open(null, O_RDONLY)); }), Reported("EFAULT"));
}

TEST_F(VirtualFilesTest, NullDeviceIsThere) {
  const auto ended = Run([] {
    std::string text = Outcome(::open("/dev/null", O_RDWR));
    text += " [" + Content("/dev/null") + "]";
    text += fs::is_character_file("/dev/null") ? " device" : " other";
    return text;
  });
  EXPECT_EQ(ended, Reported("done [] device"));
}

TEST_F(VirtualFilesTest, LibrariesAreOpenedByTheirOpener) {
  const std::string libraries = Libraries();
  EXPECT_EQ(Run([&] { return Content(libraries + "/libplugin.so"); }), Reported("library"));
  EXPECT_EQ(Run([&] { return Content(libraries + "/more/libmore.so"); }), Reported("more"));
  EXPECT_EQ(Run([&] { return std::to_string(fs::file_size(libraries + "/./libplugin.so")); }),
            Reported("7"));
  EXPECT_EQ(Run([&] { return std::to_string(fs::file_size(libraries + "/more/libmore.so")); }),
            Reported("4"));
  for (const char* path : {"/libnone.so", "/none/libplugin.so", "/../one", "2/libplugin.so"}) {
    EXPECT_EQ(Run([&] { return Content(libraries + path); }), Reported("can't open: ENOENT"))
        << path;
  }
  EXPECT_EQ(Run([&] { return Content(libraries + "/libplugin.so/x"); }),
            Reported("can't open: ENOTDIR"));
  EXPECT_EQ(Run([&] { return Outcome(::open((libraries + "/new").c_str(), O_CREAT, 0600)); }),
            Reported("EROFS"));
}

TEST_F(VirtualFilesTest, LibrariesAreListed) {
  const auto ended = Run([&] {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(Libraries())) {
      names.insert(entry.path().filename().string() + (entry.is_directory() ? "/" : ""));
    }
    return fmt::format("{}", fmt::join(names, " "));
  });
  EXPECT_EQ(ended, Reported("libplugin.so more/"));
}

TEST_F(VirtualFilesTest, AreOpenedBySeveralThreadsAtOnce) {
  const auto ended = Run([] {
    std::atomic<int> right = 0;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&right, i] {
          const bool is_first = i % 2 == 0;
          for (int round = 0; round < 200; ++round) {
            const std::string path =
                is_first ? "/models/7/model.xml" : "/models/7/variables/data.bin";
            if (Content(path) == (is_first ? "first file\n" : "second file\n")) ++right;
          }
        });
      }
    }
    return std::to_string(right);
  });
  EXPECT_EQ(ended, Reported("800"));
}

TEST_F(VirtualFilesTest, HaveAnOffsetForEachOpen) {
  const auto ended = Run([] {
    std::ifstream first("/models/7/model.xml");
    std::ifstream second("/models/7/model.xml");
    std::string a;
    std::string b;
    first >> a;
    second >> b;
    return a + " " + b;
  });
  EXPECT_EQ(ended, Reported("first first"));
}

TEST_F(VirtualFilesTest, ComeAndGo) {
  const auto ended = RunInChild(
      [&](Child& child) {
        const auto model = Model();
        child.EnterSandbox();
        {
          const auto files = VirtualFiles::Register("/models/1", model, child);
          const auto more = VirtualFiles::Register("/models/2", model, child);
          child.Must(more);
          child.Report(Content("/models/1/model.xml") + Content("/models/2/model.xml"));
        }
        child.Report(Content("/models/1/model.xml"));
        child.Report(fs::is_directory("/models") ? " directory" : " nothing");
      },
      Served());
  EXPECT_EQ(ended, Reported("first file\nfirst file\ncan't open: ENOENT nothing"));
}

// Threads look at files while others come and go.
TEST_F(VirtualFilesTest, ComeAndGoWhileOthersAreRead) {
  const auto ended = RunInChild(
      [&](Child& child) {
        const auto model = Model();
        child.EnterSandbox();
        const auto stays = VirtualFiles::Register("/models/stays", model, child);
        child.Must(stays);
        std::atomic<int> wrong = 0;
        std::atomic<bool> ends = false;
        {
          std::jthread reader([&] {
            while (!ends) {
              if (fs::file_size("/models/stays/model.xml") != 11) ++wrong;
              std::error_code error;
              const auto size = fs::file_size("/models/goes/model.xml", error);
              if (!error && size != 11) ++wrong;
            }
          });
          for (int i = 0; i < 2000; ++i) {
            const auto goes = VirtualFiles::Register("/models/goes", model, child);
            if (!goes) ++wrong;
          }
          ends = true;
        }
        child.Report(std::to_string(wrong));
      },
      Served());
  EXPECT_EQ(ended, Reported("0"));
}

// Answers slowly, and sees whether its registration ends meanwhile.
class SlowOpener : public FileOpener {
 public:
  virtual ~SlowOpener() = default;

  int Open(std::size_t /*file*/) noexcept override {
    is_open = true;
    is_open.notify_all();
    // Without a wait for this call, the registration would have ended long before.
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    has_ended_early = has_ended.load();
    return -ENXIO;
  }

  std::atomic<bool> is_open = false;
  std::atomic<bool> has_ended = false;
  std::atomic<bool> has_ended_early = false;
};

TEST_F(VirtualFilesTest, StayUntilAllCallsAreAnswered) {
  const auto ended = RunInChild([&](Child& child) {
    const auto model = Model();
    child.EnterSandbox();
    SlowOpener opener;
    std::optional files = VirtualFiles::Register("/models/7", model, opener);
    child.Must(*files);
    std::jthread reader([&] { child.Report(Content("/models/7/model.xml")); });
    opener.is_open.wait(false);
    files.reset();
    opener.has_ended = true;
    reader.join();
    child.Report(opener.has_ended_early ? " early" : " in time");
  });
  EXPECT_EQ(ended, Reported("can't open: ENXIO in time"));
}

TEST_F(VirtualFilesTest, MustBeFilesBeneathARoot) {
  Child nobody(-1, -1);
  const struct stat file = StatusOf(Real("one"));
  const auto refused = [&](std::string root, std::vector<VirtualFile> files) {
    const auto registered = VirtualFiles::Register(std::move(root), std::move(files), nobody);
    return registered ? "" : registered.error().detail();
  };
  EXPECT_EQ(refused("/models/7", {{"a", file}}), "");
  for (const char* root : {"", "/", "models", "/models/", "/models/../x", "//models"}) {
    EXPECT_EQ(refused(root, {}), "virtual files can't be at \"" + std::string(root) + "\"");
  }
  for (const char* path : {"", "/a", "../a", "a/../b", "a//b", "a/", "."}) {
    EXPECT_EQ(refused("/m", {{path, file}}),
              "a virtual file can't be at \"" + std::string(path) + "\"");
  }
  EXPECT_EQ(refused("/m", {{"a", file}, {"a", file}}), "two virtual files are at \"a\"");
  EXPECT_EQ(refused("/m", {{"a", file}, {"a/b", file}}), "two virtual files are at \"a\"");
  EXPECT_EQ(refused("/m", {{"a", StatusOf("/")}}), "the virtual file \"a\" is not a regular file");
}

}  // namespace
}  // namespace namesake::backend_program
