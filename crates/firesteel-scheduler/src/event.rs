//! What the scheduler is told and what it answers: events in the past tense, actions as commands.
//!
//! Both are plain serialisable data, so that a journal of them replays a run. Payloads (results, failures,
//! functions) stay with the performer, which finds them again by task id.

use crate::barrier::{BarrierBreak, BarrierOperation, BarrierRefusal};
use crate::ids::{ExecutorId, JobId, ProfileId, RddId, ShuffleId, StageId, TaskId, WorkerId};
use crate::lineage::Rdd;
use crate::resources::{Amount, Devices, ResourceProfile};
use serde::{Deserialize, Serialize};

/// Something that has happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The user's program called an action.
    JobSubmitted {
        /// The new job.
        job: JobId,
        /// The RDD whose partitions are wanted.
        rdd: RddId,
        /// Which of its partitions, in the order of the results. May be empty.
        partitions: Vec<u32>,
        /// The group that the job can be cancelled by.
        group: Option<String>,
        /// The pool whose share of the workers it uses in FAIR mode; none is [`DEFAULT_POOL`](crate::pool::DEFAULT_POOL).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pool: Option<String>,
        /// RDDs that the scheduler does not know yet, parents first.
        definitions: Vec<(RddId, Rdd)>,
        /// What the user asks for in the stages of RDDs that are known, these definitions included.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        profiles: Vec<(RddId, ResourceProfile)>,
    },
    /// The user asked for the end of one job.
    JobCancelled {
        /// The job; unknown or ended jobs are ignored.
        job: JobId,
        /// Shown to the user.
        reason: String,
    },
    /// The user asked for the end of all jobs of a group.
    JobGroupCancelled {
        /// The group.
        group: String,
        /// Shown to the user.
        reason: String,
    },
    /// The user asked for the end of all jobs.
    AllJobsCancelled {
        /// Shown to the user.
        reason: String,
    },
    /// A worker process has said hello and waits for a task.
    WorkerRegistered {
        /// The new worker.
        worker: WorkerId,
    },
    /// A worker process is gone, whatever the reason.
    WorkerLost {
        /// The worker; it never comes back.
        worker: WorkerId,
        /// How it died, in words for the user: `killed by signal 9 (SIGKILL)`.
        cause: String,
    },
    /// A daemon is gone, and with it all its workers, of which no `WorkerLost` is told.
    ExecutorLost {
        /// The executor; it never comes back.
        executor: ExecutorId,
        /// How it died, in words for the user.
        cause: String,
    },
    /// The program has changed code that the workers may have loaded: those that have run a task are not to run
    /// another one. Tasks that run go on.
    WorkersOutdated,
    /// A task has ended. The worker that ran it is free again.
    TaskEnded {
        /// The task.
        task: TaskId,
        /// Why.
        reason: TaskEndReason,
    },
    /// A task of a barrier stage waits until all others have arrived, too.
    BarrierReached {
        /// The task.
        task: TaskId,
        /// What it has called.
        operation: BarrierOperation,
    },
    /// A task has waited at a barrier for as long as it may.
    BarrierTimedOut {
        /// The task.
        task: TaskId,
    },
    /// A task has written a partition of a persisted RDD, which from now on need not be computed.
    BlockStored {
        /// The persisted RDD.
        rdd: RddId,
        /// Its partition.
        partition: u32,
        /// The worker that wrote it and would read it best.
        worker: WorkerId,
    },
    /// A worker has a live copy of a stored partition, and so reads it better than any without.
    BlockCopied {
        /// The persisted RDD.
        rdd: RddId,
        /// Its partition.
        partition: u32,
        /// The worker.
        worker: WorkerId,
    },
    /// The blocks of an RDD are gone: by unpersist, or because one could not be read. Told before the end of the
    /// task that found out, so that its next attempt does not count on them.
    BlocksDropped {
        /// The RDD.
        rdd: RddId,
    },
    /// The block of a partition has made room for those of another RDD. No task that runs counts on it.
    BlockEvicted {
        /// The RDD.
        rdd: RddId,
        /// Its partition.
        partition: u32,
    },
    /// The user does not want the map outputs of a shuffle kept. Those that a running job or task uses stay; others
    /// go, and the next job that needs them has them made anew.
    ShuffleDropped {
        /// The shuffle.
        shuffle: ShuffleId,
    },
    /// No Python object descends from this RDD any more: it can never be asked for again. Its shuffle output
    /// and its blocks can go once no running job uses them.
    RddReleased {
        /// The RDD.
        rdd: RddId,
    },
}

