#include "namesake/host.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "backend_fake/fake_backend.h"
#include "support/environment.h"
#include "support/gate.h"
#include "support/matchers.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

// An owner is always somebody: it can't be empty, and neither can a view's authority.
static_assert(!std::is_default_constructible_v<Owner>);
static_assert(!std::is_constructible_v<Owner, std::nullptr_t>);
static_assert(!std::is_constructible_v<Owner, std::shared_ptr<const Tenant>>);
static_assert(std::is_convertible_v<const Tenant&, Owner>);
static_assert(!std::is_default_constructible_v<Authority>);

using test::Fails;
using test::FailsInDetail;
using test::IsOk;

class HostTest : public testing::Test {
 protected:
  Result<std::unique_ptr<Host>> Make(HostOptions options = {}) {
    options.isolation = Isolation::kProcess;
    options.backends.push_back(std::make_unique<fake::Backend>(
        std::vector{Encoding::kOnnx, Encoding::kTensorFlow}, first_, "first"));
    options.backends.push_back(std::make_unique<fake::Backend>(
        std::vector{Encoding::kOnnx, Encoding::kGgml}, second_, "second"));
    return Host::Create(std::move(options));
  }

  fake::Counters first_;
  fake::Counters second_;
};

TEST_F(HostTest, TheFirstBackendThatReadsAnEncodingServesIt) {
  const auto host = Make().value();
  ASSERT_THAT(host->Register("a", fake::NewModel("io f32 1", Encoding::kOnnx)), IsOk());
  ASSERT_THAT(host->Register("b", fake::NewModel("io f32 1", Encoding::kGgml)), IsOk());
  EXPECT_THAT(host->Acquire("a", Deadline::Never()), IsOk());
  EXPECT_THAT(host->Acquire("b", Deadline::Never()), IsOk());
  EXPECT_EQ(first_.loads, 1);
  EXPECT_EQ(second_.loads, 1);
}

// Reads ONNX, and knows the options of its name and "threads".
class BackendWithOptions : public fake::Backend {
 public:
  BackendWithOptions(fake::Counters& counters, std::string name)
      : fake::Backend({Encoding::kOnnx}, counters, name), name_(std::move(name)) {}

  bool KnowsOption(std::string_view key) const override { return key == name_ || key == "threads"; }

 private:
  std::string name_;
};

TEST_F(HostTest, TheFirstBackendThatKnowsTheOptionsServesAModel) {
  HostOptions options{.isolation = Isolation::kProcess};
  options.backends.push_back(std::make_unique<BackendWithOptions>(first_, "hint"));
  options.backends.push_back(std::make_unique<BackendWithOptions>(second_, "precision"));
  const auto host = Host::Create(std::move(options)).value();
  const auto load = [&](std::string name, BackendOptions of_model) {
    Model model = fake::NewModel("io f32 1", Encoding::kOnnx);
    model.options = std::move(of_model);
    EXPECT_THAT(host->Register(name, std::move(model)), IsOk());
    static_cast<void>(host->Acquire(name, Deadline::Never()));
    return std::pair(first_.loads.load(), second_.loads.load());
  };
  EXPECT_EQ(load("of both", {{"threads", "1"}}), std::pair(1, 0));
  EXPECT_EQ(load("of the second", {{"precision", "f32"}, {"threads", "1"}}), std::pair(1, 1));
  EXPECT_EQ(load("of the first", {{"hint", "fast"}}), std::pair(2, 1));
  // The first one says what is wrong with options that nobody knows.
  EXPECT_EQ(load("of nobody", {{"precision", "f32"}, {"hint", "fast"}}), std::pair(3, 1));
}

TEST_F(HostTest, AnEncodingThatNobodyServesListsThoseThatAre) {
  EXPECT_THAT(
      Make().value()->Register("a", fake::NewModel("", Encoding::kPyTorch)),
      Fails(ErrorCode::kInvalidEncoding,
            "no backend serves the encoding pytorch; encodings served: ggml, onnx, tensorflow"));
}

// "<net  />" is an OpenVINO IR, which neither backend reads; "GGUF…" is ggml's format.
TEST_F(HostTest, AnEncodingToDetectIsKnownWhenTheModelIsRead) {
  const auto host = Make().value();
  ASSERT_THAT(host->Register("ir", fake::NewModel("<net  />", Encoding::kAutodetect)), IsOk());
  ASSERT_THAT(host->Register("text", fake::NewModel("io f32 1", Encoding::kAutodetect)), IsOk());
  EXPECT_THAT(
      host->Acquire("ir", Deadline::Never()),
      Fails(ErrorCode::kInvalidEncoding,
            "no backend serves the encoding openvino; encodings served: ggml, onnx, tensorflow"));
  EXPECT_THAT(
      host->Acquire("text", Deadline::Never()),
      Fails(ErrorCode::kInvalidEncoding,
            testing::StartsWith("a model of 8 bytes in memory is plain text, not a model; ")));
  EXPECT_EQ(first_.loads + second_.loads, 0);
  EXPECT_EQ(host->Models()[0].encoding, Encoding::kAutodetect);
}

