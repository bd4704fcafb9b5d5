// Text from guests, models, paths and options can't control a terminal or forge the host's lines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/onnx_bytes.h"
#include "support/process.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

using test::Field;
using testing::HasSubstr;
using testing::StartsWith;

// Clears the screen, sets a title, and begins a line that looks like the host's.
const std::string kHostile = "\x1b[2J\x1b]0;owned\x07\nnamesake: error: forged";
const std::string kOnOneLine = R"(\x1b[2J\x1b]0;owned\x07\x0anamesake: error: forged)";
const std::string kOnTwoLines = "\\x1b[2J\\x1b]0;owned\\x07\n    namesake: error: forged";

// One field that holds a number below 128.
std::string Number(unsigned number, unsigned value) {
  return {static_cast<char>(number << 3), static_cast<char>(value)};
}

std::string ValueInfo(const std::string& name) {
  const std::string shape = Field(1, Number(1, 3));
  return Field(1, name) + Field(2, Field(1, Number(1, 1) + Field(2, shape)));
}

// An ONNX model with three floats as input and output.
std::string Relu(const std::string& input) {
  const std::string node = Field(1, input) + Field(2, "y") + Field(4, "Relu");
  const std::string graph =
      Field(1, node) + Field(2, "graph") + Field(11, ValueInfo(input)) + Field(12, ValueInfo("y"));
  return Number(1, 8) + Field(7, graph) + Field(8, Field(1, "") + Number(2, 18));
}

std::string WatString(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    char escape[4];
    std::snprintf(escape, sizeof(escape), "\\%02x", static_cast<unsigned char>(byte));
    text += escape;
  }
  return "\"" + text + "\"";
}

// Passes a tensor of one float to the model.
std::string SetInputGuest(const std::string& model) {
  return R"((module
    (import "wasi_ephemeral_nn" "load" (func $load (param i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_ephemeral_nn" "init_execution_context" (func $init (param i32 i32) (result i32)))
    (import "wasi_ephemeral_nn" "set_input" (func $set (param i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 1024) )" +
         WatString(model) + R"()
    (data (i32.const 0) "\00\04\00\00")
    (data (i32.const 32) "\40\00\00\00\01\00\00\00\01\00\00\00\40\00\00\00\04\00\00\00")
    (data (i32.const 64) "\01\00\00\00")
    (func (export "_start")
      (i32.store (i32.const 4) (i32.const )" +
         std::to_string(model.size()) + R"())
      (drop (call $load (i32.const 0) (i32.const 1) (i32.const 1) (i32.const 0) (i32.const 16)))
      (drop (call $init (i32.load (i32.const 16)) (i32.const 20)))
      (drop (call $set (i32.load (i32.const 20)) (i32.const 0) (i32.const 32))))))";
}

std::string TrapGuest(const std::string& function) {
  return "(module (func $a (@name " + WatString(function) +
         ") unreachable) (memory (export \"memory\") 1) (func (export \"_start\") (call $a)))";
}

// Returns whether output is safe to send to a terminal. Everything these tests write is ASCII.
bool IsText(std::string_view output) {
  for (const char byte : output) {
    if (byte != '\n' && (byte < 0x20 || byte == 0x7F)) return false;
  }
  return true;
}

MATCHER(IsTheHostsAlone, "has lines of the host's alone") {
  std::istringstream lines(arg);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && !line.starts_with("namesake: ") && !line.starts_with("    ")) return false;
    if (line.starts_with("namesake: error: forged")) return false;
  }
  return IsText(arg);
}

class VisibleOutputTest : public testing::Test {
 protected:
  test::ProcessResult Namesake(std::vector<std::string> args) const {
    args.insert(args.begin(), NAMESAKE_COMMAND);
    return test::RunProcess(args,
                            {.environment = {"XDG_CACHE_HOME=" + (dir_.path() / "cache").string()},
                             .working_directory = dir_.path()});
  }

  // Expects a failure whose message shows the hostile text made visible, and nothing on standard
  // output.
  void ExpectVisible(const std::vector<std::string>& args, int exit_code,
                     const std::string& text = kOnTwoLines) const {
    const auto result = Namesake(args);
    EXPECT_EQ(result.exit_code, exit_code) << result;
    EXPECT_EQ(result.out, "") << result;
    EXPECT_THAT(result.err, IsTheHostsAlone());
    EXPECT_THAT(result.err, HasSubstr(text));
  }

  test::TempDir dir_;
};

TEST_F(VisibleOutputTest, AFunctionsNameInATrap) {
  dir_.Write("guest.wat", TrapGuest(kHostile));
  const auto result = Namesake({"run", "--no-cache", "guest.wat"});
  EXPECT_EQ(result.exit_code, 134) << result;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, IsTheHostsAlone());
  EXPECT_THAT(
      result.err,
      StartsWith("namesake: the guest trapped: error while executing at wasm backtrace:\n"));
  EXPECT_THAT(result.err, HasSubstr("<unknown>!" + kOnTwoLines + "\n"));
  // The text still has several lines.
  EXPECT_THAT(result.err, HasSubstr("\n    Caused by:\n        wasm trap: wasm `unreachable`"));
}

