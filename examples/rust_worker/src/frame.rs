//! Frames: elements as bytes. This worker has columns of strings, of 64-bit integers, and of pairs of columns.
//!
//! Invariant: a frame that was damaged, or has elements of another kind, is an error in words.

use crate::crc32::crc32;
use crate::functions::Element::{self, Number, Pair, Text};

type Result<T> = std::result::Result<T, String>;

const HEADER: usize = 64;
const SHAPE: usize = 32;
const CHECK: usize = 60;
const ALIGNMENT: usize = 64;
const VERSION: u16 = 1;

const INT: u8 = 3;
const STR: u8 = 5;
const TUPLE: u8 = 9;
/// What Python has pickled, because its elements are of several types or of none that has columns.
const PICKLED: u8 = 10;

/// Appends elements as one frame; no elements, no frame.
pub fn write(elements: &[Element], out: &mut Vec<u8>) -> Result<()> {
    let Some(first) = elements.first() else { return Ok(()) };
    let (mut shape, mut body) = (Vec::new(), Vec::new());
    write_shape(first, &mut shape);
    if shape.len() > CHECK - SHAPE {
        body.extend_from_slice(&shape);
        pad(&mut body);
    }
    write_column(&elements.iter().collect::<Vec<_>>(), &mut body)?;

    let mut header = [0; HEADER];
    header[..4].copy_from_slice(b"FSFR");
    header[4..6].copy_from_slice(&VERSION.to_le_bytes());
    header[6..8].copy_from_slice(&u16::from(kind(first)).to_le_bytes());
    header[8..16].copy_from_slice(&(elements.len() as u64).to_le_bytes());
    header[16..24].copy_from_slice(&(body.len() as u64).to_le_bytes());
    header[24..28].copy_from_slice(&crc32(&body).to_le_bytes());
    header[28..32].copy_from_slice(&(shape.len() as u32).to_le_bytes());
    if shape.len() <= CHECK - SHAPE {
        header[SHAPE..SHAPE + shape.len()].copy_from_slice(&shape);
    }
    let check = crc32(&header[..CHECK]);
    header[CHECK..].copy_from_slice(&check.to_le_bytes());
    out.extend_from_slice(&header);
    out.extend_from_slice(&body);
    Ok(())
}

fn kind(element: &Element) -> u8 {
    match element {
        Text(_) => STR,
        Number(_) => INT,
        Pair(_) => TUPLE,
    }
}

fn write_shape(element: &Element, shape: &mut Vec<u8>) {
    if let Pair(pair) = element {
        shape.extend_from_slice(&2u32.to_le_bytes());
        for field in [&pair.0, &pair.1] {
            shape.push(kind(field));
            write_shape(field, shape);
        }
    }
}

fn write_column(column: &[&Element], body: &mut Vec<u8>) -> Result<()> {
    match column.first() {
        Some(Text(_)) => write_texts(column, body)?,
        Some(Number(_)) => {
            for element in column {
                let Number(number) = element else { return Err(mixed()) };
                body.extend_from_slice(&number.to_le_bytes());
            }
        }
        _ => return write_pairs(column, body),
    }
    pad(body);
    Ok(())
}

fn write_texts(column: &[&Element], body: &mut Vec<u8>) -> Result<()> {
    let (mut offsets, mut data) = (vec![0; 4], Vec::new());
    for element in column {
        let Text(text) = element else { return Err(mixed()) };
        data.extend_from_slice(text.as_bytes());
        let end = i32::try_from(data.len()).map_err(|_| "the strings are too long".to_owned())?;
        offsets.extend_from_slice(&end.to_le_bytes());
    }
    body.extend_from_slice(&offsets);
    pad(body);
    body.extend_from_slice(&data);
    Ok(())
}

fn write_pairs(column: &[&Element], body: &mut Vec<u8>) -> Result<()> {
    let fields = column.iter().map(|element| match element {
        Pair(pair) => Ok((&pair.0, &pair.1)),
        _ => Err(mixed()),
    });
    let (left, right): (Vec<_>, Vec<_>) = fields.collect::<Result<Vec<_>>>()?.into_iter().unzip();
    write_column(&left, body)?;
    write_column(&right, body)
}

fn mixed() -> String {
    "this worker has no elements of several types".to_owned()
}

fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(ALIGNMENT), 0);
}

/// The elements of all frames.
pub fn read(mut bytes: &[u8]) -> Result<Vec<Element>> {
    let mut elements = Vec::new();
    while !bytes.is_empty() {
        let (frame, rest) = bytes.split_at(length(bytes)?);
        elements.extend(read_one(frame)?);
        bytes = rest;
    }
    Ok(elements)
}

/// The length of the frame that the bytes begin with, whose header is checked.
fn length(bytes: &[u8]) -> Result<usize> {
    let header = bytes.get(..HEADER).ok_or("a frame ends in its header")?;
    let is_frame = header.starts_with(b"FSFR") && number(header, 4, 2) == u64::from(VERSION);
    if !is_frame || u64::from(crc32(&header[..CHECK])) != number(header, CHECK, 4) {
        return Err("these bytes are no frame of version 1".to_owned());
    }
    let length =
        usize::try_from(number(header, 16, 8)).ok().and_then(|body| body.checked_add(HEADER));
    length.filter(|length| *length <= bytes.len()).ok_or("a frame ends in its body".to_owned())
}