TEST_F(HostTest, ADetectedEncodingPicksTheBackend) {
  const auto host = Make().value();
  ASSERT_THAT(host->Register(
                  "a", fake::NewModel(std::string_view("GGUF\3\0\0\0", 8), Encoding::kAutodetect)),
              IsOk());
  // The fake backend's models are different text, so the load itself fails.
  EXPECT_THAT(host->Acquire("a", Deadline::Never()), Fails(ErrorCode::kRuntimeError, testing::_));
  EXPECT_EQ(first_.loads, 0);
  EXPECT_EQ(second_.loads, 1);
}

TEST_F(HostTest, TheBackendOfAnEncodingComesFirst) {
  HostOptions options{.isolation = Isolation::kProcess};
  options.backends.push_back(std::make_unique<BackendWithOptions>(first_, "hint"));
  options.backends.push_back(std::make_unique<BackendWithOptions>(second_, "precision"));
  options.encoding_backends = {{Encoding::kOnnx, "precision"}};
  const auto host = Host::Create(std::move(options)).value();
  const auto load = [&](std::string name, BackendOptions of_model, std::string backend = "") {
    Model model = fake::NewModel("io f32 1");
    model.options = std::move(of_model);
    model.backend = std::move(backend);
    return host->Register(name, std::move(model)) && host->Acquire(name, Deadline::Never());
  };
  EXPECT_TRUE(load("a", {}));
  EXPECT_TRUE(load("b", {{"threads", "1"}}));
  EXPECT_EQ(second_.loads, 2);
  // A model's own options and backend count more.
  EXPECT_TRUE(load("c", {{"hint", "1"}}));
  EXPECT_TRUE(load("d", {}, "hint"));
  EXPECT_EQ(first_.loads, 2);
}

TEST_F(HostTest, BackendsNeedDifferentNames) {
  HostOptions options{.isolation = Isolation::kProcess};
  for (int i = 0; i < 2; ++i) {
    options.backends.push_back(
        std::make_unique<fake::Backend>(std::vector{Encoding::kOnnx}, first_));
  }
  EXPECT_THAT(Host::Create(std::move(options)),
              Fails(ErrorCode::kInvalidArgument, "two backends are named \"fake\""));
}

TEST_F(HostTest, ANameMustBeOne) {
  EXPECT_THAT(Make().value()->Register("", fake::NewModel("")),
              Fails(ErrorCode::kInvalidArgument, "a model's name is empty"));
  EXPECT_THAT(Make().value()->Acquire("a\n", Deadline::Never()),
              Fails(ErrorCode::kInvalidArgument, testing::_));
}

TEST_F(HostTest, SaysWhichCacheDirectoryItCantUse) {
  const test::TempDir dir;
  HostOptions options{.isolation = Isolation::kProcess};
  options.cache_dir = dir.Write("file", "");
  EXPECT_THAT(Make(std::move(options)),
              Fails(ErrorCode::kRuntimeError, testing::HasSubstr("as the cache directory")));
}

// Records the directory for temporary files that it is given.
class TemporaryBackend : public fake::Backend {
 public:
  TemporaryBackend(fake::Counters& counters, std::optional<std::filesystem::path>& seen)
      : fake::Backend({Encoding::kOnnx}, counters), seen_(seen) {}

 private:
  Result<std::shared_ptr<const Graph>> LoadLayout(const Model& model, ModelLayout layout,
                                                  const LoadOptions& options,
                                                  Deadline deadline) override {
    seen_ = options.temporary_dir;
    return fake::Backend::LoadLayout(model, std::move(layout), options, deadline);
  }

  std::optional<std::filesystem::path>& seen_;
};

TEST_F(HostTest, TemporaryFilesAndCopiesGoWhereItIsTold) {
  const test::TempDir dir;
  const auto copies_of = [&](const std::optional<std::filesystem::path>& temporary) {
    std::optional<std::filesystem::path> seen = "never asked";
    HostOptions options{.temporary_dir = temporary, .isolation = Isolation::kProcess};
    options.backends.push_back(std::make_unique<TemporaryBackend>(first_, seen));
    const auto host = Host::Create(std::move(options)).value();
    EXPECT_THAT(host->Register("a", fake::NewModel("io f32 1")), IsOk());
    EXPECT_THAT(host->Acquire("a", Deadline::Never()), IsOk());
    EXPECT_EQ(seen, temporary);
    return host->snapshot_dir();
  };
  const auto name = "namesake-" + std::to_string(::geteuid());
  EXPECT_EQ(copies_of(dir.path()), dir.path() / name);
  EXPECT_EQ(copies_of(""), std::nullopt);
  const test::Environment set("TMPDIR", dir.path().c_str());
  EXPECT_EQ(copies_of(std::nullopt), dir.path() / name);
  const test::Environment missing("TMPDIR", (dir.path() / "missing").c_str());
  EXPECT_EQ(copies_of(std::nullopt), std::nullopt);
}

