// Runs every guest of tests/abi/guests through the engine, the view and the registry, and compares
// its output with its comments.
#include <gtest/gtest.h>

#include <string>

#include "abi/abi_host.h"
#include "abi/guest_file.h"
#include "support/matchers.h"

namespace namesake::test {
namespace {

// A guest's file, and where its models run.
class Guests : public ::testing::TestWithParam<std::tuple<std::string, Isolation>> {};

TEST_P(Guests, PrintsWhatItsCommentsSay) {
  const auto& [name, isolation] = GetParam();
  const GuestFile guest = ReadGuestFile(GuestPath(name));
  ASSERT_FALSE(guest.expected.empty()) << "the guest expects nothing";
  AbiHost host(guest.settings.max_guest_models, isolation);
  GuestIo io;
  {
    const auto view =
        host.NewView(guest.settings.tenant, ModelDirectories(guest.settings.directories));
    auto linked = NewGuest(guest.wat, host, *view, io);
    ASSERT_THAT(linked, IsOk());
    const GuestEnd end = linked->Run();
    EXPECT_EQ(EndText(end), guest.settings.end)
        << (std::holds_alternative<GuestTrap>(end) ? std::get<GuestTrap>(end).backtrace : "");
  }
  ExpectOutput(guest, io.output);
  host.ExpectNothingLeft();
  host.ExpectServes();
}

std::string NameOf(const ::testing::TestParamInfo<Guests::ParamType>& guest) {
  return std::get<0>(guest.param);
}

INSTANTIATE_TEST_SUITE_P(Witx, Guests,
                         ::testing::Combine(::testing::ValuesIn(GuestNames(Isolation::kProcess)),
                                            ::testing::Values(Isolation::kProcess)),
                         NameOf);

#ifdef NAMESAKE_FAKE_PROGRAM
INSTANTIATE_TEST_SUITE_P(WitxInWorkers, Guests,
                         ::testing::Combine(::testing::ValuesIn(GuestNames(Isolation::kTenant)),
                                            ::testing::Values(Isolation::kTenant)),
                         NameOf);
#endif

}  // namespace
}  // namespace namesake::test
