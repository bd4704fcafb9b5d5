// The problems that a file can have, with one assertion for each kind.
#include <gmock/gmock.h>

#include <string>

#include "config/support.h"
#include "namesake/config.h"

namespace namesake {
namespace {

using test::ProblemsOf;
using test::Texts;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(ConfigProblems, WhatIsNotTomlIsToldWithItsPlace) {
  EXPECT_THAT(ProblemsOf("[host]\ncache_dir = \n"),
              ElementsAre("acme.toml:2:13: not TOML: Error while parsing key-value pair: expected "
                          "value, saw '\\n'"));
  EXPECT_THAT(ProblemsOf("[host]\n[host]\n"), ElementsAre(testing::HasSubstr("acme.toml:2:")));
  EXPECT_THAT(ProblemsOf("a = \"\xff\""), ElementsAre(testing::HasSubstr("not TOML")));
  EXPECT_THAT(ProblemsOf("a = \u0216"), ElementsAre(testing::HasSubstr("acme.toml:1:5: not TOML")));
  EXPECT_THAT(ProblemsOf("[\na]"),
              ElementsAre("acme.toml:1:2: not TOML: Error while parsing key: expected bare key "
                          "starting character or string delimiter, saw '\\n'"));
}

TEST(ConfigProblems, AnUnknownKeyIsToldWithTheNearest) {
  EXPECT_THAT(ProblemsOf(R"(hots = 1
[host]
cash_dir = "x"
[host.limits]
max_modles = 3
[[models]]
name = "a"
path = "a"
taget = "cpu"
[tenants.acme]
grnts = []
[tenants.acme.limits]
max_laods = 3
[tenants."b c".instance_limits]
max_grafs = 3
[[tenants.acme.models]]
name = "b"
pth = "b"
path = "b"
)"),
              ElementsAre("acme.toml:1:1: unknown setting \"hots\"; did you mean \"host\"?",
                          "acme.toml:3:1: unknown setting \"cash_dir\" in [host]; did you mean "
                          "\"cache_dir\"?",
                          "acme.toml:5:1: unknown setting \"max_modles\" in [host.limits]; did "
                          "you mean \"max_models\"?",
                          "acme.toml:9:1: unknown setting \"taget\" in [[models]]; did you mean "
                          "\"target\"?",
                          "acme.toml:11:1: unknown setting \"grnts\" in [tenants.acme]; did you "
                          "mean \"grants\"?",
                          "acme.toml:13:1: unknown setting \"max_laods\" in "
                          "[tenants.acme.limits]; did you mean \"max_loads\"?",
                          "acme.toml:15:1: unknown setting \"max_grafs\" in [tenants.\"b "
                          "c\".instance_limits]; did you mean \"max_graphs\"?",
                          "acme.toml:18:1: unknown setting \"pth\" in "
                          "[[tenants.acme.models]]; did you mean \"path\"?"));
}

TEST(ConfigProblems, AWrongTypeIsToldWithTheRightOne) {
  EXPECT_THAT(
      ProblemsOf(R"([host]
cache_dir = 3
backends = "openvino"
failed_load_ttl = 5
[host.limits]
max_models = "3"
max_model_bytes = 2
load_timeout = 1.5
max_loads = 2.0
[[models]]
name = true
path = ["a"]
options = []
[[models]]
name = "b"
paths = "b"
options = { a = [1], "b.c" = 2024-01-01, d = 1 }
[[models]]
name = "c"
paths = ["c", 1]
[tenants.acme]
guest_load = "yes"
grants = "a"
guest_options = [1]
limits = 3
)"),
      ElementsAre(
          "acme.toml:2:13: cache_dir must be a string, not an integer",
          "acme.toml:3:12: backends must be a list of strings, not a string",
          "acme.toml:4:19: failed_load_ttl must be a duration such as \"250 ms\", not an "
          "integer",
          "acme.toml:6:14: max_models must be an integer or \"none\", not a string",
          "acme.toml:7:19: max_model_bytes must be a size such as \"2 GiB\", or \"none\", not an "
          "integer",
          "acme.toml:8:16: load_timeout must be a duration such as \"250 ms\", or \"none\", not "
          "1.5",
          "acme.toml:9:13: max_loads must be an integer or \"none\", not 2.0",
          "acme.toml:11:8: name must be a string, not a boolean",
          "acme.toml:12:8: path must be a string, not a list",
          "acme.toml:13:11: options must be a table, not a list",
          "acme.toml:16:9: paths must be a list of paths, not a string",
          "acme.toml:17:17: options.a must be a string, a number or a boolean, not a list",
          "acme.toml:17:30: options.\"b.c\" must be a string, a number or a boolean, not a date or "
          "time",
          "acme.toml:20:15: an element of paths must be a string, not an integer",
          "acme.toml:22:14: guest_load must be true or false, not a string",
          "acme.toml:23:10: grants must be a list of grants, not a string",
          "acme.toml:24:18: an element of guest_options must be a string, not an "
          "integer",
          "acme.toml:25:10: limits must be a table, not an integer"));
  EXPECT_THAT(
      ProblemsOf("host = 1\nmodels = 2\ntenants = 3"),
      ElementsAre("acme.toml:1:8: host must be a table, not an integer",
                  "acme.toml:2:10: models must be a list of tables, each headed [[models]], "
                  "not an integer",
                  "acme.toml:3:11: tenants must be a table, not an integer"));
  EXPECT_THAT(ProblemsOf("models = [3]\ntenants.acme = 3\ntenants.other.models = 3"),
              ElementsAre("acme.toml:1:11: an element of models must be a table, not an integer",
                          "acme.toml:2:16: tenants.acme must be a table, not an integer",
                          "acme.toml:3:24: models must be a list of tables, each headed "
                          "[[tenants.other.models]], not an integer"));
}

TEST(ConfigProblems, ADeviceIsAnAbsolutePath) {
  EXPECT_THAT(ProblemsOf("[host]\nsandbox_devices = [\"/dev/dri\", \"gpu\", \"\"]\n"),
              ElementsAre("acme.toml:2:32: sandbox_devices[1]: \"gpu\" is not an absolute path",
                          "acme.toml:2:39: an element of sandbox_devices is empty"));
}

TEST(ConfigProblems, ThereIsAtLeastOneThread) {
  const auto told = [](const std::string& what) {
    return ElementsAre("acme.toml:2:11: threads must be an integer from 1 to 4096, not " + what);
  };
  EXPECT_THAT(ProblemsOf("[host]\nthreads = 0\n"), told("0"));
  EXPECT_THAT(ProblemsOf("[host]\nthreads = -1\n"), told("-1"));
  EXPECT_THAT(ProblemsOf("[host]\nthreads = 4097\n"), told("4097"));
  EXPECT_THAT(ProblemsOf("[host]\nthreads = 1.5\n"), told("1.5"));
  EXPECT_THAT(ProblemsOf("[host]\nthreads = \"two\"\n"), told("a string"));
  EXPECT_THAT(ProblemsOf("[host]\nthreads = 4096\n"), ElementsAre());
}

TEST(ConfigProblems, AnUnknownIsolationOrSandboxIsToldWithTheKnownOnes) {
  EXPECT_THAT(
      ProblemsOf(R"([host]
isolation = "none"
sandbox = "strickt"
sandbox_devices = "gpu"
backend_dir = ""
[host.limits]
max_worker_memory_bytes = "1 GiB"
[[models]]
name = "a"
path = "a"
isolation = "tennant"
[tenants.acme]
isolation = true
[tenants.acme.limits]
max_worker_memory_bytes = "2 GiB"
)"),
      ElementsAre("acme.toml:2:13: \"none\" is not a valid value for isolation; expected one "
                  "of: process, tenant, host",
                  "acme.toml:3:11: \"strickt\" is not a valid value for sandbox; did you "
                  "mean \"strict\"?",
                  "acme.toml:4:19: sandbox_devices must be a list of strings, not a string",
                  "acme.toml:5:15: backend_dir is empty",
                  "acme.toml:11:13: \"tennant\" is not a valid value for isolation; did you "
                  "mean \"tenant\"?",
                  "acme.toml:13:13: isolation must be a string, not a boolean",
                  "acme.toml:15:27: max_worker_memory_bytes is 2 GiB, but the host's is "
                  "1 GiB"));
}

TEST(ConfigProblems, AValueOutOfRangeIsToldWithTheRange) {
  EXPECT_THAT(ProblemsOf(R"([host.limits]
max_models = 0
max_inferences = 0
max_loads = -1
max_queued_inferences = -1
max_tensor_bytes = "0 B"
inference_timeout = "0 s"
[tenants.acme.instance_limits]
max_graphs = 0
max_name_bytes = "256 B"
)"),
              ElementsAre("acme.toml:2:14: max_models must be at least 1, not 0",
                          "acme.toml:3:18: max_inferences must be at least 1, not 0",
                          "acme.toml:4:13: max_loads must be at least 1, not -1",
                          "acme.toml:5:25: max_queued_inferences must be at least 0, not -1",
                          "acme.toml:6:20: max_tensor_bytes must be at least 1 B, not 0 B",
                          "acme.toml:7:21: inference_timeout must be at least 1 ns, not 0 s",
                          "acme.toml:9:14: max_graphs must be at least 1, not 0",
                          "acme.toml:10:18: max_name_bytes must be at most 255 B, not 256 B"));
}

TEST(ConfigProblems, ASizeOrDurationThatIsNoneIsToldWithAnExample) {
  EXPECT_THAT(
      ProblemsOf(R"([host]
failed_load_ttl = "5"
[host.limits]
max_model_bytes = "2 gigs"
load_timeout = "-1 s"
)"),
      ElementsAre("acme.toml:2:19: failed_load_ttl: \"5\" is not a duration: it has no unit; "
                  "write it like \"250 ms\" or \"1.5 s\"",
                  "acme.toml:4:19: max_model_bytes: \"2 gigs\" is not a size; write it like "
                  "\"2 GiB\" or \"500 MB\"",
                  "acme.toml:5:16: load_timeout: \"-1 s\" is not a duration: it is negative"));
}

TEST(ConfigProblems, AWordThatIsNoneOfTheChoicesIsToldWithTheNearest) {
  EXPECT_THAT(
      ProblemsOf(R"([[models]]
name = "a"
path = "a"
encoding = "ONXN"
target = "npu"
load = "later"
[tenants.acme]
guest_register = "tenants"
host_models = "none"
)"),
      ElementsAre(
          "acme.toml:4:12: \"ONXN\" is not a valid value for encoding; did you mean \"onnx\"?",
          "acme.toml:5:10: \"npu\" is not a valid value for target; did you mean \"cpu\"?",
          "acme.toml:6:8: \"later\" is not a valid value for load; expected one of: eager, lazy",
          "acme.toml:8:18: \"tenants\" is not a valid value for guest_register; did you mean "
          "\"tenant\"?",
          "acme.toml:9:15: \"none\" is not a valid value for host_models; expected one of: "
          "granted, all"));
}

TEST(ConfigProblems, AModelNeedsANameAndOneWayToItsFiles) {
  EXPECT_THAT(ProblemsOf(R"([[models]]
path = "a"
[[models]]
name = "b"
[[models]]
name = "c"
path = "c"
paths = ["c"]
[[models]]
name = "d"
paths = []
[[models]]
name = "e"
path = ""
[[models]]
name = "f"
path = "f\u0000g"
[[models]]
name = "g"
path = "g"
backend = ""
)"),
              ElementsAre("acme.toml:1:1: [[models]] has no name",
                          "acme.toml:3:1: [[models]] has neither path nor paths",
                          "acme.toml:8:9: [[models]] has both path and paths; give only one",
                          "acme.toml:11:9: paths is empty", "acme.toml:14:8: path is empty",
                          "acme.toml:17:8: path has a zero byte, which a path can't contain",
                          "acme.toml:21:11: backend is empty"));
}

TEST(ConfigProblems, ANameThatCantBeOneIsToldWithTheRule) {
  const std::string longest(255, 'x');
  EXPECT_THAT(ProblemsOf("[tenants." + longest + "]\n[tenants.y" + longest + "]\n[tenants.\"\"]\n" +
                         "[tenants.\"a\\tb\"]\n[[models]]\nname = \"\"\npath = \"a\"\n" +
                         "[[models]]\nname = \"a\\nb\"\npath = \"a\"\n"),
              ElementsAre("acme.toml:2:10: a tenant's name has 256 bytes; at most 255 are allowed",
                          "acme.toml:3:10: a tenant's name is empty",
                          "acme.toml:4:10: the tenant name \"a\\x09b\" has a control character",
                          "acme.toml:6:8: a model's name is empty",
                          "acme.toml:9:8: the model name \"a\\x0ab\" has a control character"));
}

TEST(ConfigProblems, TwoModelsOfOneScopeCantHaveOneName) {
  EXPECT_THAT(ProblemsOf(R"([[models]]
name = "a"
path = "a"
[[models]]
name = "a"
path = "b"
[[tenants.acme.models]]
name = "a"
path = "a"
[[tenants.acme.models]]
name = "a"
path = "b"
)"),
              ElementsAre("acme.toml:5:8: the name \"a\" is already used on line 2",
                          "acme.toml:11:8: the name \"a\" is already used on line 8"));
}

TEST(ConfigProblems, AKeyInTheWrongTableIsToldWithTheRightOne) {
  EXPECT_THAT(
      ProblemsOf(R"(limits = {}
cache_dir = "c"
[host]
max_models = 3
[host.limits]
max_graphs = 3
snapshot_dir = "s"
[[models]]
name = "a"
path = "a"
grants = []
host.cache_dir = "c"
[tenants."b c"]
max_models = 3
max_contexts = 3
model = "a"
)"),
      ElementsAre(
          "acme.toml:1:1: unknown setting \"limits\"; it goes in [host] or in "
          "[tenants.NAME]",
          "acme.toml:2:1: unknown setting \"cache_dir\"; it goes in [host]",
          "acme.toml:4:1: unknown setting \"max_models\" in [host]; it goes in "
          "[host.limits]",
          "acme.toml:6:1: unknown setting \"max_graphs\" in [host.limits]; it goes in "
          "[tenants.NAME.instance_limits]",
          "acme.toml:7:1: unknown setting \"snapshot_dir\" in [host.limits]; it goes in [host]",
          "acme.toml:11:1: unknown setting \"grants\" in [[models]]; it goes in "
          "[tenants.NAME]",
          "acme.toml:12:1: unknown setting \"host\" in [[models]]; it goes above "
          "the first table",
          "acme.toml:14:1: unknown setting \"max_models\" in [tenants.\"b c\"]; it goes in "
          "[tenants.\"b c\".limits] or in [tenants.\"b c\".instance_limits]",
          "acme.toml:15:1: unknown setting \"max_contexts\" in [tenants.\"b c\"]; it goes in "
          "[tenants.\"b c\".instance_limits]",
          "acme.toml:16:1: unknown setting \"model\" in [tenants.\"b c\"]; did you "
          "mean \"models\"?"));
}

TEST(ConfigProblems, AnOldNameIsAnsweredWithTheNewOne) {
  EXPECT_THAT(ProblemsOf(R"([host]
failure_memory = "5 s"
max_computes = 2
[host.limits]
max_computes = 2
max_queued_computes = 8
compute_timeout = "1 s"
)"),
              ElementsAre("acme.toml:2:1: failure_memory is now called failed_load_ttl",
                          "acme.toml:3:1: max_computes is now called max_inferences; it goes in "
                          "[host.limits]",
                          "acme.toml:5:1: max_computes is now called max_inferences",
                          "acme.toml:6:1: max_queued_computes is now called max_queued_inferences",
                          "acme.toml:7:1: compute_timeout is now called inference_timeout"));
}

// A shell expands these before a program sees them; here they would name a folder called "~".
TEST(ConfigProblems, APathThatOnlyAShellExpandsIsRefused) {
  const auto refused = [](const std::string& key, const std::string& path) {
    return key + " is \"" + path +
           "\", but ~ and variables are not expanded; write the full "
           "path, or \"./" +
           path + "\" for a file of that name";
  };
  EXPECT_THAT(ProblemsOf(R"([host]
cache_dir = "~/cache"
snapshot_dir = "~"
[[models]]
name = "a"
path = "$HOME/a.onnx"
[[models]]
name = "b"
paths = ["~ann/b.xml", "${MODELS}/b.bin"]
)"),
              ElementsAre("acme.toml:2:13: " + refused("cache_dir", "~/cache"),
                          "acme.toml:3:16: " + refused("snapshot_dir", "~"),
                          "acme.toml:6:8: " + refused("path", "$HOME/a.onnx"),
                          "acme.toml:9:10: " + refused("an element of paths", "~ann/b.xml"),
                          "acme.toml:9:24: " + refused("an element of paths", "${MODELS}/b.bin")));
  EXPECT_THAT(ProblemsOf("", {"host.cache_dir=~/cache"}),
              ElementsAre("--set host.cache_dir=~/cache: " + refused("cache_dir", "~/cache")));
  EXPECT_THAT(ProblemsOf(R"(host.cache_dir = "./~/cache"
[[models]]
name = "a"
paths = ["~backup.onnx", "$", "$1", "a/~/b", "a$HOME"]
)"),
              IsEmpty());
}

TEST(ConfigProblems, AGrantOfAModelWhoseNameIsWrongIsNoSecondProblem) {
  EXPECT_THAT(ProblemsOf(R"([[models]]
name = "mlp"
path = "a"
[[models]]
name = "mlp"
path = "b"
[tenants.acme]
grants = ["mlp", "two"]
)"),
              ElementsAre("acme.toml:5:8: the name \"mlp\" is already used on line 2"));
  EXPECT_THAT(ProblemsOf("[[models]]\npath = \"a\"\n[tenants.acme]\ngrants = [\"two\"]"),
              ElementsAre("acme.toml:1:1: [[models]] has no name"));
  EXPECT_THAT(
      ProblemsOf("", {R"(models=[{name="a",path="a"},{name="a",path="b"}])"}),
      ElementsAre(testing::EndsWith(": the name \"a\" is already used in the same override")));
}

constexpr std::string_view kTwoModels = R"([[models]]
name = "photo"
path = "a"
[[models]]
name = "sound"
path = "b"
)";

TEST(ConfigProblems, AGrantMustBeOfAModelOfTheHosts) {
  EXPECT_THAT(
      ProblemsOf(std::string(kTwoModels) + R"([tenants.acme]
grants = ["photo", "fotos", "phot",
  { model = "private" }]
[[tenants.acme.models]]
name = "private"
path = "c"
)"),
      ElementsAre("acme.toml:8:20: the host has no model \"fotos\" to grant; expected one of: "
                  "photo, sound",
                  "acme.toml:8:29: the host has no model \"phot\" to grant; did you mean "
                  "\"photo\"?",
                  "acme.toml:9:3: the host has no model \"private\" to grant; expected one of: "
                  "photo, sound"));
  EXPECT_THAT(ProblemsOf("[tenants.acme]\ngrants = [\"photo\"]"),
              ElementsAre("acme.toml:2:11: the host has no model \"photo\" to grant"));
}

TEST(ConfigProblems, AGrantIsAModelWithAnotherNameAtMost) {
  EXPECT_THAT(
      ProblemsOf(std::string(kTwoModels) + R"([tenants.acme]
grants = [3, { as = "x" }, { model = "photo", as = "" }, { model = "sound", name = "x" }]
[tenants.other]
grants = ["", { model = "" }]
)"),
      ElementsAre("acme.toml:8:11: a grant must be a model's name or a table, not an "
                  "integer",
                  "acme.toml:8:14: a grant has no model", "acme.toml:8:52: a model's name is empty",
                  "acme.toml:8:77: unknown setting \"name\" in a grant; expected one of: "
                  "model, as",
                  "acme.toml:10:11: a grant is empty", "acme.toml:10:25: model is empty"));
}

TEST(ConfigProblems, TwoGrantsCantBeVisibleByOneName) {
  EXPECT_THAT(
      ProblemsOf(std::string(kTwoModels) + R"([tenants.acme]
grants = ["photo",
  { model = "sound", as = "photo" },
  { model = "photo", as = "sound" }, "sound"]
)"),
      ElementsAre("acme.toml:9:3: the name \"photo\" is already used by the grant on line 8",
                  "acme.toml:10:38: the name \"sound\" is already used by the grant on line 10"));
}

TEST(ConfigProblems, ALimitMayNotExceedThoseAboveIt) {
  EXPECT_THAT(
      ProblemsOf(R"([host.limits]
max_models = 4
inference_timeout = "1 s"
max_tensor_bytes = "1 MiB"
[tenants.acme.limits]
max_models = 5
inference_timeout = "1500 ms"
max_queued_inferences = 2000
[tenants.acme.instance_limits]
max_models = 6
inference_timeout = "1200 ms"
max_tensor_bytes = "2 MiB"
)"),
      ElementsAre("acme.toml:6:14: max_models is 5, but the host's is 4",
                  "acme.toml:7:21: inference_timeout is 1500 ms, but the host's is 1 s",
                  "acme.toml:8:25: max_queued_inferences is 2000, but the host's is 1024 by "
                  "default",
                  "acme.toml:10:14: max_models is 6, but the tenant's is 5",
                  "acme.toml:11:21: inference_timeout is 1200 ms, but the host's is 1 s",
                  "acme.toml:12:20: max_tensor_bytes is 2 MiB, but the host's is 1 MiB"));
}

TEST(ConfigProblems, ALimitOfOneMayNotExceedThatOfAllTogether) {
  EXPECT_THAT(
      ProblemsOf(R"([host.limits]
max_model_bytes = "2 GiB"
max_total_model_bytes = "1 GiB"
[tenants.acme.limits]
max_tensor_bytes = "2 kB"
max_total_tensor_bytes = "1999 B"
[tenants.acme.instance_limits]
max_model_bytes = "1 GiB"
max_total_model_bytes = "1 GiB"
)"),
      ElementsAre("acme.toml:2:19: max_model_bytes is 2 GiB, but max_total_model_bytes is 1 "
                  "GiB",
                  "acme.toml:5:20: max_tensor_bytes is 2 kB, but max_total_tensor_bytes is "
                  "1999 B"));
}

TEST(ConfigProblems, ALimitLeftOutContradictsNothing) {
  EXPECT_THAT(ProblemsOf(R"([host.limits]
max_models = 1
max_queued_inferences = 1
max_loads = 1
max_model_bytes = "1 kB"
max_tensor_bytes = "1 kB"
[tenants.acme.instance_limits]
max_total_model_bytes = "1 kB"
max_total_tensor_bytes = "1 kB"
)"),
              IsEmpty());
}

TEST(ConfigProblems, ModelsMayNotBeMoreThanTheirLimit) {
  EXPECT_THAT(ProblemsOf(std::string(kTwoModels) + R"([[tenants.acme.models]]
name = "a"
path = "c"
[host.limits]
max_models = 2
[tenants.acme.limits]
max_models = 0
)"),
              ElementsAre("acme.toml:11:14: max_models is 2, but the number of models here is 3",
                          "acme.toml:13:14: max_models is 0, but the number of the tenant's models "
                          "here is 1"));
}

TEST(ConfigProblems, ABackendIsOneOfThoseThatTheHostLists) {
  const std::string models = R"([[models]]
name = "a"
path = "a"
backend = "openvno"
[[tenants.acme.models]]
name = "b"
path = "b"
backend = "fake"
)";
  EXPECT_THAT(ProblemsOf(models), IsEmpty());
  EXPECT_THAT(
      ProblemsOf(models + "[host]\nbackends = [\"openvino\"]"),
      ElementsAre("acme.toml:4:11: [host] has no backend \"openvno\"; did you mean "
                  "\"openvino\"?",
                  "acme.toml:8:11: [host] has no backend \"fake\"; expected one of: openvino"));
  EXPECT_THAT(ProblemsOf("[host]\nbackends = [\"a\", \"\", \"a\"]"),
              ElementsAre("acme.toml:2:18: an element of backends is empty",
                          "acme.toml:2:22: backends has \"a\" twice"));
  EXPECT_THAT(ProblemsOf("[host]\nbackends = []"),
              ElementsAre("acme.toml:2:12: backends is empty"));
}

