//! The door of the driver side: what a SparkContext holds.
//!
//! Invariants: starting does not wait for a process; every call answers with an error, and touches nothing, in a process
//! that was forked from the one that made the engine; when `stop` returns no process, thread or file of the engine is left.

use super::Shared;
use super::active_job::Purpose;
use super::barriers::{Barriers, start_timeout, sync_timeout, task_timeout};
use super::budget;
use super::catalog::{Kind, StorageLevel};
use super::daemon_process::DaemonCommand;
use super::error::Error;
use super::event_loop::{EventLoop, REQUESTS, Request, Setup, Submission, discard_payload};
use super::executors::{Executors, host};
use super::instruments::Instruments;
use super::job::{Job, JobProperties, JobResult};
use super::journal::Journal;
use super::leftovers::DRIVER_PREFIX;
use super::lock;
use super::map_outputs::delete;
use super::mover::{Mover, Report};
use super::progress::Progress;
use super::rehearsal::{Rehearsal, Wishes};
use super::status::{JobState, JobStatus, StageStatus};
use super::worker_output::{Printed, WorkerOutput};
use super::worker_pool::TimeLimits;
use crate::files::{self, FileInput};
use crate::output::{OutputCommit, SequenceFormat, codec_by_name};
use crate::platform::inheritance::NotInherited;
use crate::protocol::{INLINE_LIMIT, Operator, Pairing, Partitioner, Payload, TaskOutput};
use crate::storage::{MappedBlock, Places, RunDirectory, SHARED_MEMORY, write_block};
use firesteel_scheduler::SchedulerConfig;
use firesteel_scheduler::event::Event;
use firesteel_scheduler::ids::{JobId, RddId, StageId};
use firesteel_scheduler::pool::Pool;
use firesteel_scheduler::resources::{
    Devices, ExecutorResources, ResourceProfile, TaskResources, tasks_at_once,
};
use mio::{Poll, Waker};
use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Its name in the run directory.
const FILES: &str = "files";

/// How an engine is to be.
#[derive(Debug)]
pub struct EngineConfig {
    /// Processors of each executor.
    pub cores: u32,
    /// What each task asks for, unless its stage asks for something else.
    pub task: TaskResources,
    /// The executors of a rehearsal; none where the driver is the only one.
    pub executors: Option<ExecutorConfig>,
    /// Attempts at a task whose user code fails.
    pub max_failures: u32,
    /// FAIR mode, and the pools that are configured for it.
    pub pools: Option<Vec<Pool>>,
    /// The driver's `sys.executable`.
    pub python: String,
    /// The driver's `sys.path`.
    pub sys_path: Vec<String>,
    /// Variables for the workers on top of the driver's environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Where the run directories on disk go.
    pub local_dirs: Vec<PathBuf>,
    /// The settings of the SparkConf.
    pub conf: HashMap<String, String>,
    /// Whether what workers print is kept for [`Engine::take_output`], instead of going to the driver's stderr.
    pub keep_output: bool,
}

/// What the executors of a rehearsal are like.
#[derive(Clone, Debug)]
pub struct ExecutorConfig {
    /// How many.
    pub count: u32,
    /// The bytes of memory that the workers of each have together.
    pub memory: u64,
    /// The devices of each.
    pub devices: Devices,
}

/// A running engine.
#[derive(Debug)]
pub struct Engine {
    shared: Arc<Shared>,
    requests: Sender<Request>,
    /// Goes when the engine is stopped, for RDDs may hold on to it for much longer.
    waker: Mutex<Option<Arc<Waker>>>,
    run: Mutex<Option<Run>>,
    /// Where the files are that the user ships to the workers.
    files: PathBuf,
    frame_elements: u32,
    is_rehearsal: bool,
    slots: u32,
    /// The most that each executor may have in bytes, for all are on this machine.
    executor_memory: u64,
    /// What workers print, where it is kept.
    output: Option<Arc<WorkerOutput>>,
    /// Numbers the blocks that the driver writes.
    blocks: AtomicU64,
    /// The process that made it.
    pid: u32,
}

