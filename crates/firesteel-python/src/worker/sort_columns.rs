//! Sorting pairs that come as columns: keys are compared where they lie, and no Python object is made.
//!
//! Invariant: the order is that of `sort_native`, for there it comes from.

use super::columns::{Offered, Taker};
use super::sort_native;
use crate::convert::decode_column;
use crate::errors::engine_error;
use firesteel_core::frame::{Column, ColumnView};
use pyo3::prelude::*;

/// Rows that become Python objects, or one column, at a time.
const ROWS: usize = 4096;

/// Pairs in the order in which they came.
#[derive(Default)]
pub struct PairColumns {
    pairs: Option<Column>,
}

impl PairColumns {
    /// Takes pairs in; no if they are not like those that came before, or cannot be compared here.
    pub fn take(&mut self, column: &ColumnView<'_>) -> bool {
        let ColumnView::Tuple { fields, .. } = column else { return false };
        let [keys, _] = fields.as_slice() else { return false };
        let held = self.pairs.as_ref().map_or(0, Column::len);
        if has_nan(keys) || u32::try_from(held + column.len()).is_err() {
            return false;
        }
        match &mut self.pairs {
            Some(pairs) => pairs.append(column),
            None => {
                let pairs = column.to_column();
                let fits = pairs.view().is_some() && pairs.is_alike(column);
                self.pairs = fits.then_some(pairs);
                fits
            }
        }
    }

    /// The pairs in order, as long as that can be told here.
    pub fn sort(&mut self, descending: bool) -> Option<SortedColumns> {
        let Some(Column::Tuple { fields, .. }) = &self.pairs else { return None };
        let order = sort_native::order_of_column(fields.first()?, descending)?;
        let pairs = self.pairs.take()?;
        Some(SortedColumns {
            pairs,
            order,
            next: 0,
            decoded: Vec::new().into_iter(),
            refused: false,
        })
    }

    /// Gives the pairs away as Python objects, so many at once.
    pub fn drain(
        &mut self,
        py: Python<'_>,
        at_once: usize,
        mut each: impl FnMut(Vec<Py<PyAny>>) -> PyResult<()>,
    ) -> PyResult<()> {
        let Some(pairs) = self.pairs.take() else { return Ok(()) };
        let rows: Vec<u32> = (0..pairs.len() as u32).collect();
        rows.chunks(at_once).try_for_each(|rows| each(decoded(py, &pairs, rows)?))
    }
}

fn has_nan(keys: &ColumnView<'_>) -> bool {
    match keys {
        ColumnView::Float(values) => values.iter().any(|value| value.is_nan()),
        ColumnView::Tuple { fields, .. } => fields.iter().any(has_nan),
        _ => false,
    }
}

fn decoded(py: Python<'_>, pairs: &Column, rows: &[u32]) -> PyResult<Vec<Py<PyAny>>> {
    let part = picked(pairs, rows)?;
    let mut elements = Vec::new();
    decode_column(py, &view(&part)?, &mut elements)?;
    Ok(elements)
}

fn picked(pairs: &Column, rows: &[u32]) -> PyResult<Column> {
    pairs.gather(rows).ok_or_else(|| engine_error("a pickle cannot be sorted"))
}

fn view(column: &Column) -> PyResult<ColumnView<'_>> {
    column.view().ok_or_else(|| engine_error("a column cannot be looked at"))
}

/// Pairs in order.
pub struct SortedColumns {
    pairs: Column,
    order: Vec<u32>,
    next: usize,
    decoded: std::vec::IntoIter<Py<PyAny>>,
    /// The next step takes no columns.
    refused: bool,
}

impl SortedColumns {
    pub fn next<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        if self.decoded.len() == 0 {
            let rows = self.next_rows();
            self.decoded = decoded(py, &self.pairs, &self.order[rows.clone()])?.into_iter();
            self.next = rows.end;
        }
        Ok(self.decoded.next().map(|element| element.into_bound(py)))
    }

    /// Offers the next pairs as a column.
    pub fn offer(&mut self, take: &mut Taker<'_>) -> PyResult<Offered> {
        if self.refused || self.decoded.len() > 0 {
            return Ok(Offered::Refused);
        }
        let rows = self.next_rows();
        if rows.is_empty() {
            return Ok(Offered::Ended);
        }
        let part = picked(&self.pairs, &self.order[rows.clone()])?;
        if !take(&view(&part)?)? {
            self.refused = true;
            return Ok(Offered::Refused);
        }
        self.next = rows.end;
        Ok(Offered::Taken)
    }

    fn next_rows(&self) -> std::ops::Range<usize> {
        self.next..self.order.len().min(self.next + ROWS)
    }
}
