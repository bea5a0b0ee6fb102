//! The run's directories, owned by the driver. Invariant: they exist as long as the driver does, and only in the process that
//! made them does dropping this remove them; a forked child of the driver's leaves them alone.

use std::os::fd::{AsRawFd, IntoRawFd, RawFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, io, process};

use rustix::fs::statvfs;

use super::directory::{LockedDirectory, sweep};
use super::{Key, Placement, StorageError, keys, writer};

/// Where Linux has shared memory.
pub const SHARED_MEMORY: &str = "/dev/shm";
/// Shared memory with less room than this is not worth it: in the 64 MiB that containers give, a few blocks would crowd out everything else.
const LEAST_MEMORY: u64 = 128 << 20;
/// We fill shared memory up to this part of what was free at the start. It is memory (by default the limit is half the machine's), and others need some too.
const MEMORY_SHARE: u64 = 2;

/// The driver's two private directories for this run.
#[derive(Debug)]
pub struct RunDirectory {
    memory: Option<Memory>,
    /// One on each disk that could be written at the start; at least one until `remove`.
    disks: Vec<LockedDirectory>,
    disk_paths: Vec<PathBuf>,
    disk_limit: Option<u64>,
    /// Turns, so that the tasks spread over the disks.
    turn: AtomicUsize,
    owner: u32,
    /// What the files of this run are encrypted with, if they are.
    key: Option<Key>,
}

/// Where run directories are made.
#[derive(Clone, Debug)]
pub struct Places {
    /// In shared memory; none if all blocks are to go to disk.
    pub shared_memory: Option<PathBuf>,
    /// On disks.
    pub local_dirs: Vec<PathBuf>,
    /// What the files in each directory on disk may have together.
    pub disk_limit: Option<u64>,
}

impl Places {
    /// The system's shared memory, and one disk without a limit.
    pub fn on(local_dir: &Path) -> Places {
        let shared_memory = Some(PathBuf::from(SHARED_MEMORY));
        Places { shared_memory, local_dirs: vec![local_dir.to_owned()], disk_limit: None }
    }
}

#[derive(Debug)]
struct Memory {
    directory: LockedDirectory,
    /// The bytes of shared memory that stay free.
    reserve: u64,
    /// The bytes that our blocks may have together, where somebody has said so.
    limit: Option<u64>,
}

impl RunDirectory {
    /// Makes both directories: one in shared memory, if there is some worth it, and one in `local_dir`, which is
    /// `spark.local.dir` or the directory for temporary files.
    pub fn create(local_dir: &Path) -> Result<Self, StorageError> {
        Self::create_among(&Places::on(local_dir))
    }

    /// Lets blocks have so many bytes of shared memory at most.
    pub fn limit_memory(&mut self, limit: Option<u64>) {
        if let Some(memory) = &mut self.memory {
            memory.limit = limit;
        }
    }

    /// The same on several disks. One that fails is passed over, as long as there is another.
    pub fn create_among(places: &Places) -> Result<Self, StorageError> {
        let Places { shared_memory, local_dirs, disk_limit } = places;
        let (mut disks, mut refused) = (Vec::new(), None);
        for local_dir in local_dirs {
            match create_on_disk(local_dir) {
                Ok(disk) => disks.push(disk),
                Err(error) => refused = Some(error),
            }
        }
        if let Some(error) = refused.filter(|_| disks.is_empty()) {
            return Err(error);
        }
        let disk_paths = disks.iter().map(|disk| disk.path.clone()).collect();
        let memory = shared_memory.as_deref().and_then(Memory::create);
        let disk_limit = *disk_limit;
        let (turn, owner) = (AtomicUsize::new(0), process::id());
        Ok(RunDirectory { memory, disks, disk_paths, disk_limit, turn, owner, key: None })
    }

    /// Where tasks may write now. The allowance is that of all tasks together: who starts several at once divides it, and who has a
    /// tighter budget than the machine's shared memory lowers it.
    pub fn placement(&self) -> Placement {
        self.placement_of(self.turn.fetch_add(1, Ordering::Relaxed))
    }

    /// The same for who only looks: it takes nobody's turn.
    pub fn next_placement(&self) -> Placement {
        self.placement_of(self.turn.load(Ordering::Relaxed))
    }

