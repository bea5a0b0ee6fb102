//! What Python reads or writes itself, on both sides: the values of broadcasts, and what `firesteel.shuffle` spills.

use crate::errors::storage_error;
use firesteel_core::storage::{UnnamedFile, decrypted};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;

/// The contents of an encrypted block; None where blocks are not encrypted, and can be read as any file.
#[pyfunction]
pub fn decrypt_block(py: Python<'_>, path: PathBuf) -> PyResult<Option<Bound<'_, PyBytes>>> {
    let contents = py.detach(|| decrypted(&path)).map_err(storage_error)?;
    Ok(contents.map(|contents| PyBytes::new(py, &contents)))
}

/// A file without a name, encrypted where this process encrypts. Errors are those of the system: an OSError.
#[pyclass(frozen, module = "firesteel._native")]
pub struct SpillFile(UnnamedFile);

#[pymethods]
impl SpillFile {
    #[new]
    fn new(directory: PathBuf) -> PyResult<Self> {
        Ok(SpillFile(UnnamedFile::create_anywhere(&directory)?))
    }

    /// Appends bytes, and says where they begin.
    fn append(&self, py: Python<'_>, bytes: &[u8]) -> PyResult<u64> {
        Ok(py.detach(|| self.0.append(bytes))?)
    }

    /// So many bytes from a place on; fewer are an error.
    fn read<'py>(
        &self,
        py: Python<'py>,
        offset: u64,
        length: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        PyBytes::new_with(
            py,
            length,
            |bytes| Ok(py.detach(|| self.0.read_exact_at(bytes, offset))?),
        )
    }
}
