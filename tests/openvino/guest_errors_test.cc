// What a guest may read when a model of its own can't be loaded.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "namesake/host.h"
#include "namesake/openvino.h"
#include "support/matchers.h"
#include "support/temp_dir.h"
#include "view/host_paths.h"

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

// Junk, what is cut off, what only begins as it should, and what is of another encoding.
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
    // Where backends keep what their readers want in a file.
    ::setenv("TMPDIR", temp_.path().c_str(), 1);
    HostOptions options;
    options.backends.push_back(NewOpenVinoBackend());
    host_ = Host::Create(std::move(options)).value();
    view_ = host_->NewView(
        {.tenant =
             *host_
                  ->AddTenant({.name = "a", .policy = {.guest_register = GuestRegister::kInstance}})
                  .value(),
         .directories = {{.host = files_.path(), .guest = "dir"}}});
  }
  ~GuestErrors() override { ::unsetenv("TMPDIR"); }

  // Says something, and nothing of the host's.
  void ExpectForGuests(const Error& error, const std::vector<view::ByteSpan>& known) const {
    const std::string& message = error.message();
    EXPECT_FALSE(view::NamesHostPath(message, known)) << message;
    EXPECT_FALSE(message.contains(temp_.path().native())) << message;
    EXPECT_FALSE(message.contains("namesake-")) << message;
    EXPECT_FALSE(message.contains(NAMESAKE_SOURCE_DIR)) << message;
    EXPECT_FALSE(message.contains("the host's log")) << message;
  }

  const test::TempDir temp_;
  const test::TempDir files_;
  std::unique_ptr<Host> host_;
  std::unique_ptr<View> view_;
};

TEST_F(GuestErrors, OfBrokenBytesSayWhatIsWrongWithoutAPathOfTheHost) {
  for (const Broken& broken : AllBroken()) {
    SCOPED_TRACE(broken.what + " as " + std::string(EncodingName(broken.encoding)));
    std::vector<view::ByteSpan> parts;
    for (const std::string& part : broken.parts) parts.push_back(std::as_bytes(std::span(part)));
    const auto loaded = view_->Load(parts, broken.encoding, Target::kCpu);
    EXPECT_FALSE(loaded);
    if (!loaded) ExpectForGuests(loaded.error(), parts);
  }
}

TEST_F(GuestErrors, OfBrokenFilesAreInTheGuestsWords) {
  for (const Broken& broken : AllBroken()) {
    if (broken.parts.size() != 1) continue;
    // The reader goes by the name's end, or by a link that has the right one.
    for (const std::string name : {"dir/model", "dir/model.tflite"}) {
      SCOPED_TRACE(broken.what + " as " + std::string(EncodingName(broken.encoding)) + " at " +
                   name);
      files_.Write(name.substr(4), broken.parts[0]);
      const auto done = view_->RegisterNamed("m", broken.encoding, Target::kCpu, name);
      if (done) {
        EXPECT_THAT(view_->UnregisterNamed("m"), test::IsOk());
      } else {
        ExpectForGuests(done.error(), {std::as_bytes(std::span(name))});
      }
    }
  }
}

}  // namespace
}  // namespace namesake
