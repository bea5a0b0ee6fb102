//! Writing a frame: the buffers first, straight into the caller's vector, then the header over the place kept for it.

use super::header::{HEADER, Header, SHAPE_ROOM};
use super::kind::Kind;
use super::{ALIGNMENT, Column, MAX_COUNT, MAX_NESTING, Variable};

/// Data up to this length gets 32-bit offsets: Arrow's are signed.
const NARROW_LIMIT: usize = i32::MAX as usize;

/// Appends `column` as one frame to `out`.
///
/// # Panics
///
/// If a tuple's fields are not all as long as the tuple, if lists do not end where their items do, if either nest deeper
/// than [`MAX_NESTING`] or if there are more than [`MAX_COUNT`] elements: each a mistake of the caller's, whose frame
/// nobody could read.
pub fn write_frame(column: &Column, out: &mut Vec<u8>) {
    let mut shape = Vec::new();
    write_shape(column, 0, &mut shape);
    assert!(column.len() <= MAX_COUNT, "a frame holds one batch of elements");

    let start = out.len();
    out.resize(start + HEADER, 0);
    if shape.len() > SHAPE_ROOM {
        out.extend_from_slice(&shape);
        pad(out, start);
    }
    write_buffers(column, out, start);

    let (kept, body) = out[start..].split_at_mut(HEADER);
    let header = Header {
        kind: kind(column) as u16,
        count: column.len(),
        body: body.len(),
        crc: crc32fast::hash(body),
        shape: shape.len(),
    };
    kept.copy_from_slice(&header.encode(&shape));
}

fn kind(column: &Column) -> Kind {
    match column {
        Column::Null(_) => Kind::Null,
        Column::Bool(_) => Kind::Bool,
        Column::Int(_) => Kind::Int,
        Column::Float(_) => Kind::Float,
        Column::Str(values) if is_narrow(values) => Kind::Str,
        Column::Str(_) => Kind::LargeStr,
        Column::Bytes(values) if is_narrow(values) => Kind::Bytes,
        Column::Bytes(_) => Kind::LargeBytes,
        Column::Tuple { .. } => Kind::Tuple,
        Column::List { ends, .. } if ends.last().is_none_or(|end| *end <= NARROW_LIMIT as u64) => {
            Kind::List
        }
        Column::List { .. } => Kind::LargeList,
        Column::Pickled { .. } => Kind::Pickled,
        Column::Serialized { .. } => Kind::Serialized,
    }
}

fn is_narrow(values: &Variable) -> bool {
    values.data().len() <= NARROW_LIMIT
}

fn write_shape(column: &Column, depth: usize, shape: &mut Vec<u8>) {
    match column {
        Column::Tuple { len, fields } => {
            assert!(depth < MAX_NESTING, "tuples nest too deep for a frame");
            shape.extend_from_slice(&(fields.len() as u32).to_le_bytes());
            for field in fields {
                assert_eq!(field.len(), *len, "a field has as many elements as its tuple");
                shape.push(kind(field) as u8);
                write_shape(field, depth + 1, shape);
            }
        }
        Column::List { ends, items } => {
            assert!(depth < MAX_NESTING, "lists nest too deep for a frame");
            assert_eq!(
                ends.last().copied().unwrap_or(0),
                items.len() as u64,
                "lists end with their items"
            );
            shape.extend_from_slice(&(items.len() as u64).to_le_bytes());
            shape.push(kind(items) as u8);
            write_shape(items, depth + 1, shape);
        }
        Column::Pickled { data, .. } | Column::Serialized { data, .. } => {
            shape.extend_from_slice(&(data.len() as u64).to_le_bytes());
        }
        _ => {}
    }
}

fn write_buffers(column: &Column, out: &mut Vec<u8>, start: usize) {
    match column {
        Column::Null(_) => {}
        Column::Bool(values) => write_bitmap(values, out),
        Column::Int(values) => out.extend_from_slice(bytemuck::cast_slice(values)),
        Column::Float(values) => out.extend_from_slice(bytemuck::cast_slice(values)),
        Column::Str(values) | Column::Bytes(values) => write_variable(values, out, start),
        Column::Tuple { fields, .. } => {
            fields.iter().for_each(|field| write_buffers(field, out, start));
        }
        Column::List { ends, items } => {
            write_offsets(ends, kind(column) == Kind::List, out);
            pad(out, start);
            write_buffers(items, out, start);
        }
        Column::Pickled { data, .. } | Column::Serialized { data, .. } => {
            out.extend_from_slice(data);
        }
    }
    pad(out, start);
}

fn write_bitmap(values: &[bool], out: &mut Vec<u8>) {
    out.extend(values.chunks(8).map(|eight| {
        eight.iter().enumerate().fold(0, |byte, (bit, value)| byte | (u8::from(*value) << bit))
    }));
}

fn write_variable(values: &Variable, out: &mut Vec<u8>, start: usize) {
    write_offsets(values.ends(), is_narrow(values), out);
    pad(out, start);
    out.extend_from_slice(values.data());
}

fn write_offsets(ends: &[u64], narrow: bool, out: &mut Vec<u8>) {
    if narrow {
        write_narrow(ends, out);
    } else {
        out.extend_from_slice(&[0; 8]);
        out.extend_from_slice(bytemuck::cast_slice(ends));
    }
}

fn write_narrow(ends: &[u64], out: &mut Vec<u8>) {
    let first = out.len() + size_of::<u32>();
    out.resize(first + size_of_val(ends) / 2, 0);
    for (place, end) in out[first..].chunks_exact_mut(size_of::<u32>()).zip(ends) {
        place.copy_from_slice(&(*end as u32).to_le_bytes());
    }
}

/// Fills up to the next aligned place with zeros.
fn pad(out: &mut Vec<u8>, start: usize) {
    let length = (out.len() - start).next_multiple_of(ALIGNMENT);
    out.resize(start + length, 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(column: &Column) -> usize {
        let mut out = vec![0; 10];
        write_frame(column, &mut out);
        out.len() - 10
    }

    #[test]
    fn tiny_frames_take_a_header_and_a_line_for_each_buffer() {
        assert_eq!(length(&Column::Null(3)), 64);
        assert_eq!(length(&Column::Int(vec![])), 64);
        assert_eq!(length(&Column::Int(vec![1])), 128);
        let pair = vec![Column::Str(["word"].iter().collect()), Column::Int(vec![1])];
        assert_eq!(length(&Column::Tuple { len: 1, fields: pair }), 4 * 64);
    }

    #[test]
    fn bits_are_written_from_the_least_significant() {
        let mut out = Vec::new();
        write_bitmap(&[true, false, false, false, false, false, false, true, true], &mut out);
        assert_eq!(out, [0b1000_0001, 1]);
    }

    #[test]
    #[should_panic(expected = "lists end with their items")]
    fn lists_without_items_are_refused() {
        length(&Column::List { ends: vec![2], items: Box::new(Column::Null(1)) });
    }

    #[test]
    #[should_panic(expected = "as many elements as its tuple")]
    fn a_ragged_tuple_is_refused() {
        length(&Column::Tuple { len: 2, fields: vec![Column::Null(1)] });
    }
}
