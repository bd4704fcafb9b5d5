#include "namesake/config.h"

#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <variant>

#include "config/support.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

using namespace std::chrono_literals;
using test::Parse;
using test::TextsOf;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kExample = R"(
[host]
cache_dir = "/var/cache/namesake"
snapshot_dir = "snapshots"
backends = ["openvino", "fake"]
failed_load_ttl = "30 s"
isolation = "tenant"
sandbox = "best effort"
sandbox_devices = ["/dev/dri", "/etc/OpenCL"]
spare_workers = false
worker_cgroup = "/sys/fs/cgroup/namesake"
backend_dir = "programs"
[host.limits]
max_models = 64
max_model_bytes = "2 GiB"
[[models]]
name = "efficientnet"
encoding = "onnx"
path = "models/efficientnet-lite0.onnx"
target = "cpu"
load = "lazy"
backend = "openvino"
isolation = "process"
options = { inference_precision = "f32", threads = 4, fast = true, scale = 0.5 }
warm_up = true
[tenants.acme]
isolation = "process"
grants = ["efficientnet", { model = "efficientnet", as = "classifier" }]
guest_load = true
guest_register = "tenant"
guest_options = ["inference_precision"]
[tenants.acme.limits]
max_models = 4
inference_timeout = "250 ms"
[tenants.acme.instance_limits]
max_contexts = 8
[[tenants.acme.models]]
name = "private"
encoding = "openvino"
paths = ["acme/model.xml", "/weights/model.bin"]
[tenants.other]
host_models = "all"
)";

std::vector<std::filesystem::path> PathsOf(const ConfiguredModel& model) {
  return std::get<ModelFiles>(model.model.source).paths;
}

// Each limit that is set or lifted, as "key=nanoseconds or count", in the struct's order.
template <typename Limits>
std::string Given(const Limits& limits, const Limits& defaults) {
  std::string text;
  const auto add = [&text](std::string_view key, const auto& limit, const auto& standard) {
    if (limit == standard) return;
    text += std::string(key) + " ";
  };
  add("max_models", limits.max_models, defaults.max_models);
  add("max_model_bytes", limits.max_model_bytes, defaults.max_model_bytes);
  add("max_total_model_bytes", limits.max_total_model_bytes, defaults.max_total_model_bytes);
  add("max_tensor_bytes", limits.max_tensor_bytes, defaults.max_tensor_bytes);
  add("max_total_tensor_bytes", limits.max_total_tensor_bytes, defaults.max_total_tensor_bytes);
  add("load_timeout", limits.load_timeout, defaults.load_timeout);
  add("inference_timeout", limits.inference_timeout, defaults.inference_timeout);
  return text;
}

TEST(Config, TheHostIsAsTheFileSays) {
  const Config config = Parse(kExample, {}, "/etc/namesake/acme.toml");
  EXPECT_EQ(config.file, "/etc/namesake/acme.toml");
  EXPECT_EQ(config.cache_dir, "/var/cache/namesake");
  EXPECT_EQ(config.snapshot_dir, "/etc/namesake/snapshots");
  EXPECT_THAT(config.backends, ElementsAre("openvino", "fake"));
  EXPECT_EQ(config.failed_load_ttl, 30s);
  EXPECT_EQ(config.isolation, Isolation::kTenant);
  EXPECT_EQ(config.sandbox, Sandbox::kBestEffort);
  EXPECT_THAT(config.sandbox_devices, ElementsAre("/dev/dri", "/etc/OpenCL"));
  EXPECT_FALSE(config.spare_workers);
  EXPECT_EQ(config.worker_cgroup, "/sys/fs/cgroup/namesake");
  EXPECT_EQ(config.backend_dir, "/etc/namesake/programs");
  EXPECT_EQ(config.limits.max_models, 64U);
  EXPECT_EQ(config.limits.max_model_bytes, std::uint64_t{2} << 30);
  EXPECT_EQ(Given(config.limits, HostLimits{}), "max_models max_model_bytes ");
  EXPECT_EQ(config.limits.max_queued_inferences, HostLimits{}.max_queued_inferences);
}

TEST(Config, TheHostsModelsAreAsTheFileSays) {
  const Config config = Parse(kExample, {}, "/etc/namesake/acme.toml");
  ASSERT_EQ(config.models.size(), 1U);
  const ConfiguredModel& model = config.models.front();
  EXPECT_EQ(model.name, "efficientnet");
  EXPECT_EQ(model.model.encoding, Encoding::kOnnx);
  EXPECT_EQ(model.model.target, Target::kCpu);
  EXPECT_EQ(model.model.backend, "openvino");
  EXPECT_EQ(model.model.origin, Origin::kOperator);
  EXPECT_EQ(model.load, LoadMode::kLazy);
  EXPECT_EQ(model.model.isolation, Isolation::kProcess);
  EXPECT_EQ(model.PlaceOf({"isolation"}).line, 23);
  EXPECT_THAT(PathsOf(model), ElementsAre("/etc/namesake/models/efficientnet-lite0.onnx"));
  EXPECT_EQ(
      model.model.options,
      (BackendOptions{
          {"inference_precision", "f32"}, {"threads", "4"}, {"fast", "true"}, {"scale", "0.5"}}));
  EXPECT_EQ(model.place.source, "/etc/namesake/acme.toml");
  EXPECT_TRUE(model.model.warm_up);
  EXPECT_EQ(model.place.line, 16);
}

