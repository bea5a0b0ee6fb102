//! Aggregation by key, the loop that both sides of a shuffle share: pairs in, table filled.
//!
//! Invariant: keys and values meet in the order in which they came, whether they are held as Python objects or not.

use super::binary::{Binary, Value};
use super::columns::Offered;
use super::combine::{CombineTable, Entry, Mark};
use super::combine_native::NativeCombining;
use super::failure::blame_step;
use super::native::{Drained, Native};
use super::pairs;
use super::stream::Stream;
use super::task::Task;
use firesteel_core::frame::ColumnView;
use firesteel_core::protocol::{Combine, Definition};
use firesteel_scheduler::ids::RddId;
use pyo3::prelude::*;
use pyo3::types::PyList;

/// How values become combiners.
pub(super) struct Functions {
    pub(super) combine: Combine,
    create: Option<Py<PyAny>>,
    merge: Option<Binary>,
}

impl Functions {
    /// Code: (create or None, merge_value, merge_combiners) for `Combine::Functions`, none otherwise.
    fn new(
        py: Python<'_>,
        task: &Task,
        combine: Combine,
        code: &Py<PyAny>,
        combiners: bool,
    ) -> PyResult<Self> {
        let mut functions = Self { combine, create: None, merge: None };
        if combine == Combine::Functions {
            let (create, merge_value, merge_combiners): (Option<Py<PyAny>>, _, _) =
                code.extract(py)?;
            functions.create = if combiners { None } else { create };
            let merge = if combiners { merge_combiners } else { merge_value };
            functions.merge = Some(Binary::new(py, task, merge)?);
        }
        Ok(functions)
    }

    /// What merges numbers without calling Python; none if that is not possible.
    fn native(&self) -> Option<Native> {
        Some(match (self.combine, &self.create, &self.merge) {
            (Combine::First, ..) => Native::Ints(Box::new(NativeCombining::new(None))),
            (Combine::Group, ..) => Native::IntGroups(Box::default()),
            (_, None, Some(merge)) => {
                Native::Ints(Box::new(NativeCombining::new(Some(merge.operation()?))))
            }
            _ => return None,
        })
    }

    fn first<'py>(&self, value: Bound<'py, PyAny>, combiners: bool) -> PyResult<Bound<'py, PyAny>> {
        let py = value.py();
        match (&self.create, self.combine) {
            (Some(create), _) => create.bind(py).call1((value,)),
            (None, Combine::Group) if !combiners => Ok(PyList::new(py, [value])?.into_any()),
            _ => Ok(value),
        }
    }

    fn merge(&self, entry: &mut Entry, value: Bound<'_, PyAny>, combiners: bool) -> PyResult<()> {
        let py = value.py();
        match (&self.merge, self.combine, &entry.combiner) {
            (Some(merge), ..) => merge.merge(&mut entry.combiner, &value)?,
            (None, Combine::Group, Value::Object(group)) => {
                let group = group.bind(py).cast::<PyList>()?;
                if combiners {
                    group.set_slice(group.len(), group.len(), &value)?;
                } else {
                    group.append(value)?
                }
            }
            _ => (),
        }
        Ok(())
    }
}

/// The loop that both sides share: pairs in, table filled.
pub(super) struct Aggregation {
    pub(super) input: Stream,
    pub(super) table: CombineTable,
    /// In the place of the table, as long as nothing but native keys with typed values comes.
    native: Option<Native>,
    /// Whether the input may have columns.
    may_offer: bool,
    pub(super) functions: Functions,
    combiners: bool,
    /// The elements are keys, each of which stands for a pair of it and None.
    pub(super) bare: bool,
    pub(super) rdd: RddId,
    pub(super) name: String,
    turn: u64,
}

impl Aggregation {
    pub(super) fn new(
        py: Python<'_>,
        task: &Task,
        input: Stream,
        definition: &Definition,
        combine: Combine,
        code: &Py<PyAny>,
        combiners: bool,
    ) -> PyResult<Self> {
        let functions = Functions::new(py, task, combine, code, combiners)?;
        let native = if task.limits.native { functions.native() } else { None };
        Ok(Self {
            may_offer: input.may_offer(),
            input,
            table: CombineTable::default(),
            native,
            functions,
            combiners,
            bare: false,
            rdd: definition.rdd,
            name: definition.name.clone(),
            turn: 0,
        })
    }

