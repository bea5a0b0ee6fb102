//! Writing blocks. Invariant: a block that is not sealed is never visible under its name, and leaves nothing behind when its writer is dropped.
//!
//! A block starts in shared memory and moves on to disk when it outgrows the allowance or the memory is full, and from a disk that cannot
//! be written to the next one. Full memory is an error of `write`; writing through a mapping would make it a signal in the user's interpreter.

use std::io::{self, ErrorKind, Read, Seek, Write};
use std::path::{Component, Path, PathBuf};

use tempfile::NamedTempFile;

use super::cipher::Sealer;
use super::file::{PIECE, sealer};
use super::{BlockRef, Placement, StorageError, check_limit};

/// Smaller appends are gathered up to this many bytes, to save system calls.
const GATHERED: usize = 64 << 10;

/// Writes a whole block and seals it.
pub fn write_block(
    placement: &Placement,
    name: &str,
    bytes: &[u8],
) -> Result<BlockRef, StorageError> {
    let mut writer = BlockWriter::sized(placement, name, bytes.len() as u64);
    writer.append(bytes)?;
    writer.seal()
}

/// Writes a block piece by piece.
#[derive(Debug)]
pub struct BlockWriter {
    placement: Placement,
    name: String,
    /// The length that was announced, which decides where the block starts out.
    expected: u64,
    file: Option<Unsealed>,
    /// The bytes appended so far.
    appended: u64,
    /// What encrypts them; none before the first, and where they stay plain.
    sealer: Option<Sealer>,
    /// The bytes in the file; a write that failed may have left more behind them.
    written: u64,
    gathered: Vec<u8>,
}

#[derive(Debug)]
struct Unsealed {
    file: NamedTempFile,
    place: Place,
}

/// Where a block may be, in the order in which it moves on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Memory,
    /// The first disk is 0.
    Disk(usize),
}

impl BlockWriter {
    /// A block that will be called `name`.
    pub fn new(placement: &Placement, name: &str) -> Self {
        Self::sized(placement, name, 0)
    }

    /// The same, for a block that will have at least `expected` bytes: it goes to disk at once if so many are not allowed in memory.
    pub fn sized(placement: &Placement, name: &str, expected: u64) -> Self {
        BlockWriter {
            placement: placement.clone(),
            name: name.to_owned(),
            expected,
            file: None,
            appended: 0,
            sealer: None,
            written: 0,
            gathered: Vec::new(),
        }
    }

    /// The bytes appended so far.
    pub fn length(&self) -> u64 {
        self.appended
    }

