//! From one partition of an RDD to the flat pipeline that computes it.
//!
//! ```text
//!   rdd, partition ──chain──► steps ... ── a source, a shuffle, a stored block ──► the pipeline's input
//!                                      ├─ a union or coalesce ──► Concat of pipelines, one for each child
//!                                      └─ zip or cartesian ──► Pairs of two pipelines
//! ```
//! Invariants: a chain of narrow one-to-one RDDs is one pipeline, however long; a union or coalesce without steps between is
//! never nested; nothing recurses. Pipelines nest only where an RDD under steps has another partition index
//! than its child, for functions are told the index.

use super::catalog::{Catalog, Kind};
use crate::protocol::{Input, MapSource, Pairing, Payload, Pipeline, Step, StoredBlock};
use firesteel_scheduler::ids::{RddId, ShuffleId};
use std::collections::VecDeque;

/// How deep pipelines may nest. Messages nest with them, and both ends walk a message by recursion.
const DEEPEST: usize = 128;

/// Finds what a pipeline consists of.
pub struct Planner<'a> {
    /// The lineage.
    pub catalog: &'a Catalog,
    /// The map outputs of a shuffle that a reduce partition has to read, by map partition.
    pub map_outputs: &'a dyn Fn(ShuffleId, u32) -> Result<Vec<MapSource>, PlanError>,
}

/// A pipeline and the RDDs whose definitions it needs.
#[derive(Debug)]
pub struct Plan {
    /// What to compute.
    pub pipeline: Pipeline,
    /// The RDDs that its steps apply.
    pub used: Vec<RddId>,
    /// The persisted partitions whose blocks it reads.
    pub read: Vec<(RddId, u32)>,
}

/// Why there is no pipeline.
#[derive(Debug, PartialEq, Eq)]
pub enum PlanError {
    /// The map stage has to run (again) first.
    MissingOutput {
        /// The shuffle.
        shuffle: ShuffleId,
        /// The map partition without an output.
        map_partition: u32,
    },
    /// Unions and operations alternate too often.
    TooDeep,
}

/// The RDDs that the walk has met.
#[derive(Default)]
struct Found {
    used: Vec<RddId>,
    read: Vec<(RddId, u32)>,
}

/// A pipeline whose children are not all planned yet.
struct Open {
    partition: u32,
    /// Last step first.
    steps: Vec<Step>,
    end: End,
    done: Vec<Pipeline>,
}

/// What a chain of one-to-one RDDs ends in.
enum End {
    Source(Input),
    Children(VecDeque<(RddId, u32)>),
    /// Two children whose elements meet.
    Pair(Pairing, VecDeque<(RddId, u32)>),
}

