// A host of the hostile program, and what must hold after whatever that has done.
#ifndef NAMESAKE_TESTS_WORKER_HOSTILE_H_
#define NAMESAKE_TESTS_WORKER_HOSTILE_H_

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/account.h"
#include "namesake/backend.h"
#include "namesake/worker.h"
#include "support/gate.h"
#include "support/log_lines.h"
#include "support/matchers.h"
#include "support/temp_dir.h"
#include "worker/processes.h"
#include "worker/user.h"

namespace namesake::worker {

using namesake::test::Eventually;

// Enough for an honest worker on a busy machine; little enough to wait for.
inline constexpr std::chrono::seconds kSoon{10};
inline constexpr std::string_view kUser = "tenant \"acme\"";

class Hostile : public testing::Test {
 protected:
  void SetUp() override;
  // Nothing is left of any worker.
  void TearDown() override;

  // Loads for a user with these limits from now on.
  void UseUser(const AccountLimits& limits);

  // A backend whose program does this at its start. Without a spare, a test knows its workers.
  std::unique_ptr<Backend> Program(std::string_view start = "",
                                   std::chrono::nanoseconds grace = std::chrono::milliseconds(100),
                                   const WorkerSettings& workers = {.spare = false});
  std::filesystem::path ProgramPath(std::string_view start = "") const;

  Result<std::shared_ptr<const Graph>> Load(Backend& backend, BackendOptions options = {},
                                            Deadline deadline = Deadline::After(kSoon));
  std::unique_ptr<ExecutionContext> NewContext(const Graph& graph);
  // Computes once on an input of 1, 2, 3, 4.
  Result<void> Compute(ExecutionContext& context, Deadline deadline = Deadline::After(kSoon));
  // Waits until it is known that the worker went on after a deadline. Until then others' calls in
  // it fail with it.
  void AwaitOverdueEnd();
  // A model that an honest worker runs gives its right result.
  void ExpectUsable(Backend& backend);

  test::LogLines log_;
  test::TempDir dir_;
  // Each test has a user of its own.
  LoadOptions load_options_;

 private:
  Held before_;
};

}  // namespace namesake::worker

#endif  // NAMESAKE_TESTS_WORKER_HOSTILE_H_
