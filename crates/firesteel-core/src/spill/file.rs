//! One unnamed file of compressed, checksummed chunks. Invariant: nothing that a piece says of itself is used before its checksum fits.

use std::io;
use std::path::{Path, PathBuf};

use crate::storage::{StorageError, UnnamedFile};

/// How much is compressed at once: bounds what compressing and reading need beside the data itself.
const PIECE: usize = 1 << 20;

/// Checksum of the rest of the piece, length before compression, length after it: a u32 each.
const HEADER: usize = 12;

/// A file that tasks spill to. Streams share it.
#[derive(Debug)]
pub struct SpillFile {
    /// Where the file is, for errors.
    directory: PathBuf,
    file: UnnamedFile,
}

/// Where some bytes are in a spill file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    offset: u64,
    length: u64,
}

impl SpillFile {
    /// A new file in `directory`, which no name leads to. The files there may have `limit` bytes together.
    pub fn create(directory: &Path, limit: Option<u64>) -> Result<Self, StorageError> {
        let file = UnnamedFile::create(directory, limit)
            .map_err(StorageError::io("create a spill file in", directory))?;
        Ok(SpillFile { directory: directory.to_owned(), file })
    }

    /// Writes the bytes behind all others. One thread at a time spills, so that pieces of two chunks do not mix.
    pub fn append(&self, bytes: &[u8]) -> Result<Chunk, StorageError> {
        let (mut out, mut chunk) = (Vec::new(), None);
        for piece in bytes.chunks(PIECE) {
            out.clear();
            encode_piece(piece, &mut out);
            let written = self.file.append(&out);
            let start = written.map_err(StorageError::io("spill to", &self.directory))?;
            let chunk = chunk.get_or_insert(Chunk { offset: start, length: 0 });
            chunk.length += out.len() as u64;
        }
        Ok(chunk.unwrap_or(Chunk { offset: 0, length: 0 }))
    }

    /// The bytes of a chunk.
    pub fn read(&self, chunk: Chunk) -> Result<Vec<u8>, StorageError> {
        let mut bytes = Vec::new();
        self.read_pieces(chunk, |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(bytes)
    }

    /// Hands the bytes of a chunk to `sink`, piece by piece.
    pub fn read_pieces(
        &self,
        chunk: Chunk,
        mut sink: impl FnMut(&[u8]) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        let mut compressed = Vec::new();
        let (mut offset, end) = (chunk.offset, chunk.offset + chunk.length);
        while offset < end {
            let mut header = [0; HEADER];
            self.read_at(&mut header, offset)?;
            let (check, plain, length) = (field(&header, 0), field(&header, 4), field(&header, 8));
            // Checked by themselves before anything is allocated: the checksum is known only with the data.
            if plain as usize > PIECE || u64::from(length) > end - offset {
                return Err(self.corrupt("a piece is longer than pieces are"));
            }
            compressed.resize(length as usize, 0);
            self.read_at(&mut compressed, offset + HEADER as u64)?;
            if checksum(&header, &compressed) != check {
                return Err(self.corrupt("a piece does not match its checksum"));
            }
            let piece = lz4_flex::block::decompress(&compressed, plain as usize);
            sink(&piece.map_err(|_| self.corrupt("a piece cannot be decompressed"))?)?;
            offset += (HEADER + compressed.len()) as u64;
        }
        Ok(())
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<(), StorageError> {
        self.file.read_exact_at(bytes, offset).map_err(|source| match source.kind() {
            io::ErrorKind::UnexpectedEof => self.corrupt("it is cut off"),
            _ => StorageError::io("read back a spill file in", &self.directory)(source),
        })
    }

    /// The error of a file that is not as it was written.
    pub fn corrupt(&self, reason: &'static str) -> StorageError {
        StorageError::CorruptSpill { directory: self.directory.clone(), reason }
    }
}

fn encode_piece(piece: &[u8], out: &mut Vec<u8>) {
    out.resize(HEADER + lz4_flex::block::get_maximum_output_size(piece.len()), 0);
    // The room is what the compressor asks for, so it cannot be too small.
    let length = lz4_flex::block::compress_into(piece, &mut out[HEADER..]).unwrap_or_default();
    out.truncate(HEADER + length);
    out[4..8].copy_from_slice(&(piece.len() as u32).to_le_bytes());
    out[8..12].copy_from_slice(&(length as u32).to_le_bytes());
    let check = crc32fast::hash(&out[4..]);
    out[..4].copy_from_slice(&check.to_le_bytes());
}

fn checksum(header: &[u8; HEADER], compressed: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&header[4..]);
    hasher.update(compressed);
    hasher.finalize()
}

fn field(header: &[u8; HEADER], at: usize) -> u32 {
    bytemuck::pod_read_unaligned(&header[at..at + 4])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::FileExt;
    use tempfile::TempDir;

    fn file() -> (TempDir, SpillFile) {
        let folder = TempDir::new().unwrap();
        let file = SpillFile::create(folder.path(), None).unwrap();
        (folder, file)
    }

    #[test]
    fn chunks_come_back_as_they_went() {
        let (folder, file) = file();
        let noise: Vec<u8> =
            (0..3_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for bytes in [&noise[..0], &noise[..1], &noise[..PIECE], &noise[..PIECE + 1], &noise] {
            let chunk = file.append(bytes).unwrap();
            assert!(file.read(chunk).unwrap() == bytes, "{} bytes", bytes.len());
        }
        assert_eq!(folder.path().read_dir().unwrap().count(), 0, "the file has no name");
    }

    #[test]
    fn what_repeats_is_written_shorter() {
        let (_folder, file) = file();
        assert!(file.append(&[7; 100_000]).unwrap().length < 1_000);
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let (_folder, file) = file();
        let chunk = file.append(b"some words and some words more").unwrap();
        for offset in 0..chunk.length {
            let mut byte = [0];
            file.file.on_disk().read_exact_at(&mut byte, offset).unwrap();
            file.file.on_disk().write_all_at(&[byte[0] ^ 0x10], offset).unwrap();
            let error = file.read(chunk).unwrap_err();
            assert!(matches!(error, StorageError::CorruptSpill { .. }), "byte {offset}: {error}");
            file.file.on_disk().write_all_at(&byte, offset).unwrap();
        }
        file.read(chunk).unwrap();
        file.file.on_disk().set_len(chunk.length - 1).unwrap();
        assert!(file.read(chunk).unwrap_err().to_string().contains("cut off"));
    }
}
