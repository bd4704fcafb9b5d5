#include "worker/worker_graph.h"

#include <utility>

#include "worker/worker_context.h"
#include "worker/worker_list.h"

namespace namesake::worker {

WorkerGraph::WorkerGraph(protocol::Loaded loaded, PlacedModel model, std::shared_ptr<Worker> worker)
    : Graph(std::move(loaded.inputs), std::move(loaded.outputs), model.plan->load().bytes,
            model.plan->load().model.encoding,
            Traits{.context_bytes = loaded.context_bytes,
                   .notes = std::move(loaded.notes),
                   .keeps_state = loaded.keeps_state,
                   .threads = loaded.threads}),
      model_(std::make_shared<const PlacedModel>(std::move(model))),
      home_(std::make_shared<Home>(model_, model_->user, Home::Kind::kPlacements, inputs(),
                                   outputs(), std::move(worker))) {}

std::shared_ptr<GraphUser> WorkerGraph::UserOf(const Placement& placement) const {
  std::shared_ptr<const User> user = model_->user;
  if (model_->serves_all()) {
    user = model_->users == nullptr ? nullptr : model_->users->Find(placement);
    if (user == nullptr) user = User::Nobody();
  }
  const std::lock_guard lock(mutex_);
  auto& known = users_[user.get()];
  if (known == nullptr) known = std::make_shared<GraphUser>(std::move(user));
  return known;
}

Result<std::unique_ptr<ExecutionContext>> WorkerGraph::NewContext(
    const Placement& placement) const {
  return NewWorkerContext(std::static_pointer_cast<const WorkerGraph>(shared_from_this()),
                          UserOf(placement));
}

bool WorkerGraph::IsInQuarantine(GraphUser& user) const {
  return model_->serves_all() && model_->fleet->options().quarantine && user.strikes_.any();
}

void WorkerGraph::AddVerdict(GraphUser& user, Strikes::Clock::time_point began) const {
  const int count = user.strikes_.Add(began);
  WorkerObserver* const observer = user.user_->workers->observer();
  if (observer == nullptr) return;
  observer->OnVerdict({.backend = model_->fleet->options().backend,
                       .owner = user.user_->name,
                       .model = model_->label,
                       .count = count});
}

const User& WorkerGraph::Charged(GraphUser& user) const {
  return IsInQuarantine(user) ? *user.user_ : *model_->user;
}

std::shared_ptr<Home> WorkerGraph::HomeOf(GraphUser& user) const {
  std::shared_ptr<Home> left;  // Ended after unlocking.
  const std::lock_guard lock(user.mutex_);
  if (!IsInQuarantine(user)) {
    left.swap(user.own_);
    return home_;
  }
  if (user.own_ == nullptr) {
    user.own_ =
        std::make_shared<Home>(model_, user.user_, Home::Kind::kOwn, inputs(), outputs(), nullptr);
  }
  return user.own_;
}

}  // namespace namesake::worker
