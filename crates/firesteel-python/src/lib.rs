//! Firesteel's only door to CPython. The driver side (`driver`, `daemon`) and the worker runtime (`worker`, `convert`)
//! share this one extension module, `firesteel._native`; users never see it, they import the Python around it.
//!
//! Invariant: a binding converts, calls the engine, and converts back. What is decided is decided below.

mod blocks;
mod capi;
mod convert;
mod daemon;
mod driver;
mod errors;
mod worker;

use pyo3::prelude::*;

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    errors::register(module)?;
    driver::register(module)?;
    module.add_class::<worker::Barrier>()?;
    module.add_class::<worker::PartitionIterator>()?;
    module.add_class::<worker::KeyOfPair>()?;
    module.add_function(wrap_pyfunction!(blocks::decrypt_block, module)?)?;
    module.add_class::<blocks::SpillFile>()?;
    module.add_class::<worker::SpilledGroup>()?;
    module.add_class::<worker::GroupIterator>()?;
    module.add_function(wrap_pyfunction!(daemon::serve_daemon, module)?)?;
    module.add_function(wrap_pyfunction!(worker::serve_worker, module)?)
}
