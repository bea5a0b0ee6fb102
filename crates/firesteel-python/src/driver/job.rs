//! What an action carries, and how its thread waits.
//!
//! Invariant: while it waits the thread has released the GIL, and it looks for signals at least every [`SLICE`].

use crate::errors::{EngineError, raise};
use firesteel_core::driver::engine::Engine;
use firesteel_core::driver::job::{Job as Submitted, JobProperties, JobResult};
use firesteel_core::protocol::{Payload, Serializer};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long Ctrl-C may go unnoticed. An end of the job wakes the thread at once.
const SLICE: Duration = Duration::from_millis(50);

/// How long an interrupted action waits for its job: the grace of the tasks, and the time to bury their workers.
const INTERRUPTED_LIMIT: Duration = Duration::from_millis(700);

/// Who asked, where accumulator updates go, and who wants to look while the action waits.
#[pyclass(frozen, module = "firesteel._native")]
pub struct Job {
    pub(super) properties: JobProperties,
    /// The serializer of the context, if that is one of the program's own.
    serializer: Option<Py<PyAny>>,
    on_accumulators: Option<Py<PyAny>>,
    on_wait: Option<Py<PyAny>>,
}

#[pymethods]
impl Job {
    #[new]
    #[pyo3(signature = (*, call_site, properties, serializer=None, on_accumulators=None, on_wait=None))]
    fn new(
        call_site: String,
        properties: BTreeMap<String, String>,
        serializer: Option<(Py<PyAny>, Vec<u8>, i32)>,
        on_accumulators: Option<Py<PyAny>>,
        on_wait: Option<Py<PyAny>>,
    ) -> Job {
        let (here, there) = serializer.map_or((None, None), |(serializer, pickled, batch)| {
            let code = Payload::Inline(pickled);
            (Some(serializer), Some(Serializer { code, batch }))
        });
        let properties = JobProperties { call_site, local: properties, serializer: there };
        Job { properties, serializer: here, on_accumulators, on_wait }
    }
}

impl Job {
    /// The program's own serializer, by which results may have to be read.
    pub(super) fn serializer<'py>(&self, py: Python<'py>) -> Option<&Bound<'py, PyAny>> {
        self.serializer.as_ref().map(|serializer| serializer.bind(py))
    }

    /// Waits for the end of the job, and passes accumulator updates on, whatever the end is.
    pub(super) fn wait(
        &self,
        py: Python<'_>,
        engine: &Engine,
        submitted: &Submitted,
    ) -> PyResult<JobResult> {
        let waited = self.wait_for_end(py, engine, submitted);
        let counted = self.pass_accumulators(py, submitted);
        let outcome = submitted.take_outcome();
        match (waited.and(counted), outcome) {
            (Ok(()), Some(outcome)) => outcome.map_err(|error| raise(py, error)),
            (Ok(()), None) => Err(EngineError::new_err("the outcome of a job was taken twice")),
            (Err(error), outcome) => {
                if let Some(Ok(unread)) = outcome {
                    engine.discard_result(&unread);
                }
                Err(error)
            }
        }
    }

    fn pass_accumulators(&self, py: Python<'_>, submitted: &Submitted) -> PyResult<()> {
        let Some(callback) = &self.on_accumulators else { return Ok(()) };
        for updates in submitted.take_accumulators() {
            callback.call1(py, (PyBytes::new(py, &updates),))?;
        }
        Ok(())
    }

    /// On Ctrl-C, or whatever else a signal handler of the user's raises, the job is cancelled.
    fn wait_for_end(&self, py: Python<'_>, engine: &Engine, job: &Submitted) -> PyResult<()> {
        while !py.detach(|| job.wait(SLICE)) {
            if let Err(interruption) = py.check_signals().and_then(|()| self.look(py)) {
                // An engine that has just been stopped has ended the job itself.
                let _ = engine.cancel(job, "interrupted");
                py.detach(|| job.wait(INTERRUPTED_LIMIT));
                return Err(interruption);
            }
        }
        Ok(())
    }

    fn look(&self, py: Python<'_>) -> PyResult<()> {
        self.on_wait.as_ref().map_or(Ok(()), |callback| callback.call0(py).map(drop))
    }
}
