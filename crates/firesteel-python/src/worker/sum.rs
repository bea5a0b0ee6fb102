//! The sum of a partition that begins with ints: added up here as long as they and their sum have 64 bits.
//!
//! Invariant: `sum` itself goes on from the first element that is anything else. It holds a running sum of ints the
//! same way, so nobody can tell where it began.

use super::columns::Offered;
use super::stream::{Pushed, Stream};
use super::task::Task;
use crate::capi;
use firesteel_core::frame::ColumnView;
use pyo3::prelude::*;

/// Whether a function of a whole partition is the builtin `sum`, and nobody watches how it is called.
pub fn takes(py: Python<'_>, task: &Task, function: &Py<PyAny>) -> PyResult<bool> {
    if !task.limits.native {
        return Ok(false);
    }
    py.import("firesteel._operations")?.call_method1("is_sum", (function,))?.extract()
}

/// Adds up the ints that the input begins with; the stream that is left, and their sum.
pub fn ints(py: Python<'_>, task: &Task, mut input: Stream) -> PyResult<(Stream, Option<i64>)> {
    let mut sum = 0_i64;
    let may_offer = input.may_offer();
    loop {
        if may_offer && offer_column(py, task, &mut input, &mut sum)? == Offered::Taken {
            continue;
        }
        let Some(element) = input.next(py, task)? else { break };
        match capi::exact_i64(&element).and_then(|value| sum.checked_add(value)) {
            Some(longer) => sum = longer,
            None => return Ok((Stream::Pushed(Box::new(Pushed::new(element, input))), Some(sum))),
        }
    }
    Ok((Stream::Empty, Some(sum)))
}

/// Adds the next column to the sum, if there is one, of ints, and the sum has 64 bits then.
fn offer_column(
    py: Python<'_>,
    task: &Task,
    input: &mut Stream,
    sum: &mut i64,
) -> PyResult<Offered> {
    input.offer(py, task, &mut |column| {
        let ColumnView::Int(values) = column else { return Ok(false) };
        let longer = values.iter().try_fold(*sum, |sum, value| sum.checked_add(*value));
        *sum = longer.unwrap_or(*sum);
        Ok(longer.is_some())
    })
}
