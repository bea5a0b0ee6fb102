//! Python objects to columns: typed where all elements have the same simple exact type, pickled otherwise.
//!
//! A tuple of columns may hold one pickled column at most. With two of them an object that both sides share
//! would come back as two objects; such frames are pickled whole. Tuples and lists nested deeper than
//! [`MAX_DEPTH`] are pickled, too.
//!
//! A list can be changed, so two elements that share one have to share it afterwards. Lists become a column only where
//! nobody else refers to them nor to what they are in: then no two elements can.

use super::pickle::pickle_list;
use super::serialized::serialize;
use crate::capi;
use firesteel_core::frame::{Column, Variable, write_frame};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyList, PyString, PyTuple};

/// Well below the nesting that a frame may have.
const MAX_DEPTH: usize = 8;

type Objects<'a, 'py> = Vec<Borrowed<'a, 'py, PyAny>>;

/// Encodes `list[start..end]` as frames of at most `frame_elements` elements, by the program's own serializer where it
/// has one.
pub fn encode_elements<'py>(
    list: &Bound<'py, PyList>,
    start: usize,
    end: usize,
    frame_elements: usize,
    serializer: Option<&Bound<'py, PyAny>>,
) -> PyResult<Vec<u8>> {
    let elements: Vec<Bound<'_, PyAny>> = list.iter().skip(start).take(end - start).collect();
    let mut out = Vec::new();
    for chunk in elements.chunks(frame_elements.max(1)) {
        let column = match serializer {
            Some(serializer) => serialize(serializer, chunk)?,
            None => encode_frame(list.py(), chunk)?,
        };
        write_frame(&column, &mut out);
    }
    Ok(out)
}

/// Encodes the elements of one frame.
pub fn encode_frame<'py>(py: Python<'py>, elements: &[Bound<'py, PyAny>]) -> PyResult<Column> {
    let objects: Objects<'_, 'py> = elements.iter().map(|object| object.as_borrowed()).collect();
    let mut may_pickle = true;
    match encode_column(py, &objects, Place::OUTERMOST, &mut may_pickle)? {
        Some(column) => Ok(column),
        None => pickled(py, &objects),
    }
}

/// Encodes elements without pickling any of them; none where one would have to be.
pub fn encode_typed<'py>(
    py: Python<'py>,
    elements: &[Bound<'py, PyAny>],
) -> PyResult<Option<Column>> {
    let objects: Objects<'_, 'py> = elements.iter().map(|object| object.as_borrowed()).collect();
    encode_column(py, &objects, Place::OUTERMOST, &mut false)
}

/// Where in a frame objects are.
#[derive(Clone, Copy)]
struct Place {
    /// How many levels more may be columns.
    depth: usize,
    /// Whether nobody else refers to what they are in.
    owned: bool,
    /// How many references to each of them are known here.
    known: isize,
}

impl Place {
    /// The caller of [`encode_frame`] holds one reference to each element.
    const OUTERMOST: Self = Self { depth: MAX_DEPTH, owned: true, known: 1 };

    /// The place of the items of objects that are here. Each is held by its container, and by us who look at it.
    fn inside(self, objects: &Objects<'_, '_>) -> Self {
        Self { depth: self.depth - 1, owned: self.owns(objects), known: 2 }
    }

    fn owns(self, objects: &Objects<'_, '_>) -> bool {
        self.owned && objects.iter().all(|object| capi::references(object) == self.known)
    }
}

/// The column of the objects, or none where a second pickled column would be needed.
fn encode_column<'py>(
    py: Python<'py>,
    objects: &Objects<'_, 'py>,
    place: Place,
    may_pickle: &mut bool,
) -> PyResult<Option<Column>> {
    if let Some(column) = typed(objects) {
        return Ok(Some(column));
    }
    if place.depth > 0 {
        if let Some(width) = common_width(objects) {
            return encode_tuples(py, objects, width, place.inside(objects), may_pickle);
        }
        if are_lists(objects) && place.owns(objects) {
            return encode_lists(py, objects, place.inside(objects), may_pickle);
        }
    }
    if !std::mem::take(may_pickle) {
        return Ok(None);
    }
    pickled(py, objects).map(Some)
}

fn pickled<'py>(py: Python<'py>, objects: &Objects<'_, 'py>) -> PyResult<Column> {
    let list = PyList::new(py, objects)?;
    Ok(Column::Pickled { len: objects.len(), data: pickle_list(&list)? })
}

