//! The elements of a partition as lines through an external command.
//!
//! The command runs once for each partition. Elements are pulled only while it takes them.

use super::failure::blame_step;
use super::stream::Stream;
use super::task::Task;
use firesteel_core::pipe::{PipedCommand, Step};
use firesteel_scheduler::ids::RddId;
use pyo3::exceptions::{PyFileNotFoundError, PyIndexError, PyUnicodeDecodeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use std::collections::HashMap;
use std::ffi::OsString;
use std::process::ExitStatus;
use std::time::Duration;

/// How long a signal may go unnoticed while the command thinks.
const SLICE: Duration = Duration::from_millis(50);

/// Code: (arguments, environment, check code, the command as it is shown).
type Code = (Vec<OsString>, HashMap<OsString, OsString>, bool, String);

/// What a command makes of an input.
pub struct Piped {
    input: Stream,
    command: Option<PipedCommand>,
    check_code: bool,
    shown: String,
    rdd: RddId,
}

impl Piped {
    pub fn new(py: Python<'_>, input: Stream, code: &Py<PyAny>, rdd: RddId) -> PyResult<Self> {
        let (arguments, environment, check_code, shown): Code = code.extract(py)?;
        let Some(program) = arguments.first() else {
            return Err(PyIndexError::new_err("list index out of range"));
        };
        let command = PipedCommand::start(&arguments, environment).map_err(|error| {
            if error.kind() == std::io::ErrorKind::NotFound {
                let program = program.to_string_lossy().into_owned();
                return PyFileNotFoundError::new_err((2, "No such file or directory", program));
            }
            error.into()
        })?;
        Ok(Self { input, command: Some(command), check_code, shown, rdd })
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        while let Some(command) = &mut self.command {
            match command.step()? {
                Step::Line(line) => {
                    task.memory.tick(py)?;
                    return decode(py, line)
                        .map(Some)
                        .map_err(|error| blame_step(py, task, self.rdd, None, error));
                }
                Step::Push => match self.input.next(py, task)? {
                    Some(element) => push(command, &element).map_err(|error| {
                        blame_step(py, task, self.rdd, Some(element.clone().unbind()), error)
                    })?,
                    None => command.end_input(),
                },
                Step::Wait => {
                    py.check_signals()?;
                    py.detach(|| command.wait(SLICE));
                }
                Step::End => {
                    self.end(py).map_err(|error| blame_step(py, task, self.rdd, None, error))?
                }
            }
        }
        Ok(None)
    }

    /// Waits for the command, and looks at its exit code if that counts.
    fn end(&mut self, py: Python<'_>) -> PyResult<()> {
        self.input = Stream::Empty;
        let Some(mut command) = self.command.take() else { return Ok(()) };
        // Its process group goes if the task is cancelled meanwhile.
        let status = py.detach(|| command.exit())?;
        if !self.check_code || status.success() {
            return Ok(());
        }
        Err(exited(py, &self.shown, status, &py.detach(|| command.stderr()))?)
    }
}

/// Pushes `str(element)` without the newlines at its end.
fn push(command: &mut PipedCommand, element: &Bound<'_, PyAny>) -> PyResult<()> {
    let text = element.str()?;
    command.push_line(text.to_str()?.trim_end_matches('\n').as_bytes());
    Ok(())
}

fn decode<'py>(py: Python<'py>, line: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    match std::str::from_utf8(line) {
        Ok(text) => Ok(PyString::new(py, text).into_any()),
        Err(error) => {
            Err(PyErr::from_value(PyUnicodeDecodeError::new_utf8(py, line, error)?.into_any()))
        }
    }
}

/// PySpark's error, with what the command said last.
fn exited(py: Python<'_>, command: &str, status: ExitStatus, stderr: &str) -> PyResult<PyErr> {
    use std::os::unix::process::ExitStatusExt;
    // A signal counts as its negative number, as in subprocess.
    let code = status.code().or(status.signal().map(|signal| -signal)).unwrap_or_default();
    let said =
        if stderr.is_empty() { String::new() } else { format!(" It said: {}", stderr.trim_end()) };
    let parameters = PyDict::new(py);
    parameters.set_item("func_name", command)?;
    parameters.set_item("error_code", code.to_string())?;
    parameters.set_item("stderr", said)?;
    let options = PyDict::new(py);
    options.set_item("errorClass", "PIPE_FUNCTION_EXITED")?;
    options.set_item("messageParameters", parameters)?;
    let class = py.import("firesteel.errors")?.getattr("PySparkRuntimeError")?;
    Ok(PyErr::from_value(class.call((), Some(&options))?))
}