TEST_F(HostTest, LoadsAllOfItsModelsAhead) {
  const auto host = Make().value();
  ASSERT_THAT(host->Register("a", fake::NewModel("io f32 1\nload_ms 20")), IsOk());
  ASSERT_THAT(host->Register("b", fake::NewModel("fail_load no")), IsOk());
  host->PrefetchAll();
  EXPECT_THAT(host->Acquire("a", Deadline::Never()), IsOk());
  EXPECT_THAT(host->Acquire("b", Deadline::Never()), FailsInDetail(ErrorCode::kRuntimeError, "no"));
  const auto models = host->Models();
  ASSERT_EQ(models.size(), 2U);
  EXPECT_EQ(models[0].state, ModelState::kReady);
  EXPECT_GE(models[0].load_time, std::chrono::milliseconds(20));
  EXPECT_EQ(models[1].state, ModelState::kFailed);
  EXPECT_EQ(first_.loads, 2);
}

// Loads only once the test allows it.
class GatedBackend : public fake::Backend {
 public:
  GatedBackend(fake::Counters& counters, test::Gate& gate)
      : fake::Backend({Encoding::kOnnx}, counters, "gated"), gate_(gate) {}

  Result<std::shared_ptr<const Graph>> LoadLayout(const Model& model, ModelLayout layout,
                                                  const LoadOptions& options,
                                                  Deadline deadline) override {
    gate_.Pass();
    return fake::Backend::LoadLayout(model, std::move(layout), options, deadline);
  }

 private:
  test::Gate& gate_;
};

TEST_F(HostTest, TellsWhetherModelsAreLoading) {
  test::Gate gate;
  HostOptions options{.isolation = Isolation::kProcess};
  options.backends.push_back(std::make_unique<GatedBackend>(first_, gate));
  const auto host = Host::Create(std::move(options)).value();
  const auto now = Deadline::After({});
  EXPECT_TRUE(host->AwaitLoads(now));
  const auto tenant = host->AddTenant({.name = "a"}).value();
  ASSERT_THAT(host->Register("m", fake::NewModel("io f32 1"), LoadMode::kEager, *tenant), IsOk());
  host->PrefetchAll();
  EXPECT_TRUE(gate.AwaitReached());
  EXPECT_FALSE(host->AwaitLoads(now));
  EXPECT_FALSE(host->AwaitLoads(Deadline::After(std::chrono::milliseconds(1))));
  gate.Open();
  EXPECT_TRUE(host->AwaitLoads(Deadline::Never()));
  EXPECT_EQ(host->Models(*tenant).at(0).state, ModelState::kReady);
}

TEST_F(HostTest, AModelIsItsOwnersAlone) {
  const auto host = Make().value();
  const auto acme = host->AddTenant({.name = "acme"}).value();
  const auto zeta = host->AddTenant({.name = "zeta"}).value();
  for (const Owner& owner : {Owner::Host(), Owner(*acme)}) {
    ASSERT_THAT(host->Register("m", fake::NewModel("io f32 1"), LoadMode::kLazy, owner), IsOk());
    EXPECT_EQ(host->Models(owner).size(), 1U);
    EXPECT_THAT(host->Acquire("m", Deadline::Never(), owner), IsOk());
  }
  EXPECT_TRUE(host->Models(*zeta).empty());
  EXPECT_THAT(host->Unregister("m", *zeta), Fails(ErrorCode::kNotFound, testing::_));
  EXPECT_THAT(host->Unregister("m"), IsOk());
  EXPECT_EQ(host->Models(*acme).size(), 1U);
}

TEST_F(HostTest, AnOwnerAndAViewPinTheTenant) {
  auto host = Make().value();
  std::weak_ptr<const Tenant> tenant = host->AddTenant({.name = "acme"}).value();
  std::optional<Owner> owner = *tenant.lock();
  EXPECT_EQ(owner, Owner(*tenant.lock()));
  EXPECT_NE(owner, Owner::Host());
  auto view = host->NewView({.tenant = owner->tenant()});
  host.reset();
  owner.reset();
  EXPECT_FALSE(tenant.expired());
  EXPECT_THAT(view->LoadByName("m"), Fails(ErrorCode::kNotFound, testing::_));
  view.reset();
  EXPECT_TRUE(tenant.expired());
}

TEST_F(HostTest, AViewWithoutAnAuthorityIsTheDefaultTenants) {
  const auto host = Make().value();
  ASSERT_THAT(
      host->Register("m", fake::NewModel("io f32 1"), LoadMode::kLazy, host->default_tenant()),
      IsOk());
  const auto view = host->NewView();
  EXPECT_THAT(view->LoadByName("m"), IsOk());
}

}  // namespace
}  // namespace namesake
