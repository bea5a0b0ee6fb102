//! Hadoop's `Writable`s: values as tokens, and as the bytes in a SequenceFile.
//!
//! A value is a list of tokens in pre-order: `Map(1), Text("a"), Array(2), Int(1), Int(2)`. So nothing here recurses, and
//! nothing is dropped recursively, however deep a value nests. Invariant: after a `Map(n)` come n pairs of values,
//! after an `Array(n)` n values, and a list holds exactly one value.

use super::vint;
use crate::text::replace_malformed;
use std::collections::HashMap;
use std::io::{self, Read};

/// The package of all classes here.
const PACKAGE: &str = "org.apache.hadoop.io.";
/// How deep values may nest: maps in maps in arrays.
pub const DEEPEST: usize = 64;
/// The number of the one class of ours that a map has to name before it uses it.
const DOUBLE_ID: u8 = 1;

/// A class of values.
#[derive(serde::Serialize, serde::Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Class {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Text,
    Bytes,
    Map,
    Array,
}

/// The classes, their names, and the numbers by which a map speaks of them.
const CLASSES: [(Class, &str, u8); 10] = [
    (Class::Null, "NullWritable", 0x89),
    (Class::Boolean, "BooleanWritable", 0x82),
    (Class::Int, "IntWritable", 0x85),
    (Class::Long, "LongWritable", 0x86),
    (Class::Float, "FloatWritable", 0x84),
    (Class::Double, "DoubleWritable", DOUBLE_ID),
    (Class::Text, "Text", 0x8c),
    (Class::Bytes, "BytesWritable", 0x83),
    (Class::Map, "MapWritable", 0x87),
    (Class::Array, "ArrayWritable", 0x81),
];

impl Class {
    /// The class of a full Java name.
    pub fn by_name(name: &str) -> Option<Self> {
        let name = name.strip_prefix(PACKAGE)?;
        CLASSES.iter().find(|(_, known, _)| *known == name).map(|(class, ..)| *class)
    }

    /// The full Java name.
    pub fn name(self) -> String {
        format!("{PACKAGE}{}", self.row().1)
    }

    fn row(self) -> &'static (Class, &'static str, u8) {
        CLASSES.iter().find(|(class, ..)| *class == self).expect("the table has every class")
    }
}

/// What the values of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Values of a class that says itself what is in it.
    One(Class),
    /// Arrays of this class.
    ArrayOf(Class),
}

impl Kind {
    /// The kind of a full Java name. An `ArrayWritable` does not say what is in it; its subclasses do, by a
    /// convention: `any.package.DoubleArrayWritable` is one of `DoubleWritable`s.
    pub fn by_name(name: &str) -> Option<Self> {
        match Class::by_name(name) {
            Some(Class::Array) => None,
            Some(class) => Some(Self::One(class)),
            None => {
                let element = name.rsplit(['.', '$']).next()?.strip_suffix("ArrayWritable")?;
                let classes = CLASSES.iter().filter(|row| row.0 != Class::Null);
                classes
                    .map(|(class, name, _)| (*class, name.trim_end_matches("Writable")))
                    .find(|(_, name)| *name == element)
                    .map(|(class, _)| Self::ArrayOf(class))
            }
        }
    }
}

/// A simple value, or the begin of one with values inside.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Token {
    Null,
    Boolean(bool),
    Int(i32),
    Long(i64),
    Float(f32),
    Double(f64),
    Text(String),
    Bytes(Vec<u8>),
    /// So many pairs follow.
    Map(u32),
    /// So many values follow.
    Array(u32),
}

impl Token {
    /// A text; malformed UTF-8 is replaced as Java replaces it.
    pub fn text(bytes: Vec<u8>) -> Self {
        Self::Text(String::from_utf8(bytes).unwrap_or_else(|error| {
            let mut text = String::new();
            replace_malformed(error.as_bytes(), &mut text);
            text
        }))
    }

