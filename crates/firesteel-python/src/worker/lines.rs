//! Lines of text of which no object is made: those that are only counted, and those that the first filters drop.
//!
//! Invariant: the lines that pass, and their number, are what calling the filters on each line gives. Only functions
//! that plainly test for a str in a line stand aside (`firesteel._operations` tells). Where code of the user's runs
//! between two lines, it might change the variable that holds what they look for: so that is looked at again, and
//! once it holds something else the functions themselves are called.

use super::file_source::{FileSource, Found};
use super::stream::Stream;
use super::task::Task;
use crate::capi::Function;
use firesteel_core::text::Contains;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

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
    Ok(needle_of(py, function)?.map(|(test, _)| test))
}

/// The same, and the variable that says so.
fn needle_of(py: Python<'_>, function: &Function) -> PyResult<Option<(Contains, Needle)>> {
    /// Needle, whether it is wanted, holder and name.
    type Search<'py> = (Bound<'py, PyString>, bool, Bound<'py, PyAny>, Bound<'py, PyString>);

    let module = py.import("firesteel._operations")?;
    let found = module.call_method1("needle_of", (function.bind(py),))?;
    let Some((needle, wanted, holder, name)) = found.extract::<Option<Search<'_>>>()? else {
        return Ok(None);
    };
    // One with surrogates is in no line, but who asks for that may wait.
    let Ok(text) = needle.to_str() else { return Ok(None) };
    let test = Contains::new(text, wanted);
    let holder = Holder::new(holder, name);
    Ok(Some((test, Needle { text: needle.unbind(), holder })))
}

/// What a function looks for.
struct Needle {
    text: Py<PyString>,
    holder: Holder,
}

enum Holder {
    /// It is a constant.
    Code,
    Cell(Py<PyAny>),
    Variables(Py<PyDict>, Py<PyString>),
}

impl Holder {
    fn new(holder: Bound<'_, PyAny>, name: Bound<'_, PyString>) -> Self {
        if holder.is_none() {
            return Self::Code;
        }
        match holder.cast_into::<PyDict>() {
            Ok(variables) => Self::Variables(variables.unbind(), name.unbind()),
            Err(other) => Self::Cell(other.into_inner().unbind()),
        }
    }
}

impl Needle {
    /// Whether it is still the same.
    fn is_held(&self, py: Python<'_>) -> bool {
        let held = match &self.holder {
            Holder::Code => return true,
            Holder::Cell(cell) => cell.bind(py).getattr(intern!(py, "cell_contents")).ok(),
            Holder::Variables(variables, name) => variables.bind(py).get_item(name).ok().flatten(),
        };
        held.is_some_and(|held| held.is(&self.text))
    }
}

/// The first filters over lines of text, run on bytes.
pub struct Searching {
    tests: Vec<Contains>,
    needles: Vec<Needle>,
}

impl Searching {
    /// As many of these filters as plainly test a line, one after the other.
    pub fn new<'f>(py: Python<'_>, filters: impl Iterator<Item = &'f Function>) -> PyResult<Self> {
        let (mut tests, mut needles) = (Vec::new(), Vec::new());
        for filter in filters {
            let Some((test, needle)) = needle_of(py, filter)? else { break };
            tests.push(test);
            needles.push(needle);
        }
        Ok(Self { tests, needles })
    }

    /// The next line, with the number of filters that it has passed.
    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
        source: &mut FileSource,
    ) -> PyResult<Option<(Bound<'py, PyAny>, usize)>> {
        while self.is_on(py) {
            match source.find_line(py, task, &self.tests)? {
                Found::Line(line) => return Ok(Some((line, self.tests.len()))),
                Found::Nothing => {}
                Found::End => return Ok(None),
            }
        }
        Ok(source.next(py, task)?.map(|line| (line, 0)))
    }

    /// Whether there are tests, and they test what the functions would.
    fn is_on(&mut self, py: Python<'_>) -> bool {
        if !self.needles.iter().all(|needle| needle.is_held(py)) {
            self.tests.clear();
            self.needles.clear();
        }
        !self.tests.is_empty()
    }
}
