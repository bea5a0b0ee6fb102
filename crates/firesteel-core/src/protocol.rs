//! The control protocol: everything that driver, daemon and workers say to each other.
//!
//! A message is a little-endian `u32` length and one MessagePack value (`rmp_serde`, structs as maps). Messages
//! stay small whatever the data: elements travel as blocks, a message only names them. Invariant: both ends
//! compare [`PROTOCOL_VERSION`] in the first message and refuse another version in one clear line.

pub mod framing;

use crate::files::FileSplit;
use crate::output::{PartFiles, SequenceFormat};
use crate::shuffle::MapOutput;
use crate::storage::{BlockRef, Placement};
use firesteel_scheduler::barrier::BarrierOperation;
use firesteel_scheduler::ids::{RddId, ShuffleId, StageId, TaskId, WorkerId};
use firesteel_scheduler::resources::Amount;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Raised with every change of a message.
pub const PROTOCOL_VERSION: u16 = 8;

/// Results and functions up to this many bytes travel inside a message, larger ones as a block.
pub const INLINE_LIMIT: usize = 64 * 1024;

/// From the driver to the daemon. The end of the stream is the order to kill all workers and go.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToDaemon {
    /// Fork a worker; its end of a socket pair comes with this message as an open descriptor.
    Fork {
        /// The id by which the daemon speaks of it.
        worker: WorkerId,
    },
    /// Raise in the worker's user code. It will not be given another task.
    Interrupt {
        /// The worker.
        worker: WorkerId,
    },
    /// Kill the worker's process group.
    Kill {
        /// The worker.
        worker: WorkerId,
    },
    /// Let all workers print their Python stacks, one after the other.
    PrintStacks,
}

/// From the daemon to the driver.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FromDaemon {
    /// The first message.
    Hello {
        /// The daemon's [`PROTOCOL_VERSION`].
        protocol: u16,
        /// Its process id.
        pid: u32,
    },
    /// A worker process exists.
    Forked {
        /// The worker.
        worker: WorkerId,
        /// Its process id, which is also its process group.
        pid: u32,
    },
    /// The fork itself failed.
    ForkFailed {
        /// The worker that does not exist.
        worker: WorkerId,
        /// What the system said.
        error: String,
    },
    /// A worker process has been reaped.
    Exited {
        /// The worker.
        worker: WorkerId,
        /// How it ended.
        status: ExitStatus,
        /// The most memory it had at once, in bytes; 0 if nobody knows.
        peak_memory: u64,
        /// The end of what it wrote to its stderr, and its stack where a signal killed it.
        last_words: String,
        /// The number and the text of the element that it read last, where its task had been tried before.
        record: String,
    },
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExitStatus {
    /// With this exit code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

/// From the driver to a worker. The end of the stream is the order to go.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToWorker {
    /// What a step of later tasks does. Sent once per worker, before the first task that needs it.
    Define(Definition),
    /// These definitions will not be needed again.
    Forget(Vec<RddId>),
    /// The block of a partition of this RDD is gone, or those of all its partitions are: so is the use of a copy.
    Dropped {
        /// The persisted RDD.
        rdd: RddId,
        /// One of its partitions, or all.
        partition: Option<u32>,
    },
    /// Run a task and answer with [`FromWorker::Ended`].
    Run(Box<TaskSpec>),
    /// Answers [`FromWorker::BarrierReached`].
    Barrier {
        /// The task that waits, or waited when this was sent.
        task: TaskId,
        /// How it goes on.
        answer: BarrierAnswer,
    },
}

/// How the wait at a barrier ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum BarrierAnswer {
    /// All tasks have arrived, with these messages, by partition.
    Released(Vec<String>),
    /// They never will; why, in words for the user.
    Broken(String),
}

/// From a worker to the driver.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FromWorker {
    /// The first message: ready for a task.
    Hello {
        /// The worker's [`PROTOCOL_VERSION`].
        protocol: u16,
    },
    /// A task has ended; ready for the next one.
    Ended(Box<TaskReport>),
    /// The running task waits until it is answered by [`ToWorker::Barrier`].
    BarrierReached {
        /// The task.
        task: TaskId,
        /// What it has called.
        operation: BarrierOperation,
        /// What it brings along; empty for a plain barrier.
        message: String,
    },
}

/// What one RDD does to its parent's elements.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Definition {
    /// The RDD.
    pub rdd: RddId,
    /// Its operator.
    pub operator: Operator,
    /// The pickled user function(s), unpickled afresh by every task attempt.
    pub code: Option<Payload>,
    /// The operation in the user's program: `reduceByKey`.
    pub name: String,
    /// Where the user called it: `app.py:12`.
    pub call_site: String,
}