TEST(Config, TenantsAreAsTheFileSaysInItsOrder) {
  const Config config = Parse(kExample);
  ASSERT_EQ(config.tenants.size(), 2U);
  const TenantOptions& acme = config.tenants[0].options;
  EXPECT_EQ(acme.name, "acme");
  EXPECT_EQ(acme.policy.host_models, HostModels::kGranted);
  ASSERT_EQ(acme.policy.grants.size(), 2U);
  EXPECT_EQ(acme.policy.grants[0].model, "efficientnet");
  EXPECT_EQ(acme.policy.grants[0].visible_name(), "efficientnet");
  EXPECT_EQ(acme.policy.grants[1].model, "efficientnet");
  EXPECT_EQ(acme.policy.grants[1].visible_name(), "classifier");
  EXPECT_EQ(acme.policy.guest_load, GuestLoad::kAllowed);
  EXPECT_EQ(acme.policy.guest_register, GuestRegister::kTenant);
  EXPECT_THAT(acme.policy.guest_options, ElementsAre("inference_precision"));
  EXPECT_EQ(acme.limits.max_models, 4U);
  EXPECT_EQ(acme.limits.inference_timeout, 250ms);
  EXPECT_EQ(Given(acme.limits, TenantLimits{}), "max_models inference_timeout ");
  EXPECT_EQ(acme.instance_limits.max_contexts, 8U);
  EXPECT_EQ(Given(acme.instance_limits, InstanceLimits{}), "");
  EXPECT_EQ(acme.isolation, Isolation::kProcess);
  EXPECT_EQ(config.tenants[0].places.at("isolation").line, 27);
  EXPECT_EQ(config.tenants[1].options.name, "other");
  EXPECT_EQ(config.tenants[1].options.isolation, std::nullopt);
  EXPECT_EQ(config.tenants[1].options.policy.host_models, HostModels::kAll);
}

TEST(Config, ATenantsModelsAreItsOwn) {
  const Config config = Parse(kExample, {}, "conf/acme.toml");
  ASSERT_EQ(config.tenants[0].models.size(), 1U);
  const ConfiguredModel& model = config.tenants[0].models.front();
  EXPECT_EQ(model.name, "private");
  EXPECT_EQ(model.model.encoding, Encoding::kOpenVino);
  EXPECT_EQ(model.load, LoadMode::kEager);
  EXPECT_THAT(PathsOf(model), ElementsAre("conf/acme/model.xml", "/weights/model.bin"));
  EXPECT_THAT(config.tenants[1].models, IsEmpty());
}

TEST(Config, ATenantThatSaysNothingMaySeeAndDoNothing) {
  const Config config = Parse("[tenants.acme]");
  const Policy& policy = config.tenants[0].options.policy;
  EXPECT_EQ(policy.host_models, HostModels::kGranted);
  EXPECT_THAT(policy.grants, IsEmpty());
  EXPECT_EQ(policy.guest_load, GuestLoad::kForbidden);
  EXPECT_EQ(policy.guest_register, GuestRegister::kNo);
}

TEST(Config, WithoutTenantsThereIsOneThatSeesAllAndMayLoad) {
  for (const char* text : {"", "[[models]]\nname = \"a\"\npath = \"a\"", "[tenants]"}) {
    const Config config = Parse(text);
    ASSERT_EQ(config.tenants.size(), 1U) << text;
    const TenantOptions& tenant = config.tenants[0].options;
    EXPECT_EQ(tenant.name, "default");
    EXPECT_EQ(tenant.policy.host_models, HostModels::kAll);
    EXPECT_EQ(tenant.policy.guest_load, GuestLoad::kAllowed);
    EXPECT_EQ(tenant.policy.guest_register, GuestRegister::kNo);
  }
}

