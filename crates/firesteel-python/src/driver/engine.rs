//! The engine, as a SparkContext holds it.
//!
//! Invariant: the GIL is released wherever the engine may wait for a file, a process or a job.

use super::job::Job;
use super::node::Node;
use super::resources::task_resources;
use super::{formats, operators};
use crate::convert::{decode_block, encode_elements};
use crate::errors::{EngineError, raise};
use firesteel_core::driver::engine::{Engine as Core, EngineConfig, ExecutorConfig, Output};
use firesteel_core::driver::error::Error;
use firesteel_core::driver::instruments::{Instruments, TaskRecord, named_metrics};
use firesteel_core::driver::job::JobResult;
use firesteel_core::driver::status::{JobState, StageStatus};
use firesteel_core::files::FileInput;
use firesteel_scheduler::ids::{JobId, RddId, StageId};
use firesteel_scheduler::pool::{Pool, SchedulingMode};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

/// Name, whether its jobs share, weight, minimum share.
type PoolTuple = (String, bool, u32, u32);

/// How many, bytes of memory, and the devices of each by name, with their addresses.
type ExecutorsTuple = (u32, u64, Vec<(String, Vec<String>)>);

/// The engine inside this process: scheduler, worker pool and run directories. One per SparkContext.
#[pyclass(frozen, module = "firesteel._native")]
pub struct Engine(Arc<Core>);

impl Engine {
    fn node(&self, py: Python<'_>, rdd: Result<RddId, Error>) -> PyResult<Node> {
        let rdd = rdd.map_err(|error| raise(py, error))?;
        Ok(Node { engine: Arc::clone(&self.0), rdd })
    }

    /// The RDD behind a node, which must be one of ours: ids of two engines mean different things.
    fn own(&self, node: &Node) -> PyResult<RddId> {
        if Arc::ptr_eq(&node.engine, &self.0) {
            return Ok(node.rdd);
        }
        Err(EngineError::new_err("this RDD belongs to another SparkContext"))
    }

    /// Calls the engine without the GIL.
    fn call<T: Send>(
        &self,
        py: Python<'_>,
        call: impl FnOnce(&Core) -> Result<T, Error> + Send,
    ) -> PyResult<T> {
        py.detach(|| call(&self.0)).map_err(|error| raise(py, error))
    }

    fn instruments(&self, py: Python<'_>) -> PyResult<Instruments> {
        self.call(py, Core::instruments)
    }