/// Why a task ended. The match on it is the fault-tolerance policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskEndReason {
    /// It delivered its result or its map output.
    Success,
    /// The user's function raised, or the result could not be pickled, or a file could not be written: the same
    /// would happen again, so it counts against `max_failures`.
    Failed,
    /// A map output could not be read: the map stage has to run again before this task can.
    FetchFailed {
        /// The shuffle.
        shuffle: ShuffleId,
        /// The map partition whose output is missing or damaged.
        map_partition: u32,
    },
    /// A cached block could not be read. `BlocksDropped` came first, so that the partition is computed anew.
    BlockLost,
    /// It ended because of `KillTask`.
    Killed,
}

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Start this many more workers; each one answers with `WorkerRegistered` or `WorkerLost`, or goes with its executor.
    StartWorkers {
        /// Whose they are. One that is named for the first time is to be started, too.
        #[serde(default, skip_serializing_if = "ExecutorId::is_first")]
        executor: ExecutorId,
        /// The ids that they will have.
        workers: Vec<WorkerId>,
    },
    /// Run a task on an idle worker.
    LaunchTask(LaunchTask),
    /// Interrupt a running task; its end is answered with `TaskEnded` or `WorkerLost`. The worker gets no other
    /// task: it is to be ended when the task has, and counts no longer from then on.
    KillTask {
        /// The task.
        task: TaskId,
        /// The worker that runs it.
        worker: WorkerId,
    },
    /// All tasks of a barrier stage have arrived: each goes on, with what all have brought, in this order.
    ReleaseBarrier {
        /// The tasks, by partition.
        tasks: Vec<TaskId>,
    },
    /// These tasks wait in vain: tell them.
    BreakBarrier {
        /// The tasks.
        tasks: Vec<TaskId>,
        /// Why.
        reason: BarrierBreak,
    },
    /// End a worker that has no task; it counts no longer.
    EndWorker {
        /// The worker.
        worker: WorkerId,
    },
    /// A result task of the job has succeeded for the first time: pass its result on.
    DeliverResult {
        /// The job.
        job: JobId,
        /// The position in `JobSubmitted::partitions`.
        index: u32,
        /// The task that holds the result.
        task: TaskId,
    },
    /// The results that the job has had do not count: all tasks of its barrier stage run again.
    RetractResults {
        /// The job.
        job: JobId,
    },
    /// A map task's output is the one that counts; that of any other attempt can be removed.
    AcceptMapOutput {
        /// The shuffle.
        shuffle: ShuffleId,
        /// The map partition.
        map_partition: u32,
        /// The task that wrote it.
        task: TaskId,
    },
    /// All results of the job have been delivered.
    CompleteJob {
        /// The job.
        job: JobId,
    },
    /// The job has failed; none of its tasks will deliver anything any more.
    FailJob {
        /// The job.
        job: JobId,
        /// Why.
        failure: JobFailure,
    },
    /// For the progress bar and the counters: a stage has begun an attempt.
    ReportStageStarted {
        /// The stage.
        stage: StageId,
        /// The job that it was made for.
        job: JobId,
        /// 0 for the first attempt.
        attempt: u32,
        /// How many tasks this attempt has.
        tasks: u32,
    },
    /// For the progress bar and the counters: a stage has all its results.
    ReportStageCompleted {
        /// The stage.
        stage: StageId,
    },
    /// For the counters: a job reuses the output of an earlier shuffle stage.
    ReportStageSkipped {
        /// The job.
        job: JobId,
        /// The shuffle whose output is there already.
        shuffle: ShuffleId,
    },
    /// For the counters: a partition is run again.
    ReportTaskRetried {
        /// The stage.
        stage: StageId,
        /// The partition.
        partition: u32,
    },
    /// Delete the map outputs of a shuffle.
    RemoveShuffle {
        /// The shuffle.
        shuffle: ShuffleId,
    },
    /// Delete the blocks of a persisted RDD.
    RemoveBlocks {
        /// The RDD.
        rdd: RddId,
    },
    /// Delete a map output that has counted so far: its executor is lost.
    LoseMapOutput {
        /// The shuffle.
        shuffle: ShuffleId,
        /// The map partition.
        map_partition: u32,
        /// The task that wrote it.
        task: TaskId,
    },
    /// Delete the block of one partition: its executor is lost.
    LoseBlock {
        /// The persisted RDD.
        rdd: RddId,
        /// Its partition.
        partition: u32,
    },
}

