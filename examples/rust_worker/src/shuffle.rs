//! Map outputs: one file for each map task, with a segment of frames for each reduce partition, an index and a footer.
//!
//! Invariant: a file has its final name only when it is whole.

use crate::crc32::crc32;
use crate::frame::{self, number};
use crate::functions::Element;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

const ENTRY: usize = 32;
const FOOTER: usize = 32;
/// Entry and footer end in a checksum of what is before it.
const CHECK: usize = 28;

/// The bytes of a map output whose reduce partitions have these elements.
pub fn encode(partitions: &[Vec<Element>]) -> Result<Vec<u8>, String> {
    let (mut file, mut index) = (Vec::new(), Vec::new());
    for (partition, elements) in partitions.iter().enumerate() {
        let start = file.len();
        frame::write(elements, &mut file)?;
        let mut entry = [0; ENTRY];
        entry[..8].copy_from_slice(&(start as u64).to_le_bytes());
        entry[8..16].copy_from_slice(&((file.len() - start) as u64).to_le_bytes());
        entry[16..24].copy_from_slice(&(elements.len() as u64).to_le_bytes());
        entry[24..28].copy_from_slice(&(partition as u32).to_le_bytes());
        index.extend_from_slice(&checked(entry));
    }
    let mut footer = [0; FOOTER];
    footer[..4].copy_from_slice(b"FSSH");
    footer[4..8].copy_from_slice(&1u32.to_le_bytes());
    footer[8..12].copy_from_slice(&(partitions.len() as u32).to_le_bytes());
    footer[16..24].copy_from_slice(&(file.len() as u64).to_le_bytes());
    file.extend_from_slice(&index);
    file.extend_from_slice(&checked(footer));
    Ok(file)
}

fn checked(mut bytes: [u8; ENTRY]) -> [u8; ENTRY] {
    let check = crc32(&bytes[..CHECK]);
    bytes[CHECK..].copy_from_slice(&check.to_le_bytes());
    bytes
}

/// Writes a block under a temporary name and then gives it its own.
pub fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let (temporary, path) = (folder.join(format!("{name}.unsealed")), folder.join(name));
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(bytes)?;
    fs::rename(temporary, &path)?;
    Ok(path)
}

/// The elements of one reduce partition of a map output.
pub fn read(path: &Path, partition: u32) -> Result<Vec<Element>, String> {
    let read = |error: io::Error| format!("cannot read {}: {error}", path.display());
    let file = File::open(path).map_err(read)?;
    let length = file.metadata().map_err(read)?.len();
    let at = |offset: u64, length: usize| {
        let mut bytes = vec![0; length];
        file.read_exact_at(&mut bytes, offset).map_err(read)?;
        Ok::<_, String>(bytes)
    };
    let footer = check(at(length.saturating_sub(FOOTER as u64), FOOTER)?)?;
    let index = number(&footer, 16, 8);
    if !footer.starts_with(b"FSSH") || u64::from(partition) >= number(&footer, 8, 4) {
        return Err(format!("{} has no partition {partition}", path.display()));
    }
    let entry = check(at(index.saturating_add(u64::from(partition) * ENTRY as u64), ENTRY)?)?;
    let (offset, segment) = (number(&entry, 0, 8), number(&entry, 8, 8));
    if offset.checked_add(segment).is_none_or(|end| end > length) {
        return Err(format!("{} is cut short", path.display()));
    }
    frame::read(&at(offset, segment as usize)?)
}

fn check(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    let matches = u64::from(crc32(&bytes[..CHECK])) == number(&bytes, CHECK, 4);
    matches.then_some(bytes).ok_or("a map output does not match its checksum".to_owned())
}
