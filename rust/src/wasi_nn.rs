//! wasi:nn in a component linker, in all its versions: one implementation, and a table of the
//! versions' differences. C++ gets the names of the interfaces from that table.
use std::ffi::c_void;

use wasmtime::component::{
    ComponentType, Lift, LinkerInstance, Lower, Resource, ResourceType, WasmList, WasmStr,
};
use wasmtime::{AsContextMut, Result, StoreContextMut};
use wasmtime_c_api::{wasmtime_component_linker_t, wasmtime_error_t, WasmtimeStoreData};

use crate::casts;
use crate::ffi::{
    NamesakeBytes, NamesakeExtents, NamesakeFindView, NamesakeNamedTensor, NamesakeOutcome,
    NamesakeParts, NamesakeTextSink, NamesakeView, NamesakeWasiNn, NAMESAKE_MAX_PARTS,
};
use crate::{introspection, names};

/// How a version runs an inference.
#[derive(Clone, Copy, PartialEq)]
enum Computing {
    /// With `set-input`, `compute` and `get-output`.
    InSteps,
    /// With a `compute` that takes the inputs and returns the outputs.
    InOne,
}

struct Version {
    version: &'static str,
    error_constructor: bool,
    computing: Computing,
}

/// All versions served; each has its text in a folder of wit/.
const VERSIONS: &[Version] = &[
    Version {
        version: "0.2.0-rc-2024-06-25",
        error_constructor: true,
        computing: Computing::InSteps,
    },
    Version {
        version: "0.2.0-rc-2024-08-19",
        error_constructor: false,
        computing: Computing::InSteps,
    },
    Version {
        version: "0.2.0-rc-2024-10-28",
        error_constructor: false,
        computing: Computing::InOne,
    },
];

// Resource kinds, used only as types. All versions share them: for a guest, they are different
// types in each version, so it can't pass one to another version.
pub enum Tensor {}
pub enum NnError {}
pub enum Graph {}
pub enum Context {}

#[derive(ComponentType, Lift, Lower, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
enum TensorType {
    #[component(name = "FP16")]
    Fp16,
    #[component(name = "FP32")]
    Fp32,
    #[component(name = "FP64")]
    Fp64,
    #[component(name = "BF16")]
    Bf16,
    #[component(name = "U8")]
    U8,
    #[component(name = "I32")]
    I32,
    #[component(name = "I64")]
    I64,
}

impl TensorType {
    fn of(number: u8) -> Self {
        match number {
            0 => Self::Fp16,
            2 => Self::Fp64,
            3 => Self::Bf16,
            4 => Self::U8,
            5 => Self::I32,
            6 => Self::I64,
            _ => Self::Fp32,
        }
    }
}

#[derive(ComponentType, Lift, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
pub enum Encoding {
    #[component(name = "openvino")]
    Openvino,
    #[component(name = "onnx")]
    Onnx,
    #[component(name = "tensorflow")]
    Tensorflow,
    #[component(name = "pytorch")]
    Pytorch,
    #[component(name = "tensorflowlite")]
    Tensorflowlite,
    #[component(name = "ggml")]
    Ggml,
    #[component(name = "autodetect")]
    Autodetect,
}

#[derive(ComponentType, Lift, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
pub enum Target {
    #[component(name = "cpu")]
    Cpu,
    #[component(name = "gpu")]
    Gpu,
    #[component(name = "tpu")]
    Tpu,
}

#[derive(ComponentType, Lift, Lower, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
enum ErrorCode {
    #[component(name = "invalid-argument")]
    InvalidArgument,
    #[component(name = "invalid-encoding")]
    InvalidEncoding,
    #[component(name = "timeout")]
    Timeout,
    #[component(name = "runtime-error")]
    RuntimeError,
    #[component(name = "unsupported-operation")]
    UnsupportedOperation,
    #[component(name = "too-large")]
    TooLarge,
    #[component(name = "not-found")]
    NotFound,
    #[component(name = "security")]
    Security,
    #[component(name = "unknown")]
    Unknown,
}

