//! Sorting by native comparisons, where all keys are exact ints of 64 bits, floats, bytes, or strs of Latin-1.
//!
//! Invariant: the order is that of `list.sort`: stable, in both directions, 0.0 equal to -0.0. Where there is a NaN,
//! or a key of another type, no order is given, and `list.sort` itself has to find one.

use crate::capi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyFloat, PyString};
use std::cmp::Ordering;

/// The positions of the keys, as they come in order.
pub fn order(keys: &[Bound<'_, PyAny>], descending: bool) -> Option<Vec<u32>> {
    u32::try_from(keys.len()).ok()?;
    let first = keys.first()?;
    if first.is_exact_instance_of::<PyFloat>() {
        let floats = all(keys, float)?;
        // There is no NaN among them.
        sorted(floats, descending, |a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal))
    } else if first.is_exact_instance_of::<PyString>() {
        texts(&all(keys, |key| capi::exact_latin1(key))?, descending)
    } else if first.is_exact_instance_of::<PyBytes>() {
        texts(&all(keys, bytes)?, descending)
    } else {
        sorted(all(keys, capi::exact_i64)?, descending, i64::cmp)
    }
}

fn all<'a, 'py, K>(
    keys: &'a [Bound<'py, PyAny>],
    native: impl Fn(&'a Bound<'py, PyAny>) -> Option<K>,
) -> Option<Vec<K>> {
    let mut natives = Vec::with_capacity(keys.len());
    for key in keys {
        natives.push(native(key)?);
    }
    Some(natives)
}

fn float(key: &Bound<'_, PyAny>) -> Option<f64> {
    let value = key.cast_exact::<PyFloat>().ok()?.value();
    (!value.is_nan()).then_some(value)
}

fn bytes<'a>(key: &'a Bound<'_, PyAny>) -> Option<&'a [u8]> {
    Some(key.cast_exact::<PyBytes>().ok()?.as_bytes())
}

/// Most texts differ in their first eight bytes, and those are looked at in place.
fn texts(texts: &[&[u8]], descending: bool) -> Option<Vec<u32>> {
    let heads = texts.iter().map(|text| head(text)).zip(texts).collect();
    sorted(heads, descending, |(head, text), (other_head, other)| {
        head.cmp(other_head).then_with(|| text.cmp(other))
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
    keys: Vec<K>,
    descending: bool,
    compare: impl Fn(&K, &K) -> Ordering,
) -> Option<Vec<u32>> {
    let mut placed: Vec<(K, u32)> = keys.into_iter().zip(0..).collect();
    match descending {
        false => placed.sort_by(|(one, _), (other, _)| compare(one, other)),
        true => placed.sort_by(|(one, _), (other, _)| compare(other, one)),
    }
    Some(placed.into_iter().map(|(_, position)| position).collect())
}
