#include "namesake/configured_host.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <string_view>

#include "backend_fake/fake_backend.h"
#include "support/matchers.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using test::Fails;
using test::IsOk;
using testing::ElementsAre;
using testing::IsEmpty;

class ConfiguredHostTest : public testing::Test {
 protected:
  // Parses the text with "DIR" replaced by the folder.
  Config Parse(std::string text) const {
    for (auto at = text.find("DIR"); at != std::string::npos; at = text.find("DIR")) {
      text.replace(at, 3, dir_.path().string());
    }
    auto config = ParseConfig(text, "acme.toml");
    EXPECT_TRUE(config.has_value()) << (config ? "" : ConfigProblemText(config.error().front()));
    if (!config) return {};
    // The backends here are in this process.
    if (!config->places.contains("isolation")) config->isolation = Isolation::kProcess;
    return *std::move(config);
  }

  Result<std::unique_ptr<ConfiguredHost>> Create(const std::string& text) {
    std::vector<std::unique_ptr<Backend>> backends;
    for (const Isolation isolation : {Isolation::kProcess, Isolation::kTenant}) {
      backends.push_back(std::make_unique<fake::Backend>(std::vector{Encoding::kOnnx}, first_,
                                                         "first", isolation));
      backends.push_back(std::make_unique<fake::Backend>(
          std::vector{Encoding::kOnnx, Encoding::kOpenVino}, second_, "second", isolation));
    }
    return ConfiguredHost::Create(Parse(text), std::move(backends));
  }

  // Returns the type of input 0 of the named model, such as "f32".
  static std::string TypeOf(const ConfiguredHost& configured, std::string_view name,
                            const Owner& owner = Owner::Host()) {
    const auto lease = configured.host().Acquire(name, Deadline::Never(), owner);
    if (!lease) return lease.error().detail();
    return std::string(ElementTypeName(lease->graph().inputs().front().type));
  }

  static std::vector<std::string> Texts(const std::vector<ConfigProblem>& problems) {
    std::vector<std::string> texts;
    for (const ConfigProblem& problem : problems) texts.push_back(ConfigProblemText(problem));
    return texts;
  }

  test::TempDir dir_;
  fake::Counters first_;
  fake::Counters second_;
};

constexpr const char* kOne = R"(
[[models]]
name = "a"
encoding = "onnx"
path = "DIR/a"
)";

TEST_F(ConfiguredHostTest, TheBackendsAreThoseTheConfigurationNamesInItsOrder) {
  dir_.Write("a", "io f32 1");
  const auto all = Create(kOne).value();
  EXPECT_EQ(TypeOf(*all, "a"), "f32");
  EXPECT_EQ(first_.loads, 1);
  const auto turned = Create(std::string("host.backends = [\"second\", \"first\"]") + kOne).value();
  EXPECT_EQ(TypeOf(*turned, "a"), "f32");
  EXPECT_EQ(second_.loads, 1);
  EXPECT_EQ(turned->host().Backends().size(), 2U);
  EXPECT_THAT(Create("host.backends = [\"onnxruntime\"]"),
              Fails(ErrorCode::kInvalidArgument,
                    "acme.toml:1:18: unknown backend \"onnxruntime\"; expected one of: first, "
                    "second"));
}

TEST_F(ConfiguredHostTest, TemporaryFilesGoWhereTheConfigurationWasTold) {
  Config config = Parse("");
  config.temporary_dir = dir_.path();
  const auto host = ConfiguredHost::Create(std::move(config), {}).value();
  EXPECT_EQ(host->host().snapshot_dir().value_or("").parent_path(), dir_.path());
}

TEST_F(ConfiguredHostTest, AModelThatCantBeRegisteredIsNamedWithItsPlace) {
  EXPECT_THAT(Create("[[models]]\nname = \"a\"\nencoding = \"ggml\"\npath = \"a\"\n"),
              Fails(ErrorCode::kInvalidEncoding,
                    "acme.toml:3:12: model \"a\": no backend serves the encoding ggml; encodings "
                    "served: onnx, openvino"));
}