/// One attempt at one partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchTask {
    /// The task.
    pub task: TaskId,
    /// The idle worker to run it.
    pub worker: WorkerId,
    /// Its stage.
    pub stage: StageId,
    /// The attempt of the stage.
    pub stage_attempt: u32,
    /// The RDD that is computed: the stage's last one.
    pub rdd: RddId,
    /// The partition of that RDD.
    pub partition: u32,
    /// 0 for the first attempt at this partition in this stage.
    pub attempt: u32,
    /// Where the elements go.
    pub work: Work,
    /// With how many tasks, itself included, it runs and meets at barriers. None outside a barrier stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barrier: Option<u32>,
    /// Whose the worker is.
    #[serde(default, skip_serializing_if = "ExecutorId::is_first")]
    pub executor: ExecutorId,
    /// Who runs the tasks of its barrier stage, by partition. Empty elsewhere, and where there is only the driver.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<ExecutorId>,
    /// The processors that it counts for.
    #[serde(default = "Amount::one", skip_serializing_if = "Amount::is_one")]
    pub cpus: Amount,
    /// Whose executor runs it.
    #[serde(default, skip_serializing_if = "ProfileId::is_default")]
    pub profile: ProfileId,
    /// The addresses of devices that are its own while it runs.
    #[serde(default, skip_serializing_if = "Devices::is_empty")]
    pub devices: Devices,
}

/// What a task does with the elements of its partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    /// Write them as one map output of a shuffle.
    ShuffleMap(ShuffleId),
    /// Hand them to the action of a job.
    Result(JobId),
}

/// Why a job failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobFailure {
    /// A partition failed as often as it may. The performer has the failure under the task's id.
    TaskFailed {
        /// The last attempt.
        task: TaskId,
        /// Its stage.
        stage: StageId,
        /// Its partition.
        partition: u32,
        /// How many attempts there were.
        attempts: u32,
    },
    /// A partition killed its worker each time.
    WorkersDied {
        /// The stage.
        stage: StageId,
        /// The partition.
        partition: u32,
        /// How the workers died, first to last.
        causes: Vec<String>,
    },
    /// No worker could be started.
    NoWorkers {
        /// How the last ones died.
        causes: Vec<String>,
    },
    /// Map output was lost again and again.
    FetchFailed {
        /// The stage that could not read it.
        stage: StageId,
        /// The shuffle.
        shuffle: ShuffleId,
        /// How many attempts there were.
        attempts: u32,
    },
    /// It has a barrier stage that cannot run.
    BarrierRefused(BarrierRefusal),
    /// RDDs of one of its stages have different resource profiles.
    ProfilesDiffer {
        /// The last RDD of the stage.
        rdd: RddId,
    },
    /// The tasks of one of its stages ask for more than an executor has.
    TooLittle {
        /// The last RDD of the stage.
        rdd: RddId,
    },
    /// The user asked for it, or asked for what is not defined.
    Cancelled {
        /// In the words of whoever asked.
        reason: String,
    },
}