/// What ends with the engine.
#[derive(Debug)]
struct Run {
    thread: JoinHandle<()>,
    /// Before the directory whose locks they are about.
    _locks_not_inherited: Vec<NotInherited>,
    directory: Arc<RunDirectory>,
}

/// What to write, and where to.
pub struct Output {
    /// The folder, as the user wrote it.
    pub path: String,
    /// What the names of its part files begin with.
    pub prefix: &'static str,
    /// What is in them.
    pub format: OutputFormat,
}

/// What is in part files.
pub enum OutputFormat {
    /// Lines.
    Text {
        /// The name of a codec, as the user wrote it.
        codec: Option<String>,
    },
    /// Pairs, as the records of a SequenceFile.
    Sequence(SequenceFormat),
}

/// A submitted job that saves.
pub struct Save {
    /// To wait for.
    pub job: Arc<Job>,
    /// To commit with the winners; dropped, it takes the output away.
    pub commit: OutputCommit,
}

impl Engine {
    /// Starts the driver loop, which starts the daemon.
    pub fn start(config: EngineConfig) -> Result<Engine, Error> {
        let each = slots(&config);
        let count = config.executors.as_ref().map_or(1, |executors| executors.count);
        let executor_memory = budget::total(&config.conf)? / u64::from(count.max(1));
        let mut limits =
            budget::limits(&config.conf, each, config.task.cpus, config.executors.as_ref())?;
        let slots = each.saturating_mul(count);
        let (rehearsal, wishes) = Rehearsal::new(&config.conf, slots)?;
        if wishes.spills {
            limits.spill = 0;
        }
        let places = places(&config)?;
        let result_limit = budget::result_limit(&config.conf)?;
        let barriers = Barriers::new(sync_timeout(&config.conf)?);
        let journal = Journal::create(config.conf.get("firesteel.journal"))?;
        let poll = Poll::new().map_err(Error::system("watch sockets"))?;
        let waker = Waker::new(poll.registry(), REQUESTS).map_err(Error::system("make a waker"))?;
        let waker = Arc::new(waker);
        let (requests, receiver) = channel();
        let report = Report { requests: requests.clone(), waker: Arc::clone(&waker) };
        let shared = Arc::new(Shared::default());
        let mut directory = RunDirectory::create_among(&places)?;
        if is_encryption_wanted(&config.conf) {
            directory.encrypt()?;
        }
        directory.limit_memory(budget::block_limit(&config.conf)?);
        let directory = Arc::new(directory);
        let files = create_files_directory(&directory)?;
        let output = config.keep_output.then(WorkerOutput::create).transpose();
        let output = output.map_err(Error::system("make a pipe"))?.map(Arc::new);
        let locks = directory.lock_files().into_iter().map(NotInherited::register).collect();
        let registry = poll.registry().try_clone().map_err(Error::system("watch sockets"))?;
        let setup = Setup {
            poll,
            registry,
            requests: receiver,
            shared: Arc::clone(&shared),
            run_directory: Arc::clone(&directory),
            config: scheduler_config(&config, wishes),
            limits,
            result_limit,
            barriers,
            time_limits: TimeLimits {
                task: task_timeout(&config.conf)?,
                start: start_timeout(&config.conf)?,
            },
            journal,
            progress: Progress::new(is_progress_wanted(&config.conf)),
            rehearsal,
            slots,
            executors: executors(&config, &files, output.clone(), &directory),
            mover: Mover::new(report),
        };
        let thread = spawn_loop(setup, places)?;
        Ok(Engine {
            shared,
            requests,
            waker: Mutex::new(Some(waker)),
            run: Mutex::new(Some(Run { thread, _locks_not_inherited: locks, directory })),
            files,
            frame_elements: limits.frame_elements,
            is_rehearsal: config.executors.is_some(),
            slots,
            executor_memory,
            output,
            blocks: AtomicU64::new(0),
            pid: std::process::id(),
        })
    }

