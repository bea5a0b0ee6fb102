//! What tasks ask for, as Python says it.
//!
//! Invariant: no amount is nothing, or less.

use firesteel_scheduler::resources::{Amount, TaskResources};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

const CPUS: &str = "cpus";

/// Amounts by name, of which `cpus` are processors and all others devices.
pub fn task_resources(amounts: Vec<(String, f64)>) -> PyResult<TaskResources> {
    let mut asked = TaskResources::default();
    for (name, number) in amounts {
        let amount = Amount::of(number).ok_or_else(|| {
            PyValueError::new_err(format!("a task cannot ask for {number} of {name}"))
        })?;
        if name == CPUS {
            asked.cpus = amount;
        } else {
            asked.devices.insert(name, amount);
        }
    }
    Ok(asked)
}
