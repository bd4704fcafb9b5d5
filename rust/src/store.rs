//! Limits of a store that the C API can't set: on all memories together, on the data passed in a
//! call, and on the network.
use wasmtime::{ResourceLimiter, Result};
use wasmtime_c_api::{wasi_config_t, wasmtime_store_t, WasmtimeStoreContextMut};

use crate::casts;

/// The limits of a store.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct NamesakeStoreLimits {
    /// For all linear memories together, in bytes.
    pub memory_bytes: u64,
    pub memories: usize,
    /// For core modules.
    pub instances: usize,
    /// For all tables together.
    pub table_elements: usize,
    pub tables: usize,
    /// Called once, on the guest's thread, when a memory is refused growth for the first time.
    pub on_memory_refused: extern "C" fn(memory_bytes: u64),
}

struct Limiter {
    limits: NamesakeStoreLimits,
    memory_bytes: u64,
    has_refused_memory: bool,
    table_elements: u64,
}

/// Whether one of the objects that `used` counts may grow; if so, counts the growth. Growth that
/// was allowed stays counted even if it then fails: the engine may report failures that it did not
/// ask about, which would free budget.
fn grow(
    used: &mut u64,
    limit: u64,
    current: usize,
    desired: usize,
    maximum: Option<usize>,
) -> bool {
    if maximum.is_some_and(|maximum| desired > maximum) {
        return false;
    }
    let after = used.saturating_add(desired.saturating_sub(current) as u64);
    let fits = after <= limit;
    if fits {
        *used = after;
    }
    fits
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let limit = self.limits.memory_bytes;
        let grows = grow(
            &mut self.memory_bytes,
            limit,
            current,
            desired,
            maximum,
        );
        // A memory that starts above the limit is a different error. One that would exceed its own
        // maximum does not grow whatever the limit.
        let is_ours = current > 0 && maximum.is_none_or(|maximum| desired <= maximum);
        if !grows && is_ours && !std::mem::replace(&mut self.has_refused_memory, true) {
            (self.limits.on_memory_refused)(limit);
        }
        Ok(grows)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let limit = self.limits.table_elements as u64;
        Ok(grow(
            &mut self.table_elements,
            limit,
            current,
            desired,
            maximum,
        ))
    }

    fn instances(&self) -> usize {
        self.limits.instances
    }

    fn tables(&self) -> usize {
        self.limits.tables
    }

    fn memories(&self) -> usize {
        self.limits.memories
    }
}

/// Limits the store from now on. To be called once, before anything is instantiated in it. A memory
/// or table that would grow beyond does not grow, and the guest gets the result that WebAssembly
/// defines.
#[unsafe(no_mangle)]
pub extern "C" fn namesake_store_limit(store: &mut wasmtime_store_t, limits: NamesakeStoreLimits) {
    let limiter = Box::into_raw(Box::new(Limiter {
        limits,
        memory_bytes: 0,
        has_refused_memory: false,
        table_elements: 0,
    }));
    let owner = Owner(limiter);
    casts::store_mut(store).limiter(move |_| owner.get());
}

/// Owns the limiter of one store; dropped with the closure that the store keeps.
struct Owner(*mut Limiter);

// SAFETY: the limiter is plain data that only its store reaches, and one thread at a time uses the
// store.
unsafe impl Send for Owner {}
unsafe impl Sync for Owner {}

impl Owner {
    #[allow(clippy::mut_from_ref)]
    fn get(&self) -> &'static mut Limiter {
        // SAFETY: the store asks for it again for each use, during which the store itself is
        // borrowed, so there is one reference at a time. The store keeps the closure that owns
        // this.
        unsafe { &mut *self.0 }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // SAFETY: made by Box::into_raw, and dropped once.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// Limits how much a guest's call of a component's import may pass, as the engine counts it: the
/// bytes of its lists and strings at their size in the host. A call beyond the limit traps.
#[unsafe(no_mangle)]
pub extern "C" fn namesake_store_set_hostcall_budget(
    mut store: WasmtimeStoreContextMut<'_>,
    bytes: usize,
) {
    store.set_hostcall_fuel(bytes);
}

/// Lets a guest use the host's TCP and UDP; the configuration decides which addresses are allowed.
#[unsafe(no_mangle)]
pub extern "C" fn namesake_wasi_config_allow_sockets(config: &mut wasi_config_t) {
    casts::wasi_builder(config).allow_tcp(true).allow_udp(true);
}