    /// Ends all jobs, workers and the daemon, and removes the run directories. Twice is fine.
    pub fn stop(&self) {
        if self.is_forked() {
            return;
        }
        // The lock is held until the end, so that a second caller waits, too.
        let mut run = lock(&self.run);
        if let Some(run) = run.take() {
            // A loop that has ended already needs no request.
            let _ = self.request(Request::Stop);
            // A panic in the loop was reported where it happened, and ended all jobs.
            let _ = run.thread.join();
            *lock(&self.waker) = None;
        }
    }

    fn is_forked(&self) -> bool {
        std::process::id() != self.pid
    }

    /// Whether the engine can be used at all.
    pub fn check(&self) -> Result<(), Error> {
        if self.is_forked() {
            return Err(Error::OtherProcess);
        }
        if self.shared.is_stopped() { Err(Error::Stopped) } else { Ok(()) }
    }

    fn request(&self, request: Request) -> Result<(), Error> {
        self.requests.send(request).map_err(|_| Error::Stopped)?;
        let waker = lock(&self.waker);
        let waker = waker.as_ref().ok_or(Error::Stopped)?;
        waker.wake().map_err(Error::system("wake the driver loop"))
    }

    /// What the engine has done so far.
    pub fn instruments(&self) -> Result<Instruments, Error> {
        if self.is_forked() {
            return Err(Error::OtherProcess);
        }
        Ok(lock(&self.shared.instruments).clone())
    }

    /// How many tasks run at once, where no stage asks for anything.
    pub fn slots(&self) -> u32 {
        self.slots
    }

    /// The executors of a rehearsal by id, with their hosts and how many tasks they run; none where the driver is the only one.
    pub fn executors(&self) -> Result<Vec<(String, u32)>, Error> {
        if !self.is_rehearsal {
            return Ok(Vec::new());
        }
        let Instruments { daemons, running, .. } = self.instruments()?;
        let tasks = |executor| running.get(executor).copied().unwrap_or(0);
        Ok(daemons.keys().map(|executor| (host(*executor), tasks(executor))).collect())
    }

    /// What workers have printed since the last time, also when the engine has been stopped. Does not wait.
    pub fn take_output(&self) -> Result<Printed, Error> {
        if self.is_forked() {
            return Err(Error::OtherProcess);
        }
        Ok(self.output.as_ref().map(|output| output.take()).unwrap_or_default())
    }

    /// Lets every worker print its Python stacks where it prints errors.
    pub fn print_stacks(&self) -> Result<(), Error> {
        self.check()?;
        self.request(Request::PrintStacks)
    }

    /// From now on no worker runs a task that has run one before: what it has loaded is not what the driver has.
    pub fn outdate_workers(&self) -> Result<(), Error> {
        self.tell(Event::WorkersOutdated)
    }

    /// The folder for files that the user ships to the workers, which know it, or copies of what is in it, by
    /// `FIRESTEEL_FILES`. It goes with the run directory.
    pub fn files_directory(&self) -> &Path {
        &self.files
    }

    /// Elements in a frame, at most.
    pub fn frame_elements(&self) -> u32 {
        self.frame_elements
    }
}

/// Lineage. Every new RDD comes with one handle, which goes back by [`Engine::release`].
impl Engine {
    fn add(&self, kind: Kind, name: &str, call_site: &str) -> Result<RddId, Error> {
        self.check()?;
        Ok(lock(&self.shared.catalog).add(kind, name.to_owned(), call_site.to_owned()))
    }

    /// One partition for each encoded slice.
    pub fn elements(&self, slices: Vec<Vec<u8>>) -> Result<RddId, Error> {
        self.check()?;
        let payloads = slices.into_iter().map(|slice| self.store(slice, "elements"));
        let payloads = payloads.collect::<Result<_, _>>()?;
        self.add(Kind::Elements(payloads), "parallelize", "")
    }

    /// Ints, `start + step * j` for `j` in the i-th range of the boundaries.
    pub fn range(&self, start: i64, step: i64, boundaries: Vec<u64>) -> Result<RddId, Error> {
        self.add(Kind::Range { start, step, boundaries }, "range", "")
    }

    /// Empty partitions.
    pub fn empty(&self, partitions: u32) -> Result<RddId, Error> {
        self.add(Kind::Empty(partitions), "emptyRDD", "")
    }

