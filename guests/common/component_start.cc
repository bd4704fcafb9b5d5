// The entry point of a command that becomes a component. Linked in place of the C library's own,
// with -nostartfiles.
//
// The host calls into such a guest while it runs, to get memory for a text or a list. If the entry
// point does not call the constructors itself, as in Debian 12's wasi-libc, the linker makes every
// call into the guest construct and destroy all static objects again.

#include <cstdlib>

extern "C" {

void __wasm_call_ctors();
void __wasm_call_dtors();
// Runs main with its arguments.
int __main_void();

__attribute__((export_name("_start"))) void _start() {
  __wasm_call_ctors();
  const int exit_code = __main_void();
  if (exit_code != 0) std::exit(exit_code);
  __wasm_call_dtors();
}

}  // extern "C"
