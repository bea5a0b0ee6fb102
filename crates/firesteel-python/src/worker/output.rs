//! Where a task's elements go: frames for the driver, a map output, a part file, or a cached block.

use super::chain::blame_step;
use super::partitioner::Partitioning;
use super::pipeline;
use super::source::FrameSource;
use super::stream::Stream;
use super::task::Task;
use super::writable::to_tokens;
use crate::convert::encode_frame;
use crate::errors::{engine_error, output_error, storage_error};
use firesteel_core::frame::{Column, write_frame};
use firesteel_core::output::{PartFiles, PartWriter, SequenceFormat, SequencePart};
use firesteel_core::protocol::{
    Definition, INLINE_LIMIT, Operator, Outcome, Payload, Pipeline, Step, StoredBlock, TaskOutput,
};
use firesteel_core::shuffle::MapOutputWriter;
use firesteel_core::storage::{BlockRef, BlockWriter, Placement};
use firesteel_scheduler::ids::RddId;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};
use std::sync::Arc;

/// Elements of the first frame: small, for nothing is known yet of their size.
const FIRST_FRAME: usize = 64;

/// The size that frames should have: large enough for speed, small enough for memory.
const FRAME_BYTES: usize = 512 << 10;

/// Elements that a map task may hold before they are encoded, over all reduce partitions.
const BUFFERED_ELEMENTS: usize = 64 << 10;

/// Encoded map output that is kept in memory before it becomes a run on disk.
const RUN_BYTES: usize = 64 << 20;

/// Computes the pipeline into the output.
pub fn run(
    py: Python<'_>,
    task: &Arc<Task>,
    pipeline: &Pipeline,
    output: &TaskOutput,
    partition: u32,
) -> PyResult<Outcome> {
    let mut stream = pipeline::build(py, task, pipeline)?;
    match output {
        TaskOutput::Collect => collect(py, task, &mut stream, last_step(pipeline)),
        TaskOutput::Shuffle { rdd, partitions } => {
            shuffle(py, task, &mut stream, *rdd, *partitions, partition)
        }
        TaskOutput::Text(files) => save_text(py, task, &mut stream, files, partition),
        TaskOutput::Sequence(files, format) => {
            save_sequence(py, task, &mut stream, files, *format, partition)
        }
    }
}

/// The RDD whose elements come out of the pipeline, if a step made them.
fn last_step(pipeline: &Pipeline) -> Option<RddId> {
    match pipeline.steps.last() {
        Some(Step::Apply(rdd) | Step::Persist { rdd, .. }) => Some(*rdd),
        None => None,
    }
}

fn collect(
    py: Python<'_>,
    task: &Arc<Task>,
    stream: &mut Stream,
    rdd: Option<RddId>,
) -> PyResult<Outcome> {
    let mut sink = FrameSink::new(py, task, format!("result-{}", task.id), rdd);
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
) -> PyResult<Stream> {
    let name = format!("rdd-{rdd}-{partition}-{}", task.id);
    let mut sink = FrameSink::new(py, task, name, Some(rdd));
    if !in_memory {
        sink.placement.memory_allowance = 0;
    }
    sink.take_all(&mut stream)?;
    let block = sink.seal()?;
    let source = FrameSource::open_block(&block)?;
    task.store(StoredBlock { rdd, partition, block });
    Ok(Stream::Frames(source))
}

/// Encodes elements; where one of them cannot be pickled, the error names it and the step that made it.
fn encode<'py>(
    py: Python<'py>,
    task: &Task,
    elements: &[Bound<'py, PyAny>],
    rdd: Option<RddId>,
) -> PyResult<Column> {
    encode_frame(py, elements).map_err(|error| {
        let refused = |element: &&Bound<'py, PyAny>| {
            encode_frame(py, std::slice::from_ref(*element)).is_err()
        };
        let record = elements.iter().find(refused).map(|element| element.clone().unbind());
        match rdd {
            Some(rdd) => blame_step(py, task, rdd, record, error),
            None => error,
        }
    })
}

