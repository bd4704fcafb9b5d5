//! Limits of a store that the C API can't set: on all memories together, and on what crosses in a
//! call.
use wasmtime::{ResourceLimiter, Result};
use wasmtime_c_api::{wasmtime_store_t, WasmtimeStoreContextMut};

use crate::casts;

/// What a store may hold at most.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct NamesakeStoreLimits {
    /// Of all linear memories together, in bytes.
    pub memory_bytes: u64,
    pub memories: usize,
    /// Of each table.
    pub table_elements: usize,
    pub tables: usize,
}

struct Limiter {
    limits: NamesakeStoreLimits,
    memory_bytes: u64,
    // What was allowed last, to be taken back should it fail.
    last_growth: u64,
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        let growth = desired.saturating_sub(current) as u64;
        let after = self.memory_bytes.saturating_add(growth);
        self.last_growth = 0;
        if after > self.limits.memory_bytes {
            return Ok(false);
        }
        self.memory_bytes = after;
        self.last_growth = growth;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> Result<()> {
        self.memory_bytes = self.memory_bytes.saturating_sub(self.last_growth);
        self.last_growth = 0;
        Ok(())
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        Ok(desired <= self.limits.table_elements)
    }

    fn tables(&self) -> usize {
        self.limits.tables
    }

    fn memories(&self) -> usize {
        self.limits.memories
    }
}

/// Bounds the store from now on; once, before anything is instantiated in it. What would grow beyond
/// stays as it is, and the guest is told so as WebAssembly defines.
#[unsafe(no_mangle)]
pub extern "C" fn namesake_store_limit(store: &mut wasmtime_store_t, limits: NamesakeStoreLimits) {
    let limiter = Box::into_raw(Box::new(Limiter {
        limits,
        memory_bytes: 0,
        last_growth: 0,
    }));
    let owner = Owner(limiter);
    casts::store_mut(store).limiter(move |_| owner.get());
}

/// The limiter of one store, which ends with the closure that the store keeps.
struct Owner(*mut Limiter);

// SAFETY: the limiter is plain data that only its store reaches, which is used by one thread at a
// time.
unsafe impl Send for Owner {}
unsafe impl Sync for Owner {}

impl Owner {
    #[allow(clippy::mut_from_ref)]
    fn get(&self) -> &'static mut Limiter {
        // SAFETY: the store asks for it anew for each use, during which it is borrowed itself, so
        // that there is one reference at a time; and it keeps the closure that owns this.
        unsafe { &mut *self.0 }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // SAFETY: made by Box::into_raw, and dropped once.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// How much a guest's call of a component's import may hand over, as the engine counts it: the bytes
/// of its lists and strings as the host would hold them. What is beyond it traps.
#[unsafe(no_mangle)]
pub extern "C" fn namesake_store_set_hostcall_budget(
    mut store: WasmtimeStoreContextMut<'_>,
    bytes: usize,
) {
    store.set_hostcall_fuel(bytes);
}
