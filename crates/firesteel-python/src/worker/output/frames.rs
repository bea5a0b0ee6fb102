//! Elements as frames in a block: a result for the driver, or a partition of a persisted RDD.

use super::super::batching::Batching;
use super::super::columns::Offered;
use super::super::source::FrameSource;
use super::super::stream::Stream;
use super::super::task::Task;
use super::encode;
use crate::errors::{engine_error, storage_error};
use firesteel_core::frame::{Column, write_frame};
use firesteel_core::protocol::{INLINE_LIMIT, Outcome, Payload, StoredBlock};
use firesteel_core::storage::{BlockRef, BlockWriter, Placement};
use firesteel_scheduler::ids::RddId;
use pyo3::prelude::*;
use std::sync::Arc;

/// Elements of the first frame: small, for nothing is known yet of their size.
const FIRST_FRAME: usize = 64;

/// The size that frames should have: large enough for speed, small enough for memory.
const FRAME_BYTES: usize = 512 << 10;

/// Hands all elements to the driver.
pub fn collect(
    py: Python<'_>,
    task: &Arc<Task>,
    stream: &mut Stream,
    rdd: Option<RddId>,
    passed: bool,
) -> PyResult<Outcome> {
    let mut sink = FrameSink::new(py, task, format!("result-{}", task.id), rdd, passed)?;
    sink.take_all(stream)?;
    Ok(Outcome::Collected(sink.finish()?))
}

/// Writes the partition as a block and goes on with a decoded copy.
pub fn persist(
    py: Python<'_>,
    task: &Arc<Task>,
    mut stream: Stream,
    rdd: RddId,
    partition: u32,
    in_memory: bool,
    passed: bool,
) -> PyResult<Stream> {
    let name = format!("rdd-{rdd}-{partition}-{}", task.id);
    let mut sink = FrameSink::new(py, task, name, Some(rdd), passed)?;
    if !in_memory {
        sink.placement.memory_allowance = 0;
    }
    sink.take_all(&mut stream)?;
    let block = sink.seal()?;
    // First told of, so that a block that cannot be read back is known to the driver when it is said to be lost.
    let stored = StoredBlock { rdd, partition, block };
    task.store(stored.clone());
    Ok(Stream::Frames(FrameSource::open_cached(task, &stored)?))
}

/// Elements that become frames of a good size, and frames that become a block.
struct FrameSink<'a, 'py> {
    py: Python<'py>,
    task: &'a Arc<Task>,
    placement: Placement,
    name: String,
    /// Who made the elements.
    rdd: Option<RddId>,
    /// The program's own, if the elements pass it; then a frame is a list of the length that it is to be given.
    serializer: Option<Bound<'py, PyAny>>,
    batching: Option<Batching>,
    buffered: Vec<Bound<'py, PyAny>>,
    frame_elements: usize,
    /// Frames that are not in the block yet; all of them, as long as they fit into a message.
    inline: Vec<u8>,
    block: Option<BlockWriter>,
}

impl<'a, 'py> FrameSink<'a, 'py> {
    fn new(
        py: Python<'py>,
        task: &'a Arc<Task>,
        name: String,
        rdd: Option<RddId>,
        passed: bool,
    ) -> PyResult<Self> {
        let serializer = if passed { task.serializer(py)? } else { None };
        let batching = serializer.as_ref().and(task.batch()).map(Batching::new);
        let frame_elements = match &batching {
            Some(batching) => batching.size(),
            None => FIRST_FRAME.min(task.limits.frame_elements as usize).max(1),
        };
        Ok(Self {
            py,
            task,
            placement: task.placement.clone(),
            name,
            rdd,
            serializer,
            batching,
            buffered: Vec::new(),
            frame_elements,
            inline: Vec::new(),
            block: None,
        })
    }

    fn take_all(&mut self, stream: &mut Stream) -> PyResult<()> {
        loop {
            if self.task.limits.native && self.serializer.is_none() && self.take_column(stream)? {
                continue;
            }
            let Some(element) = stream.next(self.py, self.task)? else { break };
            self.buffered.push(element);
            if self.buffered.len() >= self.frame_elements {
                self.flush()?;
            }
            if let Some(fault) = self.task.memory.exceeded() {
                return Err(self.task.fault(fault));
            }
        }
        *stream = Stream::Empty;
        self.flush()
    }

    /// Writes the next elements as they are, if they come as a column.
    fn take_column(&mut self, stream: &mut Stream) -> PyResult<bool> {
        let (py, task) = (self.py, self.task);
        let offered = stream.offer(py, task, &mut |column| {
            if !column.is_typed() {
                return Ok(false);
            }
            self.flush()?;
            self.write_column(column.to_column())?;
            Ok(true)
        })?;
        Ok(offered == Offered::Taken)
    }

    /// Writes a column as frames of the usual size.
    fn write_column(&mut self, column: Column) -> PyResult<()> {
        let rows = column.len() as u32;
        let most = self.task.limits.frame_elements.max(1);
        if rows <= most {
            return self.write(&column).map(drop);
        }
        for start in (0..rows).step_by(most as usize) {
            let part: Vec<u32> = (start..rows.min(start + most)).collect();
            let part = column.gather(&part).ok_or_else(|| engine_error("a pickle was cut"))?;
            self.write(&part)?;
        }
        Ok(())
    }

    fn flush(&mut self) -> PyResult<()> {
        if self.buffered.is_empty() {
            return Ok(());
        }
        let column =
            encode(self.py, self.task, &self.buffered, self.rdd, self.serializer.as_ref())?;
        self.buffered.clear();
        let bytes = self.write(&column)?;
        match (&mut self.batching, &column) {
            (Some(batching), Column::Serialized { data, .. }) => {
                batching.adapt(data.len());
                self.frame_elements = batching.size();
            }
            _ => self.adapt(bytes),
        }
        Ok(())
    }

    /// Writes one frame; its size.
    fn write(&mut self, column: &Column) -> PyResult<usize> {
        let before = self.inline.len();
        write_frame(column, &mut self.inline);
        let bytes = self.inline.len() - before;
        let counters = &self.task.counters;
        counters.elements_written.add(column.len() as u64);
        counters.bytes_written.add(bytes as u64);
        if self.inline.len() > INLINE_LIMIT {
            self.append_to_block()?;
        }
        Ok(bytes)
    }

    fn append_to_block(&mut self) -> PyResult<()> {
        let block = match &mut self.block {
            Some(block) => block,
            None => {
                let name = std::mem::take(&mut self.name);
                self.block.insert(BlockWriter::new(&self.placement, &name))
            }
        };
        block.append(&self.inline).map_err(storage_error)?;
        self.inline.clear();
        Ok(())
    }

    /// Frames grow with small elements and shrink with large ones.
    fn adapt(&mut self, bytes: usize) {
        let limit = (self.task.limits.frame_elements as usize).max(1);
        if bytes < FRAME_BYTES / 2 {
            self.frame_elements = (self.frame_elements * 2).min(limit);
        } else if bytes > FRAME_BYTES * 2 {
            self.frame_elements = (self.frame_elements / 2).max(1);
        }
    }

    /// Everything as one block.
    fn seal(mut self) -> PyResult<BlockRef> {
        self.append_to_block()?;
        match self.block {
            Some(block) => block.seal().map_err(storage_error),
            None => Err(engine_error("a block was not begun")),
        }
    }

    /// Everything as one block, or as bytes where that is little.
    fn finish(self) -> PyResult<Payload> {
        if self.block.is_some() {
            return self.seal().map(Payload::Block);
        }
        Ok(Payload::Inline(self.inline))
    }
}
