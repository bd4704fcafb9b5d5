// A guest with a directory, for the tests of models that guests register by path.
#ifndef NAMESAKE_TESTS_GUEST_MODELS_GUEST_FILES_FIXTURE_H_
#define NAMESAKE_TESTS_GUEST_MODELS_GUEST_FILES_FIXTURE_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "guest_models/guest_files.h"
#include "support/matchers.h"
#include "support/temp_dir.h"

namespace namesake {

inline constexpr std::string_view kSecret = "the secret of somebody else";

inline std::string Read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

using FileTree = std::map<std::string, std::string>;

// Maps the path of each file beneath a directory, relative to it, to the file's content.
inline FileTree Tree(const std::filesystem::path& directory) {
  FileTree tree;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) {
      tree[entry.path().lexically_relative(directory)] = Read(entry.path());
    }
  }
  return tree;
}

// A guest whose directory "models" is `inside`. Next to it is `outside`, which the guest can't
// reach.
class GuestFilesTest : public ::testing::Test {
 protected:
  GuestFilesTest()
      : store_(*guest_models::SnapshotStore::Open(temp_.path() / "copies")),
        files_({{.host = inside(), .guest = "models"}}, store_) {
    outside_ = temp_.Write("outside/secret.tflite", kSecret).parent_path();
  }

  std::filesystem::path inside() const {
    std::filesystem::create_directories(temp_.path() / "inside");
    return temp_.path() / "inside";
  }
  std::filesystem::path Put(const std::string& name, std::string_view content) const {
    return temp_.Write("inside/" + name, content);
  }

  Result<ModelFiles> Snapshot(std::string_view path, Encoding encoding = Encoding::kTensorFlowLite,
                              const guest_models::SnapshotLimits& limits = {}) const {
    return files_.Snapshot(path, encoding, limits);
  }
  // Returns the content of a model that consists of one file.
  std::string Content(std::string_view path) const {
    const auto files = Snapshot(path);
    EXPECT_THAT(files, test::IsOk());
    return files ? Read(files->paths.at(0)) : "";
  }
  // Makes `change` run after everything is measured and before it is copied.
  static guest_models::SnapshotLimits Meanwhile(std::function<void()> change) {
    return {.reserve = [change = std::move(change)](std::uint64_t) -> Result<void> {
      change();
      return {};
    }};
  }
  // Lists what is beneath the store's root now, in the process directories.
  std::vector<std::filesystem::path> Copies() const {
    std::vector<std::filesystem::path> copies;
    if (!std::filesystem::exists(temp_.path() / "copies")) return copies;
    for (const auto& process : std::filesystem::directory_iterator(temp_.path() / "copies")) {
      for (const auto& copy : std::filesystem::directory_iterator(process)) {
        copies.push_back(copy.path());
      }
    }
    return copies;
  }

  test::TempDir temp_;
  std::filesystem::path outside_;
  std::shared_ptr<guest_models::SnapshotStore> store_;
  guest_models::GuestFiles files_;
};

}  // namespace namesake

#endif  // NAMESAKE_TESTS_GUEST_MODELS_GUEST_FILES_FIXTURE_H_