    /// The class of the value.
    pub fn class(&self) -> Class {
        match self {
            Self::Null => Class::Null,
            Self::Boolean(_) => Class::Boolean,
            Self::Int(_) => Class::Int,
            Self::Long(_) => Class::Long,
            Self::Float(_) => Class::Float,
            Self::Double(_) => Class::Double,
            Self::Text(_) => Class::Text,
            Self::Bytes(_) => Class::Bytes,
            Self::Map(_) => Class::Map,
            Self::Array(_) => Class::Array,
        }
    }

    /// The same number as a wider one, or as a float, where such a class is wanted.
    pub fn widened(self, wanted: Class) -> Self {
        match (self, wanted) {
            (Self::Int(value), Class::Long) => Self::Long(i64::from(value)),
            (Self::Int(value), Class::Double) => Self::Double(f64::from(value)),
            (Self::Double(value), Class::Float) => Self::Float(value as f32),
            (other, _) => other,
        }
    }

    /// How many values are inside.
    fn inside(&self) -> u64 {
        match self {
            Self::Map(pairs) => 2 * u64::from(*pairs),
            Self::Array(values) => u64::from(*values),
            _ => 0,
        }
    }
}

/// A value whose inner values are being read or written.
struct Open {
    left: u64,
    classes: Classes,
}

/// How the class of an inner value is known.
enum Classes {
    /// It is always this one.
    Fixed(Class),
    /// A number before each value tells; these are not the usual numbers.
    Numbered(HashMap<u8, Class>),
}

/// Reads one value that takes exactly these bytes.
pub fn decode(kind: Kind, mut bytes: &[u8], tokens: &mut Vec<Token>) -> io::Result<()> {
    let input = &mut bytes;
    let mut open = match kind {
        Kind::One(class) => vec![Open { left: 1, classes: Classes::Fixed(class) }],
        Kind::ArrayOf(class) => {
            let count = read_count(input)?;
            // No element of an array is without a byte.
            if count as usize > input.len() {
                return Err(damaged("an array is longer than its record"));
            }
            tokens.push(Token::Array(count));
            vec![Open { left: u64::from(count), classes: Classes::Fixed(class) }]
        }
    };
    while let Some(top) = open.last_mut() {
        if top.left == 0 {
            open.pop();
            continue;
        }
        top.left -= 1;
        let class = top.classes.next(input)?;
        if class != Class::Map {
            tokens.push(read_simple(class, input)?);
            continue;
        }
        if open.len() > DEEPEST {
            return Err(damaged("a value nests too deep"));
        }
        let (pairs, classes) = read_map(input)?;
        tokens.push(Token::Map(pairs));
        open.push(Open { left: 2 * u64::from(pairs), classes });
    }
    if input.is_empty() { Ok(()) } else { Err(damaged("a value is shorter than its length")) }
}

impl Classes {
    fn next(&self, input: &mut &[u8]) -> io::Result<Class> {
        let named = match self {
            Self::Fixed(class) => return Ok(*class),
            Self::Numbered(named) => named,
        };
        let [number] = take(input)?;
        let usual = || CLASSES.iter().find(|row| row.2 == number && number != DOUBLE_ID);
        let class = named.get(&number).copied().or_else(|| usual().map(|row| row.0));
        class.ok_or_else(|| damaged("a map has a value of an unknown class"))
    }
}

/// The head of a map: how many pairs there are, and the classes that have no usual number.
fn read_map(input: &mut &[u8]) -> io::Result<(u32, Classes)> {
    let mut named = HashMap::new();
    let [classes] = take(input)?;
    for _ in 0..classes {
        let [number] = take(input)?;
        let length = u16::from_be_bytes(take(input)?);
        let name = String::from_utf8_lossy(take_slice(input, length.into())?);
        let class = Class::by_name(&name).ok_or_else(|| damaged("a map names an unknown class"))?;
        named.insert(number, class);
    }
    Ok((read_count(input)?, Classes::Numbered(named)))
}

