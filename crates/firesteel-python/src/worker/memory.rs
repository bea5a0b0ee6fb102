//! The worker's eye on its own memory.
//!
//! Anonymous memory is what counts: shared blocks are charged once, to the block store. Reading it costs a
//! microsecond or two, so it is read once per [`STRIDE`] elements.

use super::failure::Fault;
use firesteel_core::platform::memory::anonymous_memory;
use pyo3::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Elements between two looks. With elements of 100 KB that is 100 MB of blindness.
const STRIDE: u64 = 1024;

/// Growth that makes a look for garbage cycles worth its time.
const COLLECT_AFTER: u64 = 64 << 20;

/// Watches one task.
pub struct MemoryWatch {
    limit: u64,
    ticks: AtomicU64,
    used: AtomicU64,
    collected_at: AtomicU64,
}

impl MemoryWatch {
    pub fn new(limit: u64) -> PyResult<Self> {
        let used = anonymous_memory()?;
        Ok(Self {
            limit,
            ticks: AtomicU64::new(0),
            used: AtomicU64::new(used),
            collected_at: AtomicU64::new(used),
        })
    }

    /// Called once per element that comes in. Looks for signals and memory once per stride; then says whether
    /// the worker is above its share.
    pub fn tick(&self, py: Python<'_>) -> PyResult<()> {
        let ticks = self.ticks.load(Relaxed).wrapping_add(1);
        self.ticks.store(ticks, Relaxed);
        if ticks.is_multiple_of(STRIDE) { self.look(py) } else { Ok(()) }
    }

    /// Whether what can be spilled should be, as of the last look.
    pub fn is_short(&self) -> bool {
        self.used.load(Relaxed) > self.limit / 2
    }

    /// The fault of a task that has spilled all it can and is still above its share.
    pub fn exceeded(&self) -> Option<Fault> {
        let used = self.used.load(Relaxed);
        (used > self.limit).then_some(Fault::Memory { used, limit: self.limit })
    }

    fn look(&self, py: Python<'_>) -> PyResult<()> {
        py.check_signals()?;
        let mut used = anonymous_memory()?;
        let collected_at = self.collected_at.load(Relaxed);
        if used > collected_at + COLLECT_AFTER.max(collected_at / 2) {
            py.import("gc")?.call_method0("collect")?;
            used = anonymous_memory()?;
            self.collected_at.store(used, Relaxed);
        }
        self.used.store(used, Relaxed);
        Ok(())
    }
}
