//! Any bytes as a block of frames: the reader may refuse them, and whatever it accepts can be read to the last element.
//!
//! Each input is tried as it is and again with right checksums, for no fuzzer guesses those and the parser lies behind them.

use std::hint::black_box;

use firesteel_core::frame::{ColumnView, Frames};

const HEADER: usize = 64;

/// Tries one input.
pub fn run(block: &[u8]) {
    read(block);
    let mut mended = block.to_vec();
    mend(&mut mended);
    read(&mended);
}

fn read(block: &[u8]) {
    Frames::new(block).flatten().for_each(|column| touch(&column));
}

/// Reaches every element.
fn touch(column: &ColumnView<'_>) {
    match column {
        ColumnView::Null(_) | ColumnView::Pickled { .. } | ColumnView::Serialized { .. } => {}
        ColumnView::Bool(bits) => bits.iter().for_each(reach),
        ColumnView::Int(values) => values.iter().for_each(reach),
        ColumnView::Float(values) => values.iter().for_each(reach),
        ColumnView::Str(values) => values.iter().for_each(reach),
        ColumnView::Bytes(values) => values.iter().for_each(reach),
        ColumnView::List { offsets, items } => {
            (0..offsets.len()).for_each(|index| assert!(offsets.range(index).end <= items.len()));
            touch(items);
        }
        ColumnView::Tuple { fields, .. } => fields.iter().for_each(touch),
    }
}

fn reach<T>(element: T) {
    black_box(element);
}

/// Makes the checksums of all frames right, as far as their lengths lead.
fn mend(mut block: &mut [u8]) {
    while block.len() >= HEADER {
        let length = u64::from_le_bytes(std::array::from_fn(|index| block[16 + index]));
        let body = usize::try_from(length).unwrap_or(usize::MAX).min(block.len() - HEADER);
        let (frame, rest) = block.split_at_mut(HEADER + body);
        let crc = crc32fast::hash(&frame[HEADER..]);
        frame[24..28].copy_from_slice(&crc.to_le_bytes());
        let check = crc32fast::hash(&frame[..60]);
        frame[60..64].copy_from_slice(&check.to_le_bytes());
        block = rest;
    }
}
