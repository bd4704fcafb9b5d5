// Where a command that becomes a component starts. Linked in place of the C library's own start,
// with -nostartfiles.
//
// The host calls such a guest while it runs: for memory, to hand over a text or a list. Where the
// start does not name the constructors itself, as in the wasi-libc of Debian 12, the linker has
// every call into the guest construct and destroy all static objects anew.

#include <cstdlib>

extern "C" {

void __wasm_call_ctors();
void __wasm_call_dtors();
// main, with its arguments.
int __main_void();

__attribute__((export_name("_start"))) void _start() {
  __wasm_call_ctors();
  const int exit_code = __main_void();
  if (exit_code != 0) std::exit(exit_code);
  __wasm_call_dtors();
}

}  // extern "C"
