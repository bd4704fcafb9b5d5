// Errors as a guest reads them: in Namesake's own words, without host paths and library texts. Both
// are in the detail, which only the operator reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/temporary_dir.h"
#include "support/environment.h"
#include "support/host_fixture.h"
#include "support/onnx_bytes.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using test::ExternalTensor;
using test::Fails;
using test::FailsInDetail;
using test::Field;
using test::IsOk;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

// Checks models like a real backend, and fails with a library's text.
class StrictBackend : public fake::Backend {
 public:
  explicit StrictBackend(fake::Counters& counters)
      : fake::Backend({Encoding::kOpenVino, Encoding::kOnnx, Encoding::kTensorFlow,
                       Encoding::kTensorFlowLite, Encoding::kGgml},
                      counters) {}

  Result<ModelLayout> Layout(const Model& model) const override {
    // The fake backend's scripts.
    if (model.encoding == Encoding::kGgml) return fake::Backend::Layout(model);
    return CheckLayout(model);
  }
};

// A version and one node, and optionally a tensor in a file.
std::string Onnx(const std::string& tensor = "") {
  return "\x08\x08" +
         Field(7, Field(1, Field(4, "Relu")) + (tensor.empty() ? "" : Field(5, tensor)));
}

// Has four bytes of weights, from offset 4 on.
constexpr std::string_view kIr =
    R"(<net version="11"><layer type="Const"><data element_type="u8" shape="4" offset="3" )"
    R"(size="4"/></layer></net>)";

class ErrorsForGuests : public test::HostFixture {
 protected:
  ErrorsForGuests() {
    fs::create_directory(host_dir_.path() / "guests");
    HostOptions options{.isolation = Isolation::kProcess};
    options.snapshot_dir = copies();
    HostFixture::Make(std::move(options));
    view_ = NewView(AddTenant({.name = "a",
                               .policy = {.host_models = HostModels::kAll,
                                          .guest_load = GuestLoad::kAllowed,
                                          .guest_register = GuestRegister::kInstance}}),
                    {{.host = host_dir_.path() / "guests", .guest = "dir"}});
  }

  std::unique_ptr<Backend> NewBackend(Isolation /*isolation*/) override {
    return std::make_unique<StrictBackend>(counters_);
  }

  fs::path copies() const { return host_dir_.path() / "copies"; }
  void Write(const std::string& name, std::string_view content) const {
    host_dir_.Write("guests/" + name, content);
  }
  Result<void> Register(const std::string& path, Encoding encoding = Encoding::kAutodetect) {
    return view_->RegisterNamed("m", encoding, Target::kCpu, path);
  }
  template <typename... Parts>
  Result<GraphHandle> LoadParts(Encoding encoding, const Parts&... given) {
    const std::vector<std::span<const std::byte>> parts = {std::as_bytes(std::span(given))...};
    return view_->Load(parts, encoding, Target::kCpu);
  }

  // Guests read `message`. Host paths are only in the detail.
  void ExpectOwnWords(const Result<void>& done, ErrorCode code, std::string_view message) const {
    EXPECT_THAT(done, Fails(code, message));
    EXPECT_THAT(done, FailsInDetail(code, HasSubstr(host_dir_.path().native())));
  }

  const test::TempDir host_dir_;
  std::unique_ptr<View> view_;
};

TEST_F(ErrorsForGuests, BytesThatAreNoModelAreNamedByTheirSize) {
  const std::string junk = "junk";
  for (const Encoding encoding : {Encoding::kOpenVino, Encoding::kOnnx, Encoding::kTensorFlow,
                                  Encoding::kTensorFlowLite, Encoding::kAutodetect}) {
    const auto loaded = LoadParts(encoding, junk);
    ASSERT_FALSE(loaded) << EncodingName(encoding);
    EXPECT_FALSE(loaded.error().has_detail()) << loaded.error().detail();
    EXPECT_THAT(loaded.error().message(), StartsWith("a model of 4 bytes in memory "));
  }
  // The XML library's text is not ours.
  const std::string cut_off = R"(<net version="11"><layers)";
  const auto loaded = LoadParts(Encoding::kOpenVino, cut_off);
  EXPECT_THAT(loaded, Fails(ErrorCode::kRuntimeError,
                            "a model of 25 bytes in memory is damaged or cut off at byte 24; copy "
                            "it again"));
  EXPECT_THAT(loaded, FailsInDetail(ErrorCode::kRuntimeError,
                                    "a model of 25 bytes in memory is damaged or cut off: Error "
                                    "parsing start element tag at byte 24; copy it again"));
}

