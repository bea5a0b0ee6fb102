//! Any bytes as a SequenceFile: the reader may refuse them, and whatever it accepts can be read to the last value.
//!
//! The first byte is where a split starts, in 256ths of the file; the rest is the file. Each file is read whole and from there.

use std::hint::black_box;
use std::io::Cursor;

use firesteel_core::sequence_file::{Kind, SequenceError, SequenceReader, SequenceSplit, decode};

/// Tries one input.
pub fn run(input: &[u8]) {
    let Some((start, file)) = input.split_first() else { return };
    let length = file.len() as u64;
    for start in [0, length * u64::from(*start) / 256] {
        // A refusal is an answer.
        let _ = read(file, start);
    }
}

fn read(file: &[u8], start: u64) -> Result<(), SequenceError> {
    let length = file.len() as u64;
    let split = SequenceSplit { path: "/fuzzed".into(), start, length };
    let mut reader = SequenceReader::new(Cursor::new(file), length, &split)?;
    let kinds =
        [&reader.header().key_class, &reader.header().value_class].map(|name| Kind::by_name(name));
    let mut tokens = Vec::new();
    while let Some((key, value)) = reader.next_record()? {
        for (kind, bytes) in kinds.iter().zip([key, value]) {
            tokens.clear();
            if let Some(kind) = kind {
                black_box(decode(*kind, bytes, &mut tokens)).ok();
            }
        }
    }
    Ok(())
}
