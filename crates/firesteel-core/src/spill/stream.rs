//! A sequence of frames in a spill file: a bucket, a sorted run or a group. Invariant: frames come back in the order in which they were appended.

use std::sync::Arc;

use super::{Chunk, SpillFile};
use crate::frame::{Column, write_frame};
use crate::storage::StorageError;

/// Frames that were spilled one after the other, perhaps with those of other streams between them.
#[derive(Debug)]
pub struct SpillStream {
    file: Arc<SpillFile>,
    chunks: Vec<Chunk>,
    elements: u64,
}

impl SpillStream {
    /// An empty stream.
    pub fn new(file: Arc<SpillFile>) -> Self {
        SpillStream { file, chunks: Vec::new(), elements: 0 }
    }

    /// Spills the elements as one frame, and says how long the frame was before compression.
    ///
    /// # Panics
    ///
    /// If [`write_frame`] does.
    pub fn append(&mut self, column: &Column) -> Result<usize, StorageError> {
        let mut frame = Vec::new();
        write_frame(column, &mut frame);
        self.chunks.push(self.file.append(&frame)?);
        self.elements += column.len() as u64;
        Ok(frame.len())
    }

    /// The number of elements in all frames.
    pub fn elements(&self) -> u64 {
        self.elements
    }

    /// The bytes of a frame by its number; none behind the last one.
    pub fn frame(&self, number: usize) -> Option<Result<Vec<u8>, StorageError>> {
        self.chunks.get(number).map(|chunk| self.file.read(*chunk))
    }

    /// The file, for further streams and for errors.
    pub fn file(&self) -> &Arc<SpillFile> {
        &self.file
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{ColumnView, Frames};

    fn ints(stream: &SpillStream) -> Vec<i64> {
        let mut all = Vec::new();
        for number in 0.. {
            let Some(frame) = stream.frame(number) else { return all };
            let frame = frame.unwrap();
            for column in Frames::new(&frame) {
                let ColumnView::Int(values) = column.unwrap() else { panic!("ints went in") };
                all.extend_from_slice(&values);
            }
        }
        all
    }

    #[test]
    fn streams_share_a_file_and_stay_apart() {
        let folder = tempfile::tempdir().unwrap();
        let file = Arc::new(SpillFile::create(folder.path(), None).unwrap());
        let mut streams = [SpillStream::new(file.clone()), SpillStream::new(file)];
        for n in 0..10 {
            streams[n % 2].append(&Column::Int(vec![n as i64; n])).unwrap();
        }
        let expected =
            |rest| (0..10).filter(move |n| n % 2 == rest).flat_map(|n| vec![n; n as usize]);
        assert_eq!(ints(&streams[0]), expected(0).collect::<Vec<i64>>());
        assert_eq!(ints(&streams[1]), expected(1).collect::<Vec<i64>>());
        assert_eq!(streams[1].elements(), 25);
    }
}
