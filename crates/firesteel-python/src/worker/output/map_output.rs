//! The map side of a shuffle: elements by reduce partition, encoded bucket by bucket into one file.

use super::super::batching::Chunking;
use super::super::columns::Offered;
use super::super::failure::blame_step;
use super::super::partitioner::Partitioning;
use super::super::serializer;
use super::super::spill::SpillTrigger;
use super::super::stream::Stream;
use super::super::task::Task;
use super::encode;
use crate::errors::{engine_error, storage_error};
use firesteel_core::frame::Column;
use firesteel_core::protocol::{Definition, Operator, Outcome};
use firesteel_core::shuffle::MapOutputWriter;
use firesteel_scheduler::ids::RddId;
use pyo3::prelude::*;
use std::sync::Arc;

/// Elements that a map task may hold before they are encoded, over all reduce partitions.
const BUFFERED_ELEMENTS: usize = 64 << 10;

/// Encoded map output that is kept in memory before it becomes a run on disk: at most this, and this part of
/// what makes the worker spill.
const RUN_BYTES: usize = 64 << 20;
const RUN_PART: u64 = 4;

/// Writes all elements as the output of one map partition.
pub fn write(
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
    let mut partitioning =
        Partitioning::new(py, task, partitioner, code, map_partition, partitions)?;
    let mut sink = ShuffleSink::new(py, task, &definition, partitions);
    if serializer::is_shuffled(task, partitioner)
        && let Some(serializer) = task.serializer(py)?
    {
        sink.dump_by(serializer);
    }
    loop {
        if sink.serializer.is_none() && partitioning.places_columns(task) {
            let offered = stream.offer(py, task, &mut |column| {
                let Some(places) = partitioning.place_column(py, column, partitions)? else {
                    return Ok(false);
                };
                sink.push_column(column.to_column(), &places)?;
                Ok(true)
            })?;
            if offered == Offered::Taken {
                continue;
            }
        }
        let Some(element) = stream.next(py, task)? else { break };
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
    /// The program's own, if the elements pass it: a bucket then is a list that it is given.
    serializer: Option<Bound<'py, PyAny>>,
    chunking: Chunking,
    buckets: Vec<Vec<Bound<'py, PyAny>>>,
    buffered: usize,
    /// How many elements a bucket, or all together, have when they are encoded.
    full_bucket: usize,
    full: usize,
    trigger: SpillTrigger,
    writer: MapOutputWriter,
}

impl<'a, 'py> ShuffleSink<'a, 'py> {
    fn new(py: Python<'py>, task: &'a Arc<Task>, definition: &Definition, partitions: u32) -> Self {
        let name = format!("shuffle-{}-{}", definition.rdd, task.id);
        let run_bytes = RUN_BYTES.min((task.limits.spill / RUN_PART) as usize);
        let writer = MapOutputWriter::new(&task.placement, name, partitions, run_bytes);
        let buckets = (0..partitions).map(|_| Vec::new()).collect();
        let trigger = SpillTrigger::new(&task.memory);
        Self {
            py,
            task,
            rdd: definition.rdd,
            serializer: None,
            chunking: Chunking::new(partitions),
            buckets,
            buffered: 0,
            full_bucket: task.limits.frame_elements as usize,
            full: BUFFERED_ELEMENTS,
            trigger,
            writer,
        }
    }

    fn dump_by(&mut self, serializer: Bound<'py, PyAny>) {
        self.serializer = Some(serializer);
        self.full_bucket = usize::MAX;
        self.full = self.chunking.full();
    }

    fn push(&mut self, element: Bound<'py, PyAny>, place: u32) -> PyResult<()> {
        let bucket = self
            .buckets
            .get_mut(place as usize)
            .ok_or_else(|| engine_error(format!("there is no reduce partition {place}")))?;
        bucket.push(element);
        self.buffered += 1;
        if bucket.len() >= self.full_bucket {
            self.flush(place)?;
        }
        if self.trigger.fires(&self.task.memory) {
            self.flush_all()?;
            self.trigger.spilled(self.py, &self.task.memory)?;
        } else if self.buffered >= self.full {
            self.flush_all()?;
        }
        if let Some(fault) = self.task.memory.exceeded() {
            return Err(self.task.fault(fault));
        }
        Ok(())
    }

    /// Writes the elements of a column, each to its place.
    fn push_column(&mut self, column: Column, places: &[u32]) -> PyResult<()> {
        self.flush_all()?;
        let mut rows = vec![Vec::new(); self.buckets.len()];
        for (row, place) in (0..).zip(places) {
            rows[*place as usize].push(row);
        }
        for (place, rows) in (0..).zip(rows) {
            for rows in rows.chunks(self.task.limits.frame_elements as usize) {
                let part = column.gather(rows).ok_or_else(|| engine_error("a pickle was cut"))?;
                self.task.counters.elements_written.add(rows.len() as u64);
                self.writer.append(place, &part).map_err(storage_error)?;
            }
        }
        match self.task.memory.exceeded() {
            Some(fault) => Err(self.task.fault(fault)),
            None => Ok(()),
        }
    }

    /// Encodes a bucket; says how many bytes the program's own serializer has made of it.
    fn flush(&mut self, place: u32) -> PyResult<usize> {
        let bucket = std::mem::take(&mut self.buckets[place as usize]);
        if bucket.is_empty() {
            return Ok(0);
        }
        self.buffered -= bucket.len();
        let serializer = self.serializer.as_ref();
        let column = encode(self.py, self.task, &bucket, Some(self.rdd), serializer)?;
        self.task.counters.elements_written.add(bucket.len() as u64);
        self.writer.append(place, &column).map_err(storage_error)?;
        Ok(match &column {
            Column::Serialized { data, .. } => data.len(),
            _ => 0,
        })
    }

    fn flush_all(&mut self) -> PyResult<()> {
        let filled = self.buckets.iter().filter(|bucket| !bucket.is_empty()).count();
        let mut bytes = 0;
        for place in 0..self.buckets.len() as u32 {
            bytes += self.flush(place)?;
        }
        if self.serializer.is_some() {
            self.chunking.adapt(bytes, filled);
            self.full = self.chunking.full();
        }
        Ok(())
    }

    fn finish(mut self) -> PyResult<Outcome> {
        self.flush_all()?;
        self.task.counters.spills.add(self.writer.spilled_runs() as u64);
        let output = self.writer.finish().map_err(storage_error)?;
        self.task.counters.bytes_written.add(output.length);
        Ok(Outcome::MapOutput(output))
    }
}
