//! What the scheduler does in the cases that have a name, one story each.

#![allow(clippy::panic, reason = "a test fails by panicking")]

mod barriers;
mod caching;
mod cancelling;
mod executors;
mod failures;
mod order;
mod pools;
mod releasing;
mod resources;
mod script;
mod shuffles;
mod size;
mod workers;

/// Two source partitions on two workers, both running for job 0.
const ONE_STAGE: &str = "
    rdd 0 = source 2
    > submit job 0 of rdd 0
    stage 0 attempt 0 of 2 tasks for job 0
    start workers 0 1
    > worker 0 registers
    run task 0 on worker 0: partition 0 of job 0
    > worker 1 registers
    run task 1 on worker 1: partition 1 of job 0
";

/// A word count on two workers whose map stage is running.
const MAPPING: &str = "
    rdd 0 = source 2
    rdd 1 = map 0
    rdd 2 = shuffle 0 of 1 into 2
    rdd 3 = map 2
    > submit job 0 of rdd 3
    stage 0 attempt 0 of 2 tasks for job 0
    start workers 0 1
    > worker 0 registers
    run task 0 on worker 0: map 0/0
    > worker 1 registers
    run task 1 on worker 1: map 0/1
";

/// What follows `MAPPING`: both map tasks succeed, and the result stage runs.
const REDUCING: &str = "
    > task 0 succeeds
    accept map 0/0 from task 0
    > task 1 succeeds
    accept map 0/1 from task 1
    stage 0 completed
    stage 1 attempt 0 of 2 tasks for job 0
    run task 2 on worker 0: partition 0 of job 0
    run task 3 on worker 1: partition 1 of job 0
";

/// What follows `REDUCING`: the job ends well.
const REDUCED: &str = "
    > task 2 succeeds
    deliver result 0 of job 0 from task 2
    > task 3 succeeds
    deliver result 1 of job 0 from task 3
    stage 1 completed
    complete job 0
";
