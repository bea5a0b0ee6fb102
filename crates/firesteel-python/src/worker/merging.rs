//! The reduce side of an aggregation: exactly one combiner a key. It goes on to disk when memory is short (see `spill`).
//!
//! Invariant: keys come by first appearance, spilled or not.

use super::aggregation::Aggregation;
use super::columns::{Offered, Taker};
use super::combine::Entry;
use super::native::Drained;
use super::native_groups::NativeGroups;
use super::spill::{SpillTrigger, SpilledAggregation, spill_aggregation};
use super::stream::Stream;
use super::task::Task;
use crate::errors::engine_error;
use firesteel_core::protocol::{Combine, Definition};
use pyo3::prelude::*;

/// The reduce side: exactly one combiner a key.
pub struct Merging {
    aggregation: Aggregation,
    merged: Option<Merged>,
    keys_only: bool,
}

/// All combiners, where there was room for them.
enum Merged {
    InMemory(Drained),
    Spilled(Box<SpilledAggregation>),
}

impl Merging {
    pub fn new(
        py: Python<'_>,
        task: &Task,
        input: Stream,
        definition: &Definition,
        combine: Combine,
        code: Py<PyAny>,
    ) -> PyResult<Self> {
        let aggregation = Aggregation::new(py, task, input, definition, combine, &code, true)?;
        Ok(Self { aggregation, merged: None, keys_only: false })
    }

    /// Gives keys instead of pairs.
    pub fn keys_only(&mut self) {
        self.keys_only = true;
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let keys_only = self.keys_only;
        match self.merged(py, task)? {
            Merged::InMemory(Drained::Ints(pairs)) => pairs.next(py),
            Merged::InMemory(Drained::Strs(pairs)) => pairs.next(py),
            Merged::InMemory(Drained::Groups(groups)) if keys_only => groups.next_key(py),
            Merged::InMemory(Drained::Groups(groups)) => groups.next(py),
            Merged::InMemory(Drained::Entries(entries)) => match entries.next() {
                Some(entry) if keys_only => Ok(Some(entry.key.into_bound(py))),
                Some(entry) => pair(py, entry).map(Some),
                None => Ok(None),
            },
            Merged::Spilled(spilled) => match spilled.next(py, task)? {
                Some(pair) if keys_only => pair.get_item(0).map(Some),
                pair => Ok(pair),
            },
        }
    }

    /// Offers what was merged.
    pub fn offer(
        &mut self,
        py: Python<'_>,
        task: &Task,
        take: &mut Taker<'_>,
    ) -> PyResult<Offered> {
        match self.merged(py, task)? {
            // Each key comes once, with all its values.
            Merged::InMemory(Drained::Groups(_)) => Ok(Offered::Refused),
            Merged::InMemory(drained) => drained.offer(take),
            Merged::Spilled(_) => Ok(Offered::Refused),
        }
    }

    /// The groups of a join, if they are held in columns; nothing is left then.
    pub fn take_tagged_groups(
        &mut self,
        py: Python<'_>,
        task: &Task,
    ) -> PyResult<Option<NativeGroups>> {
        match self.merged(py, task)? {
            Merged::InMemory(Drained::Groups(groups)) if groups.are_tagged() => {
                Ok(Some(std::mem::take(groups)))
            }
            _ => Ok(None),
        }
    }

    fn merged(&mut self, py: Python<'_>, task: &Task) -> PyResult<&mut Merged> {
        if self.merged.is_none() {
            self.merged = Some(self.merge(py, task)?);
        }
        self.merged.as_mut().ok_or_else(|| engine_error("nothing was merged"))
    }

    fn merge(&mut self, py: Python<'_>, task: &Task) -> PyResult<Merged> {
        let trigger = SpillTrigger::new(&task.memory);
        while self.aggregation.absorb(py, task)? {
            if trigger.fires(&task.memory) {
                let spilled = spill_aggregation(py, task, &mut self.aggregation)?;
                return Ok(Merged::Spilled(Box::new(spilled)));
            }
        }
        self.aggregation.input = Stream::Empty;
        Ok(Merged::InMemory(match self.aggregation.drain(py, task)? {
            Drained::Ints(pairs) if self.keys_only => Drained::Ints(pairs.keys_only()),
            Drained::Strs(pairs) if self.keys_only => Drained::Strs(pairs.keys_only()),
            drained => drained,
        }))
    }
}

fn pair<'py>(py: Python<'py>, entry: Entry) -> PyResult<Bound<'py, PyAny>> {
    Ok((entry.key, entry.combiner.into_object(py)?).into_pyobject(py)?.into_any())
}
