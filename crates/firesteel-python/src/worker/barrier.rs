//! A task's way to the barrier: it says that it has arrived, and waits for the answer.
//!
//! Invariants: while it waits the task has released the interpreter and looks for signals at least every [`SLICE`]; what
//! the driver says meanwhile about something else is kept for the worker's loop.

use super::connection::Connection;
use firesteel_core::protocol::{BarrierAnswer, FromWorker, ToWorker};
use firesteel_scheduler::barrier::BarrierOperation;
use firesteel_scheduler::ids::TaskId;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long an interruption may go unnoticed that comes just before the wait. An answer ends the wait at once.
const SLICE: Duration = Duration::from_millis(50);

/// What `BarrierTaskContext` holds.
#[pyclass(frozen, module = "firesteel._native")]
pub struct Barrier {
    connection: Arc<Connection>,
    task: TaskId,
    /// The worker: a child that user code forks has another id, and shares the socket by accident.
    pid: u32,
    /// Whether a thread of the task waits.
    is_meeting: AtomicBool,
    has_ended: AtomicBool,
}

impl Barrier {
    pub fn new(connection: Arc<Connection>, task: TaskId, pid: u32) -> Self {
        let (is_meeting, has_ended) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { connection, task, pid, is_meeting, has_ended }
    }

    /// The task is over; whoever has kept the context meets nobody any more.
    pub fn end(&self) {
        self.has_ended.store(true, Ordering::Relaxed);
    }

    fn check(&self) -> PyResult<()> {
        if process::id() != self.pid {
            return Err(PyRuntimeError::new_err(
                "only the task's own process can wait at a barrier",
            ));
        }
        if self.has_ended.load(Ordering::Relaxed) {
            return Err(PyRuntimeError::new_err("the task of this context has ended"));
        }
        Ok(())
    }

    fn wait(
        &self,
        py: Python<'_>,
        operation: BarrierOperation,
        message: String,
    ) -> PyResult<Vec<String>> {
        let reached = FromWorker::BarrierReached { task: self.task, operation, message };
        py.detach(|| self.connection.send(&reached))?;
        loop {
            let received = py.detach(|| {
                self.connection.receive_within(SLICE, |message| self.is_answer(message))
            })?;
            match received {
                Some(ToWorker::Barrier { answer: BarrierAnswer::Released(messages), .. }) => {
                    return Ok(messages);
                }
                Some(ToWorker::Barrier { answer: BarrierAnswer::Broken(reason), .. }) => {
                    return Err(PyRuntimeError::new_err(format!(
                        "{}(): {reason}",
                        name(operation)
                    )));
                }
                Some(_) | None => py.check_signals()?,
            }
        }
    }

    fn is_answer(&self, message: &ToWorker) -> bool {
        matches!(message, ToWorker::Barrier { task, .. } if *task == self.task)
    }
}

#[pymethods]
impl Barrier {
    /// Waits for all tasks of the stage; their messages, by partition.
    fn meet(&self, py: Python<'_>, operation: &str, message: String) -> PyResult<Vec<String>> {
        self.check()?;
        let operation = match operation {
            "barrier" => BarrierOperation::Barrier,
            "allGather" => BarrierOperation::AllGather,
            _ => return Err(PyValueError::new_err(format!("no operation {operation:?}"))),
        };
        if self.is_meeting.swap(true, Ordering::Acquire) {
            return Err(PyRuntimeError::new_err("another thread of this task waits at a barrier"));
        }
        let met = self.wait(py, operation, message);
        self.is_meeting.store(false, Ordering::Release);
        met
    }
}

fn name(operation: BarrierOperation) -> &'static str {
    match operation {
        BarrierOperation::Barrier => "barrier",
        BarrierOperation::AllGather => "allGather",
    }
}