    /// Files, which nobody looks at yet.
    pub fn files(&self, input: FileInput, name: &str) -> Result<RddId, Error> {
        self.add(Kind::Files { input, splits: None }, name, "")
    }

    /// One narrow step.
    pub fn transform(
        &self,
        parent: RddId,
        operator: Operator,
        name: &str,
        call_site: &str,
    ) -> Result<RddId, Error> {
        self.add(Kind::Transform { parent, operator }, name, call_site)
    }

    /// The parents' partitions, one parent after the other or each partition with its likes.
    pub fn union(
        &self,
        parents: Vec<RddId>,
        aligned: bool,
        call_site: &str,
    ) -> Result<RddId, Error> {
        let kind = if aligned { Kind::AlignedUnion(parents) } else { Kind::Union(parents) };
        self.add(kind, "union", call_site)
    }

    /// Pairs of the elements of two RDDs.
    pub fn pairs(
        &self,
        parents: [RddId; 2],
        pairing: Pairing,
        call_site: &str,
    ) -> Result<RddId, Error> {
        let name = if pairing == Pairing::Zip { "zip" } else { "cartesian" };
        self.add(Kind::Pairs { parents, pairing }, name, call_site)
    }

    /// Fewer partitions without a shuffle.
    pub fn coalesce(&self, parent: RddId, wanted: u32, call_site: &str) -> Result<RddId, Error> {
        self.add(
            Kind::Coalesce { parent, wanted, groups: Vec::new(), located: false },
            "coalesce",
            call_site,
        )
    }

    /// The reduce side of a new shuffle.
    pub fn shuffle(
        &self,
        parent: RddId,
        partitions: u32,
        partitioner: Partitioner,
        name: &str,
        call_site: &str,
    ) -> Result<RddId, Error> {
        self.check()?;
        let mut catalog = lock(&self.shared.catalog);
        let shuffle = catalog.new_shuffle();
        let partitioner = match partitioner {
            Partitioner::Deal { run, .. } => {
                Partitioner::Deal { run, keep_runs: catalog.is_dealt(parent, run) }
            }
            other => other,
        };
        let kind = Kind::Shuffle { parent, shuffle, partitions, partitioner };
        Ok(catalog.add(kind, name.to_owned(), call_site.to_owned()))
    }

    /// Gives a handle back. Does nothing in a forked child, whose copy of a lock may be held for ever.
    pub fn release(&self, rdd: RddId) {
        if self.is_forked() {
            return;
        }
        let released = lock(&self.shared.catalog).release(rdd);
        released.payloads.iter().for_each(discard_payload);
        if !released.defined.is_empty() {
            // After the end of the loop there is nobody to tell.
            let _ = self.request(Request::Released(released.defined));
        }
    }

    /// The number of partitions; looks at file input on the first call.
    pub fn partitions(&self, rdd: RddId) -> Result<u32, Error> {
        self.check()?;
        loop {
            let known = lock(&self.shared.catalog).partitions(rdd);
            match known {
                Ok(count) => return Ok(count),
                Err(unseen) => self.look_at(unseen)?,
            }
        }
    }

    fn look_at(&self, unseen: Vec<(RddId, FileInput)>) -> Result<(), Error> {
        for (rdd, input) in unseen {
            let splits = files::plan(&input)?;
            lock(&self.shared.catalog).set_splits(rdd, splits);
        }
        Ok(())
    }

    /// Whether [`Engine::set_code`] has to be called before a job on it.
    pub fn needs_code(&self, rdd: RddId) -> Result<bool, Error> {
        self.check()?;
        Ok(lock(&self.shared.catalog).rdd(rdd).needs_code())
    }

    /// Keeps the pickled functions of an RDD.
    pub fn set_code(&self, rdd: RddId, pickled: Vec<u8>) -> Result<(), Error> {
        self.check()?;
        let code = self.store(pickled, "code")?;
        lock(&self.shared.catalog).set_code(rdd, code);
        Ok(())
    }

    /// From now on partitions of the RDD are kept.
    pub fn persist(&self, rdd: RddId, level: StorageLevel) -> Result<(), Error> {
        self.check()?;
        lock(&self.shared.catalog).persist(rdd, level);
        Ok(())
    }

