//! What tasks bring along to the barriers they wait at, and how long they may wait.
//!
//! Invariant: a message is kept from the task's arrival until it is answered, or until the task has ended.

use super::error::Error;
use super::event_loop::EventLoop;
use crate::protocol::BarrierAnswer;
use crate::protocol::framing::MESSAGE_LIMIT;
use firesteel_scheduler::barrier::{BarrierBreak, BarrierOperation, BarrierRefusal};
use firesteel_scheduler::event::Event;
use firesteel_scheduler::ids::TaskId;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long a task may wait, in Spark's spelling; for ever without it, as good as Spark's 365 days.
const TIMEOUT: &str = "spark.barrier.sync.timeout";
const TASK_TIMEOUT: &str = "firesteel.task.timeout";
const START_TIMEOUT: &str = "firesteel.worker.start.timeout";
/// A fork takes a millisecond and the start of Python a tenth of a second, on a machine that is busy a hundred times that.
const LONGEST_START: Duration = Duration::from_secs(60);

/// What one allGather may bring together. Each task gets all of it in one message, beside little else.
const GATHER_LIMIT: usize = MESSAGE_LIMIT / 2;

/// The tasks that wait.
#[derive(Debug)]
pub struct Barriers {
    timeout: Option<Duration>,
    waiting: HashMap<TaskId, Arrival>,
}

#[derive(Debug)]
struct Arrival {
    message: String,
    /// When it has waited too long.
    deadline: Option<Instant>,
}

impl Barriers {
    pub fn new(timeout: Option<Duration>) -> Barriers {
        Barriers { timeout, waiting: HashMap::new() }
    }

    fn arrive(&mut self, task: TaskId, message: String) {
        let deadline = self.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        self.waiting.insert(task, Arrival { message, deadline });
    }

    fn take(&mut self, task: TaskId) -> String {
        self.waiting.remove(&task).map(|arrival| arrival.message).unwrap_or_default()
    }

    /// The task has ended.
    pub fn forget(&mut self, task: TaskId) {
        self.waiting.remove(&task);
    }

    pub fn next_deadline(&self) -> Option<Instant> {
        self.waiting.values().filter_map(|arrival| arrival.deadline).min()
    }

    /// A task that has waited too long, once.
    fn take_overdue(&mut self, now: Instant) -> Option<TaskId> {
        let is_due = |arrival: &Arrival| arrival.deadline.is_some_and(|deadline| deadline <= now);
        let (task, arrival) = self.waiting.iter_mut().find(|(_, arrival)| is_due(arrival))?;
        arrival.deadline = None;
        Some(*task)
    }
}

impl EventLoop {
    pub(super) fn barrier_reached(
        &mut self,
        task: TaskId,
        operation: BarrierOperation,
        message: String,
    ) {
        self.barriers.arrive(task, message);
        self.handle(Event::BarrierReached { task, operation });
    }

    pub(super) fn check_barriers(&mut self) {
        let now = Instant::now();
        while let Some(task) = self.barriers.take_overdue(now) {
            self.handle(Event::BarrierTimedOut { task });
        }
    }

    pub(super) fn release_barrier(&mut self, tasks: &[TaskId]) {
        let messages: Vec<String> = tasks.iter().map(|task| self.barriers.take(*task)).collect();
        let bytes: usize = messages.iter().map(String::len).sum();
        let answer = if bytes > GATHER_LIMIT {
            BarrierAnswer::Broken(format!(
                "the messages of allGather have {bytes} bytes together, more than {GATHER_LIMIT}; write what is \
                 large to files and send their names"
            ))
        } else {
            BarrierAnswer::Released(messages)
        };
        self.answer_barrier(tasks, &answer);
    }

    pub(super) fn break_barrier(&mut self, tasks: &[TaskId], reason: BarrierBreak) {
        for task in tasks {
            self.barriers.forget(*task);
        }
        self.answer_barrier(tasks, &BarrierAnswer::Broken(broken(reason)));
    }

    fn answer_barrier(&mut self, tasks: &[TaskId], answer: &BarrierAnswer) {
        for task in tasks {
            if let Some(running) = self.running.get(task) {
                self.pool.answer_barrier(running.launch.worker, *task, answer);
            }
        }
    }

