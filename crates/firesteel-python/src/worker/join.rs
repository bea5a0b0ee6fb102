//! The pairs of a join, straight from the columns of its groups: no tagged value, no group and no list is made.
//!
//! Invariant: the pairs and their order are those of the chain's operator, which goes on where groups are objects.

use super::chain::Chain;
use super::groups::Product;
use super::merging::Merging;
use super::native_groups::NativeGroups;
use super::stream::Stream;
use super::task::Task;
use crate::capi::Function;
use firesteel_core::protocol::Definition;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use std::sync::Arc;

/// A join over merged groups.
pub struct Joining {
    state: State,
    definition: Arc<Definition>,
    keep_left: bool,
    keep_right: bool,
}

enum State {
    /// Nothing has been asked for.
    Before(Box<Merging>),
    Columns(Box<Products>),
    Objects(Box<Chain>),
    /// While it changes, and after an error.
    Ended,
}

/// Pairs of one key after the other.
struct Products {
    groups: NativeGroups,
    current: Option<(Py<PyAny>, Product)>,
}

impl Joining {
    pub fn new(
        merging: Box<Merging>,
        definition: Arc<Definition>,
        (keep_left, keep_right): (bool, bool),
    ) -> Self {
        Self { state: State::Before(merging), definition, keep_left, keep_right }
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        if matches!(self.state, State::Before(_)) {
            self.begin(py, task)?;
        }
        match &mut self.state {
            State::Columns(products) => products.next(py, task, self.keep_left, self.keep_right),
            State::Objects(chain) => chain.next(py, task),
            State::Before(_) | State::Ended => Ok(None),
        }
    }

    fn begin(&mut self, py: Python<'_>, task: &Task) -> PyResult<()> {
        let State::Before(mut merging) = std::mem::replace(&mut self.state, State::Ended) else {
            return Ok(());
        };
        self.state = match merging.take_tagged_groups(py, task)? {
            Some(groups) => State::Columns(Box::new(Products { groups, current: None })),
            None => {
                let mut chain = Chain::new(Stream::Merge(merging));
                chain.push(&self.definition, Function::new(py, py.None()));
                State::Objects(Box::new(chain))
            }
        };
        Ok(())
    }
}

impl Products {
    fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
        keep_left: bool,
        keep_right: bool,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        loop {
            if let Some((key, product)) = &mut self.current
                && let Some(met) = product.next(py)?
            {
                task.memory.tick(py)?;
                return (key.bind(py), met).into_bound_py_any(py).map(Some);
            }
            let Some((key, mut product)) = self.groups.next_product(py)? else { return Ok(None) };
            product.keep(py, keep_left, keep_right);
            self.current = Some((key.unbind(), product));
        }
    }
}
