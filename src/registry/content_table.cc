#include "registry/content_table.h"

namespace namesake {
namespace {

// Ends with its entry.
class Forgetter {
 public:
  Forgetter(std::function<void()> forget) : forget_(std::move(forget)) {}
  Forgetter(const Forgetter&) = delete;
  Forgetter& operator=(const Forgetter&) = delete;
  ~Forgetter() { forget_(); }

 private:
  std::function<void()> forget_;
};

}  // namespace

Result<std::shared_ptr<Entry>> ContentTable::FindOrMake(
    const Key& key, const std::function<Result<std::shared_ptr<Entry>>()>& make) {
  const std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(key); found != entries_.end()) {
    if (auto entry = found->second.lock()) return entry;
  }
  auto made = make();
  if (!made) return made;
  (*made)->Attach(std::make_shared<const Forgetter>([weak = weak_from_this(), key] {
    if (const auto table = weak.lock()) table->Forget(key);
  }));
  entries_.insert_or_assign(key, *made);
  return made;
}

// Unless another entry has taken the key since.
void ContentTable::Forget(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found != entries_.end() && found->second.expired()) entries_.erase(found);
}

}  // namespace namesake