    /// In words for the user, who knows operations and not RDDs.
    pub(super) fn barrier_refusal(&self, refusal: BarrierRefusal) -> String {
        match refusal {
            BarrierRefusal::TooManyTasks { tasks, slots } if self.executors.is_some() => format!(
                "[SPARK-24819]: Barrier execution mode runs all tasks of a stage at the same time: this stage has \
                 {tasks} tasks, and of such tasks the executors run {slots} at once. Give the master more executors or \
                 cores, let each task ask for less (spark.task.*, withResources), or repartition the RDD to at most \
                 {slots} partitions before barrier()"
            ),
            BarrierRefusal::TooManyTasks { tasks, slots } => format!(
                "[SPARK-24819]: Barrier execution mode runs all tasks of a stage at the same time: this stage has \
                 {tasks} tasks and this context {slots} workers. Start it with local[{tasks}], or repartition the \
                 RDD to at most {slots} partitions before barrier()"
            ),
            BarrierRefusal::PartitionsDiffer { rdd, partitions, tasks } => format!(
                "[SPARK-24820][SPARK-24821]: Barrier execution mode needs the same number of partitions from the \
                 beginning of a stage to its end: {} has {partitions}, and {tasks} are asked for. Inside of a \
                 barrier stage there can be no coalesce, union or cartesian, and no take, first or other action on \
                 some of the partitions: call repartition, or collect()[0]",
                self.operation_of(rdd)
            ),
            BarrierRefusal::SeveralBarriers { rdd } => format!(
                "[SPARK-24820][SPARK-24821]: Barrier execution mode does not allow an RDD that depends on several \
                 barrier RDDs: {} does",
                self.operation_of(rdd)
            ),
        }
    }
}

fn broken(reason: BarrierBreak) -> String {
    match reason {
        BarrierBreak::TaskEnded { partition } => format!(
            "the task of partition {partition} has ended without it: all tasks of a barrier stage must call \
             barrier() and allGather() equally often"
        ),
        BarrierBreak::OperationsDiffer => {
            "some tasks called barrier() and others allGather(): all must call the same".to_owned()
        }
        BarrierBreak::TimedOut => {
            format!("not all tasks have called it within the time that {TIMEOUT} allows")
        }
    }
}

/// How long a task may wait for the others.
pub fn sync_timeout(conf: &HashMap<String, String>) -> Result<Option<Duration>, Error> {
    timeout(conf, TIMEOUT)
}

/// How long an attempt at a task may take, if there is a limit.
pub fn task_timeout(conf: &HashMap<String, String>) -> Result<Option<Duration>, Error> {
    timeout(conf, TASK_TIMEOUT)
}

/// How long a worker may take to start before its daemon counts as frozen.
pub fn start_timeout(conf: &HashMap<String, String>) -> Result<Duration, Error> {
    Ok(timeout(conf, START_TIMEOUT)?.unwrap_or(LONGEST_START))
}

fn timeout(conf: &HashMap<String, String>, name: &'static str) -> Result<Option<Duration>, Error> {
    let Some(text) = conf.get(name) else { return Ok(None) };
    let timeout = parse_duration(text).filter(|timeout| !timeout.is_zero());
    let timeout = timeout.ok_or_else(|| Error::Conf {
        name,
        expected: "a duration such as 30s or 5min",
        value: text.clone(),
    })?;
    Ok(Some(timeout))
}

/// `30`, `250ms`, `30s`, `5m`, `5min`, `1h`, `365d`: Spark's spelling, seconds without a unit.
fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let seconds = match unit {
        "us" => return Some(Duration::from_micros(number)),
        "ms" => return Some(Duration::from_millis(number)),
        "" | "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 24 * 3600,
        _ => return None,
    };
    number.checked_mul(seconds).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_spark_writes_them() {
        let seconds = |text| parse_duration(text).map(|duration| duration.as_secs());
        assert_eq!(seconds("30"), Some(30));
        assert_eq!(seconds(" 5min "), Some(300));
        assert_eq!(seconds("365d"), Some(365 * 24 * 3600));
        assert_eq!(parse_duration("250ms"), Some(Duration::from_millis(250)));
        for absurd in ["", "s", "5 s", "-1s", "1week", "99999999999999999999d"] {
            assert_eq!(parse_duration(absurd), None, "{absurd:?}");
        }
    }

    #[test]
    fn a_timeout_has_to_be_one() {
        let conf = |value: &str| HashMap::from([(TIMEOUT.to_owned(), value.to_owned())]);
        assert_eq!(sync_timeout(&HashMap::new()).unwrap(), None);
        assert_eq!(sync_timeout(&conf("2s")).unwrap(), Some(Duration::from_secs(2)));
        assert!(sync_timeout(&conf("0")).is_err());
        assert!(sync_timeout(&conf("soon")).is_err());
    }

    #[test]
    fn who_waits_too_long_is_named_once() {
        let mut barriers = Barriers::new(Some(Duration::from_secs(1)));
        barriers.arrive(TaskId(3), "a".to_owned());
        let deadline = barriers.next_deadline().unwrap();
        assert_eq!(barriers.take_overdue(Instant::now() - Duration::from_secs(1)), None);
        assert_eq!(barriers.take_overdue(deadline), Some(TaskId(3)));
        assert_eq!(barriers.take_overdue(deadline), None);
        assert_eq!(barriers.take(TaskId(3)), "a");
        assert_eq!(barriers.next_deadline(), None);
    }

    #[test]
    fn without_a_limit_nobody_waits_too_long() {
        let mut barriers = Barriers::new(None);
        barriers.arrive(TaskId(3), String::new());
        assert_eq!(barriers.next_deadline(), None);
    }
}
