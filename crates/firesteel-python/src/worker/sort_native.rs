//! Sorting by native comparisons, where all keys are exact ints of 64 bits, floats, bytes, strs, or tuples with one of
//! these at each place, nested or not.
//!
//! Invariant: the order is that of `list.sort`: stable, in both directions, 0.0 equal to -0.0. Where there is a NaN,
//! or a key of another type, no order is given, and `list.sort` itself has to find one.

use crate::capi;
use firesteel_core::frame::Column;
use pyo3::prelude::*;
use pyo3::types::string::PyStringData;
use pyo3::types::{PyBytes, PyFloat, PyString, PyTuple};
use std::borrow::Cow;
use std::cmp::Ordering;

/// How deep tuples may nest.
const MOST_LEVELS: usize = 8;

/// The positions of the keys, as they come in order.
pub fn order(keys: &[Bound<'_, PyAny>], descending: bool) -> Option<Vec<u32>> {
    let mut parts = Vec::new();
    add_objects(&keys.iter().collect::<Vec<_>>(), MOST_LEVELS, &mut parts)?;
    sort(u32::try_from(keys.len()).ok()?, &parts, descending)
}

/// The positions of a column's keys, as they come in order.
pub fn order_of_column(keys: &Column, descending: bool) -> Option<Vec<u32>> {
    let mut parts = Vec::new();
    add_column(keys, &mut parts)?;
    sort(u32::try_from(keys.len()).ok()?, &parts, descending)
}

/// What all keys have at one place: keys are compared place by place.
enum Part<'a> {
    Ints(Cow<'a, [i64]>),
    /// Bytes, or characters that are compared as bytes are.
    Texts(Vec<&'a [u8]>),
    Strings(Vec<PyStringData<'a>>),
}

impl Part<'_> {
    fn compare(&self, one: u32, other: u32) -> Ordering {
        let (one, other) = (one as usize, other as usize);
        match self {
            Self::Ints(ints) => ints[one].cmp(&ints[other]),
            Self::Texts(texts) => texts[one].cmp(texts[other]),
            Self::Strings(strings) => compare_strings(&strings[one], &strings[other]),
        }
    }
}

fn add_objects<'a>(
    keys: &[&'a Bound<'_, PyAny>],
    levels: usize,
    parts: &mut Vec<Part<'a>>,
) -> Option<()> {
    let Some(first) = keys.first() else { return Some(()) };
    if first.is_exact_instance_of::<PyTuple>() {
        return add_tuples(keys, levels.checked_sub(1)?, parts);
    }
    parts.push(if first.is_exact_instance_of::<PyFloat>() {
        Part::Ints(all(keys, float)?)
    } else if first.is_exact_instance_of::<PyString>() {
        match all(keys, |key| capi::exact_latin1(key)) {
            Some(texts) => Part::Texts(texts),
            None => Part::Strings(all(keys, |key| capi::exact_str(key))?),
        }
    } else if first.is_exact_instance_of::<PyBytes>() {
        Part::Texts(all(keys, bytes)?)
    } else {
        Part::Ints(all(keys, |key| capi::exact_i64(key))?)
    });
    Some(())
}

fn add_tuples<'a>(
    keys: &[&'a Bound<'_, PyAny>],
    levels: usize,
    parts: &mut Vec<Part<'a>>,
) -> Option<()> {
    let tuples: Vec<&'a [Bound<'_, PyAny>]> =
        all(keys, |key| Some(key.cast_exact::<PyTuple>().ok()?.as_slice()))?;
    let width = tuples.first()?.len();
    if tuples.iter().any(|tuple| tuple.len() != width) {
        return None;
    }
    for place in 0..width {
        let items: Vec<_> = tuples.iter().map(|tuple| &tuple[place]).collect();
        add_objects(&items, levels, parts)?;
    }
    Some(())
}

