//! Where a partition's elements come from: frames, a range, a shuffle, or several pipelines.
//!
//! Frames are decoded one at a time, so memory does not grow with the input.

use super::columns::{Offered, Taker};
use super::copies::Growing;
use super::failure::Fault;
use super::pipeline;
use super::stream::Stream;
use super::task::Task;
use crate::convert::decode_frame;
use crate::errors::storage_error;
use firesteel_core::frame::{ColumnView, Frames};
use firesteel_core::protocol::{MapSource, Payload, Pipeline, StoredBlock};
use firesteel_core::shuffle::{Segment, read_segment};
use firesteel_core::storage::{BlockRef, MappedBlock, StorageError};
use firesteel_scheduler::ids::ShuffleId;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use std::sync::Arc;

/// After a frame of so many bytes the memory is looked at, however few elements it holds.
const LARGE_FRAME: usize = 256 << 10;

/// A sequence of frames.
pub struct FrameSource {
    bytes: FrameBytes,
    offset: usize,
    decoded: std::vec::IntoIter<Py<PyAny>>,
    /// A cached block, which can be computed anew if it is damaged.
    cached: Option<Cached>,
}

struct Cached {
    block: StoredBlock,
    /// The live copy, as far as there is one.
    copy: Option<Growing>,
}

enum FrameBytes {
    None,
    Owned(Vec<u8>),
    Block(MappedBlock),
    Segment(Segment),
}

impl FrameBytes {
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::None => &[],
            Self::Owned(bytes) => bytes,
            Self::Block(block) => block.bytes(),
            Self::Segment(segment) => segment.bytes(),
        }
    }

    /// Lets go of the first bytes where that is worth it; says whether it did.
    fn release_front(&mut self, consumed: usize) -> Result<bool, StorageError> {
        match self {
            Self::None | Self::Owned(_) => Ok(false),
            Self::Block(block) => block.release_front(consumed),
            Self::Segment(segment) => segment.release_front(consumed),
        }
    }
}

impl FrameSource {
    pub fn open(payload: &Payload) -> PyResult<Self> {
        match payload {
            Payload::Inline(bytes) => Ok(Self::new(FrameBytes::Owned(bytes.clone()))),
            Payload::Block(block) => Self::open_block(block),
        }
    }

    pub fn open_block(block: &BlockRef) -> PyResult<Self> {
        Ok(Self::new(FrameBytes::Block(MappedBlock::open(block).map_err(storage_error)?)))
    }

    /// A cached partition: what is wrong with it is no reason to fail.
    pub fn open_cached(task: &Task, block: &StoredBlock) -> PyResult<Self> {
        let lost = |message| Fault::Block { path: block.block.path.clone(), message };
        let bytes =
            MappedBlock::open(&block.block).map_err(|error| task.fault(lost(error.to_string())))?;
        let cached = Cached { block: block.clone(), copy: Growing::new(task, block) };
        Ok(Self { cached: Some(cached), ..Self::new(FrameBytes::Block(bytes)) })
    }

    /// Elements that are there already.
    pub fn of_elements(elements: Vec<Py<PyAny>>) -> Self {
        Self { decoded: elements.into_iter(), ..Self::new(FrameBytes::None) }
    }

    fn new(bytes: FrameBytes) -> Self {
        Self { bytes, offset: 0, decoded: Vec::new().into_iter(), cached: None }
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        loop {
            if let Some(element) = self.decoded.next() {
                task.memory.tick(py)?;
                return Ok(Some(element.into_bound(py)));
            }
            if !self.decode_frame(py, task)? {
                return Ok(None);
            }
        }
    }

    fn damaged(&self, message: String) -> Fault {
        match &self.cached {
            Some(Cached { block: StoredBlock { block, .. }, .. }) => Fault::Block {
                message: format!("{}, at byte {}: {message}", block.path.display(), self.offset),
                path: block.path.clone(),
            },
            None => Fault::Storage(message),
        }
    }

    /// Offers the next frame.
    pub fn offer(
        &mut self,
        py: Python<'_>,
        task: &Task,
        take: &mut Taker<'_>,
    ) -> PyResult<Offered> {
        let copies = self.cached.as_ref().is_some_and(|cached| cached.copy.is_some());
        if copies || self.decoded.len() > 0 {
            return Ok(Offered::Refused);
        }
        self.read_frame(py, task, take)
    }

    /// Decodes the next frame; no at the end.
    fn decode_frame(&mut self, py: Python<'_>, task: &Task) -> PyResult<bool> {
        let offered = self.read_frame(py, task, &mut |_| Ok(false))?;
        Ok(offered != Offered::Ended)
    }

    /// Offers the next frame, and decodes it if it is refused.
    fn read_frame(
        &mut self,
        py: Python<'_>,
        task: &Task,
        take: &mut Taker<'_>,
    ) -> PyResult<Offered> {
        let mut frames = Frames::new(&self.bytes.as_slice()[self.offset..]);
        let Some(frame) = frames.next() else {
            self.keep_copy(task);
            return Ok(Offered::Ended);
        };
        let frame = frame.map_err(|error| task.fault(self.damaged(error.to_string())))?;
        let mut elements = Vec::new();
        let taken = take(&frame)?;
        if !taken {
            decode_frame(py, &frame, task.serializer(py)?.as_ref(), &mut elements)?;
        }
        if let Some(Cached { copy, .. }) = &mut self.cached {
            copy.take_if(|copy| taken || !copy.add(py, task, &frame, &elements));
        }
        task.counters.elements_read.add(frame.len() as u64);
        let length = frames.offset();
        self.offset += length;
        let released = self.bytes.release_front(self.offset);
        if released.map_err(|error| task.fault(Fault::Storage(error.to_string())))? {
            self.offset = 0;
        }
        task.counters.bytes_read.add(length as u64);
        self.decoded = elements.into_iter();
        if taken || length >= LARGE_FRAME {
            task.memory.look(py)?;
        }
        Ok(if taken { Offered::Taken } else { Offered::Refused })
    }

