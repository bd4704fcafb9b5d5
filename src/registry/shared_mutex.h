// A reader-writer lock that starves neither side.
#ifndef NAMESAKE_REGISTRY_SHARED_MUTEX_H_
#define NAMESAKE_REGISTRY_SHARED_MUTEX_H_

#include <pthread.h>

#include <mutex>

namespace namesake::registry {

// Replaces std::shared_mutex, where overlapping readers can keep a writer out for ever. Here a
// writer only waits for the readers before it, and a reader for one writer at most, because writers
// queue before they reach the lock. No thread may lock it twice, shared or not.
class SharedMutex {
 public:
  SharedMutex() = default;
  SharedMutex(const SharedMutex&) = delete;
  SharedMutex& operator=(const SharedMutex&) = delete;
  ~SharedMutex() { pthread_rwlock_destroy(&lock_); }

  void lock() {
    writers_.lock();
    pthread_rwlock_wrlock(&lock_);
  }
  void unlock() {
    pthread_rwlock_unlock(&lock_);
    writers_.unlock();
  }
  void lock_shared() { pthread_rwlock_rdlock(&lock_); }
  // Also false while a writer waits.
  bool try_lock_shared() { return pthread_rwlock_tryrdlock(&lock_) == 0; }
  void unlock_shared() { pthread_rwlock_unlock(&lock_); }

 private:
  std::mutex writers_;
  pthread_rwlock_t lock_ = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
};

}  // namespace namesake::registry

#endif  // NAMESAKE_REGISTRY_SHARED_MUTEX_H_
