// How long workers live, and what becomes of those who use them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <thread>

#include "worker/hostile.h"

namespace namesake::worker {
namespace {

using std::chrono::milliseconds;
using test::Fails;
using test::FailsInDetail;
using test::IsOk;
using testing::HasSubstr;
using testing::MatchesRegex;

class Life : public Hostile {
 protected:
  pid_t Worker() { return AwaitWorker(ProgramPath()); }

  // Runs one inference; `most` becomes the most resident bytes that the worker had meanwhile.
  Result<void> ComputeObserved(const Graph& graph, std::uint64_t& most) {
    const pid_t worker = Worker();
    std::atomic<bool> done = false;
    std::thread observer([&] {
      while (!done) most = std::max(most, ResidentBytes(worker));
    });
    auto computed = Compute(*NewContext(graph), Deadline::Never());
    done = true;
    observer.join();
    return computed;
  }
};

TEST_F(Life, HandlesStayValidWhenAWorkerIsKilled) {
  const auto backend = Program();
  const auto graph = Load(*backend);
  ASSERT_THAT(graph, IsOk());
  const auto context = NewContext(**graph);
  ASSERT_THAT(Compute(*context), IsOk());
  const pid_t first = Worker();
  ASSERT_TRUE(Signal(first, SIGKILL));
  EXPECT_TRUE(Eventually([&] { return log_.Count("ended by signal 9 (Killed)") == 1; }));
  EXPECT_THAT(Compute(*context), IsOk());
  EXPECT_THAT(context->Output(0), IsOk());
  EXPECT_NE(Worker(), first);
}

TEST_F(Life, AWorkerThatIsStoppedEndsItsCalls) {
  const auto backend = Program();
  const auto graph = Load(*backend, {{"compute", "silent"}});
  ASSERT_THAT(graph, IsOk());
  const auto context = NewContext(**graph);
  const std::jthread stopper([&] {
    for (int ends = 1; ends <= 2; ++ends) {
      EXPECT_TRUE(Eventually([&] { return log_.Count("is silent") == ends; }));
      Signal(Worker(), SIGSTOP);
    }
  });
  EXPECT_THAT(Compute(*context, Deadline::Never()),
              Fails(ErrorCode::kRuntimeError,
                    "the worker that ran the model was stopped by a signal, and was ended"));
  ExpectUsable(*backend);
}

TEST_F(Life, AWorkerEndsWithItsKeeper) {
  const auto backend = Program();
  ExpectUsable(*backend);
  const pid_t worker = Worker();
  for (const pid_t keeper : KeepersOf(ProgramPath())) Signal(keeper, SIGKILL);
  EXPECT_TRUE(Eventually([&] { return ResidentBytes(worker) == 0; }));
  // A load that came before the news of the end would still go to the worker that has ended.
  EXPECT_TRUE(Eventually([&] { return log_.Count("the worker of hostile for") == 1; }));
  ExpectUsable(*backend);
}

TEST_F(Life, AWorkerEndsWithTheBackendThoughItsKeeperIsStopped) {
  auto backend = Program();
  ExpectUsable(*backend);
  const auto keepers = KeepersOf(ProgramPath());
  for (const pid_t keeper : keepers) Signal(keeper, SIGSTOP);
  backend = nullptr;
  EXPECT_TRUE(Eventually([&] { return WorkersOf(ProgramPath()).empty(); }));
  for (const pid_t keeper : keepers) Signal(keeper, SIGCONT);
}

TEST_F(Life, AWorkerOutlivesTheThreadThatStartedIt) {
  const auto backend = Program();
  std::thread([&] { ExpectUsable(*backend); }).join();
  const pid_t worker = Worker();
  ExpectUsable(*backend);
  EXPECT_EQ(Worker(), worker);
}

TEST_F(Life, AWarmUpThatEndsTheWorkerIsLeftOut) {
  const auto backend = Program();
  const Model model = {.encoding = Encoding::kOnnx,
                       .source = ModelFiles{.paths = {std::filesystem::path(NAMESAKE_SOURCE_DIR) /
                                                      "tests/data/models/same.onnx"}},
                       .options = {{"load", "exit when warmed up"}},
                       .warm_up = true};
  const auto graph = backend->Load(model, load_options_, Deadline::After(kSoon));
  ASSERT_THAT(graph, IsOk());
  EXPECT_THAT(Compute(*NewContext(**graph)), IsOk());
  // In company it might have been another's fault, so it was tried alone, too.
  EXPECT_TRUE(Eventually([&] { return log_.Count("ended with exit status 3") == 2; }));
}

TEST_F(Life, NothingIsLeftWhenTheHostIsKilled) {
  const auto path = ProgramPath();
  const pid_t host = ::fork();
  ASSERT_GE(host, 0);
  if (host == 0) {
    const auto backend = Program();
    ExpectUsable(*backend);
    for (;;) ::pause();
  }
  EXPECT_NE(AwaitWorker(path), 0);
  Signal(host, SIGKILL);
  ::waitpid(host, nullptr, 0);
  EXPECT_TRUE(Eventually([&] { return ProcessesOf(path).empty(); }));
}

std::atomic<int> child_signals = 0;

// A program that waits for any child of its own neither sees those of ours nor takes their end
// away.
TEST_F(Life, AProgramsOwnChildrenAreLeftAlone) {
  struct sigaction before{};
  struct sigaction count{};
  count.sa_handler = [](int) { ++child_signals; };
  ::sigaction(SIGCHLD, &count, &before);
  std::atomic<bool> done = false;
  int seen = 0;
  std::thread waiter([&] {
    while (!done) {
      if (::waitpid(-1, nullptr, 0) > 0) ++seen;
    }
  });
  {
    const auto backend = Program();
    for (const char* const what : {"exit", "crash", "stop"}) {
      EXPECT_FALSE(Load(*backend, {{"load", what}}));
    }
    ExpectUsable(*backend);
  }
  EXPECT_TRUE(Eventually([&] { return ProcessesOf(ProgramPath()).empty(); }));
  done = true;
  waiter.join();
  ::sigaction(SIGCHLD, &before, nullptr);
  EXPECT_EQ(seen, 0);
  EXPECT_EQ(child_signals, 0);
}

TEST_F(Life, ContextsLeaveNothing) {
  const auto backend = Program();
  const auto graph = Load(*backend);
  ASSERT_THAT(graph, IsOk());
  const auto make = [&](int count) {
    for (int i = 0; i < count; ++i) ASSERT_THAT(Compute(*NewContext(**graph)), IsOk());
  };
  make(500);
  const pid_t worker = Worker();
  const auto host_bytes = ResidentBytes(::getpid());
  const auto worker_bytes = ResidentBytes(worker);
  const auto host_files = DescriptorsOf(::getpid());
  const auto worker_files = DescriptorsOf(worker);
  make(10'000);
  // AddressSanitizer keeps what is freed for a while.
#if defined(NAMESAKE_TEST_ADDRESS_SANITIZER)
  constexpr std::uint64_t kLittle = 64 << 20;
#else
  constexpr std::uint64_t kLittle = 1 << 20;
#endif
  EXPECT_LT(ResidentBytes(::getpid()), host_bytes + kLittle);
  EXPECT_LT(ResidentBytes(worker), worker_bytes + kLittle);
  EXPECT_EQ(DescriptorsOf(::getpid()), host_files);
  EXPECT_EQ(DescriptorsOf(worker), worker_files);
}

TEST_F(Life, AModelThatEndsItsWorkersMustWaitLongerAndLonger) {
  const auto backend = Program();
  const auto graph = Load(*backend, {{"compute", "exit"}});
  ASSERT_THAT(graph, IsOk());
  const auto context = NewContext(**graph);
  std::string last;
  for (int ends = 1; ends <= 3; ++ends) {
    Result<void> computed;
    // Until it may run again, the error has the time.
    EXPECT_TRUE(Eventually([&] {
      computed = Compute(*context);
      return !computed && computed.error().message().contains("ended with exit status 3");
    }));
    computed = Compute(*context);
    if (ends < 2) {
      EXPECT_THAT(computed, Fails(ErrorCode::kRuntimeError, HasSubstr("exit status 3")));
      ++ends;
      computed = Compute(*context);
    }
    EXPECT_THAT(computed,
                Fails(ErrorCode::kRuntimeError,
                      MatchesRegex("the model has ended its worker " + std::to_string(ends) +
                                   " times: it may run again in 0\\.[1-4] s")));
  }
  // Another model is not to blame.
  ExpectUsable(*backend);
}

TEST_F(Life, MemoryBeyondTheLimitEndsTheWorker) {
  constexpr std::uint64_t kLimit = 96U << 20;
  AccountLimits limits;
  limits.total(Resource::kWorkerMemory) = kLimit;
  UseUser(limits);
  const auto backend = Program();
  const auto graph = Load(*backend, {{"compute", "take memory"}});
  ASSERT_THAT(graph, IsOk());
  std::uint64_t most = 0;
  const auto computed = ComputeObserved(**graph, most);
  EXPECT_THAT(computed, Fails(ErrorCode::kResourceExhausted,
                              "the worker took more memory than max_worker_memory_bytes allows"));
  EXPECT_EQ(computed.error().limit(), "max_worker_memory_bytes");
  EXPECT_LT(most, kLimit + (128U << 20));
  EXPECT_EQ(load_options_.user->account->used(Resource::kWorkerMemory) < kLimit, true);
  ExpectUsable(*backend);
}

// The limit of all tenants together is looked at as often as that of one.
TEST_F(Life, MemoryBeyondTheHostsLimitEndsTheWorker) {
  constexpr std::uint64_t kLimit = 96U << 20;
  AccountLimits limits;
  limits.total(Resource::kWorkerMemory) = kLimit;
  load_options_.user = User::Make(
      std::string(kUser), Account::Make(std::string(kUser), {}, Account::Make("host", limits)));
  const auto backend = Program();
  const auto graph = Load(*backend, {{"compute", "take memory"}});
  ASSERT_THAT(graph, IsOk());
  std::uint64_t most = 0;
  const auto computed = ComputeObserved(**graph, most);
  EXPECT_THAT(computed, Fails(ErrorCode::kResourceExhausted, HasSubstr("max_worker_memory_bytes")));
  EXPECT_LT(most, kLimit + (128U << 20));
}

class NoProgram : public Hostile {
 protected:
  Result<std::shared_ptr<const Graph>> LoadFrom(const std::filesystem::path& path) {
    const auto backend =
        NewWorkerBackend({.name = "hostile", .encodings = {Encoding::kOnnx}, .path = path});
    return Load(*backend);
  }
};

TEST_F(NoProgram, IsNamed) {
  const auto missing = dir_.path() / "missing";
  EXPECT_THAT(LoadFrom(missing), Fails(ErrorCode::kRuntimeError, "hostile: can't start a backend"));
  EXPECT_THAT(LoadFrom(missing),
              FailsInDetail(ErrorCode::kRuntimeError,
                            "hostile: can't start a backend's program " + missing.string() +
                                ": No such file or directory; install it, or set backend_dir to "
                                "its folder"));
  const auto plain = dir_.Write("plain", "text");
  EXPECT_THAT(LoadFrom(plain),
              FailsInDetail(ErrorCode::kRuntimeError, "hostile: can't start a backend's program " +
                                                          plain.string() + ": Permission denied"));
  std::filesystem::permissions(plain, std::filesystem::perms::owner_all);
  EXPECT_THAT(LoadFrom(plain),
              FailsInDetail(ErrorCode::kRuntimeError, "hostile: can't start a backend's program " +
                                                          plain.string() + ": Exec format error"));
  EXPECT_THAT(LoadFrom("/bin/true"),
              FailsInDetail(ErrorCode::kRuntimeError,
                            "the backend hostile can't start: its program /bin/true ended"));
}

TEST_F(NoProgram, OfWhichALibraryIsMissingSaysSo) {
  // The program with the name of a library that it needs spoilt.
  std::ifstream file(NAMESAKE_HOSTILE_PROGRAM, std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  for (std::size_t at = 0; (at = content.find("libstdc++.so.6", at)) != std::string::npos; ++at) {
    content.replace(at, 9, "libabsent");
  }
  const auto broken = dir_.Write("hostile-broken", content);
  std::filesystem::permissions(broken, std::filesystem::perms::owner_all);
  EXPECT_THAT(LoadFrom(broken),
              FailsInDetail(ErrorCode::kRuntimeError,
                            "the backend hostile can't start: its library is missing: "
                            "libabsent.so.6 not found"));
}

}  // namespace
}  // namespace namesake::worker
