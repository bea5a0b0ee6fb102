//! The worker's loop: definitions come in, tasks are run one at a time, reports go out.

use super::connection::Connection;
use super::task::{self, Definitions};
use crate::capi;
use firesteel_core::protocol::{FromWorker, PROTOCOL_VERSION, TaskSpec, ToWorker};
use pyo3::prelude::*;
use std::io;
use std::os::fd::RawFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

/// Serves tasks until the driver closes the connection.
#[pyfunction]
pub fn serve_worker(py: Python<'_>, descriptor: RawFd) -> PyResult<()> {
    // Cycles are collected by growth of memory (see `memory`), not by counting allocations.
    py.import("gc")?.call_method0("disable")?;
    py.import("firesteel.worker")?.call_method0("install_interrupt_handler")?;
    let socket = UnixStream::from(capi::own_descriptor(descriptor));
    Worker { connection: Connection::new(socket), definitions: Arc::default() }.serve(py)
}

struct Worker {
    connection: Connection,
    definitions: Arc<Definitions>,
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
                ToWorker::Run(spec) => self.run(py, *spec)?,
            }
        }
        Ok(())
    }

    fn run(&mut self, py: Python<'_>, spec: TaskSpec) -> PyResult<()> {
        let report = task::run(py, spec, self.definitions.clone())?;
        self.send(py, FromWorker::Ended(Box::new(report)))
    }

    /// Waits without the interpreter lock. Signals are looked at between messages: an interrupt that comes
    /// while no task runs has nothing to raise in.
    fn receive(&mut self, py: Python<'_>) -> io::Result<Option<ToWorker>> {
        let connection = &mut self.connection;
        py.detach(|| connection.receive())
    }

    fn send(&mut self, py: Python<'_>, message: FromWorker) -> PyResult<()> {
        let connection = &mut self.connection;
        Ok(py.detach(|| connection.send(&message))?)
    }
}
