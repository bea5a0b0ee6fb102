//! Blocks that Python reads itself, on both sides: the values of broadcasts.

use crate::errors::storage_error;
use firesteel_core::storage::decrypted;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;

/// The contents of an encrypted block; None where blocks are not encrypted, and can be read as any file.
#[pyfunction]
pub fn decrypt_block(py: Python<'_>, path: PathBuf) -> PyResult<Option<Bound<'_, PyBytes>>> {
    let contents = py.detach(|| decrypted(&path)).map_err(storage_error)?;
    Ok(contents.map(|contents| PyBytes::new(py, &contents)))
}
