//! Pairs of the elements of two partitions: zip and cartesian.
//!
//! The order of a cartesian product is PySpark's, which pairs batch by batch: every element of a left batch with
//! every element of the first right batch, then with those of the second, and so on. Invariant: the left side is read
//! once, batch by batch; the right side is read once and held in memory.

use super::batching::Batching;
use super::pipeline;
use super::stream::Stream;
use super::task::Task;
use crate::convert::pickled_size;
use firesteel_core::protocol::{Batches, Input, Pairing, Pipeline};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::sync::Arc;

type Batch = Vec<Py<PyAny>>;

/// The stream of the pairs of two pipelines.
pub fn open(
    py: Python<'_>,
    task: &Arc<Task>,
    sides: &[Pipeline],
    pairing: Pairing,
) -> PyResult<Stream> {
    let [left, right] = sides else {
        return Err(crate::errors::engine_error("pairs are made of two sides"));
    };
    Ok(match pairing {
        Pairing::Zip => Stream::Zip(Box::new(Zip {
            left: pipeline::build(py, task, left)?,
            right: pipeline::build(py, task, right)?,
        })),
        Pairing::Cartesian { left: of_left, right: of_right } => {
            let left = Cut::new(task, left, of_left);
            let right = Cut::new(task, right, of_right);
            Stream::Cartesian(Box::new(Cartesian::new(left, right)))
        }
    })
}

/// The first with the first, the second with the second.
pub struct Zip {
    left: Stream,
    right: Stream,
}

impl Zip {
    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        match (self.left.next(py, task)?, self.right.next(py, task)?) {
            (Some(left), Some(right)) => Ok(Some((left, right).into_pyobject(py)?.into_any())),
            (None, None) => Ok(None),
            _ => Err(PyValueError::new_err(
                "Can only zip RDDs with same number of elements in each partition",
            )),
        }
    }
}

/// Each with each, batch by batch.
pub struct Cartesian {
    left: Cut,
    right: Cut,
    /// All right batches, once they have been read.
    held: Option<Vec<Batch>>,
    batch: Batch,
    /// The position of the next pair: right batch, element of the left batch, element of the right batch.
    at: (usize, usize, usize),
}

impl Cartesian {
    fn new(left: Cut, right: Cut) -> Self {
        Self { left, right, held: None, batch: Vec::new(), at: (0, 0, 0) }
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        loop {
            if let Some(pair) = self.current(py)? {
                task.memory.tick(py)?;
                return Ok(Some(pair));
            }
            if !self.advance(py, task)? {
                return Ok(None);
            }
        }
    }

    /// The pair at the position; none at the end of two batches.
    fn current<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (block, row, column) = self.at;
        let Some(right) = self.held.as_ref().and_then(|held| held.get(block)) else {
            return Ok(None);
        };
        let Some(left) = self.batch.get(row) else { return Ok(None) };
        let Some(met) = right.get(column) else { return Ok(None) };
        let pair = (left.bind(py), met.bind(py)).into_pyobject(py)?.into_any();
        self.at = match column + 1 == right.len() {
            true => (block, row + 1, 0),
            false => (block, row, column + 1),
        };
        Ok(Some(pair))
    }

    /// Goes on to the next two batches; no at the end.
    fn advance(&mut self, py: Python<'_>, task: &Task) -> PyResult<bool> {
        let blocks = match &self.held {
            Some(held) => held.len(),
            None => self.hold(py, task)?,
        };
        self.at = (self.at.0 + 1, 0, 0);
        if self.batch.is_empty() || self.at.0 >= blocks {
            let Some(batch) = self.left.next(py, task)?.filter(|_| blocks > 0) else {
                return Ok(false);
            };
            (self.batch, self.at) = (batch, (0, 0, 0));
        }
        Ok(true)
    }

    fn hold(&mut self, py: Python<'_>, task: &Task) -> PyResult<usize> {
        let mut held = Vec::new();
        while let Some(batch) = self.right.next(py, task)? {
            held.push(batch);
            if let Some(fault) = task.memory.exceeded() {
                return Err(task.fault(fault));
            }
        }
        let blocks = held.len();
        self.held = Some(held);
        Ok(blocks)
    }

    /// All pairs of the next two batches: what a product of products meets.
    fn next_block(&mut self, py: Python<'_>, task: &Task) -> PyResult<Option<Batch>> {
        if !self.advance(py, task)? {
            return Ok(None);
        }
        let mut block = Vec::new();
        while let Some(pair) = self.current(py)? {
            block.push(pair.unbind());
        }
        Ok(Some(block))
    }
}

/// A side of a product, cut into batches as PySpark cuts it.
struct Cut {
    task: Arc<Task>,
    /// What is put together is cut part by part, last part first.
    parts: Vec<Pipeline>,
    current: Stream,
    /// Elements were dealt out in batches, and each segment begins with one.
    by_segment: bool,
    waiting: Option<Py<PyAny>>,
    batches: Batches,
    batching: Batching,
}

impl Cut {
    fn new(task: &Arc<Task>, side: &Pipeline, batches: Batches) -> Self {
        let mut parts = Vec::new();
        flatten(side, &mut parts);
        parts.reverse();
        let (current, waiting) = (Stream::Empty, None);
        let batching = batches.into();
        Self { task: task.clone(), parts, current, by_segment: false, waiting, batches, batching }
    }

    fn next(&mut self, py: Python<'_>, task: &Task) -> PyResult<Option<Batch>> {
        loop {
            if let Some(batch) = self.next_of_part(py, task)? {
                return Ok(Some(batch));
            }
            let Some(part) = self.parts.pop() else { return Ok(None) };
            self.by_segment = part.steps.is_empty() && matches!(part.input, Input::Shuffle { .. });
            self.current = pipeline::build(py, &self.task, &part)?;
            self.batching = self.batches.into();
        }
    }

    fn next_of_part(&mut self, py: Python<'_>, task: &Task) -> PyResult<Option<Batch>> {
        if let Stream::Cartesian(product) = &mut self.current {
            return product.next_block(py, task);
        }
        let mut batch: Batch = self.waiting.take().into_iter().collect();
        while batch.len() < self.batching.size() {
            let Some(element) = self.current.next(py, task)? else { break };
            if self.by_segment && task.take_segment_begin() && !batch.is_empty() {
                self.waiting = Some(element.unbind());
                break;
            }
            batch.push(element.unbind());
        }
        if batch.is_empty() {
            return Ok(None);
        }
        self.adapt(py, &batch)?;
        Ok(Some(batch))
    }

    /// Doubles or halves the next batch.
    fn adapt(&mut self, py: Python<'_>, batch: &Batch) -> PyResult<()> {
        if self.batching.grows() {
            self.batching.adapt(pickled_size(&PyList::new(py, batch)?)?);
        }
        Ok(())
    }
}

/// The parts that a pipeline without steps puts one after the other.
fn flatten(pipeline: &Pipeline, parts: &mut Vec<Pipeline>) {
    match &pipeline.input {
        Input::Concat(children) if pipeline.steps.is_empty() => {
            for child in children {
                flatten(child, parts);
            }
        }
        _ => parts.push(pipeline.clone()),
    }
}
