// Runs every guest of tests/abi/guests through the engine, the view and the registry, and compares
// its output with its comments.
#include <gtest/gtest.h>

#include <string>

#include "abi/abi_host.h"
#include "abi/guest_file.h"
#include "support/matchers.h"

namespace namesake::test {
namespace {

class Guests : public ::testing::TestWithParam<std::string> {};

TEST_P(Guests, PrintsWhatItsCommentsSay) {
  const GuestFile guest = ReadGuestFile(GuestPath(GetParam()));
  ASSERT_FALSE(guest.expected.empty()) << "the guest expects nothing";
  AbiHost host(guest.settings.max_guest_models);
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

INSTANTIATE_TEST_SUITE_P(Witx, Guests, ::testing::ValuesIn(GuestNames()),
                         [](const auto& guest) { return guest.param; });

}  // namespace
}  // namespace namesake::test
