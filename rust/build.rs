//! Copies the C API's headers out of Cargo's build folder to `NAMESAKE_HEADERS_DIR`, where the C++
//! side finds them beside the library.
use std::{env, fs, io, path::Path};

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

fn main() {
    println!("cargo:rerun-if-env-changed=NAMESAKE_HEADERS_DIR");
    println!("cargo:rerun-if-changed=build.rs");
    let Some(target) = env::var_os("NAMESAKE_HEADERS_DIR") else {
        return;
    };
    let headers = env::var_os("DEP_WASMTIME_C_API_INCLUDE")
        .expect("wasmtime-c-api-impl states where its headers are");
    copy_tree(Path::new(&headers), Path::new(&target)).expect("the headers can be copied");
}