TEST_F(ConfiguredHostTest, ATenantIsFoundByNameOrByBeingTheOnlyOne) {
  const auto none = Create("").value();
  EXPECT_THAT(none->FindTenant(std::nullopt), IsOk());
  EXPECT_THAT(none->TenantNames(), ElementsAre("default"));
  const auto two = Create("[tenants.acme]\n[tenants.zeta]\n").value();
  EXPECT_THAT(two->FindTenant("zeta"), IsOk());
  EXPECT_NE(two->FindTenant("zeta").value(), two->FindTenant("acme").value());
  EXPECT_THAT(two->FindTenant("bolt"),
              Fails(ErrorCode::kNotFound, "unknown tenant \"bolt\"; expected one of: acme, zeta"));
  EXPECT_THAT(
      two->FindTenant(std::nullopt),
      Fails(ErrorCode::kInvalidArgument, "there are several tenants; choose one of: acme, zeta"));
}

// Otherwise there would be two default tenants, and a guest without a tenant would not get what the
// file says.
TEST_F(ConfiguredHostTest, TheDefaultTenantOfAFileIsTheHostsOwn) {
  for (const char* const text :
       {"", "[tenants.default]\nlimits.max_models = 0\n[tenants.acme]\n"}) {
    const auto host = Create(text).value();
    EXPECT_EQ(host->FindTenant("default").value().get(), &host->host().default_tenant());
  }
  const auto host = Create("[tenants.default]\nguest_load = true\nlimits.max_models = 0\n").value();
  EXPECT_THAT(host->host().Register("m", fake::NewModel("io u8 1"), LoadMode::kLazy,
                                    host->host().default_tenant()),
              Fails(ErrorCode::kTooLarge, testing::HasSubstr("max_models = 0")));
  const auto other = Create("[tenants.acme]\n").value();
  EXPECT_NE(other->FindTenant("acme").value().get(), &other->host().default_tenant());
  EXPECT_THAT(other->FindTenant("default"), Fails(ErrorCode::kNotFound, testing::_));
}

constexpr const char* kTenants = R"(
[[models]]
name = "eager"
encoding = "onnx"
path = "DIR/a"
[[models]]
name = "lazy"
encoding = "onnx"
path = "DIR/a"
load = "lazy"
[[models]]
name = "unseen"
encoding = "onnx"
path = "DIR/broken"
[tenants.acme]
grants = ["lazy", { model = "eager", as = "mine" }, { model = "eager", as = "other" }]
[[tenants.acme.models]]
name = "own"
encoding = "onnx"
path = "DIR/own"
[tenants.zeta]
host_models = "all"
)";

TEST_F(ConfiguredHostTest, OnlyEagerModelsThatTheTenantSeesAreLoadedAndAwaited) {
  dir_.Write("a", "io f32 1");
  dir_.Write("broken", "fail_load no memory");
  dir_.Write("own", "fail_load no luck");
  const auto configured = Create(kTenants).value();
  const auto acme = configured->FindTenant("acme").value();
  configured->Prefetch(*acme);
  EXPECT_THAT(Texts(configured->AwaitEager(*acme, Deadline::Never())),
              ElementsAre("acme.toml:20:8: model \"own\" of tenant \"acme\": no luck"));
  EXPECT_EQ(first_.loads, 2);
  const auto zeta = configured->FindTenant("zeta").value();
  EXPECT_THAT(Texts(configured->AwaitEager(*zeta, Deadline::Never())),
              ElementsAre("acme.toml:14:8: model \"unseen\": no memory"));
  EXPECT_EQ(first_.loads, 3);
}

TEST_F(ConfiguredHostTest, AVisibleModelIsFoundAsItIsConfigured) {
  dir_.Write("a", "io f32 1");
  const auto configured = Create(kTenants).value();
  const auto acme = configured->FindTenant("acme").value();
  const auto visible = configured->host().VisibleModels(*acme);
  ASSERT_EQ(visible.size(), 4U);  // lazy, mine, other, own
  EXPECT_EQ(configured->FindModel(visible[1], *acme)->name, "eager");
  EXPECT_EQ(std::get<ModelFiles>(configured->FindModel(visible[3], *acme)->model.source).paths[0],
            dir_.path() / "own");
}

TEST_F(ConfiguredHostTest, AReloadOfTheSameDoesNothing) {
  dir_.Write("a", "io f32 1");
  const auto configured = Create(kOne).value();
  EXPECT_EQ(TypeOf(*configured, "a"), "f32");
  const auto report = configured->Reload(Parse(kOne));
  EXPECT_THAT(report.replaced, IsEmpty());
  EXPECT_THAT(report.added, IsEmpty());
  EXPECT_THAT(report.removed, IsEmpty());
  EXPECT_THAT(report.failed, IsEmpty());
  EXPECT_THAT(report.not_applied, IsEmpty());
  EXPECT_EQ(first_.loads, 1);
}

