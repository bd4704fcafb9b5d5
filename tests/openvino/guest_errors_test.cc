// What a guest reads if its own model can't be loaded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "namesake/host.h"
#include "openvino/modes.h"
#include "support/matchers.h"
#include "support/onnx_bytes.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

struct Broken {
  std::string what;
  Encoding encoding;
  std::vector<std::string> parts;
};

std::string ReadModel(std::string_view name) {
  std::ifstream file(std::string(NAMESAKE_SOURCE_DIR "/tests/data/models/").append(name),
                     std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

// Junk, truncated models, content that only starts correctly, and other encodings.
std::vector<Broken> AllBroken() {
  const std::string onnx = ReadModel("reshape_f32.onnx");
  const std::string graph = ReadModel("frozen.pb");
  const std::string ir = ReadModel("aliased.xml");
  std::vector<Broken> all;
  for (const Encoding encoding : {Encoding::kOpenVino, Encoding::kOnnx, Encoding::kTensorFlow,
                                  Encoding::kTensorFlowLite, Encoding::kAutodetect}) {
    all.push_back({"junk", encoding, {"junk"}});
    all.push_back({"empty", encoding, {""}});
    all.push_back({"zeros", encoding, {std::string(4096, '\0')}});
    all.push_back({"half an ONNX model", encoding, {onnx.substr(0, onnx.size() / 2)}});
    all.push_back({"half a graph", encoding, {graph.substr(0, graph.size() / 2)}});
    all.push_back({"half an IR", encoding, {ir.substr(0, ir.size() / 2)}});
    all.push_back({"TFL3 alone", encoding, {std::string("\x1c\0\0\0TFL3", 8) + "nonsense"}});
    all.push_back({"a tag", encoding, {"\x0a\x7f nonsense"}});
    all.push_back({"three parts", encoding, {"a", "b", "c"}});
  }
  all.push_back({"an IR as ONNX", Encoding::kOnnx, {ir}});
  all.push_back({"ONNX as a graph", Encoding::kTensorFlow, {onnx}});
  all.push_back({"weights beside", Encoding::kOnnx, {ReadModel("external.onnx")}});
  return all;
}

class GuestErrors : public testing::Test {
 protected:
  GuestErrors() {
    // Where backends put files that their readers insist on.
    ::setenv("TMPDIR", temp_.path().c_str(), 1);
    HostOptions options = openvino::NewHostOptions();
    host_ = Host::Create(std::move(options)).value();
    view_ = host_->NewView(
        {.tenant =
             *host_
                  ->AddTenant({.name = "a", .policy = {.guest_register = GuestRegister::kInstance}})
                  .value(),
         .directories = {{.host = files_.path(), .guest = "dir"}}});
  }
  ~GuestErrors() override { ::unsetenv("TMPDIR"); }

  // Expects a message that contains no path except the guest's own.
  static void ExpectForGuests(const Error& error) {
    std::string message = error.message();
    EXPECT_FALSE(message.empty());
    base::ReplaceAll("dir/", "", message);
    EXPECT_FALSE(message.contains('/')) << error.message();
    EXPECT_FALSE(message.contains("namesake-")) << error.message();
  }

  const test::TempDir temp_;
  const test::TempDir files_;
  std::unique_ptr<Host> host_;
  std::unique_ptr<View> view_;
};

TEST_F(GuestErrors, OfBrokenBytesSayWhatIsWrongWithoutAPathOfTheHost) {
  for (const Broken& broken : AllBroken()) {
    SCOPED_TRACE(broken.what + " as " + std::string(EncodingName(broken.encoding)));
    std::vector<std::span<const std::byte>> parts;
    for (const std::string& part : broken.parts) parts.push_back(std::as_bytes(std::span(part)));
    const auto loaded = view_->Load(parts, broken.encoding, Target::kCpu);
    EXPECT_FALSE(loaded);
    if (!loaded) ExpectForGuests(loaded.error());
  }
}

TEST_F(GuestErrors, OfBrokenFilesAreInTheGuestsWords) {
  for (const Broken& broken : AllBroken()) {
    if (broken.parts.size() != 1) continue;
    // The reader is chosen by the file's extension, or by a link that has the right one.
    for (const std::string name : {"dir/model", "dir/model.tflite"}) {
      SCOPED_TRACE(broken.what + " as " + std::string(EncodingName(broken.encoding)) + " at " +
                   name);
      files_.Write(name.substr(4), broken.parts[0]);
      const auto done = view_->RegisterNamed("m", broken.encoding, Target::kCpu, name);
      if (done) {
        EXPECT_THAT(view_->UnregisterNamed("m"), test::IsOk());
      } else {
        ExpectForGuests(done.error());
      }
    }
  }
}

// What OpenVINO says about a model, as the operator and as a guest reads it.
TEST_F(GuestErrors, OpenVinosWordsAreTheOperators) {
  // A node with an operation that does not exist.
  const std::string graph =
      test::Field(1, test::Field(1, "/x/Frob") + test::Field(2, "Frobnicate"));
  const std::vector parts = {std::as_bytes(std::span(graph))};
  const auto loaded = view_->Load(parts, Encoding::kTensorFlow, Target::kCpu);
  EXPECT_THAT(loaded, test::Fails(ErrorCode::kRuntimeError,
                                  "OpenVINO can't read a model of 23 bytes in memory: it has "
                                  "operations that OpenVINO does not convert; export the model "
                                  "without them"));
  EXPECT_THAT(loaded, test::FailsInDetail(
                          ErrorCode::kRuntimeError,
                          "OpenVINO can't read a model of 23 bytes in memory: it has operations "
                          "that OpenVINO does not convert: Frobnicate; export the model without "
                          "them"));
  files_.Write("graph", graph);
  const auto done = view_->RegisterNamed("m", Encoding::kTensorFlow, Target::kCpu, "dir/graph");
  EXPECT_THAT(done, test::Fails(ErrorCode::kRuntimeError,
                                "OpenVINO can't read dir/graph: it has operations that OpenVINO "
                                "does not convert; export the model without them"));
  EXPECT_THAT(done, test::FailsInDetail(ErrorCode::kRuntimeError,
                                        testing::HasSubstr(temp_.path().native())));
}

TEST_F(GuestErrors, OfTheHostsOwnPlacesAreNotTold) {
  const std::string graph = ReadModel("frozen.pb");
  const std::vector parts = {std::as_bytes(std::span(graph))};
  const std::string absent = temp_.path() / "absent";
  ::setenv("TMPDIR", absent.c_str(), 1);
  const auto loaded = view_->Load(parts, Encoding::kTensorFlow, Target::kCpu);
  EXPECT_THAT(loaded,
              test::Fails(ErrorCode::kRuntimeError, "the host has no usable temporary directory"));
  EXPECT_THAT(loaded, test::FailsInDetail(ErrorCode::kRuntimeError, testing::HasSubstr(absent)));
}

TEST_F(GuestErrors, TheDevicesOfTheHostAreTheOperators) {
  const std::string onnx = ReadModel("reshape_f32.onnx");
  const std::vector parts = {std::as_bytes(std::span(onnx))};
  const auto loaded = view_->Load(parts, Encoding::kOnnx, Target::kTpu);
  EXPECT_THAT(loaded, test::Fails(ErrorCode::kUnsupported,
                                  "OpenVINO finds no device here for the target tpu"));
  EXPECT_THAT(loaded,
              test::FailsInDetail(
                  ErrorCode::kUnsupported,
                  testing::StartsWith(
                      "OpenVINO finds no device here for the target tpu; available devices: CPU")));
}

}  // namespace
}  // namespace namesake