fn add_column<'a>(keys: &'a Column, parts: &mut Vec<Part<'a>>) -> Option<()> {
    parts.push(match keys {
        Column::Int(ints) => Part::Ints(Cow::Borrowed(ints)),
        Column::Float(floats) => {
            Part::Ints(floats.iter().map(|value| ordinal(*value)).collect::<Option<_>>()?)
        }
        // Compared by characters or by bytes of UTF-8, the order is the same.
        Column::Str(texts) | Column::Bytes(texts) => {
            Part::Texts((0..texts.len()).map(|index| texts.get(index)).collect())
        }
        Column::Tuple { fields, .. } => {
            return fields.iter().try_for_each(|field| add_column(field, parts).ok_or(())).ok();
        }
        _ => return None,
    });
    Some(())
}

fn all<'a, 'py, K, C: FromIterator<K>>(
    keys: &[&'a Bound<'py, PyAny>],
    native: impl Fn(&'a Bound<'py, PyAny>) -> Option<K>,
) -> Option<C> {
    keys.iter().map(|key| native(key)).collect()
}

fn float(key: &Bound<'_, PyAny>) -> Option<i64> {
    ordinal(key.cast_exact::<PyFloat>().ok()?.value())
}

/// A number that compares as the float does. None for NaN, which does not compare.
fn ordinal(value: f64) -> Option<i64> {
    // 0.0 and -0.0 are equal.
    let bits = if value == 0.0 { 0 } else { value.to_bits() as i64 };
    let ordinal = if bits < 0 { bits ^ i64::MAX } else { bits };
    (!value.is_nan()).then_some(ordinal)
}

fn bytes<'a>(key: &'a Bound<'_, PyAny>) -> Option<&'a [u8]> {
    Some(key.cast_exact::<PyBytes>().ok()?.as_bytes())
}

/// By characters, however wide they are in memory.
fn compare_strings(one: &PyStringData<'_>, other: &PyStringData<'_>) -> Ordering {
    match (one, other) {
        (PyStringData::Ucs1(one), PyStringData::Ucs1(other)) => one.cmp(other),
        (PyStringData::Ucs2(one), PyStringData::Ucs2(other)) => one.cmp(other),
        (PyStringData::Ucs4(one), PyStringData::Ucs4(other)) => one.cmp(other),
        _ => characters(one).cmp(characters(other)),
    }
}

fn characters<'a>(text: &PyStringData<'a>) -> impl Iterator<Item = u32> + use<'a> {
    let text = *text;
    (0..).map_while(move |index: usize| match text {
        PyStringData::Ucs1(text) => text.get(index).map(|character| u32::from(*character)),
        PyStringData::Ucs2(text) => text.get(index).map(|character| u32::from(*character)),
        PyStringData::Ucs4(text) => text.get(index).copied(),
    })
}

fn sort(count: u32, parts: &[Part<'_>], descending: bool) -> Option<Vec<u32>> {
    let Some((first, others)) = parts.split_first() else { return Some((0..count).collect()) };
    let ties = |one: u32, other: u32| {
        let compared = others.iter().map(|part| part.compare(one, other));
        compared.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    };
    Some(match first {
        Part::Ints(ints) => sorted(ints.iter().copied(), descending, i64::cmp, ties),
        Part::Texts(texts) => {
            // Most texts differ in their first eight bytes, and those are looked at in place.
            let headed = texts.iter().map(|text| (head(text), *text));
            sorted(headed, descending, |a, b| a.cmp(b), ties)
        }
        Part::Strings(_) => {
            let compare = |one: &u32, other: &u32| first.compare(*one, *other);
            sorted(0..count, descending, compare, ties)
        }
    })
}

/// Compares as the whole text does, or equal.
fn head(text: &[u8]) -> u64 {
    let mut head = [0; 8];
    let length = text.len().min(head.len());
    head[..length].copy_from_slice(&text[..length]);
    u64::from_be_bytes(head)
}

fn sorted<K>(
    keys: impl Iterator<Item = K>,
    descending: bool,
    compare: impl Fn(&K, &K) -> Ordering,
    ties: impl Fn(u32, u32) -> Ordering,
) -> Vec<u32> {
    let mut placed: Vec<(K, u32)> = keys.zip(0..).collect();
    let compare = |(one, place): &(K, u32), (other, other_place): &(K, u32)| {
        compare(one, other).then_with(|| ties(*place, *other_place))
    };
    match descending {
        false => placed.sort_by(compare),
        true => placed.sort_by(|one, other| compare(other, one)),
    }
    placed.into_iter().map(|(_, place)| place).collect()
}