TEST_F(VisibleOutputTest, WhateverAFunctionIsCalled) {
  const std::vector<std::pair<std::string, std::string>> names = {
      {"a\rnamesake: done", R"(a\x0dnamesake: done)"},
      {"a\b\b\b\b", R"(a\x08\x08\x08\x08)"},
      {"a\x1b[8m", R"(a\x1b[8m)"},
      {"a\x1b]8;;http://x\x1b\\b", R"(a\x1b]8;;http://x\x1b\b)"},
      {"a\xc2\x9b"
       "2J",
       R"(a\xc2\x9b2J)"},
      {"a\xc2\x85namesake: error: b", R"(a\xc2\x85namesake: error: b)"},
      {"a\xe2\x80\xa8namesake: error: b", R"(a\xe2\x80\xa8namesake: error: b)"},
      {"a\xe2\x80\xae"
       "b",
       R"(a\xe2\x80\xaeb)"},
      {"a\xe2\x81\xa6"
       "b\xe2\x81\xa9",
       R"(a\xe2\x81\xa6b\xe2\x81\xa9)"},
      {"a\xe2\x80\x8b\xef\xbb\xbf", R"(a\xe2\x80\x8b\xef\xbb\xbf)"},
      {"a\xf3\xa0\x81\xa1", R"(a\xf3\xa0\x81\xa1)"},
      {"a\t\v\f\x7f", R"(a\x09\x0b\x0c\x7f)"},
      {"a\n\n\nnamesake: error: b", "a\n\n\n    namesake: error: b"}};
  for (const auto& [name, text] : names) {
    dir_.Write("guest.wat", TrapGuest(name));
    ExpectVisible({"run", "--no-cache", "guest.wat"}, 134, "<unknown>!" + text + "\n");
  }
}

TEST_F(VisibleOutputTest, AnImportsName) {
  dir_.Write("guest.wat", "(module (import " + WatString(kHostile) +
                              " \"f\" (func)) (func (export \"_start\")))");
  ExpectVisible({"run", "--no-cache", "guest.wat"}, 2);
}

TEST_F(VisibleOutputTest, AGuestsText) {
  dir_.Write("guest.wat", "(module (func " + kHostile + "))");
  ExpectVisible({"run", "--no-cache", "guest.wat"}, 2, "\\x1b");
}

TEST_F(VisibleOutputTest, ATensorsNameInATable) {
  dir_.Write("m.onnx", Relu(kHostile));
  const auto result = Namesake({"inspect", "onnx:m.onnx"});
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_TRUE(IsText(result.out)) << result;
  const std::string padding(kOnOneLine.size() - 4, ' ');
  EXPECT_THAT(result.out, StartsWith("          NAME" + padding +
                                     "  TYPE  SHAPE\n"
                                     "input 0   " +
                                     kOnOneLine +
                                     "  f32   [3]\n"
                                     "output 0  y   " +
                                     padding + "  f32   [3]\n\nonnx model, "));
}

TEST_F(VisibleOutputTest, ATableWithOtherScriptsLinesUp) {
  dir_.Write("m.onnx", Relu("вход\xe2\x80\xae"));
  EXPECT_THAT(Namesake({"inspect", "onnx:m.onnx"}).out,
              StartsWith("          NAME              TYPE  SHAPE\n"
                         "input 0   вход\\xe2\\x80\\xae  f32   [3]\n"
                         "output 0  y                 f32   [3]\n"));
}

TEST_F(VisibleOutputTest, ATensorsNameInJson) {
  const std::string name = kHostile + "\x7f\xc2\x9b\xe2\x80\xae";
  dir_.Write("m.onnx", Relu(name));
  const auto result = Namesake({"inspect", "--json", "onnx:m.onnx"});
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_TRUE(IsText(result.out)) << result;
  // A program that reads JSON gets the unchanged name.
  EXPECT_EQ(nlohmann::json::parse(result.out)["inputs"][0]["name"], name);
}

TEST_F(VisibleOutputTest, ATensorsNameInTheLog) {
  dir_.Write("guest.wat", SetInputGuest(Relu(kHostile)));
  const auto result = Namesake({"run", "--no-cache", "-vv", "guest.wat"});
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.err, IsTheHostsAlone());
  EXPECT_THAT(result.err, HasSubstr("invalid_argument (1): input 0 (\"" + kOnOneLine +
                                    "\") expects f32 [3], got [1]\n"));
}

