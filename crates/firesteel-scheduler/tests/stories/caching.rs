//! Cached partitions stop the search for what has to run, and draw tasks to their workers.

use crate::script::story;

/// A shuffled RDD of two partitions, cached by its first job, on two workers.
const CACHED: &str = "
    rdd 0 = source 1
    rdd 1 = shuffle 0 of 0 into 2
    > submit job 0 of rdd 1
    stage 0 attempt 0 of 1 tasks for job 0
    start workers 0
    > worker 0 registers
    run task 0 on worker 0: map 0/0
    > task 0 succeeds
    accept map 0/0 from task 0
    stage 0 completed
    stage 1 attempt 0 of 2 tasks for job 0
    run task 1 on worker 0: partition 0 of job 0
    start workers 1
    > worker 1 registers
    run task 2 on worker 1: partition 1 of job 0
    > worker 0 stores block 1/0
    > worker 1 stores block 1/1
    > task 1 succeeds
    deliver result 0 of job 0 from task 1
    > task 2 succeeds
    deliver result 1 of job 0 from task 2
    stage 1 completed
    complete job 0
";

#[test]
fn what_is_above_cached_partitions_does_not_run() {
    let script = "
        rdd 2 = map 1
        > submit job 1 of rdd 2
        stage 2 attempt 0 of 2 tasks for job 1
        run task 3 on worker 0: partition 0 of job 1
        run task 4 on worker 1: partition 1 of job 1
    ";
    let scheduler = story(2, 1, &[CACHED, script]);
    assert!(scheduler.is_cached(firesteel_scheduler::ids::RddId(1), 1));
}

#[test]
fn a_task_goes_to_the_idle_worker_that_holds_its_block() {
    let script = "
        rdd 2 = map 1
        rdd 3 = coalesce 2 into 1 0
        > submit job 1 of rdd 3
        stage 2 attempt 0 of 2 tasks for job 1
        run task 3 on worker 1: partition 0 of job 1
        run task 4 on worker 0: partition 1 of job 1
        > task 3 succeeds
        deliver result 0 of job 1 from task 3
        > task 4 succeeds
        deliver result 1 of job 1 from task 4
        stage 2 completed
        complete job 1
    ";
    story(2, 1, &[CACHED, script]);
}

#[test]
fn a_free_worker_takes_its_own_blocks_first_and_then_any() {
    let script = "
        rdd 2 = union 1 1
        > submit job 1 of rdd 2
        stage 2 attempt 0 of 4 tasks for job 1
        run task 3 on worker 0: partition 0 of job 1
        run task 4 on worker 1: partition 1 of job 1
        > task 4 succeeds
        deliver result 1 of job 1 from task 4
        run task 5 on worker 1: partition 3 of job 1
        > task 5 succeeds
        deliver result 3 of job 1 from task 5
        run task 6 on worker 1: partition 2 of job 1
        > task 3 succeeds
        deliver result 0 of job 1 from task 3
        > task 6 succeeds
        deliver result 2 of job 1 from task 6
        stage 2 completed
        complete job 1
    ";
    story(2, 1, &[CACHED, script]);
}

#[test]
fn dropped_blocks_are_made_again_from_what_is_left() {
    let script = "
        rdd 2 = shuffle 1 of 1 into 1
        > submit job 1 of rdd 2
        stage 2 attempt 0 of 2 tasks for job 1
        run task 3 on worker 0: map 1/0
        run task 4 on worker 1: map 1/1
        > drop blocks of 1
        > task 3 succeeds
        accept map 1/0 from task 3
        > task 4 succeeds
        accept map 1/1 from task 4
        stage 2 completed
        stage 3 attempt 0 of 1 tasks for job 1
        run task 5 on worker 0: partition 0 of job 1
        > task 5 succeeds
        deliver result 0 of job 1 from task 5
        stage 3 completed
        complete job 1
    ";
    story(2, 1, &[CACHED, script]);
}

#[test]
fn a_lost_output_under_cached_partitions_is_not_missed() {
    let script = "
        rdd 0 = source 1
        rdd 1 = shuffle 0 of 0 into 2
        > submit job 0 of rdd 1
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: map 0/0
        > task 0 succeeds
        accept map 0/0 from task 0
        stage 0 completed
        stage 1 attempt 0 of 2 tasks for job 0
        run task 1 on worker 0: partition 0 of job 0
        > worker 0 stores block 1/0
        > task 1 succeeds
        deliver result 0 of job 0 from task 1
        run task 2 on worker 0: partition 1 of job 0
        > worker 0 stores block 1/1
        > task 2 cannot fetch 0/0
        stage 1 attempt 1 of 1 tasks for job 0
        stage 1 retries partition 1
        run task 3 on worker 0: partition 1 of job 0, attempt 1.1
        # Partition 1 is cached by now, so nothing is made again before it is needed.
        > drop blocks of 1
        > task 3 succeeds
        deliver result 1 of job 0 from task 3
        stage 1 completed
        complete job 0
        > submit job 1 of rdd 1
        stage 0 attempt 1 of 1 tasks for job 1
        stage 0 retries partition 0
        run task 4 on worker 0: map 0/0, attempt 1.1
    ";
    story(1, 1, &[script]);
}