/// Bytes inside the message, or the name of the block that holds them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Payload {
    /// Up to [`INLINE_LIMIT`] bytes.
    Inline(#[serde(with = "serde_bytes")] Vec<u8>),
    /// More.
    Block(BlockRef),
}

impl Payload {
    /// How many bytes it stands for.
    pub fn size(&self) -> u64 {
        match self {
            Payload::Inline(bytes) => bytes.len() as u64,
            Payload::Block(block) => block.length,
        }
    }
}

/// The operators a worker knows. What `code` unpickles to stands with each; no word means no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// `x -> f(x)`. Code: f.
    Map,
    /// `x` if f(x). Code: f.
    Filter,
    /// The elements of f(x). Code: f.
    FlatMap,
    /// `(k, v) -> (k, f(v))`. Code: f.
    MapValues,
    /// `(k, v) -> (k, w)` for w in f(v). Code: f.
    FlatMapValues,
    /// `x -> (f(x), x)`. Code: f.
    KeyBy,
    /// `(k, v) -> k`.
    Keys,
    /// `(k, v) -> v`.
    Values,
    /// `x -> (x, None)`.
    PairWithNone,
    /// `(k, v) -> (k, (tag, v))`: the side of a join or cogroup that a value comes from, the first side is 1.
    TagValue(u32),
    /// `(k, [(1, v) or (2, w), ...]) -> (k, (v, w))` for every v and w, v outside: the join of grouped values.
    JoinGroups {
        /// A left value without partners is paired with None.
        keep_left: bool,
        /// A right value without partners is paired with None.
        keep_right: bool,
    },
    /// `(k, [(tag, v), ...]) -> (k, (group, ...))`: one ResultIterable for each of so many sides.
    Cogroup(u32),
    /// `(k, [(1, v) or (2, w), ...]) -> (k, v)` for every v, where there is no w.
    SubtractGroups,
    /// `(k, [(1, v) or (2, w), ...]) -> k`, where there are both.
    IntersectGroups,
    /// `(k, v) -> v` of the pairs with this key. Code: the key.
    ValuesOfKey,
    /// The elements of f(iterator), or of f(partition, iterator). Code: f.
    MapPartitions {
        /// Whether f takes the partition index first.
        with_index: bool,
        /// Whether all partitions have to be computed at the same time.
        barrier: bool,
    },
    /// One list of all elements.
    Glom,
    /// Pairs to one `(k, combiner)` a key, by first appearance. Under memory pressure a key may come twice.
    /// Code: see [`Combine`].
    CombineValues(Combine),
    /// Pairs `(k, combiner)` to exactly one a key, by first appearance. Code: see [`Combine`].
    MergeCombiners(Combine),
    /// `(k, list) -> (k, ResultIterable(list))`.
    WrapGroups,
    /// Stable sort as `list.sort` does it. Code: a key function, or none.
    Sort {
        /// Largest first.
        descending: bool,
        /// The elements are pairs, the key function applies to (or the order is that of) their keys.
        by_key: bool,
    },
    /// For sortByKey: one tuple `(count, [(u, key), ...])` a partition, the keys of a Bernoulli sample drawn by
    /// `random.Random(seed ^ partition)` as PySpark draws it, each with its draw `u`, so that the driver, which
    /// then knows the total, can narrow it to the exact fraction.
    SampleKeys {
        /// The size that the whole sample should have.
        size: u32,
        /// PySpark's seed.
        seed: u64,
    },
    /// A sample drawn by `random.Random(seed ^ partition)` as PySpark draws it.
    /// Code: (seed, (low, high) of the draws to keep, or the mean of the number of copies).
    Sample {
        /// Each element comes a Poisson-distributed number of times.
        with_replacement: bool,
        /// The elements are pairs; the code holds a dict from key to fraction or mean instead.
        by_key: bool,
    },
    /// `x -> (x, start + step * i)` for the i-th element. Code: the list of all partitions' starts.
    Number {
        /// The distance of two numbers.
        step: u64,
    },
    /// The lines that a command writes, to which the elements are written as lines of `str(element)`.
    /// Code: (arguments, environment, whether its exit code counts, the command as it is shown).
    Pipe,
    /// The first elements; the input is not pulled any further.
    Take(u64),
    /// One int: how many elements.
    Count,
    /// One element, or none for an empty partition: the fold from the left without a start. Code: f.
    Reduce,
    /// One element: the fold from the left. Code: (zero, f).
    Fold,
    /// One element: f(iterator). Code: f.
    ApplyToPartition,
    /// No element: f(x) for each. Code: f.
    ForEach,
    /// One dict from element to count.
    CountByValue,
    /// One tuple `(count, mean, sum of squared distances, largest, smallest)`, added up as StatCounter does.
    Statistics,
    /// One tuple `(count, smallest, largest)` of what is neither None nor NaN; no element where there is nothing.
    Extremes,
    /// One bytes object: a `HyperLogLogPlus` of the elements, encoded.
    SketchDistinct {
        /// It has 2^precision registers.
        precision: u8,
    },
    /// One list of how many elements are in each bucket; None, NaN and what is outside counts nowhere.
    /// Code: (bounds of the buckets, their width where it is the same for all, or None).
    Histogram,
    /// The same elements, for whoever comes next, as they are outside the program's functions. They are not
    /// serialised again at the end of the pipeline.
    Reserialize {
        /// Whether they pass the serializer here: they come out of a function, and not out of a file.
        passes: bool,
    },
    /// What a shuffle's map side does with its pairs (any elements for `Deal`). It is the last step of a task.
    Shuffle(Partitioner),
}