    fn placement_of(&self, turn: usize) -> Placement {
        let mut disks = self.disk_paths.clone();
        let turn = turn % disks.len().max(1);
        disks.rotate_left(turn);
        let mut disks = disks.into_iter();
        Placement {
            memory_dir: self.memory.as_ref().map(|memory| memory.directory.path.clone()),
            memory_allowance: self.memory.as_ref().map_or(0, Memory::allowance),
            disk_dir: disks.next().unwrap_or_default(),
            spare_dirs: disks.collect(),
            disk_limit: self.disk_limit,
            key: self.key.clone(),
        }
    }

    /// The directory on the first disk, for what is to stay in one place.
    pub fn first_disk(&self) -> PathBuf {
        self.disk_paths.first().cloned().unwrap_or_default()
    }

    /// Whether what is written is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.key.is_some()
    }

    /// Encrypts everything that is written from now on, with a fresh key that this process and those it tells know.
    pub fn encrypt(&mut self) -> Result<(), StorageError> {
        self.key = Some(Key::generate()?);
        self.placement().unlock();
        Ok(())
    }

    /// Removes the directories that ended drivers of this user left in shared memory and in `local_dir`, and says how many
    /// those were. Whether a driver has ended is told by its lock alone, never by a process id, which may belong to another by now.
    pub fn sweep_abandoned(local_dir: &Path) -> usize {
        Self::sweep_among(&Places::on(local_dir))
    }

    /// The same in all places.
    pub fn sweep_among(places: &Places) -> usize {
        places.shared_memory.iter().chain(&places.local_dirs).map(|parent| sweep(parent)).sum()
    }

    /// The descriptors that hold the locks. A forked child of the driver's inherits them and must close them, or the
    /// directories look alive for as long as it lives. They stay this object's in the driver.
    pub fn lock_files(&self) -> Vec<RawFd> {
        self.directories().map(|directory| directory.lock.as_raw_fd()).collect()
    }

    /// The bytes of shared memory that this run's blocks occupy.
    pub fn used_memory(&self) -> u64 {
        self.memory.as_ref().map_or(0, |memory| memory.directory.occupied())
    }

    /// Removes what a worker that died, process `writer`, had begun to write and not sealed; says how many files there were.
    pub fn remove_unsealed(&self, writer: u32) -> usize {
        let prefix = writer::unsealed_prefix(writer);
        self.directories().map(|directory| directory.remove_files(&prefix)).sum()
    }

    /// Removes both directories with all that is in them. Dropping does the same but cannot say what went wrong.
    pub fn remove(mut self) -> Result<(), StorageError> {
        self.remove_all()
    }

    fn directories(&self) -> impl Iterator<Item = &LockedDirectory> {
        self.memory.as_ref().map(|memory| &memory.directory).into_iter().chain(&self.disks)
    }

    fn remove_all(&mut self) -> Result<(), StorageError> {
        self.directories().for_each(|directory| keys::forget(&directory.path));
        let memory = self.memory.take().map(|memory| memory.directory);
        let results = memory.into_iter().chain(std::mem::take(&mut self.disks)).map(|directory| {
            if self.owner == process::id() {
                directory.remove().map_err(StorageError::io("remove", &directory.path))
            } else {
                // A forked child may have closed the descriptor already, and its number may be another file's by now.
                let _ = directory.lock.into_raw_fd();
                Ok(())
            }
        });
        // Each is tried, whatever happened to the other.
        results.collect::<Vec<_>>().into_iter().collect()
    }
}

fn create_on_disk(local_dir: &Path) -> Result<LockedDirectory, StorageError> {
    // Absolute, for the driver's program may change its directory.
    let local_dir = std::path::absolute(local_dir).map_err(StorageError::io("find", local_dir))?;
    fs::create_dir_all(&local_dir)
        .and_then(|()| LockedDirectory::create(&local_dir))
        .map_err(StorageError::io("make a directory in", &local_dir))
}

impl Drop for RunDirectory {
    fn drop(&mut self) {
        // Nobody is left to tell; the next start sweeps what remains.
        let _ = self.remove_all();
    }
}