impl ErrorCode {
    fn of(number: u8) -> Self {
        match number {
            0 => Self::InvalidArgument,
            1 => Self::InvalidEncoding,
            2 => Self::Timeout,
            3 => Self::RuntimeError,
            4 => Self::UnsupportedOperation,
            5 => Self::TooLarge,
            6 => Self::NotFound,
            7 => Self::Security,
            _ => Self::Unknown,
        }
    }
}

pub type Store<'a> = StoreContextMut<'a, WasmtimeStoreData>;
/// The answer of a wasi:nn function. The outer result is the engine's; an error there traps.
pub type Answer<T> = Result<(std::result::Result<T, Resource<NnError>>,)>;

/// The functions that C++ provides, and how they find the view.
#[derive(Clone, Copy)]
pub struct Host {
    pub nn: &'static NamesakeWasiNn,
    find_view: NamesakeFindView,
    env: *mut c_void,
}

// SAFETY: `env` is only passed back to C++, whose header says that any thread may call.
unsafe impl Send for Host {}
unsafe impl Sync for Host {}

impl Host {
    pub fn view(&self, store: &mut Store<'_>) -> *mut NamesakeView {
        (self.find_view)(self.env, casts::context(store))
    }
}

pub fn bytes(slice: &[u8]) -> NamesakeBytes {
    NamesakeBytes {
        data: slice.as_ptr(),
        len: slice.len(),
    }
}

fn as_resource<T: 'static>(
    outcome: NamesakeOutcome,
) -> std::result::Result<Resource<T>, Resource<NnError>> {
    if outcome.is_error {
        Err(Resource::new_own(outcome.rep))
    } else {
        Ok(Resource::new_own(outcome.rep))
    }
}

pub fn made<T: 'static>(outcome: NamesakeOutcome) -> Answer<Resource<T>> {
    Ok((as_resource(outcome),))
}

pub fn done(outcome: NamesakeOutcome) -> Answer<()> {
    if outcome.is_error {
        Ok((Err(Resource::new_own(outcome.rep)),))
    } else {
        Ok((Ok(()),))
    }
}

/// Borrows what C++ lends until the resource that owns it is dropped.
///
/// # Safety
///
/// The engine must be done with the slice before the guest runs again. That holds if a function
/// returns the slice: the list is copied into the guest's memory before the call ends. The guest's
/// allocator runs meanwhile, but can't call imports, and so can't drop anything (the canonical ABI
/// forbids it).
pub unsafe fn lent<T>(data: *const T, len: usize) -> &'static [T] {
    if len == 0 || data.is_null() {
        return &[];
    }
    unsafe { std::slice::from_raw_parts(data, len) }
}

/// Copies a text that C++ lends.
pub fn owned_text(text: NamesakeBytes) -> String {
    // SAFETY: copied at once.
    String::from_utf8_lossy(unsafe { lent(text.data, text.len) }).into_owned()
}

pub type Parts = WasmList<WasmList<u8>>;