TEST_F(ConfiguredHostTest, AModelWhoseFileChangedIsReplacedOnce) {
  dir_.Write("a", "io f32 1");
  const auto configured = Create(kOne).value();
  EXPECT_EQ(TypeOf(*configured, "a"), "f32");
  dir_.Write("new", "io u8 11");
  fs::rename(dir_.path() / "new", dir_.path() / "a");
  EXPECT_THAT(configured->Reload(Parse(kOne)).replaced, ElementsAre("model \"a\""));
  EXPECT_EQ(TypeOf(*configured, "a"), "u8");
  EXPECT_THAT(configured->Reload(Parse(kOne)).replaced, IsEmpty());
}

TEST_F(ConfiguredHostTest, AModelThatTakesOrGivesOtherTensorsIsTold) {
  dir_.Write("a", "io f32 1,?");
  const auto configured = Create(kOne).value();
  EXPECT_EQ(TypeOf(*configured, "a"), "f32");
  dir_.Write("a", "io f32 1,? \nbytes 100");
  EXPECT_THAT(configured->Reload(Parse(kOne)).changed, IsEmpty());
  dir_.Write("a", "in u8 4\nout f32 2");
  EXPECT_THAT(configured->Reload(Parse(kOne)).changed,
              ElementsAre("model \"a\": its inputs changed from in0 f32 [1,?] to in0 u8 [4]; its "
                          "outputs changed from out0 f32 [1,?] to out0 f32 [2]"));
}

TEST_F(ConfiguredHostTest, AFileWithoutTheModelsThatItHadChangesNothing) {
  dir_.Write("a", "io f32 1");
  const auto configured = Create(kOne).value();
  for (const char* const text : {"", "[host.limits]\nmax_models = 3\n", "[tenants.acme]\n"}) {
    const auto report = configured->Reload(Parse(text));
    EXPECT_EQ(
        report.refused,
        "it lists no models but listed 1 before; to remove them all, write models = [] in it");
    EXPECT_THAT(report.not_applied, IsEmpty());
    EXPECT_THAT(report.removed, IsEmpty());
  }
  EXPECT_EQ(TypeOf(*configured, "a"), "f32");
  const auto report = configured->Reload(Parse("models = []"));
  EXPECT_EQ(report.refused, "");
  EXPECT_THAT(report.removed, ElementsAre("model \"a\""));
  // No models are left to lose.
  EXPECT_EQ(configured->Reload(Parse("")).refused, "");
}

// Same size and time: only the inode or the change time shows the change.
TEST_F(ConfiguredHostTest, AFileOfTheSameSizeIsSeenToHaveChanged) {
  dir_.Write("a", "io f32 1");
  const auto configured = Create(kOne).value();
  EXPECT_EQ(TypeOf(*configured, "a"), "f32");
  const auto time = fs::last_write_time(dir_.path() / "a");
  dir_.Write("new", "io f64 1");
  fs::last_write_time(dir_.path() / "new", time);
  fs::rename(dir_.path() / "new", dir_.path() / "a");
  configured->Reload(Parse(kOne));
  EXPECT_EQ(TypeOf(*configured, "a"), "f64");
  dir_.Write("a", "io f16 1");
  fs::last_write_time(dir_.path() / "a", time + std::chrono::seconds(1));
  configured->Reload(Parse(kOne));
  EXPECT_EQ(TypeOf(*configured, "a"), "f16");
}

TEST_F(ConfiguredHostTest, TheWeightsBesideAModelCountAsItsFiles) {
  dir_.Write("m.xml", "io f32 1");
  dir_.Write("m.bin", "1");
  const char* const text =
      "[[models]]\nname = \"a\"\nencoding = \"openvino\"\npath = \"DIR/m.xml\"\n";
  const auto configured = Create(text).value();
  dir_.Write("m.bin", "12");
  EXPECT_THAT(configured->Reload(Parse(text)).replaced, ElementsAre("model \"a\""));
}

TEST_F(ConfiguredHostTest, AnyFileInAModelsDirectoryCountsAsItsFile) {
  dir_.Write("saved/a/variables", "1");
  const char* const text =
      "[[models]]\nname = \"a\"\nencoding = \"autodetect\"\nload = \"lazy\"\npath = "
      "\"DIR/saved\"\n";
  const auto configured = Create(text).value();
  dir_.Write("saved/a/variables", "12");
  EXPECT_THAT(configured->Reload(Parse(text)).replaced, ElementsAre("model \"a\""));
  dir_.Write("saved/a/more", "");
  EXPECT_THAT(configured->Reload(Parse(text)).replaced, ElementsAre("model \"a\""));
  EXPECT_EQ(first_.loads, 0);
}

