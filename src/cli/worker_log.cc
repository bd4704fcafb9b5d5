#include "cli/worker_log.h"

namespace namesake::cli {

void WorkerLog::OnEnded(const WorkerEnd& end) {
  const std::lock_guard lock(mutex_);
  if (ends_.size() == kMostEnds) ends_.pop_front();
  ends_.push_back({.when = Clock::now(), .end = end});
}

void WorkerLog::OnVerdict(const WorkerVerdict& verdict) {
  const std::lock_guard lock(mutex_);
  const Whose whose(verdict.owner, verdict.model, verdict.backend);
  if (verdicts_.size() >= kMostVerdicts && !verdicts_.contains(whose)) return;
  ++verdicts_[whose];
}

std::vector<WorkerLog::Ended> WorkerLog::ends() const {
  const std::lock_guard lock(mutex_);
  return {ends_.begin(), ends_.end()};
}

std::vector<WorkerVerdict> WorkerLog::verdicts() const {
  std::vector<WorkerVerdict> verdicts;
  const std::lock_guard lock(mutex_);
  for (const auto& [whose, count] : verdicts_) {
    const auto& [owner, model, backend] = whose;
    verdicts.push_back({.backend = backend, .owner = owner, .model = model, .count = count});
  }
  return verdicts;
}

}  // namespace namesake::cli
