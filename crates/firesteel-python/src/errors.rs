//! The one table from the engine's errors to Python classes.
//!
//! Invariant: every error of the engine is an `EngineError` in Python; `firesteel.errors` turns each into the public class.

use firesteel_core::driver::error::{Error, FailedJob};
use firesteel_core::protocol::TaskFailure;
use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyOSError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::fmt::Display;

create_exception!(_native, EngineError, PyException, "Base of what the engine raises.");
create_exception!(_native, InputError, EngineError);
create_exception!(_native, OutputError, EngineError);
create_exception!(_native, JobCancelled, EngineError);
create_exception!(_native, EngineStopped, EngineError);
create_exception!(_native, TaskFailed, EngineError, "A job failed in a task.");

/// Adds the classes to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("EngineError", py.get_type::<EngineError>())?;
    module.add("InputError", py.get_type::<InputError>())?;
    module.add("OutputError", py.get_type::<OutputError>())?;
    module.add("JobCancelled", py.get_type::<JobCancelled>())?;
    module.add("EngineStopped", py.get_type::<EngineStopped>())?;
    module.add("TaskFailed", py.get_type::<TaskFailed>())
}

/// The Python exception for an error of the engine.
pub fn raise(py: Python<'_>, error: Error) -> PyErr {
    match error {
        Error::JobFailed(job) => task_failed(py, *job).unwrap_or_else(|error| error),
        Error::Input(error) => InputError::new_err(error.to_string()),
        Error::Output(error) => OutputError::new_err(error.to_string()),
        error @ Error::Cancelled { .. } | error @ Error::TooLarge { .. } => {
            JobCancelled::new_err(error.to_string())
        }
        Error::Stopped => EngineStopped::new_err(Error::Stopped.to_string()),
        error @ (Error::Refused { .. }
        | Error::OtherProcess
        | Error::Storage(_)
        | Error::System { .. }
        | Error::Conf { .. }
        | Error::NoPartition { .. }
        | Error::NoCode { .. }) => EngineError::new_err(error.to_string()),
    }
}

fn task_failed(py: Python<'_>, job: FailedJob) -> PyResult<PyErr> {
    let error = TaskFailed::new_err(job.to_string());
    let value = error.value(py);
    value.setattr("stage", job.stage)?;
    value.setattr("partition", job.partition)?;
    value.setattr("attempts", job.attempts)?;
    value.setattr("deaths", job.deaths)?;
    value.setattr("advice", job.advice)?;
    let failure = job.failure.map(|failure| *failure);
    let (operation, call_site) = match &failure {
        Some(failure) => (Some(&failure.operation), Some(&failure.call_site)),
        None => (job.operation.as_ref(), job.call_site.as_ref()),
    };
    value.setattr("operation", operation)?;
    value.setattr("call_site", call_site)?;
    set_failure(value.as_any(), job.message, failure)?;
    Ok(error)
}

fn set_failure(
    value: &Bound<'_, PyAny>,
    message: String,
    failure: Option<TaskFailure>,
) -> PyResult<()> {
    let py = value.py();
    let frames = failure.iter().flat_map(|failure| &failure.frames);
    let frames: Vec<_> = frames.map(|f| (&*f.file, f.line, &*f.function, &*f.text)).collect();
    value.setattr("frames", frames)?;
    value.setattr("message", failure.as_ref().map_or(&message, |failure| &failure.message))?;
    value.setattr("exception", failure.as_ref().map(|failure| &failure.exception))?;
    value.setattr("traceback", failure.as_ref().map(|failure| &failure.traceback))?;
    value.setattr("record", failure.as_ref().and_then(|failure| failure.record.as_ref()))?;
    let pickled = failure.as_ref().and_then(|failure| failure.pickled.as_ref());
    value.setattr("pickled", pickled.map(|pickled| PyBytes::new(py, pickled)))
}

/// An error of the engine itself.
pub fn engine_error(error: impl Display) -> PyErr {
    EngineError::new_err(error.to_string())
}

/// Blocks that a task cannot write or read, as Python knows such things.
pub fn storage_error(error: impl Display) -> PyErr {
    PyOSError::new_err(error.to_string())
}

/// Input that cannot be read.
pub fn input_error(error: impl Display) -> PyErr {
    InputError::new_err(error.to_string())
}

/// Output that cannot be written.
pub fn output_error(error: impl Display) -> PyErr {
    OutputError::new_err(error.to_string())
}
