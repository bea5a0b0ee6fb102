//! Runs that a map task had to spill: one unnamed file on disk, which the kernel removes with the process, however it ends.
//!
//! Invariant: of each run the file holds the partitions' frames in order, and `parts` knows where.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::storage::{StorageError, UnnamedFile};

/// How much of a spilled part is in memory at once while it is merged, or before it is written.
const CHUNK: usize = 256 << 10;

/// The spilled runs of one map task.
#[derive(Debug)]
pub(super) struct SpilledRuns {
    /// Where the file is, for errors.
    directory: PathBuf,
    file: UnnamedFile,
    length: u64,
    /// For each run, for each partition, where its frames end in the file; they start where the ones before them end.
    parts: Vec<Vec<u64>>,
}

impl SpilledRuns {
    pub(super) fn create(directory: &Path, limit: Option<u64>) -> Result<Self, StorageError> {
        let file = UnnamedFile::create(directory, limit)
            .map_err(StorageError::io("create a spill file in", directory))?;
        Ok(SpilledRuns { directory: directory.to_owned(), file, length: 0, parts: Vec::new() })
    }

    /// The number of runs.
    pub(super) fn count(&self) -> usize {
        self.parts.len()
    }

    /// Appends a run, given as the frames of each partition.
    pub(super) fn spill(&mut self, run: &[Vec<u8>]) -> Result<(), StorageError> {
        self.write(run).map_err(StorageError::io("spill to", &self.directory))?;
        self.parts.push(
            run.iter()
                .map(|frames| {
                    self.length += frames.len() as u64;
                    self.length
                })
                .collect(),
        );
        Ok(())
    }

    /// Small partitions go together, to save system calls.
    fn write(&self, run: &[Vec<u8>]) -> io::Result<()> {
        let mut gathered = Vec::with_capacity(CHUNK);
        for frames in run {
            if gathered.len() + frames.len() > CHUNK {
                self.file.append(&gathered)?;
                gathered.clear();
            }
            if frames.len() > CHUNK {
                self.file.append(frames)?;
            } else {
                gathered.extend_from_slice(frames);
            }
        }
        self.file.append(&gathered).map(drop)
    }

    /// Hands the frames of `partition` to `sink`, chunk by chunk, from the first run to the last.
    pub(super) fn read(
        &self,
        partition: usize,
        mut sink: impl FnMut(&[u8]) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        let mut chunk = Vec::new();
        for mut rest in self.parts(partition) {
            while !rest.is_empty() {
                chunk.resize(CHUNK.min((rest.end - rest.start) as usize), 0);
                self.file
                    .read_exact_at(&mut chunk, rest.start)
                    .map_err(StorageError::io("read back a spill file in", &self.directory))?;
                sink(&chunk)?;
                rest.start += chunk.len() as u64;
            }
        }
        Ok(())
    }

    /// Where the frames of `partition` are, run by run.
    fn parts(&self, partition: usize) -> impl Iterator<Item = Range<u64>> {
        let mut run_start = 0;
        self.parts.iter().map(move |ends| {
            let start = if partition == 0 { run_start } else { ends[partition - 1] };
            run_start = ends.last().copied().unwrap_or(run_start);
            start..ends[partition]
        })
    }
}
