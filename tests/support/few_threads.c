// Lets a process start at most FEW_THREADS threads, like a system limit that no test can set for
// itself. Preloaded.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

typedef int (*Create)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

static atomic_int started;

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                   void* argument) {
  const char* const limit = getenv("FEW_THREADS");
  if (limit != NULL && atomic_fetch_add(&started, 1) >= atoi(limit)) return EAGAIN;
  const Create create = (Create)dlsym(RTLD_NEXT, "pthread_create");
  return create(thread, attributes, run, argument);
}
