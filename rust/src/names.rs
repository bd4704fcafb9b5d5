//! namesake:nn/names: what guests can do with names beyond wasi:nn's `load-by-name`.
use std::ffi::c_void;

use wasmtime::component::{LinkerInstance, WasmStr};
use wasmtime::Result;
use wasmtime_c_api::WasmtimeStoreData;

use crate::ffi::NamesakeBytes;
use crate::wasi_nn::{
    bytes, done, made, owned_text, with_parts, Encoding, Graph, Host, Parts, Store, Target,
};

extern "C" fn take_name(sink: *mut c_void, text: NamesakeBytes) {
    // SAFETY: `sink` is the vector of the current call.
    let names = unsafe { &mut *sink.cast::<Vec<String>>() };
    names.push(owned_text(text));
}

pub fn define(instance: &mut LinkerInstance<'_, WasmtimeStoreData>, host: Host) -> Result<()> {
    instance.func_wrap(
        "load-named",
        move |mut store: Store<'_>,
              (builder, encoding, target, name): (Parts, Encoding, Target, WasmStr)| {
            let view = host.view(&mut store);
            let outcome = with_parts(&mut store, &builder, |store, parts| {
                let name = name.to_str(store)?;
                let name = bytes(name.as_bytes());
                Ok::<_, wasmtime::Error>((host.nn.load_named)(
                    view,
                    parts,
                    encoding as u8,
                    target as u8,
                    name,
                ))
            })??;
            made::<Graph>(outcome)
        },
    )?;
    instance.func_wrap(
        "register-named",
        move |mut store: Store<'_>,
              (name, encoding, target, path): (WasmStr, Encoding, Target, WasmStr)| {
            let view = host.view(&mut store);
            let (name, path) = (name.to_str(&store)?, path.to_str(&store)?);
            done((host.nn.register_named)(
                view,
                bytes(name.as_bytes()),
                encoding as u8,
                target as u8,
                bytes(path.as_bytes()),
            ))
        },
    )?;
    instance.func_wrap(
        "unregister-named",
        move |mut store: Store<'_>, (name,): (WasmStr,)| {
            let view = host.view(&mut store);
            let name = name.to_str(&store)?;
            done((host.nn.unregister_named)(view, bytes(name.as_bytes())))
        },
    )?;
    instance.func_wrap(
        "load-by-name-with-config",
        move |mut store: Store<'_>, (name, config): (WasmStr, WasmStr)| {
            let view = host.view(&mut store);
            let (name, config) = (name.to_str(&store)?, config.to_str(&store)?);
            made::<Graph>((host.nn.load_by_name_with_config)(
                view,
                bytes(name.as_bytes()),
                bytes(config.as_bytes()),
            ))
        },
    )?;
    instance.func_wrap(
        "list-named",
        move |mut store: Store<'_>, (): ()| -> Result<(Vec<String>,)> {
            let mut names = Vec::new();
            (host.nn.list_named)(
                host.view(&mut store),
                std::ptr::from_mut(&mut names).cast(),
                take_name,
            );
            Ok((names,))
        },
    )
}
