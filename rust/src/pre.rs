//! Components that are linked and checked once, to be instantiated often.
use wasmtime::component::{Instance, InstancePre};
use wasmtime_c_api::{
    wasmtime_component_linker_t, wasmtime_component_t, wasmtime_error_t, WasmtimeStoreContextMut,
    WasmtimeStoreData,
};

use crate::casts;

/// A component and what its imports are, resolved. Any number of stores and threads may use it.
pub struct NamesakeComponentPre {
    pre: InstancePre<WasmtimeStoreData>,
}

/// Resolves the component's imports and checks their types; the linker is not needed after. An error
/// that names the import where one is missing or of another type. `out` is owned by the caller.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn namesake_component_pre_new(
    linker: &wasmtime_component_linker_t,
    component: &wasmtime_component_t,
    out: &mut *mut NamesakeComponentPre,
) -> Option<Box<wasmtime_error_t>> {
    match casts::linker(linker).instantiate_pre(casts::component(component)) {
        Ok(pre) => {
            *out = Box::into_raw(Box::new(NamesakeComponentPre { pre }));
            None
        }
        Err(error) => Some(Box::new(error.into())),
    }
}

/// An instance in the store, which owns it. Runs the component's start code, and so may trap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn namesake_component_pre_instantiate(
    pre: &NamesakeComponentPre,
    store: WasmtimeStoreContextMut<'_>,
    out: &mut Instance,
) -> Option<Box<wasmtime_error_t>> {
    match pre.pre.instantiate(store) {
        Ok(instance) => {
            *out = instance;
            None
        }
        Err(error) => Some(Box::new(error.into())),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn namesake_component_pre_delete(pre: Box<NamesakeComponentPre>) {
    drop(pre);
}