impl Memory {
    /// None if there is no shared memory, if it is not ours to write to, or if it is not worth it.
    fn create(shared_memory: &Path) -> Option<Memory> {
        let free = free_bytes(shared_memory).ok().filter(|free| *free >= LEAST_MEMORY)?;
        let directory = LockedDirectory::create(shared_memory).ok()?;
        Some(Memory { directory, reserve: free - free / MEMORY_SHARE, limit: None })
    }

    fn allowance(&self) -> u64 {
        let free =
            free_bytes(&self.directory.path).map_or(0, |free| free.saturating_sub(self.reserve));
        match self.limit {
            Some(limit) => free.min(limit.saturating_sub(self.directory.occupied())),
            None => free,
        }
    }
}

fn free_bytes(directory: &Path) -> io::Result<u64> {
    let status = statvfs(directory)?;
    Ok(status.f_bavail.saturating_mul(status.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{BlockWriter, write_block};
    use tempfile::TempDir;

    /// A run whose shared memory is an ordinary directory.
    fn run() -> (TempDir, RunDirectory) {
        let parent = TempDir::new().unwrap();
        let memory = parent.path().join("memory");
        fs::create_dir(&memory).unwrap();
        let on_disk = Places::on(&parent.path().join("local/dir"));
        let places = Places { shared_memory: Some(memory), ..on_disk };
        let run = RunDirectory::create_among(&places).unwrap();
        (parent, run)
    }

    #[test]
    fn blocks_in_memory_are_counted() {
        let (_parent, run) = run();
        let placement = run.placement();
        assert!(placement.memory_allowance > 0);
        let before = run.used_memory();
        write_block(&placement, "block", &[1; 10_000]).unwrap();
        let used = run.used_memory() - before;
        assert!((10_000..20_000).contains(&used), "{used} bytes");
    }

    #[test]
    fn without_shared_memory_there_is_the_disk() {
        let parent = TempDir::new().unwrap();
        let missing = parent.path().join("missing");
        let places = Places { shared_memory: Some(missing), ..Places::on(parent.path()) };
        let run = RunDirectory::create_among(&places).unwrap();
        let placement = run.placement();
        assert_eq!((placement.memory_dir, placement.memory_allowance), (None, 0));
        assert_eq!((run.used_memory(), run.lock_files().len()), (0, 1));
    }

    #[test]
    fn tasks_take_turns_among_the_disks_that_work() {
        let parent = TempDir::new().unwrap();
        let file = parent.path().join("file");
        fs::write(&file, b"").unwrap();
        let disks = [parent.path().join("a"), file.clone(), parent.path().join("b")];
        let mut places = Places { local_dirs: disks.to_vec(), ..Places::on(&file) };
        let run = RunDirectory::create_among(&places).unwrap();
        let first_choices =
            [0, 1, 2].map(|_| run.placement().disk_dir.parent().unwrap().to_owned());
        assert_eq!(first_choices, [&disks[0], &disks[2], &disks[0]].map(PathBuf::clone));
        run.remove().unwrap();
        places.local_dirs = vec![file.clone()];
        let error = RunDirectory::create_among(&places).unwrap_err();
        assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
    }

    #[test]
    fn removing_takes_everything_along() {
        let (parent, run) = run();
        write_block(&run.placement(), "block", b"x").unwrap();
        run.remove().unwrap();
        for left in ["memory", "local/dir"] {
            assert_eq!(fs::read_dir(parent.path().join(left)).unwrap().count(), 0);
        }
    }

    #[test]
    fn a_forked_child_removes_nothing() {
        let (_parent, mut run) = run();
        run.owner += 1;
        let placement = run.placement();
        drop(run);
        assert!(placement.disk_dir.exists() && placement.memory_dir.unwrap().exists());
    }

    #[test]
    fn what_a_dead_worker_began_is_removed() {
        let (_parent, run) = run();
        let placement = run.placement();
        write_block(&placement, "sealed", b"x").unwrap();
        let mut unsealed = BlockWriter::new(&placement, "unsealed");
        unsealed.append(&[0; 100_000]).unwrap();
        assert_eq!(run.remove_unsealed(process::id() + 1), 0);
        assert_eq!(run.remove_unsealed(process::id()), 1);
        assert!(unsealed.seal().is_err());
    }
}
