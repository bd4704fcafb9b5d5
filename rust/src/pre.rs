//! Components that are linked and checked once, and instantiated many times.
use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Error, Result};
use wasmtime_c_api::{
    wasmtime_component_linker_t, wasmtime_component_t, wasmtime_error_t, WasmtimeStoreContextMut,
    WasmtimeStoreData,
};

use crate::casts;

/// A component with resolved imports. Any number of stores and threads may use it.
pub struct NamesakeComponentPre {
    pre: InstancePre<WasmtimeStoreData>,
}

/// Resolves the component's imports and checks their types; the linker is not needed afterwards.
/// Fails with an error that names the import if one is missing or has another type. The caller owns
/// `out`.
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

/// Makes an instance, which the store owns. Runs the component's start code, and so may trap.
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

/// Calls `run` in the instance's export `interface`, a UTF-8 name. Fails without a call if `run`
/// does not have the type of WASI's commands. `succeeded` is set to its result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn namesake_component_run(
    instance: &Instance,
    mut store: WasmtimeStoreContextMut<'_>,
    interface: *const u8,
    interface_len: usize,
    succeeded: &mut bool,
) -> Option<Box<wasmtime_error_t>> {
    let name = unsafe { std::slice::from_raw_parts(interface, interface_len) };
    match run(instance, &mut store, &String::from_utf8_lossy(name)) {
        Ok(result) => {
            *succeeded = result.is_ok();
            None
        }
        Err(error) => Some(Box::new(error.into())),
    }
}

fn run(
    instance: &Instance,
    store: &mut WasmtimeStoreContextMut<'_>,
    interface: &str,
) -> Result<std::result::Result<(), ()>> {
    let function = instance
        .get_export_index(&mut *store, None, interface)
        .and_then(|index| instance.get_export_index(&mut *store, Some(&index), "run"))
        .ok_or_else(|| Error::msg(format!("{interface} has no function \"run\"")))?;
    let function = instance
        .get_typed_func::<(), (std::result::Result<(), ()>,)>(&mut *store, &function)
        .map_err(|error| {
            Error::msg(format!(
                "\"run\" of {interface} is not as WASI has it: {error}"
            ))
        })?;
    let (result,) = function.call(store, ())?;
    Ok(result)
}

#[unsafe(no_mangle)]
pub extern "C" fn namesake_component_pre_delete(pre: Box<NamesakeComponentPre>) {
    drop(pre);
}
