//! Casts the types of Wasmtime's C API to the types they contain.
//!
//! The C API's structs have a single field and are `repr(transparent)` or `repr(C)`, so a reference
//! to one is a reference to the other. Upstream does not guarantee that. Therefore the version is
//! pinned exactly (Cargo.toml, build.rs), the sizes are compared here, and a C++ test runs a
//! component through each cast (tests/abi/wit_casts_test.cc).
use std::mem::{align_of, size_of};

use wasmtime::component::{Component, Linker};
use wasmtime::{AsContextMut, Config, Store};
use wasmtime_c_api::{
    wasi_config_t, wasm_config_t, wasmtime_component_linker_t, wasmtime_component_t, wasmtime_store_t,
    WasmtimeStoreContextMut, WasmtimeStoreData,
};

use wasmtime_wasi::WasiCtxBuilder;

use crate::ffi::wasmtime_context;

macro_rules! same_layout {
    ($outer:ty, $inner:ty) => {
        const _: () = assert!(
            size_of::<$outer>() == size_of::<$inner>()
                && align_of::<$outer>() == align_of::<$inner>(),
            "the C API's struct no longer holds just the type that it is cast to"
        );
    };
}

same_layout!(wasmtime_component_linker_t, Linker<WasmtimeStoreData>);
same_layout!(wasmtime_component_t, Component);
same_layout!(wasmtime_store_t, Store<WasmtimeStoreData>);
same_layout!(wasi_config_t, WasiCtxBuilder);
same_layout!(wasm_config_t, Config);
same_layout!(WasmtimeStoreContextMut<'static>, *mut wasmtime_context);

pub fn linker(linker: &wasmtime_component_linker_t) -> &Linker<WasmtimeStoreData> {
    // SAFETY: same layout, see above. This also holds for the casts below.
    unsafe { &*std::ptr::from_ref(linker).cast() }
}

pub fn linker_mut(linker: &mut wasmtime_component_linker_t) -> &mut Linker<WasmtimeStoreData> {
    unsafe { &mut *std::ptr::from_mut(linker).cast() }
}

pub fn component(component: &wasmtime_component_t) -> &Component {
    unsafe { &*std::ptr::from_ref(component).cast() }
}

pub fn store_mut(store: &mut wasmtime_store_t) -> &mut Store<WasmtimeStoreData> {
    unsafe { &mut *std::ptr::from_mut(store).cast() }
}

pub fn config_mut(config: &mut wasm_config_t) -> &mut Config {
    unsafe { &mut *std::ptr::from_mut(config).cast() }
}

pub fn wasi_builder(config: &mut wasi_config_t) -> &mut WasiCtxBuilder {
    unsafe { &mut *std::ptr::from_mut(config).cast() }
}

/// The store as C++ knows it, valid during a call.
pub fn context(mut store: impl AsContextMut<Data = WasmtimeStoreData>) -> *mut wasmtime_context {
    unsafe {
        std::mem::transmute::<WasmtimeStoreContextMut<'_>, *mut wasmtime_context>(
            store.as_context_mut(),
        )
    }
}
