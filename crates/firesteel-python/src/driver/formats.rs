//! The names of file formats in the Python door.
//!
//! Invariant: the table is that of `_native.pyi`; an option that a format does not have is an error.

use super::options::Options;
use crate::errors::output_error;
use firesteel_core::driver::engine::OutputFormat;
use firesteel_core::files::{Content, FileFormat, Lines};
use firesteel_core::output::{SequenceFormat, codec_by_name};
use firesteel_core::sequence_file::{Class, Compression};
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
            delimiter: options.take("delimiter")?,
        },
        "packed_text" => FileFormat::Packed { parallelism: options.take("parallelism")? },
        "whole" => FileFormat::Whole {
            min_partitions: options.take("min_partitions")?,
            content: content(&options.take::<String>("content")?)?,
        },
        "records" => FileFormat::Records(options.take("length")?),
        "sequence" => FileFormat::Sequence { min_partitions: options.take("min_partitions")? },
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

/// The format of an output.
pub fn output_format(name: &str, options: Option<&Bound<'_, PyDict>>) -> PyResult<OutputFormat> {
    let mut options = Options::new(options);
    let format = match name {
        "text" => OutputFormat::Text { codec: options.take("codec")? },
        "sequence" => OutputFormat::Sequence(SequenceFormat {
            key: class(&options.take::<String>("key_class")?)?,
            value: class(&options.take::<String>("value_class")?)?,
            compression: compression(options.take("codec")?, options.take("blocks")?)?,
        }),
        _ => return Err(PyValueError::new_err(format!("no output format {name:?}"))),
    };
    options.finish(name)?;
    Ok(format)
}

fn class(name: &str) -> PyResult<Class> {
    let unknown =
        || output_error(format!("{name} is not a class that can be written without Java"));
    Class::by_name(name).ok_or_else(unknown)
}

fn compression(codec: Option<String>, blocks: bool) -> PyResult<Compression> {
    let Some(codec) = codec else { return Ok(Compression::None) };
    let codec = codec_by_name(&codec).map_err(output_error)?;
    Ok(if blocks { Compression::Block(codec) } else { Compression::Record(codec) })
}
