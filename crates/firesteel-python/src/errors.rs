//! One table from the engine's errors to Python's classes.

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use std::fmt::Display;

pyo3::create_exception!(firesteel._native, EngineError, PyException);
pyo3::create_exception!(firesteel._native, InputError, EngineError);
pyo3::create_exception!(firesteel._native, OutputError, EngineError);

/// An error of the engine itself.
pub fn engine_error(error: impl Display) -> PyErr {
    EngineError::new_err(error.to_string())
}

/// Input that cannot be read.
pub fn input_error(error: impl Display) -> PyErr {
    InputError::new_err(error.to_string())
}

/// Output that cannot be written.
pub fn output_error(error: impl Display) -> PyErr {
    OutputError::new_err(error.to_string())
}