fn encode_tuples<'py>(
    py: Python<'py>,
    objects: &Objects<'_, 'py>,
    width: usize,
    place: Place,
    may_pickle: &mut bool,
) -> PyResult<Option<Column>> {
    let mut fields = Vec::with_capacity(width);
    for position in 0..width {
        let items = tuple_items(objects, position)?;
        let items: Objects<'_, 'py> = items.iter().map(|item| item.as_borrowed()).collect();
        match encode_column(py, &items, place, may_pickle)? {
            Some(column) => fields.push(column),
            None => return Ok(None),
        }
    }
    Ok(Some(Column::Tuple { len: objects.len(), fields }))
}

fn tuple_items<'py>(
    objects: &Objects<'_, 'py>,
    position: usize,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let mut items = Vec::with_capacity(objects.len());
    for object in objects {
        let tuple = object.cast::<PyTuple>()?;
        items.push(match tuple.as_slice().get(position) {
            Some(item) => item.clone(),
            None => tuple.get_item(position)?,
        });
    }
    Ok(items)
}

fn are_lists(objects: &Objects<'_, '_>) -> bool {
    objects.iter().all(|object| object.is_exact_instance_of::<PyList>())
}

fn encode_lists<'py>(
    py: Python<'py>,
    objects: &Objects<'_, 'py>,
    place: Place,
    may_pickle: &mut bool,
) -> PyResult<Option<Column>> {
    let mut items = Vec::new();
    let mut ends = Vec::with_capacity(objects.len());
    for object in objects {
        items.extend(object.cast::<PyList>()?.iter());
        ends.push(items.len() as u64);
    }
    let items: Objects<'_, 'py> = items.iter().map(|item| item.as_borrowed()).collect();
    let items = encode_column(py, &items, place, may_pickle)?;
    Ok(items.map(|items| Column::List { ends, items: Box::new(items) }))
}

/// The length of the tuples, where all objects are exact tuples of one length.
fn common_width(objects: &Objects<'_, '_>) -> Option<usize> {
    let width = |object: &Borrowed<'_, '_, PyAny>| Some(object.cast_exact::<PyTuple>().ok()?.len());
    let first = width(objects.first()?)?;
    objects.iter().all(|object| width(object) == Some(first)).then_some(first)
}

/// The column of a simple type, where all objects are exactly of the first one's.
fn typed(objects: &Objects<'_, '_>) -> Option<Column> {
    let Some(first) = objects.first() else { return Some(Column::Null(0)) };
    if first.is_exact_instance_of::<PyInt>() {
        collect(objects, capi::exact_i64).map(Column::Int)
    } else if first.is_exact_instance_of::<PyString>() {
        strings(objects).map(Column::Str)
    } else if first.is_exact_instance_of::<PyFloat>() {
        collect(objects, exact_f64).map(Column::Float)
    } else if first.is_none() {
        objects.iter().all(|object| object.is_none()).then_some(Column::Null(objects.len()))
    } else if first.is_exact_instance_of::<PyBool>() {
        collect(objects, exact_bool).map(Column::Bool)
    } else if first.is_exact_instance_of::<PyBytes>() {
        byte_strings(objects).map(Column::Bytes)
    } else {
        None
    }
}

fn collect<T>(
    objects: &Objects<'_, '_>,
    convert: impl Fn(&Bound<'_, PyAny>) -> Option<T>,
) -> Option<Vec<T>> {
    let mut values = Vec::with_capacity(objects.len());
    for object in objects {
        values.push(convert(object)?);
    }
    Some(values)
}

/// None for NaN: it equals nothing but itself, the very same object, and only a pickle keeps objects the same.
fn exact_f64(object: &Bound<'_, PyAny>) -> Option<f64> {
    let value = object.cast_exact::<PyFloat>().ok()?.value();
    (!value.is_nan()).then_some(value)
}

fn exact_bool(object: &Bound<'_, PyAny>) -> Option<bool> {
    Some(object.cast_exact::<PyBool>().ok()?.is_true())
}

/// None also for a str with surrogates, which has no UTF-8.
fn strings(objects: &Objects<'_, '_>) -> Option<Variable> {
    let mut values = Variable::default();
    for object in objects {
        values.push(object.cast_exact::<PyString>().ok()?.to_str().ok()?.as_bytes());
    }
    Some(values)
}

fn byte_strings(objects: &Objects<'_, '_>) -> Option<Variable> {
    let mut values = Variable::default();
    for object in objects {
        values.push(object.cast_exact::<PyBytes>().ok()?.as_bytes());
    }
    Some(values)
}
