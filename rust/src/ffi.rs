//! What C++ gives to this crate: the operations of wasi:nn as a table of C functions.
//!
//! cbindgen writes these declarations into the header that C++ includes (build.rs), so that both
//! sides have them from here. All functions run on the guest's thread, and none may throw. Resources
//! are numbers of C++'s (`rep`), which a guest never sees and can't forge.
use std::ffi::c_void;

/// A store as Wasmtime's C API names it.
#[allow(non_camel_case_types)]
pub struct wasmtime_context {
    _private: [u8; 0],
}

/// What an instance's calls are made on: C++'s View.
pub struct NamesakeView {
    _private: [u8; 0],
}

/// Memory of somebody else's, for the length of the call. `data` means nothing where `len` is 0.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct NamesakeBytes {
    pub data: *const u8,
    pub len: usize,
}

/// Extents of a tensor, outermost first; otherwise as NamesakeBytes. `len` counts them.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct NamesakeExtents {
    pub data: *const u32,
    pub len: usize,
}

/// The resource that a call made, or else the error that it made. A call without a value leaves 0.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct NamesakeOutcome {
    pub is_error: bool,
    pub rep: u32,
}

/// A model's parts as a guest gave them. Of more than NAMESAKE_MAX_PARTS the first are here; `count`
/// is what the guest gave.
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

/// The extents accepted in one dimension, both included; u64's largest is no bound.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct NamesakeDimension {
    pub min: u64,
    pub max: u64,
}

/// An input or output of a graph; lives until the next call on the view. `ty` counts in the order
/// of namesake:nn's element-type. `shape` means nothing without `has_rank`.
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
/// `side` of a graph's tensors.
pub const NAMESAKE_INPUTS: u8 = 0;
pub const NAMESAKE_OUTPUTS: u8 = 1;

/// Gets one text of a list.
pub type NamesakeTextSink = extern "C" fn(sink: *mut c_void, text: NamesakeBytes);

/// The view of the store that calls; never null.
pub type NamesakeFindView =
    extern "C" fn(env: *mut c_void, store: *mut wasmtime_context) -> *mut NamesakeView;

/// Enums cross as their number in the WIT. Names are UTF-8 and nothing more.
#[repr(C)]
pub struct NamesakeWasiNn {
    /// Copies `data`, once. What is no tensor is a resource too, and an error where it is used.
    pub tensor_new: extern "C" fn(
        view: *mut NamesakeView,
        dimensions: NamesakeExtents,
        ty: u8,
        data: NamesakeBytes,
    ) -> u32,
    /// These three live until the tensor is dropped.
    pub tensor_dimensions: extern "C" fn(view: *mut NamesakeView, tensor: u32) -> NamesakeExtents,
    pub tensor_type: extern "C" fn(view: *mut NamesakeView, tensor: u32) -> u8,
    pub tensor_data: extern "C" fn(view: *mut NamesakeView, tensor: u32) -> NamesakeBytes,
    pub tensor_drop: extern "C" fn(view: *mut NamesakeView, tensor: u32),

    pub error_new: extern "C" fn(view: *mut NamesakeView, code: u8, text: NamesakeBytes) -> u32,
    pub error_code: extern "C" fn(view: *mut NamesakeView, error: u32) -> u8,
    /// Lives until the error is dropped.
    pub error_text: extern "C" fn(view: *mut NamesakeView, error: u32) -> NamesakeBytes,
    pub error_drop: extern "C" fn(view: *mut NamesakeView, error: u32),

    /// The outcomes of these are graphs.
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

    /// The outcome is a context.
    pub graph_init_context: extern "C" fn(view: *mut NamesakeView, graph: u32) -> NamesakeOutcome,
    pub graph_drop: extern "C" fn(view: *mut NamesakeView, graph: u32),
    pub graph_tensors: extern "C" fn(view: *mut NamesakeView, graph: u32, side: u8) -> usize,
    /// `index` below `graph_tensors`.
    pub graph_tensor: extern "C" fn(
        view: *mut NamesakeView,
        graph: u32,
        side: u8,
        index: usize,
    ) -> NamesakeTensorInfo,
    /// `alias` below the tensor's `alias_count`.
    pub graph_tensor_alias: extern "C" fn(
        view: *mut NamesakeView,
        graph: u32,
        side: u8,
        index: usize,
        alias: usize,
    ) -> NamesakeBytes,

    /// Takes the tensor over, whatever comes of it.
    pub context_set_input: extern "C" fn(
        view: *mut NamesakeView,
        context: u32,
        name: NamesakeBytes,
        tensor: u32,
    ) -> NamesakeOutcome,
    pub context_compute: extern "C" fn(view: *mut NamesakeView, context: u32) -> NamesakeOutcome,
    /// The outcome is a tensor.
    pub context_get_output: extern "C" fn(
        view: *mut NamesakeView,
        context: u32,
        name: NamesakeBytes,
    ) -> NamesakeOutcome,
    /// Before the inputs of a compute that is given all of them: how many there are.
    pub context_begin_inputs:
        extern "C" fn(view: *mut NamesakeView, context: u32, count: usize) -> NamesakeOutcome,
    /// As `context_set_input`, each input once.
    pub context_give_input: extern "C" fn(
        view: *mut NamesakeView,
        context: u32,
        name: NamesakeBytes,
        tensor: u32,
    ) -> NamesakeOutcome,
    /// Computes, and gives all outputs to `take` where that succeeds.
    pub context_compute_all: extern "C" fn(
        view: *mut NamesakeView,
        context: u32,
        sink: *mut c_void,
        take: extern "C" fn(sink: *mut c_void, output: NamesakeNamedTensor),
    ) -> NamesakeOutcome,
    pub context_drop: extern "C" fn(view: *mut NamesakeView, context: u32),
}
