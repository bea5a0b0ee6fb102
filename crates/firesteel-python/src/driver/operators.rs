//! The names of operators and partitioners in the Python door.
//!
//! Invariant: the table is that of `_native.pyi`; an option that an operator does not have is an error.

use super::options::Options;
use firesteel_core::protocol::{Batches, Combine, Operator, Pairing, Partitioner};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The operator of a narrow step.
pub fn operator(name: &str, options: Option<&Bound<'_, PyDict>>) -> PyResult<Operator> {
    let mut options = Options::new(options);
    let operator = match name {
        "map" => Operator::Map,
        "filter" => Operator::Filter,
        "flat_map" => Operator::FlatMap,
        "map_values" => Operator::MapValues,
        "flat_map_values" => Operator::FlatMapValues,
        "key_by" => Operator::KeyBy,
        "keys" => Operator::Keys,
        "values" => Operator::Values,
        "pair_with_none" => Operator::PairWithNone,
        "tag_value" => Operator::TagValue(options.take("tag")?),
        "join_groups" => Operator::JoinGroups {
            keep_left: options.take("keep_left")?,
            keep_right: options.take("keep_right")?,
        },
        "cogroup" => Operator::Cogroup(options.take("sides")?),
        "subtract_groups" => Operator::SubtractGroups,
        "intersect_groups" => Operator::IntersectGroups,
        "values_of_key" => Operator::ValuesOfKey,
        "sample" => Operator::Sample {
            with_replacement: options.take("with_replacement")?,
            by_key: options.take("by_key")?,
        },
        "number" => Operator::Number { step: options.take("step")? },
        "pipe" => Operator::Pipe,
        "statistics" => Operator::Statistics,
        "extremes" => Operator::Extremes,
        "sketch_distinct" => Operator::SketchDistinct { precision: options.take("precision")? },
        "histogram" => Operator::Histogram,
        "map_partitions" => map_partitions(&mut options, false)?,
        "barrier_map_partitions" => map_partitions(&mut options, true)?,
        "glom" => Operator::Glom,
        "combine_values" => Operator::CombineValues(combine(&mut options)?),
        "merge_combiners" => Operator::MergeCombiners(combine(&mut options)?),
        "wrap_groups" => Operator::WrapGroups,
        "sort" => Operator::Sort {
            descending: options.take("descending")?,
            by_key: options.take("by_key")?,
        },
        "sample_keys" => {
            Operator::SampleKeys { size: options.take("size")?, seed: options.take("seed")? }
        }
        "take" => Operator::Take(options.take("count")?),
        "count" => Operator::Count,
        "reduce" => Operator::Reduce,
        "fold" => Operator::Fold,
        "apply_to_partition" => Operator::ApplyToPartition,
        "for_each" => Operator::ForEach,
        "count_by_value" => Operator::CountByValue,
        "reserialize" => Operator::Reserialize { passes: options.take("passes")? },
        _ => return Err(PyValueError::new_err(format!("no operator {name:?}"))),
    };
    options.finish(name)?;
    Ok(operator)
}

/// The partitioner of a shuffle.
pub fn partitioner(name: &str, options: Option<&Bound<'_, PyDict>>) -> PyResult<Partitioner> {
    let mut options = Options::new(options);
    let partitioner = match name {
        "hash" => Partitioner::Hash,
        "function" => Partitioner::Function,
        "range" => Partitioner::Range { descending: options.take("descending")? },
        "deal" => Partitioner::Deal { run: options.take("run")?, keep_runs: false },
        _ => return Err(PyValueError::new_err(format!("no partitioner {name:?}"))),
    };
    options.finish(name)?;
    Ok(partitioner)
}

/// Zip, or the product of two sides with batches of these sizes.
pub fn pairing(batches: Option<(u32, u32)>) -> Pairing {
    let cut = |size| if size == 0 { Batches::Growing } else { Batches::Fixed(size) };
    match batches {
        None => Pairing::Zip,
        Some((left, right)) => Pairing::Cartesian { left: cut(left), right: cut(right) },
    }
}

fn map_partitions(options: &mut Options<'_, '_>, barrier: bool) -> PyResult<Operator> {
    Ok(Operator::MapPartitions { with_index: options.take("with_index")?, barrier })
}

fn combine(options: &mut Options<'_, '_>) -> PyResult<Combine> {
    let name: String = options.take("combine")?;
    match name.as_str() {
        "functions" => Ok(Combine::Functions),
        "group" => Ok(Combine::Group),
        "first" => Ok(Combine::First),
        _ => Err(PyValueError::new_err(format!("no combine {name:?}"))),
    }
}
