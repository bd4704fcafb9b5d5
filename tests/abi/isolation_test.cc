// Two guests in one process, each with its own store and view on one host.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "abi/abi_host.h"
#include "abi/guest_file.h"
#include "support/matchers.h"

namespace namesake::test {
namespace {

// A guest of tests/abi/guests/isolation with its own view. Not movable: the guest's functions refer
// to its view and its output.
class Instance {
 public:
  Instance(const std::string& name, AbiHost& host)
      : file_(ReadGuestFile(GuestPath("isolation/" + name))),
        view_(host.NewView(file_.settings.tenant)),
        guest_(NewGuest(file_.wat, host, *view_, io_).value()) {}
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  GuestIo& io() { return io_; }
  void Start() { EXPECT_EQ(EndText(guest_.Run()), "exit 0"); }
  void Call(const std::string& function) { EXPECT_THAT(guest_.Call(function), IsOk()); }
  void ExpectOutput() const { test::ExpectOutput(file_, io_.output); }

 private:
  const GuestFile file_;
  GuestIo io_;
  const std::unique_ptr<View> view_;
  Guest guest_;
};

TEST(Isolation, AHandleOfAnotherInstanceIsNone) {
  AbiHost host;
  {
    Instance owner("owner", host);
    Instance other("other", host);
    owner.Start();
    other.io().kept = owner.io().kept;
    other.Start();
    owner.Call("keep_graph");
    other.io().kept = owner.io().kept;
    other.Call("try_graph");
    owner.Call("use");
    owner.ExpectOutput();
    other.ExpectOutput();
  }
  host.ExpectNothingLeft();
}

// The same numbers are handles in both, but refer to each instance's own objects.
TEST(Isolation, TheSameHandleMeansEachInstancesOwn) {
  AbiHost host;
  {
    Instance first("same_handle", host);
    Instance second("same_handle", host);
    first.Start();
    second.Start();
    EXPECT_EQ(first.io().kept, second.io().kept);
    second.Call("set_other");
    first.Call("use");
    first.ExpectOutput();
    EXPECT_EQ(second.io().output, "");
  }
  host.ExpectNothingLeft();
}

TEST(Isolation, TheEndOfAnInstanceEndsNothingOfAnothers) {
  AbiHost host;
  {
    Instance stays("same_handle", host);
    {
      Instance goes("same_handle", host);
      stays.Start();
      goes.Start();
      EXPECT_EQ(host.counters().contexts, 2);
    }
    EXPECT_EQ(host.counters().contexts, 1);
    stays.Call("use");
    stays.ExpectOutput();
  }
  host.ExpectNothingLeft();
}

TEST(Isolation, GuestsOnSeveralThreadsShareOneGraph) {
  AbiHost host;
  const GuestFile file = ReadGuestFile(GuestPath("happy_path"));
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int run = 0; run < 10; ++run) {
          const auto view = host.host().NewView();
          GuestIo io;
          auto guest = NewGuest(file.wat, host, *view, io).value();
          EXPECT_EQ(EndText(guest.Run()), "exit 0");
          ExpectOutput(file, io.output);
        }
      });
    }
  }
  EXPECT_EQ(host.counters().loads, 1);
  host.ExpectNothingLeft();
}

}  // namespace
}  // namespace namesake::test