TEST_F(ConfiguredHostTest, EveryPartOfADefinitionCountsAsAChange) {
  dir_.Write("a", "io f32 1");
  dir_.Write("b", "io f32 1");
  const std::string named = "[[models]]\nname = \"a\"\n";
  const std::string lazy = "load = \"lazy\"\n";
  const auto configured = Create(named + lazy + "encoding = \"onnx\"\npath = \"DIR/a\"").value();
  const auto reload = [&](const std::string& text) {
    return configured->Reload(Parse(named + text)).replaced;
  };
  std::string other = "encoding = \"openvino\"\n";
  EXPECT_THAT(reload(lazy + other + "path = \"DIR/a\""), ElementsAre("model \"a\""));
  for (const char* more :
       {"path = \"DIR/b\"\n", "target = \"auto\"\n", "backend = \"second\"\n",
        "options = { x = 1 }\n", "isolation = \"process\"\n", "warm_up = true\n"}) {
    other += more;
    EXPECT_THAT(reload(lazy + other), ElementsAre("model \"a\"")) << more;
  }
  EXPECT_THAT(reload(lazy + other), IsEmpty());
  EXPECT_EQ(first_.loads + second_.loads, 0);
  EXPECT_THAT(reload(other), ElementsAre("model \"a\""));
  EXPECT_EQ(second_.loads, 1);
}

TEST_F(ConfiguredHostTest, AModelThatCantBeReplacedKeepsTheOldOneAndIsTriedAgain) {
  dir_.Write("a", "io f32 1");
  const auto configured = Create(kOne).value();
  EXPECT_EQ(TypeOf(*configured, "a"), "f32");
  dir_.Write("a", "fail_load it is broken");
  const auto report = configured->Reload(Parse(kOne));
  EXPECT_THAT(Texts(report.failed),
              ElementsAre("acme.toml:5:8: kept the old model \"a\": it is broken"));
  EXPECT_THAT(report.replaced, IsEmpty());
  EXPECT_EQ(TypeOf(*configured, "a"), "f32");
  EXPECT_EQ(configured->Reload(Parse(kOne)).failed.size(), 1U);
  dir_.Write("a", "io u8 1");
  EXPECT_THAT(configured->Reload(Parse(kOne)).replaced, ElementsAre("model \"a\""));
  EXPECT_EQ(TypeOf(*configured, "a"), "u8");
}

