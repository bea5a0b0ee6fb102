//! What nobody can ask for any more is removed, but not from under a job.

use crate::script::story;
use crate::{MAPPING, REDUCED, REDUCING};

#[test]
fn a_released_shuffle_is_removed() {
    let script = "
        > release rdd 3
        > release rdd 2
        remove shuffle 0
        > release rdd 1
        > release rdd 0
    ";
    let scheduler = story(2, 1, &[MAPPING, REDUCING, REDUCED, script]);
    assert_eq!(scheduler.state_size(), 2, "two workers are left");
}

#[test]
fn a_released_shuffle_is_removed_after_the_job() {
    let script = "
        > release rdd 3
        > release rdd 2
        > release rdd 1
        > release rdd 0
        > task 0 succeeds
        accept map 0/0 from task 0
        > task 1 succeeds
        accept map 0/1 from task 1
        stage 0 completed
        stage 1 attempt 0 of 2 tasks for job 0
        run task 2 on worker 0: partition 0 of job 0
        run task 3 on worker 1: partition 1 of job 0
        > task 2 succeeds
        deliver result 0 of job 0 from task 2
        > task 3 succeeds
        deliver result 1 of job 0 from task 3
        stage 1 completed
        complete job 0
        remove shuffle 0
    ";
    story(2, 1, &[MAPPING, script]);
}

#[test]
fn a_released_shuffle_is_removed_after_the_last_killed_task() {
    let script = "
        > cancel job 0
        fail job 0: cancelled, enough
        kill task 0 on worker 0
        kill task 1 on worker 1
        > release rdd 3
        > release rdd 2
        > release rdd 1
        > release rdd 0
        > task 0 is killed
        > worker 1 dies
        remove shuffle 0
    ";
    let scheduler = story(2, 1, &[MAPPING, script]);
    assert_eq!(scheduler.state_size(), 0);
}

#[test]
fn a_dropped_shuffle_is_made_anew_by_the_next_job() {
    let script = "
        > drop shuffle 0
        remove shuffle 0
        > drop shuffle 0
        > submit job 1 of rdd 3
        stage 0 attempt 0 of 2 tasks for job 1
        run task 4 on worker 0: map 0/0
        run task 5 on worker 1: map 0/1
        > drop shuffle 0
        > cancel job 1
        fail job 1: cancelled, enough
        kill task 4 on worker 0
        kill task 5 on worker 1
        > task 4 succeeds
        accept map 0/0 from task 4
        > drop shuffle 0
        > worker 1 dies
        > drop shuffle 0
        remove shuffle 0
    ";
    story(2, 1, &[MAPPING, REDUCING, REDUCED, script]);
}

#[test]
fn a_shuffle_that_another_rdd_reads_is_kept() {
    let script = "
        rdd 4 = shuffle 0 of 1 into 2
        > submit job 1 of rdd 4 partitions
        complete job 1
        > release rdd 3
        > release rdd 2
        > release rdd 1
        > release rdd 0
        > release rdd 4
        remove shuffle 0
    ";
    story(2, 1, &[MAPPING, REDUCING, REDUCED, script]);
}

#[test]
fn blocks_of_a_released_rdd_are_removed() {
    let script = "
        rdd 0 = source 1
        rdd 1 = map 0
        > submit job 0 of rdd 1
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > worker 0 stores block 0/0
        > release rdd 0
        > release rdd 0
        > release rdd 1
        > task 0 succeeds
        deliver result 0 of job 0 from task 0
        stage 0 completed
        complete job 0
        remove blocks of 0
        > release rdd 1
    ";
    story(1, 1, &[script]);
}
