//! What a program may name: the user's functions, had he written them in Rust.

/// An element, as far as this worker knows elements.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Element {
    Text(String),
    Number(i64),
    Pair(Box<(Element, Element)>),
}

use Element::{Number, Pair, Text};

/// Why a function failed: the name of the error, and its words.
#[derive(Debug, PartialEq)]
pub struct Failure(pub &'static str, pub String);

pub type Result<T> = std::result::Result<T, Failure>;

/// A function of one element.
pub fn call(name: &str, element: Element) -> Result<Vec<Element>> {
    match (name, element) {
        ("split", Text(line)) => {
            Ok(line.split_whitespace().map(|word| Text(word.to_owned())).collect())
        }
        ("pair_with_one", element) => Ok(vec![pair(element, Number(1))]),
        ("parse", Text(text)) => match text.parse() {
            Ok(number) => Ok(vec![Number(number)]),
            Err(error) => Err(Failure("ParseIntError", format!("{error}: {text:?}"))),
        },
        // For tests of what ends a task that does not end.
        ("wait", _) => loop {
            std::thread::park();
        },
        (_, element) => Err(unknown(name, &element)),
    }
}

/// A function that makes one value of two.
pub fn combine(name: &str, left: Element, right: Element) -> Result<Element> {
    match (name, left, right) {
        ("add", Number(left), Number(right)) => match left.checked_add(right) {
            Some(sum) => Ok(Number(sum)),
            None => Err(Failure("OverflowError", format!("{left} + {right}"))),
        },
        (_, left, _) => Err(unknown(name, &left)),
    }
}

pub fn pair(left: Element, right: Element) -> Element {
    Pair(Box::new((left, right)))
}

fn unknown(name: &str, element: &Element) -> Failure {
    Failure("UnknownFunction", format!("this worker has no {name:?} for {element:?}"))
}
