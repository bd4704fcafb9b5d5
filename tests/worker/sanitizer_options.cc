// Options for ThreadSanitizer, which has a thread of its own: these programs fork, and then start
// threads.
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() { return "die_after_fork=0"; }
