//! Between Python objects and Hadoop's writables.
//!
//! None, bool, int, float, str, bytes, dict and tuple become the classes that the reference makes of them, and come back
//! as it gives them back: bytes as bytearray, an int of either size as int. Nothing recurses.

use firesteel_core::sequence_file::{Class, DEEPEST, Token};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyNone, PyString, PyTuple,
};

/// The tokens of a value, of a wanted class.
pub fn to_tokens(
    value: &Bound<'_, PyAny>,
    wanted: Class,
    side: &str,
    tokens: &mut Vec<Token>,
) -> PyResult<()> {
    tokens.clear();
    // What is left, with how deep it lies; the last one is next.
    let mut left = vec![(value.clone(), 0)];
    while let Some((value, depth)) = left.pop() {
        if depth > DEEPEST {
            return Err(PyValueError::new_err("a value nests too deep for a SequenceFile"));
        }
        let token = token(&value)?;
        let token = if depth == 0 { token.widened(wanted) } else { token };
        let begin = left.len();
        if let Ok(map) = value.cast::<PyDict>() {
            left.extend(map.iter().flat_map(|(k, v)| [(k, depth + 1), (v, depth + 1)]));
        } else if let Ok(tuple) = value.cast::<PyTuple>() {
            left.extend(tuple.iter().map(|item| (item, depth + 1)));
        }
        left[begin..].reverse();
        tokens.push(token);
    }
    match tokens.first().map(Token::class) {
        Some(class) if class != wanted => Err(PyTypeError::new_err(format!(
            "wrong {side} class: {} is not class {}",
            class.name(),
            wanted.name()
        ))),
        _ => Ok(()),
    }
}

fn token(value: &Bound<'_, PyAny>) -> PyResult<Token> {
    if value.is_instance_of::<PyNone>() {
        Ok(Token::Null)
    } else if value.is_instance_of::<PyBool>() {
        value.extract().map(Token::Boolean)
    } else if value.is_instance_of::<PyInt>() {
        int(value)
    } else if value.is_instance_of::<PyFloat>() {
        value.extract().map(Token::Double)
    } else if let Ok(text) = value.cast::<PyString>() {
        string(text)
    } else if let Ok(bytes) = value.cast::<PyBytes>() {
        Ok(Token::Bytes(bytes.as_bytes().to_vec()))
    } else if let Ok(bytes) = value.cast::<PyByteArray>() {
        Ok(Token::Bytes(bytes.to_vec()))
    } else if let Ok(map) = value.cast::<PyDict>() {
        Ok(Token::Map(map.len() as u32))
    } else if let Ok(tuple) = value.cast::<PyTuple>() {
        Ok(Token::Array(tuple.len() as u32))
    } else {
        let name = value.get_type().qualname()?;
        Err(PyTypeError::new_err(format!("Data of type {name} cannot be used")))
    }
}

fn int(value: &Bound<'_, PyAny>) -> PyResult<Token> {
    if let Ok(value) = value.extract() {
        return Ok(Token::Int(value));
    }
    let beyond = |_| PyTypeError::new_err("Data of type int beyond 64 bits cannot be used");
    value.extract().map(Token::Long).map_err(beyond)
}

/// A surrogate is not text: it becomes U+FFFD.
fn string(text: &Bound<'_, PyString>) -> PyResult<Token> {
    if let Ok(text) = text.to_str() {
        return Ok(Token::Text(text.to_owned()));
    }
    let encoded = text.call_method1("encode", ("utf-8", "surrogatepass"))?;
    Ok(Token::text(encoded.cast::<PyBytes>()?.as_bytes().to_vec()))
}

/// A value with values inside that are not all there yet.
enum Open<'py> {
    Map { map: Bound<'py, PyDict>, key: Option<Bound<'py, PyAny>>, left: u64 },
    Array { items: Vec<Bound<'py, PyAny>>, left: u32 },
}

/// The value that tokens stand for.
pub fn to_python<'py>(py: Python<'py>, tokens: &[Token]) -> PyResult<Bound<'py, PyAny>> {
    let mut open: Vec<Open<'py>> = Vec::new();
    for token in tokens {
        let mut value = match token {
            Token::Map(pairs) => {
                let left = 2 * u64::from(*pairs);
                open.push(Open::Map { map: PyDict::new(py), key: None, left });
                finished(py, &mut open)?
            }
            Token::Array(count) => {
                open.push(Open::Array { items: Vec::new(), left: *count });
                finished(py, &mut open)?
            }
            simple => Some(simple_to_python(py, simple)?),
        };
        while let Some(done) = value.take() {
            match open.last_mut() {
                None => return Ok(done),
                Some(outer) => outer.take(done)?,
            }
            value = finished(py, &mut open)?;
        }
    }
    Err(PyValueError::new_err("a value ends too early"))
}

impl<'py> Open<'py> {
    fn take(&mut self, value: Bound<'py, PyAny>) -> PyResult<()> {
        match self {
            Self::Array { items, left } => {
                items.push(value);
                *left -= 1;
            }
            Self::Map { map, key, left } => {
                *left -= 1;
                match key.take() {
                    None => *key = Some(value),
                    Some(key) => map.set_item(key, value)?,
                }
            }
        }
        Ok(())
    }
}

/// Closes the innermost value if all that belongs into it is there.
fn finished<'py>(
    py: Python<'py>,
    open: &mut Vec<Open<'py>>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let is_complete =
        matches!(open.last(), Some(Open::Map { left: 0, .. } | Open::Array { left: 0, .. }));
    match open.pop_if(|_| is_complete) {
        None => Ok(None),
        Some(Open::Map { map, .. }) => Ok(Some(map.into_any())),
        Some(Open::Array { items, .. }) => Ok(Some(PyTuple::new(py, items)?.into_any())),
    }
}

fn simple_to_python<'py>(py: Python<'py>, token: &Token) -> PyResult<Bound<'py, PyAny>> {
    match token {
        Token::Null | Token::Map(_) | Token::Array(_) => Ok(py.None().into_bound(py)),
        Token::Boolean(value) => value.into_bound_py_any(py),
        Token::Int(value) => value.into_bound_py_any(py),
        Token::Long(value) => value.into_bound_py_any(py),
        Token::Float(value) => f64::from(*value).into_bound_py_any(py),
        Token::Double(value) => value.into_bound_py_any(py),
        Token::Text(text) => text.into_bound_py_any(py),
        Token::Bytes(bytes) => Ok(PyByteArray::new(py, bytes).into_any()),
    }
}
