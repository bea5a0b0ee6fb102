//! Reading frames in place, believing nothing: every length is compared with the bytes that are there before it is used.

use std::borrow::Cow;

use bytemuck::{AnyBitPattern, NoUninit};

use super::header::{HEADER, Header, SHAPE_ROOM, shape_room};
use super::kind::Kind;
use super::view::{BitView, ColumnView, Offsets, VariableView};
use super::{ALIGNMENT, FrameError, MAX_COUNT, MAX_NESTING};

/// The frames of a block, in order. Ends after the last one or after the first error.
#[derive(Clone, Debug)]
pub struct Frames<'a> {
    block: &'a [u8],
    offset: usize,
    failed: bool,
}

impl<'a> Frames<'a> {
    /// Reads `block` from its start.
    pub fn new(block: &'a [u8]) -> Self {
        Frames { block, offset: 0, failed: false }
    }

    /// Where the next frame starts in the block; after an error, the frame that is wrong.
    pub fn offset(&self) -> usize {
        self.offset
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<ColumnView<'a>, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed || self.offset == self.block.len() {
            return None;
        }
        let frame = read_frame(&self.block[self.offset..], self.offset);
        match &frame {
            Ok((_, length)) => self.offset += length,
            Err(_) => self.failed = true,
        }
        Some(frame.map(|(column, _)| column))
    }
}

impl std::iter::FusedIterator for Frames<'_> {}

/// The frame at the start of `bytes`, and its length.
fn read_frame(bytes: &[u8], offset: usize) -> Result<(ColumnView<'_>, usize), FrameError> {
    let corrupt = |reason| FrameError::Corrupt { offset, reason };
    let header = Header::decode(bytes, offset)?;
    let length = HEADER + header.body;
    let body = &bytes[HEADER..length];
    if crc32fast::hash(body) != header.crc {
        return Err(corrupt("the body does not match its checksum"));
    }
    let reader = BodyReader::new(&header, shape_room(bytes), body).map_err(corrupt)?;
    let column = reader.read(header.kind).map_err(corrupt)?;
    Ok((column, length))
}

/// What is wrong with a body; the frame's offset is added above.
type Reason = &'static str;

/// Takes shape and buffers apart, both from front to back.
struct BodyReader<'a> {
    count: usize,
    /// What is left of the shape.
    shape: &'a [u8],
    /// What is left of the buffers.
    buffers: &'a [u8],
}

impl<'a> BodyReader<'a> {
    fn new(header: &Header, room: &'a [u8], body: &'a [u8]) -> Result<Self, Reason> {
        let mut reader = BodyReader { count: header.count, shape: &[], buffers: body };
        reader.shape = if header.shape <= SHAPE_ROOM {
            &room[..header.shape]
        } else {
            reader.buffer(header.shape)?
        };
        Ok(reader)
    }

