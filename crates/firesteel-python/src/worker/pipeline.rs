//! From a pipeline, which is data, to a stream, which runs.

use super::accumulate::{Accumulating, Accumulation};
use super::binary::Binary;
use super::chain::Chain;
use super::combining::Combining;
use super::copies::CopySource;
use super::failure::{blame_partition, blame_step};
use super::file_source::FileSource;
use super::iterator::{self, PartitionIterator, PythonIterator};
use super::join::Joining;
use super::lines;
use super::merging::Merging;
use super::noted::Noted;
use super::number::Numbering;
use super::output;
use super::pairing;
use super::pipe::Piped;
use super::sample::Sampling;
use super::sampler::Sampler;
use super::serializer::{self, Reserializing};
use super::sort::Sorting;
use super::source::{Concat, FrameSource, RangeSource, ShuffleSource};
use super::stream::{Stream, Take};
use super::sum;
use super::task::Task;
use crate::capi::Function;
use firesteel_core::protocol::{Definition, Input, Operator, Pipeline, Step, StoredBlock};
use firesteel_scheduler::ids::RddId;
use pyo3::prelude::*;
use std::sync::Arc;

/// The stream of a pipeline's elements. Functions of whole partitions are called here, upstream first.
pub fn build(py: Python<'_>, task: &Arc<Task>, pipeline: &Pipeline) -> PyResult<Stream> {
    let mut stream = source(py, task, &pipeline.input)?;
    for (position, step) in pipeline.steps.iter().enumerate() {
        stream = match step {
            Step::Apply(rdd) => apply(py, task, stream, *rdd, pipeline.partition)?,
            Step::Persist { rdd, in_memory } => {
                let passed = serializer::is_passed(task, &pipeline.steps[..position])?;
                output::persist(py, task, stream, *rdd, pipeline.partition, *in_memory, passed)?
            }
        };
    }
    Ok(stream)
}

fn source(py: Python<'_>, task: &Arc<Task>, input: &Input) -> PyResult<Stream> {
    let source = match input {
        Input::Empty => Stream::Empty,
        Input::Frames(payload) => Stream::Frames(FrameSource::open(payload)?),
        Input::Cached(block) => cached(task, block)?,
        Input::Range { start, step, count } => {
            Stream::Range(RangeSource::new(*start, *step, *count))
        }
        Input::Files(split) => Stream::Files(Box::new(FileSource::open(split)?)),
        Input::Shuffle { shuffle, outputs, partition } => {
            Stream::Shuffle(Box::new(ShuffleSource::new(*shuffle, outputs.clone(), *partition)))
        }
        Input::Pairs { sides, pairing } => pairing::open(py, task, sides, *pairing)?,
        Input::Concat(parts) => Stream::Concat(Box::new(Concat::new(task.clone(), parts.clone()))),
    };
    match input {
        // Their parts have sources of their own.
        Input::Pairs { .. } | Input::Concat(_) => Ok(source),
        _ => Noted::unless_first(py, task, source),
    }
}

/// The live copy of a cached partition, or its frames.
fn cached(task: &Arc<Task>, block: &StoredBlock) -> PyResult<Stream> {
    if let Some(elements) = task.copies.find(block) {
        task.counters.copies_read.add(1);
        return Ok(Stream::Copy(CopySource::new(elements)));
    }
    Ok(Stream::Frames(FrameSource::open_cached(task, block)?))
}

