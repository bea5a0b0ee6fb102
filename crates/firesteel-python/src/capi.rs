//! The few calls of CPython's C API that PyO3 has no safe and equally fast face for.
//!
//! Contract: every function here takes objects that are alive (a `Bound` proves it, and that the thread is
//! attached) and leaves no Python exception set that it does not return.
#![allow(unsafe_code)] // The one place in this crate; each use has its reason.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::string::PyStringData;
use pyo3::types::{PyFunction, PyInt, PyString, PyTuple};
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// The value of an exact int of 64 bits. A larger one costs no exception.
#[inline]
pub fn exact_i64(object: &Bound<'_, PyAny>) -> Option<i64> {
    if !object.is_exact_instance_of::<PyInt>() {
        return None;
    }
    let mut overflow = 0;
    // SAFETY: the object is an exact int, so the call runs no Python code and sets no exception.
    let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(object.as_ptr(), &raw mut overflow) };
    (overflow == 0).then_some(value)
}

/// The characters of an exact str, as they lie in memory.
pub fn exact_str<'a>(object: &'a Bound<'_, PyAny>) -> Option<PyStringData<'a>> {
    let text = object.cast_exact::<PyString>().ok()?;
    // SAFETY: a str does not change, and it lives as long as the borrow.
    unsafe { text.data() }.ok()
}

/// The characters of an exact str that has none above U+00FF.
pub fn exact_latin1<'a>(object: &'a Bound<'_, PyAny>) -> Option<&'a [u8]> {
    match exact_str(object)? {
        PyStringData::Ucs1(characters) => Some(characters),
        _ => None,
    }
}

/// Takes a tuple, and tuples in it, out of the cyclic garbage collector's sight. For tuples of what holds no references
/// but such tuples: they cannot be in a cycle.
pub fn untrack_tuples(object: &Bound<'_, PyAny>) {
    let Ok(tuple) = object.cast_exact::<PyTuple>() else { return };
    tuple.iter_borrowed().for_each(|item| untrack_tuples(&item));
    // SAFETY: a tuple is an object of the collector's, alive, and to untrack one that is untracked does nothing.
    unsafe { ffi::PyObject_GC_UnTrack(tuple.as_ptr().cast()) };
}

/// How many references to an object there are.
pub fn references(object: &Bound<'_, PyAny>) -> isize {
    // SAFETY: reads one field of an object that is alive.
    unsafe { ffi::Py_REFCNT(object.as_ptr()) }
}

/// A function of one argument that is called again and again.
pub struct Function {
    function: Py<PyAny>,
    /// How a function written in Python is called; others go the common way.
    vectorcall: Option<ffi::vectorcallfunc>,
}

impl Function {
    pub fn new(py: Python<'_>, function: Py<PyAny>) -> Self {
        let is_python = function.bind(py).is_exact_instance_of::<PyFunction>();
        // SAFETY: the object is alive; what is returned belongs to it and does not change while anybody calls it.
        let found = || unsafe { ffi::PyVectorcall_Function(function.as_ptr()) };
        let vectorcall = is_python.then(found).flatten();
        Self { function, vectorcall }
    }

    pub fn bind<'py>(&self, py: Python<'py>) -> &Bound<'py, PyAny> {
        self.function.bind(py)
    }

    #[inline]
    pub fn call<'py>(&self, argument: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = argument.py();
        let Some(vectorcall) = self.vectorcall else {
            return self.function.bind(py).call1((argument,));
        };
        // The place in front is the callee's to use, which saves it a copy where it is a method.
        let mut arguments = [std::ptr::null_mut(), argument.as_ptr()];
        let count = 1 | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET;
        // SAFETY: function and argument are alive, there is one argument where `arguments` is pointed into, and no
        // keyword; what is returned is a new reference, or null with an exception, which is fetched at once.
        unsafe {
            let first = arguments.as_mut_ptr().add(1);
            let result = vectorcall(self.function.as_ptr(), first, count, std::ptr::null_mut());
            Bound::from_owned_ptr_or_err(py, result)
        }
    }
}

/// The truth of an object. Of a bool, which most functions that are asked for it return, it costs no call.
#[inline]
pub fn is_true(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    // SAFETY: the two bools live as long as the interpreter; only their addresses are looked at.
    let (yes, no) = unsafe { (ffi::Py_True(), ffi::Py_False()) };
    match object.as_ptr() {
        truth if truth == yes => Ok(true),
        truth if truth == no => Ok(false),
        _ => object.is_truthy(),
    }
}

/// The truth of `==`, without making a bool.
pub fn equal(left: &Bound<'_, PyAny>, right: &Bound<'_, PyAny>) -> PyResult<bool> {
    // SAFETY: both are alive; the result -1 comes with an exception, which is fetched at once.
    match unsafe { ffi::PyObject_RichCompareBool(left.as_ptr(), right.as_ptr(), ffi::Py_EQ) } {
        -1 => Err(PyErr::fetch(left.py())),
        truth => Ok(truth != 0),
    }
}

/// Makes objects that cannot be part of a cycle without looking for cycles meanwhile: the collector would go through
/// all objects of the program again and again.
pub fn without_collector<T>(_py: Python<'_>, make: impl FnOnce() -> T) -> T {
    // SAFETY: the thread is attached; both calls set a flag of the interpreter's and nothing else.
    let was_enabled = unsafe { ffi::PyGC_Disable() } == 1;
    let made = make();
    if was_enabled {
        // SAFETY: as above.
        unsafe { ffi::PyGC_Enable() };
    }
    made
}

/// Takes over a descriptor that the caller has left to this process alone.
pub fn own_descriptor(descriptor: RawFd) -> OwnedFd {
    // SAFETY: the daemon passes each worker the number of a descriptor that nobody else in the process uses.
    unsafe { OwnedFd::from_raw_fd(descriptor) }
}