/// How values that share a key become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Combine {
    /// Code: (create_combiner or None for the value itself, merge_value, merge_combiners).
    Functions,
    /// Lists of values. No code.
    Group,
    /// The first value stays. No code.
    First,
}

/// Which reduce partition an element goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Partitioner {
    /// `portable_hash(key) % n`, with Python's modulo.
    Hash,
    /// `f(key) % n`, with Python's modulo. Code: f.
    Function,
    /// `bisect_left(bounds, key_function(key))`. Code: (bounds, key_function or None).
    Range {
        /// Partition 0 holds the largest keys.
        descending: bool,
    },
    /// Runs of `run` elements dealt out in turn, beginning at a place drawn from the map partition's index.
    Deal {
        /// The batch size of PySpark's repartition.
        run: u32,
        /// The elements were dealt out in such runs already: keep those as they come, short ones included.
        keep_runs: bool,
    },
}

/// One attempt at one partition.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TaskSpec {
    /// The attempt.
    pub task: TaskId,
    /// Its stage.
    pub stage: StageId,
    /// The partition of the stage's RDD.
    pub partition: u32,
    /// 0 for the first attempt.
    pub attempt: u32,
    /// The RDD that is computed: the stage's last one.
    pub rdd: RddId,
    /// The local properties of the thread that asked for the job.
    pub properties: BTreeMap<String, String>,
    /// What to compute.
    pub pipeline: Pipeline,
    /// Where the elements go.
    pub output: TaskOutput,
    /// Where blocks may be written.
    pub placement: Placement,
    /// What the task may use.
    pub limits: Limits,
    /// How many tasks, itself included, it meets at barriers; none outside a barrier stage.
    pub barrier: Option<u32>,
    /// What elements pass when they leave the program's functions, where its context has a serializer of its own.
    pub serializer: Option<Serializer>,
}

/// The program's own serializer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Serializer {
    /// The pickled serializer, unpickled afresh by every task attempt.
    pub code: Payload,
    /// How many elements it is given at once: so many, all of a partition (-1), or growing numbers (0).
    pub batch: i32,
}

/// An input and the steps that its elements go through. `steps` is flat: 5,000 operations are 5,000 entries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pipeline {
    /// The partition index that the steps' functions are told: one-to-one steps share it.
    pub partition: u32,
    /// Where the elements come from.
    pub input: Input,
    /// What happens to them, first step first.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Step {
    /// Apply the operator of a definition.
    Apply(RddId),
    /// A cache point: write the whole partition as a block, then go on with a decoded copy.
    Persist {
        /// The persisted RDD.
        rdd: RddId,
        /// Whether its storage level lets the block be in shared memory.
        in_memory: bool,
    },
}

/// Where elements come from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Input {
    /// Nothing.
    Empty,
    /// Frames: a slice of the driver's list.
    Frames(Payload),
    /// A cached partition.
    Cached(StoredBlock),
    /// The ints `start, start + step, ...`.
    Range {
        /// The first.
        start: i64,
        /// The distance.
        step: i64,
        /// How many.
        count: u64,
    },
    /// Files, or part of one.
    Files(FileSplit),
    /// One reduce partition of a shuffle.
    Shuffle {
        /// The shuffle.
        shuffle: ShuffleId,
        /// The map outputs that may hold something for it, by map partition.
        outputs: Vec<MapSource>,
        /// The reduce partition.
        partition: u32,
    },
    /// Several pipelines, one after the other.
    Concat(Vec<Pipeline>),
    /// Pairs of the elements of two pipelines.
    Pairs {
        /// Left and right.
        sides: Vec<Pipeline>,
        /// Which elements meet.
        pairing: Pairing,
    },
}

/// A map output to read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapSource {
    /// Who wrote it.
    pub map_partition: u32,
    /// The file.
    pub path: PathBuf,
}

/// Which elements of two partitions become pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pairing {
    /// The first with the first, the second with the second, and so on; both sides have to be equally long.
    Zip,
    /// Each with each, batch by batch: those of a left batch with those of a right batch, left outside; then the
    /// next right batch. That is PySpark's order.
    Cartesian {
        /// How the left side is cut.
        left: Batches,
        /// How the right side is cut.
        right: Batches,
    },
}

