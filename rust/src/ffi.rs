//! What C++ provides to this crate: the operations of wasi:nn as a table of C functions.
//!
//! cbindgen generates the header for C++ from these declarations (build.rs), so both sides share
//! them. All functions run on the guest's thread, and none may throw. Resources are numbers chosen
//! by C++ (`rep`), which a guest never sees and can't forge.
use std::ffi::c_void;

/// A store, by its name in Wasmtime's C API.
#[allow(non_camel_case_types)]
pub struct wasmtime_context {
    _private: [u8; 0],
}

/// C++'s View, on which an instance's calls are made.
pub struct NamesakeView {
    _private: [u8; 0],
}

/// Borrowed memory, valid during the call. `data` is meaningless if `len` is 0.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct NamesakeBytes {
    pub data: *const u8,
    pub len: usize,
}

/// The extents of a tensor, outermost first. Like NamesakeBytes, except that `len` counts extents.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct NamesakeExtents {
    pub data: *const u32,
    pub len: usize,
}

/// The resource that a call made, or the error resource if it failed. `rep` is 0 if a call returns
/// nothing.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct NamesakeOutcome {
    pub is_error: bool,
    pub rep: u32,
}

/// A model's parts as a guest passed them; at most the first NAMESAKE_MAX_PARTS. `count` is the
/// number that the guest passed.
#[repr(C)]
pub struct NamesakeParts {
    pub parts: *const NamesakeBytes,
    pub count: usize,
}

#[repr(C)]
pub struct NamesakeNamedTensor {
    pub name: NamesakeBytes,
    pub tensor: u32,
}

/// The extents accepted in one dimension, inclusive. The largest u64 means no bound.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct NamesakeDimension {
    pub min: u64,
    pub max: u64,
}

/// An input or output of a graph; valid until the next call on the view. `ty` is the index in
/// namesake:nn's element-type. `shape` is meaningless without `has_rank`.
#[repr(C)]
pub struct NamesakeTensorInfo {
    pub name: NamesakeBytes,
    pub ty: u8,
    pub has_rank: bool,
    pub shape: *const NamesakeDimension,
    pub rank: usize,
    pub alias_count: usize,
}

/// More parts than any encoding has.
pub const NAMESAKE_MAX_PARTS: usize = 8;
/// `side` selects a graph's inputs or outputs.
pub const NAMESAKE_INPUTS: u8 = 0;
pub const NAMESAKE_OUTPUTS: u8 = 1;

/// Receives one text of a list.
pub type NamesakeTextSink = extern "C" fn(sink: *mut c_void, text: NamesakeBytes);

/// Returns the view of the calling store; never null.
pub type NamesakeFindView =
    extern "C" fn(env: *mut c_void, store: *mut wasmtime_context) -> *mut NamesakeView;

/// Enums are passed as their number in the WIT. Names are UTF-8; nothing else is checked.
#[repr(C)]
pub struct NamesakeWasiNn {
    /// Copies `data` once. An invalid tensor is a resource, too, and causes an error where it is
    /// used.
    pub tensor_new: extern "C" fn(
        view: *mut NamesakeView,
        dimensions: NamesakeExtents,
        ty: u8,
        data: NamesakeBytes,
    ) -> u32,
    /// The results of these three are valid until the tensor is dropped.
    pub tensor_dimensions: extern "C" fn(view: *mut NamesakeView, tensor: u32) -> NamesakeExtents,
    pub tensor_type: extern "C" fn(view: *mut NamesakeView, tensor: u32) -> u8,
    pub tensor_data: extern "C" fn(view: *mut NamesakeView, tensor: u32) -> NamesakeBytes,
    pub tensor_drop: extern "C" fn(view: *mut NamesakeView, tensor: u32),

