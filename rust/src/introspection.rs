//! namesake:nn/introspection: describes a graph's inputs and outputs.
use wasmtime::component::{ComponentType, LinkerInstance, Lower, Resource};
use wasmtime::Result;
use wasmtime_c_api::WasmtimeStoreData;

use crate::ffi::{NamesakeView, NAMESAKE_INPUTS, NAMESAKE_OUTPUTS};
use crate::wasi_nn::{lent, owned_text, Graph, Host, Store};

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
enum ElementType {
    #[component(name = "f16")]
    F16,
    #[component(name = "bf16")]
    Bf16,
    #[component(name = "f32")]
    F32,
    #[component(name = "f64")]
    F64,
    #[component(name = "i8")]
    I8,
    #[component(name = "i16")]
    I16,
    #[component(name = "i32")]
    I32,
    #[component(name = "i64")]
    I64,
    #[component(name = "u8")]
    U8,
    #[component(name = "u16")]
    U16,
    #[component(name = "u32")]
    U32,
    #[component(name = "u64")]
    U64,
    #[component(name = "bool")]
    Bool,
}

impl ElementType {
    fn of(number: u8) -> Self {
        match number {
            0 => Self::F16,
            1 => Self::Bf16,
            3 => Self::F64,
            4 => Self::I8,
            5 => Self::I16,
            6 => Self::I32,
            7 => Self::I64,
            8 => Self::U8,
            9 => Self::U16,
            10 => Self::U32,
            11 => Self::U64,
            12 => Self::Bool,
            _ => Self::F32,
        }
    }
}

#[derive(ComponentType, Lower)]
#[component(record)]
struct Dimension {
    min: u64,
    max: Option<u64>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
struct TensorInfo {
    name: String,
    aliases: Vec<String>,
    ty: ElementType,
    shape: Option<Vec<Dimension>>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
struct GraphInfo {
    inputs: Vec<TensorInfo>,
    outputs: Vec<TensorInfo>,
}

fn tensor(host: Host, view: *mut NamesakeView, graph: u32, side: u8, index: usize) -> TensorInfo {
    let info = (host.nn.graph_tensor)(view, graph, side, index);
    let name = owned_text(info.name);
    let shape = info.has_rank.then(|| {
        // SAFETY: valid until the next call on the view.
        let dimensions = unsafe { lent(info.shape, info.rank) };
        dimensions
            .iter()
            .map(|dimension| Dimension {
                min: dimension.min,
                max: (dimension.max != u64::MAX).then_some(dimension.max),
            })
            .collect()
    });
    let aliases = (0..info.alias_count)
        .map(|alias| {
            owned_text((host.nn.graph_tensor_alias)(
                view, graph, side, index, alias,
            ))
        })
        .collect();
    TensorInfo {
        name,
        aliases,
        ty: ElementType::of(info.ty),
        shape,
    }
}

fn tensors(host: Host, view: *mut NamesakeView, graph: u32, side: u8) -> Vec<TensorInfo> {
    (0..(host.nn.graph_tensors)(view, graph, side))
        .map(|index| tensor(host, view, graph, side, index))
        .collect()
}

pub fn define(instance: &mut LinkerInstance<'_, WasmtimeStoreData>, host: Host) -> Result<()> {
    instance.func_wrap(
        "describe",
        move |mut store: Store<'_>, (graph,): (Resource<Graph>,)| {
            let view = host.view(&mut store);
            Ok((GraphInfo {
                inputs: tensors(host, view, graph.rep(), NAMESAKE_INPUTS),
                outputs: tensors(host, view, graph.rep(), NAMESAKE_OUTPUTS),
            },))
        },
    )
}
