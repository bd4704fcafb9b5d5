// What guests pass to calls: names and models that make sense, and others that must be refused.
#ifndef NAMESAKE_FUZZ_MATERIALS_H_
#define NAMESAKE_FUZZ_MATERIALS_H_

#include <array>
#include <string_view>

namespace namesake::fuzz {

inline constexpr auto kNames =
    std::to_array<std::string_view>({"echo", "lazy", "lazy2", "own", "fails", "alias", "mine", "a",
                                     "b", "absent", "", "\xff", "longer than some limit", "tab\t"});
inline constexpr auto kModels = std::to_array<std::string_view>(
    {"io f32 2\n", "io u8 3\n", "io f32 ?\noutputs ?\n", "io f32 1..4\nbytes 40\n",
     "io f32 2\nfail_compute no\n", "fail_load no\n", "junk", "", "io f32 scalar\nio i64 2,2\n",
     "io f32 1\nbytes 18446744073709551615\n", "io f64 18446744073709551615,9\n"});
inline constexpr auto kPaths =
    std::to_array<std::string_view>({"models/echo",          "/models/any",
                                     "models/fails",         "models/junk",
                                     "models/sub/echo.xml",  "models/saved",
                                     "models/link",          "models/out",
                                     "models/outdir/secret", "models/loop",
                                     "models/pipe",          "models/../echo",
                                     "models/sub/../echo",   "models",
                                     "models/sub",           "/etc/passwd",
                                     "models/absent",        "",
                                     "models//echo/",        "./models/./echo"});
inline constexpr auto kConfigs = std::to_array<std::string_view>(
    {"", "{}", R"({"a":"1"})", R"({"a":1,"b":true})", R"({"c":"1"})", "[", R"({"a":[]})"});

}  // namespace namesake::fuzz

#endif  // NAMESAKE_FUZZ_MATERIALS_H_
