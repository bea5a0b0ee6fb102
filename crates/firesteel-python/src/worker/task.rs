//! One task attempt: what all its parts share, and its way from the spec to the report.

use super::barrier::Barrier;
use super::copies::Copies;
use super::failure::{self, Blame, Fault};
use super::memory::MemoryWatch;
use super::output;
use super::profile;
use firesteel_core::protocol::{
    Definition, Limits, Payload, Serializer, StoredBlock, TaskMetrics, TaskReport, TaskSpec,
};
use firesteel_core::storage::{MappedBlock, Placement};
use firesteel_scheduler::ids::{RddId, TaskId};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// What the driver has told this worker about the RDDs of its tasks.
pub type Definitions = HashMap<RddId, Arc<Definition>>;

/// One call in so many is timed, and its time counted so many times.
pub const TIMING_STRIDE: u64 = 256;

/// What the parts of a running task share. Streams hold it, also those that user code holds on to.
pub struct Task {
    pub id: TaskId,
    /// An attempt before this one has failed.
    pub is_tried_again: bool,
    pub limits: Limits,
    pub placement: Placement,
    pub memory: MemoryWatch,
    pub counters: Counters,
    /// Set when a shuffle's next segment is opened; who needs to know looks at it after each element.
    segment_begins: AtomicBool,
    definitions: Arc<Definitions>,
    code: Mutex<HashMap<RddId, Py<PyAny>>>,
    /// What the program's own serializer is pickled as, and how many elements it is given at once.
    serializer: Option<Serializer>,
    loaded_serializer: Mutex<Option<Py<PyAny>>>,
    fault: Mutex<Option<Fault>>,
    blame: Mutex<Option<Blame>>,
    stored: Mutex<Vec<StoredBlock>>,
    /// The live copies that the worker has, whatever task made them.
    pub copies: Arc<Copies>,
    copied: Mutex<Vec<StoredBlock>>,
}

/// Totals of a task.
#[derive(Default)]
pub struct Counters {
    pub elements_read: Counter,
    pub bytes_read: Counter,
    pub elements_written: Counter,
    pub bytes_written: Counter,
    pub user_nanos: Counter,
    pub spills: Counter,
    pub copies_kept: Counter,
    pub copies_read: Counter,
}

/// A total that whoever holds the interpreter adds to: one writer at a time, so no locked addition is needed,
/// which would cost more than many a step.
#[derive(Default)]
pub struct Counter(AtomicU64);

impl Counter {
    #[inline]
    pub fn add(&self, amount: u64) {
        self.0.store(self.get().wrapping_add(amount), Relaxed);
    }

    #[inline]
    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Runs a task. An error here means that the worker itself cannot go on.
pub fn run(
    py: Python<'_>,
    spec: TaskSpec,
    definitions: Arc<Definitions>,
    copies: Arc<Copies>,
    barrier: Option<&Bound<'_, Barrier>>,
) -> PyResult<TaskReport> {
    let start = Instant::now();
    spec.placement.unlock();
    let glue = py.import("firesteel.worker")?;
    let profile = begin_task(&glue, &spec, barrier)?;
    let spec = Arc::new(spec);
    let task = Arc::new(Task::new(&spec, definitions, copies)?);
    let result = match profile {
        Some(profile) => profile::run(&profile, &task, &spec),
        None => output::run(py, &task, &spec.pipeline, &spec.output, spec.partition),
    };
    let (outcome, accumulators) = match result.and_then(|outcome| Ok((outcome, end_task(&glue)?))) {
        Ok(delivered) => delivered,
        Err(error) => (failure::outcome(py, &task, error), end_task(&glue).unwrap_or_default()),
    };
    let stored = std::mem::take(&mut *lock(&task.stored));
    let copied = std::mem::take(&mut *lock(&task.copied));
    let mut metrics = task.counters.metrics();
    metrics.copies_dropped = task.copies.take_dropped();
    metrics.total_nanos = start.elapsed().as_nanos() as u64;
    Ok(TaskReport { task: task.id, outcome, metrics, accumulators, stored, copied })
}

/// Tells Python of the task; what comes back is what the program wants to have called around it.
fn begin_task<'py>(
    glue: &Bound<'py, PyModule>,
    spec: &TaskSpec,
    barrier: Option<&Bound<'py, Barrier>>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let ids = (spec.stage.0, spec.partition, spec.attempt, spec.task.0);
    let keywords = PyDict::new(glue.py());
    keywords.set_item("rdd", spec.rdd.0)?;
    keywords.set_item("cpu_billionths", spec.limits.cpus.billionths())?;
    keywords.set_item("properties", &spec.properties)?;
    if let (Some(tasks), Some(barrier)) = (spec.barrier, barrier) {
        keywords.set_item("barrier", (tasks, barrier))?;
    }
    let profile = glue.call_method("begin_task", ids, Some(&keywords))?;
    Ok((!profile.is_none()).then_some(profile))
}

/// Flushes what the user printed and takes the accumulators' updates.
fn end_task(glue: &Bound<'_, PyModule>) -> PyResult<Option<Vec<u8>>> {
    let updates = glue.call_method0("end_task")?;
    Ok(match updates.cast::<PyBytes>() {
        Ok(bytes) => Some(bytes.as_bytes().to_vec()),
        Err(_) => None,
    })
}

impl Task {
    fn new(spec: &TaskSpec, definitions: Arc<Definitions>, copies: Arc<Copies>) -> PyResult<Self> {
        Ok(Self {
            id: spec.task,
            is_tried_again: spec.attempt > 0,
            limits: spec.limits,
            placement: spec.placement.clone(),
            memory: MemoryWatch::new(&spec.limits, copies.clone())?,
            counters: Counters::default(),
            segment_begins: AtomicBool::new(false),
            definitions,
            code: Mutex::default(),
            serializer: spec.serializer.clone(),
            loaded_serializer: Mutex::default(),
            fault: Mutex::default(),
            blame: Mutex::default(),
            stored: Mutex::default(),
            copies,
            copied: Mutex::default(),
        })
    }

