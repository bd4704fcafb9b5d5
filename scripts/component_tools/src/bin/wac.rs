//! Makes one component of two, as `wac plug` of wac-cli does.
use anyhow::{bail, Context, Result};
use std::{env, fs};
use wac_graph::{plug, types::Package, CompositionGraph, EncodeOptions, PackageId};

fn add(graph: &mut CompositionGraph, name: &str, path: &str) -> Result<PackageId> {
    let package = Package::from_file(name, None, path, graph.types_mut())
        .with_context(|| format!("reading {path}"))?;
    Ok(graph.register_package(package)?)
}

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ["plug", "--plug", plugged, socket, "-o", output] = arguments[..] else {
        bail!("usage: wac plug --plug COMPONENT COMPONENT -o COMPONENT");
    };
    let mut graph = CompositionGraph::new();
    let socket = add(&mut graph, "socket", socket)?;
    let plugged = add(&mut graph, "plug", plugged)?;
    plug(&mut graph, vec![plugged], socket)?;
    let bytes = graph.encode(EncodeOptions::default())?;
    fs::write(output, bytes).with_context(|| format!("writing {output}"))
}