    /// Takes in the next pair, or a column of them; no at the end of the input.
    pub(super) fn absorb(&mut self, py: Python<'_>, task: &Task) -> PyResult<bool> {
        let (bare, combiners) = (self.bare, self.combiners);
        if let Some(native) = &mut self.native
            && self.may_offer
        {
            let mut take = |column: &ColumnView<'_>| native.take_column(column, bare, combiners);
            let offered = self.input.offer(py, task, &mut take)?;
            if native.is_stuck() {
                self.leave_native(py, task)?;
            }
            if offered == Offered::Taken {
                return Ok(true);
            }
        }
        let Some(element) = self.input.next(py, task)? else { return Ok(false) };
        if let Some(native) = &mut self.native {
            let taken = native.take(&element, bare, combiners)?;
            if !taken || native.is_stuck() {
                self.leave_native(py, task)?;
            }
            if taken {
                return Ok(true);
            }
        }
        self.take(py, task, element)?;
        Ok(true)
    }

    fn take<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
        element: Bound<'py, PyAny>,
    ) -> PyResult<()> {
        self.add(task, &element).map_err(|error| self.blame(py, task, element, error))
    }

    /// Goes on with Python objects.
    fn leave_native(&mut self, py: Python<'_>, task: &Task) -> PyResult<()> {
        let Some(mut native) = self.native.take() else { return Ok(()) };
        native.flush(py)?;
        let (mut merged, waiting) = native.leave(py, self.bare)?;
        while let Some((key, combiner)) = merged.next_native(py)? {
            self.table.insert(Mark::of(&key)?, key, combiner)?;
        }
        waiting.into_iter().try_for_each(|element| self.take(py, task, element.into_bound(py)))
    }

    /// All pairs, by first appearance; nothing is left of them.
    pub(super) fn drain(&mut self, py: Python<'_>, task: &Task) -> PyResult<Drained> {
        if let Some(native) = &mut self.native {
            native.flush(py)?;
            if !native.is_stuck() {
                return native.drain();
            }
            self.leave_native(py, task)?;
        }
        Ok(Drained::Entries(self.table.drain()))
    }

    fn blame(&self, py: Python<'_>, task: &Task, element: Bound<'_, PyAny>, error: PyErr) -> PyErr {
        let record = if self.bare {
            (element, py.None()).into_pyobject(py).map(|pair| pair.into_any().unbind())
        } else {
            Ok(element.unbind())
        };
        blame_step(py, task, self.rdd, record.ok(), error)
    }

    fn add(&mut self, task: &Task, element: &Bound<'_, PyAny>) -> PyResult<()> {
        let (key, value) = match self.bare {
            true => (element.clone(), element.py().None().into_bound(element.py())),
            false => pairs::unpack(element, &self.name)?,
        };
        let (mark, found) = self.table.find(&key)?;
        let (functions, combiners) = (&self.functions, self.combiners);
        match found {
            Some(position) => self.merge_at(task, position, value),
            None => {
                let first = if functions.create.is_some() {
                    self.turn = self.turn.wrapping_add(1);
                    task.counters.time(self.turn, || functions.first(value, combiners))?
                } else {
                    functions.first(value, combiners)?
                };
                self.table.insert(mark, key, Value::Object(first.unbind()))
            }
        }
    }
}

impl Aggregation {
    /// Merges a value into the combiner at a place of the table.
    #[inline]
    pub(super) fn merge_at(
        &mut self,
        task: &Task,
        position: usize,
        value: Bound<'_, PyAny>,
    ) -> PyResult<()> {
        self.turn = self.turn.wrapping_add(1);
        let (functions, combiners) = (&self.functions, self.combiners);
        let entry = &mut self.table.entries[position];
        task.counters.time(self.turn, || functions.merge(entry, value, combiners))
    }
}
