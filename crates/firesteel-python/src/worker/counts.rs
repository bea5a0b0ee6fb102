//! How often each element occurs: `countByValue`, and `countByKey` by way of it.
//!
//! Invariant: keys, their order and their equality are those of a dict that counts.

use super::binary::{Operation, Value};
use super::combine::CombineTable;
use super::combine_native::NativeCombining;
use firesteel_core::frame::ColumnView;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Elements with their numbers.
pub struct Counts {
    /// As long as nothing but ints of 64 bits comes.
    ints: Option<NativeCombining<i64>>,
    table: CombineTable,
}

impl Counts {
    pub fn new() -> Self {
        let ints = Some(NativeCombining::new(Some(Operation::Add)));
        Self { ints, table: CombineTable::default() }
    }

    /// Counts one element.
    pub fn add(&mut self, element: &Bound<'_, PyAny>) -> PyResult<()> {
        if let Some(ints) = &mut self.ints {
            if ints.count(element)? {
                return Ok(());
            }
            self.leave_ints(element.py())?;
        }
        let (mark, found) = self.table.find(element)?;
        match found {
            None => self.table.insert(mark, element.clone(), Value::Int(1)),
            Some(position) => {
                if let Value::Int(count) = &mut self.table.entries[position].combiner {
                    *count += 1;
                }
                Ok(())
            }
        }
    }

    /// Counts the elements of a column; no if they are not ints.
    pub fn add_column(&mut self, column: &ColumnView<'_>) -> PyResult<bool> {
        let (Some(ints), ColumnView::Int(keys)) = (&mut self.ints, column) else {
            return Ok(false);
        };
        ints.count_column(keys)?;
        Ok(true)
    }

    /// Goes on with Python objects.
    fn leave_ints(&mut self, py: Python<'_>) -> PyResult<()> {
        let Some(mut ints) = self.ints.take() else { return Ok(()) };
        ints.flush()?;
        let mut counts = ints.drain();
        while let Some((key, count)) = counts.pop(py) {
            let key = key.into_pyobject(py)?.into_any();
            let (mark, _) = self.table.find(&key)?;
            self.table.insert(mark, key, count)?;
        }
        Ok(())
    }

    /// A dict by first appearance.
    pub fn finish(mut self, py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
        let dict = PyDict::new(py);
        if let Some(ints) = &mut self.ints {
            ints.flush()?;
            let mut counts = ints.drain();
            while let Some((key, count)) = counts.pop(py) {
                dict.set_item(key, count.into_object(py)?)?;
            }
        }
        for entry in self.table.drain() {
            dict.set_item(entry.key, entry.combiner.into_object(py)?)?;
        }
        Ok(dict)
    }
}
