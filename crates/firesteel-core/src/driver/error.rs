//! What a caller of the engine can meet: a variant for each thing that a caller treats differently.

use crate::output::OutputError;
use crate::protocol::TaskFailure;
use crate::storage::StorageError;
use crate::text::InputError;
use firesteel_scheduler::ids::{JobId, RddId};
use std::fmt;
use std::io;

/// Why a call did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input cannot be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The output cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A task of the job failed for good.
    #[error("{0}")]
    JobFailed(Box<FailedJob>),
    /// Somebody cancelled the job.
    #[error("[SPARK_JOB_CANCELLED] Job {job} cancelled {reason}")]
    Cancelled {
        /// The job.
        job: JobId,
        /// In the words of whoever asked.
        reason: String,
    },
    /// The job is one that cannot run.
    #[error("{reason}")]
    Refused {
        /// Why, and what to do.
        reason: String,
    },
    /// The results of the job are more than `spark.driver.maxResultSize` allows.
    #[error("{reason}")]
    TooLarge {
        /// In Spark's words.
        reason: String,
    },
    /// The engine has been stopped, or was when the job had not ended.
    #[error("the engine has been stopped")]
    Stopped,
    /// The engine belongs to the process that this one was forked from.
    #[error("this SparkContext was made in another process: a forked child has to make its own")]
    OtherProcess,
    /// Blocks cannot be stored or read back.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The system refused something that the engine cannot do without.
    #[error("cannot {action}: {source}")]
    System {
        /// What was tried.
        action: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// A setting is not what it must be.
    #[error("{name} must be {expected}, not {value:?}")]
    Conf {
        /// The key.
        name: &'static str,
        /// What would do.
        expected: &'static str,
        /// What was given.
        value: String,
    },
    /// A job asks for a partition that there is not.
    #[error("there is no partition {partition}: this RDD has {partitions}")]
    NoPartition {
        /// The one asked for.
        partition: u32,
        /// How many there are.
        partitions: u32,
    },
    /// The Python side has not pickled a function that the job runs.
    #[error("{name} (RDD {rdd}) has no code")]
    NoCode {
        /// The RDD.
        rdd: RddId,
        /// Its operation.
        name: String,
    },
}

impl Error {
    /// For `map_err`.
    pub(super) fn system(action: &'static str) -> impl FnOnce(io::Error) -> Error {
        move |source| Error::System { action, source }
    }
}

/// A job that a task has brought down. What does not apply is empty.
#[derive(Clone, Debug, Default)]
pub struct FailedJob {
    /// What is said when there is no failure of the user's code.
    pub message: String,
    /// The failure of the user's code, if it was one.
    pub failure: Option<Box<TaskFailure>>,
    /// The stage.
    pub stage: Option<u32>,
    /// The partition.
    pub partition: Option<u32>,
    /// How many attempts there were.
    pub attempts: Option<u32>,
    /// How the workers died, first to last, where that was the cause.
    pub deaths: Vec<String>,
    /// The operation that the stage computes: `map`.
    pub operation: Option<String>,
    /// Where the user called it: `app.py:12`.
    pub call_site: Option<String>,
    /// What a rehearsal has to say about it.
    pub advice: Option<String>,
}

impl fmt::Display for FailedJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.failure {
            Some(failure) => write!(f, "{}: {}", failure.exception, failure.message),
            None => f.write_str(&self.message),
        }
    }
}