fn read_simple(class: Class, input: &mut &[u8]) -> io::Result<Token> {
    Ok(match class {
        Class::Null => Token::Null,
        Class::Boolean => Token::Boolean(take::<1>(input)? != [0]),
        Class::Int => Token::Int(i32::from_be_bytes(take(input)?)),
        Class::Long => Token::Long(i64::from_be_bytes(take(input)?)),
        Class::Float => Token::Float(f32::from_be_bytes(take(input)?)),
        Class::Double => Token::Double(f64::from_be_bytes(take(input)?)),
        Class::Text => {
            let length = vint::read_length(input)?;
            Token::text(take_slice(input, length)?.to_vec())
        }
        Class::Bytes => {
            let length = read_count(input)?;
            Token::Bytes(take_slice(input, length)?.to_vec())
        }
        Class::Map | Class::Array => {
            return Err(damaged("an ArrayWritable does not say what is in it"));
        }
    })
}

fn read_count(input: &mut &[u8]) -> io::Result<u32> {
    let count = i32::from_be_bytes(take(input)?);
    u32::try_from(count).map_err(|_| damaged("a length is negative"))
}

fn take<const N: usize>(input: &mut &[u8]) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn take_slice<'a>(input: &mut &'a [u8], length: u32) -> io::Result<&'a [u8]> {
    let cut = input.split_at_checked(length as usize);
    let (slice, rest) = cut.ok_or_else(|| damaged("a value is longer than its record"))?;
    *input = rest;
    Ok(slice)
}