/// Elements that become frames of a good size, and frames that become a block.
struct FrameSink<'a, 'py> {
    py: Python<'py>,
    task: &'a Arc<Task>,
    placement: Placement,
    name: String,
    /// Who made the elements.
    rdd: Option<RddId>,
    buffered: Vec<Bound<'py, PyAny>>,
    frame_elements: usize,
    /// Frames that are not in the block yet; all of them, as long as they fit into a message.
    inline: Vec<u8>,
    block: Option<BlockWriter>,
}

impl<'a, 'py> FrameSink<'a, 'py> {
    fn new(py: Python<'py>, task: &'a Arc<Task>, name: String, rdd: Option<RddId>) -> Self {
        let frame_elements = FIRST_FRAME.min(task.limits.frame_elements as usize).max(1);
        let placement = task.placement.clone();
        let (buffered, inline) = (Vec::new(), Vec::new());
        Self { py, task, placement, name, rdd, buffered, frame_elements, inline, block: None }
    }

    fn take_all(&mut self, stream: &mut Stream) -> PyResult<()> {
        while let Some(element) = stream.next(self.py, self.task)? {
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

    fn flush(&mut self) -> PyResult<()> {
        if self.buffered.is_empty() {
            return Ok(());
        }
        let column = encode(self.py, self.task, &self.buffered, self.rdd)?;
        let before = self.inline.len();
        write_frame(&column, &mut self.inline);
        let bytes = self.inline.len() - before;
        let counters = &self.task.counters;
        counters.elements_written.add(self.buffered.len() as u64);
        counters.bytes_written.add(bytes as u64);
        self.buffered.clear();
        self.adapt(bytes);
        if self.inline.len() > INLINE_LIMIT { self.append_to_block() } else { Ok(()) }
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

fn shuffle(
    py: Python<'_>,
    task: &Arc<Task>,
    stream: &mut Stream,
    rdd: RddId,
    partitions: u32,
    map_partition: u32,
) -> PyResult<Outcome> {
    let definition = task.definition(rdd)?;
    let Operator::Shuffle(partitioner) = definition.operator else {
        return Err(engine_error(format!("RDD {rdd} is not a shuffle")));
    };
    let code = task.code(py, &definition)?;
    let mut partitioning = Partitioning::new(py, partitioner, code, map_partition, partitions)?;
    let mut sink = ShuffleSink::new(py, task, &definition, partitions);
    while let Some(element) = stream.next(py, task)? {
        if task.take_segment_begin() {
            partitioning.begin_segment();
        }
        let (element, place) = partitioning
            .place(element.clone(), partitions, &definition)
            .map_err(|error| blame_step(py, task, rdd, Some(element.unbind()), error))?;
        sink.push(element, place)?;
    }
    *stream = Stream::Empty;
    sink.finish()
}

/// Elements by reduce partition, encoded when a bucket is full or too much is buffered over all.
struct ShuffleSink<'a, 'py> {
    py: Python<'py>,
    task: &'a Arc<Task>,
    rdd: RddId,
    buckets: Vec<Vec<Bound<'py, PyAny>>>,
    buffered: usize,
    writer: MapOutputWriter,
}

impl<'a, 'py> ShuffleSink<'a, 'py> {
    fn new(py: Python<'py>, task: &'a Arc<Task>, definition: &Definition, partitions: u32) -> Self {
        let name = format!("shuffle-{}-{}", definition.rdd, task.id);
        let writer = MapOutputWriter::new(&task.placement, name, partitions, RUN_BYTES);
        let buckets = (0..partitions).map(|_| Vec::new()).collect();
        Self { py, task, rdd: definition.rdd, buckets, buffered: 0, writer }
    }

    fn push(&mut self, element: Bound<'py, PyAny>, place: u32) -> PyResult<()> {
        let bucket = self
            .buckets
            .get_mut(place as usize)
            .ok_or_else(|| engine_error(format!("there is no reduce partition {place}")))?;
        bucket.push(element);
        self.buffered += 1;
        if bucket.len() >= self.task.limits.frame_elements as usize {
            self.flush(place)?;
        }
        if self.buffered >= BUFFERED_ELEMENTS || self.task.memory.is_short() {
            self.flush_all()?;
        }
        if let Some(fault) = self.task.memory.exceeded() {
            return Err(self.task.fault(fault));
        }
        Ok(())
    }

    fn flush(&mut self, place: u32) -> PyResult<()> {
        let bucket = std::mem::take(&mut self.buckets[place as usize]);
        if bucket.is_empty() {
            return Ok(());
        }
        self.buffered -= bucket.len();
        let column = encode(self.py, self.task, &bucket, Some(self.rdd))?;
        self.task.counters.elements_written.add(bucket.len() as u64);
        self.writer.append(place, &column).map_err(storage_error)
    }

    fn flush_all(&mut self) -> PyResult<()> {
        (0..self.buckets.len() as u32).try_for_each(|place| self.flush(place))
    }

    fn finish(mut self) -> PyResult<Outcome> {
        self.flush_all()?;
        self.task.counters.spills.add(self.writer.spilled_runs() as u64);
        let output = self.writer.finish().map_err(storage_error)?;
        self.task.counters.bytes_written.add(output.length);
        Ok(Outcome::MapOutput(output))
    }
}

fn save_text(
    py: Python<'_>,
    task: &Arc<Task>,
    stream: &mut Stream,
    output: &PartFiles,
    partition: u32,
) -> PyResult<Outcome> {
    let mut part = PartWriter::create(output, partition, task.id.0).map_err(output_error)?;
    let mut lines = 0;
    while let Some(element) = stream.next(py, task)? {
        lines += 1;
        if let Ok(bytes) = element.cast::<PyBytes>() {
            part.write_line(bytes.as_bytes()).map_err(output_error)?;
        } else if let Ok(string) = element.cast::<PyString>() {
            part.write_line(string.to_str()?.as_bytes()).map_err(output_error)?;
        } else {
            part.write_line(element.str()?.to_str()?.as_bytes()).map_err(output_error)?;
        }
    }
    *stream = Stream::Empty;
    let bytes = part.finish().map_err(output_error)?;
    task.counters.elements_written.add(lines);
    task.counters.bytes_written.add(bytes);
    Ok(Outcome::Saved(bytes))
}

fn save_sequence(
    py: Python<'_>,
    task: &Arc<Task>,
    stream: &mut Stream,
    files: &PartFiles,
    format: SequenceFormat,
    partition: u32,
) -> PyResult<Outcome> {
    let mut part =
        SequencePart::create(files, format, partition, task.id.0).map_err(output_error)?;
    let (mut key, mut value) = (Vec::new(), Vec::new());
    let mut records = 0;
    while let Some(element) = stream.next(py, task)? {
        records += 1;
        let pair = element.cast_into::<PyTuple>().map_err(|error| not_a_pair(&error.into_inner()));
        let pair = pair?;
        if pair.len() != 2 {
            return Err(not_a_pair(pair.as_any()));
        }
        to_tokens(&pair.get_item(0)?, format.key, "key", &mut key)?;
        to_tokens(&pair.get_item(1)?, format.value, "value", &mut value)?;
        part.append(&key, &value).map_err(output_error)?;
    }
    *stream = Stream::Empty;
    let bytes = part.finish().map_err(output_error)?;
    task.counters.elements_written.add(records);
    task.counters.bytes_written.add(bytes);
    Ok(Outcome::Saved(bytes))
}

fn not_a_pair(element: &Bound<'_, PyAny>) -> PyErr {
    let name = element.get_type().qualname().map_or_else(|_| "?".to_owned(), |n| n.to_string());
    PyTypeError::new_err(format!("RDD element of type {name} cannot be used"))
}
