//! The names of file formats in the Python door.
//!
//! Invariant: the table is that of `_native.pyi`; an option that a format does not have is an error.

use super::options::Options;
use firesteel_core::files::{Content, FileFormat, Lines};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The format of an input.
pub fn file_format(name: &str, options: Option<&Bound<'_, PyDict>>) -> PyResult<FileFormat> {
    let mut options = Options::new(options);
    let format = match name {
        "text" => FileFormat::Text {
            min_partitions: options.take("min_partitions")?,
            lines: lines(&options.take::<String>("lines")?)?,
        },
        "whole" => FileFormat::Whole {
            min_partitions: options.take("min_partitions")?,
            content: content(&options.take::<String>("content")?)?,
        },
        "records" => FileFormat::Records(options.take("length")?),
        _ => return Err(PyValueError::new_err(format!("no file format {name:?}"))),
    };
    options.finish(name)?;
    Ok(format)
}

fn lines(name: &str) -> PyResult<Lines> {
    match name {
        "text" => Ok(Lines::Text),
        "bytes" => Ok(Lines::Bytes),
        "with_offset" => Ok(Lines::WithOffset),
        _ => Err(PyValueError::new_err(format!("no lines {name:?}"))),
    }
}

fn content(name: &str) -> PyResult<Content> {
    match name {
        "text" => Ok(Content::Text),
        "text_bytes" => Ok(Content::TextBytes),
        "binary" => Ok(Content::Binary),
        _ => Err(PyValueError::new_err(format!("no content {name:?}"))),
    }
}
