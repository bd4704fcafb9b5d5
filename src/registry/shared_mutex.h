// A reader-writer lock under which neither side can keep the other waiting.
#ifndef NAMESAKE_REGISTRY_SHARED_MUTEX_H_
#define NAMESAKE_REGISTRY_SHARED_MUTEX_H_

#include <pthread.h>

#include <mutex>

namespace namesake::registry {

// In place of std::shared_mutex, under which readers that overlap keep a writer out for ever. Here
// a writer waits for the readers before it alone, and a reader for one writer at most: writers wait
// for each other before they reach the lock. No thread may lock it twice, shared or not.
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
  // False also while a writer waits.
  bool try_lock_shared() { return pthread_rwlock_tryrdlock(&lock_) == 0; }
  void unlock_shared() { pthread_rwlock_unlock(&lock_); }

 private:
  std::mutex writers_;
  pthread_rwlock_t lock_ = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
};

}  // namespace namesake::registry

#endif  // NAMESAKE_REGISTRY_SHARED_MUTEX_H_
