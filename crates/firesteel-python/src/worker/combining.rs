//! The map side of an aggregation: combines what fits into memory.
//!
//! It may give its table away early, when memory is short: a key then comes twice, in the same order, and the reduce side
//! unites it. Invariant: what comes is that of one table, but for these repetitions.

use super::aggregation::Aggregation;
use super::chain::Chain;
use super::columns::{Offered, Taker};
use super::native::Drained;
use super::native_groups::PIECE;
use super::spill::SpillTrigger;
use super::stream::Stream;
use super::task::Task;
use firesteel_core::protocol::{Combine, Definition};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyList;

/// The map side: combines what fits into memory.
pub struct Combining {
    aggregation: Aggregation,
    draining: Drained,
    pieces: Option<Pieces>,
    trigger: SpillTrigger,
    spilled: bool,
    ended: bool,
}

impl Combining {
    pub fn new(
        py: Python<'_>,
        task: &Task,
        input: Stream,
        definition: &Definition,
        combine: Combine,
        code: Py<PyAny>,
    ) -> PyResult<Self> {
        // distinct makes pairs only to have keys.
        let (input, bare) = match input {
            Stream::Chain(mut chain) if task.limits.native && combine == Combine::First => {
                let bare = chain.drop_pairing();
                (Chain::simplified(chain), bare)
            }
            other => (other, false),
        };
        let mut aggregation = Aggregation::new(py, task, input, definition, combine, &code, false)?;
        aggregation.bare = bare;
        let trigger = SpillTrigger::new(&task.memory);
        let draining = Drained::Entries(Vec::new().into_iter());
        Ok(Self { aggregation, draining, pieces: None, trigger, spilled: false, ended: false })
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        loop {
            if let Some(piece) = self.next_piece(py)? {
                return Ok(Some(piece));
            }
            if let Some(next) = self.next_drained(py)? {
                return Ok(Some(next));
            }
            if self.pieces.is_some() {
                continue;
            }
            if self.ended {
                return Ok(None);
            } else {
                self.fill(py, task)?;
            }
        }
    }

    /// Offers what the table held.
    pub fn offer(
        &mut self,
        py: Python<'_>,
        task: &Task,
        take: &mut Taker<'_>,
    ) -> PyResult<Offered> {
        loop {
            let offered = self.draining.offer(take)?;
            if offered != Offered::Ended || self.ended {
                return Ok(offered);
            }
            self.fill(py, task)?;
        }
    }

    /// The next pair; none at the end, and none where a group has to be given away in pieces.
    fn next_drained<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (key, combiner) = match &mut self.draining {
            Drained::Ints(pairs) => return pairs.next(py),
            Drained::Strs(pairs) => return pairs.next(py),
            Drained::Entries(entries) => {
                let Some(entry) = entries.next() else { return Ok(None) };
                (entry.key, entry.combiner.into_object(py)?)
            }
            Drained::Groups(groups) => {
                let Some(piece) = groups.next_piece(py)? else { return Ok(None) };
                return piece.into_bound_py_any(py).map(Some);
            }
        };
        if self.aggregation.functions.combine == Combine::Group {
            self.pieces = Pieces::of(py, &key, &combiner);
        }
        match self.pieces {
            Some(_) => Ok(None),
            None => (key, combiner).into_bound_py_any(py).map(Some),
        }
    }

    fn next_piece<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let piece = self.pieces.as_mut().and_then(|pieces| pieces.next(py).transpose());
        if piece.is_none() {
            self.pieces = None;
        }
        piece.transpose()
    }

    fn fill(&mut self, py: Python<'_>, task: &Task) -> PyResult<()> {
        if self.spilled {
            // What the table held has been written by now.
            self.trigger.spilled(py, &task.memory)?;
        }
        loop {
            if !self.aggregation.absorb(py, task)? {
                self.ended = true;
                self.aggregation.input = Stream::Empty;
                break;
            }
            if self.trigger.fires(&task.memory) {
                task.counters.spills.add(1);
                self.spilled = true;
                break;
            }
        }
        self.draining = self.aggregation.drain(py, task)?;
        Ok(())
    }
}

/// A group that is given away in parts, for the other side may not have the room for it at once.
struct Pieces {
    key: Py<PyAny>,
    group: Py<PyList>,
    next: usize,
}

impl Pieces {
    /// None for a group of the usual size.
    fn of(py: Python<'_>, key: &Py<PyAny>, group: &Py<PyAny>) -> Option<Self> {
        let group = group.bind(py).cast::<PyList>().ok()?;
        let (key, next) = (key.clone_ref(py), 0);
        (group.len() > PIECE).then(|| Self { key, group: group.clone().unbind(), next })
    }

    fn next<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let group = self.group.bind(py);
        if self.next >= group.len() {
            return Ok(None);
        }
        let piece = group.get_slice(self.next, self.next + PIECE);
        self.next += PIECE;
        Ok(Some((self.key.bind(py), piece).into_pyobject(py)?.into_any()))
    }
}