    /// Appends to the block. After an error the block can only be dropped.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        if self.appended == 0 && !bytes.is_empty() {
            self.sealer =
                self.encrypted(|writer| sealer(&writer.placement.disk_dir, &writer.name))?;
        }
        self.appended += bytes.len() as u64;
        if self.sealer.is_none() {
            return self.gather(bytes);
        }
        bytes.chunks(PIECE).try_for_each(|piece| self.append_encrypted(piece))
    }

    fn append_encrypted(&mut self, piece: &[u8]) -> Result<(), StorageError> {
        let Some(mut sealer) = self.sealer.take() else { return Ok(()) };
        let sealed = self.encrypted(|_| sealer.push(piece))?;
        self.sealer = Some(sealer);
        self.gather(&sealed)
    }

    fn encrypted<T>(
        &self,
        encrypt: impl FnOnce(&Self) -> io::Result<T>,
    ) -> Result<T, StorageError> {
        encrypt(self).map_err(StorageError::io("encrypt", &self.path()))
    }

    fn gather(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        if self.gathered.len() + bytes.len() <= GATHERED {
            self.gathered.extend_from_slice(bytes);
            return Ok(());
        }
        self.write_gathered()?;
        if bytes.len() < GATHERED {
            self.gathered.extend_from_slice(bytes);
            return Ok(());
        }
        self.write(bytes)
    }

    /// Makes the block visible under its name, in place of an older one.
    pub fn seal(mut self) -> Result<BlockRef, StorageError> {
        if let Some(sealer) = self.sealer.take() {
            let last = self.encrypted(|_| sealer.finish())?;
            self.gather(&last)?;
        }
        self.write_gathered()?;
        let path = self.path();
        if let Some(unsealed) = self.file.take() {
            unsealed
                .file
                .persist(&path)
                .map_err(|error| error.error)
                .map_err(StorageError::io("seal", &path))?;
        }
        Ok(BlockRef { path, offset: 0, length: self.appended })
    }

    fn write_gathered(&mut self) -> Result<(), StorageError> {
        let gathered = std::mem::take(&mut self.gathered);
        self.write(&gathered)?;
        self.gathered = gathered;
        self.gathered.clear();
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        let length = self.written + bytes.len() as u64;
        let fits = length.max(self.expected) <= self.placement.memory_allowance;
        if self.file.is_none() {
            self.file = Some(self.open(fits)?);
        } else if self.is_in_memory() && !fits {
            self.move_on()?;
        }
        let mut result = self.try_write(bytes);
        while result.as_ref().is_err_and(|error| self.may_move_on(error)) {
            self.move_on()?;
            result = self.try_write(bytes);
        }
        result.map_err(|source| StorageError::Io { action: "write", path: self.path(), source })?;
        self.written = length;
        Ok(())
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(unsealed) = &self.file {
            self.check_limit(unsealed.place, bytes.len() as u64)?;
        }
        match &mut self.file {
            // Past the temporary file's own `write`, which would name the path a second time in its errors.
            Some(unsealed) => unsealed.file.as_file_mut().write_all(bytes),
            None => Ok(()),
        }
    }

    fn is_in_memory(&self) -> bool {
        self.place() == Some(Place::Memory)
    }

    fn place(&self) -> Option<Place> {
        self.file.as_ref().map(|unsealed| unsealed.place)
    }

    fn last_disk(&self) -> Place {
        Place::Disk(self.placement.spare_dirs.len())
    }

    fn directory(&self, place: Place) -> Option<&PathBuf> {
        match place {
            Place::Memory => self.placement.memory_dir.as_ref(),
            Place::Disk(number) => self.placement.disks().nth(number),
        }
    }

    fn check_limit(&self, place: Place, more: u64) -> io::Result<()> {
        match (place, self.directory(place)) {
            (Place::Disk(_), Some(directory)) => {
                check_limit(directory, self.placement.disk_limit, more)
            }
            _ => Ok(()),
        }
    }

    /// Memory is left when it is full, a disk for any reason, if there is another one.
    fn may_move_on(&self, error: &io::Error) -> bool {
        match self.place() {
            Some(Place::Memory) => is_full(error),
            Some(disk) => disk < self.last_disk(),
            None => false,
        }
    }

    fn open(&self, in_memory: bool) -> Result<Unsealed, StorageError> {
        check_name(&self.name)?;
        if let Some(directory) = self.placement.memory_dir.as_ref().filter(|_| in_memory)
            && let Ok(file) = create_unsealed(directory)
        {
            return Ok(Unsealed { file, place: Place::Memory });
        }
        self.open_on_disk(0)
    }

    /// On the first disk that takes it, from number `first` on.
    fn open_on_disk(&self, first: usize) -> Result<Unsealed, StorageError> {
        let mut refused = None;
        for (number, directory) in self.placement.disks().enumerate().skip(first) {
            match create_unsealed(directory) {
                Ok(file) => return Ok(Unsealed { file, place: Place::Disk(number) }),
                Err(error) => {
                    refused = Some(StorageError::io("create a block in", directory)(error));
                }
            }
        }
        Err(refused.unwrap_or_else(|| StorageError::Name { name: self.name.clone() }))
    }

    /// Takes what has been written along to the next place that takes it.
    fn move_on(&mut self) -> Result<(), StorageError> {
        let mut first = match self.place() {
            Some(Place::Disk(number)) => number + 1,
            _ => 0,
        };
        loop {
            let mut next = self.open_on_disk(first)?;
            match self.copy_to(&mut next) {
                Ok(()) => {
                    self.file = Some(next);
                    return Ok(());
                }
                Err(_) if next.place < self.last_disk() => first += 1,
                Err(error) => return Err(StorageError::io("write", next.file.path())(error)),
            }
        }
    }

    fn copy_to(&mut self, next: &mut Unsealed) -> io::Result<()> {
        self.check_limit(next.place, self.written)?;
        match &mut self.file {
            Some(before) => copy(&mut before.file, &mut next.file, self.written),
            None => Ok(()),
        }
    }

    /// Where the block will be if it stays where it is now.
    fn path(&self) -> PathBuf {
        let directory = self.place().and_then(|place| self.directory(place));
        directory.unwrap_or(&self.placement.disk_dir).join(&self.name)
    }
}

