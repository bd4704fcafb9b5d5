// The versions that are served are those whose texts lie in wit/, and that docs/abi.md tells of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
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

// The interfaces of a text, by their full names.
std::set<std::string> InterfacesOf(const std::string& text) {
  std::smatch package;
  const std::regex declaration(R"(\npackage ([a-z:]+)@([^;]+);)");
  if (!std::regex_search(text, package, declaration)) return {"no package"};
  std::set<std::string> interfaces;
  const std::regex interface(R"(\ninterface ([a-z-]+) \{)");
  for (auto found = std::sregex_iterator(text.begin(), text.end(), interface);
       found != std::sregex_iterator(); ++found) {
    interfaces.insert(package[1].str() + "/" + (*found)[1].str() + "@" + package[2].str());
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
