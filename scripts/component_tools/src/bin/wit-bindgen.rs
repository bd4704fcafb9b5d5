//! Writes the bindings in C of a world, as `wit-bindgen c` of wit-bindgen-cli does.
use anyhow::{bail, Context, Result};
use std::{env, fs, path::Path};
use wit_bindgen_core::{wit_parser::Resolve, Files};

fn write_bindings(wit: &str, world: &str, folder: &Path) -> Result<()> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit)?;
    let world = resolve.select_world(&[package], Some(world))?;
    let mut files = Files::default();
    let mut generator = wit_bindgen_c::Opts::default().build();
    generator.generate(&mut resolve, world, &mut files)?;
    fs::create_dir_all(folder)?;
    for (name, contents) in files.iter() {
        fs::write(folder.join(name), contents)?;
    }
    Ok(())
}

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ["c", wit, "--world", world, "--out-dir", folder] = arguments[..] else {
        bail!("usage: wit-bindgen c WIT --world WORLD --out-dir FOLDER");
    };
    write_bindings(wit, world, Path::new(folder))
        .with_context(|| format!("making the bindings of {world}, a world of {wit}"))
}