TEST_F(ConfiguredHostTest, WhatIsNewIsLoadedIfItIsEagerAndWhatIsGoneIsNotFound) {
  dir_.Write("a", "io f32 1");
  dir_.Write("own", "io u8 1");
  dir_.Write("broken", "io f32 1");
  const auto configured = Create(kOne).value();
  const auto report = configured->Reload(Parse(R"(
[[models]]
name = "b"
encoding = "onnx"
path = "DIR/a"
[[models]]
name = "c"
encoding = "onnx"
path = "DIR/a"
load = "lazy"
)"));
  EXPECT_THAT(report.added, ElementsAre("model \"b\"", "model \"c\""));
  EXPECT_THAT(report.removed, ElementsAre("model \"a\""));
  EXPECT_EQ(first_.loads, 1);
  EXPECT_EQ(TypeOf(*configured, "b"), "f32");
  EXPECT_THAT(configured->host().Acquire("a", Deadline::Never()),
              Fails(ErrorCode::kNotFound, testing::_));
}

TEST_F(ConfiguredHostTest, WhatIsGoneMakesRoomForWhatIsNew) {
  dir_.Write("a", "io f32 1");
  const std::string limit = "host.limits.max_models = 1\n";
  const auto configured = Create(limit + kOne).value();
  const auto report = configured->Reload(
      Parse(limit + "[[models]]\nname = \"b\"\nencoding = \"onnx\"\npath = \"DIR/a\"\n"));
  EXPECT_THAT(report.added, ElementsAre("model \"b\""));
  EXPECT_THAT(report.failed, IsEmpty());
}

TEST_F(ConfiguredHostTest, ANewModelThatCantBeLoadedIsNotAddedAndIsTriedAgain) {
  dir_.Write("a", "fail_load it is broken");
  const auto configured = Create("host.failed_load_ttl = \"1 ns\"").value();
  const std::string text = std::string("host.failed_load_ttl = \"1 ns\"") + kOne;
  EXPECT_THAT(Texts(configured->Reload(Parse(text)).failed),
              ElementsAre("acme.toml:5:8: did not add the model \"a\": it is broken"));
  EXPECT_THAT(configured->host().Models(), IsEmpty());
  dir_.Write("a", "io f32 1");
  EXPECT_THAT(configured->Reload(Parse(text)).added, ElementsAre("model \"a\""));
}

TEST_F(ConfiguredHostTest, ATenantsModelsAreReloadedForTheTenantAlone) {
  dir_.Write("a", "io f32 1");
  dir_.Write("own", "io f32 1");
  const std::string text = std::string(kOne) +
                           "[tenants.acme]\n[[tenants.acme.models]]\nname = \"a\"\n"
                           "encoding = \"onnx\"\npath = \"DIR/own\"\n";
  const auto configured = Create(text).value();
  const auto acme = configured->FindTenant("acme").value();
  dir_.Write("own", "io u8 11");
  EXPECT_THAT(configured->Reload(Parse(text)).replaced,
              ElementsAre("model \"a\" of tenant \"acme\""));
  EXPECT_EQ(TypeOf(*configured, "a", *acme), "u8");
  EXPECT_EQ(TypeOf(*configured, "a"), "f32");
}

TEST_F(ConfiguredHostTest, WhatOnlyANewStartBringsIsTold) {
  dir_.Write("a", "io f32 1");
  dir_.Write("own", "io f32 1");
  const auto configured = Create(std::string(kOne) + R"(
[tenants.acme]
[tenants.gone]
[[tenants.gone.models]]
name = "own"
encoding = "onnx"
path = "DIR/own"
)")
                              .value();
  const auto report = configured->Reload(Parse(std::string(R"(
[host]
backends = ["first"]
failed_load_ttl = "1 s"
cache_dir = "DIR/cache"
snapshot_dir = "DIR/snapshots"
limits.max_models = 5
)") + kOne + R"(
[tenants.acme]
grants = ["a"]
limits.max_models = 3
[tenants.fresh]
[[tenants.fresh.models]]
name = "x"
encoding = "onnx"
path = "DIR/own"
)"));
  EXPECT_THAT(
      report.not_applied,
      ElementsAre("the change to the host's cache_dir", "the change to the host's snapshot_dir",
                  "the change to the host's backends", "the change to the host's failed_load_ttl",
                  "the change to the host's limits", "the change to what tenant \"acme\" may use",
                  "the change to the limits of tenant \"acme\"", "the removal of tenant \"gone\"",
                  "the new tenant \"fresh\""));
  EXPECT_THAT(report.added, IsEmpty());
  EXPECT_THAT(report.removed, IsEmpty());
  EXPECT_EQ(TypeOf(*configured, "own", *configured->FindTenant("gone").value()), "f32");
}

// Tenants with workers, one model of the host's for each word of `models`, and one of tenant b's.
std::string WithWorkers(std::initializer_list<std::string_view> models) {
  std::string text = "host.isolation = \"tenant\"\n";
  for (const std::string_view name : models) {
    text += fmt::format("[[models]]\nname = \"{}\"\nencoding = \"onnx\"\npath = \"DIR/{}\"\n", name,
                        name);
  }
  return text + R"(
[tenants.a]
host_models = "all"
[tenants.b]
host_models = "all"
[[tenants.b.models]]
name = "own"
encoding = "onnx"
path = "DIR/own"
)";
}

class WorkersTest : public ConfiguredHostTest {
 protected:
  WorkersTest() {
    dir_.Write("m", "io f32 1");
    dir_.Write("own", "io f32 1");
    configured_ = Create(WithWorkers({"m"})).value();
    a_ = configured_->FindTenant("a").value();
    b_ = configured_->FindTenant("b").value();
  }
  ModelState StateFor(const std::shared_ptr<const Tenant>& tenant, std::string_view name) const {
    return configured_->host().Status(name, Owner::Host(), *tenant)->state;
  }
  int LoadsFor(const std::shared_ptr<const Tenant>& tenant) const {
    return first_.loads_for.Of(tenant->placement());
  }

  std::unique_ptr<ConfiguredHost> configured_;
  std::shared_ptr<const Tenant> a_;
  std::shared_ptr<const Tenant> b_;
};

TEST_F(WorkersTest, EagerModelsAreLoadedAndAwaitedForTheTenant) {
  configured_->Prefetch(*a_);
  EXPECT_THAT(configured_->AwaitEager(*a_, Deadline::Never()), IsEmpty());
  EXPECT_EQ(StateFor(a_, "m"), ModelState::kReady);
  EXPECT_EQ(StateFor(b_, "m"), ModelState::kRegistered);
  EXPECT_THAT(configured_->AwaitEager(*b_, Deadline::Never()), IsEmpty());
  EXPECT_EQ(LoadsFor(a_), 1);
  EXPECT_EQ(LoadsFor(b_), 2);
  EXPECT_EQ(first_.loads, 3);
}

TEST_F(WorkersTest, AFailureIsReportedForTheTenantThatMetIt) {
  EXPECT_THAT(configured_->AwaitEager(*a_, Deadline::Never()), IsEmpty());
  dir_.Write("m", "fail_load it is broken");
  EXPECT_THAT(Texts(configured_->AwaitEager(*b_, Deadline::Never())),
              ElementsAre("acme.toml:5:8: model \"m\": it is broken"));
  EXPECT_EQ(StateFor(a_, "m"), ModelState::kReady);
}

TEST_F(WorkersTest, AReloadLoadsForTheTenantsThatHaveBegun) {
  const auto view = configured_->host().NewView({.tenant = *a_});
  ASSERT_TRUE(configured_->host().AwaitLoads(Deadline::Never()));
  EXPECT_EQ(LoadsFor(a_), 1);
  dir_.Write("m", "io u8 1");
  dir_.Write("new", "io u8 1");
  const auto report = configured_->Reload(Parse(WithWorkers({"m", "new"})));
  EXPECT_THAT(report.replaced, ElementsAre("model \"m\""));
  EXPECT_THAT(report.added, ElementsAre("model \"new\""));
  EXPECT_THAT(report.changed,
              ElementsAre("model \"m\": its inputs changed from in0 f32 [1] to in0 u8 [1]; its "
                          "outputs changed from out0 f32 [1] to out0 u8 [1]"));
  EXPECT_EQ(StateFor(a_, "m"), ModelState::kReady);
  EXPECT_EQ(StateFor(a_, "new"), ModelState::kReady);
  EXPECT_EQ(LoadsFor(a_), 3);
  EXPECT_EQ(first_.loads, 3);
}

TEST_F(WorkersTest, AReloadAddsNothingThatLoadsForNobody) {
  const auto view = configured_->host().NewView({.tenant = *a_});
  dir_.Write("new", "fail_load it is broken");
  EXPECT_THAT(Texts(configured_->Reload(Parse(WithWorkers({"m", "new"}))).failed),
              ElementsAre("acme.toml:9:8: did not add the model \"new\": it is broken"));
  EXPECT_EQ(configured_->host().Status("new", Owner::Host(), *a_), std::nullopt);
}

TEST_F(WorkersTest, WhereTenantsRunChangesAtTheNextStart) {
  std::string text = WithWorkers({"m"});
  text.replace(
      text.find("host.isolation = \"tenant\""), 25,
      "[host]\nisolation = \"process\"\nsandbox = \"best effort\"\n"
      "sandbox_devices = [\"/dev/dri\"]\nspare_workers = false\nworker_cgroup = \"GROUP\"\n"
      "backend_dir = \"DIR\"");
  text.replace(text.find("[tenants.a]"), 11, "[tenants.a]\nisolation = \"tenant\"");
  EXPECT_THAT(
      configured_->Reload(Parse(text)).not_applied,
      ElementsAre("the change to the host's isolation", "the change to the host's sandbox",
                  "the change to the host's sandbox_devices",
                  "the change to the host's spare_workers",
                  "the change to the host's worker_cgroup", "the change to the host's backend_dir",
                  "the change to the isolation of tenant \"a\""));
}

TEST_F(ConfiguredHostTest, AReloadThatIsAskedToStopLeavesTheRest) {
  dir_.Write("a", "io f32 1");
  const auto configured = Create(kOne).value();
  std::stop_source stop;
  stop.request_stop();
  const auto report = configured->Reload(Parse(""), stop.get_token());
  EXPECT_THAT(report.removed, IsEmpty());
  EXPECT_EQ(TypeOf(*configured, "a"), "f32");
}

}  // namespace
}  // namespace namesake
