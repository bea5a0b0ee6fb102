//! Any bytes as a shuffle file: a segment is refused, or its frames can be read as far as they go.
//!
//! The first four bytes of an input name the partition, the others are the file. Each input is tried as it is and again with right checksums in the footer and in the partition's index entry.

use std::fs;
use std::hint::black_box;

use firesteel_core::shuffle::read_segment;

const FOOTER: usize = 32;
const ENTRY: usize = 32;
const CHECK: usize = 28;

/// Tries one input.
pub fn run(input: &[u8]) {
    let Some((partition, file)) = input.split_first_chunk() else { return };
    let partition = u32::from_le_bytes(*partition);
    let mut file = file.to_vec();
    read(partition, &file);
    mend(partition, &mut file);
    read(partition, &file);
}

/// Leaves no file behind and makes a fresh one each time, for what is mapped must never shrink.
fn read(partition: u32, bytes: &[u8]) {
    let directory = tempfile::tempdir().expect("there is room for a directory");
    let path = directory.path().join("output");
    fs::write(&path, bytes).expect("there is room for a file");
    if let Ok(segment) = read_segment(&path, partition) {
        segment.frames().flatten().for_each(|column| {
            black_box(column.len());
        });
    }
}

fn mend(partition: u32, file: &mut [u8]) {
    let Some(footer) = file.len().checked_sub(FOOTER) else { return };
    let index = u64::from_le_bytes(std::array::from_fn(|place| file[footer + 16 + place]));
    check(&mut file[footer..]);
    let entry = usize::try_from(index).ok().and_then(|index| {
        let start = (partition as usize).checked_mul(ENTRY)?.checked_add(index)?;
        file.get_mut(start..start.checked_add(ENTRY)?)
    });
    if let Some(entry) = entry {
        entry[24..28].copy_from_slice(&partition.to_le_bytes());
        check(entry);
    }
}

fn check(bytes: &mut [u8]) {
    let check = crc32fast::hash(&bytes[..CHECK]);
    bytes[CHECK..CHECK + 4].copy_from_slice(&check.to_le_bytes());
}
