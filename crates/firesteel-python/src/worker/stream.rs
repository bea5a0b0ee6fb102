//! The stream of a partition's elements: pulled one at a time, only as far as the consumer asks.
//!
//! A stream is a source, or a whole-partition step around another stream. Steps that work element by element
//! never nest: they are one flat [`Chain`], so 5,000 operations take one stack frame.

use super::accumulate::Accumulating;
use super::chain::Chain;
use super::columns::{Offered, Taker};
use super::combining::Combining;
use super::copies::CopySource;
use super::file_source::FileSource;
use super::iterator::PythonIterator;
use super::join::Joining;
use super::merging::Merging;
use super::noted::Noted;
use super::number::Numbering;
use super::pairing::{Cartesian, Zip};
use super::pipe::Piped;
use super::sample::Sampling;
use super::sampler::Sampler;
use super::serializer::Reserializing;
use super::sort::Sorting;
use super::source::{Concat, FrameSource, RangeSource, ShuffleSource};
use super::task::Task;
use pyo3::prelude::*;

/// Anything that yields elements.
pub enum Stream {
    Empty,
    Frames(FrameSource),
    Copy(CopySource),
    Range(RangeSource),
    Files(Box<FileSource>),
    Shuffle(Box<ShuffleSource>),
    Concat(Box<Concat>),
    Zip(Box<Zip>),
    Cartesian(Box<Cartesian>),
    Chain(Box<Chain>),
    Python(PythonIterator),
    Take(Box<Take>),
    Pushed(Box<Pushed>),
    Combine(Box<Combining>),
    Merge(Box<Merging>),
    /// Of its pairs the keys.
    Keys(Box<Merging>),
    Join(Box<Joining>),
    Sort(Box<Sorting>),
    Sample(Box<Sampling>),
    Draw(Box<Sampler>),
    Noted(Box<Noted>),
    Number(Box<Numbering>),
    Pipe(Box<Piped>),
    Accumulate(Box<Accumulating>),
    Reserialize(Box<Reserializing>),
}

impl Stream {
    /// The next element, or none at the end; asked again after the end it says none again.
    pub fn next<'py>(
        &mut self,
        py: Python<'py>,
        task: &Task,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self {
            Self::Empty => Ok(None),
            Self::Noted(source) => source.next(py, task),
            Self::Frames(source) => source.next(py, task),
            Self::Copy(source) => source.next(py, task),
            Self::Range(source) => source.next(py, task),
            Self::Files(source) => source.next(py, task),
            Self::Shuffle(source) => source.next(py, task),
            Self::Concat(source) => source.next(py, task),
            Self::Zip(zip) => zip.next(py, task),
            Self::Cartesian(product) => product.next(py, task),
            Self::Chain(chain) => chain.next(py, task),
            Self::Python(iterator) => iterator.next(py, task),
            Self::Take(take) => take.next(py, task),
            Self::Pushed(pushed) => pushed.next(py, task),
            Self::Combine(combining) => combining.next(py, task),
            Self::Merge(merging) | Self::Keys(merging) => merging.next(py, task),
            Self::Join(joining) => joining.next(py, task),
            Self::Sort(sorting) => sorting.next(py, task),
            Self::Sample(sampling) => sampling.next(py, task),
            Self::Draw(sampler) => sampler.next(py, task),
            Self::Number(numbering) => numbering.next(py, task),
            Self::Pipe(piped) => piped.next(py, task),
            Self::Accumulate(accumulating) => accumulating.next(py, task),
            Self::Reserialize(passing) => passing.next(py, task),
        }
    }
}

impl Stream {
    /// Whether it is worth asking for columns.
    pub fn may_offer(&self) -> bool {
        match self {
            Self::Empty
            | Self::Frames(_)
            | Self::Range(_)
            | Self::Shuffle(_)
            | Self::Concat(_)
            | Self::Combine(_)
            | Self::Merge(_)
            | Self::Keys(_)
            | Self::Sort(_) => true,
            Self::Chain(chain) => chain.may_offer(),
            _ => false,
        }
    }

    /// Offers the elements that come next as a column, if the stream has them as one.
    pub fn offer(
        &mut self,
        py: Python<'_>,
        task: &Task,
        take: &mut Taker<'_>,
    ) -> PyResult<Offered> {
        match self {
            Self::Empty => Ok(Offered::Ended),
            Self::Frames(source) => source.offer(py, task, take),
            Self::Range(source) => source.offer(py, task, take),
            Self::Shuffle(source) => source.offer(py, task, take),
            Self::Concat(source) => source.offer(py, task, take),
            Self::Chain(chain) => chain.offer(py, task, take),
            Self::Combine(combining) => combining.offer(py, task, take),
            Self::Merge(merging) | Self::Keys(merging) => merging.offer(py, task, take),
            Self::Sort(sorting) => sorting.offer(py, task, take),
            _ => Ok(Offered::Refused),
        }
    }
}

/// The first elements. The input is let go after the last one: an abandoned generator is closed.
pub struct Take {
    input: Stream,
    left: u64,
}

impl Take {
    pub fn new(input: Stream, count: u64) -> Self {
        Self { input, left: count }
    }

    fn next<'py>(&mut self, py: Python<'py>, task: &Task) -> PyResult<Option<Bound<'py, PyAny>>> {
        if self.left == 0 {
            self.input = Stream::Empty;
            return Ok(None);
        }
        self.left -= 1;
        self.input.next(py, task)
    }
}

/// A stream to which an element has been given back.
pub struct Pushed {
    first: Option<Py<PyAny>>,
    rest: Stream,
}

impl Pushed {
    pub fn new(first: Bound<'_, PyAny>, rest: Stream) -> Self {
        Self { first: Some(first.unbind()), rest }
    }

    fn next<'py>(&mut self, py: Python<'py>, task: &Task) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.first.take() {
            Some(first) => Ok(Some(first.into_bound(py))),
            None => self.rest.next(py, task),
        }
    }
}
