//! The lines of a story that come out of the scheduler.

use firesteel_scheduler::barrier::{BarrierBreak, BarrierRefusal};
use firesteel_scheduler::event::{Action, JobFailure, LaunchTask, Work};

fn list<T: ToString>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(" ")
}

pub fn action(action: &Action) -> String {
    match action {
        Action::StartWorkers { executor, workers } => {
            let of = if executor.is_first() {
                String::new()
            } else {
                format!(" of executor {executor}")
            };
            format!("start workers {}{of}", list(workers))
        }
        Action::LaunchTask(task) => launch(task),
        Action::KillTask { task, worker } => format!("kill task {task} on worker {worker}"),
        Action::EndWorker { worker } => format!("end worker {worker}"),
        Action::DeliverResult { job, index, task } => {
            format!("deliver result {index} of job {job} from task {task}")
        }
        Action::ReleaseBarrier { tasks } => format!("release tasks {}", list(tasks)),
        Action::BreakBarrier { tasks, reason } => {
            format!("break tasks {}: {}", list(tasks), break_reason(*reason))
        }
        Action::RetractResults { job } => format!("retract results of job {job}"),
        Action::AcceptMapOutput { shuffle, map_partition, task } => {
            format!("accept map {shuffle}/{map_partition} from task {task}")
        }
        Action::CompleteJob { job } => format!("complete job {job}"),
        Action::FailJob { job, failure: why } => format!("fail job {job}: {}", failure(why)),
        Action::ReportStageStarted { stage, job, attempt, tasks } => {
            format!("stage {stage} attempt {attempt} of {tasks} tasks for job {job}")
        }
        Action::ReportStageCompleted { stage } => format!("stage {stage} completed"),
        Action::ReportStageSkipped { job, shuffle } => format!("job {job} skips shuffle {shuffle}"),
        Action::ReportTaskRetried { stage, partition } => {
            format!("stage {stage} retries partition {partition}")
        }
        Action::RemoveShuffle { shuffle } => format!("remove shuffle {shuffle}"),
        Action::RemoveBlocks { rdd } => format!("remove blocks of {rdd}"),
        Action::LoseMapOutput { shuffle, map_partition, task } => {
            format!("lose map {shuffle}/{map_partition} from task {task}")
        }
        Action::LoseBlock { rdd, partition } => format!("lose block {rdd}/{partition}"),
    }
}

fn launch(launch: &LaunchTask) -> String {
    let LaunchTask { task, worker, partition, stage_attempt, attempt, barrier, together, .. } =
        launch;
    let work = match launch.work {
        Work::ShuffleMap(shuffle) => format!("map {shuffle}/{partition}"),
        Work::Result(job) => format!("partition {partition} of job {job}"),
    };
    let attempts = match (stage_attempt, attempt) {
        (0, 0) => String::new(),
        _ => format!(", attempt {stage_attempt}.{attempt}"),
    };
    let of = barrier.map_or_else(String::new, |tasks| format!(", one of {tasks}"));
    let among = if together.is_empty() {
        String::new()
    } else {
        format!(" on executors {}", list(together))
    };
    let with: String = launch
        .devices
        .iter()
        .map(|(kind, addresses)| format!(" with {kind} {}", list(addresses)))
        .collect();
    format!("run task {task} on worker {worker}: {work}{attempts}{of}{among}{with}")
}

fn break_reason(reason: BarrierBreak) -> String {
    match reason {
        BarrierBreak::TaskEnded { partition } => format!("partition {partition} has ended"),
        BarrierBreak::OperationsDiffer => "operations differ".to_owned(),
        BarrierBreak::TimedOut => "too long".to_owned(),
    }
}

fn refusal(refusal: BarrierRefusal) -> String {
    match refusal {
        BarrierRefusal::TooManyTasks { tasks, slots } => format!("{tasks} tasks, {slots} slots"),
        BarrierRefusal::PartitionsDiffer { rdd, partitions, tasks } => {
            format!("{partitions} partitions of rdd {rdd}, {tasks} tasks")
        }
        BarrierRefusal::SeveralBarriers { rdd } => format!("several barriers under rdd {rdd}"),
    }
}

fn failure(failure: &JobFailure) -> String {
    match failure {
        JobFailure::TaskFailed { task, stage, partition, attempts } => {
            format!("stage {stage} partition {partition} failed {attempts} times, last task {task}")
        }
        JobFailure::WorkersDied { stage, partition, causes } => {
            format!("stage {stage} partition {partition} died by {}", causes.join(", "))
        }
        JobFailure::NoWorkers { causes } => format!("no workers, {}", causes.join(", ")),
        JobFailure::FetchFailed { stage, shuffle, attempts } => {
            format!("stage {stage} could not fetch shuffle {shuffle} in {attempts} attempts")
        }
        JobFailure::BarrierRefused(why) => format!("refused, {}", refusal(*why)),
        JobFailure::ProfilesDiffer { rdd } => format!("profiles differ above rdd {rdd}"),
        JobFailure::TooLittle { rdd } => format!("too little for rdd {rdd}"),
        JobFailure::Cancelled { reason } => format!("cancelled, {reason}"),
    }
}
