//! FAIR mode: whose job gets a worker that becomes free.

use crate::script::fair_story;
use firesteel_scheduler::pool::{Pool, SchedulingMode};

fn pool(name: &str, mode: SchedulingMode, weight: u32, min_share: u32) -> Pool {
    Pool { name: name.to_owned(), mode, weight, min_share }
}

#[test]
fn a_short_job_in_another_pool_does_not_wait_for_a_long_one() {
    let script = "
        rdd 0 = source 4
        > submit job 0 of rdd 0 in pool long
        stage 0 attempt 0 of 4 tasks for job 0
        start workers 0 1
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > worker 1 registers
        run task 1 on worker 1: partition 1 of job 0
        rdd 1 = source 1
        > submit job 1 of rdd 1 in pool short
        stage 1 attempt 0 of 1 tasks for job 1
        > task 0 succeeds
        deliver result 0 of job 0 from task 0
        run task 2 on worker 0: partition 0 of job 1
        > task 2 succeeds
        deliver result 0 of job 1 from task 2
        stage 1 completed
        complete job 1
        run task 3 on worker 0: partition 2 of job 0
    ";
    fair_story(2, vec![], script);
}

#[test]
fn idle_workers_are_shared_one_by_one() {
    let script = "
        rdd 0 = source 1
        rdd 1 = shuffle 0 of 0 into 4
        > submit job 0 of rdd 1 in pool a
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: map 0/0
        rdd 2 = source 1
        rdd 3 = shuffle 1 of 2 into 4
        > submit job 1 of rdd 3 in pool b
        stage 2 attempt 0 of 1 tasks for job 1
        start workers 1
        > worker 1 registers
        run task 1 on worker 1: map 1/0
        > task 0 succeeds
        accept map 0/0 from task 0
        stage 0 completed
        stage 1 attempt 0 of 4 tasks for job 0
        run task 2 on worker 0: partition 0 of job 0
        start workers 2 3
        > task 1 succeeds
        accept map 1/0 from task 1
        stage 2 completed
        stage 3 attempt 0 of 4 tasks for job 1
        run task 3 on worker 1: partition 0 of job 1
        > worker 2 registers
        run task 4 on worker 2: partition 1 of job 0
        > worker 3 registers
        run task 5 on worker 3: partition 1 of job 1
    ";
    fair_story(4, vec![], script);
}

#[test]
fn a_weight_is_a_part_of_the_workers() {
    let script = "
        rdd 0 = source 4
        > submit job 0 of rdd 0 in pool light
        stage 0 attempt 0 of 4 tasks for job 0
        start workers 0 1 2
        rdd 1 = source 4
        > submit job 1 of rdd 1 in pool heavy
        stage 1 attempt 0 of 4 tasks for job 1
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 1
        > worker 1 registers
        run task 1 on worker 1: partition 0 of job 0
        > worker 2 registers
        run task 2 on worker 2: partition 1 of job 1
        > task 1 succeeds
        deliver result 0 of job 0 from task 1
        run task 3 on worker 1: partition 1 of job 0
        > task 0 succeeds
        deliver result 0 of job 1 from task 0
        run task 4 on worker 0: partition 2 of job 1
    ";
    fair_story(3, vec![pool("heavy", SchedulingMode::Fifo, 2, 0)], script);
}

#[test]
fn a_minimum_comes_before_all_weights() {
    let script = "
        rdd 0 = source 3
        > submit job 0 of rdd 0 in pool heavy
        stage 0 attempt 0 of 3 tasks for job 0
        start workers 0 1 2
        rdd 1 = source 3
        > submit job 1 of rdd 1 in pool needy
        stage 1 attempt 0 of 3 tasks for job 1
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 1
        > worker 1 registers
        run task 1 on worker 1: partition 1 of job 1
        > worker 2 registers
        run task 2 on worker 2: partition 0 of job 0
    ";
    let heavy = pool("heavy", SchedulingMode::Fifo, 100, 0);
    let needy = pool("needy", SchedulingMode::Fifo, 1, 2);
    fair_story(3, vec![heavy, needy], script);
}

/// Two jobs of one pool, on two workers.
const ONE_POOL: &str = "
        rdd 0 = source 3
        > submit job 0 of rdd 0 in pool a
        stage 0 attempt 0 of 3 tasks for job 0
        start workers 0 1
        > submit job 1 of rdd 0 in pool a
        stage 1 attempt 0 of 3 tasks for job 1
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > worker 1 registers
";

#[test]
fn inside_a_pool_earlier_jobs_come_first() {
    let script = format!("{ONE_POOL} run task 1 on worker 1: partition 1 of job 0");
    fair_story(2, vec![], &script);
}

#[test]
fn inside_a_fair_pool_jobs_share() {
    let script = format!("{ONE_POOL} run task 1 on worker 1: partition 0 of job 1");
    fair_story(2, vec![pool("a", SchedulingMode::Fair, 1, 0)], &script);
}

#[test]
fn a_job_without_a_pool_is_in_the_default_pool() {
    let script = "
        rdd 0 = source 2
        > submit job 0 of rdd 0 in pool a
        stage 0 attempt 0 of 2 tasks for job 0
        start workers 0
        > submit job 1 of rdd 0
        stage 1 attempt 0 of 2 tasks for job 1
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 1
    ";
    fair_story(1, vec![pool("default", SchedulingMode::Fifo, 1, 1)], script);
}

#[test]
fn a_shared_map_stage_runs_for_the_pool_of_its_earliest_job() {
    let script = "
        rdd 0 = source 2
        rdd 1 = shuffle 0 of 0 into 1
        > submit job 0 of rdd 1 in pool a
        stage 0 attempt 0 of 2 tasks for job 0
        start workers 0 1
        > submit job 1 of rdd 1 in pool b
        > worker 0 registers
        run task 0 on worker 0: map 0/0
        rdd 2 = source 2
        > submit job 2 of rdd 2 in pool b
        stage 3 attempt 0 of 2 tasks for job 2
        > worker 1 registers
        run task 1 on worker 1: partition 0 of job 2
        # The map stage now runs for job 1, and its pool has two tasks.
        > cancel job 0
        fail job 0: cancelled, enough
        rdd 3 = source 1
        > submit job 3 of rdd 3 in pool c
        stage 4 attempt 0 of 1 tasks for job 3
        > task 1 succeeds
        deliver result 0 of job 2 from task 1
        run task 2 on worker 1: partition 0 of job 3
    ";
    fair_story(2, vec![], script);
}
