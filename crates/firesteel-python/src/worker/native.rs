//! Pairs that are aggregated without Python objects: which of the native aggregations takes them, and how their result
//! goes on.
//!
//! Invariant: the first key says of which type all keys should be; what does not fit ends the native aggregation.

use super::binary::Value;
use super::columns::{Offered, Taker};
use super::combine::Entry;
use super::combine_native::NativeCombining;
use super::group_native::NativeGrouping;
use super::native_groups::NativeGroups;
use super::native_key::{NativeKey, ShortStr};
use super::native_pairs::NativePairs;
use firesteel_core::frame::ColumnView;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;

/// What aggregates pairs whose keys are ints, or short strs.
pub(super) enum Native {
    Ints(Box<NativeCombining<i64>>),
    Strs(Box<NativeCombining<ShortStr>>),
    IntGroups(Box<NativeGrouping<i64>>),
    StrGroups(Box<NativeGrouping<ShortStr>>),
}

impl Native {
    #[inline]
    pub(super) fn take(
        &mut self,
        element: &Bound<'_, PyAny>,
        bare: bool,
        combiners: bool,
    ) -> PyResult<bool> {
        let taken = match self {
            Self::Ints(ints) => ints.take(element, bare)?,
            Self::Strs(strs) => strs.take(element, bare)?,
            Self::IntGroups(_) | Self::StrGroups(_) if combiners => false,
            Self::IntGroups(groups) => groups.take(element)?,
            Self::StrGroups(groups) => groups.take(element)?,
        };
        Ok(taken || (self.turn_to_strs() && self.take(element, bare, combiners)?))
    }

    pub(super) fn take_column(
        &mut self,
        column: &ColumnView<'_>,
        bare: bool,
        combiners: bool,
    ) -> PyResult<bool> {
        let taken = match self {
            Self::Ints(ints) => ints.take_column(column, bare)?,
            Self::Strs(strs) => strs.take_column(column, bare)?,
            Self::IntGroups(groups) => groups.take_column(column, combiners)?,
            Self::StrGroups(groups) => groups.take_column(column, combiners)?,
        };
        Ok(taken || (self.turn_to_strs() && self.take_column(column, bare, combiners)?))
    }

    /// The first key says of which type all should be; whether it might be a str.
    fn turn_to_strs(&mut self) -> bool {
        *self = match self {
            Self::Ints(ints) if ints.is_unused() => {
                Self::Strs(Box::new(NativeCombining::new(ints.operation())))
            }
            Self::IntGroups(groups) if groups.is_unused() => Self::StrGroups(Box::default()),
            _ => return false,
        };
        true
    }

    #[inline]
    pub(super) fn is_stuck(&self) -> bool {
        match self {
            Self::Ints(ints) => ints.is_stuck(),
            Self::Strs(strs) => strs.is_stuck(),
            Self::IntGroups(groups) => groups.is_stuck(),
            Self::StrGroups(groups) => groups.is_stuck(),
        }
    }

    pub(super) fn flush(&mut self, py: Python<'_>) -> PyResult<()> {
        match self {
            Self::Ints(ints) => ints.flush(),
            Self::Strs(strs) => strs.flush(),
            Self::IntGroups(groups) => groups.flush(py),
            Self::StrGroups(groups) => groups.flush(py),
        }
    }

    pub(super) fn drain(&mut self) -> PyResult<Drained> {
        Ok(match self {
            Self::Ints(ints) => Drained::Ints(ints.drain()),
            Self::Strs(strs) => Drained::Strs(strs.drain()),
            Self::IntGroups(groups) => Drained::Groups(groups.drain()?),
            Self::StrGroups(groups) => Drained::Groups(groups.drain()?),
        })
    }

    /// All pairs, and then those that wait.
    pub(super) fn leave(self, py: Python<'_>, bare: bool) -> PyResult<(Drained, Vec<Py<PyAny>>)> {
        Ok(match self {
            Self::Ints(ints) => {
                let (merged, waiting) = ints.leave();
                (Drained::Ints(merged), objects(py, waiting, bare)?)
            }
            Self::Strs(strs) => {
                let (merged, waiting) = strs.leave();
                (Drained::Strs(merged), objects(py, waiting, bare)?)
            }
            Self::IntGroups(groups) => left_groups(py, *groups)?,
            Self::StrGroups(groups) => left_groups(py, *groups)?,
        })
    }
}

fn left_groups<K: NativeKey>(
    py: Python<'_>,
    groups: NativeGrouping<K>,
) -> PyResult<(Drained, Vec<Py<PyAny>>)> {
    let (groups, waiting) = groups.leave()?;
    let waiting = waiting.into_iter().map(|(key, value)| (key.object(py)?, value).into_py_any(py));
    Ok((Drained::Groups(groups), waiting.collect::<PyResult<_>>()?))
}

fn objects<K: NativeKey>(
    py: Python<'_>,
    pairs: NativePairs<K>,
    bare: bool,
) -> PyResult<Vec<Py<PyAny>>> {
    let mut pairs = if bare { pairs.keys_only() } else { pairs };
    let mut elements = Vec::new();
    while let Some(element) = pairs.next(py)? {
        elements.push(element.unbind());
    }
    Ok(elements)
}

/// A key's hash, the key and its combiner.
type Hashed = (isize, Py<PyAny>, Py<PyAny>);

/// Pairs that have left their table.
pub(super) enum Drained {
    Entries(std::vec::IntoIter<Entry>),
    Ints(NativePairs<i64>),
    Strs(NativePairs<ShortStr>),
    Groups(NativeGroups),
}

impl Drained {
    /// The next key with its hash and its combiner; a group comes in pieces, for it may be large.
    pub(super) fn next_hashed(&mut self, py: Python<'_>) -> PyResult<Option<Hashed>> {
        if let Self::Entries(entries) = self {
            let Some(entry) = entries.next() else { return Ok(None) };
            let hash = entry.mark.hash(entry.key.bind(py));
            return Ok(Some((hash, entry.key, entry.combiner.into_object(py)?)));
        }
        if let Self::Groups(groups) = self {
            let Some((key, piece)) = groups.next_piece(py)? else { return Ok(None) };
            return Ok(Some((key.hash()?, key.unbind(), piece.into_any().unbind())));
        }
        let Some((key, combiner)) = self.next_native(py)? else { return Ok(None) };
        Ok(Some((key.hash()?, key.unbind(), combiner.into_object(py)?)))
    }

    /// The next key that is not held as an object, with its combiner.
    pub(super) fn next_native<'py>(
        &mut self,
        py: Python<'py>,
    ) -> PyResult<Option<(Bound<'py, PyAny>, Value)>> {
        Ok(match self {
            Self::Entries(_) => None,
            Self::Ints(pairs) => pairs.pop_object(py)?,
            Self::Strs(pairs) => pairs.pop_object(py)?,
            Self::Groups(groups) => {
                let next = groups.next_group(py)?;
                next.map(|(key, group)| (key, Value::Object(group.into_any().unbind())))
            }
        })
    }

    pub(super) fn offer(&mut self, take: &mut Taker<'_>) -> PyResult<Offered> {
        match self {
            Self::Entries(entries) if entries.len() == 0 => Ok(Offered::Ended),
            Self::Entries(_) => Ok(Offered::Refused),
            Self::Ints(pairs) => pairs.offer(take),
            Self::Strs(pairs) => pairs.offer(take),
            Self::Groups(groups) => groups.offer_pieces(take),
        }
    }
}
