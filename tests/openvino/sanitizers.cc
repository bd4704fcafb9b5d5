// How AddressSanitizer treats a program with OpenVINO in it.

// OpenVINO's libraries leave a few bytes behind, some of them in code that is unloaded by then, so
// that no suppression can name it. Its CPU plugin gives the thread that loads it another stack for
// signals, which the sanitizer takes for its own and unmaps with the thread; the plugin unmaps the
// same addresses when it ends, whatever lies there by then.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "detect_leaks=0:use_sigaltstack=0"; }
