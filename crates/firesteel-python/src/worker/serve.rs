//! The worker's loop: definitions come in, tasks are run one at a time, reports go out.

use super::barrier::Barrier;
use super::connection::Connection;
use super::copies::Copies;
use super::task::{self, Definitions};
use crate::capi;
use firesteel_core::protocol::{FromWorker, Outcome, PROTOCOL_VERSION, TaskSpec, ToWorker};
use pyo3::prelude::*;
use std::io;
use std::os::fd::RawFd;
use std::os::unix::net::UnixStream;
use std::process;
use std::sync::Arc;

/// Serves tasks until the driver closes the connection.
#[pyfunction]
pub fn serve_worker(py: Python<'_>, descriptor: RawFd) -> PyResult<()> {
    // Cycles are collected by growth of memory (see `memory`), not by counting allocations.
    py.import("gc")?.call_method0("disable")?;
    py.import("firesteel.worker")?.call_method0("install_interrupt_handler")?;
    let socket = UnixStream::from(capi::own_descriptor(descriptor));
    let connection = Arc::new(Connection::new(socket));
    let (definitions, copies) = (Arc::default(), Arc::default());
    Worker { connection, definitions, copies, pid: process::id() }.serve(py)
}

struct Worker {
    connection: Arc<Connection>,
    definitions: Arc<Definitions>,
    copies: Arc<Copies>,
    /// This process: a child that user code forks has another, and nothing to say to the driver.
    pid: u32,
}

impl Worker {
    fn serve(mut self, py: Python<'_>) -> PyResult<()> {
        self.send(py, FromWorker::Hello { protocol: PROTOCOL_VERSION })?;
        while let Some(message) = self.receive(py)? {
            match message {
                ToWorker::Define(definition) => {
                    Arc::make_mut(&mut self.definitions)
                        .insert(definition.rdd, Arc::new(definition));
                }
                ToWorker::Forget(rdds) => {
                    let definitions = Arc::make_mut(&mut self.definitions);
                    rdds.iter().for_each(|rdd| drop(definitions.remove(rdd)));
                }
                ToWorker::Dropped { rdd, partition } => self.copies.drop_of(rdd, partition),
                ToWorker::Run(spec) => self.run(py, *spec)?,
                // For a task that has stopped waiting.
                ToWorker::Barrier { .. } => {}
            }
        }
        Ok(())
    }

    fn run(&self, py: Python<'_>, spec: TaskSpec) -> PyResult<()> {
        let barrier = self.barrier(py, &spec)?;
        let report =
            task::run(py, spec, self.definitions.clone(), self.copies.clone(), barrier.as_ref());
        if let Some(barrier) = barrier {
            barrier.get().end();
        }
        let report = report?;
        if process::id() != self.pid {
            return leave_forked_child(py, &report.outcome);
        }
        self.send(py, FromWorker::Ended(Box::new(report)))
    }

    /// What a task of a barrier stage meets the others by.
    fn barrier<'py>(
        &self,
        py: Python<'py>,
        spec: &TaskSpec,
    ) -> PyResult<Option<Bound<'py, Barrier>>> {
        let connection = || self.connection.clone();
        let barrier = spec.barrier.map(|_| Barrier::new(connection(), spec.task, self.pid));
        barrier.map(|barrier| Bound::new(py, barrier)).transpose()
    }

    /// Waits without the interpreter lock. Signals are looked at between messages: an interrupt that comes
    /// while no task runs has nothing to raise in.
    fn receive(&self, py: Python<'_>) -> io::Result<Option<ToWorker>> {
        py.detach(|| self.connection.receive())
    }

    fn send(&self, py: Python<'_>, message: FromWorker) -> PyResult<()> {
        Ok(py.detach(|| self.connection.send(&message))?)
    }
}

/// A child that the user's function forked has come out of the task: it exits as a program would that ends here.
fn leave_forked_child(py: Python<'_>, outcome: &Outcome) -> PyResult<()> {
    let code = match outcome {
        Outcome::Failed(failure) if failure.exception == "SystemExit" => {
            failure.message.parse().unwrap_or(1)
        }
        Outcome::Failed(_) => 1,
        _ => 0,
    };
    py.import("os")?.call_method1("_exit", (code,)).map(drop)
}
