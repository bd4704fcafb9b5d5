// The served versions are exactly those in wit/ and in docs/abi.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include "namesake/wasmtime.h"

namespace namesake::test {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = NAMESAKE_SOURCE_DIR;

std::string ReadText(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The full names of the interfaces in a text.
std::set<std::string> InterfacesOf(const std::string& text) {
  std::istringstream lines(text);
  std::string package;
  std::string version;
  std::set<std::string> interfaces;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string keyword;
    std::string name;
    words >> keyword >> name;
    if (line.starts_with("package ")) {
      const auto at = name.find('@');
      package = name.substr(0, at);
      version = name.substr(at, name.find(';') - at);
    } else if (line.starts_with("interface ")) {
      interfaces.insert(package + "/" + name + version);
    }
  }
  return interfaces;
}

TEST(WitVersions, ThoseOfTheFolderAreServedAndNoOthers) {
  std::set<std::string> in_folder;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "wit")) {
    if (entry.path().extension() == ".wit") in_folder.merge(InterfacesOf(ReadText(entry.path())));
  }
  const auto names = WasiNnInterfaces();
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()), in_folder);
  EXPECT_EQ(names.size(), in_folder.size()) << "one is served twice";
}

TEST(WitVersions, AFoldersNameIsThatOfItsPackage) {
  for (const auto& folder : fs::directory_iterator(kRoot / "wit")) {
    const std::string name = folder.path().filename();
    if (!name.starts_with("wasi-nn-")) continue;
    EXPECT_THAT(ReadText(folder.path() / "wasi-nn.wit"),
                testing::HasSubstr("\npackage wasi:nn@" + name.substr(8) + ";"))
        << name;
  }
}

TEST(WitVersions, EachIsInTheTableOfTheDocumentation) {
  const std::string document = ReadText(kRoot / "docs/abi.md");
  for (const std::string_view name : WasiNnInterfaces()) {
    if (!name.starts_with("wasi:nn/")) continue;
    const std::string version(name.substr(name.find('@') + 1));
    EXPECT_THAT(document, testing::HasSubstr("\n| " + version + " |")) << name;
  }
}

}  // namespace
}  // namespace namesake::test