    /// The whole column. Nothing may be left over.
    fn read(mut self, kind: u16) -> Result<ColumnView<'a>, Reason> {
        let column = self.column(kind, 0)?;
        if !self.shape.is_empty() || !self.buffers.is_empty() {
            return Err("bytes are left over");
        }
        Ok(column)
    }

    fn column(&mut self, kind: u16, depth: usize) -> Result<ColumnView<'a>, Reason> {
        let kind = Kind::from_number(kind).ok_or("a column is of no known kind")?;
        Ok(match kind {
            Kind::Null => ColumnView::Null(self.count),
            Kind::Bool => {
                ColumnView::Bool(BitView::new(self.buffer(self.count.div_ceil(8))?, self.count))
            }
            Kind::Int => ColumnView::Int(self.numbers(self.count)?),
            Kind::Float => ColumnView::Float(self.numbers(self.count)?),
            Kind::Str => ColumnView::Str(self.narrow()?.into_text()?),
            Kind::LargeStr => ColumnView::Str(self.wide()?.into_text()?),
            Kind::Bytes => ColumnView::Bytes(self.narrow()?),
            Kind::LargeBytes => ColumnView::Bytes(self.wide()?),
            Kind::Tuple => ColumnView::Tuple { len: self.count, fields: self.fields(depth)? },
            Kind::List => self.list(depth, Self::narrow_offsets)?,
            Kind::LargeList => self.list(depth, Self::wide_offsets)?,
            Kind::Pickled => ColumnView::Pickled { len: self.count, data: self.opaque()? },
            Kind::Serialized => ColumnView::Serialized { len: self.count, data: self.opaque()? },
        })
    }

    fn fields(&mut self, depth: usize) -> Result<Vec<ColumnView<'a>>, Reason> {
        if depth == MAX_NESTING {
            return Err("tuples nest too deep");
        }
        let width = u32::from_le_bytes(self.shape_bytes()?);
        // Grows field by field, for each has a byte of the shape behind it and `width` may have none.
        let mut fields = Vec::new();
        for _ in 0..width {
            let [kind] = self.shape_bytes()?;
            fields.push(self.column(kind.into(), depth + 1)?);
        }
        Ok(fields)
    }

    fn list(
        &mut self,
        depth: usize,
        read_offsets: fn(&mut Self) -> Result<(Offsets<'a>, usize), Reason>,
    ) -> Result<ColumnView<'a>, Reason> {
        if depth == MAX_NESTING {
            return Err("lists nest too deep");
        }
        let (offsets, end) = read_offsets(self)?;
        if u64::from_le_bytes(self.shape_bytes()?) != end as u64 || end > MAX_COUNT {
            return Err("lists do not end with their items");
        }
        let [kind] = self.shape_bytes()?;
        let lists = std::mem::replace(&mut self.count, end);
        let items = Box::new(self.column(kind.into(), depth + 1)?);
        self.count = lists;
        Ok(ColumnView::List { offsets, items })
    }

    /// Bytes that only Python can read.
    fn opaque(&mut self) -> Result<&'a [u8], Reason> {
        let length = u64::from_le_bytes(self.shape_bytes()?);
        self.buffer(usize::try_from(length).map_err(|_| "a pickle is absurdly long")?)
    }

    fn narrow(&mut self) -> Result<VariableView<'a, [u8]>, Reason> {
        let (offsets, end) = self.narrow_offsets()?;
        Ok(VariableView::new(offsets, self.buffer(end)?))
    }

    fn wide(&mut self) -> Result<VariableView<'a, [u8]>, Reason> {
        let (offsets, end) = self.wide_offsets()?;
        Ok(VariableView::new(offsets, self.buffer(end)?))
    }

    /// Offsets, and the last of them.
    fn narrow_offsets(&mut self) -> Result<(Offsets<'a>, usize), Reason> {
        let offsets = self.numbers::<u32>(self.count + 1)?;
        let end = checked_end(&offsets)? as usize;
        Ok((Offsets::Narrow(offsets), end))
    }

    fn wide_offsets(&mut self) -> Result<(Offsets<'a>, usize), Reason> {
        let offsets = self.numbers::<u64>(self.count + 1)?;
        let end = usize::try_from(checked_end(&offsets)?).map_err(|_| "an offset is absurd")?;
        Ok((Offsets::Wide(offsets), end))
    }

    fn numbers<T: AnyBitPattern + NoUninit>(
        &mut self,
        count: usize,
    ) -> Result<Cow<'a, [T]>, Reason> {
        let length = count.checked_mul(size_of::<T>()).ok_or("a buffer is absurdly long")?;
        let bytes = self.buffer(length)?;
        Ok(match bytemuck::try_cast_slice(bytes) {
            Ok(numbers) => Cow::Borrowed(numbers),
            Err(_) => Cow::Owned(
                bytes.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).collect(),
            ),
        })
    }

    /// The next buffer, without the zeros that align the one after it.
    fn buffer(&mut self, length: usize) -> Result<&'a [u8], Reason> {
        let padded = length.checked_next_multiple_of(ALIGNMENT);
        let (buffer, rest) = padded
            .and_then(|padded| self.buffers.split_at_checked(padded))
            .ok_or("a buffer is longer than the body")?;
        self.buffers = rest;
        Ok(&buffer[..length])
    }

    fn shape_bytes<const N: usize>(&mut self) -> Result<[u8; N], Reason> {
        let (bytes, rest) = self.shape.split_first_chunk().ok_or("its shape is cut off")?;
        self.shape = rest;
        Ok(*bytes)
    }
}

