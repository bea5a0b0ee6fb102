//! Where a task's elements go: frames for the driver, a map output, a part file, or a cached block.

mod files;
mod frames;
mod map_output;

pub use frames::persist;

use super::failure::blame_step;
use super::pipeline;
use super::serializer;
use super::task::Task;
use crate::convert::{encode_frame, serialize};
use firesteel_core::frame::Column;
use firesteel_core::protocol::{Outcome, Pipeline, Step, TaskOutput};
use firesteel_scheduler::ids::RddId;
use pyo3::prelude::*;
use std::sync::Arc;

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
        TaskOutput::Collect => {
            let passed = serializer::is_passed(task, &pipeline.steps)?;
            frames::collect(py, task, &mut stream, last_step(pipeline), passed)
        }
        TaskOutput::Shuffle { rdd, partitions } => {
            map_output::write(py, task, &mut stream, *rdd, *partitions, partition)
        }
        TaskOutput::Text(files) => files::save_text(py, task, &mut stream, files, partition),
        TaskOutput::Sequence(files, format) => {
            files::save_sequence(py, task, &mut stream, files, *format, partition)
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

/// Encodes elements, by the program's own serializer where it is given; where one of them cannot be pickled, the error
/// names it and the step that made it.
pub fn encode<'py>(
    py: Python<'py>,
    task: &Task,
    elements: &[Bound<'py, PyAny>],
    rdd: Option<RddId>,
    serializer: Option<&Bound<'py, PyAny>>,
) -> PyResult<Column> {
    let encode = |elements: &[Bound<'py, PyAny>]| match serializer {
        Some(serializer) => serialize(serializer, elements),
        None => encode_frame(py, elements),
    };
    encode(elements).map_err(|error| {
        let refused =
            |element: &&Bound<'py, PyAny>| encode(std::slice::from_ref(*element)).is_err();
        let record = elements.iter().find(refused).map(|element| element.clone().unbind());
        match rdd {
            Some(rdd) => blame_step(py, task, rdd, record, error),
            None => error,
        }
    })
}
