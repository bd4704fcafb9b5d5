#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_dir.h"

namespace namesake::cli {
namespace {

using Strings = std::vector<std::string>;

// A command line like namesake's: one command that a guest program follows, and one that takes a
// file.
class CommandLineTest : public testing::Test {
 protected:
  CommandLineTest() {
    app_.set_version_flag("-V,--version", "1");
    app_.add_flag("-v,--verbose", verbose_);
    CLI::App* const run = app_.add_subcommand("run");
    run->prefix_command();
    auto* const config = run->add_option("--config", config_)->type_name("FILE");
    run->add_option("--tenant", tenant_)->type_name("NAME")->needs(config);
    auto* const cache = run->add_option("--cache-dir", cache_)->type_name("DIR");
    run->add_flag("--no-cache", no_cache_)->excludes(cache);
    run->add_option("--set", sets_)->type_name("KEY=VALUE")->allow_extra_args(false);
    run->add_flag("-v,--verbose", verbose_);
    CLI::App* const check = app_.add_subcommand("check");
    check->add_option("FILE,--config", file_)->type_name("FILE")->required();
    check->add_flag("--json", json_);
  }

  // Returns the guest and its arguments.
  Strings Rest(Strings args) {
    auto rest = ParseCommandLine(app_, std::move(args));
    EXPECT_TRUE(rest.has_value()) << rest.error();
    return rest.value_or(Strings());
  }

  std::string Error(Strings args) {
    try {
      const auto rest = ParseCommandLine(app_, std::move(args));
      return rest ? "no error" : rest.error();
    } catch (const CLI::Error& error) {
      return error.get_name();
    }
  }

