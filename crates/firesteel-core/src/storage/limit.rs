//! A quota of our own for a directory on disk. Invariant: whoever keeps to it is refused as by a full disk, before a byte is written.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Whether so many more bytes in `directory` are allowed. Looking at every file each time is slow, and asks nothing of the other processes
/// that write there; those that look at the same moment may exceed the limit by what each of them writes at once. Without a limit nobody looks.
pub fn check_limit(directory: &Path, limit: Option<u64>, more: u64) -> io::Result<()> {
    match limit {
        Some(limit) if length_of_files(directory).saturating_add(more) > limit => {
            let text = format!("firesteel.local.dir.limit of {limit} bytes is reached");
            Err(io::Error::new(ErrorKind::StorageFull, text))
        }
        _ => Ok(()),
    }
}

fn length_of_files(directory: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(directory) else { return 0 };
    let files = entries.flatten().filter_map(|entry| entry.metadata().ok());
    files.filter(fs::Metadata::is_file).map(|file| file.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_count_until_they_go() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("block");
        fs::write(&file, [0; 100]).unwrap();
        assert!(check_limit(directory.path(), Some(150), 50).is_ok());
        let error = check_limit(directory.path(), Some(150), 51).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        assert!(check_limit(directory.path(), None, u64::MAX).is_ok());
        fs::remove_file(file).unwrap();
        assert!(check_limit(directory.path(), Some(150), 150).is_ok());
    }
}