    /// The driver defines what a task needs before it sends the task.
    pub fn definition(&self, rdd: RddId) -> PyResult<Arc<Definition>> {
        let definition = self.definitions.get(&rdd).cloned();
        definition.ok_or_else(|| crate::errors::engine_error(format!("RDD {rdd} is not defined")))
    }

    /// The user's function(s) of an RDD, unpickled once for this attempt.
    pub fn code(&self, py: Python<'_>, definition: &Definition) -> PyResult<Py<PyAny>> {
        if let Some(code) = lock(&self.code).get(&definition.rdd) {
            return Ok(code.clone_ref(py));
        }
        let code = load_code(py, definition).inspect_err(|error| {
            self.blame(py, error, definition.rdd, None);
        })?;
        lock(&self.code).insert(definition.rdd, code.clone_ref(py));
        Ok(code)
    }

    pub fn has_serializer(&self) -> bool {
        self.serializer.is_some()
    }

    /// How many elements the program's own serializer is given at once, if there is one.
    pub fn batch(&self) -> Option<i32> {
        self.serializer.as_ref().map(|serializer| serializer.batch)
    }

    /// The program's own serializer, unpickled once for this attempt.
    pub fn serializer<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(pickled) = &self.serializer else { return Ok(None) };
        if let Some(loaded) = &*lock(&self.loaded_serializer) {
            return Ok(Some(loaded.bind(py).clone()));
        }
        let loaded = unpickle(py, &pickled.code)?;
        *lock(&self.loaded_serializer) = Some(loaded.clone_ref(py));
        Ok(Some(loaded.into_bound(py)))
    }

    /// Remembers which step, and which element, an exception came from. Any later one replaces it, for user
    /// code may have caught the earlier one.
    pub fn blame(&self, py: Python<'_>, error: &PyErr, rdd: RddId, record: Option<Py<PyAny>>) {
        let mut blame = lock(&self.blame);
        if blame.as_ref().is_none_or(|blame| !blame.exception.is(error.value(py))) {
            let exception = error.value(py).clone().into_any().unbind();
            *blame = Some(Blame { exception, rdd, record });
        }
    }

    /// Remembers a fault that is not the user's, and gives the exception that carries it through user code.
    pub fn fault(&self, fault: Fault) -> PyErr {
        let message = fault.to_string();
        *lock(&self.fault) = Some(fault);
        failure::EngineFault::new_err(message)
    }

    /// A shuffle's next segment begins with the next element.
    pub fn begin_segment(&self) {
        self.segment_begins.store(true, Relaxed);
    }

    /// Whether a segment began since the last time.
    pub fn take_segment_begin(&self) -> bool {
        self.segment_begins.load(Relaxed) && self.segment_begins.swap(false, Relaxed)
    }

    pub fn take_fault(&self) -> Option<Fault> {
        lock(&self.fault).take()
    }

    pub fn take_blame(&self) -> Option<Blame> {
        lock(&self.blame).take()
    }

    pub fn store(&self, block: StoredBlock) {
        lock(&self.stored).push(block);
    }

    /// The worker has a live copy of a block.
    pub fn copied(&self, block: StoredBlock) {
        self.counters.copies_kept.add(1);
        lock(&self.copied).push(block);
    }
}

impl Counters {
    /// Times a call of user code, if it is its turn: the first one, and then one in so many.
    #[inline]
    pub fn time<T>(&self, turn: u64, call: impl FnOnce() -> T) -> T {
        if turn % TIMING_STRIDE != 1 {
            return call();
        }
        let start = Instant::now();
        let result = call();
        let nanos = start.elapsed().as_nanos() as u64;
        // The first call stands for itself: it is often slow, and there may be no other.
        let weight = if turn == 1 { 1 } else { TIMING_STRIDE };
        self.user_nanos.add(nanos.saturating_mul(weight));
        result
    }

    /// Times a call that stands for itself: a whole partition.
    pub fn time_whole<T>(&self, call: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = call();
        self.user_nanos.add(start.elapsed().as_nanos() as u64);
        result
    }

    fn metrics(&self) -> TaskMetrics {
        TaskMetrics {
            elements_read: self.elements_read.get(),
            bytes_read: self.bytes_read.get(),
            elements_written: self.elements_written.get(),
            bytes_written: self.bytes_written.get(),
            user_nanos: self.user_nanos.get(),
            total_nanos: 0,
            spills: self.spills.get(),
            copies_kept: self.copies_kept.get(),
            copies_read: self.copies_read.get(),
            copies_dropped: 0,
        }
    }
}

fn load_code(py: Python<'_>, definition: &Definition) -> PyResult<Py<PyAny>> {
    definition.code.as_ref().map_or_else(|| Ok(py.None()), |pickled| unpickle(py, pickled))
}

fn unpickle(py: Python<'_>, pickled: &Payload) -> PyResult<Py<PyAny>> {
    let block;
    let bytes = match pickled {
        Payload::Inline(bytes) => bytes.as_slice(),
        Payload::Block(place) => {
            block = MappedBlock::open(place).map_err(crate::errors::storage_error)?;
            block.bytes()
        }
    };
    let glue = py.import("firesteel.worker")?;
    Ok(glue.call_method1("load_code", (PyBytes::new(py, bytes),))?.unbind())
}

/// No panic can happen while one of these locks is held, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
