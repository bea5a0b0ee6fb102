//! Which directories are encrypted, and with which key.
//!
//! Invariant: in a directory that has a key here, every block and spill file is written and read encrypted; nobody who opens
//! one can forget it. The key comes into a process by [`Placement::unlock`](super::Placement::unlock), over an inherited socket, and is nowhere else.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

use super::StorageError;

/// One for each application, never written to a file, an environment or a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key([u8; 32]);

impl Key {
    /// A fresh one.
    pub(super) fn generate() -> Result<Key, StorageError> {
        let mut bytes = [0; 32];
        SystemRandom::new().fill(&mut bytes).map_err(|_| StorageError::NoRandomness)?;
        Ok(Key(bytes))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key(hidden)")
    }
}

/// A process has few: the driver's one after the other, a worker's one.
static KEYS: RwLock<BTreeMap<PathBuf, Key>> = RwLock::new(BTreeMap::new());

/// The key of a directory's files, if they are encrypted.
pub(super) fn of(directory: &Path) -> Option<Key> {
    KEYS.read().unwrap_or_else(PoisonError::into_inner).get(directory).cloned()
}

/// Whether this process encrypts anything.
pub(super) fn are_there() -> bool {
    !KEYS.read().unwrap_or_else(PoisonError::into_inner).is_empty()
}

/// From now on the directory's files are encrypted.
pub(super) fn register(directory: &Path, key: &Key) {
    let mut keys = KEYS.write().unwrap_or_else(PoisonError::into_inner);
    if keys.get(directory) != Some(key) {
        keys.insert(directory.to_owned(), key.clone());
    }
}

/// The directory is gone.
pub(super) fn forget(directory: &Path) {
    KEYS.write().unwrap_or_else(PoisonError::into_inner).remove(directory);
}