/// Calls `function` with a model's parts, in place in the guest's memory.
pub fn with_parts<T>(
    store: &mut Store<'_>,
    list: &Parts,
    function: impl FnOnce(&Store<'_>, NamesakeParts) -> T,
) -> Result<T> {
    let mut lists: [Option<WasmList<u8>>; NAMESAKE_MAX_PARTS] = Default::default();
    for (index, slot) in lists.iter_mut().enumerate() {
        match list.get(store.as_context_mut(), index) {
            Some(part) => *slot = Some(part?),
            None => break,
        }
    }
    let mut parts = [bytes(&[]); NAMESAKE_MAX_PARTS];
    for (part, list) in parts.iter_mut().zip(&lists) {
        if let Some(list) = list {
            *part = bytes(list.as_le_slice(&*store));
        }
    }
    let parts = NamesakeParts {
        parts: parts.as_ptr(),
        count: list.len(),
    };
    Ok(function(store, parts))
}

fn define_tensor(instance: &mut LinkerInstance<'_, WasmtimeStoreData>, host: Host) -> Result<()> {
    instance.resource(
        "tensor",
        ResourceType::host::<Tensor>(),
        move |mut store, rep| {
            (host.nn.tensor_drop)(host.view(&mut store), rep);
            Ok(())
        },
    )?;
    instance.func_wrap(
        "[constructor]tensor",
        move |mut store: Store<'_>,
              (dimensions, ty, data): (WasmList<u32>, TensorType, WasmList<u8>)|
              -> Result<(Resource<Tensor>,)> {
            let view = host.view(&mut store);
            let extents = dimensions.as_le_slice(&store);
            let extents = NamesakeExtents {
                data: extents.as_ptr(),
                len: extents.len(),
            };
            let data = bytes(data.as_le_slice(&store));
            let rep = (host.nn.tensor_new)(view, extents, ty as u8, data);
            Ok((Resource::new_own(rep),))
        },
    )?;
    instance.func_wrap(
        "[method]tensor.dimensions",
        move |mut store: Store<'_>, (tensor,): (Resource<Tensor>,)| {
            let extents = (host.nn.tensor_dimensions)(host.view(&mut store), tensor.rep());
            // SAFETY: returned.
            Ok((unsafe { lent(extents.data, extents.len) },))
        },
    )?;
    instance.func_wrap(
        "[method]tensor.ty",
        move |mut store: Store<'_>, (tensor,): (Resource<Tensor>,)| {
            let number = (host.nn.tensor_type)(host.view(&mut store), tensor.rep());
            Ok((TensorType::of(number),))
        },
    )?;
    instance.func_wrap(
        "[method]tensor.data",
        move |mut store: Store<'_>, (tensor,): (Resource<Tensor>,)| {
            let data = (host.nn.tensor_data)(host.view(&mut store), tensor.rep());
            // SAFETY: returned. This is the only copy of an output: from the backend's buffer into
            // the list that the guest has allocated.
            Ok((unsafe { lent(data.data, data.len) },))
        },
    )
}

fn define_errors(
    instance: &mut LinkerInstance<'_, WasmtimeStoreData>,
    host: Host,
    constructor: bool,
) -> Result<()> {
    instance.resource(
        "error",
        ResourceType::host::<NnError>(),
        move |mut store, rep| {
            (host.nn.error_drop)(host.view(&mut store), rep);
            Ok(())
        },
    )?;
    if constructor {
        instance.func_wrap(
            "[constructor]error",
            move |mut store: Store<'_>,
                  (code, data): (ErrorCode, WasmStr)|
                  -> Result<(Resource<NnError>,)> {
                let view = host.view(&mut store);
                let text = data.to_str(&store)?;
                let rep = (host.nn.error_new)(view, code as u8, bytes(text.as_bytes()));
                Ok((Resource::new_own(rep),))
            },
        )?;
    }
    instance.func_wrap(
        "[method]error.code",
        move |mut store: Store<'_>, (error,): (Resource<NnError>,)| {
            let number = (host.nn.error_code)(host.view(&mut store), error.rep());
            Ok((ErrorCode::of(number),))
        },
    )?;
    instance.func_wrap(
        "[method]error.data",
        move |mut store: Store<'_>, (error,): (Resource<NnError>,)| {
            let text = (host.nn.error_text)(host.view(&mut store), error.rep());
            Ok((owned_text(text),))
        },
    )
}

