//! Wasmtime's C API, re-exported so that its symbols are part of this static library.
pub use wasmtime_c_api::*;
