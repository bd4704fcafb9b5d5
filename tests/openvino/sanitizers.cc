// How AddressSanitizer treats a program with OpenVINO in it.

// Its libraries leave a few bytes behind, some of them in code that is unloaded by then, so that no
// suppression can name it.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }
