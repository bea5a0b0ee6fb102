//! Executors: how tasks spread over them, and what goes with one that dies.

use crate::script::{cluster_story, story};

/// A word count on two executors with a core each, whose map stage is running.
const MAPPING: &str = "
    rdd 0 = source 2
    rdd 1 = map 0
    rdd 2 = shuffle 0 of 1 into 2
    > submit job 0 of rdd 2
    stage 0 attempt 0 of 2 tasks for job 0
    start workers 0
    start workers 1 of executor 1
    > worker 0 registers
    run task 0 on worker 0: map 0/0
    > worker 1 registers
    run task 1 on worker 1: map 0/1
";

#[test]
fn its_map_outputs_are_made_anew() {
    let script = "
        > task 0 succeeds
        accept map 0/0 from task 0
        > task 1 succeeds
        accept map 0/1 from task 1
        stage 0 completed
        stage 1 attempt 0 of 2 tasks for job 0
        run task 2 on worker 0: partition 0 of job 0
        run task 3 on worker 1: partition 1 of job 0
        # The other task may have read everything already.
        > executor 1 dies
        lose map 0/1 from task 1
        stage 0 attempt 1 of 1 tasks for job 0
        start workers 2 of executor 2
        > worker 2 registers
        stage 0 retries partition 1
        run task 4 on worker 2: map 0/1, attempt 1.1
        > task 2 cannot fetch 0/1
        > task 4 succeeds
        accept map 0/1 from task 4
        stage 0 completed
        stage 1 attempt 1 of 2 tasks for job 0
        stage 1 retries partition 0
        run task 5 on worker 0: partition 0 of job 0, attempt 1.1
        stage 1 retries partition 1
        run task 6 on worker 2: partition 1 of job 0, attempt 1.1
        > task 5 succeeds
        deliver result 0 of job 0 from task 5
        > task 6 succeeds
        deliver result 1 of job 0 from task 6
        stage 1 completed
        complete job 0
    ";
    cluster_story(2, &[MAPPING, script]);
}

#[test]
fn its_blocks_are_computed_anew() {
    let script = "
        rdd 0 = source 2
        rdd 1 = map 0
        > submit job 0 of rdd 1
        stage 0 attempt 0 of 2 tasks for job 0
        start workers 0
        start workers 1 of executor 1
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > worker 1 registers
        run task 1 on worker 1: partition 1 of job 0
        > worker 0 stores block 0/0
        > worker 1 stores block 0/1
        > executor 0 dies
        lose block 0/0
        start workers 2 of executor 2
        > worker 2 registers
        stage 0 retries partition 0
        run task 2 on worker 2: partition 0 of job 0, attempt 0.1
    ";
    let scheduler = cluster_story(2, &[script]);
    assert!(!scheduler.is_cached(firesteel_scheduler::ids::RddId(0), 0));
    assert!(scheduler.is_cached(firesteel_scheduler::ids::RddId(0), 1));
}

#[test]
fn what_fails_on_one_is_tried_on_another() {
    let script = "
        rdd 0 = source 2
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 2 tasks for job 0
        start workers 0
        start workers 1 of executor 1
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > worker 1 registers
        run task 1 on worker 1: partition 1 of job 0
        > task 1 succeeds
        deliver result 1 of job 0 from task 1
        > task 0 fails
        stage 0 retries partition 0
        run task 2 on worker 1: partition 0 of job 0, attempt 0.1
    ";
    cluster_story(2, &[script]);
}

#[test]
fn the_files_of_the_driver_outlive_its_daemon() {
    let script = "
        rdd 0 = source 1
        rdd 1 = shuffle 0 of 0 into 1
        > submit job 0 of rdd 1
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: map 0/0
        > task 0 succeeds
        accept map 0/0 from task 0
        stage 0 completed
        stage 1 attempt 0 of 1 tasks for job 0
        run task 1 on worker 0: partition 0 of job 0
        > executor 0 dies
        start workers 1 of executor 1
        > worker 1 registers
        stage 1 retries partition 0
        run task 2 on worker 1: partition 0 of job 0, attempt 0.1
        # It is gone: nobody minds whatever is said of it.
        > executor 0 dies
        > worker 0 dies
    ";
    story(1, 1, &[script]);
}

#[test]
fn a_barrier_stage_dies_once_with_all_its_tasks() {
    let script = "
        rdd 0 = source 2
        rdd 1 = barrier 0
        > submit job 0 of rdd 1
        stage 0 attempt 0 of 2 tasks for job 0
        start workers 0 1
        > worker 0 registers
        > worker 1 registers
        run task 0 on worker 0: partition 0 of job 0, one of 2
        run task 1 on worker 1: partition 1 of job 0, one of 2
        > executor 0 dies
        stage 0 attempt 1 of 2 tasks for job 0
        start workers 2 3 of executor 1
        > executor 1 dies
        start workers 4 5 of executor 2
        > executor 2 dies
        start workers 6 7 of executor 3
        # No worker has lived since: that was the last try.
        > executor 3 dies
        fail job 0: no workers, death of executor 1, death of executor 2, death of executor 3
    ";
    story(2, 1, &[script]);
}

#[test]
fn a_barrier_stage_takes_the_slots_of_all_executors_at_once() {
    let script = "
        rdd 0 = source 2
        rdd 1 = barrier 0
        > submit job 0 of rdd 1
        stage 0 attempt 0 of 2 tasks for job 0
        start workers 0
        start workers 1 of executor 1
        > worker 1 registers
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0, one of 2 on executors 0 1
        run task 1 on worker 1: partition 1 of job 0, one of 2 on executors 0 1
        > task 0 reaches barrier
        > executor 1 dies
        kill task 0 on worker 0
        stage 0 attempt 1 of 2 tasks for job 0
        start workers 2 of executor 2
        > worker 2 registers
        > task 0 is killed
        start workers 3
        > worker 3 registers
        stage 0 retries partition 0
        run task 2 on worker 2: partition 0 of job 0, attempt 1.1, one of 2 on executors 2 0
        stage 0 retries partition 1
        run task 3 on worker 3: partition 1 of job 0, attempt 1.1, one of 2 on executors 2 0
    ";
    cluster_story(2, &[script]);
    let refused = "
        rdd 0 = source 3
        rdd 1 = barrier 0
        > submit job 0 of rdd 1
        fail job 0: refused, 3 tasks, 2 slots
    ";
    cluster_story(2, &[refused]);
}

#[test]
fn the_tasks_of_a_barrier_stage_know_where_the_others_are() {
    let script = "
        rdd 0 = source 2
        rdd 1 = barrier 0
        > submit job 0 of rdd 1 partitions 1 0
        stage 0 attempt 0 of 2 tasks for job 0
        start workers 0
        start workers 1 of executor 1
        > worker 0 registers
        > worker 1 registers
        run task 0 on worker 0: partition 1 of job 0, one of 2 on executors 1 0
        run task 1 on worker 1: partition 0 of job 0, one of 2 on executors 1 0
    ";
    cluster_story(2, &[script]);
}