/// The last of `offsets`, after a check that they start at zero and never decrease.
fn checked_end<T: Copy + Default + PartialOrd>(offsets: &[T]) -> Result<T, Reason> {
    let (Some(first), Some(last)) = (offsets.first(), offsets.last()) else {
        return Err("offsets are missing");
    };
    if *first != T::default() || !offsets.is_sorted() {
        return Err("offsets are out of order");
    }
    Ok(*last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Column, Variable, write_frame};

    fn encoded(column: &Column) -> Vec<u8> {
        let mut block = Vec::new();
        write_frame(column, &mut block);
        block
    }

    fn read_one(block: &[u8]) -> Result<ColumnView<'_>, FrameError> {
        Frames::new(block).next().unwrap()
    }

    /// Writes `change` into a frame and makes both checksums right again, as no accident would.
    fn forged(mut block: Vec<u8>, change: impl Fn(&mut [u8])) -> Vec<u8> {
        change(&mut block);
        let body = crc32fast::hash(&block[HEADER..]);
        block[24..28].copy_from_slice(&body.to_le_bytes());
        let check = crc32fast::hash(&block[..60]);
        block[60..64].copy_from_slice(&check.to_le_bytes());
        block
    }

    fn reason(block: &[u8]) -> &'static str {
        match read_one(block) {
            Err(FrameError::Corrupt { reason, .. }) => reason,
            other => panic!("read as {other:?}"),
        }
    }

    fn words(words: &[&str]) -> Column {
        Column::Str(words.iter().collect())
    }

    #[test]
    fn an_empty_block_has_no_frames() {
        assert!(Frames::new(&[]).next().is_none());
    }

    #[test]
    fn frames_follow_each_other() {
        let mut block = encoded(&words(&["a", "", "für"]));
        write_frame(&Column::Int(vec![1, -2]), &mut block);
        let mut frames = Frames::new(&block);
        let Some(Ok(ColumnView::Str(view))) = frames.next() else { panic!("no strings") };
        assert_eq!(view.iter().collect::<Vec<_>>(), ["a", "", "für"]);
        let second = frames.offset();
        assert_eq!(second % ALIGNMENT, 0);
        assert!(matches!(frames.next(), Some(Ok(ColumnView::Int(view))) if *view == [1, -2]));
        assert_eq!(frames.offset(), block.len());
        assert!(frames.next().is_none());
    }

    #[test]
    fn a_frame_that_lies_askew_is_copied() {
        let frame = encoded(&Column::Int(vec![7; 3]));
        let mut memory = vec![0; frame.len() + 8];
        let mut borrowed = 0;
        for place in 0..8 {
            memory[place..place + frame.len()].copy_from_slice(&frame);
            let Ok(ColumnView::Int(view)) = read_one(&memory[place..place + frame.len()]) else {
                panic!("no integers")
            };
            assert_eq!(*view, [7; 3]);
            borrowed += usize::from(matches!(view, Cow::Borrowed(_)));
        }
        assert_eq!(borrowed, 1);
    }

    #[test]
    fn the_iterator_ends_after_an_error() {
        let mut block = encoded(&Column::Int(vec![1]));
        let second = block.len();
        block.extend(encoded(&Column::Int(vec![2])));
        block[second + HEADER] ^= 1;
        block.extend(encoded(&Column::Int(vec![3])));
        let mut frames = Frames::new(&block);
        assert!(frames.next().unwrap().is_ok());
        assert_eq!(frames.next().unwrap().unwrap_err().offset(), second);
        assert!(frames.next().is_none());
    }

    #[test]
    fn another_version_is_told_from_damage() {
        let newer = forged(encoded(&Column::Null(1)), |frame| frame[4] = 2);
        assert_eq!(read_one(&newer).unwrap_err(), FrameError::Version { offset: 0, found: 2 });
    }

    #[test]
    fn absurd_numbers_are_refused_before_they_are_used() {
        let ints = encoded(&Column::Int(vec![1]));
        let absurd_count = forged(ints.clone(), |frame| frame[8..16].fill(0xff));
        assert_eq!(reason(&absurd_count), "it claims an absurd number of elements");
        let large_count = forged(ints.clone(), |frame| frame[12] = 1);
        assert_eq!(reason(&large_count), "a buffer is longer than the body");
        let absurd_length = forged(ints, |frame| frame[16..24].fill(0xff));
        let error = read_one(&absurd_length).unwrap_err();
        assert_eq!(error, FrameError::Truncated { offset: 0, needed: u64::MAX, available: 128 });
        let tuple = encoded(&Column::Tuple { len: 1, fields: vec![] });
        assert_eq!(
            reason(&forged(tuple, |frame| frame[32..36].fill(0xff))),
            "its shape is cut off"
        );
        let pickle = encoded(&Column::Pickled { len: 1, data: vec![] });
        let absurd_pickle = forged(pickle, |frame| frame[32..40].fill(0xff));
        assert_eq!(reason(&absurd_pickle), "a buffer is longer than the body");
    }

    #[test]
    fn offsets_are_checked() {
        let set = |index: usize, to: u8| move |frame: &mut [u8]| frame[HEADER + 4 * index] = to;
        let block = encoded(&words(&["ä", "b"]));
        assert_eq!(reason(&forged(block.clone(), set(0, 1))), "offsets are out of order");
        assert_eq!(reason(&forged(block.clone(), set(1, 9))), "offsets are out of order");
        assert_eq!(reason(&forged(block.clone(), set(1, 1))), "an offset splits a character");
        assert_eq!(reason(&forged(block, set(2, 65))), "a buffer is longer than the body");
    }

    #[test]
    fn lists_end_with_their_items() {
        let items = Box::new(Column::Int(vec![7, 8, 9]));
        let block = encoded(&Column::List { ends: vec![2, 2, 3], items });
        let Ok(ColumnView::List { offsets, items }) = read_one(&block) else { panic!("no lists") };
        assert_eq!(
            (0..3).map(|index| offsets.range(index)).collect::<Vec<_>>(),
            [0..2, 2..2, 2..3]
        );
        assert_eq!(items.len(), 3);
        let longer = forged(block.clone(), |frame| frame[HEADER + 12] = 4);
        assert_eq!(reason(&longer), "lists do not end with their items");
        let unsorted = forged(block, |frame| frame[HEADER + 4] = 9);
        assert_eq!(reason(&unsorted), "offsets are out of order");
    }

    #[test]
    fn strings_are_utf_8() {
        let block = forged(encoded(&words(&["ab"])), |frame| frame[HEADER + ALIGNMENT] = 0xff);
        assert_eq!(reason(&block), "a string is not UTF-8");
    }

    #[test]
    fn wide_offsets_are_read() {
        let bytes: Variable = ["ab", "", "c"].iter().collect();
        let block = forged(encoded(&Column::Bytes(bytes)), |frame| {
            frame[6] = Kind::LargeBytes as u8;
            frame[HEADER..HEADER + 32].copy_from_slice(bytemuck::cast_slice(&[0_u64, 2, 2, 3]));
        });
        let Ok(ColumnView::Bytes(view)) = read_one(&block) else { panic!("no bytes") };
        assert_eq!(view.iter().collect::<Vec<_>>(), [&b"ab"[..], b"", b"c"]);
    }

    #[test]
    fn nothing_may_be_left_over() {
        let block = forged(encoded(&Column::Int(vec![1])), |frame| frame[6] = Kind::Null as u8);
        assert_eq!(reason(&block), "bytes are left over");
        let block = forged(encoded(&Column::Null(1)), |frame| frame[28] = 1);
        assert_eq!(reason(&block), "bytes are left over");
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = (0..MAX_NESTING)
            .fold(Column::Null(1), |column, _| Column::Tuple { len: 1, fields: vec![column] });
        let block = encoded(&nested);
        assert!(read_one(&block).is_ok());
        let deeper = forged(block, |frame| {
            // The innermost kind, at the end of a shape too long for the header, becomes a tuple.
            frame[HEADER + MAX_NESTING * 5 - 1] = Kind::Tuple as u8;
        });
        assert_eq!(reason(&deeper), "tuples nest too deep");
    }
}
