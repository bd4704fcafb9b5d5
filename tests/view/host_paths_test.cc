#include "view/host_paths.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "support/host_fixture.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

using test::Fails;

bool Names(std::string_view message, std::string_view known = "") {
  const std::vector<view::ByteSpan> parts = {std::as_bytes(std::span(known))};
  return view::NamesHostPath(message, parts);
}

TEST(HostPaths, AreSeenWhereverTheyStand) {
  for (const char* const message :
       {"/tmp/x", "can't read /tmp/namesake-1/model.pb: no", "no \"/srv/m\"", "of '/srv/m'",
        "file:///srv/m", "(/srv/m)", "at=/srv/m", "see //srv/m", "a /.hidden", "one/two and /three",
        "the end is /"}) {
    EXPECT_EQ(Names(message), message != std::string_view("the end is /")) << message;
  }
}

TEST(HostPaths, AreNotWhatMerelyHasASlash) {
  for (const char* const message : {"", "and/or", "models/m.onnx", "src/core/x.cc:12", "3 / 4",
                                    "./m", "../m", "a model of 3.0 MiB in memory"}) {
    EXPECT_FALSE(Names(message)) << message;
  }
}

TEST(HostPaths, AreNotWhatTheGuestHasGiven) {
  EXPECT_FALSE(Names("no operator in node \"/layer/Conv\".", "xx/layer/Convxx"));
  EXPECT_FALSE(Names("the node /layer/Conv.", "/layer/Conv"));
  EXPECT_TRUE(Names("the node /layer/Conv in /tmp/model", "/layer/Conv"));
  EXPECT_TRUE(Names("the node /layer/Conv", "/layer/Con"));
}

TEST(HostPaths, OfManyOneIsTakenForTheHosts) {
  std::string message;
  for (int i = 0; i < 8; ++i) message += " /a";
  EXPECT_FALSE(Names(message, "/a"));
  EXPECT_TRUE(Names(message + " /a", "/a"));
}

// Says where it looked, as libraries do.
class TellingBackend : public fake::Backend {
 public:
  explicit TellingBackend(fake::Counters& counters)
      : fake::Backend({Encoding::kOnnx, Encoding::kTensorFlowLite}, counters) {}

  Result<std::shared_ptr<const Graph>> LoadLayout(const Model& model, ModelLayout layout,
                                                  const LoadOptions& options,
                                                  Deadline deadline) override {
    auto loaded = fake::Backend::LoadLayout(model, std::move(layout), options, deadline);
    if (loaded) return loaded;
    return std::unexpected(loaded.error().WithContext(
        model.target == Target::kGpu ? "/opt/lib/gpu.so" : SourceText(model)));
  }
};

class GuestErrors : public test::HostFixture {
 protected:
  GuestErrors() {
    Make();
    view_ =
        host_->NewView({.tenant = *AddTenant(
                            {.name = "a", .policy = {.guest_register = GuestRegister::kInstance}}),
                        .directories = {{.host = dir_.path(), .guest = "dir"}}});
  }
  std::unique_ptr<Backend> NewBackend() override {
    return std::make_unique<TellingBackend>(counters_);
  }
  Result<void> Register(std::string_view text, Target target = Target::kCpu,
                        std::string_view path = "dir/m.tflite") {
    dir_.Write("m.tflite", text);
    return view_->RegisterNamed("m", Encoding::kTensorFlowLite, target, path);
  }

  const test::TempDir dir_;
  std::unique_ptr<View> view_;
};

TEST_F(GuestErrors, OfItsOwnBytesHaveNoPathButThoseOfTheBytes) {
  const auto load = [&](std::string_view text, Target target) {
    const std::vector parts = {std::as_bytes(std::span(text))};
    return view_->Load(parts, Encoding::kOnnx, target);
  };
  EXPECT_THAT(load("fail_load in /layer/Conv", Target::kCpu),
              Fails(ErrorCode::kRuntimeError, "a model of 24 bytes in memory: in /layer/Conv"));
  EXPECT_THAT(
      load("fail_load no", Target::kGpu),
      Fails(ErrorCode::kRuntimeError, "the model can't be loaded; the host's log has the reason"));
}

TEST_F(GuestErrors, OfItsOwnFilesAreInTheGuestsWords) {
  EXPECT_THAT(Register("fail_load no"), Fails(ErrorCode::kRuntimeError, "dir/m.tflite: no"));
  EXPECT_THAT(Register("fail_load no", Target::kCpu, "/dir//m.tflite"),
              Fails(ErrorCode::kRuntimeError, "/dir//m.tflite: no"));
  const auto hidden = Fails(ErrorCode::kRuntimeError,
                            "the model \"m\" can't be loaded; the host's log has the reason");
  EXPECT_THAT(Register("fail_load no", Target::kGpu), hidden);
  EXPECT_THAT(Register("fail_load in /layer/Conv"), hidden);
}

}  // namespace
}  // namespace namesake
