//! One locked directory: how it is made, told from an abandoned one, and removed.
//!
//! Invariant: a directory is removed only by a process that holds its lock. Its owner holds the lock (`flock` on the file `lock`
//! inside) for as long as it lives, and the kernel lets go of it when the owner ends, however it ends.
//!
//! Between `mkdir` and `flock` a new directory looks abandoned, and a sweeping process may take it away. So its owner
//! looks again once it has the lock: either the lock's path still leads to the very file it has locked, and then nobody else can ever hold the
//! lock, or it starts over under another name.

use std::ffi::OsStr;
use std::fs::{self, DirEntry, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

/// How the names of our directories begin, and no others.
pub(super) const PREFIX: &str = "firesteel-run-";
const LOCK: &str = "lock";
/// A sweeper takes a new directory away at most once, so that already the second attempt is luck to be needed.
const ATTEMPTS: usize = 16;

/// A directory of ours and the lock that says so.
#[derive(Debug)]
pub(super) struct LockedDirectory {
    pub path: PathBuf,
    pub lock: File,
}

impl LockedDirectory {
    /// Makes a fresh private directory in `parent`.
    pub(super) fn create(parent: &Path) -> io::Result<Self> {
        for _ in 0..ATTEMPTS {
            let path = tempfile::Builder::new()
                .prefix(PREFIX)
                .rand_bytes(12)
                .permissions(Permissions::from_mode(0o700))
                .disable_cleanup(true)
                .tempdir_in(parent)?
                .keep();
            if let Some(lock) = try_lock(&path, true)? {
                return Ok(LockedDirectory { path, lock });
            }
        }
        Err(io::Error::other("new directories vanish as soon as they are made"))
    }

    /// Takes over a directory whose owner has ended. None if it lives, or if somebody else was faster.
    fn take_over(path: PathBuf) -> io::Result<Option<Self>> {
        Ok(try_lock(&path, false)?.map(|lock| LockedDirectory { path, lock }))
    }

    /// Removes the directory, its lock last: should we die halfway, a later sweep finds it abandoned.
    pub(super) fn remove(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if entry.file_name() != LOCK {
                remove_entry(&entry)?;
            }
        }
        fs::remove_file(self.path.join(LOCK))?;
        // Empty and without a lock, it may already have been swept.
        unless_missing(fs::remove_dir(&self.path)).map(|_| ())
    }

    /// The bytes that the files in the directory occupy.
    pub(super) fn occupied(&self) -> u64 {
        let Ok(entries) = fs::read_dir(&self.path) else { return 0 };
        entries
            .flatten()
            .filter_map(|entry| entry.metadata().ok())
            .map(|file| file.blocks() * 512)
            .sum()
    }

    /// Removes the files whose names begin with `prefix`, and says how many there were.
    pub(super) fn remove_files(&self, prefix: &str) -> usize {
        let Ok(entries) = fs::read_dir(&self.path) else { return 0 };
        let named = |entry: &DirEntry| starts_with(&entry.file_name(), prefix);
        entries
            .flatten()
            .filter(named)
            .filter(|entry| fs::remove_file(entry.path()).is_ok())
            .count()
    }
}

/// Removes the directories in `parent` whose owners have ended, and says how many there were.
pub(super) fn sweep(parent: &Path) -> usize {
    let Ok(entries) = fs::read_dir(parent) else { return 0 };
    entries.flatten().filter(is_ours).filter(|entry| remove_if_abandoned(entry.path())).count()
}

/// Whether the entry is a directory that a process of this user made. Links are not followed.
fn is_ours(entry: &DirEntry) -> bool {
    starts_with(&entry.file_name(), PREFIX)
        && entry.metadata().is_ok_and(|metadata| {
            metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw()
        })
}

fn remove_if_abandoned(path: PathBuf) -> bool {
    match LockedDirectory::take_over(path.clone()) {
        Ok(Some(abandoned)) => abandoned.remove().is_ok(),
        // Without a lock it is empty, made by a process that died (or that will start over) before it locked it.
        Ok(None) if !path.join(LOCK).exists() => fs::remove_dir(&path).is_ok(),
        _ => false,
    }
}