fn damaged(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Appends the bytes of one value.
pub fn encode(tokens: &[Token], out: &mut Vec<u8>) {
    // What is open: how many values are left, and whether the number of its class stands before each.
    let mut open: Vec<(u64, bool)> = Vec::new();
    for (place, token) in tokens.iter().enumerate() {
        while open.last().is_some_and(|(left, _)| *left == 0) {
            open.pop();
        }
        if let Some((left, numbered)) = open.last_mut() {
            *left -= 1;
            if *numbered {
                out.push(token.class().row().2);
            }
        }
        write_token(token, out);
        if let Token::Map(pairs) = token {
            write_map(*pairs, holds_double(&tokens[place..]), out);
        }
        open.push((token.inside(), matches!(token, Token::Map(_))));
    }
}

fn write_token(token: &Token, out: &mut Vec<u8>) {
    match token {
        Token::Null | Token::Map(_) => {}
        Token::Boolean(value) => out.push(u8::from(*value)),
        Token::Int(value) => out.extend(value.to_be_bytes()),
        Token::Long(value) => out.extend(value.to_be_bytes()),
        Token::Float(value) => out.extend(value.to_be_bytes()),
        Token::Double(value) => out.extend(value.to_be_bytes()),
        Token::Text(text) => {
            vint::write(text.len() as i64, out);
            out.extend(text.as_bytes());
        }
        Token::Bytes(bytes) => {
            out.extend((bytes.len() as u32).to_be_bytes());
            out.extend(bytes);
        }
        Token::Array(values) => out.extend(values.to_be_bytes()),
    }
}

fn write_map(pairs: u32, holds_double: bool, out: &mut Vec<u8>) {
    out.push(u8::from(holds_double));
    if holds_double {
        let name = Class::Double.name();
        out.push(DOUBLE_ID);
        out.extend((name.len() as u16).to_be_bytes());
        out.extend(name.as_bytes());
    }
    out.extend(pairs.to_be_bytes());
}

/// Whether a double lies directly in the map that the tokens begin with.
fn holds_double(tokens: &[Token]) -> bool {
    let mut open: Vec<u64> = Vec::new();
    for token in tokens {
        while open.last() == Some(&0) {
            open.pop();
        }
        match open.last_mut() {
            Some(left) => *left -= 1,
            // Before the first token nothing is open; behind the map nothing is open again.
            None if !std::ptr::eq(token, &tokens[0]) => return false,
            None => {}
        }
        if open.len() == 1 && token.class() == Class::Double {
            return true;
        }
        open.push(token.inside());
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A value of anything that can be read back.
    fn value() -> impl Strategy<Value = Vec<Token>> {
        let simple = prop_oneof![
            Just(Token::Null),
            any::<bool>().prop_map(Token::Boolean),
            any::<i32>().prop_map(Token::Int),
            any::<i64>().prop_map(Token::Long),
            (-1e30_f32..1e30).prop_map(Token::Float),
            (-1e300..1e300).prop_map(Token::Double),
            ".{0,5}".prop_map(Token::Text),
            prop::collection::vec(any::<u8>(), 0..5).prop_map(Token::Bytes),
        ];
        simple.prop_map(|token| vec![token]).prop_recursive(3, 24, 3, |inner| {
            prop::collection::vec((inner.clone(), inner), 0..3).prop_map(|pairs| {
                let mut tokens = vec![Token::Map(pairs.len() as u32)];
                for (key, value) in pairs {
                    tokens.extend(key.into_iter().chain(value));
                }
                tokens
            })
        })
    }

    fn encoded(tokens: &[Token]) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(tokens, &mut bytes);
        bytes
    }

    proptest! {
        #[test]
        fn every_value_comes_back(tokens in value()) {
            let mut back = Vec::new();
            decode(Kind::One(tokens[0].class()), &encoded(&tokens), &mut back).unwrap();
            prop_assert_eq!(back, tokens);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, row in 0..CLASSES.len()) {
            let class = CLASSES[row].0;
            let mut tokens = Vec::new();
            for kind in [Kind::One(class), Kind::ArrayOf(class)] {
                tokens.clear();
                // Whatever comes out, it comes out.
                let _ = decode(kind, &bytes, &mut tokens);
            }
        }
    }

    #[test]
    fn maps_look_as_in_the_reference() {
        let text = |text: &str| Token::Text(text.to_owned());
        let tokens = [Token::Map(2), text("a"), Token::Int(1), Token::Int(2), text("b")];
        assert_eq!(
            encoded(&tokens),
            b"\x00\x00\x00\x00\x02\x8c\x01a\x85\x00\x00\x00\x01\x85\x00\x00\x00\x02\x8c\x01b"
        );
        let tokens = [Token::Map(1), text("a"), Token::Map(1), text("b"), Token::Double(2.5)];
        let expected =
            b"\x00\x00\x00\x00\x01\x8c\x01a\x87\x01\x01\x00#org.apache.hadoop.io.DoubleWritable\
            \x00\x00\x00\x01\x8c\x01b\x01\x40\x04\x00\x00\x00\x00\x00\x00";
        assert_eq!(encoded(&tokens), expected);
    }

    #[test]
    fn arrays_are_read_where_their_class_says_what_is_in_them() {
        let tokens = vec![Token::Array(2), Token::Double(1.5), Token::Double(-0.0)];
        let kind = Kind::by_name("org.apache.spark.api.python.DoubleArrayWritable").unwrap();
        let mut back = Vec::new();
        decode(kind, &encoded(&tokens), &mut back).unwrap();
        assert_eq!(back, tokens);
        assert_eq!(Kind::by_name("org.apache.hadoop.io.ArrayWritable"), None);
    }

    #[test]
    fn a_value_that_nests_too_deep_is_refused() {
        let mut tokens = Vec::new();
        for _ in 0..100_000 {
            tokens.extend([Token::Map(1), Token::Null]);
        }
        tokens.push(Token::Null);
        let error = decode(Kind::One(Class::Map), &encoded(&tokens[199_800..]), &mut Vec::new());
        assert!(error.unwrap_err().to_string().contains("too deep"));
    }
}
