// `namesake backends` as a process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/process.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using testing::ContainsRegex;
using testing::HasSubstr;

class Backends : public testing::Test {
 protected:
  test::ProcessResult List(std::vector<std::string> args, std::vector<std::string> variables = {}) {
    args.insert(args.begin(), {NAMESAKE_COMMAND, "backends"});
    return test::RunProcess(args, {.environment = std::move(variables)});
  }
  // A folder of the backends' programs in which OpenVINO's needs another library.
  std::string FolderWithoutALibrary() {
    const fs::path programs = fs::path(NAMESAKE_COMMAND).parent_path() / "libexec/namesake";
    fs::copy(programs, dir_.path() / "programs");
    const fs::path program = dir_.path() / "programs/namesake-backend-openvino";
    std::ifstream file(program, std::ios::binary);
    std::string content((std::istreambuf_iterator<char>(file)), {});
    constexpr std::string_view kNeeded = "libopenvino.so.";
    for (std::size_t at = 0; (at = content.find(kNeeded, at)) != std::string::npos; ++at) {
      content.replace(at, kNeeded.size(), "libabsentno.so.");
    }
    dir_.Write("programs/namesake-backend-openvino", content);
    return (dir_.path() / "programs").string();
  }

  test::TempDir dir_;
};

// The lines that OpenVINO's backend has in common on all machines.
constexpr const char* kOpenVino =
    "openvino 2026\\.4\\.1.*\n"
    "  encodings: openvino, onnx, tensorflow, tensorflowlite\n"
    "  devices: CPU \\(.+\\)\n"
    "  element types: f16, bf16, f32, f64, i8, i16, i32, i64, u8, u16, u32, u64, bool\n"
    "  capabilities: dynamic shapes, scalars, state, inputs in place, outputs in place, deadlines, "
    "compiled forms\n";

TEST_F(Backends, AreListed) {
  const auto result = List({});
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out, ContainsRegex(kOpenVino));
}

TEST_F(Backends, AreListedAsJson) {
  const auto result = List({"--json"});
  ASSERT_EQ(result.exit_code, 0) << result;
  auto json = nlohmann::json::parse(result.out);
  for (auto& backend : json["backends"]) {
    if (backend["name"] != "openvino") continue;
    EXPECT_THAT(backend["version"].get<std::string>(), testing::StartsWith("2026.4.1"));
    EXPECT_EQ(backend["devices"][0]["name"], "CPU");
    EXPECT_NE(backend["devices"][0]["description"], "");
    backend.erase("version");
    backend.erase("devices");
    EXPECT_EQ(backend, nlohmann::json::parse(R"({
      "name": "openvino", "runs": true,
      "encodings": ["openvino", "onnx", "tensorflow", "tensorflowlite"],
      "element_types": ["f16", "bf16", "f32", "f64", "i8", "i16", "i32", "i64", "u8", "u16", "u32",
                        "u64", "bool"],
      "capabilities": ["dynamic shapes", "scalars", "state", "inputs in place", "outputs in place",
                       "deadlines", "compiled forms"]})"));
    return;
  }
  FAIL() << result;
}

TEST_F(Backends, WithoutAProgramSayWhatTheyLack) {
  const std::string folder = (dir_.path() / "none").string();
  const auto result = List({}, {"NAMESAKE_BACKEND_DIR=" + folder});
  EXPECT_EQ(result.exit_code, 3) << result;
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out,
              HasSubstr("openvino can't run\n"
                        "  encodings: openvino, onnx, tensorflow, tensorflowlite\n"
                        "  lacks: openvino: can't start a backend's program " +
                        folder +
                        "/namesake-backend-openvino: No such file or directory; install it, or set "
                        "backend_dir to its folder\n"));
}

TEST_F(Backends, WithoutALibrarySayWhatTheyLack) {
  const std::string variable = "NAMESAKE_BACKEND_DIR=" + FolderWithoutALibrary();
  const auto result = List({}, {variable});
  EXPECT_EQ(result.exit_code, 3) << result;
  EXPECT_THAT(result.out,
              ContainsRegex("openvino can't run\n"
                            "  encodings: openvino, onnx, tensorflow, tensorflowlite\n"
                            "  lacks: the backend openvino can't start: its library is missing: "
                            "libabsentno\\.so\\.[0-9]+ not found\n"));
  const auto json = List({"--json"}, {variable});
  EXPECT_EQ(json.exit_code, 3) << json;
  const auto parsed = nlohmann::json::parse(json.out);
  for (const auto& backend : parsed["backends"]) {
    if (backend["name"] != "openvino") continue;
    EXPECT_EQ(backend["runs"], false);
    EXPECT_THAT(backend["lacks"].get<std::string>(), HasSubstr("its library is missing"));
    EXPECT_FALSE(backend.contains("version"));
    return;
  }
  FAIL() << json;
}

TEST_F(Backends, AreThoseOfAConfiguration) {
  const std::string file = dir_.Write("n.toml", "[host]\nbackends = [\"openvino\"]\n").string();
  const auto result = List({"--config", file});
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.out, testing::MatchesRegex(kOpenVino));
  const auto elsewhere =
      List({"--config", file, "--set", "host.backend_dir=\"" + dir_.path().string() + "\""});
  EXPECT_EQ(elsewhere.exit_code, 3) << elsewhere;
  EXPECT_THAT(elsewhere.out, HasSubstr("openvino can't run\n"));
  const auto unknown = List({"--config", file, "--set", "host.backends=[\"openvin\"]"});
  EXPECT_EQ(unknown.exit_code, 2) << unknown;
  EXPECT_EQ(unknown.err,
            "namesake: --set host.backends=[\"openvin\"]: unknown backend \"openvin\"; did you "
            "mean \"openvino\"?\n");
}

}  // namespace
}  // namespace namesake
