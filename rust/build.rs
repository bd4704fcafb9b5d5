//! Checks the engine's version, and fills `NAMESAKE_HEADERS_DIR` with the headers for C++: those of
//! the C API, and the one generated from this crate's declarations.
use std::{env, fs, io, path::Path};

/// src/casts.rs was checked against this version.
const WASMTIME: &str = "48.0.8";

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Returns a crate's version in Cargo.lock.
fn locked_version(lock: &str, name: &str) -> String {
    let entry = format!("name = \"{name}\"\nversion = \"");
    lock.split_once(&entry)
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or_else(|| "none".to_owned(), |(version, _)| version.to_owned())
}

fn check_engine_version() {
    let lock = fs::read_to_string("Cargo.lock").expect("the crate has its Cargo.lock");
    for name in ["wasmtime", "wasmtime-c-api-impl"] {
        let found = locked_version(&lock, name);
        assert!(
            found == WASMTIME,
            "Namesake's crate reaches into {name} {WASMTIME} (src/casts.rs), and Cargo.lock has \
             {found}. Compare the structs that are cast, run tests/abi with the new version, and \
             change WASMTIME in build.rs."
        );
    }
}

fn main() {
    println!("cargo:rerun-if-env-changed=NAMESAKE_HEADERS_DIR");
    for path in ["build.rs", "cbindgen.toml", "Cargo.lock", "src"] {
        println!("cargo:rerun-if-changed={path}");
    }
    check_engine_version();
    let Some(target) = env::var_os("NAMESAKE_HEADERS_DIR") else {
        return;
    };
    let target = Path::new(&target);
    let headers = env::var_os("DEP_WASMTIME_C_API_INCLUDE")
        .expect("wasmtime-c-api-impl states where its headers are");
    copy_tree(Path::new(&headers), target).expect("the headers can be copied");
    let root = env::var("CARGO_MANIFEST_DIR").expect("Cargo states where the crate is");
    cbindgen::generate(root)
        .expect("the crate's declarations can be read")
        .write_to_file(target.join("namesake_components.h"));
}