impl Planner<'_> {
    /// The pipeline for a partition.
    pub fn plan(&self, rdd: RddId, partition: u32) -> Result<Plan, PlanError> {
        let mut found = Found::default();
        let mut open = vec![self.chain(rdd, partition, &mut found)?];
        loop {
            let Some(current) = open.last_mut() else { return Err(PlanError::TooDeep) };
            if let Some((rdd, partition)) = current.next_child() {
                if open.len() == DEEPEST {
                    return Err(PlanError::TooDeep);
                }
                open.push(self.chain(rdd, partition, &mut found)?);
                continue;
            }
            let Some(finished) = open.pop().map(Open::close) else {
                return Err(PlanError::TooDeep);
            };
            match open.last_mut() {
                Some(parent) => parent.done.push(finished),
                None => {
                    let Found { used, read } = found;
                    return Ok(Plan { pipeline: finished, used, read });
                }
            }
        }
    }

    /// Walks down until elements come from somewhere else than one partition of one RDD.
    fn chain(
        &self,
        mut rdd: RddId,
        mut partition: u32,
        found: &mut Found,
    ) -> Result<Open, PlanError> {
        let mut steps = Vec::new();
        let end = loop {
            if let Some(block) = self.catalog.stored(rdd, partition) {
                found.read.push((rdd, partition));
                let block = block.clone();
                break End::Source(Input::Cached(StoredBlock { rdd, partition, block }));
            }
            if let Some(level) = self.catalog.storage_level(rdd) {
                steps.push(Step::Persist { rdd, in_memory: level.memory });
            }
            if let Kind::Transform { parent, .. } = self.catalog.rdd(rdd).kind {
                steps.push(Step::Apply(rdd));
                found.used.push(rdd);
                rdd = parent;
                continue;
            }
            if let Kind::Pairs { pairing, .. } = self.catalog.rdd(rdd).kind {
                break End::Pair(pairing, self.catalog.narrow_parents(rdd, partition).into());
            }
            let Some(children) = self.children(rdd, partition) else {
                break End::Source(self.source(rdd, partition)?);
            };
            match children[..] {
                [child] if steps.is_empty() || child.1 == partition => (rdd, partition) = child,
                _ => break End::Children(self.flatten(children)),
            }
        };
        Ok(Open { partition, steps, end, done: Vec::new() })
    }

    /// The partitions that a union or coalesce puts one after the other; `None` for another kind of RDD.
    fn children(&self, rdd: RddId, partition: u32) -> Option<Vec<(RddId, u32)>> {
        let kind = &self.catalog.rdd(rdd).kind;
        let passes_on =
            matches!(kind, Kind::Union(_) | Kind::AlignedUnion(_) | Kind::Coalesce { .. });
        passes_on.then(|| self.catalog.narrow_parents(rdd, partition))
    }

    /// Replaces children that only pass their own children on.
    fn flatten(&self, children: Vec<(RddId, u32)>) -> VecDeque<(RddId, u32)> {
        let mut flat = VecDeque::new();
        let mut pending: Vec<_> = children.into_iter().rev().collect();
        while let Some((rdd, partition)) = pending.pop() {
            let kept =
                self.catalog.is_persisted(rdd) || self.catalog.stored(rdd, partition).is_some();
            match self.children(rdd, partition).filter(|_| !kept) {
                Some(inner) => pending.extend(inner.into_iter().rev()),
                None => flat.push_back((rdd, partition)),
            }
        }
        flat
    }

    fn source(&self, rdd: RddId, partition: u32) -> Result<Input, PlanError> {
        let index = partition as usize;
        let input = match &self.catalog.rdd(rdd).kind {
            Kind::Elements(slices) => slices.get(index).map(|slice| slice_input(slice.clone())),
            Kind::Range { start, step, boundaries } => {
                slice_range(*start, *step, boundaries, index)
            }
            Kind::Files { splits, .. } => {
                let split = splits.as_ref().and_then(|splits| splits.get(index));
                split.cloned().map(Input::Files)
            }
            Kind::Shuffle { shuffle, .. } => {
                let outputs = (self.map_outputs)(*shuffle, partition)?;
                Some(Input::Shuffle { shuffle: *shuffle, outputs, partition })
            }
            _ => None,
        };
        Ok(input.unwrap_or(Input::Empty))
    }
}

fn slice_input(slice: Payload) -> Input {
    match slice {
        Payload::Inline(bytes) if bytes.is_empty() => Input::Empty,
        slice => Input::Frames(slice),
    }
}

/// The driver has checked that all ints of the range fit.
fn slice_range(start: i64, step: i64, boundaries: &[u64], index: usize) -> Option<Input> {
    let (first, end) = (*boundaries.get(index)?, *boundaries.get(index + 1)?);
    let start = start.wrapping_add(step.wrapping_mul(first as i64));
    Some(Input::Range { start, step, count: end.saturating_sub(first) })
}

impl Open {
    fn next_child(&mut self) -> Option<(RddId, u32)> {
        match &mut self.end {
            End::Source(_) => None,
            End::Children(children) | End::Pair(_, children) => children.pop_front(),
        }
    }

    fn close(self) -> Pipeline {
        let mut steps = self.steps;
        steps.reverse();
        let input = match self.end {
            End::Source(input) => input,
            End::Children(_) => Input::Concat(self.done),
            End::Pair(pairing, _) => Input::Pairs { sides: self.done, pairing },
        };
        Pipeline { partition: self.partition, input, steps }
    }
}

#[cfg(test)]
mod tests;
