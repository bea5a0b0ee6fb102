//! One RDD of the lineage, as Python holds it.
//!
//! Invariant: a node holds exactly one handle in the engine's catalog, and gives it back when Python forgets the node.

use super::resources::task_resources;
use crate::errors::raise;
use firesteel_core::driver::catalog::StorageLevel;
use firesteel_core::driver::engine::Engine;
use firesteel_core::driver::error::Error;
use firesteel_scheduler::ids::{ProfileId, RddId};
use firesteel_scheduler::resources::{ExecutorResources, ResourceProfile};
use pyo3::prelude::*;
use std::sync::Arc;

/// Cores, bytes of memory, and devices by name with their addresses.
type ExecutorTuple = (u32, u64, Vec<(String, Vec<String>)>);

/// One RDD of the lineage. When Python forgets it and all that descends from it, its files go.
#[pyclass(frozen, module = "firesteel._native")]
pub struct Node {
    pub(super) engine: Arc<Engine>,
    pub(super) rdd: RddId,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.engine.release(self.rdd);
    }
}

impl Node {
    /// Calls the engine without the GIL.
    fn call<T: Send>(
        &self,
        py: Python<'_>,
        call: impl FnOnce(&Engine, RddId) -> Result<T, Error> + Send,
    ) -> PyResult<T> {
        py.detach(|| call(&self.engine, self.rdd)).map_err(|error| raise(py, error))
    }
}

#[pymethods]
impl Node {
    #[getter]
    fn id(&self) -> u32 {
        self.rdd.0
    }

    #[getter]
    fn partitions(&self, py: Python<'_>) -> PyResult<u32> {
        self.call(py, Engine::partitions)
    }

    #[getter]
    fn needs_code(&self, py: Python<'_>) -> PyResult<bool> {
        self.call(py, Engine::needs_code)
    }

    fn set_code(&self, py: Python<'_>, pickled: &[u8]) -> PyResult<()> {
        let pickled = pickled.to_vec();
        self.call(py, |engine, rdd| engine.set_code(rdd, pickled))
    }

    fn persist(&self, py: Python<'_>, use_memory: bool, use_disk: bool) -> PyResult<()> {
        let level = StorageLevel { memory: use_memory, disk: use_disk };
        self.call(py, |engine, rdd| engine.persist(rdd, level))
    }

    /// What each task of a stage of it asks for, `(name, amount)`, processors being `cpus`; and the cores, the bytes of
    /// memory and the devices of executors of its own.
    #[pyo3(signature = (profile, amounts, executor=None))]
    fn ask_for(
        &self,
        py: Python<'_>,
        profile: u32,
        amounts: Vec<(String, f64)>,
        executor: Option<ExecutorTuple>,
    ) -> PyResult<()> {
        let memory = executor.as_ref().map_or(0, |(_, memory, _)| *memory);
        let executor = executor.map(|(cores, _, devices)| ExecutorResources {
            cores,
            devices: devices.into_iter().collect(),
        });
        let id = ProfileId(profile);
        let profile = ResourceProfile { id, task: task_resources(amounts)?, executor };
        self.call(py, |engine, rdd| engine.ask_for(rdd, profile, memory))
    }

    fn unpersist(&self, py: Python<'_>) -> PyResult<()> {
        self.call(py, Engine::unpersist)
    }

    fn clean_shuffles(&self, py: Python<'_>) -> PyResult<()> {
        self.call(py, Engine::clean_shuffles)
    }

    #[getter]
    fn stored_partitions(&self, py: Python<'_>) -> PyResult<usize> {
        self.call(py, Engine::stored_partitions)
    }
}