fn define_graph(instance: &mut LinkerInstance<'_, WasmtimeStoreData>, host: Host) -> Result<()> {
    instance.resource(
        "graph",
        ResourceType::host::<Graph>(),
        move |mut store, rep| {
            (host.nn.graph_drop)(host.view(&mut store), rep);
            Ok(())
        },
    )?;
    instance.func_wrap(
        "[method]graph.init-execution-context",
        move |mut store: Store<'_>, (graph,): (Resource<Graph>,)| {
            made::<Context>((host.nn.graph_init_context)(
                host.view(&mut store),
                graph.rep(),
            ))
        },
    )?;
    instance.func_wrap(
        "load",
        move |mut store: Store<'_>, (builder, encoding, target): (Parts, Encoding, Target)| {
            let view = host.view(&mut store);
            made::<Graph>(with_parts(&mut store, &builder, |_, parts| {
                (host.nn.load)(view, parts, encoding as u8, target as u8)
            })?)
        },
    )?;
    instance.func_wrap(
        "load-by-name",
        move |mut store: Store<'_>, (name,): (WasmStr,)| {
            let view = host.view(&mut store);
            let name = name.to_str(&store)?;
            made::<Graph>((host.nn.load_by_name)(view, bytes(name.as_bytes())))
        },
    )
}

fn define_inference(
    instance: &mut LinkerInstance<'_, WasmtimeStoreData>,
    host: Host,
    computing: Computing,
) -> Result<()> {
    instance.resource(
        "graph-execution-context",
        ResourceType::host::<Context>(),
        move |mut store, rep| {
            (host.nn.context_drop)(host.view(&mut store), rep);
            Ok(())
        },
    )?;
    match computing {
        Computing::InSteps => define_steps(instance, host),
        Computing::InOne => define_compute(instance, host),
    }
}

fn define_steps(instance: &mut LinkerInstance<'_, WasmtimeStoreData>, host: Host) -> Result<()> {
    instance.func_wrap(
        "[method]graph-execution-context.set-input",
        move |mut store: Store<'_>,
              (context, name, tensor): (Resource<Context>, WasmStr, Resource<Tensor>)| {
            let view = host.view(&mut store);
            let name = match name.to_str(&store) {
                Ok(name) => name,
                Err(error) => {
                    (host.nn.tensor_drop)(view, tensor.rep());
                    return Err(error);
                }
            };
            done((host.nn.context_set_input)(
                view,
                context.rep(),
                bytes(name.as_bytes()),
                tensor.rep(),
            ))
        },
    )?;
    instance.func_wrap(
        "[method]graph-execution-context.compute",
        move |mut store: Store<'_>, (context,): (Resource<Context>,)| {
            done((host.nn.context_compute)(
                host.view(&mut store),
                context.rep(),
            ))
        },
    )?;
    instance.func_wrap(
        "[method]graph-execution-context.get-output",
        move |mut store: Store<'_>, (context, name): (Resource<Context>, WasmStr)| {
            let view = host.view(&mut store);
            let name = name.to_str(&store)?;
            made::<Tensor>((host.nn.context_get_output)(
                view,
                context.rep(),
                bytes(name.as_bytes()),
            ))
        },
    )
}

type NamedTensors = Vec<(String, Resource<Tensor>)>;

extern "C" fn take_output(sink: *mut c_void, output: NamesakeNamedTensor) {
    // SAFETY: `sink` is the vector of the current call.
    let outputs = unsafe { &mut *sink.cast::<NamedTensors>() };
    outputs.push((owned_text(output.name), Resource::new_own(output.tensor)));
}

/// Passes the inputs one by one, up to the first that is refused. Decodes each name when it is
/// needed and does not keep it: each may span the guest's memory, and all may cover the same bytes.
fn give_inputs(
    host: Host,
    store: &Store<'_>,
    view: *mut NamesakeView,
    context: &Resource<Context>,
    inputs: &mut std::vec::IntoIter<(WasmStr, Resource<Tensor>)>,
) -> Result<NamesakeOutcome> {
    let mut outcome = (host.nn.context_begin_inputs)(view, context.rep(), inputs.len());
    while !outcome.is_error {
        let Some((name, tensor)) = inputs.next() else {
            break;
        };
        outcome = match name.to_str(store) {
            Ok(name) => (host.nn.context_give_input)(
                view,
                context.rep(),
                bytes(name.as_bytes()),
                tensor.rep(),
            ),
            Err(error) => {
                (host.nn.tensor_drop)(view, tensor.rep());
                return Err(error);
            }
        };
    }
    Ok(outcome)
}