    /// From now on they are not, and those there are go.
    pub fn unpersist(&self, rdd: RddId) -> Result<(), Error> {
        self.check()?;
        lock(&self.shared.catalog).unpersist(rdd);
        self.request(Request::Unpersisted(rdd))
    }

    /// Removes the map outputs of the shuffles that the RDD descends from. Those of running jobs stay.
    pub fn clean_shuffles(&self, rdd: RddId) -> Result<(), Error> {
        self.check()?;
        let shuffles = lock(&self.shared.catalog).shuffles_before(rdd);
        let drop = |shuffle| self.request(Request::Tell(Event::ShuffleDropped { shuffle }));
        shuffles.into_iter().try_for_each(drop)
    }

    /// From the next job on the stages of the RDD have this profile, whose own executors have so many bytes of memory each.
    pub fn ask_for(&self, rdd: RddId, profile: ResourceProfile, memory: u64) -> Result<(), Error> {
        self.check()?;
        lock(&self.shared.catalog).ask_for(rdd, profile, memory.min(self.executor_memory));
        Ok(())
    }

    /// How many partitions are kept.
    pub fn stored_partitions(&self, rdd: RddId) -> Result<usize, Error> {
        self.check()?;
        Ok(lock(&self.shared.catalog).stored_partitions(rdd))
    }
}

/// Jobs.
impl Engine {
    /// Asks for the elements of the partitions (`None`: all).
    pub fn collect(
        &self,
        rdd: RddId,
        partitions: Option<Vec<u32>>,
        properties: JobProperties,
    ) -> Result<Arc<Job>, Error> {
        self.submit(rdd, partitions, properties, Purpose::Collect)
    }

    /// Makes the output folder and asks for the part files of all partitions.
    pub fn save(
        &self,
        rdd: RddId,
        output: &Output,
        properties: JobProperties,
    ) -> Result<Save, Error> {
        self.check()?;
        let codec = match &output.format {
            OutputFormat::Text { codec } => codec.as_deref().map(codec_by_name).transpose()?,
            OutputFormat::Sequence(_) => None,
        };
        let commit = OutputCommit::prepare(&output.path, output.prefix, codec)?;
        let files = commit.spec();
        let task_output = match output.format {
            OutputFormat::Text { .. } => TaskOutput::Text(files),
            OutputFormat::Sequence(format) => TaskOutput::Sequence(files, format),
        };
        let job = self.submit(rdd, None, properties, Purpose::Save(task_output))?;
        Ok(Save { job, commit })
    }

    fn submit(
        &self,
        rdd: RddId,
        partitions: Option<Vec<u32>>,
        properties: JobProperties,
        purpose: Purpose,
    ) -> Result<Arc<Job>, Error> {
        let count = self.partitions(rdd)?;
        let partitions = partitions.unwrap_or_else(|| (0..count).collect());
        if let Some(&partition) = partitions.iter().find(|partition| **partition >= count) {
            return Err(Error::NoPartition { partition, partitions: count });
        }
        let job = self.shared.new_job()?;
        lock(&self.shared.catalog).retain(rdd);
        lock(&self.shared.status).job_submitted(job.id, new_status(&properties));
        let submission = Submission { job: Arc::clone(&job), rdd, partitions, purpose, properties };
        // If the loop has just ended, so has the job.
        let _ = self.request(Request::Submit(submission));
        Ok(job)
    }

    /// Asks for the end of a job; its outcome tells when it has ended.
    pub fn cancel(&self, job: &Job, reason: &str) -> Result<(), Error> {
        self.tell(Event::JobCancelled { job: job.id, reason: reason.to_owned() })
    }

    /// Asks for the end of all jobs of a group.
    pub fn cancel_group(&self, group: &str, reason: &str) -> Result<(), Error> {
        let (group, reason) = (group.to_owned(), reason.to_owned());
        self.tell(Event::JobGroupCancelled { group, reason })
    }

