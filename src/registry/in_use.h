// Objects by key, which exist while they are in use.
#ifndef NAMESAKE_REGISTRY_IN_USE_H_
#define NAMESAKE_REGISTRY_IN_USE_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace namesake::registry {

// An object is made for its first use. It ends with its last use if it is idle then, as `bool
// T::idle() const` says. Thread-safe. Each function holds the table's mutex for an instant, and
// none allocates under it. Must outlive its uses.
template <typename Key, typename T>
class InUse {
  struct Object {
    T value{};
    std::uint64_t uses = 0;  // Guarded by the table's mutex_.
  };
  using Objects = std::map<Key, Object>;

 public:
  // Movable.
  class Use {
   public:
    Use(Use&& other) noexcept
        : table_(std::exchange(other.table_, nullptr)), object_(other.object_) {}
    Use& operator=(Use&&) = delete;
    ~Use() {
      if (table_ != nullptr) table_->End(object_);
    }

    T& operator*() const { return object_->second.value; }
    T* operator->() const { return &object_->second.value; }

   private:
    friend class InUse;
    // The use has been counted.
    Use(InUse& table, Objects::iterator object) : table_(&table), object_(object) {}

    InUse* table_;
    Objects::iterator object_;
  };

  // Throws std::bad_alloc if the object is not in use yet; then nothing has changed.
  Use Get(const Key& key) {
    if (auto found = Find(key)) return *std::move(found);
    Objects made;
    made.try_emplace(key);
    typename Objects::insert_return_type inserted;  // Destroyed after unlocking.
    const std::lock_guard lock(mutex_);
    inserted = objects_.insert(made.extract(made.begin()));
    ++inserted.position->second.uses;
    return Use(*this, inserted.position);
  }

  // Empty if there is no such object.
  std::optional<Use> Find(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(key);
    if (found == objects_.end()) return std::nullopt;
    ++found->second.uses;
    return Use(*this, found);
  }

 private:
  void End(Objects::iterator object) noexcept {
    typename Objects::node_type ended;  // Destroyed after unlocking.
    const std::lock_guard lock(mutex_);
    // All other users are done with it: they locked the mutex here after their last use.
    if (--object->second.uses == 0 && object->second.value.idle()) {
      ended = objects_.extract(object);
    }
  }

  std::mutex mutex_;
  Objects objects_;  // Guarded by mutex_.
};

}  // namespace namesake::registry

#endif  // NAMESAKE_REGISTRY_IN_USE_H_
