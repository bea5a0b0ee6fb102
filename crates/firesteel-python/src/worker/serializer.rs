//! The program's own serializer, where its context has one: what elements pass when they leave its functions.
//!
//! Invariants: it is given lists as long as PySpark's batches are; on its way from one function to the next an element
//! passes it once, however many caches, unions and results lie between.

use super::batching::Batching;
use super::failure::blame_step;
use super::output::encode;
use super::stream::Stream;
use super::task::Task;
use crate::convert::deserialize;
use crate::errors::engine_error;
use firesteel_core::frame::Column;
use firesteel_core::protocol::{Operator, Partitioner, Step};
use firesteel_scheduler::ids::RddId;
use pyo3::prelude::*;

/// Whether what comes out of these steps passes the serializer when it is written: not what has passed it, or came out of
/// a file, and not what the engine counts for itself.
pub fn is_passed(task: &Task, steps: &[Step]) -> PyResult<bool> {
    let Some(Step::Apply(rdd)) = steps.last() else { return Ok(false) };
    Ok(task.has_serializer()
        && !matches!(
            task.definition(*rdd)?.operator,
            Operator::Reserialize { .. }
                | Operator::Statistics
                | Operator::Extremes
                | Operator::SketchDistinct { .. }
        ))
}

/// Whether what a shuffle places passes it; PySpark's `repartition` pickles.
pub fn is_shuffled(task: &Task, partitioner: Partitioner) -> bool {
    task.has_serializer() && !matches!(partitioner, Partitioner::Deal { .. })
}

/// Elements that pass it on the way from one step to the next.
pub struct Reserializing {
    input: Stream,
    rdd: RddId,
    batching: Batching,
    loaded: std::vec::IntoIter<Py<PyAny>>,
}

impl Reserializing {
    pub fn new(input: Stream, rdd: RddId, batch: i32) -> Self {
        Self { input, rdd, batching: Batching::new(batch), loaded: Vec::new().into_iter() }
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        loop {
            if let Some(element) = self.loaded.next() {
                task.memory.tick(py)?;
                return Ok(Some(element.into_bound(py)));
            }
            let batch = self.batch(py, task)?;
            if batch.is_empty() {
                return Ok(None);
            }
            self.loaded = self.pass(py, task, &batch)?.into_iter();
        }
    }

    fn batch<'py>(&mut self, py: Python<'py>, task: &Task) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let mut batch = Vec::new();
        while batch.len() < self.batching.size() {
            let Some(element) = self.input.next(py, task)? else { break };
            batch.push(element);
        }
        Ok(batch)
    }

    fn pass(
        &mut self,
        py: Python<'_>,
        task: &Task,
        batch: &[Bound<'_, PyAny>],
    ) -> PyResult<Vec<Py<PyAny>>> {
        let Some(serializer) = task.serializer(py)? else {
            return Err(engine_error("a step needs the serializer of a context that has none"));
        };
        let dumped = encode(py, task, batch, Some(self.rdd), Some(&serializer))?;
        let Column::Serialized { data, .. } = dumped else {
            return Err(engine_error("a serializer has made a typed column"));
        };
        self.batching.adapt(data.len());
        let mut loaded = Vec::new();
        deserialize(&serializer, &data, &mut loaded)
            .map_err(|error| blame_step(py, task, self.rdd, None, error))?;
        Ok(loaded)
    }
}