  CLI::App app_{"", "namesake"};
  int verbose_ = 0;
  std::string config_;
  std::string tenant_;
  std::string cache_;
  bool no_cache_ = false;
  bool json_ = false;
  Strings sets_;
  std::string file_;
};

TEST_F(CommandLineTest, AGuestAndItsArgumentsAreLeft) {
  EXPECT_EQ(Rest({"run", "--set", "a=1", "--set=b=2", "g", "--config", "--", "-x"}),
            (Strings{"g", "--config", "--", "-x"}));
  EXPECT_EQ(sets_, (Strings{"a=1", "b=2"}));
  EXPECT_EQ(config_, "");
  EXPECT_EQ(Rest({"-v", "run", "--", "-odd", "--", "x"}), (Strings{"-odd", "--", "x"}));
  EXPECT_EQ(Rest({"run", "-"}), Strings{"-"});
  EXPECT_EQ(Rest({"run", "run", "check"}), (Strings{"run", "check"}));
  EXPECT_EQ(Rest({"run", "--"}), Strings());
  EXPECT_EQ(Rest({"run"}), Strings());
  EXPECT_EQ(Rest({}), Strings());
}

TEST_F(CommandLineTest, AValueMayBeAnything) {
  Rest({"run", "--cache-dir", "-1", "--set", "", "--config", "--unknown", "g"});
  EXPECT_EQ(cache_, "-1");
  EXPECT_EQ(sets_, Strings{""});
  EXPECT_EQ(config_, "--unknown");
}

TEST_F(CommandLineTest, AFileIsAnArgumentOrAnOption) {
  for (const Strings& args : {Strings{"check", "a"},
                              {"check", "--config", "a"},
                              {"check", "--config=a"},
                              {"check", "--", "a"}}) {
    file_.clear();
    EXPECT_EQ(Rest(args), Strings());
    EXPECT_EQ(file_, "a");
  }
  Rest({"check", "--", "--json"});
  EXPECT_EQ(file_, "--json");
}

TEST_F(CommandLineTest, HelpAndTheVersionComeFirst) {
  for (const Strings& args : {Strings{"help"},
                              {"--help"},
                              {"-h"},
                              {"help", "run"},
                              {"run", "--help"},
                              {"help", "help"},
                              {"run", "--config", "a", "-h"},
                              {"check", "--help"},
                              {"-vh"},
                              {"help", "version"}}) {
    EXPECT_EQ(Error(args), "CallForHelp") << testing::PrintToString(args);
  }
  for (const Strings& args : {Strings{"version"}, {"-V"}, {"--version"}, {"-v", "version"}}) {
    EXPECT_EQ(Error(args), "CallForVersion") << testing::PrintToString(args);
  }
  EXPECT_EQ(Rest({"run", "g", "--help"}), (Strings{"g", "--help"}));
}

TEST_F(CommandLineTest, SaysWhichCommandMayHaveBeenMeant) {
  EXPECT_EQ(Error({"rum"}), "unknown command \"rum\"; did you mean \"run\"? See namesake --help");
  EXPECT_EQ(Error({"help", "chekc"}),
            "unknown command \"chekc\"; did you mean \"check\"? See namesake --help");
  EXPECT_THAT(Error({"frobnicate"}), testing::StartsWith("unknown command \"frobnicate\"; "));
  EXPECT_THAT(Error({""}), testing::StartsWith("unknown command \"\"; "));
  EXPECT_THAT(Error({"\x1b[2J"}), testing::StartsWith("unknown command \"\\x1b[2J\"; "));
  EXPECT_EQ(Error({"a/guest.WASM", "x"}),
            "unknown command \"a/guest.WASM\"; did you mean namesake run a/guest.WASM? See "
            "namesake --help");
  EXPECT_THAT(Error({"-v", "guest.wat"}),
              testing::HasSubstr("did you mean namesake run guest.wat?"));
  EXPECT_THAT(Error({"acme.toml"}), testing::HasSubstr("did you mean namesake check acme.toml?"));
  const test::TempDir dir;
  const std::string file = dir.Write("guest", "").string();
  EXPECT_THAT(Error({file}), testing::HasSubstr("did you mean namesake run " + file + "?"));
}

TEST_F(CommandLineTest, SaysWhichOptionMayHaveBeenMeant) {
  EXPECT_EQ(Error({"run", "--tennant", "x", "g"}),
            "run: unknown option --tennant; did you mean --tenant? See namesake run --help");
  EXPECT_EQ(Error({"run", "-config=x"}),
            "run: unknown option -config=x; did you mean --config? See namesake run --help");
  EXPECT_EQ(Error({"run", "--cach=x", "g"}),
            "run: unknown option --cach; did you mean --cache-dir? See namesake run --help");
  EXPECT_EQ(Error({"run", "-q"}), "run: unknown option -q; see namesake run --help");
  EXPECT_EQ(Error({"run", "-vq"}), "run: unknown option -q; see namesake run --help");
  EXPECT_EQ(Error({"check", "a", "--frob"}),
            "check: unknown option --frob; see namesake check --help");
  EXPECT_EQ(Error({"--verison"}),
            "unknown option --verison; did you mean --version? See namesake --help");
  EXPECT_EQ(Error({"--config", "a", "check"}),
            "--config goes after the command: namesake check --config; see namesake --help");
  EXPECT_EQ(Error({"--set=a=b"}),
            "--set goes after the command: namesake run --set; see namesake --help");
}

TEST_F(CommandLineTest, SaysWhatIsWrongWithAnOption) {
  for (const Strings& args : {Strings{"run", "--config"},
                              {"run", "--config", "--tenant", "x"},
                              {"run", "--config="},
                              {"run", "--config", "--", "g"},
                              {"run", "--config", "-v", "g"}}) {
    EXPECT_EQ(Error(args), "run: --config needs a value: FILE; see namesake run --help");
  }
  EXPECT_EQ(Error({"run", "--config", "a", "--config=b", "g"}),
            "run: --config is given twice; see namesake run --help");
  EXPECT_EQ(Error({"run", "--no-cache=x"}),
            "run: --no-cache takes no value; see namesake run --help");
  EXPECT_EQ(Error({"run", "--tenant", "x", "g"}),
            "run: --tenant needs --config; see namesake run --help");
  EXPECT_EQ(Error({"run", "--no-cache", "--cache-dir", "x", "g"}),
            "run: --cache-dir and --no-cache can't be used together; see namesake run --help");
}

TEST_F(CommandLineTest, SaysWhatIsWrongWithAnArgument) {
  EXPECT_EQ(Error({"check"}), "check: no FILE given; see namesake check --help");
  EXPECT_EQ(Error({"check", "--json"}), "check: no FILE given; see namesake check --help");
  EXPECT_EQ(Error({"check", "a", "b"}),
            "check: unexpected argument \"b\" after FILE; see namesake check --help");
  EXPECT_EQ(Error({"check", "--config", "a", "b"}),
            "check: unexpected argument \"b\" after FILE; see namesake check --help");
  EXPECT_EQ(Error({"check", "a", "--config", "b"}),
            "check: --config is given twice; see namesake check --help");
}

}  // namespace
}  // namespace namesake::cli
