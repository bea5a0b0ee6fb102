//! The driver side of the door: `Engine`, `Node` and `Job`.
//!
//! Invariant: no class here holds a Python object that could refer back to it, except `Job`, which lives for one action
//! only; so nothing is hidden from the cyclic garbage collector.

mod engine;
mod formats;
mod job;
mod node;
mod operators;
mod options;
mod resources;

use crate::errors::engine_error;
use firesteel_core::hyper_log_log::{HyperLogLogPlus, SketchError};
use firesteel_core::platform::inheritance::take_registered;
use pyo3::prelude::*;

/// Adds the classes and functions to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<engine::Engine>()?;
    module.add_class::<node::Node>()?;
    module.add_class::<job::Job>()?;
    module.add_function(wrap_pyfunction!(estimate_distinct, module)?)?;
    module.add_function(wrap_pyfunction!(close_in_forked_child, module)?)
}

/// How many different elements there are, by the sketches of their partitions.
#[pyfunction]
fn estimate_distinct(precision: u8, sketches: Vec<Vec<u8>>) -> PyResult<u64> {
    let merge = |mut all: HyperLogLogPlus, bytes: Vec<u8>| {
        all.merge(&HyperLogLogPlus::decode(&bytes)?)?;
        Ok::<_, SketchError>(all)
    };
    let merged = sketches.into_iter().try_fold(HyperLogLogPlus::new(precision), merge);
    Ok(merged.map_err(engine_error)?.estimate())
}

/// Closes the engine's descriptors in a child that the user forked.
///
/// They are numbers here: their owners are on the stacks of threads that the child does not have.
#[pyfunction]
fn close_in_forked_child(py: Python<'_>) -> PyResult<()> {
    let close = py.import("os")?.getattr("close")?;
    for descriptor in take_registered() {
        // One that is closed already is what we want.
        let _ = close.call1((descriptor,));
    }
    Ok(())
}
