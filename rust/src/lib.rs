//! Wasmtime's C API, re-exported so that its symbols are part of this static library, and beside it
//! what that API lacks for components: wasi:nn over typed functions, pre-instantiation, and limits
//! for a store as a whole.
//!
//! Nothing is decided here: every operation of wasi:nn is a call of a C++ function (`ffi`). Nothing
//! here may panic for what a guest does, as the process would end: no indexing, no unwrapping, no
//! allocation by a length that a guest gives without having it in its memory.
pub use wasmtime_c_api::*;

mod casts;
mod ffi;
mod introspection;
mod names;
mod pre;
mod process;
mod store;
mod wasi_nn;

pub use ffi::*;
pub use pre::*;
pub use process::*;
pub use store::*;
pub use wasi_nn::*;