    /// Asks for the end of all jobs with a tag.
    pub fn cancel_tagged(&self, tag: &str, reason: &str) -> Result<(), Error> {
        let tagged = |job: &JobStatus| {
            job.state == JobState::Running && job.tags.iter().any(|given| given == tag)
        };
        self.check()?;
        let jobs = lock(&self.shared.status).jobs(tagged);
        let cancel = |job| self.tell(Event::JobCancelled { job, reason: reason.to_owned() });
        jobs.into_iter().try_for_each(cancel)
    }

    /// Asks for the end of all jobs.
    pub fn cancel_all(&self, reason: &str) -> Result<(), Error> {
        self.tell(Event::AllJobsCancelled { reason: reason.to_owned() })
    }

    fn tell(&self, event: Event) -> Result<(), Error> {
        self.check()?;
        self.request(Request::Tell(event))
    }

    /// Gives the bytes of a result to `read` and deletes its block.
    pub fn read_result<T>(
        &self,
        result: &Payload,
        read: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, Error> {
        let block = match result {
            Payload::Inline(bytes) => return Ok(read(bytes)),
            Payload::Block(block) => block,
        };
        let value = MappedBlock::open(block).map(|mapped| read(mapped.bytes()));
        delete(&block.path);
        Ok(value?)
    }

    /// Deletes the blocks of a result that nobody will read.
    pub fn discard_result(&self, result: &JobResult) {
        result.partitions.iter().for_each(discard_payload);
    }
}

/// What status trackers ask. Jobs and stages stay listed when they have ended.
impl Engine {
    /// The jobs that `chosen` tells, the latest first.
    pub fn jobs(&self, chosen: impl Fn(&JobStatus) -> bool) -> Result<Vec<JobId>, Error> {
        self.check()?;
        Ok(lock(&self.shared.status).jobs(chosen))
    }

    /// The stages that run, the latest first.
    pub fn active_stages(&self) -> Result<Vec<StageId>, Error> {
        self.check()?;
        Ok(lock(&self.shared.status).active_stages())
    }

    /// How a job stands, unless it is unknown.
    pub fn job_status(&self, job: JobId) -> Result<Option<JobStatus>, Error> {
        self.check()?;
        Ok(lock(&self.shared.status).job(job).cloned())
    }

    /// How a stage stands, unless it is unknown.
    pub fn stage_status(&self, stage: StageId) -> Result<Option<StageStatus>, Error> {
        self.check()?;
        Ok(lock(&self.shared.status).stage(stage).cloned())
    }
}

/// Blocks of the driver's.
impl Engine {
    /// Writes a sealed block and returns its path.
    pub fn store_broadcast(&self, pickled: &[u8]) -> Result<PathBuf, Error> {
        self.write(pickled, "broadcast").map(|block| block.path)
    }

    /// Deletes such a block; one that is not there any more is fine.
    pub fn remove_broadcast(&self, path: &Path) -> Result<(), Error> {
        if self.is_forked() {
            return Err(Error::OtherProcess);
        }
        delete(path);
        Ok(())
    }

    fn store(&self, bytes: Vec<u8>, name: &str) -> Result<Payload, Error> {
        if bytes.len() <= INLINE_LIMIT {
            return Ok(Payload::Inline(bytes));
        }
        self.write(&bytes, name).map(Payload::Block)
    }

