//! Functions of two arguments, and the few that run here instead of in Python: `operator.add`, `max`, `min`, and
//! what is plainly one of these (`firesteel._operations` tells).
//!
//! Invariant: the result has the value and the type that the function itself would give. Whatever is not plainly so
//! goes to the function: ints beyond 64 bits, NaN, mixed types, subclasses, everything that raises.

use super::task::Task;
use crate::capi;
use firesteel_core::frame::ColumnView;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyString};

/// A function of the user's.
pub struct Binary {
    function: Py<PyAny>,
    operation: Option<Operation>,
}

/// What runs here.
#[derive(Clone, Copy)]
pub enum Operation {
    Add,
    Largest,
    Smallest,
}

/// What a function is applied to again and again. A number stays outside of Python until somebody asks for the
/// object: the next addition then need not look at an object that is seldom in the processor's cache.
pub enum Value {
    Object(Py<PyAny>),
    Int(i64),
    Float(f64),
}

#[derive(Clone, Copy)]
enum Number {
    Int(i64),
    Float(f64),
}

impl Binary {
    pub fn new(py: Python<'_>, task: &Task, function: Py<PyAny>) -> PyResult<Self> {
        let operation = if task.limits.native { Operation::of(function.bind(py))? } else { None };
        Ok(Self { function, operation })
    }

    /// What the function is, if it can run here.
    pub fn operation(&self) -> Option<Operation> {
        self.operation
    }

    /// `held = f(held, value)`; an error leaves what is held as it was.
    pub fn merge(&self, held: &mut Value, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = value.py();
        *held = match self.operation.and_then(|operation| operation.apply(py, held, value)) {
            Some(result) => result,
            None => Value::Object(self.function.bind(py).call1((held.get(py)?, value))?.unbind()),
        };
        Ok(())
    }
}

impl Binary {
    /// Merges a column of numbers, one after the other; no, and nothing is merged, where that is not possible here.
    pub fn merge_column(&self, py: Python<'_>, held: &mut Value, column: &ColumnView<'_>) -> bool {
        let Some(operation) = self.operation else { return false };
        let merged = match (held.number(py), column) {
            (Some(Number::Int(start)), ColumnView::Int(values)) => {
                let merge = |held, value: &i64| operation.of_ints(held, *value);
                values.iter().try_fold(start, merge).map(Value::Int)
            }
            (Some(Number::Float(start)), ColumnView::Float(values)) => {
                let merge = |held, value: &f64| operation.of_floats(held, *value);
                values.iter().try_fold(start, merge).map(Value::Float)
            }
            _ => None,
        };
        let is_merged = merged.is_some();
        if let Some(merged) = merged {
            *held = merged;
        }
        is_merged
    }
}

impl Operation {
    fn of(function: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let module = function.py().import("firesteel._operations")?;
        let name: Option<String> = module.call_method1("operation_of", (function,))?.extract()?;
        Ok(match name.as_deref() {
            Some("add") => Some(Self::Add),
            Some("max") => Some(Self::Largest),
            Some("min") => Some(Self::Smallest),
            _ => None,
        })
    }

    fn apply(self, py: Python<'_>, held: &Value, value: &Bound<'_, PyAny>) -> Option<Value> {
        match (held.number(py), Number::of(value)) {
            (Some(Number::Int(left)), Some(Number::Int(right))) => {
                self.of_ints(left, right).map(Value::Int)
            }
            (Some(Number::Float(left)), Some(Number::Float(right))) => {
                self.of_floats(left, right).map(Value::Float)
            }
            (None, None) => self.of_strings(py, held, value),
            _ => None,
        }
    }

    /// None where the result has more than 64 bits.
    pub fn of_ints(self, left: i64, right: i64) -> Option<i64> {
        match self {
            Self::Add => left.checked_add(right),
            Self::Largest => Some(left.max(right)),
            Self::Smallest => Some(left.min(right)),
        }
    }

    /// Of equal ones, 0.0 and -0.0 among them, max and min give the first. None for a NaN.
    pub fn of_floats(self, left: f64, right: f64) -> Option<f64> {
        if left.is_nan() || right.is_nan() {
            return None;
        }
        Some(match self {
            Self::Add => left + right,
            Self::Largest if right > left => right,
            Self::Smallest if right < left => right,
            Self::Largest | Self::Smallest => left,
        })
    }

    /// A failure is left to the function, which fails with the user's frame in the traceback.
    fn of_strings(self, py: Python<'_>, held: &Value, value: &Bound<'_, PyAny>) -> Option<Value> {
        let (Self::Add, Value::Object(left)) = (self, held) else { return None };
        let left = left.bind(py);
        if !left.is_exact_instance_of::<PyString>() || !value.is_exact_instance_of::<PyString>() {
            return None;
        }
        left.add(value).ok().map(|sum| Value::Object(sum.unbind()))
    }
}

impl Value {
    /// The object, made if there is none.
    pub fn into_object(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self {
            Self::Object(object) => Ok(object),
            Self::Int(value) => value.into_py_any(py),
            Self::Float(value) => value.into_py_any(py),
        }
    }

    fn get<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Self::Object(object) => Ok(object.bind(py).clone()),
            Self::Int(value) => value.into_bound_py_any(py),
            Self::Float(value) => value.into_bound_py_any(py),
        }
    }

    fn number(&self, py: Python<'_>) -> Option<Number> {
        match self {
            Self::Object(object) => Number::of(object.bind(py)),
            Self::Int(value) => Some(Number::Int(*value)),
            Self::Float(value) => Some(Number::Float(*value)),
        }
    }
}

impl Number {
    fn of(object: &Bound<'_, PyAny>) -> Option<Self> {
        if let Some(value) = capi::exact_i64(object) {
            return Some(Self::Int(value));
        }
        let float = object.cast_exact::<PyFloat>().ok()?;
        Some(Self::Float(float.value()))
    }
}
