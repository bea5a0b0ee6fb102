//! The worker's eye on its own memory.
//!
//! Anonymous memory is what counts: shared blocks are charged once, to the block store. Reading it costs a
//! microsecond or two, so it is read once per [`STRIDE`] elements, more often when these are large.

use super::copies::Copies;
use super::failure::Fault;
use firesteel_core::platform::memory::MemoryGauge;
use firesteel_core::protocol::Limits;
use pyo3::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Elements between two looks, at most.
const STRIDE: u64 = 1024;

/// Few, for nothing is known yet of their size.
const FIRST_STRIDE: u64 = 16;

/// Growth that makes a look for garbage cycles worth its time.
const COLLECT_AFTER: u64 = 64 << 20;

/// What a step has to hold, at least, to be worth a spill.
const LEAST_GROWTH: u64 = 1 << 20;

/// What a worker may have beyond its share, at least, before its task fails: memory that Python keeps free counts, and
/// of a small share it is a large part.
const LEAST_SLACK: u64 = 64 << 20;

/// Watches one task.
pub struct MemoryWatch {
    gauge: MemoryGauge,
    limit: u64,
    spill: u64,
    /// Elements between two looks, and since the last one.
    stride: AtomicU64,
    ticks: AtomicU64,
    used: AtomicU64,
    collected_at: AtomicU64,
    copies: Arc<Copies>,
}

impl MemoryWatch {
    pub fn new(limits: &Limits, copies: Arc<Copies>) -> PyResult<Self> {
        let gauge = MemoryGauge::open()?;
        let used = gauge.anonymous()?;
        Ok(Self {
            gauge,
            limit: limits.memory,
            spill: limits.spill,
            stride: AtomicU64::new(FIRST_STRIDE),
            ticks: AtomicU64::new(0),
            used: AtomicU64::new(used),
            collected_at: AtomicU64::new(used),
            copies,
        })
    }

    /// Called once per element that comes in. Looks for signals and memory once per stride; then says whether
    /// the worker is above its share.
    #[inline]
    pub fn tick(&self, py: Python<'_>) -> PyResult<()> {
        self.tick_by(py, 1)
    }

    /// The same for several elements at once, no more than the stride has.
    #[inline]
    pub fn tick_by(&self, py: Python<'_>, elements: u64) -> PyResult<()> {
        let ticks = self.ticks.load(Relaxed).wrapping_add(elements);
        self.ticks.store(ticks, Relaxed);
        if ticks >= self.stride.load(Relaxed) { self.look(py) } else { Ok(()) }
    }

    /// Elements between two looks.
    pub fn stride(&self) -> u64 {
        self.stride.load(Relaxed)
    }

    /// Bytes of the last look.
    pub fn used(&self) -> u64 {
        self.used.load(Relaxed)
    }

    /// The worker's share.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Whether a step may soon have to spill: then live copies are not worth their place.
    pub fn is_short(&self) -> bool {
        self.used() > self.spill - self.spill / 4
    }

    /// From how many bytes on a step should spill that has nothing to spill yet: there has to be something by then.
    pub fn spill_threshold(&self) -> u64 {
        self.spill.max(self.used() + (self.spill / 4).max(LEAST_GROWTH))
    }

    /// The fault of a task that has spilled all it can and is still above its share, and more than a little: what
    /// spilling frees, Python keeps in part.
    pub fn exceeded(&self) -> Option<Fault> {
        let used = self.used();
        let hard_limit = self.limit + (self.limit / 4).max(LEAST_SLACK);
        (used > hard_limit).then_some(Fault::Memory { used, limit: self.limit })
    }

    /// Looks now.
    pub fn look(&self, py: Python<'_>) -> PyResult<()> {
        py.check_signals()?;
        let mut used = self.gauge.anonymous()?;
        let collected_at = self.collected_at.load(Relaxed);
        if used > collected_at + COLLECT_AFTER.max(collected_at / 2) {
            py.import("gc")?.call_method0("collect")?;
            used = self.gauge.anonymous()?;
            self.collected_at.store(used, Relaxed);
        }
        self.adapt(used.saturating_sub(self.used()));
        self.used.store(used, Relaxed);
        if self.is_short() && self.copies.drop_unused() {
            py.import("firesteel.worker")?.call_method0("give_memory_back")?;
            self.used.store(self.gauge.anonymous()?, Relaxed);
        }
        Ok(())
    }

    /// Looks more often while a few elements make much of a difference.
    fn adapt(&self, growth: u64) {
        let stride = self.stride.load(Relaxed);
        let stride = if growth > self.spill / 16 { stride / 4 } else { stride * 2 };
        self.stride.store(stride.clamp(1, STRIDE), Relaxed);
        self.ticks.store(0, Relaxed);
    }
}