TEST_F(VisibleOutputTest, PathsAndOptions) {
  // Has no colon, which would end a path.
  const std::string file = "\x1b[2J\nforged.onnx";
  const std::string shown = "\\x1b[2J\n    forged.onnx";
  dir_.Write("guest.wat", TrapGuest("f"));
  dir_.Write("not.onnx", "");
  ExpectVisible({"run", "nowhere" + kHostile}, 2);
  ExpectVisible({"inspect", "onnx:" + file}, 3, shown);
  ExpectVisible({"inspect", "onnx:m.onnx", "--target", kHostile}, 2);
  ExpectVisible({"run", "--nn-preload", "a:onnx:" + file, "guest.wat"}, 3, shown);
  ExpectVisible({"run", "--nn-preload", kHostile + ":onnx:not.onnx", "guest.wat"}, 2);
  ExpectVisible({"run", "--nn-preload", "a:" + kHostile + ":not.onnx", "guest.wat"}, 2);
  ExpectVisible({"run", "--dir", kHostile, "guest.wat"}, 2);
  ExpectVisible({"run", "--env", "A" + kHostile, "guest.wat"}, 2);
  ExpectVisible({"run", "--limit", kHostile, "guest.wat"}, 2, kOnOneLine);
  ExpectVisible({"run", "--guest-timeout", kHostile, "guest.wat"}, 2, kOnOneLine);
  ExpectVisible({"run", "--cache-dir", "guest.wat/" + kHostile, "guest.wat"}, 2);
  ExpectVisible({"run", "--" + kHostile, "guest.wat"}, 2, kOnOneLine);
  ExpectVisible({"--" + kHostile}, 2, kOnOneLine);
  ExpectVisible({"check", "a", kHostile}, 2, kOnOneLine);
  ExpectVisible({"settings", kHostile}, 2, kOnOneLine);
  ExpectVisible({"run", "--nn-max-models", kHostile, "guest.wat"}, 2, kOnOneLine);
  ExpectVisible({"run", "--nn-preload", file, "guest.wat"}, 2, R"(\x1b[2J\x0aforged:\x1b[2J)");
  ExpectVisible({kHostile + ".wasm"}, 2, kOnOneLine);
  ExpectVisible({"run", "--config", "nowhere" + kHostile, "guest.wat"}, 2);
  ExpectVisible({kHostile}, 2, kOnOneLine);
}

TEST_F(VisibleOutputTest, AnEditorGetsALineForEachProblem) {
  dir_.Write("a.toml", "[host]\n\"\\u001b[2J\\nnamesake: error: forged\" = 1\n");
  const auto problems = Namesake({"check", "a.toml"});
  EXPECT_EQ(problems.exit_code, 2) << problems;
  EXPECT_THAT(problems.err,
              StartsWith(R"(a.toml:2:1: unknown setting "\x1b[2J\x0anamesake: error: forged" in)"));
  EXPECT_TRUE(IsText(problems.err)) << problems;
  const auto missing = Namesake({"check", "nowhere" + kHostile});
  EXPECT_EQ(missing.exit_code, 2) << missing;
  EXPECT_THAT(missing.err, StartsWith("nowhere" + kOnTwoLines + ": "));
  dir_.Write("fine" + kHostile, "");
  const auto fine = Namesake({"check", "fine" + kHostile});
  EXPECT_EQ(fine.out, "fine" + kOnTwoLines + ": 0 models, 1 tenant, no problems\n") << fine;
}

TEST_F(VisibleOutputTest, WhatFailedInAListOfModels) {
  dir_.Write("a.toml",
             "[[models]]\nname = \"a\\u202Eb\"\nencoding = \"onnx\"\n"
             "path = \"\\u001b[2J\\nnamesake: error: forged.onnx\"\nload = \"lazy\"\n");
  const auto table = Namesake({"models", "--config", "a.toml"});
  EXPECT_TRUE(IsText(table.out)) << table;
  EXPECT_THAT(table.out, HasSubstr("\na\\xe2\\x80\\xaeb: "));
  EXPECT_THAT(table.out, HasSubstr("\\x1b[2J\n    namesake: error: forged.onnx"));
  const auto json = Namesake({"models", "--json", "--config", "a.toml"});
  EXPECT_TRUE(IsText(json.out)) << json;
  EXPECT_THAT(nlohmann::json::parse(json.out).dump(), HasSubstr("a\u202eb"));
}

}  // namespace
}  // namespace namesake
