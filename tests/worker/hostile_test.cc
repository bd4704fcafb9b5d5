// A worker that was taken over can fail the calls that it is asked, and do its host no other harm.
#include "worker/hostile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace namesake::worker {
namespace {

using std::chrono::milliseconds;
using test::Fails;
using test::FailsInDetail;
using test::IsOk;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kUnasked = "the worker answered what nobody had asked, and was ended";
constexpr std::string_view kNotTensors =
    "the worker answered with tensors that can't be, and was ended";
constexpr std::string_view kNoModel =
    "the worker answered with a model that can't be, and was ended";

struct Case {
  std::string what;
  ErrorCode code;
  std::string message;
  // A part of the log's line; empty if the worker goes on.
  std::string logged{};
};

void PrintTo(const Case& one, std::ostream* stream) { *stream << one.what; }

std::string NameOf(const testing::TestParamInfo<Case>& one) {
  std::string name;
  for (const char character : one.param.what) {
    if (std::isalnum(static_cast<unsigned char>(character)) != 0) name += character;
  }
  return name;
}

Case Unasked(std::string what) {
  return {std::move(what), ErrorCode::kRuntimeError, std::string(kUnasked),
          "answered what nobody had asked, and was ended"};
}

Case NotTensors(std::string what) {
  return {std::move(what), ErrorCode::kRuntimeError, std::string(kNotTensors),
          "answered with tensors that can't be, and was ended"};
}

Case NoModel(std::string what) {
  return {std::move(what), ErrorCode::kRuntimeError, std::string(kNoModel),
          "answered with a model that can't be, and was ended"};
}

// Ends as `how`, while it does what is told by `doing`.
Case Ends(std::string what, const std::string& doing, const std::string& how) {
  return {std::move(what), ErrorCode::kRuntimeError,
          "the worker that " + doing + " the model " + how, how};
}

std::vector<Case> ToAnyCall(const std::string& doing) {
  return {Unasked("another call"),
          Unasked("another kind"),
          Unasked("a host's kind"),
          Unasked("unknown kind"),
          Unasked("garbage"),
          Unasked("garbage body"),
          Unasked("empty body"),
          Unasked("huge count"),
          Unasked("huge length"),
          Unasked("flood"),
          Unasked("descriptors"),
          Unasked("open nothing"),
          Unasked("open a library and more"),
          Unasked("fail without a reason"),
          Unasked("twice"),
          Ends("close", doing, "closed its connection, and was ended"),
          Ends("close all", doing, "closed its connection, and was ended"),
          Ends("exit", doing, "ended with exit status 3"),
          Ends("exit quietly", doing, "ended with exit status 0"),
          Ends("crash", doing, "ended by signal 11 (Segmentation fault)"),
          Ends("abort", doing, "ended by signal 6 (Aborted)"),
          Ends("stop", doing, "was stopped by a signal, and was ended"),
          Ends("end while it asks", doing, "ended with exit status 6"),
          Ends("leave its line", doing, "ended with exit status 5"),
          Ends("log escapes", doing, "ended with exit status 4")};
}

class Answering : public Hostile, public testing::WithParamInterface<Case> {
 protected:
  void ExpectLoggedAndUsable(Backend& backend) {
    if (!GetParam().logged.empty()) {
      EXPECT_TRUE(Eventually([&] {
        // In company it might have been another's fault.
        return log_.Count("error: the worker of hostile for tenant \"acme\" " +
                          GetParam().logged) == 2;
      }));
    }
    ExpectUsable(backend);
  }
};

class AnsweringALoad : public Answering {};

TEST_P(AnsweringALoad, FailsItAndNothingElse) {
  const auto backend = Program();
  EXPECT_THAT(Load(*backend, {{"load", GetParam().what}}, Deadline::Never()),
              Fails(GetParam().code, GetParam().message));
  ExpectLoggedAndUsable(*backend);
}

std::vector<Case> LoadCases() {
  std::vector<Case> cases = ToAnyCall("loaded");
  for (const char* const what : {"many dims", "context bytes"}) cases.push_back(NoModel(what));
  for (const char* const what : {"least above most", "other dims"}) cases.push_back(Unasked(what));
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Worker, AnsweringALoad, testing::ValuesIn(LoadCases()), NameOf);

class AnsweringAnInference : public Answering {
 protected:
  void ExpectFailure(const BackendOptions& options) {
    const auto backend = Program();
    const auto graph = Load(*backend, options);
    ASSERT_THAT(graph, IsOk());
    const auto context = NewContext(**graph);
    EXPECT_THAT(Compute(*context, Deadline::Never()), Fails(GetParam().code, GetParam().message));
    EXPECT_THAT(context->Output(0), Fails(ErrorCode::kInvalidArgument, HasSubstr("no output yet")));
    ExpectLoggedAndUsable(*backend);
  }
};

TEST_P(AnsweringAnInference, FailsItAndNothingElse) {
  ExpectFailure({{"compute", GetParam().what}});
}

std::vector<Case> TensorCases() {
  std::vector<Case> cases;
  for (const char* const what :
       {"other dims", "other bytes", "no bytes", "overflow", "placed nowhere", "too few outputs",
        "too many outputs", "many dims of an output"}) {
    cases.push_back(NotTensors(what));
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Worker, AnsweringAnInference, testing::ValuesIn(ToAnyCall("ran")), NameOf);
INSTANTIATE_TEST_SUITE_P(WorkerWithTensors, AnsweringAnInference, testing::ValuesIn(TensorCases()),
                         NameOf);

// The host does not know what size such an output has.
class AnsweringWithAnyRank : public AnsweringAnInference {};

TEST_P(AnsweringWithAnyRank, FailsItAndNothingElse) {
  ExpectFailure({{"load", "any rank"}, {"compute", GetParam().what}});
}

INSTANTIATE_TEST_SUITE_P(Worker, AnsweringWithAnyRank, testing::ValuesIn(TensorCases()), NameOf);

// The host gives an output of variable size room for as much as the last one had.
TEST_F(Hostile, AnOutputIsNotReadBeyondItsPlace) {
  const auto backend = Program();
  const auto graph = Load(*backend, {{"load", "any rank"}, {"compute", "beyond its place"}});
  ASSERT_THAT(graph, IsOk());
  const auto context = NewContext(**graph);
  ASSERT_THAT(Compute(*context), IsOk());
  EXPECT_EQ(log_.Count("was ended"), 0);
  // The second one's worker has ended, and in a fresh one it has no place again.
  ASSERT_THAT(Compute(*context), IsOk());
  EXPECT_EQ(context->Output(0)->data.size(), 16);
  EXPECT_TRUE(Eventually(
      [&] { return log_.Count("answered with tensors that can't be, and was ended") == 1; }));
}

// Whatever keeps it from answering: the caller has its answer at its deadline, the worker ends when
// its grace is over, and the next call works.
class NotAnswering : public Hostile, public testing::WithParamInterface<const char*> {};

TEST_P(NotAnswering, IsATimeoutAtTheDeadline) {
  const auto backend = Program();
  const auto graph = Load(*backend, {{"compute", GetParam()}});
  ASSERT_THAT(graph, IsOk());
  const auto context = NewContext(**graph);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(Compute(*context, Deadline::After(milliseconds(200))),
              Fails(ErrorCode::kTimeout, "the inference did not finish in time"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  AwaitOverdueEnd();
  ExpectUsable(*backend);
}

TEST_P(NotAnswering, EndsALoadAtItsDeadline) {
  const auto backend = Program();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(Load(*backend, {{"load", GetParam()}}, Deadline::After(milliseconds(200))),
              Fails(ErrorCode::kTimeout, HasSubstr("did not")));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  AwaitOverdueEnd();
  ExpectUsable(*backend);
}

INSTANTIATE_TEST_SUITE_P(Worker, NotAnswering,
                         testing::Values("silent", "half a header", "half a message"),
                         [](const auto& one) {
                           std::string name = one.param;
                           std::erase(name, ' ');
                           return name;
                         });

TEST_F(Hostile, HalfAMessageIsFaultyWithoutADeadline) {
  const auto backend = Program();
  const auto graph = Load(*backend, {{"compute", "half a message"}});
  ASSERT_THAT(graph, IsOk());
  const auto context = NewContext(**graph);
  EXPECT_THAT(Compute(*context, Deadline::Never()), Fails(ErrorCode::kRuntimeError, kUnasked));
}

TEST_F(Hostile, OpensWithoutEndEndAtTheDeadline) {
  const auto backend = Program();
  EXPECT_THAT(Load(*backend, {{"load", "open without end"}}, Deadline::After(milliseconds(200))),
              Fails(ErrorCode::kTimeout, "the worker did not answer in time"));
  AwaitOverdueEnd();
  ExpectUsable(*backend);
}

TEST_F(Hostile, AnAnswerThatComesLateEndsNothing) {
  const auto backend = Program("", std::chrono::seconds(30));
  const auto graph = Load(*backend, {{"compute", "late"}});
  ASSERT_THAT(graph, IsOk());
  const pid_t worker = AwaitWorker(ProgramPath());
  const auto context = NewContext(**graph);
  EXPECT_THAT(Compute(*context, Deadline::After(milliseconds(200))),
              Fails(ErrorCode::kTimeout, "the inference did not finish in time"));
  EXPECT_THAT(Compute(*context), IsOk());
  EXPECT_EQ(AwaitWorker(ProgramPath()), worker);
  EXPECT_EQ(log_.Count("was ended"), 0);
}

TEST_F(Hostile, ALoadThatNobodyWaitsForIsEndedAfterItsGrace) {
  const auto backend = Program();
  std::stop_source stop;
  load_options_.stop = stop.get_token();
  const std::jthread stopper([&] {
    EXPECT_TRUE(Eventually([&] { return log_.Count("is silent") == 1; }));
    stop.request_stop();
  });
  EXPECT_THAT(Load(*backend, {{"load", "silent"}}, Deadline::Never()),
              Fails(ErrorCode::kRuntimeError,
                    "the worker that loaded the model went on with what nobody waited for, and was "
                    "ended"));
  load_options_.stop = {};
  ExpectUsable(*backend);
}

TEST_F(Hostile, ALoadThatEndsWithinItsGraceIsKept) {
  constexpr milliseconds kGrace(1000);
  const auto backend = Program("", kGrace);
  std::stop_source stop;
  stop.request_stop();
  load_options_.stop = stop.get_token();
  ASSERT_THAT(Load(*backend), IsOk());
  const pid_t worker = AwaitWorker(ProgramPath());
  std::this_thread::sleep_for(kGrace + milliseconds(200));
  EXPECT_EQ(AwaitWorker(ProgramPath()), worker);
  EXPECT_EQ(log_.Count("was ended"), 0);
}

// Messages for a call that nobody waits for any more are checked like others, and take no memory.
TEST_F(Hostile, WhatComesLateIsChecked) {
  for (const char* const misdeed : {"flood late", "answer late as another"}) {
    const auto backend = Program("", std::chrono::seconds(30));
    const auto before = ResidentBytes(::getpid());
    const int ended = log_.Count("answered what nobody had asked, and was ended");
    EXPECT_THAT(Load(*backend, {{"load", misdeed}}, Deadline::After(milliseconds(200))),
                Fails(ErrorCode::kTimeout, "the worker did not answer in time"));
    EXPECT_TRUE(Eventually([&] {
      return log_.Count("answered what nobody had asked, and was ended") == ended + 1;
    })) << misdeed;
    EXPECT_LT(ResidentBytes(::getpid()), before + (std::uint64_t{128} << 20)) << misdeed;
    ExpectUsable(*backend);
  }
}

// Unread answers would fill the system's room for descriptors in flight, which all workers need.
TEST_F(Hostile, OpensAreNotAnsweredUntilTheLastAnswerIsRead) {
  const auto backend = Program();
  for (const char* const misdeed : {"open without reading", "open twice"}) {
    EXPECT_THAT(Load(*backend, {{"load", misdeed}}), Fails(ErrorCode::kRuntimeError, kUnasked))
        << misdeed;
  }
  ExpectUsable(*backend);
}

TEST_F(Hostile, OpensNothingButTheModelsFiles) {
  const auto backend = Program();
  const auto graph = Load(*backend, {{"load", "open more"}});
  ASSERT_THAT(graph, IsOk());
  // Nothing is found where there is no folder, and no file beyond the model's.
  EXPECT_THAT((*graph)->notes(), testing::ElementsAre("2 2 2 2 2 2 2 2 2 "));
}

TEST_F(Hostile, ItsErrorIsAModelsAndNotTheHosts) {
  const auto backend = Program();
  const auto failed = Load(*backend, {{"load", "fail as the host"}});
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed, Fails(ErrorCode::kRuntimeError, "\\x1b[2Jno such\\x0amodel"));
  EXPECT_EQ(failed.error().limit(), "");
  EXPECT_EQ(failed.error().detail().size(), 4096U);
  ExpectUsable(*backend);
}

TEST_F(Hostile, ItsLogForgesNothing) {
  const auto backend = Program();
  EXPECT_FALSE(Load(*backend, {{"load", "log escapes"}}));
  EXPECT_TRUE(Eventually([&] {
    return log_.Count(
               "error: hostile for tenant \"acme\": \\x1b]0;title\\x07 \\x1b[2J\\x0dforged "
               "\\xff") == 2;
  }));
}

TEST_F(Hostile, ItsLogIsCutAndCounted) {
  const auto backend = Program();
  const auto graph = Load(*backend, {{"compute", "log without end"}});
  ASSERT_THAT(graph, IsOk());
  EXPECT_THAT(Compute(*NewContext(**graph)),
              Fails(ErrorCode::kRuntimeError, HasSubstr("status 4")));
  EXPECT_TRUE(Eventually([&] { return log_.Count("more lines, which are not logged") >= 1; }));
  EXPECT_EQ(log_.Count(std::string(1025, 'a')), 0);
  EXPECT_LT(log_.Count("hostile for tenant \"acme\": "), 900);
  ExpectUsable(*backend);
}

TEST_F(Hostile, NamesOfAnyBytesAreKept) {
  const auto backend = Program();
  const auto graph = Load(*backend, {{"load", "any names"}});
  ASSERT_THAT(graph, IsOk());
  EXPECT_EQ((*graph)->inputs().front().name.size(), 7U);
  EXPECT_THAT(Compute(*NewContext(**graph)), IsOk());
}

TEST_F(Hostile, ShapesLargerThanMemoryAreRefusedWhenTheyAreNeeded) {
  const auto backend = Program();
  for (const auto& [what, code] : {std::pair("larger than memory", ErrorCode::kRuntimeError),
                                   std::pair("nearly all memory", ErrorCode::kRuntimeError)}) {
    const auto graph = Load(*backend, {{"load", what}});
    ASSERT_THAT(graph, IsOk()) << what;
    EXPECT_FALSE(Compute(*NewContext(**graph))) << what;
  }
  const auto graph = Load(*backend, {{"load", "no tensors"}});
  ASSERT_THAT(graph, IsOk());
  ExpectUsable(*backend);
}

TEST_F(Hostile, OutputsOfAnySizeAreLimited) {
  AccountLimits limits;
  limits.max_tensor_bytes = 1 << 20;
  UseUser(limits);
  const auto backend = Program();
  const auto large = Load(*backend, {{"load", "any rank"}, {"compute", "large"}});
  ASSERT_THAT(large, IsOk());
  EXPECT_THAT(Compute(*NewContext(**large)), Fails(ErrorCode::kTooLarge, HasSubstr("")));
  const auto all = Load(*backend, {{"load", "any rank"}, {"compute", "beyond all memory"}});
  ASSERT_THAT(all, IsOk());
  EXPECT_FALSE(Compute(*NewContext(**all)));
}

TEST_F(Hostile, InputsCantBeChangedAndNothingCanBeCutOff) {
  const auto backend = Program();
  const auto graph = Load(*backend, {{"compute", "change inputs"}});
  ASSERT_THAT(graph, IsOk());
  const auto context = NewContext(**graph);
  ASSERT_THAT(Compute(*context), IsOk());
  const auto output = context->Output(0);
  ASSERT_THAT(output, IsOk());
  float ways = -1;
  std::memcpy(&ways, output->data.data(), sizeof ways);
  EXPECT_EQ(ways, 0);
}

TEST_F(Hostile, OutputsThatChangeWhileTheyAreReadAreOnlyBytes) {
  const auto backend = Program();
  const auto graph = Load(*backend, {{"compute", "rewrite outputs"}});
  ASSERT_THAT(graph, IsOk());
  const auto context = NewContext(**graph);
  for (int i = 0; i < 100; ++i) {
    ASSERT_THAT(Compute(*context), IsOk());
    const auto kept = context->ShareOutput(0);
    ASSERT_THAT(kept, IsOk());
    EXPECT_EQ(kept->size, 16U);
    EXPECT_THAT(CopyTensor(kept->view()), IsOk());
  }
}

// The call has no room, so it is never sent.
TEST_F(Hostile, ACallThatItDoesNotReadEndsAtTheDeadline) {
  const auto backend = Program("unreading");
  EXPECT_THAT(Load(*backend, {{"long", std::string(std::size_t{4} << 20, 'x')}},
                   Deadline::After(milliseconds(200))),
              Fails(ErrorCode::kTimeout, "the worker did not answer in time"));
}

// Contexts are dropped by messages that it never reads. The next inference is in a fresh worker.
TEST_F(Hostile, OneThatReadsNothingIsEnded) {
  const auto backend = Program("deaf");
  const auto graph = Load(*backend);
  ASSERT_THAT(graph, IsOk());
  constexpr std::string_view kEnded = "for tenant \"acme\" does not read, and was ended";
  for (int i = 0; i < 100'000 && (i % 1000 != 0 || log_.Count(kEnded) == 0); ++i) {
    ASSERT_THAT(Compute(*NewContext(**graph)), IsOk());
  }
  EXPECT_TRUE(Eventually([&] { return log_.Count(kEnded) == 1; }));
}

// The next ones wait in line, and all have their answer when the worker ends.
TEST_F(Hostile, ManyCallersGetTheirAnswers) {
  const auto backend = Program();
  const auto graph = Load(*backend, {{"compute", "exit"}});
  ASSERT_THAT(graph, IsOk());
  std::vector<std::future<Result<void>>> calls;
  for (int i = 0; i < 300; ++i) {
    calls.push_back(std::async(std::launch::async,
                               [&] { return Compute(*NewContext(**graph), Deadline::Never()); }));
  }
  for (auto& call : calls) EXPECT_FALSE(call.get());
  ExpectUsable(*backend);
}

// At its start.
struct StartCase {
  std::string what;
  std::string detail;
};

void PrintTo(const StartCase& one, std::ostream* stream) { *stream << one.what; }

class Starting : public Hostile, public testing::WithParamInterface<StartCase> {};

TEST_P(Starting, FailsTheLoad) {
  const auto backend = Program(GetParam().what);
  const auto failed = Load(*backend, {}, Deadline::Never());
  EXPECT_THAT(failed, Fails(ErrorCode::kRuntimeError, "the backend hostile can't start"));
  EXPECT_THAT(failed, FailsInDetail(ErrorCode::kRuntimeError,
                                    AllOf(HasSubstr("the backend hostile can't start: "),
                                          HasSubstr(GetParam().detail))));
  EXPECT_TRUE(Eventually([&] { return ProcessesOf(ProgramPath(GetParam().what)).empty(); }));
  EXPECT_FALSE(Load(*backend, {}, Deadline::Never()));
}

const std::string kVersions = "is of another version of Namesake: install both together";

INSTANTIATE_TEST_SUITE_P(
    Worker, Starting,
    testing::Values(StartCase{"version", kVersions}, StartCase{"backend", kVersions},
                    StartCase{"encodings", kVersions}, StartCase{"garbage", kVersions},
                    StartCase{"fail", kVersions},
                    StartCase{"exit", "hostile-exit ended with exit status 3"},
                    StartCase{"explain", "no library, because"},
                    StartCase{"stop", "was stopped by a signal, and was ended"},
                    StartCase{"close", "closed its connection, and was ended"}),
    [](const auto& one) { return one.param.what; });

// Memory is taken for an output of the last one's size, but the next may be smaller.
TEST_F(Hostile, MemoryForAnOutputThatMayBeLargeIsNotMissed) {
  AccountLimits limits;
  limits.total(Resource::kWorkerMemory) = 100 << 20;
  UseUser(limits);
  const auto backend = Program();
  const auto graph = Load(*backend, {{"load", "any rank"}, {"compute", "large once"}});
  ASSERT_THAT(graph, IsOk());
  const auto context = NewContext(**graph);
  ASSERT_THAT(Compute(*context), IsOk());
  const auto large = context->ShareOutput(0);
  ASSERT_THAT(large, IsOk());
  EXPECT_EQ(large->size, 64 << 20);
  for (int i = 0; i < 2; ++i) {
    ASSERT_THAT(Compute(*context), IsOk());
    EXPECT_EQ(context->Output(0)->data.size(), 16);
  }
}

class NotStarting : public Hostile, public testing::WithParamInterface<const char*> {};

TEST_P(NotStarting, IsATimeoutForThoseWhoHaveADeadline) {
  {
    const auto backend = Program(GetParam());
    const auto start = std::chrono::steady_clock::now();
    // One waits for long, which keeps nobody from a shorter deadline.
    auto patient = std::async(std::launch::async, [&] {
      return Load(*backend, {}, Deadline::After(std::chrono::seconds(2)));
    });
    // Another model, since it would wait for the load of the same one.
    EXPECT_THAT(Load(*backend, {{"another", "one"}}, Deadline::After(milliseconds(100))),
                Fails(ErrorCode::kTimeout, "the backend hostile is still starting"));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
    EXPECT_THAT(patient.get(), Fails(ErrorCode::kTimeout, "the backend hostile is still starting"));
  }
  EXPECT_TRUE(Eventually([&] { return ProcessesOf(ProgramPath(GetParam())).empty(); }));
}

INSTANTIATE_TEST_SUITE_P(Worker, NotStarting, testing::Values("silent", "half", "unkept"),
                         [](const auto& one) { return std::string(one.param); });

}  // namespace
}  // namespace namesake::worker