/// The directory's lock, or none if another process has it or the directory is on its way out.
fn try_lock(directory: &Path, create: bool) -> io::Result<Option<File>> {
    let path = directory.join(LOCK);
    let opened = File::options()
        .read(true)
        .write(true)
        .create(create)
        .truncate(false)
        .mode(0o600)
        .custom_flags(OFlags::NOFOLLOW.bits() as i32)
        .open(&path);
    let Some(lock) = unless_missing(opened)? else { return Ok(None) };
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let locked = lock.metadata()?;
    let found = unless_missing(fs::symlink_metadata(&path))?;
    let still_there =
        found.is_some_and(|found| (found.dev(), found.ino()) == (locked.dev(), locked.ino()));
    Ok(still_there.then_some(lock))
}

fn unless_missing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn remove_entry(entry: &DirEntry) -> io::Result<()> {
    if entry.file_type()?.is_dir() {
        fs::remove_dir_all(entry.path())
    } else {
        fs::remove_file(entry.path())
    }
}

fn starts_with(name: &OsStr, prefix: &str) -> bool {
    name.as_encoded_bytes().starts_with(prefix.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};
    use tempfile::TempDir;

    #[test]
    fn only_abandoned_directories_are_swept() {
        let parent = TempDir::new().unwrap();
        let live = LockedDirectory::create(parent.path()).unwrap();
        let dead = LockedDirectory::create(parent.path()).unwrap();
        fs::create_dir(dead.path.join("folder")).unwrap();
        fs::write(dead.path.join("folder/file"), b"x").unwrap();
        fs::write(dead.path.join("block"), b"x").unwrap();
        let LockedDirectory { path: dead, lock } = dead;
        drop(lock);
        assert_eq!(sweep(parent.path()), 1);
        assert!(live.path.join(LOCK).exists());
        assert!(!dead.exists());
        live.remove().unwrap();
        assert_eq!(fs::read_dir(&parent).unwrap().count(), 0);
    }

    #[test]
    fn a_directory_that_was_never_locked_is_swept() {
        let parent = TempDir::new().unwrap();
        fs::create_dir(parent.path().join("firesteel-run-x")).unwrap();
        assert_eq!(sweep(parent.path()), 1);
    }

    #[test]
    fn what_is_not_ours_stays() {
        let parent = TempDir::new().unwrap();
        let target = parent.path().join("somebody");
        fs::create_dir(&target).unwrap();
        fs::write(target.join(LOCK), b"").unwrap();
        std::os::unix::fs::symlink(&target, parent.path().join("firesteel-run-link")).unwrap();
        fs::write(parent.path().join("firesteel-run-file"), b"").unwrap();
        let full = parent.path().join("firesteel-run-full");
        fs::create_dir(&full).unwrap();
        fs::write(full.join("precious"), b"").unwrap();
        assert_eq!(sweep(parent.path()), 0);
        assert_eq!(fs::read_dir(&parent).unwrap().count(), 4);
        assert!(target.join(LOCK).exists() && full.join("precious").exists());
    }

    #[test]
    fn a_directory_whose_lock_was_taken_away_is_nobodys() {
        let parent = TempDir::new().unwrap();
        let directory = LockedDirectory::create(parent.path()).unwrap();
        drop(directory.lock);
        fs::remove_file(directory.path.join(LOCK)).unwrap();
        assert!(try_lock(&directory.path, false).unwrap().is_none());
    }

    #[test]
    fn sweeping_never_takes_a_directory_from_its_owner() {
        let parent = TempDir::new().unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    sweep(parent.path());
                }
            });
            let owner = scope.spawn(|| {
                for _ in 0..300 {
                    let directory = LockedDirectory::create(parent.path()).unwrap();
                    fs::write(directory.path.join("block"), b"x").unwrap();
                    assert!(directory.path.join(LOCK).exists());
                    directory.remove().unwrap();
                }
            });
            let outcome = owner.join();
            done.store(true, Ordering::Relaxed);
            outcome.unwrap();
        });
    }
}
