#include "namesake/worker_status.h"

namespace namesake {

void WorkerObserver::OnStarted(const WorkerStatus& /*worker*/) {}
void WorkerObserver::OnEnded(const WorkerEnd& /*end*/) {}
void WorkerObserver::OnVerdict(const WorkerVerdict& /*verdict*/) {}

std::string_view WorkerPurposeName(WorkerPurpose purpose) {
  switch (purpose) {
    case WorkerPurpose::kServes:
      return "serves";
    case WorkerPurpose::kApart:
      return "apart";
    case WorkerPurpose::kRunsAgain:
      return "runs again";
  }
  return "";
}

}  // namespace namesake