    pub error_new: extern "C" fn(view: *mut NamesakeView, code: u8, text: NamesakeBytes) -> u32,
    pub error_code: extern "C" fn(view: *mut NamesakeView, error: u32) -> u8,
    /// Valid until the error is dropped.
    pub error_text: extern "C" fn(view: *mut NamesakeView, error: u32) -> NamesakeBytes,
    pub error_drop: extern "C" fn(view: *mut NamesakeView, error: u32),

    /// These return graphs.
    pub load: extern "C" fn(
        view: *mut NamesakeView,
        parts: NamesakeParts,
        encoding: u8,
        target: u8,
    ) -> NamesakeOutcome,
    pub load_by_name:
        extern "C" fn(view: *mut NamesakeView, name: NamesakeBytes) -> NamesakeOutcome,
    pub load_by_name_with_config: extern "C" fn(
        view: *mut NamesakeView,
        name: NamesakeBytes,
        config: NamesakeBytes,
    ) -> NamesakeOutcome,
    pub load_named: extern "C" fn(
        view: *mut NamesakeView,
        parts: NamesakeParts,
        encoding: u8,
        target: u8,
        name: NamesakeBytes,
    ) -> NamesakeOutcome,

    pub register_named: extern "C" fn(
        view: *mut NamesakeView,
        name: NamesakeBytes,
        encoding: u8,
        target: u8,
        path: NamesakeBytes,
    ) -> NamesakeOutcome,
    pub unregister_named:
        extern "C" fn(view: *mut NamesakeView, name: NamesakeBytes) -> NamesakeOutcome,
    pub list_named:
        extern "C" fn(view: *mut NamesakeView, sink: *mut c_void, take: NamesakeTextSink),

    /// Returns a context.
    pub graph_init_context: extern "C" fn(view: *mut NamesakeView, graph: u32) -> NamesakeOutcome,
    pub graph_drop: extern "C" fn(view: *mut NamesakeView, graph: u32),
    pub graph_tensors: extern "C" fn(view: *mut NamesakeView, graph: u32, side: u8) -> usize,
    /// `index` must be below `graph_tensors`.
    pub graph_tensor: extern "C" fn(
        view: *mut NamesakeView,
        graph: u32,
        side: u8,
        index: usize,
    ) -> NamesakeTensorInfo,
    /// `alias` must be below the tensor's `alias_count`.
    pub graph_tensor_alias: extern "C" fn(
        view: *mut NamesakeView,
        graph: u32,
        side: u8,
        index: usize,
        alias: usize,
    ) -> NamesakeBytes,

    /// Takes ownership of the tensor, even on failure.
    pub context_set_input: extern "C" fn(
        view: *mut NamesakeView,
        context: u32,
        name: NamesakeBytes,
        tensor: u32,
    ) -> NamesakeOutcome,
    pub context_compute: extern "C" fn(view: *mut NamesakeView, context: u32) -> NamesakeOutcome,
    /// Returns a tensor.
    pub context_get_output: extern "C" fn(
        view: *mut NamesakeView,
        context: u32,
        name: NamesakeBytes,
    ) -> NamesakeOutcome,
    /// Precedes the inputs of a `compute` that takes all of them; `count` is their number.
    pub context_begin_inputs:
        extern "C" fn(view: *mut NamesakeView, context: u32, count: usize) -> NamesakeOutcome,
    /// Like `context_set_input`; each input may be given once.
    pub context_give_input: extern "C" fn(
        view: *mut NamesakeView,
        context: u32,
        name: NamesakeBytes,
        tensor: u32,
    ) -> NamesakeOutcome,
    /// Runs an inference and, if it succeeds, passes all outputs to `take`.
    pub context_compute_all: extern "C" fn(
        view: *mut NamesakeView,
        context: u32,
        sink: *mut c_void,
        take: extern "C" fn(sink: *mut c_void, output: NamesakeNamedTensor),
    ) -> NamesakeOutcome,
    pub context_drop: extern "C" fn(view: *mut NamesakeView, context: u32),
}
