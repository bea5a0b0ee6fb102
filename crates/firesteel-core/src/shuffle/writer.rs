//! The map side: frames are kept by partition until a run is full, full runs are spilled, and at the end all runs are merged into one file.

use super::index::{Entry, Footer};
use super::runs::SpilledRuns;
use super::{FEW_FILLED, MapOutput};
use crate::frame::{Column, write_frame};
use crate::storage::{BlockWriter, Placement, StorageError};

/// Writes the output of one map task.
#[derive(Debug)]
pub struct MapOutputWriter {
    placement: Placement,
    name: String,
    /// How many bytes of frames a run may have before it is spilled.
    run_limit: usize,
    /// The frames of the current run, by partition.
    run: Vec<Vec<u8>>,
    /// The bytes in `run`.
    run_length: usize,
    /// In the order of the spills; another file for each disk that had to be left.
    spilled: Vec<SpilledRuns>,
    /// Length and elements of each partition, all runs together.
    entries: Vec<Entry>,
}

impl MapOutputWriter {
    /// An output called `name` for so many reduce partitions, which keeps about `run_limit` bytes of frames in memory.
    pub fn new(placement: &Placement, name: String, partitions: u32, run_limit: usize) -> Self {
        MapOutputWriter {
            placement: placement.clone(),
            name,
            run_limit,
            run: vec![Vec::new(); partitions as usize],
            run_length: 0,
            spilled: Vec::new(),
            entries: vec![Entry::default(); partitions as usize],
        }
    }

    /// Appends the elements to a partition's segment, as one frame; no elements, no frame.
    ///
    /// # Panics
    ///
    /// If there is no such partition, or if [`write_frame`] does.
    pub fn append(&mut self, partition: u32, column: &Column) -> Result<(), StorageError> {
        if column.is_empty() {
            return Ok(());
        }
        let frames = &mut self.run[partition as usize];
        let before = frames.len();
        write_frame(column, frames);
        let added = frames.len() - before;

        let entry = &mut self.entries[partition as usize];
        entry.length += added as u64;
        entry.elements += column.len() as u64;
        self.run_length += added;
        if self.run_length > self.run_limit { self.spill() } else { Ok(()) }
    }

    /// How many runs went to disk so far.
    pub fn spilled_runs(&self) -> usize {
        self.spilled.iter().map(SpilledRuns::count).sum()
    }

    /// Merges the runs into the sealed file.
    pub fn finish(mut self) -> Result<MapOutput, StorageError> {
        let footer = self.lay_out();
        let mut out = BlockWriter::sized(&self.placement, &self.name, footer.file_length());
        for partition in 0..self.run.len() {
            self.append_segment(partition, &mut out)?;
        }
        debug_assert_eq!(out.length(), footer.index);
        for (partition, entry) in (0..).zip(&self.entries) {
            out.append(&entry.encode(partition))?;
        }
        out.append(&footer.encode())?;
        let block = out.seal()?;
        let elements = self.entries.iter().map(|entry| entry.elements).sum();
        Ok(MapOutput { path: block.path, length: block.length, elements, filled: self.filled() })
    }

    /// The partitions that have elements, unless they are many.
    fn filled(&self) -> Option<Vec<u32>> {
        let filled = (0..).zip(&self.entries).filter(|(_, entry)| entry.elements > 0);
        let first: Vec<u32> = filled.map(|(partition, _)| partition).take(FEW_FILLED + 1).collect();
        (first.len() <= FEW_FILLED).then_some(first)
    }

    /// Gives each segment its place, now that all lengths are known.
    fn lay_out(&mut self) -> Footer {
        let mut index = 0;
        for entry in &mut self.entries {
            entry.offset = index;
            index += entry.length;
        }
        Footer { partitions: self.entries.len() as u32, index }
    }

    /// The partition's frames of every run in order; the one that is still in memory is the last.
    fn append_segment(
        &mut self,
        partition: usize,
        out: &mut BlockWriter,
    ) -> Result<(), StorageError> {
        for spilled in &self.spilled {
            spilled.read(partition, |frames| out.append(frames))?;
        }
        // Taken, so that memory shrinks as the file in shared memory grows.
        out.append(&std::mem::take(&mut self.run[partition]))
    }

    fn spill(&mut self) -> Result<(), StorageError> {
        self.spill_run()?;
        // Freed and not cleared: which partitions are large may differ from run to run, and their capacities would add up.
        self.run.iter_mut().for_each(|frames| *frames = Vec::new());
        self.run_length = 0;
        Ok(())
    }

    /// To the file that is open, or to one on the next disk that takes it.
    fn spill_run(&mut self) -> Result<(), StorageError> {
        let mut refused = match self.spilled.last_mut().map(|spilled| spilled.spill(&self.run)) {
            Some(Ok(())) => return Ok(()),
            Some(Err(error)) => Some(error),
            None => None,
        };
        for disk in self.placement.disks().skip(self.spilled.len()) {
            let opened = SpilledRuns::create(disk, self.placement.disk_limit);
            match opened.and_then(|mut spilled| spilled.spill(&self.run).map(|()| spilled)) {
                Ok(spilled) => {
                    self.spilled.push(spilled);
                    return Ok(());
                }
                Err(error) => refused = Some(error),
            }
        }
        refused.map_or(Ok(()), Err)
    }
}