TEST(Config, WhatAFileLeavesOutIsAtItsDefault) {
  const Config config = Parse("[[models]]\nname = \"a\"\npath = \"a\"");
  EXPECT_EQ(config.cache_dir, std::nullopt);
  EXPECT_EQ(config.snapshot_dir, std::nullopt);
  EXPECT_THAT(config.backends, IsEmpty());
  EXPECT_EQ(config.failed_load_ttl, 5s);
  EXPECT_EQ(config.isolation, kDefaultIsolation);
  EXPECT_EQ(config.sandbox, Sandbox::kStrict);
  EXPECT_THAT(config.sandbox_devices, IsEmpty());
  EXPECT_TRUE(config.spare_workers);
  EXPECT_EQ(config.threads, std::nullopt);
  EXPECT_EQ(config.worker_cgroup, std::nullopt);
  EXPECT_EQ(config.backend_dir, std::nullopt);
  EXPECT_EQ(Given(config.limits, HostLimits{}), "");
  const ConfiguredModel& model = config.models.front();
  EXPECT_EQ(model.model.encoding, Encoding::kAutodetect);
  EXPECT_EQ(model.model.target, Target::kCpu);
  EXPECT_EQ(model.model.backend, "");
  EXPECT_EQ(model.load, LoadMode::kEager);
  EXPECT_EQ(model.model.isolation, std::nullopt);
}

TEST(Config, ThreadsAreAsTheFileSays) { EXPECT_EQ(Parse("[host]\nthreads = 6\n").threads, 6U); }

TEST(Config, NoneLiftsALimit) {
  const Config config = Parse(R"(
[host.limits]
max_queued_inferences = "none"
[tenants.acme.instance_limits]
max_model_bytes = "none"
load_timeout = "none"
)");
  EXPECT_EQ(config.limits.max_queued_inferences, std::nullopt);
  const InstanceLimits& limits = config.tenants[0].options.instance_limits;
  EXPECT_EQ(limits.max_model_bytes, std::nullopt);
  EXPECT_EQ(limits.load_timeout, std::nullopt);
}

TEST(Config, ZeroIsALimitWhereItMeansNoneOfThat) {
  const Config config = Parse(R"(
[host]
failed_load_ttl = "0 s"
[host.limits]
max_queued_inferences = 0
[tenants.acme.limits]
max_models = 0
max_queued_inferences = 0
[tenants.acme.instance_limits]
max_models = 0
max_config_bytes = "0 B"
)");
  EXPECT_EQ(config.failed_load_ttl, 0s);
  EXPECT_EQ(config.limits.max_queued_inferences, 0U);
  EXPECT_EQ(config.tenants[0].options.limits.max_models, 0U);
  EXPECT_EQ(config.tenants[0].options.instance_limits.max_models, 0U);
  EXPECT_EQ(config.tenants[0].options.instance_limits.max_config_bytes, 0U);
}

TEST(Config, ScopesMayHaveOneNameEach) {
  const Config config = Parse(R"(
[[models]]
name = "a"
path = "a"
[[tenants.acme.models]]
name = "a"
path = "b"
[[tenants.other.models]]
name = "a"
path = "c"
)");
  EXPECT_EQ(config.models.front().name, "a");
  EXPECT_EQ(config.tenants[0].models.front().name, "a");
  EXPECT_EQ(config.tenants[1].models.front().name, "a");
}

TEST(Config, ATildeIsNotExpanded) {
  EXPECT_EQ(Parse("[host]\ncache_dir = \"./~/cache\"").cache_dir, "./~/cache");
}

TEST(ReadConfig, ReadsAFileAndTakesItsFolderForRelativePaths) {
  const test::TempDir dir;
  const auto file = dir.Write("acme.toml", "[host]\ncache_dir = \"cache\"\n");
  const auto config = ReadConfig(file);
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->cache_dir, dir.path() / "cache");
}

TEST(ReadConfig, AFileThatCantBeReadIsAProblemWithoutALine) {
  const auto missing = ReadConfig("/nowhere/acme.toml");
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(TextsOf(missing.error()),
              ElementsAre("/nowhere/acme.toml: No such file or directory"));
  const auto folder = ReadConfig("/");
  ASSERT_FALSE(folder.has_value());
  EXPECT_THAT(TextsOf(folder.error()), ElementsAre("/: Is a directory"));
  const auto endless = ReadConfig("/dev/zero");
  ASSERT_FALSE(endless.has_value());
  EXPECT_THAT(TextsOf(endless.error()), ElementsAre("/dev/zero: has more than 16.0 MiB"));
}