fn read_one(frame: &[u8]) -> Result<Vec<Element>> {
    let (header, body) = frame.split_at(HEADER);
    if u64::from(crc32(body)) != number(header, 24, 4) {
        return Err("a frame does not match its checksum".to_owned());
    }
    let (count, shape) = (number(header, 8, 8) as usize, number(header, 28, 4) as usize);
    let kind = u8::try_from(number(header, 6, 2)).map_err(|_| "a frame of an unknown kind")?;
    let in_header = shape <= CHECK - SHAPE;
    let shape = if in_header { header.get(SHAPE..SHAPE + shape) } else { body.get(..shape) };
    let mut shape = shape.ok_or("a frame without a shape")?;
    let start = if in_header { 0 } else { shape.len().next_multiple_of(ALIGNMENT) };
    let mut body = Body { bytes: body, position: start };
    body.column(kind, count, &mut shape)
}

/// The buffers of a frame, one after the other.
struct Body<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Body<'a> {
    fn column(&mut self, kind: u8, count: usize, shape: &mut &[u8]) -> Result<Vec<Element>> {
        match kind {
            INT => {
                let numbers = self.buffer(count.checked_mul(8).ok_or("an absurd count")?)?;
                Ok(numbers
                    .chunks_exact(8)
                    .map(|eight| Number(number(eight, 0, 8) as i64))
                    .collect())
            }
            STR => self.texts(count),
            TUPLE => self.pairs(count, shape),
            PICKLED => Err("this worker has no Python to read pickled elements".to_owned()),
            _ => Err(format!("this worker has no columns of kind {kind}")),
        }
    }

    fn texts(&mut self, count: usize) -> Result<Vec<Element>> {
        let offsets = count.checked_add(1).and_then(|count| count.checked_mul(4));
        let offsets = self.buffer(offsets.ok_or("an absurd count")?)?;
        let ends: Vec<_> =
            offsets.chunks_exact(4).map(|four| number(four, 0, 4) as usize).collect();
        let data = self.buffer(ends[count])?;
        let texts = ends.windows(2).map(|ends| {
            let text = data.get(ends[0]..ends[1]).ok_or("offsets that do not ascend")?;
            String::from_utf8(text.to_vec()).map(Text).map_err(|error| error.to_string())
        });
        texts.collect()
    }

    fn pairs(&mut self, count: usize, shape: &mut &[u8]) -> Result<Vec<Element>> {
        if number(take(shape, 4)?, 0, 4) != 2 {
            return Err("this worker has no tuples but pairs".to_owned());
        }
        let kind = take(shape, 1)?[0];
        let left = self.column(kind, count, shape)?;
        let kind = take(shape, 1)?[0];
        let right = self.column(kind, count, shape)?;
        Ok(left.into_iter().zip(right).map(|pair| Pair(Box::new(pair))).collect())
    }

    fn buffer(&mut self, length: usize) -> Result<&'a [u8]> {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let buffer = rest.get(..length).ok_or("a buffer ends beyond its frame")?;
        self.position += length.next_multiple_of(ALIGNMENT);
        Ok(buffer)
    }
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length).ok_or("a shape ends too early")?;
    *bytes = rest;
    Ok(taken)
}

/// A little-endian number of so many bytes.
pub fn number(bytes: &[u8], at: usize, width: usize) -> u64 {
    bytes[at..at + width].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::pair;

    fn text(text: &str) -> Element {
        Text(text.to_owned())
    }

    #[test]
    fn what_is_written_is_read() {
        let nested = |number| pair(pair(text("é"), Number(number)), pair(text(""), text("b")));
        let deep = |number| pair(nested(number), pair(nested(1), nested(-2)));
        for column in [
            vec![text("a"), text("")],
            vec![Number(i64::MIN)],
            vec![nested(1), nested(2)],
            vec![deep(7); 100],
        ] {
            let mut bytes = Vec::new();
            write(&column, &mut bytes).unwrap();
            write(&[], &mut bytes).unwrap();
            assert_eq!(bytes.len() % ALIGNMENT, 0);
            assert_eq!(read(&bytes), Ok(column));
        }
    }

    #[test]
    fn damage_is_an_error() {
        let mut bytes = Vec::new();
        write(&[pair(text("steel"), Number(1))], &mut bytes).unwrap();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert!(read(&damaged).is_err(), "byte {at}");
            assert!(at == 0 || read(&bytes[..at]).is_err());
        }
    }

    #[test]
    fn mixed_elements_are_an_error() {
        assert!(write(&[text("a"), Number(1)], &mut Vec::new()).is_err());
        assert!(write(&[pair(text("a"), Number(1)), Number(1)], &mut Vec::new()).is_err());
    }
}
