//! Lines of text that are only counted: no object is made of them.
//!
//! Invariant: the number is the one that calling the filters on each line gives. Only functions that plainly test
//! for a str in a line stand aside (`firesteel._operations` tells), and only where no code of the user's runs
//! between two lines that could change what they look for.

use super::stream::Stream;
use super::task::Task;
use crate::capi::Function;
use firesteel_core::text::Contains;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// If all that has to be known of the elements is how many there are: the stream of lines and the tests that a line
/// has to pass; or the stream as it is.
pub fn only_counted(
    py: Python<'_>,
    task: &Task,
    input: Stream,
) -> PyResult<(Stream, Option<Vec<Contains>>)> {
    Ok(match input {
        Stream::Files(source) if task.limits.native && source.has_lines() => {
            (Stream::Files(source), Some(Vec::new()))
        }
        Stream::Chain(chain) if task.limits.native => match chain.tests_of_lines(py)? {
            Some(tests) => (chain.into_input(), Some(tests)),
            None => (Stream::Chain(chain), None),
        },
        other => (other, None),
    })
}

/// What a filter plainly tests a line for.
pub fn test_of(py: Python<'_>, function: &Function) -> PyResult<Option<Contains>> {
    let module = py.import("firesteel._operations")?;
    let found = module.call_method1("needle_of", (function.bind(py),))?;
    let Some((needle, wanted)) = found.extract::<Option<(Bound<'_, PyString>, bool)>>()? else {
        return Ok(None);
    };
    // One with surrogates is in no line, but who asks for that may wait.
    Ok(needle.to_str().ok().map(|needle| Contains::new(needle, wanted)))
}