TEST(UnreadableFiles, AreToldAtTheirPlaces) {
  const test::TempDir dir;
  dir.Write("there.onnx", "");
  const auto file = dir.Write("acme.toml", R"([[models]]
name = "there"
path = "there.onnx"
[[models]]
name = "folder"
path = "."
[[models]]
name = "a"
path = "nowhere.onnx"
[[tenants.acme.models]]
name = "b"
paths = ["there.onnx", "there.onnx/x", "gone"]
)");
  const auto config = ReadConfig(file);
  ASSERT_TRUE(config.has_value());
  const std::string at = dir.path().string();
  EXPECT_THAT(UnreadableFiles(config->models[0]), IsEmpty());
  EXPECT_THAT(UnreadableFiles(config->models[1]), IsEmpty());
  EXPECT_THAT(TextsOf(UnreadableFiles(config->models[2])),
              ElementsAre(at + "/acme.toml:9:8: " + at + "/nowhere.onnx does not exist"));
  EXPECT_THAT(TextsOf(UnreadableFiles(config->tenants[0].models[0])),
              ElementsAre(at + "/acme.toml:12:24: " + at + "/there.onnx/x does not exist",
                          at + "/acme.toml:12:40: " + at + "/gone does not exist"));
}

std::string PlaceText(const ConfiguredModel& model, std::string_view key) {
  return ConfigPlaceText(model.PlaceOf({key}));
}

TEST(ConfigPlaces, AreThoseOfTheKeys) {
  const Config config = Parse(R"([[models]]
name = "a"
encoding = "onnx"
paths = ["a", "b"]
target = "gpu"
backend = "openvino"
options = { threads = 2, "b.c" = 3 }
[[models]]
name = "b"
path = "b"
[host]
cache_dir = "c"
backends = ["fake", "openvino"]
)",
                              {"host.snapshot_dir=s"});
  const ConfiguredModel& model = config.models[0];
  EXPECT_EQ(PlaceText(model, "encoding"), "acme.toml:3:12");
  EXPECT_EQ(PlaceText(model, "paths[0]"), "acme.toml:4:10");
  EXPECT_EQ(PlaceText(model, "paths[1]"), "acme.toml:4:15");
  EXPECT_EQ(PlaceText(model, "target"), "acme.toml:5:10");
  EXPECT_EQ(PlaceText(model, "backend"), "acme.toml:6:11");
  EXPECT_EQ(PlaceText(model, "options.threads"), "acme.toml:7:13");
  EXPECT_EQ(PlaceText(model, "options.b.c"), "acme.toml:7:26");
  // Falls back to the model's own place if the key is not given, and takes the first of several
  // given keys.
  EXPECT_EQ(PlaceText(config.models[1], "encoding"), "acme.toml:8:1");
  EXPECT_EQ(ConfigPlaceText(config.models[1].PlaceOf({"encoding", "paths[0]"})), "acme.toml:10:8");
  EXPECT_EQ(ConfigPlaceText(config.places.at("cache_dir")), "acme.toml:12:13");
  EXPECT_EQ(ConfigPlaceText(config.places.at("backends[1]")), "acme.toml:13:21");
  EXPECT_EQ(ConfigPlaceText(config.places.at("snapshot_dir")), "--set host.snapshot_dir=s");
}

TEST(ReadConfigInPart, HasWhatIsRightBesideWhatIsWrong) {
  const test::TempDir dir;
  const auto file = dir.Write("acme.toml", R"([host]
chache_dir = "c"
[[models]]
name = "a"
path = "a"
encoding = "onxn"
[[models]]
name = "without files"
[tenants.acme]
)");
  const PartialConfig read = ReadConfigInPart(file);
  const std::string at = file.string();
  EXPECT_THAT(TextsOf(read.problems),
              ElementsAre(at + ":2:1: unknown setting \"chache_dir\" in [host]; did you mean "
                               "\"cache_dir\"?",
                          at + ":6:12: \"onxn\" is not a valid value for encoding; did you mean "
                               "\"onnx\"?",
                          at + ":7:1: [[models]] has neither path nor paths"));
  ASSERT_EQ(read.config.models.size(), 1U);
  EXPECT_EQ(read.config.models[0].name, "a");
  EXPECT_EQ(read.config.tenants.size(), 1U);
  EXPECT_EQ(ReadConfigInPart(dir.Write("not.toml", "[")).problems.size(), 1U);
}

ConfigProblem ProblemAt(const std::string& source, int line, int column) {
  ConfigProblem problem;
  problem.place.source = source;
  problem.place.line = line;
  problem.place.column = column;
  problem.message = "wrong";
  return problem;
}

TEST(SortProblems, PutsThoseOfTheFileFirstAndInItsOrder) {
  std::vector<ConfigProblem> problems;
  problems.push_back(ProblemAt("--set a=1", 0, 0));
  problems.push_back(ProblemAt("acme.toml", 10, 1));
  problems.push_back(ProblemAt("acme.toml", 9, 20));
  problems.push_back(ProblemAt("acme.toml", 9, 3));
  SortProblems("acme.toml", problems);
  EXPECT_THAT(TextsOf(problems), ElementsAre("acme.toml:9:3: wrong", "acme.toml:9:20: wrong",
                                             "acme.toml:10:1: wrong", "--set a=1: wrong"));
}

}  // namespace
}  // namespace namesake
