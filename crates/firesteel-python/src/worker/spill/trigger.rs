//! When a step should spill.
//!
//! Python seldom gives memory back that objects have left: it keeps it for the next ones. So a step looks for growth
//! since its last spill, or it would spill its next few elements at once, and again.

use super::super::memory::MemoryWatch;
use pyo3::prelude::*;

/// The memory from which one step spills.
pub struct SpillTrigger {
    threshold: u64,
}

impl SpillTrigger {
    pub fn new(memory: &MemoryWatch) -> Self {
        Self { threshold: memory.spill_threshold() }
    }

    /// Whether to spill now, as of the last look.
    pub fn fires(&self, memory: &MemoryWatch) -> bool {
        memory.used() > self.threshold
    }

    /// To be told after a spill.
    pub fn spilled(&mut self, py: Python<'_>, memory: &MemoryWatch) -> PyResult<()> {
        py.import("firesteel.worker")?.call_method0("give_memory_back")?;
        memory.look(py)?;
        self.threshold = memory.spill_threshold();
        Ok(())
    }
}
