//! Runs that a map task had to spill.
//!
//! Invariant: of each run `parts` knows where the partitions' frames are in the spill file.

use std::path::Path;

use crate::spill::{Chunk, SpillFile};
use crate::storage::StorageError;

/// The spilled runs of one map task.
#[derive(Debug)]
pub(super) struct SpilledRuns {
    file: SpillFile,
    /// For each run, for each partition, its frames.
    parts: Vec<Vec<Chunk>>,
}

impl SpilledRuns {
    pub(super) fn create(directory: &Path, limit: Option<u64>) -> Result<Self, StorageError> {
        Ok(SpilledRuns { file: SpillFile::create(directory, limit)?, parts: Vec::new() })
    }

    /// The number of runs.
    pub(super) fn count(&self) -> usize {
        self.parts.len()
    }

    /// Appends a run, given as the frames of each partition.
    pub(super) fn spill(&mut self, run: &[Vec<u8>]) -> Result<(), StorageError> {
        let parts = run.iter().map(|frames| self.file.append(frames));
        self.parts.push(parts.collect::<Result<_, _>>()?);
        Ok(())
    }

    /// Hands the frames of `partition` to `sink`, piece by piece, from the first run to the last.
    pub(super) fn read(
        &self,
        partition: usize,
        mut sink: impl FnMut(&[u8]) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        self.parts.iter().try_for_each(|run| self.file.read_pieces(run[partition], &mut sink))
    }
}