    fn keep_copy(&mut self, task: &Task) {
        if let Some(Cached { block, copy }) = &mut self.cached
            && let Some(copy) = copy.take()
        {
            copy.keep(task, block);
        }
    }
}

/// Ints at equal distances.
pub struct RangeSource {
    next: i64,
    step: i64,
    left: u64,
    /// The next step takes no columns.
    refused: bool,
}

/// Ints of a column.
const RANGE_COLUMN: u64 = 8192;

impl RangeSource {
    pub fn new(start: i64, step: i64, count: u64) -> Self {
        Self { next: start, step, left: count, refused: false }
    }

    #[inline]
    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        if self.left == 0 {
            return Ok(None);
        }
        let value = self.next;
        // Wraps only behind the last element, where it is not looked at again.
        self.next = value.wrapping_add(self.step);
        self.left -= 1;
        task.memory.tick(py)?;
        task.counters.elements_read.add(1);
        value.into_bound_py_any(py).map(Some)
    }

    /// Offers the next ints.
    pub fn offer(
        &mut self,
        py: Python<'_>,
        task: &Task,
        take: &mut Taker<'_>,
    ) -> PyResult<Offered> {
        if self.refused || self.left == 0 {
            return Ok(if self.refused { Offered::Refused } else { Offered::Ended });
        }
        let count = self.left.min(RANGE_COLUMN);
        let at = |index: u64| self.next.wrapping_add(self.step.wrapping_mul(index as i64));
        let (column, next) = (ColumnView::Int((0..count).map(at).collect()), at(count));
        self.refused = !take(&column)?;
        if self.refused {
            return Ok(Offered::Refused);
        }
        self.next = next;
        self.left -= count;
        task.counters.elements_read.add(count);
        task.memory.look(py)?;
        Ok(Offered::Taken)
    }
}

/// One reduce partition: what every map task wrote for it, in the order of the map partitions.
pub struct ShuffleSource {
    shuffle: ShuffleId,
    outputs: Vec<MapSource>,
    partition: u32,
    opened: usize,
    segment: FrameSource,
}

impl ShuffleSource {
    pub fn new(shuffle: ShuffleId, outputs: Vec<MapSource>, partition: u32) -> Self {
        let segment = FrameSource::of_elements(Vec::new());
        Self { shuffle, outputs, partition, opened: 0, segment }
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        loop {
            if let Some(element) = self.segment.next(py, task).map_err(|e| self.lost(task, e))? {
                return Ok(Some(element));
            }
            if !self.open_next(task)? {
                return Ok(None);
            }
        }
    }

    /// Offers the next frame.
    pub fn offer(
        &mut self,
        py: Python<'_>,
        task: &Task,
        take: &mut Taker<'_>,
    ) -> PyResult<Offered> {
        loop {
            let offered = self.segment.offer(py, task, take);
            let offered = offered.map_err(|error| self.lost(task, error))?;
            if offered != Offered::Ended || !self.open_next(task)? {
                return Ok(offered);
            }
        }
    }

    /// Opens the next segment; no after the last.
    fn open_next(&mut self, task: &Task) -> PyResult<bool> {
        let Some(output) = self.outputs.get(self.opened) else { return Ok(false) };
        let segment = read_segment(&output.path, self.partition);
        self.opened += 1;
        let segment = segment.map_err(|error| self.fetch_failed(task, error.to_string()))?;
        self.segment = FrameSource::new(FrameBytes::Segment(segment));
        task.begin_segment();
        Ok(true)
    }

    /// Damage in a segment is a lost map output: it can be made again.
    fn lost(&self, task: &Task, error: PyErr) -> PyErr {
        match task.take_fault() {
            Some(Fault::Storage(message)) => self.fetch_failed(task, message),
            Some(other) => task.fault(other),
            None => error,
        }
    }

    fn fetch_failed(&self, task: &Task, message: String) -> PyErr {
        let failed = self.outputs.get(self.opened.saturating_sub(1));
        let map_partition = failed.map_or(0, |output| output.map_partition);
        task.fault(Fault::Fetch { shuffle: self.shuffle, map_partition, message })
    }
}

/// Several pipelines, one after the other; each is built when the one before it has ended.
pub struct Concat {
    task: Arc<Task>,
    parts: std::vec::IntoIter<Pipeline>,
    current: Stream,
}

impl Concat {
    pub fn new(task: Arc<Task>, parts: Vec<Pipeline>) -> Self {
        Self { task, parts: parts.into_iter(), current: Stream::Empty }
    }

    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        loop {
            if let Some(element) = self.current.next(py, task)? {
                return Ok(Some(element));
            }
            if !self.begin_next(py)? {
                return Ok(None);
            }
        }
    }

    /// Offers what the current part offers.
    pub fn offer(
        &mut self,
        py: Python<'_>,
        task: &Task,
        take: &mut Taker<'_>,
    ) -> PyResult<Offered> {
        loop {
            let offered = self.current.offer(py, task, take)?;
            if offered != Offered::Ended || !self.begin_next(py)? {
                return Ok(offered);
            }
        }
    }

    /// Builds the next part; no after the last.
    fn begin_next(&mut self, py: Python<'_>) -> PyResult<bool> {
        let Some(part) = self.parts.next() else { return Ok(false) };
        self.current = pipeline::build(py, &self.task, &part)?;
        Ok(true)
    }
}
