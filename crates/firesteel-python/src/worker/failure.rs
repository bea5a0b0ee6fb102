//! From an exception to a report that a person can read.

use super::task::Task;
use firesteel_core::protocol::{Outcome, TaskFailure, UserFrame};
use firesteel_scheduler::ids::{RddId, ShuffleId};
use pyo3::exceptions::{PyBaseException, PyStopIteration};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use std::path::PathBuf;

// Carries a fault through user code; not an Exception, so that `except Exception` lets it pass.
pyo3::create_exception!(firesteel._native, EngineFault, PyBaseException);

/// What went wrong that is not the user's exception.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("map output {map_partition} of shuffle {shuffle} cannot be read: {message}")]
    Fetch { shuffle: ShuffleId, map_partition: u32, message: String },
    #[error(
        "the task holds {} MiB, more than its worker's share of {} MiB; use more partitions, or raise \
         firesteel.memory", used >> 20, limit >> 20
    )]
    Memory { used: u64, limit: u64 },
    #[error("{message}")]
    Block { path: PathBuf, message: String },
    #[error(
        "the task sorts {} MiB of its worker's share of {} MiB and has a NaN among its keys: only `list.sort` itself, in \
         memory, puts it where it belongs; filter it out, use more partitions, or raise firesteel.memory",
        used >> 20, limit >> 20
    )]
    NanSpill { used: u64, limit: u64 },
    #[error("{0}")]
    Storage(String),
}

/// Where an exception came from.
pub struct Blame {
    pub exception: Py<PyAny>,
    pub rdd: RddId,
    pub record: Option<Py<PyAny>>,
}

/// Frames, exception and pickle of an exception, as `firesteel.worker.describe_exception` gives them.
type Description = (String, String, String, Vec<(String, u32, String, String)>, Option<Vec<u8>>);

/// The outcome of a task that ended with an exception.
pub fn outcome(py: Python<'_>, task: &Task, error: PyErr) -> Outcome {
    if is_interrupt(py, &error) {
        return Outcome::Killed;
    }
    if error.is_instance_of::<EngineFault>(py)
        && let Some(fault) = task.take_fault()
    {
        return fault_outcome(fault);
    }
    Outcome::Failed(Box::new(user_failure(py, task, &error)))
}

fn fault_outcome(fault: Fault) -> Outcome {
    let name = match fault {
        Fault::Fetch { shuffle, map_partition, message } => {
            return Outcome::FetchFailed { shuffle, map_partition, message };
        }
        Fault::Block { path, message } => return Outcome::BlockLost { path, message },
        Fault::Memory { .. } | Fault::NanSpill { .. } => "MemoryError",
        Fault::Storage(_) => "OSError",
    };
    Outcome::Failed(Box::new(plain_failure(name, fault.to_string())))
}

fn is_interrupt(py: Python<'_>, error: &PyErr) -> bool {
    error.get_type(py).name().is_ok_and(|name| name == "TaskInterrupted")
}

fn plain_failure(exception: &str, message: String) -> TaskFailure {
    TaskFailure {
        exception: exception.to_owned(),
        message,
        traceback: String::new(),
        frames: Vec::new(),
        record: None,
        operation: String::new(),
        call_site: String::new(),
        pickled: None,
    }
}

fn user_failure(py: Python<'_>, task: &Task, error: &PyErr) -> TaskFailure {
    let mut failure = describe(py, error).unwrap_or_else(|second| {
        plain_failure(&type_name(py, error), format!("{error} (and, when described: {second})"))
    });
    if let Some(blame) = task.take_blame()
        && blame.exception.is(error.value(py))
    {
        failure.record = blame.record.and_then(|record| short_repr(py, record).ok());
        if let Ok(definition) = task.definition(blame.rdd) {
            failure.operation.clone_from(&definition.name);
            failure.call_site.clone_from(&definition.call_site);
        }
    }
    failure
}

fn type_name(py: Python<'_>, error: &PyErr) -> String {
    error.get_type(py).name().map_or_else(|_| "Exception".to_owned(), |name| name.to_string())
}

fn describe(py: Python<'_>, error: &PyErr) -> PyResult<TaskFailure> {
    // CPython 3.11 hands out exception and traceback apart.
    let exception = error.clone_ref(py).into_value(py);
    let glue = py.import("firesteel.worker")?;
    let described = glue.call_method1("describe_exception", (exception,))?;
    let (exception, message, traceback, frames, pickled): Description = described.extract()?;
    let frames = frames.into_iter().map(|(file, line, function, text)| UserFrame {
        file,
        line,
        function,
        text,
    });
    Ok(TaskFailure {
        traceback,
        frames: frames.collect(),
        pickled,
        ..plain_failure(&exception, message)
    })
}

fn short_repr(py: Python<'_>, record: Py<PyAny>) -> PyResult<String> {
    py.import("firesteel.worker")?.call_method1("short_repr", (record,))?.extract()
}

/// `int 1`: how an unfit element is shown.
pub fn type_and_repr(element: &Bound<'_, PyAny>) -> String {
    let kind =
        element.get_type().name().map_or_else(|_| "object".to_owned(), |name| name.to_string());
    match short_repr(element.py(), element.clone().unbind()) {
        Ok(shown) => format!("{kind} {shown}"),
        Err(_) => kind,
    }
}

/// The error of a step, with the element it was working on. A StopIteration of a function that works element by
/// element must not end the partition as if all were well.
pub fn blame_step(
    py: Python<'_>,
    task: &Task,
    rdd: RddId,
    record: Option<Py<PyAny>>,
    error: PyErr,
) -> PyErr {
    let error = if ends_iteration(py, &error) { stopped(py, error) } else { error };
    blame_partition(py, task, rdd, record, error)
}

/// The error of a function that was called once for a partition: as it is, also a StopIteration, as in PySpark.
/// [`keep_going`] guards whoever iterates.
pub fn blame_partition(
    py: Python<'_>,
    task: &Task,
    rdd: RddId,
    record: Option<Py<PyAny>>,
    error: PyErr,
) -> PyErr {
    if !error.is_instance_of::<EngineFault>(py) {
        task.blame(py, &error, rdd, record);
    }
    error
}

/// The error of a stream, for Python code that iterates over it: never one that would end it silently.
pub fn keep_going(py: Python<'_>, task: &Task, error: PyErr) -> PyErr {
    if !ends_iteration(py, &error) {
        return error;
    }
    let blame = task.take_blame().filter(|blame| blame.exception.is(error.value(py)));
    let error = stopped(py, error);
    if let Some(blame) = blame {
        task.blame(py, &error, blame.rdd, blame.record);
    }
    error
}

fn ends_iteration(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<PyStopIteration>(py)
}

/// PySpark's error for a StopIteration, which it became in the user's code.
fn stopped(py: Python<'_>, error: PyErr) -> PyErr {
    let wrapped = stopped_error(py, &error).unwrap_or_else(|second| second);
    wrapped.set_traceback(py, error.traceback(py));
    wrapped.set_cause(py, Some(error));
    wrapped
}

fn stopped_error(py: Python<'_>, error: &PyErr) -> PyResult<PyErr> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = CLASS.import(py, "firesteel.errors", "PySparkRuntimeError")?;
    let parameters = PyDict::new(py);
    parameters.set_item("exc", error.value(py).str()?)?;
    let arguments = PyDict::new(py);
    arguments.set_item("errorClass", "STOP_ITERATION_OCCURRED")?;
    arguments.set_item("messageParameters", parameters)?;
    Ok(PyErr::from_value(class.call((), Some(&arguments))?))
}