fn define_compute(instance: &mut LinkerInstance<'_, WasmtimeStoreData>, host: Host) -> Result<()> {
    instance.func_wrap(
        "[method]graph-execution-context.compute",
        move |mut store: Store<'_>,
              (context, list): (Resource<Context>, WasmList<(WasmStr, Resource<Tensor>)>)|
              -> Answer<NamedTensors> {
            let view = host.view(&mut store);
            // Take all inputs from the guest before any is used, so that it owns none of them after
            // the call, even on failure.
            let mut taken = Vec::new();
            let mut index = 0;
            while let Some(input) = list.get(store.as_context_mut(), index) {
                taken.push(input?);
                index += 1;
            }
            let mut outputs = NamedTensors::new();
            let mut left = taken.into_iter();
            let outcome = give_inputs(host, &store, view, &context, &mut left);
            for (_, tensor) in left {
                (host.nn.tensor_drop)(view, tensor.rep());
            }
            let mut outcome = outcome?;
            if !outcome.is_error {
                outcome = (host.nn.context_compute_all)(
                    view,
                    context.rep(),
                    std::ptr::from_mut(&mut outputs).cast(),
                    take_output,
                );
            }
            Ok((as_resource::<()>(outcome).map(|_| outputs),))
        },
    )
}

type Define = fn(&mut LinkerInstance<'_, WasmtimeStoreData>, Host) -> Result<()>;
type DefineVersion = fn(&mut LinkerInstance<'_, WasmtimeStoreData>, Host, &Version) -> Result<()>;

/// The interfaces of every version of wasi:nn.
const WASI_NN: [(&str, DefineVersion); 4] = [
    ("tensor", |instance, host, _| define_tensor(instance, host)),
    ("graph", |instance, host, _| define_graph(instance, host)),
    ("inference", |instance, host, version| {
        define_inference(instance, host, version.computing)
    }),
    ("errors", |instance, host, version| {
        define_errors(instance, host, version.error_constructor)
    }),
];

const NAMESAKE_NN: [(&str, Define); 2] = [
    ("namesake:nn/names@0.1.0", names::define),
    ("namesake:nn/introspection@0.1.0", introspection::define),
];

/// Calls `act` for every interface served, with its full name and the function that defines it in
/// an instance of that name.
fn each_interface(
    mut act: impl FnMut(
        &str,
        &dyn Fn(&mut LinkerInstance<'_, WasmtimeStoreData>, Host) -> Result<()>,
    ) -> Result<()>,
) -> Result<()> {
    for version in VERSIONS {
        for (interface, define) in WASI_NN {
            act(
                &format!("wasi:nn/{interface}@{}", version.version),
                &|instance, host| define(instance, host, version),
            )?;
        }
    }
    for (name, define) in NAMESAKE_NN {
        act(name, &define)?;
    }
    Ok(())
}

/// Passes the full names of the interfaces that `namesake_component_linker_define_wasi_nn` defines
/// to `take`; each is valid during that call.
#[unsafe(no_mangle)]
pub extern "C" fn namesake_wasi_nn_interfaces(sink: *mut c_void, take: NamesakeTextSink) {
    let told = each_interface(|name, _| {
        take(sink, bytes(name.as_bytes()));
        Ok(())
    });
    debug_assert!(told.is_ok());
}

/// Defines wasi:nn in all its versions, and namesake:nn. `nn` must live for ever. `env` must
/// outlive the linker and whatever is made from it, and any thread may call with it. Fails if the
/// linker already has such a definition.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn namesake_component_linker_define_wasi_nn(
    linker: &mut wasmtime_component_linker_t,
    nn: &'static NamesakeWasiNn,
    find_view: NamesakeFindView,
    env: *mut c_void,
) -> Option<Box<wasmtime_error_t>> {
    let linker = casts::linker_mut(linker);
    let host = Host { nn, find_view, env };
    each_interface(|name, define| define(&mut linker.instance(name)?, host))
        .err()
        .map(|error| Box::new(error.into()))
}
