//! Part files: lines of `str(element)`, or records of a SequenceFile.

use super::super::stream::Stream;
use super::super::task::Task;
use super::super::writable::to_tokens;
use crate::errors::output_error;
use firesteel_core::output::{PartFiles, PartWriter, SequenceFormat, SequencePart};
use firesteel_core::protocol::Outcome;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};
use std::sync::Arc;

/// Writes each element as one line.
pub fn save_text(
    py: Python<'_>,
    task: &Arc<Task>,
    stream: &mut Stream,
    output: &PartFiles,
    partition: u32,
) -> PyResult<Outcome> {
    let mut part = PartWriter::create(output, partition, task.id.0).map_err(output_error)?;
    let mut lines = 0;
    while let Some(element) = stream.next(py, task)? {
        lines += 1;
        if let Ok(bytes) = element.cast::<PyBytes>() {
            part.write_line(bytes.as_bytes()).map_err(output_error)?;
        } else if let Ok(string) = element.cast::<PyString>() {
            part.write_line(string.to_str()?.as_bytes()).map_err(output_error)?;
        } else {
            part.write_line(element.str()?.to_str()?.as_bytes()).map_err(output_error)?;
        }
    }
    *stream = Stream::Empty;
    let bytes = part.finish().map_err(output_error)?;
    task.counters.elements_written.add(lines);
    task.counters.bytes_written.add(bytes);
    Ok(Outcome::Saved(bytes))
}

/// Writes each pair as one record.
pub fn save_sequence(
    py: Python<'_>,
    task: &Arc<Task>,
    stream: &mut Stream,
    files: &PartFiles,
    format: SequenceFormat,
    partition: u32,
) -> PyResult<Outcome> {
    let mut part =
        SequencePart::create(files, format, partition, task.id.0).map_err(output_error)?;
    let (mut key, mut value) = (Vec::new(), Vec::new());
    let mut records = 0;
    while let Some(element) = stream.next(py, task)? {
        records += 1;
        let pair = element.cast_into::<PyTuple>().map_err(|error| not_a_pair(&error.into_inner()));
        let pair = pair?;
        if pair.len() != 2 {
            return Err(not_a_pair(pair.as_any()));
        }
        to_tokens(&pair.get_item(0)?, format.key, "key", &mut key)?;
        to_tokens(&pair.get_item(1)?, format.value, "value", &mut value)?;
        part.append(&key, &value).map_err(output_error)?;
    }
    *stream = Stream::Empty;
    let bytes = part.finish().map_err(output_error)?;
    task.counters.elements_written.add(records);
    task.counters.bytes_written.add(bytes);
    Ok(Outcome::Saved(bytes))
}

fn not_a_pair(element: &Bound<'_, PyAny>) -> PyErr {
    let name = element.get_type().qualname().map_or_else(|_| "?".to_owned(), |n| n.to_string());
    PyTypeError::new_err(format!("RDD element of type {name} cannot be used"))
}
