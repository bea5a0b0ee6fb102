//! One unnamed file of compressed, checksummed chunks, or several. Invariant: nothing that a piece says of itself is used before its checksum fits.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::storage::{Placement, StorageError, UnnamedFile};

/// How much is compressed at once: bounds what compressing and reading need beside the data itself.
const PIECE: usize = 1 << 20;

/// Checksum of the rest of the piece, length before compression, length after it: a u32 each.
const HEADER: usize = 12;

/// A file that tasks spill to, which goes on in another directory where one cannot be written any more. Streams share it.
#[derive(Debug)]
pub struct SpillFile {
    /// What the files in a directory may have together.
    limit: Option<u64>,
    parts: Mutex<Parts>,
}

#[derive(Debug)]
struct Parts {
    /// The last one is written to; never empty.
    begun: Vec<Arc<Part>>,
    /// The directories that have not been tried.
    spare: VecDeque<PathBuf>,
}

/// What is in one directory.
#[derive(Debug)]
struct Part {
    /// For errors.
    directory: PathBuf,
    file: UnnamedFile,
}

/// Where some bytes are in a spill file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    part: usize,
    offset: u64,
    length: u64,
}

impl SpillFile {
    /// A new file in `directory`, which no name leads to. The files there may have `limit` bytes together.
    pub fn create(directory: &Path, limit: Option<u64>) -> Result<Self, StorageError> {
        Self::begin(directory, VecDeque::new(), limit)
    }

    /// The same on the disks of a task.
    pub fn create_among(placement: &Placement) -> Result<Self, StorageError> {
        let spare = placement.spare_dirs.iter().cloned().collect();
        Self::begin(&placement.disk_dir, spare, placement.disk_limit)
    }

    fn begin(
        first: &Path,
        spare: VecDeque<PathBuf>,
        limit: Option<u64>,
    ) -> Result<Self, StorageError> {
        let mut parts = Parts { begun: Vec::new(), spare };
        match Part::create(first, limit) {
            Ok(part) => parts.begun.push(Arc::new(part)),
            Err(refused) => parts.move_on(limit, refused)?,
        }
        Ok(SpillFile { limit, parts: Mutex::new(parts) })
    }

    /// Writes the bytes behind all others. One thread at a time spills, so that pieces of two chunks do not mix.
    pub fn append(&self, bytes: &[u8]) -> Result<Chunk, StorageError> {
        let mut parts = self.parts();
        let mut written = parts.append(bytes);
        while let Err(error) = written {
            // What has been written of it stays behind, and is not read.
            parts.move_on(self.limit, error)?;
            written = parts.append(bytes);
        }
        written
    }

    /// After a panic in the middle of an append only the task that made it could go on, and it is over.
    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
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
        let part = self.parts().begun[chunk.part].clone();
        let mut compressed = Vec::new();
        let (mut offset, end) = (chunk.offset, chunk.offset + chunk.length);
        while offset < end {
            let mut header = [0; HEADER];
            part.read_at(&mut header, offset)?;
            let (check, plain, length) = (field(&header, 0), field(&header, 4), field(&header, 8));
            // Checked by themselves before anything is allocated: the checksum is known only with the data.
            if plain as usize > PIECE || u64::from(length) > end - offset {
                return Err(part.corrupt("a piece is longer than pieces are"));
            }
            compressed.resize(length as usize, 0);
            part.read_at(&mut compressed, offset + HEADER as u64)?;
            if checksum(&header, &compressed) != check {
                return Err(part.corrupt("a piece does not match its checksum"));
            }
            let piece = lz4_flex::block::decompress(&compressed, plain as usize);
            sink(&piece.map_err(|_| part.corrupt("a piece cannot be decompressed"))?)?;
            offset += (HEADER + compressed.len()) as u64;
        }
        Ok(())
    }

    /// The error of a file that is not as it was written.
    pub fn corrupt(&self, reason: &'static str) -> StorageError {
        self.parts().last().corrupt(reason)
    }
}

impl Parts {
    fn last(&self) -> &Part {
        self.begun.last().expect("one part is begun with the file")
    }

    /// Begins a part in the next directory that takes it. If there is none, the last refusal is the error.
    fn move_on(
        &mut self,
        limit: Option<u64>,
        mut refused: StorageError,
    ) -> Result<(), StorageError> {
        while let Some(directory) = self.spare.pop_front() {
            match Part::create(&directory, limit) {
                Ok(part) => {
                    self.begun.push(Arc::new(part));
                    return Ok(());
                }
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    fn append(&self, bytes: &[u8]) -> Result<Chunk, StorageError> {
        let Part { directory, file } = self.last();
        let (mut out, mut chunk) = (Vec::new(), None);
        for piece in bytes.chunks(PIECE) {
            out.clear();
            encode_piece(piece, &mut out);
            let start = file.append(&out).map_err(StorageError::io("spill to", directory))?;
            let part = self.begun.len() - 1;
            let chunk = chunk.get_or_insert(Chunk { part, offset: start, length: 0 });
            chunk.length += out.len() as u64;
        }
        Ok(chunk.unwrap_or(Chunk { part: 0, offset: 0, length: 0 }))
    }
}

impl Part {
    fn create(directory: &Path, limit: Option<u64>) -> Result<Part, StorageError> {
        let file = UnnamedFile::create(directory, limit)
            .map_err(StorageError::io("create a spill file in", directory))?;
        Ok(Part { directory: directory.to_owned(), file })
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<(), StorageError> {
        self.file.read_exact_at(bytes, offset).map_err(|source| match source.kind() {
            io::ErrorKind::UnexpectedEof => self.corrupt("it is cut off"),
            _ => StorageError::io("read back a spill file in", &self.directory)(source),
        })
    }

    fn corrupt(&self, reason: &'static str) -> StorageError {
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
        let part = file.parts().begun[0].clone();
        for offset in 0..chunk.length {
            let mut byte = [0];
            part.file.on_disk().read_exact_at(&mut byte, offset).unwrap();
            part.file.on_disk().write_all_at(&[byte[0] ^ 0x10], offset).unwrap();
            let error = file.read(chunk).unwrap_err();
            assert!(matches!(error, StorageError::CorruptSpill { .. }), "byte {offset}: {error}");
            part.file.on_disk().write_all_at(&byte, offset).unwrap();
        }
        file.read(chunk).unwrap();
        part.file.on_disk().set_len(chunk.length - 1).unwrap();
        assert!(file.read(chunk).unwrap_err().to_string().contains("cut off"));
    }

    #[test]
    fn a_full_directory_hands_over_to_the_next_and_what_it_has_is_read() {
        let folders = [(); 3].map(|()| TempDir::new().unwrap());
        let missing = folders[1].path().join("missing");
        let mut placement = Placement::on_disk(folders[0].path());
        placement.spare_dirs = vec![missing, folders[2].path().to_owned()];
        placement.disk_limit = Some(200);
        let file = SpillFile::create_among(&placement).unwrap();
        let noise = |seed: u8| -> Vec<u8> {
            (0..120_u8).map(|n| n.wrapping_mul(151) ^ n.wrapping_mul(n) ^ seed).collect()
        };
        let chunks = [1, 2].map(|seed| file.append(&noise(seed)).unwrap());
        assert_eq!(chunks.map(|chunk| chunk.part), [0, 1]);
        let error = file.append(&noise(3)).unwrap_err();
        assert!(error.to_string().contains(folders[2].path().to_str().unwrap()), "{error}");
        assert_eq!(chunks.map(|chunk| file.read(chunk).unwrap()), [1, 2].map(noise));
    }
}