TEST(ConfigProblems, AreAllToldAtOnceInTheOrderOfTheFile) {
  EXPECT_THAT(
      ProblemsOf(R"([tenants.acme]
grants = ["photo"]
guest_load = 1
[[models]]
name = "sound"
path = 3
[host]
limits = { max_models = 0 }
chache_dir = ""
)"),
      ElementsAre("acme.toml:2:11: the host has no model \"photo\" to grant; expected one of: "
                  "sound",
                  "acme.toml:3:14: guest_load must be true or false, not an integer",
                  "acme.toml:6:8: path must be a string, not an integer",
                  "acme.toml:8:25: max_models must be at least 1, not 0",
                  "acme.toml:9:1: unknown setting \"chache_dir\" in [host]; did you mean "
                  "\"cache_dir\"?"));
}

std::string Repeat(std::string_view text, int count) {
  std::string repeated;
  for (int i = 0; i < count; ++i) repeated += text;
  return repeated;
}

TEST(ConfigProblems, WhatNestsTooDeepIsRefusedBeforeItTakesTheStack) {
  const Texts deep_key = {"acme.toml:2:1: more than 16 dots in the keys of one line"};
  const std::string dots = Repeat("a.", 200'000);
  EXPECT_EQ(ProblemsOf("\n" + dots + "a = 1"), deep_key);
  EXPECT_EQ(ProblemsOf("\n[" + dots + "a]"), deep_key);
  EXPECT_EQ(ProblemsOf("\n[" + Repeat("\"#\" . 'a' .", 100) + "a]"), deep_key);
  EXPECT_EQ(ProblemsOf("x = \"\"\"\\\"\"\"\"\"\"\n" + dots + "a = 1"), deep_key);
  EXPECT_EQ(ProblemsOf("x = '''\"'''''\n" + dots + "a = 1"), deep_key);
  EXPECT_EQ(ProblemsOf("\nx = { b = \"\"\"c\"\"\"\", " + dots + "a = 1 }"), deep_key);
  EXPECT_EQ(ProblemsOf("", {dots + "a=1"}).size(), 1U);
  EXPECT_THAT(ProblemsOf("a = " + Repeat("[", 200'000)),
              ElementsAre(testing::HasSubstr("not TOML")));
  EXPECT_THAT(ProblemsOf("a = " + Repeat("{ a = ", 200'000)),
              ElementsAre(testing::HasSubstr("not TOML")));
  // The largest values that pass both checks.
  const std::string key = Repeat("a.", 16) + "a";
  EXPECT_THAT(ProblemsOf(key + " = " + Repeat("[\n{" + key + " = ", 126) + "1" + Repeat("}]", 126)),
              ElementsAre("acme.toml:1:37: tables and lists are nested more than 16 deep"));
  EXPECT_THAT(ProblemsOf("a = " + Repeat("[", 15) + Repeat("]", 15)),
              ElementsAre(testing::HasSubstr("unknown setting \"a\"")));
}

TEST(ConfigProblems, DotsInTextsAndCommentsAreNoneOfAKey) {
  const std::string dots(100, '.');
  EXPECT_THAT(ProblemsOf("# " + dots + "\n[host] # " + dots + "\ncache_dir = \"" + dots +
                         "\"\nsnapshot_dir = '''\n" + dots + "'\\'''\n"),
              IsEmpty());
}

}  // namespace
}  // namespace namesake
