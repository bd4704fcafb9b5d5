//! Re-exports Wasmtime's C API, so that its symbols are part of this static library, and adds what
//! that API lacks for components: wasi:nn with typed functions, pre-instantiation, and limits for a
//! whole store.
//!
//! No decisions are made here: every operation of wasi:nn calls a C++ function (`ffi`). Nothing
//! here may panic because of a guest, since that would end the process: no indexing, no unwrapping,
//! and no allocation by a guest's length unless the guest's memory really holds that much.
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