fn apply(
    py: Python<'_>,
    task: &Arc<Task>,
    input: Stream,
    rdd: RddId,
    partition: u32,
) -> PyResult<Stream> {
    let definition = task.definition(rdd)?;
    let code = task.code(py, &definition)?;
    if Chain::takes(definition.operator) {
        return Ok(match (input, definition.operator) {
            (Stream::Merge(mut merging), Operator::Keys) if task.limits.native => {
                merging.keys_only();
                Stream::Keys(merging)
            }
            (Stream::Merge(merging), Operator::JoinGroups { keep_left, keep_right })
                if task.limits.native =>
            {
                Stream::Join(Box::new(Joining::new(merging, definition, (keep_left, keep_right))))
            }
            (other, _) => link(other, &definition, Function::new(py, code)),
        });
    }
    let accumulate = |input, accumulation| {
        Stream::Accumulate(Box::new(Accumulating::new(input, accumulation, rdd)))
    };
    Ok(match definition.operator {
        Operator::MapPartitions { with_index, .. } => {
            let index = with_index.then_some(partition);
            map_partitions(py, task, input, rdd, code, index)?
        }
        Operator::Take(count) => Stream::Take(Box::new(Take::new(input, count))),
        Operator::CombineValues(combine) => {
            Stream::Combine(Box::new(Combining::new(py, task, input, &definition, combine, code)?))
        }
        Operator::MergeCombiners(combine) => {
            Stream::Merge(Box::new(Merging::new(py, task, input, &definition, combine, code)?))
        }
        Operator::Sort { descending, by_key } => {
            Stream::Sort(Box::new(Sorting::new(input, &definition, descending, by_key, code)))
        }
        Operator::SampleKeys { size, seed } => {
            Stream::Sample(Box::new(Sampling::new(input, size, seed, partition)))
        }
        Operator::Sample { with_replacement, by_key } => {
            let how = (with_replacement, by_key);
            let sampler = Sampler::new(input, &definition, code.bind(py), how, partition);
            Stream::Draw(Box::new(sampler.map_err(|error| blame_step(py, task, rdd, None, error))?))
        }
        Operator::Number { step } => {
            Stream::Number(Box::new(Numbering::new(py, input, &code, step, partition)?))
        }
        Operator::Pipe => {
            let piped = Piped::new(py, input, &code, rdd);
            Stream::Pipe(Box::new(piped.map_err(|error| blame_step(py, task, rdd, None, error))?))
        }
        Operator::Statistics => accumulate(input, Accumulation::Statistics),
        Operator::Extremes => accumulate(input, Accumulation::Extremes),
        Operator::SketchDistinct { precision } => {
            accumulate(input, Accumulation::SketchDistinct(precision))
        }
        Operator::Histogram => accumulate(input, Accumulation::Histogram(code)),
        Operator::ApplyToPartition => apply_to_partition(py, task, input, rdd, code)?,
        Operator::Glom => accumulate(input, Accumulation::Glom),
        Operator::Count => match lines::only_counted(py, task, input)? {
            (lines, Some(tests)) => accumulate(lines, Accumulation::CountLines(tests)),
            (input, None) => accumulate(input, Accumulation::Count),
        },
        Operator::CountByValue => accumulate(input, Accumulation::CountByValue),
        Operator::Reduce => accumulate(input, Accumulation::Reduce(Binary::new(py, task, code)?)),
        Operator::Fold => accumulate(input, Accumulation::fold(py, task, &code)?),
        Operator::ForEach => accumulate(input, Accumulation::ForEach(Function::new(py, code))),
        Operator::Reserialize { passes } => match task.batch().filter(|_| passes) {
            Some(batch) => Stream::Reserialize(Box::new(Reserializing::new(input, rdd, batch))),
            None => input,
        },
        other => {
            let message = format!("{other:?} is not a step of a pipeline");
            return Err(crate::errors::engine_error(message));
        }
    })
}

/// Adds an operator to the chain that the stream ends in, or begins one.
fn link(input: Stream, definition: &Definition, code: Function) -> Stream {
    let mut chain = match input {
        Stream::Chain(chain) => chain,
        other => Box::new(Chain::new(other)),
    };
    chain.push(definition, code);
    Stream::Chain(chain)
}

fn map_partitions(
    py: Python<'_>,
    task: &Arc<Task>,
    input: Stream,
    rdd: RddId,
    function: Py<PyAny>,
    index: Option<u32>,
) -> PyResult<Stream> {
    let (iterator, state) = PartitionIterator::new(task.clone(), input);
    let iterator = Bound::new(py, iterator)?;
    let function = function.bind(py);
    let returned = task.counters.time_whole(|| match index {
        Some(index) => function.call1((index, iterator)),
        None => function.call1((iterator,)),
    });
    match returned.and_then(|returned| returned.try_iter()) {
        Ok(items) => Ok(Stream::Python(PythonIterator::new(items, rdd, state))),
        Err(error) => Err(blame_partition(py, task, rdd, iterator::last(py, &state), error)),
    }
}

fn apply_to_partition(
    py: Python<'_>,
    task: &Arc<Task>,
    input: Stream,
    rdd: RddId,
    function: Py<PyAny>,
) -> PyResult<Stream> {
    let (input, known) = match sum::takes(py, task, &function)? {
        true => sum::ints(py, task, input)?,
        false => (input, None),
    };
    let (iterator, state) = PartitionIterator::new(task.clone(), input);
    let iterator = Bound::new(py, iterator)?;
    let function = function.bind(py);
    let result = task.counters.time_whole(|| match known {
        Some(known) => function.call1((iterator, known)),
        None => function.call1((iterator,)),
    });
    match result {
        Ok(value) => Ok(Stream::Frames(FrameSource::of_elements(vec![value.unbind()]))),
        Err(error) => Err(blame_partition(py, task, rdd, iterator::last(py, &state), error)),
    }
}
