//! The life of an output folder: made, filled beside the result, committed by rename, or taken away again.
//!
//! Invariant: whatever this removes it has made itself. Folders are removed only when empty, except the staging folder.

use super::OutputError;
use crate::text::{Codec, Location};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Hidden from readers by its first letter; the reference's name for the same thing.
const TEMPORARY: &str = "_temporary";
/// Its presence says that every part is in place.
const SUCCESS: &str = "_SUCCESS";

/// What a task has to know to make the file of its part.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct PartFiles {
    /// Where attempts leave their files.
    pub staging: PathBuf,
    /// What the names of the parts begin with: `part-`, or `part-r-` in Hadoop's new API.
    pub prefix: String,
    /// How they compress them as a whole.
    pub codec: Option<Codec>,
}

impl PartFiles {
    fn extension(&self) -> &'static str {
        self.codec.map_or("", Codec::extension)
    }

    fn part_name(&self, partition: u32) -> String {
        format!("{}{partition:05}{}", self.prefix, self.extension())
    }

    pub(super) fn attempt_name(&self, partition: u32, task: u64) -> String {
        format!("{}{partition:05}-{task}{}", self.prefix, self.extension())
    }
}

/// An output folder in the making. Dropped without a commit, it disappears.
pub struct OutputCommit {
    path: PathBuf,
    output: PartFiles,
    /// What to remove again, oldest first: missing parents, the folder, the folders for staging.
    folders: Vec<PathBuf>,
    parts: Vec<PathBuf>,
    committed: bool,
}

impl OutputCommit {
    /// Makes the folder, with a staging folder inside; an error if anything exists at the path.
    pub fn prepare(path: &str, prefix: &str, codec: Option<Codec>) -> Result<Self, OutputError> {
        let path = Location::parse(path)?.to_path();
        if path.symlink_metadata().is_ok() {
            return Err(OutputError::AlreadyExists { path });
        }
        let staging = path.join(TEMPORARY);
        let output = PartFiles { staging, prefix: prefix.to_owned(), codec };
        let mut made =
            Self { path, output, folders: Vec::new(), parts: Vec::new(), committed: false };
        made.make_folders()?;
        Ok(made)
    }

    /// What travels to the tasks.
    pub fn spec(&self) -> PartFiles {
        self.output.clone()
    }

    /// Makes the winners' files, each a partition and the task whose attempt counts, the parts of the output.
    pub fn commit(mut self, winners: &[(u32, u64)]) -> Result<(), OutputError> {
        self.check(winners)?;
        for (partition, task) in winners {
            self.place(*partition, *task)?;
        }
        self.remove_staging()
            .map_err(|source| OutputError::Write { path: self.output.staging.clone(), source })?;
        let success = self.path.join(SUCCESS);
        File::create_new(&success).map_err(OutputError::write(&success))?;
        self.committed = true;
        Ok(())
    }

    /// Removes everything this has made.
    pub fn abort(self) {}

    /// Parents are made if they are missing. A folder that someone else makes at the same moment is not ours.
    fn make_folders(&mut self) -> Result<(), OutputError> {
        for parent in missing_parents(&self.path) {
            match fs::create_dir(&parent) {
                Ok(()) => self.folders.push(parent),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(source) => return Err(OutputError::Write { path: parent, source }),
            }
        }
        self.make_folder(self.path.clone())?;
        self.make_folder(self.path.join(TEMPORARY))?;
        // Two saves to one path cannot both come this far; the random name keeps a straggler of a save that was
        // aborted out of the next one's folder.
        let staging = tempfile::Builder::new()
            .prefix("")
            .tempdir_in(self.path.join(TEMPORARY))
            .map_err(OutputError::write(&self.path))?;
        self.output.staging = staging.keep();
        Ok(())
    }

    fn make_folder(&mut self, path: PathBuf) -> Result<(), OutputError> {
        match fs::create_dir(&path) {
            Ok(()) => {
                self.folders.push(path);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Err(OutputError::AlreadyExists { path })
            }
            Err(source) => Err(OutputError::Write { path, source }),
        }
    }

    /// A second winner's file would silently replace the first one's.
    fn check(&self, winners: &[(u32, u64)]) -> Result<(), OutputError> {
        let mut seen = HashSet::new();
        match winners.iter().find(|(partition, _)| !seen.insert(*partition)) {
            Some((partition, _)) => {
                Err(OutputError::TwoWinners { path: self.path.clone(), partition: *partition })
            }
            None => Ok(()),
        }
    }

    fn place(&mut self, partition: u32, task: u64) -> Result<(), OutputError> {
        let part = self.path.join(self.output.part_name(partition));
        let attempt = self.output.staging.join(self.output.attempt_name(partition, task));
        fs::rename(&attempt, &part).map_err(OutputError::write(&attempt))?;
        self.parts.push(part);
        Ok(())
    }

    /// Also removes what losing and killed attempts left there.
    fn remove_staging(&self) -> std::io::Result<()> {
        remove_while_written(&self.output.staging)?;
        fs::remove_dir(self.path.join(TEMPORARY))
    }
}

impl Drop for OutputCommit {
    /// Goes on after an error: the more is gone the better.
    fn drop(&mut self) {
        if self.committed {
            return;
        }
        for part in &self.parts {
            fs::remove_file(part).ok();
        }
        if self.folders.contains(&self.path.join(TEMPORARY)) {
            remove_while_written(&self.output.staging).ok();
        }
        for folder in self.folders.iter().rev() {
            fs::remove_dir(folder).ok();
        }
    }
}

/// A task that nobody waits for any more may be about to put its file here. Under another name the folder is out of
/// its reach, but for a file that was on its way at that moment.
fn remove_while_written(folder: &Path) -> std::io::Result<()> {
    let removed = folder.with_extension("removed");
    fs::rename(folder, &removed)?;
    loop {
        match fs::remove_dir_all(&removed) {
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => {}
            other => return other,
        }
    }
}

/// The folders above a path that are not there yet, outermost first.
fn missing_parents(path: &Path) -> Vec<PathBuf> {
    let above = path.ancestors().skip(1);
    let mut missing: Vec<_> =
        above.take_while(|folder| !folder.exists()).map(Path::to_owned).collect();
    missing.reverse();
    missing
}