/// How PySpark cuts a partition into batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Batches {
    /// So many elements each.
    Fixed(u32),
    /// 1, 2, 4, ... elements, as long as the pickled batch is small.
    Growing,
}

/// Where a task's elements go.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum TaskOutput {
    /// Back to the driver, as frames.
    Collect,
    /// Into a map output, by the operator of this definition.
    Shuffle {
        /// The shuffled RDD, whose definition is an [`Operator::Shuffle`].
        rdd: RddId,
        /// How many reduce partitions.
        partitions: u32,
    },
    /// Into one part file, as lines of `str(element)`.
    Text(PartFiles),
    /// Into one part file, as the records of a SequenceFile.
    Sequence(PartFiles, SequenceFormat),
}

/// What a task may use.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Elements in a frame, at most.
    pub frame_elements: u32,
    /// Anonymous memory in bytes that a worker may have. One that has spilled all it can and has still more fails.
    pub memory: u64,
    /// From this much on a worker spills what it can: half of that, or `spark.python.worker.memory`.
    pub spill: u64,
    /// What the live copies of cached partitions may take of that, in bytes.
    pub copies: u64,
    /// The processors that the task counts for, in billionths.
    pub cpus: Amount,
    /// Whether what can run without calling Python does: `firesteel.native`.
    pub native: bool,
}

/// How a task ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TaskReport {
    /// The task.
    pub task: TaskId,
    /// Its outcome.
    pub outcome: Outcome,
    /// What it did.
    pub metrics: TaskMetrics,
    /// The pickled list of `(accumulator id, update)`, where there are any.
    #[serde(with = "serde_bytes")]
    pub accumulators: Option<Vec<u8>>,
    /// Partitions of persisted RDDs that it wrote.
    pub stored: Vec<StoredBlock>,
    /// Partitions of persisted RDDs of which its worker has a live copy since.
    #[serde(default)]
    pub copied: Vec<StoredBlock>,
}

/// A partition of a persisted RDD.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredBlock {
    /// The RDD.
    pub rdd: RddId,
    /// Its partition.
    pub partition: u32,
    /// The sealed block.
    pub block: BlockRef,
}

/// Why a task ended, with what it delivers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Outcome {
    /// Frames of the elements.
    Collected(Payload),
    /// A map output.
    MapOutput(MapOutput),
    /// A part file of this many bytes.
    Saved(u64),
    /// The user's function raised, or the like.
    Failed(Box<TaskFailure>),
    /// A map output could not be read.
    FetchFailed {
        /// The shuffle.
        shuffle: ShuffleId,
        /// The map partition.
        map_partition: u32,
        /// What the system said.
        message: String,
    },
    /// A cached block could not be read.
    BlockLost {
        /// The block's file.
        path: PathBuf,
        /// What was wrong with it.
        message: String,
    },
    /// It was interrupted.
    Killed,
}

/// What a task did. Times are nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskMetrics {
    /// Elements read from the input.
    pub elements_read: u64,
    /// Bytes read from the input.
    pub bytes_read: u64,
    /// Elements written to the output.
    pub elements_written: u64,
    /// Bytes written to the output.
    pub bytes_written: u64,
    /// Wall time in the user's functions (measured on a sample of the calls).
    pub user_nanos: u64,
    /// Wall time of the whole task.
    pub total_nanos: u64,
    /// Map-output runs and combine tables that were spilled.
    pub spills: u64,
    /// Cached partitions of which a live copy was kept.
    #[serde(default)]
    pub copies_kept: u64,
    /// Cached partitions that were read from a live copy.
    #[serde(default)]
    pub copies_read: u64,
    /// Live copies that were dropped, since the task before as well.
    #[serde(default)]
    pub copies_dropped: u64,
}

/// A failed task, ready to be shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TaskFailure {
    /// The exception's type as Python prints it: `ZeroDivisionError`, `mypackage.errors.Oops`.
    pub exception: String,
    /// `str(exception)`.
    pub message: String,
    /// The traceback as Python prints it, without frames of ours.
    pub traceback: String,
    /// The user's innermost frames, outermost first.
    pub frames: Vec<UserFrame>,
    /// `repr` of the element that was worked on, shortened.
    pub record: Option<String>,
    /// The operation: `map`.
    pub operation: String,
    /// Where the user called it.
    pub call_site: String,
    /// The pickled exception, where it can be pickled.
    #[serde(with = "serde_bytes")]
    pub pickled: Option<Vec<u8>>,
}

/// One frame of a traceback.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UserFrame {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The function.
    pub function: String,
    /// The source line, stripped.
    pub text: String,
}