TEST_F(ErrorsForGuests, AFileIsWhatTheGuestCallsIt) {
  Write("junk", "\x01\x02\x03\x04");
  ExpectOwnWords(Register("dir/junk", Encoding::kOpenVino), ErrorCode::kInvalidEncoding,
                 "dir/junk is not an OpenVINO IR");
  ExpectOwnWords(Register("/dir//junk", Encoding::kTensorFlowLite), ErrorCode::kInvalidEncoding,
                 "/dir//junk is not a TensorFlow Lite model");
  ExpectOwnWords(
      Register("dir/junk"), ErrorCode::kInvalidEncoding,
      "dir/junk has no recognized model format; if the file is intact, set its encoding");
  Write("empty", "");
  ExpectOwnWords(Register("dir/empty", Encoding::kTensorFlow), ErrorCode::kRuntimeError,
                 "dir/empty is empty; copy the model again");
  ExpectOwnWords(Register("dir/empty"), ErrorCode::kRuntimeError,
                 "dir/empty is empty; copy the model again");
  Write("graph.onnx", Field(1, Field(1, "x") + Field(2, "Placeholder")));
  ExpectOwnWords(Register("dir/graph.onnx", Encoding::kTensorFlowLite), ErrorCode::kInvalidEncoding,
                 "dir/graph.onnx is a TensorFlow graph, not a TensorFlow Lite model; set its "
                 "encoding to tensorflow");
  Write("saved/x", "");
  ExpectOwnWords(Register("dir/saved"), ErrorCode::kRuntimeError,
                 "dir/saved is a directory, but not a TensorFlow SavedModel: it has no "
                 "saved_model.pb; give a model file, or the directory that contains it");
  ExpectOwnWords(Register("dir/saved", Encoding::kTensorFlow), ErrorCode::kRuntimeError,
                 "dir/saved is not a TensorFlow SavedModel: it has no saved_model.pb; give the "
                 "directory that contains it");
  Write("saved/saved_model.pb", "");
  ExpectOwnWords(Register("dir/saved", Encoding::kTensorFlow), ErrorCode::kRuntimeError,
                 "saved_model.pb is empty; copy the model again");
}

TEST_F(ErrorsForGuests, FilesBesideAModelAreAsTheModelSpellsThem) {
  Write("m.onnx", Onnx(ExternalTensor("deep/w") + Field(13, Field(1, "length") + Field(2, "11"))));
  Write("deep/w", "ten bytes.");
  ExpectOwnWords(
      Register("dir/m.onnx"), ErrorCode::kRuntimeError,
      "dir/m.onnx refers to weights beyond the end of deep/w, which has 10 bytes; copy both "
      "again");
  Write("deep/w", "");
  ExpectOwnWords(Register("dir/m.onnx"), ErrorCode::kRuntimeError,
                 "deep/w is empty; copy the model again");
  Write("net.xml", kIr);
  ExpectOwnWords(Register("dir/net.xml"), ErrorCode::kRuntimeError,
                 "dir/net.xml has weights, but dir/net.bin does not exist; put the .bin beside the "
                 ".xml or give both paths");
  Write("net.bin", "short");
  ExpectOwnWords(
      Register("dir/net.xml"), ErrorCode::kRuntimeError,
      "dir/net.xml refers to weights beyond the end of dir/net.bin, which has 5 of 7 bytes; "
      "copy both again");
}

