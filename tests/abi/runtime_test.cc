// What is accepted as a guest, and how other content is refused.
#include "engine/runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <span>
#include <sstream>
#include <string>
#include <string_view>

#include "abi/abi_host.h"
#include "namesake/guest.h"
#include "support/matchers.h"
#include "support/temp_dir.h"

namespace namesake::test {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class RuntimeTest : public ::testing::Test {
 protected:
  Result<engine::GuestCode> Compile(std::string_view content) {
    return TestRuntime().Compile(std::as_bytes(std::span(content)), Path());
  }
  static std::string Path() { return "/srv/guest"; }

  const TempDir dir_;
};

TEST_F(RuntimeTest, TakesBinariesAndText) {
  EXPECT_THAT(Compile("\0asm\1\0\0\0"sv), IsOk());
  EXPECT_THAT(Compile("(module)"), IsOk());
  EXPECT_THAT(Compile(" \r\n\t;; a comment\n(module)"), IsOk());
  EXPECT_THAT(Compile("(; a block ;) (module)"), IsOk());
}

TEST_F(RuntimeTest, AnEmptyFileIsNoModule) {
  EXPECT_THAT(Compile(""),
              Fails(ErrorCode::kInvalidArgument,
                    Path() + " is not a WebAssembly module or component: the file is empty"));
}

TEST_F(RuntimeTest, WhatIsNeitherBinaryNorTextIsNoModule) {
  const std::string reason =
      " is not a WebAssembly module or component: it does not begin with \"\\0asm\"";
  EXPECT_THAT(Compile("\x7f"
                      "ELF and so on"),
              Fails(ErrorCode::kInvalidArgument, Path() + reason));
  EXPECT_THAT(Compile("#!/bin/sh\n"), Fails(ErrorCode::kInvalidArgument, Path() + reason));
  // A truncated header.
  EXPECT_THAT(Compile("\0asm"sv), Fails(ErrorCode::kInvalidArgument, Path() + reason));
  EXPECT_THAT(Compile("\0asm\1\0\0"sv), Fails(ErrorCode::kInvalidArgument, Path() + reason));
  EXPECT_THAT(Compile("   "), Fails(ErrorCode::kInvalidArgument, Path() + reason));
}

TEST_F(RuntimeTest, AnInvalidModuleIsRefusedInTheEnginesWords) {
  const auto invalid = Fails(ErrorCode::kInvalidArgument,
                             StartsWith(Path() + " is not a WebAssembly module or component: "));
  // Another version, a truncated section, and a header followed by junk.
  EXPECT_THAT(Compile("\0asm\2\0\0\0"sv), invalid);
  EXPECT_THAT(Compile("\0asm\1\0\0\0\1"sv), invalid);
  EXPECT_THAT(Compile("\0asm\1\0\0\0rubbish"sv), invalid);
  // Text that does not parse, and text that does not validate.
  EXPECT_THAT(Compile("(module"), invalid);
  EXPECT_THAT(Compile("(module (func (result i32)))"), invalid);
  EXPECT_THAT(Compile("(module (func (call $nobody)))"),
              Fails(ErrorCode::kInvalidArgument, HasSubstr("nobody")));
}

TEST_F(RuntimeTest, TellsAComponentFromAModule) {
  const auto is_component = [&](std::string_view content) {
    const auto code = Compile(content);
    EXPECT_THAT(code, IsOk());
    return code && std::holds_alternative<wasmtime::component::Component>(*code);
  };
  EXPECT_TRUE(is_component("\0asm\x0d\0\1\0"sv));
  EXPECT_TRUE(is_component("(component)"));
  EXPECT_FALSE(is_component("\0asm\1\0\0\0"sv));
  EXPECT_FALSE(is_component("(module)"));
}

TEST_F(RuntimeTest, NamesTheFileThatItCantRead) {
  const fs::path missing = dir_.path() / "missing.wasm";
  EXPECT_THAT(TestEngine().Load(missing),
              FailsInDetail(ErrorCode::kRuntimeError, HasSubstr(missing.string())));
  EXPECT_THAT(TestEngine().Load(dir_.path()),
              FailsInDetail(ErrorCode::kRuntimeError, HasSubstr(dir_.path().string())));
}

TEST_F(RuntimeTest, KeepsCompiledGuestsInItsCacheDirectory) {
  const fs::path cache = dir_.path() / "cache \"of\" guests";
  const fs::path guest = dir_.Write("guest.wat", "(module (func (export \"_start\")))");
  for (int run = 0; run < 2; ++run) {
    auto engine = GuestEngine::Create({.module_cache_dir = cache});
    ASSERT_THAT(engine, IsOk());
    EXPECT_THAT((*engine)->Load(guest), IsOk());
  }
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(cache)) {
    if (entry.is_regular_file()) ++files;
  }
  EXPECT_GE(files, 1U);
}

TEST_F(RuntimeTest, SaysWhichModuleCacheItCantUse) {
  const fs::path file = dir_.Write("file", "");
  EXPECT_THAT(engine::Runtime::Create({.module_cache_dir = file / "cache"}),
              Fails(ErrorCode::kRuntimeError, HasSubstr((file / "cache").string())));
}

// The headers that we compile with match the crate that we link.
TEST(Runtime, TheVersionIsThePinnedOne) {
  std::ostringstream manifest;
  manifest << std::ifstream(fs::path(NAMESAKE_SOURCE_DIR) / "rust/Cargo.toml").rdbuf();
  EXPECT_THAT(manifest.str(), HasSubstr("version = \"=" + engine::Runtime::Version() + "\""));
}

}  // namespace
}  // namespace namesake::test
