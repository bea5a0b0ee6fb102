//! Elements that go from one native step to the next as columns, without becoming Python objects in between.
//!
//! A step that calls no function of the user's may ask its input for a column; where the input has none, or the step
//! can do nothing with it, elements come one at a time as ever. Invariant: the elements and their order are the same
//! either way, and no function of the user's is called earlier or more often.

use firesteel_core::frame::ColumnView;
use pyo3::prelude::*;

/// What came of the offer of a column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Offered {
    /// Its elements are done with.
    Taken,
    /// The next element comes by itself, if there is one.
    Refused,
    /// There are no more elements.
    Ended,
}

/// Says whether it takes the elements of a column.
pub type Taker<'t> = dyn FnMut(&ColumnView<'_>) -> PyResult<bool> + 't;
