//! State of the whole process: the cache of compiled guests, and the engine's own messages.
//!
//! These functions are for the command. An embedder has its own logger and panic hook, and keeps
//! them unless it calls these.
use std::ffi::c_char;
use std::path::PathBuf;
use std::slice;

use wasmtime::{Cache, CacheConfig};
use wasmtime_c_api::{wasm_config_t, wasmtime_error_t};

use crate::casts;

/// Receives a text of the engine: UTF-8, borrowed during the call.
pub type NamesakeTakeText = extern "C" fn(text: *const u8, length: usize);

/// Makes the engine cache compiled guests in the directory, whose path is UTF-8. Returns null or
/// the error.
///
/// # Safety
///
/// `directory` points to `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn namesake_config_cache(
    config: &mut wasm_config_t,
    directory: *const c_char,
    length: usize,
) -> Option<Box<wasmtime_error_t>> {
    let bytes = unsafe { slice::from_raw_parts(directory.cast::<u8>(), length) };
    let mut cache = CacheConfig::new();
    cache.with_directory(PathBuf::from(String::from_utf8_lossy(bytes).into_owned()));
    match Cache::new(cache) {
        Ok(cache) => {
            casts::config_mut(config).cache(Some(cache));
            None
        }
        Err(error) => Some(Box::new(error.into())),
    }
}

struct Warnings(NamesakeTakeText);

impl log::Log for Warnings {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::Level::Warn && metadata.target() == "wasmtime_internal_cache"
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            give(self.0, &record.args().to_string());
        }
    }

    fn flush(&self) {}
}

fn give(take: NamesakeTakeText, text: &str) {
    take(text.as_ptr(), text.len());
}

/// Reports problems with the cache of compiled guests, such as an entry that can't be written, to
/// `take`, on any thread. Takes effect once per process; later calls change nothing.
#[unsafe(no_mangle)]
pub extern "C" fn namesake_on_cache_warning(take: NamesakeTakeText) {
    if log::set_boxed_logger(Box::new(Warnings(take))).is_ok() {
        log::set_max_level(log::LevelFilter::Warn);
    }
}

/// Reports why the engine panics to `take`, on any thread, instead of on standard error. The
/// process ends when `take` returns: the engine panics if the system denies it something essential,
/// such as a thread.
#[unsafe(no_mangle)]
pub extern "C" fn namesake_on_panic(take: NamesakeTakeText) {
    std::panic::set_hook(Box::new(move |info| give(take, &info.to_string())));
}
