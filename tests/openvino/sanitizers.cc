// AddressSanitizer options for a program that contains OpenVINO.

// OpenVINO's libraries leak a few bytes, partly from code that is unloaded at exit, so no
// suppression can name it. Its CPU plugin gives the thread that loads it another signal stack,
// which the sanitizer takes for its own and unmaps with the thread. The plugin unmaps the same
// addresses when it ends, whatever is there by then.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "detect_leaks=0:use_sigaltstack=0"; }