    /// One list for each partition. Blocks that are not read because of an error are deleted as well.
    fn decode<'py>(
        &self,
        py: Python<'py>,
        result: &JobResult,
        serializer: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let lists = PyList::empty(py);
        let decoded = result.partitions.iter().try_for_each(|partition| {
            let elements =
                self.0.read_result(partition, |bytes| decode_block(py, bytes, serializer));
            lists.append(elements.map_err(|error| raise(py, error))??)
        });
        if let Err(error) = decoded {
            self.0.discard_result(result);
            return Err(error);
        }
        Ok(lists)
    }
}

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (*, cores, task=None, executors=None, max_failures, pools, python, sys_path, environment, local_dirs, conf, keep_output=false))]
    #[expect(clippy::too_many_arguments, reason = "they are the keywords of the constructor")]
    fn new(
        py: Python<'_>,
        cores: u32,
        task: Option<Vec<(String, f64)>>,
        executors: Option<ExecutorsTuple>,
        max_failures: u32,
        pools: Option<Vec<PoolTuple>>,
        python: String,
        sys_path: Vec<OsString>,
        environment: Vec<(OsString, OsString)>,
        local_dirs: Vec<PathBuf>,
        conf: HashMap<String, String>,
        keep_output: bool,
    ) -> PyResult<Engine> {
        let sys_path = sys_path.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        let config = EngineConfig {
            cores,
            task: task_resources(task.unwrap_or_default())?,
            executors: executors.map(executor_config),
            max_failures,
            pools: pools.map(|pools| pools.into_iter().map(pool).collect()),
            python,
            sys_path,
            environment,
            local_dirs,
            conf,
            keep_output,
        };
        let started = py.detach(|| Core::start(config));
        started.map(|engine| Engine(Arc::new(engine))).map_err(|error| raise(py, error))
    }

    fn stop(&self, py: Python<'_>) {
        py.detach(|| self.0.stop());
    }

    /// With a serializer of the program's own, batches of so many elements are written by that.
    #[pyo3(signature = (elements, boundaries, serializer=None))]
    fn elements<'py>(
        &self,
        py: Python<'py>,
        elements: &Bound<'py, PyList>,
        boundaries: Vec<usize>,
        serializer: Option<(Bound<'py, PyAny>, usize)>,
    ) -> PyResult<Node> {
        let in_order = boundaries.is_sorted();
        if !in_order || boundaries.last().is_some_and(|end| *end > elements.len()) {
            return Err(PyValueError::new_err("boundaries must ascend within the list"));
        }
        let (serializer, frame_elements) = match &serializer {
            Some((serializer, batch)) => (Some(serializer), *batch),
            None => (None, self.0.frame_elements() as usize),
        };
        let slices = boundaries
            .windows(2)
            .map(|slice| encode_elements(elements, slice[0], slice[1], frame_elements, serializer));
        let slices = slices.collect::<PyResult<Vec<_>>>()?;
        self.node(py, py.detach(|| self.0.elements(slices)))
    }

    fn range(&self, py: Python<'_>, start: i64, step: i64, boundaries: Vec<u64>) -> PyResult<Node> {
        self.node(py, self.0.range(start, step, boundaries))
    }

    fn empty(&self, py: Python<'_>, partitions: u32) -> PyResult<Node> {
        self.node(py, self.0.empty(partitions))
    }

    #[pyo3(signature = (paths, format, *, name, recursive, **options))]
    fn files(
        &self,
        py: Python<'_>,
        paths: String,
        format: &str,
        name: &str,
        recursive: bool,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Node> {
        let format = formats::file_format(format, options)?;
        self.node(py, self.0.files(FileInput { paths, format, recursive }, name))
    }

    #[pyo3(signature = (parent, operator, *, name, call_site, **options))]
    fn transform(
        &self,
        py: Python<'_>,
        parent: &Node,
        operator: &str,
        name: &str,
        call_site: &str,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Node> {
        let operator = operators::operator(operator, options)?;
        self.node(py, self.0.transform(self.own(parent)?, operator, name, call_site))
    }

    #[pyo3(signature = (parents, *, aligned, call_site))]
    fn union(
        &self,
        py: Python<'_>,
        parents: Vec<Bound<'_, Node>>,
        aligned: bool,
        call_site: &str,
    ) -> PyResult<Node> {
        let parents =
            parents.iter().map(|parent| self.own(parent.get())).collect::<PyResult<_>>()?;
        self.node(py, self.0.union(parents, aligned, call_site))
    }

    /// Batches: the elements in each, or 0 where they grow.
    #[pyo3(signature = (left, right, *, batches, call_site))]
    fn pairs(
        &self,
        py: Python<'_>,
        left: &Node,
        right: &Node,
        batches: Option<(u32, u32)>,
        call_site: &str,
    ) -> PyResult<Node> {
        let parents = [self.own(left)?, self.own(right)?];
        let pairing = operators::pairing(batches);
        self.node(py, self.0.pairs(parents, pairing, call_site))
    }

    #[pyo3(signature = (parent, partitions, *, call_site))]
    fn coalesce(
        &self,
        py: Python<'_>,
        parent: &Node,
        partitions: u32,
        call_site: &str,
    ) -> PyResult<Node> {
        self.node(py, self.0.coalesce(self.own(parent)?, partitions, call_site))
    }

    #[pyo3(signature = (parent, partitions, partitioner, *, name, call_site, **options))]
    #[expect(clippy::too_many_arguments, reason = "they are the keywords of the method")]
    fn shuffle(
        &self,
        py: Python<'_>,
        parent: &Node,
        partitions: u32,
        partitioner: &str,
        name: &str,
        call_site: &str,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Node> {
        let partitioner = operators::partitioner(partitioner, options)?;
        self.node(py, self.0.shuffle(self.own(parent)?, partitions, partitioner, name, call_site))
    }

    fn collect<'py>(
        &self,
        py: Python<'py>,
        node: &Node,
        partitions: Option<Vec<u32>>,
        job: &Job,
    ) -> PyResult<Bound<'py, PyList>> {
        let properties = job.properties.clone();
        let rdd = self.own(node)?;
        let submitted = self.call(py, |engine| engine.collect(rdd, partitions, properties))?;
        let result = job.wait(py, &self.0, &submitted)?;
        self.decode(py, &result, job.serializer(py))
    }

    #[pyo3(signature = (node, path, format, job, *, new_names=false, **options))]
    #[expect(clippy::too_many_arguments, reason = "they are the keywords of the method")]
    fn save(
        &self,
        py: Python<'_>,
        node: &Node,
        path: String,
        format: &str,
        job: &Job,
        new_names: bool,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        let properties = job.properties.clone();
        let rdd = self.own(node)?;
        let prefix = if new_names { "part-r-" } else { "part-" };
        let output = Output { path, prefix, format: formats::output_format(format, options)? };
        let save = self.call(py, |engine| engine.save(rdd, &output, properties))?;
        // On an error the output is taken away when the save is dropped.
        let result = job.wait(py, &self.0, &save.job)?;
        self.call(py, |_| Ok(save.commit.commit(&result.winners)?))
    }

    fn cancel_job_group(&self, py: Python<'_>, group: &str, reason: &str) -> PyResult<()> {
        self.call(py, |engine| engine.cancel_group(group, reason))
    }

    fn cancel_jobs_with_tag(&self, py: Python<'_>, tag: &str, reason: &str) -> PyResult<()> {
        self.call(py, |engine| engine.cancel_tagged(tag, reason))
    }

    fn cancel_all_jobs(&self, py: Python<'_>, reason: &str) -> PyResult<()> {
        self.call(py, |engine| engine.cancel_all(reason))
    }

    #[getter]
    fn files_directory(&self) -> PathBuf {
        self.0.files_directory().to_owned()
    }

    fn jobs_in_group(&self, py: Python<'_>, group: Option<&str>) -> PyResult<Vec<u32>> {
        let jobs = self.call(py, |engine| engine.jobs(|job| job.group.as_deref() == group))?;
        Ok(jobs.into_iter().map(|job| job.0).collect())
    }

    fn active_jobs(&self, py: Python<'_>) -> PyResult<Vec<u32>> {
        let jobs = self.call(py, |engine| engine.jobs(|job| job.state == JobState::Running))?;
        Ok(jobs.into_iter().map(|job| job.0).collect())
    }

    fn active_stages(&self, py: Python<'_>) -> PyResult<Vec<u32>> {
        let stages = self.call(py, Core::active_stages)?;
        Ok(stages.into_iter().map(|stage| stage.0).collect())
    }

    fn job_status(&self, py: Python<'_>, job: u32) -> PyResult<Option<(Vec<u32>, &'static str)>> {
        let status = self.call(py, |engine| engine.job_status(JobId(job)))?;
        Ok(status
            .map(|job| (job.stages.iter().map(|stage| stage.0).collect(), state_name(job.state))))
    }

    #[expect(clippy::type_complexity, reason = "the tuple that _native.pyi promises")]
    fn stage_status(
        &self,
        py: Python<'_>,
        stage: u32,
    ) -> PyResult<Option<(u32, String, u32, u32, u32, u32)>> {
        let status = self.call(py, |engine| engine.stage_status(StageId(stage)))?;
        Ok(status.map(|stage| {
            let StageStatus { attempt, name, tasks, active, completed, failed, .. } = stage;
            (attempt, name, tasks, active, completed, failed)
        }))
    }

    fn store_broadcast(&self, py: Python<'_>, pickled: &[u8]) -> PyResult<PathBuf> {
        self.call(py, |engine| engine.store_broadcast(pickled))
    }

    fn remove_broadcast(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        self.call(py, |engine| engine.remove_broadcast(&path))
    }

    fn outdate_workers(&self, py: Python<'_>) -> PyResult<()> {
        self.call(py, Core::outdate_workers)
    }

    fn print_stacks(&self, py: Python<'_>) -> PyResult<()> {
        self.call(py, Core::print_stacks)
    }

    fn take_output<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyBytes>)> {
        let (stdout, stderr) = self.call(py, Core::take_output)?;
        Ok((PyBytes::new(py, &stdout), PyBytes::new(py, &stderr)))
    }

    fn counters(&self, py: Python<'_>) -> PyResult<HashMap<&'static str, u64>> {
        Ok(self.instruments(py)?.counters.named().into_iter().collect())
    }

    fn last_job_tasks(&self, py: Python<'_>) -> PyResult<Vec<HashMap<&'static str, u64>>> {
        Ok(self.instruments(py)?.last_job.iter().map(named_record).collect())
    }

    fn worker_pids(&self, py: Python<'_>) -> PyResult<Vec<u32>> {
        Ok(self.instruments(py)?.workers.into_values().collect())
    }

    fn daemon_pid(&self, py: Python<'_>) -> PyResult<Option<u32>> {
        Ok(self.instruments(py)?.daemons.into_values().next())
    }

    #[getter]
    fn tasks_at_once(&self) -> u32 {
        self.0.slots()
    }

    fn executors(&self, py: Python<'_>) -> PyResult<Vec<(String, u32)>> {
        self.call(py, Core::executors)
    }

    /// The executors of a rehearsal with their daemons' processes; empty where the driver is the only one.
    fn executor_pids(&self, py: Python<'_>) -> PyResult<HashMap<u32, u32>> {
        let daemons = self.instruments(py)?.daemons;
        Ok(daemons.into_iter().map(|(executor, pid)| (executor.0, pid)).collect())
    }
}

/// Spark's words for how a job stands.
fn state_name(state: JobState) -> &'static str {
    match state {
        JobState::Running => "RUNNING",
        JobState::Succeeded => "SUCCEEDED",
        JobState::Failed => "FAILED",
    }
}

fn executor_config((count, memory, devices): ExecutorsTuple) -> ExecutorConfig {
    ExecutorConfig { count, memory, devices: devices.into_iter().collect() }
}

fn pool((name, is_fair, weight, min_share): PoolTuple) -> Pool {
    let mode = if is_fair { SchedulingMode::Fair } else { SchedulingMode::Fifo };
    Pool { name, mode, weight, min_share }
}

fn named_record(task: &TaskRecord) -> HashMap<&'static str, u64> {
    let mut named = HashMap::from(named_metrics(&task.metrics));
    named.insert("stage", u64::from(task.stage.0));
    named.insert("partition", u64::from(task.partition));
    named.insert("control_bytes", task.control_bytes);
    named
}