#[test]
fn blocks_dropped_under_a_pending_task_bring_the_shuffle_back() {
    let script = "
        rdd 0 = source 1
        rdd 1 = shuffle 0 of 0 into 2
        > submit job 0 of rdd 1
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: map 0/0
        > task 0 succeeds
        accept map 0/0 from task 0
        stage 0 completed
        stage 1 attempt 0 of 2 tasks for job 0
        run task 1 on worker 0: partition 0 of job 0
        > worker 0 stores block 1/1
        > task 1 cannot fetch 0/0
        stage 0 attempt 1 of 1 tasks for job 0
        stage 0 retries partition 0
        run task 2 on worker 0: map 0/0, attempt 1.1
        > cancel job 0
        fail job 0: cancelled, enough
        kill task 2 on worker 0
        > submit job 1 of rdd 1 partitions 1 1
        stage 2 attempt 0 of 2 tasks for job 1
        > drop blocks of 1
        stage 0 attempt 2 of 1 tasks for job 1
        > task 2 is killed
        start workers 1
        > worker 1 registers
        run task 3 on worker 1: map 0/0, attempt 2.2
        > task 3 succeeds
        accept map 0/0 from task 3
        stage 0 completed
        run task 4 on worker 1: partition 1 of job 1
        > task 4 succeeds
        deliver result 0 of job 1 from task 4
        run task 5 on worker 1: partition 1 of job 1
        > task 5 succeeds
        deliver result 1 of job 1 from task 5
        stage 2 completed
        complete job 1
    ";
    story(1, 1, &[script]);
}

#[test]
fn a_block_of_an_rdd_that_is_forgotten_is_removed() {
    let script = "
        rdd 0 = source 1
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > release rdd 0
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > task 0 succeeds
        deliver result 0 of job 0 from task 0
        stage 0 completed
        complete job 0
        > worker 0 stores block 0/0
        remove blocks of 0
    ";
    story(1, 1, &[script]);
}

#[test]
fn a_task_that_loses_a_block_runs_again_from_what_is_left() {
    let script = "
        > submit job 1 of rdd 1
        stage 2 attempt 0 of 2 tasks for job 1
        run task 3 on worker 0: partition 0 of job 1
        run task 4 on worker 1: partition 1 of job 1
        > drop blocks of 1
        > task 3 loses a block
        job 1 skips shuffle 0
        stage 2 retries partition 0
        run task 5 on worker 0: partition 0 of job 1, attempt 0.1
        > task 4 succeeds
        deliver result 1 of job 1 from task 4
        > task 5 succeeds
        deliver result 0 of job 1 from task 5
        stage 2 completed
        complete job 1
    ";
    story(2, 1, &[CACHED, script]);
}

#[test]
fn blocks_that_are_lost_again_and_again_fail_the_job() {
    let script = "
        > submit job 1 of rdd 1 partitions 0
        stage 2 attempt 0 of 1 tasks for job 1
        run task 3 on worker 0: partition 0 of job 1
        > drop blocks of 1
        > task 3 loses a block
        job 1 skips shuffle 0
        stage 2 retries partition 0
        run task 4 on worker 0: partition 0 of job 1, attempt 0.1
        > task 4 loses a block
        stage 2 retries partition 0
        run task 5 on worker 0: partition 0 of job 1, attempt 0.2
        > task 5 loses a block
        stage 2 retries partition 0
        run task 6 on worker 0: partition 0 of job 1, attempt 0.3
        > task 6 loses a block
        fail job 1: stage 2 partition 0 failed 4 times, last task 6
    ";
    story(2, 1, &[CACHED, script]);
}

#[test]
fn a_live_copy_draws_tasks_when_the_worker_that_wrote_the_block_is_gone() {
    let script = "
        rdd 2 = map 1
        > submit job 1 of rdd 2
        stage 2 attempt 0 of 2 tasks for job 1
        run task 3 on worker 0: partition 0 of job 1
        run task 4 on worker 1: partition 1 of job 1
        > worker 1 dies
        start workers 2
        > worker 2 registers
        stage 2 retries partition 1
        run task 5 on worker 2: partition 1 of job 1, attempt 0.1
        > worker 2 copies block 1/1
        > worker 0 copies block 1/1
        > task 3 succeeds
        deliver result 0 of job 1 from task 3
        > task 5 succeeds
        deliver result 1 of job 1 from task 5
        stage 2 completed
        complete job 1
        > submit job 2 of rdd 2 partitions 1
        stage 3 attempt 0 of 1 tasks for job 2
        run task 6 on worker 2: partition 1 of job 2
    ";
    story(2, 1, &[CACHED, script]);
}

#[test]
fn an_evicted_partition_alone_is_made_again() {
    let script = "
        > evict block 1/1
        rdd 2 = map 1
        > submit job 1 of rdd 2
        job 1 skips shuffle 0
        stage 2 attempt 0 of 2 tasks for job 1
        run task 3 on worker 0: partition 0 of job 1
        run task 4 on worker 1: partition 1 of job 1
    ";
    let scheduler = story(2, 1, &[CACHED, script]);
    let is_cached = |partition| scheduler.is_cached(firesteel_scheduler::ids::RddId(1), partition);
    assert_eq!([0, 1].map(is_cached), [true, false]);
}