TEST_F(ErrorsForGuests, ALibrarysWordsAreInTheDetail) {
  const std::string fails = "fail_load in /layer/Conv";
  const auto loaded = LoadParts(Encoding::kGgml, fails);
  EXPECT_THAT(loaded, Fails(ErrorCode::kRuntimeError, "the model can't be loaded"));
  EXPECT_THAT(loaded, FailsInDetail(ErrorCode::kRuntimeError, "in /layer/Conv"));
  Write("fails", fails);
  const auto registered = Register("dir/fails", Encoding::kGgml);
  EXPECT_THAT(registered, Fails(ErrorCode::kRuntimeError, "the model can't be loaded"));
  EXPECT_THAT(registered, FailsInDetail(ErrorCode::kRuntimeError, "in /layer/Conv"));
  const std::string computes_not = "out u8 1\nfail_compute at /opt/lib/gpu.so";
  const auto context =
      view_->InitExecutionContext(LoadParts(Encoding::kGgml, computes_not).value()).value();
  const auto computed = view_->Compute(context);
  EXPECT_THAT(computed, Fails(ErrorCode::kRuntimeError, "the model can't compute"));
  EXPECT_THAT(computed, FailsInDetail(ErrorCode::kRuntimeError, "at /opt/lib/gpu.so"));
}

TEST_F(ErrorsForGuests, WhyAnOperatorsModelCantBeLoadedIsTheOperatorsAffair) {
  const auto add = [&](std::string_view name, Encoding encoding, const std::string& file) {
    ASSERT_THAT(host_->Register(
                    name, {.encoding = encoding, .source = ModelFiles{{host_dir_.path() / file}}}),
                IsOk());
  };
  add("absent", Encoding::kOnnx, "absent.onnx");
  add("junk", Encoding::kAutodetect, "guests/junk");
  add("scripted", Encoding::kGgml, "guests/fails");
  Write("junk", "junk");
  Write("fails", "fail_load /opt/lib/gpu.so");
  for (const std::string name : {"absent", "junk", "scripted"}) {
    const auto found = view_->LoadByName(name);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().message(), "the model \"" + name + "\" can't be loaded");
    EXPECT_THAT(
        found.error().detail(),
        AllOf(StartsWith("the model \"" + name + "\" can't be loaded: "),
              HasSubstr(name == "scripted" ? "/opt/lib/gpu.so" : host_dir_.path().native())));
  }
}

TEST_F(ErrorsForGuests, PlacesOfTheHostsThatCantBeUsedAreNotTold) {
  Write("m.onnx", Onnx());
  std::ofstream(copies()) << "no directory";
  ExpectOwnWords(Register("dir/m.onnx"), ErrorCode::kRuntimeError,
                 "can't copy \"dir/m.onnx\": the host's directory for copies can't be used");
  const test::Environment temporary("TMPDIR", copies().c_str());
  const auto dir = base::TemporaryDir();
  EXPECT_THAT(dir, Fails(ErrorCode::kRuntimeError, "the host has no usable temporary directory"));
  EXPECT_THAT(dir, FailsInDetail(ErrorCode::kRuntimeError, HasSubstr(copies().native())));
}

TEST_F(ErrorsForGuests, AnyFileOfTheHostsIsCalledSo) {
  const auto expect = [&](const auto& result, std::string_view message) {
    EXPECT_THAT(result, Fails(ErrorCode::kRuntimeError, message));
    EXPECT_THAT(result,
                FailsInDetail(ErrorCode::kRuntimeError, HasSubstr(host_dir_.path().native())));
  };
  const fs::path absent = host_dir_.path() / "absent";
  expect(base::MappedFile::Open(absent), "can't read a host file: No such file or directory");
  expect(base::MappedFile::Open(host_dir_.path()),
         "can't read a host file: it is not a regular file");
  const fs::path open_to_all = host_dir_.path() / "open";
  fs::create_directory(open_to_all);
  fs::permissions(open_to_all, fs::perms::all);
  expect(base::MakePrivateDirectory(open_to_all),
         "other users can write to a host directory; use a directory of your own or remove their "
         "write permission");
}

}  // namespace
}  // namespace namesake
