//! Firesteel's only door to CPython.
//!
//! `driver` is what the user's process calls, `worker` what a worker process runs; `convert` stands between Python
//! objects and frames on both sides.

mod capi;
mod convert;
mod errors;
mod worker;

use pyo3::prelude::*;

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<worker::PartitionIterator>()?;
    module.add_class::<worker::KeyOfPair>()?;
    module.add_function(wrap_pyfunction!(worker::serve_worker, module)?)
}
