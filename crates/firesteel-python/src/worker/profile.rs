//! A task inside a profiler of the program's own, which calls it as one function.
//!
//! Invariant: the task runs at most once, and its outcome is kept here, for a profiler may return anything.

use super::output;
use super::task::Task;
use firesteel_core::protocol::{Outcome, TaskSpec};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyTuple};
use std::sync::{Arc, Mutex, PoisonError};

/// What has become of the task.
enum Progress {
    Waiting,
    Begun,
    Done(Outcome),
}

/// Calls a profiler with the task.
pub fn run(
    profile: &Bound<'_, PyAny>,
    task: &Arc<Task>,
    spec: &Arc<TaskSpec>,
) -> PyResult<Outcome> {
    let progress = Arc::new(Mutex::new(Progress::Waiting));
    let (task, spec, kept) = (task.clone(), spec.clone(), progress.clone());
    let process = move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
        if !matches!(replace(&kept, Progress::Begun), Progress::Waiting) {
            return Err(PyRuntimeError::new_err(
                "a profiler must call the function of a task once",
            ));
        }
        let outcome =
            output::run(arguments.py(), &task, &spec.pipeline, &spec.output, spec.partition)?;
        replace(&kept, Progress::Done(outcome));
        Ok(arguments.py().None())
    };
    profile.call1((PyCFunction::new_closure(profile.py(), Some(c"process"), None, process)?,))?;
    match replace(&progress, Progress::Begun) {
        Progress::Done(outcome) => Ok(outcome),
        _ => Err(PyRuntimeError::new_err(
            "the profiler has not run the function of the task to its end",
        )),
    }
}

fn replace(progress: &Mutex<Progress>, next: Progress) -> Progress {
    std::mem::replace(&mut *progress.lock().unwrap_or_else(PoisonError::into_inner), next)
}