/// How the names of unsealed files begin that process `writer` has made; when it dies, they are found by it.
pub(super) fn unsealed_prefix(writer: u32) -> String {
    format!(".unsealed-{writer}-")
}

/// A temporary file, readable by its owner only.
pub(super) fn create_unsealed(directory: &Path) -> io::Result<NamedTempFile> {
    let prefix = unsealed_prefix(std::process::id());
    tempfile::Builder::new().prefix(&prefix).rand_bytes(8).tempfile_in(directory)
}

fn copy(from: &mut NamedTempFile, to: &mut NamedTempFile, length: u64) -> io::Result<()> {
    from.rewind()?;
    let copied = io::copy(&mut from.as_file().take(length), to.as_file_mut())?;
    if copied == length { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::OutOfMemory
    )
}

/// A name must not lead out of the directory.
fn check_name(name: &str) -> Result<(), StorageError> {
    match Path::new(name).components().collect::<Vec<_>>()[..] {
        [Component::Normal(only)] if only == name => Ok(()),
        _ => Err(StorageError::Name { name: name.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};
    use tempfile::{TempDir, TempPath};

    /// Two directories: the first plays shared memory.
    fn directories(memory_allowance: u64) -> (TempDir, TempDir, Placement) {
        let (memory, disk) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let placement = Placement {
            memory_dir: Some(memory.path().to_owned()),
            memory_allowance,
            ..Placement::on_disk(disk.path())
        };
        (memory, disk, placement)
    }

    fn files(directory: &TempDir) -> usize {
        fs::read_dir(directory).unwrap().count()
    }

    #[test]
    fn a_block_is_visible_only_when_sealed() {
        let (memory, disk, placement) = directories(1 << 20);
        let mut writer = BlockWriter::new(&placement, "block");
        writer.append(&[1; GATHERED]).unwrap();
        writer.append(&[2; 10]).unwrap();
        writer.append(&[3; GATHERED - 1]).unwrap();
        assert_eq!((files(&memory), files(&disk)), (1, 0));
        assert!(!memory.path().join("block").exists());
        let length = writer.length();
        let block = writer.seal().unwrap();
        assert_eq!(block, BlockRef { path: memory.path().join("block"), offset: 0, length });
        let expected = [vec![1; GATHERED], vec![2; 10], vec![3; GATHERED - 1]].concat();
        assert_eq!(fs::read(&block.path).unwrap(), expected);
        assert_eq!((files(&memory), files(&disk)), (1, 0));
    }

    #[test]
    fn a_block_that_outgrows_the_allowance_moves_to_disk() {
        let (memory, disk, placement) = directories(2 * GATHERED as u64);
        let mut writer = BlockWriter::new(&placement, "block");
        for number in 0..5 {
            writer.append(&[number; GATHERED]).unwrap();
        }
        let block = writer.seal().unwrap();
        assert_eq!((files(&memory), files(&disk)), (0, 1));
        let expected: Vec<u8> = (0..5).flat_map(|number| [number; GATHERED]).collect();
        assert_eq!(fs::read(block.path).unwrap(), expected);
    }

    #[test]
    fn an_announced_length_decides_at_once() {
        let (memory, disk, placement) = directories(1000);
        let mut writer = BlockWriter::sized(&placement, "block", 1001);
        writer.append(&[0]).unwrap();
        writer.write_gathered().unwrap();
        assert_eq!((files(&memory), files(&disk)), (0, 1));
    }

    #[test]
    fn full_memory_moves_the_block_to_disk() {
        let (_memory, disk, placement) = directories(1 << 20);
        let mut writer = BlockWriter::new(&placement, "block");
        // Every write to this device finds no space left.
        let full = File::options().read(true).write(true).open("/dev/full").unwrap();
        let path = TempPath::try_from_path(disk.path().join("nothing")).unwrap();
        writer.file =
            Some(Unsealed { file: NamedTempFile::from_parts(full, path), place: Place::Memory });
        let block = writer.append(&[7; GATHERED + 1]).and_then(|()| writer.seal()).unwrap();
        assert_eq!(block.path, disk.path().join("block"));
        assert_eq!(fs::read(block.path).unwrap(), [7; GATHERED + 1]);
    }

    #[test]
    fn a_disk_that_cannot_be_written_is_passed_over() {
        let (_memory, disk, mut placement) = directories(0);
        let gone = disk.path().join("gone");
        placement.spare_dirs = vec![gone.clone(), disk.path().to_owned()];
        placement.disk_dir = gone.clone();
        let block = write_block(&placement, "block", b"x").unwrap();
        assert_eq!(block.path, disk.path().join("block"));
        placement.spare_dirs = vec![gone.join("too")];
        let error = write_block(&placement, "block", b"x").unwrap_err().to_string();
        assert!(error.contains(gone.join("too").to_str().unwrap()), "{error}");
    }

    #[test]
    fn a_disk_at_its_limit_hands_over_to_the_next() {
        let (_memory, disk, mut placement) = directories(0);
        let spare = TempDir::new().unwrap();
        placement.spare_dirs = vec![spare.path().to_owned()];
        placement.disk_limit = Some(3 * GATHERED as u64);
        let mut writer = BlockWriter::new(&placement, "block");
        // Takes so much of the first disk that the block fits the second one only.
        fs::write(disk.path().join("other"), [0; GATHERED]).unwrap();
        for number in 0..3 {
            writer.append(&[number; GATHERED]).unwrap();
        }
        let block = writer.seal().unwrap();
        assert_eq!(block.path, spare.path().join("block"));
        let expected: Vec<u8> = (0..3).flat_map(|number| [number; GATHERED]).collect();
        assert_eq!(fs::read(block.path).unwrap(), expected);
        let error = write_block(&placement, "more", &[0; 2 * GATHERED + 1]).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("firesteel.local.dir.limit"), "{text}");
        assert_eq!((files(&disk), files(&spare)), (1, 1));
    }

    #[test]
    fn memory_that_cannot_be_written_is_passed_over() {
        let (memory, disk, placement) = directories(1 << 20);
        memory.close().unwrap();
        let block = write_block(&placement, "block", b"x").unwrap();
        assert_eq!(block.path, disk.path().join("block"));
    }

    #[test]
    fn a_dropped_or_failed_writer_leaves_nothing() {
        let (memory, disk, mut placement) = directories(1 << 20);
        for allowance in [0, 1 << 20] {
            placement.memory_allowance = allowance;
            let mut writer = BlockWriter::new(&placement, "block");
            writer.append(&[0; GATHERED + 1]).unwrap();
            drop(writer);
        }
        fs::create_dir(disk.path().join("taken")).unwrap();
        placement.memory_allowance = 0;
        assert!(write_block(&placement, "taken", b"x").is_err());
        assert_eq!((files(&memory), files(&disk)), (0, 1));
    }

    #[test]
    fn a_name_does_not_lead_elsewhere() {
        let (_memory, _disk, placement) = directories(0);
        for name in ["", ".", "..", "../x", "/x", "a/b", "a/"] {
            let result = write_block(&placement, name, b"x");
            assert!(matches!(result, Err(StorageError::Name { .. })), "{name:?}");
        }
    }
}