    fn write(&self, bytes: &[u8], name: &str) -> Result<crate::storage::BlockRef, Error> {
        self.check()?;
        let directory = lock(&self.run).as_ref().map(|run| Arc::clone(&run.directory));
        let directory = directory.ok_or(Error::Stopped)?;
        let number = self.blocks.fetch_add(1, Ordering::Relaxed);
        Ok(write_block(&directory.placement(), &format!("{DRIVER_PREFIX}{name}-{number}"), bytes)?)
    }
}

impl Drop for Engine {
    /// In a forked child the thread does not exist and the directories are the parent's: all of it is left alone.
    fn drop(&mut self) {
        if self.is_forked() {
            let run = self.run.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
            std::mem::forget(run.take());
        } else {
            self.stop();
        }
    }
}

fn spawn_loop(setup: Setup, places: Places) -> Result<JoinHandle<()>, Error> {
    let thread = std::thread::Builder::new().name("firesteel-driver".to_owned());
    let shared = Arc::clone(&setup.shared);
    let body = move || {
        // However the loop ends, nobody waits for ever.
        let _guard = EndJobs(shared);
        let event_loop = EventLoop::new(setup);
        RunDirectory::sweep_among(&places);
        event_loop.run();
    };
    thread.spawn(body).map_err(Error::system("start a thread"))
}

struct EndJobs(Arc<Shared>);

impl Drop for EndJobs {
    fn drop(&mut self) {
        self.0.stop_jobs();
    }
}

/// Where blocks go. `firesteel.shared.memory.dir` names another directory than the system's, or `none`.
fn places(config: &EngineConfig) -> Result<Places, Error> {
    let shared_memory = config.conf.get("firesteel.shared.memory.dir").map(String::as_str);
    let shared_memory = shared_memory.unwrap_or(SHARED_MEMORY);
    Ok(Places {
        shared_memory: (shared_memory != "none").then(|| PathBuf::from(shared_memory)),
        local_dirs: config.local_dirs.clone(),
        disk_limit: budget::disk_limit(&config.conf)?,
    })
}

fn scheduler_config(config: &EngineConfig, wishes: Wishes) -> SchedulerConfig {
    let EngineConfig { cores, max_failures, .. } = *config;
    let fresh_workers = is_false(&config.conf, "spark.python.worker.reuse");
    let executors = config.executors.as_ref().map(|executors| executors.count);
    SchedulerConfig {
        cores,
        executors,
        max_failures,
        shuffle_seed: wishes.shuffle_seed,
        pools: config.pools.clone(),
        fresh_workers,
        devices: devices(config),
        task: config.task.clone(),
        merges_profiles: is_true(&config.conf, "spark.scheduler.resource.profileMergeConflicts"),
    }
}

fn devices(config: &EngineConfig) -> Devices {
    config.executors.as_ref().map(|each| each.devices.clone()).unwrap_or_default()
}

/// How many tasks run at once on each executor, where no stage asks for anything.
fn slots(config: &EngineConfig) -> u32 {
    let each = ExecutorResources { cores: config.cores, devices: devices(config) };
    tasks_at_once(&each, &config.task).max(1)
}

fn new_status(properties: &JobProperties) -> JobStatus {
    JobStatus {
        group: properties.group(),
        tags: properties.tags(),
        call_site: properties.call_site.clone(),
        ..JobStatus::default()
    }
}

fn create_files_directory(run: &RunDirectory) -> Result<PathBuf, Error> {
    let files = run.placement().disk_dir.join(FILES);
    let created = std::fs::DirBuilder::new().mode(0o700).create(&files);
    created.map_err(Error::system("make a directory"))?;
    Ok(files)
}

fn executors(
    config: &EngineConfig,
    files: &Path,
    output: Option<Arc<WorkerOutput>>,
    run: &Arc<RunDirectory>,
) -> Executors {
    let driver = Executors::driver(daemon_command(config, output), files);
    match &config.executors {
        Some(executors) => driver.private(executors.count, Arc::clone(run)),
        None => driver,
    }
}

fn daemon_command(config: &EngineConfig, output: Option<Arc<WorkerOutput>>) -> DaemonCommand {
    DaemonCommand {
        python: config.python.clone(),
        sys_path: config.sys_path.clone(),
        environment: config.environment.clone(),
        private: None,
        task_cpus: config.task.cpus.rounded_up().to_string(),
        output,
    }
}

fn is_encryption_wanted(conf: &HashMap<String, String>) -> bool {
    is_true(conf, "spark.io.encryption.enabled")
}

/// Wanted unless the conf says no, as in the reference's shell and scripts.
fn is_progress_wanted(conf: &HashMap<String, String>) -> bool {
    !is_false(conf, "spark.ui.showConsoleProgress")
}

fn is_true(conf: &HashMap<String, String>, key: &str) -> bool {
    conf.get(key).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

fn is_false(conf: &HashMap<String, String>, key: &str) -> bool {
    conf.get(key).is_some_and(|value| value.eq_ignore_ascii_case("false"))
}
