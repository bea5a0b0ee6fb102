//! Stages whose tasks run all at once, meet, and fail as one.

use crate::script::story;

/// A barrier stage of two tasks on two workers, running for job 0.
const TOGETHER: &str = "
    rdd 0 = source 2
    rdd 1 = barrier 0
    > submit job 0 of rdd 1
    stage 0 attempt 0 of 2 tasks for job 0
    start workers 0 1
    > worker 0 registers
    > worker 1 registers
    run task 0 on worker 0: partition 0 of job 0, one of 2
    run task 1 on worker 1: partition 1 of job 0, one of 2
";

/// A word count whose map stage is a barrier stage, on two workers, with its first output written.
const MAPPING: &str = "
    rdd 0 = source 2
    rdd 1 = barrier 0
    rdd 2 = shuffle 0 of 1 into 1
    > submit job 0 of rdd 2
    stage 0 attempt 0 of 2 tasks for job 0
    start workers 0 1
    > worker 0 registers
    > worker 1 registers
    run task 0 on worker 0: map 0/0, one of 2
    run task 1 on worker 1: map 0/1, one of 2
    > task 0 succeeds
    accept map 0/0 from task 0
";

#[test]
fn the_tasks_start_together_and_meet() {
    let script = "
        > task 1 reaches barrier
        > task 0 reaches barrier
        release tasks 0 1
        > task 0 reaches allGather
        > task 1 reaches allGather
        release tasks 0 1
        > task 0 succeeds
        deliver result 0 of job 0 from task 0
        > task 1 succeeds
        deliver result 1 of job 0 from task 1
        stage 0 completed
        complete job 0
    ";
    story(2, 1, &[TOGETHER, script]);
}

#[test]
fn tasks_are_released_in_the_order_of_their_partitions() {
    let script = "
        rdd 0 = source 2
        rdd 1 = barrier 0
        > submit job 0 of rdd 1 partitions 1 0
        stage 0 attempt 0 of 2 tasks for job 0
        start workers 0 1
        > worker 0 registers
        > worker 1 registers
        run task 0 on worker 0: partition 1 of job 0, one of 2
        run task 1 on worker 1: partition 0 of job 0, one of 2
        > task 0 reaches allGather
        > task 1 reaches allGather
        release tasks 1 0
    ";
    story(2, 1, &[script]);
}

#[test]
fn a_barrier_stage_takes_part_of_the_workers_and_leaves_the_others() {
    let script = "
        > submit job 1 of rdd 0
        stage 1 attempt 0 of 2 tasks for job 1
        start workers 2
        > worker 2 registers
        run task 2 on worker 2: partition 0 of job 1
    ";
    story(3, 1, &[TOGETHER, script]);
}

#[test]
fn no_later_stage_gets_the_workers_that_the_first_one_gathers() {
    let script = "
        rdd 0 = source 1
        rdd 1 = source 2
        rdd 2 = barrier 1
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > submit job 1 of rdd 2
        stage 1 attempt 0 of 2 tasks for job 1
        start workers 1
        > submit job 2 of rdd 0
        stage 2 attempt 0 of 1 tasks for job 2
        > worker 1 registers
        > task 0 succeeds
        deliver result 0 of job 0 from task 0
        stage 0 completed
        complete job 0
        run task 1 on worker 0: partition 0 of job 1, one of 2
        run task 2 on worker 1: partition 1 of job 1, one of 2
        > task 1 succeeds
        deliver result 0 of job 1 from task 1
        run task 3 on worker 0: partition 0 of job 2
    ";
    story(2, 1, &[script]);
}

#[test]
fn who_waits_for_a_task_that_has_ended_is_told() {
    let script = "
        > task 0 reaches barrier
        > task 1 succeeds
        deliver result 1 of job 0 from task 1
        break tasks 0: partition 1 has ended
        > task 0 reaches allGather
        break tasks 0: partition 1 has ended
        > task 0 fails
        retract results of job 0
        fail job 0: stage 0 partition 0 failed 1 times, last task 0
    ";
    story(2, 1, &[TOGETHER, script]);
}

#[test]
fn all_tasks_call_the_same() {
    let script = "
        > task 0 reaches barrier
        > task 1 reaches allGather
        break tasks 0 1: operations differ
        > task 0 fails
        kill task 1 on worker 1
        fail job 0: stage 0 partition 0 failed 1 times, last task 0
        > task 1 fails
    ";
    story(2, 1, &[TOGETHER, script]);
}

#[test]
fn who_waits_too_long_is_told_with_all_others() {
    let script = "
        > task 1 waits too long
        > task 1 reaches barrier
        > task 1 waits too long
        break tasks 1: too long
        > task 0 reaches barrier
        break tasks 0: too long
    ";
    story(2, 1, &[TOGETHER, script]);
}

#[test]
fn a_failed_task_takes_the_others_with_it() {
    let script = "
        > task 0 succeeds
        deliver result 0 of job 0 from task 0
        > task 1 fails
        retract results of job 0
        stage 0 attempt 1 of 2 tasks for job 0
        stage 0 retries partition 0
        run task 2 on worker 0: partition 0 of job 0, attempt 1.1, one of 2
        stage 0 retries partition 1
        run task 3 on worker 1: partition 1 of job 0, attempt 1.1, one of 2
        > task 3 succeeds
        deliver result 1 of job 0 from task 3
        > task 2 succeeds
        deliver result 0 of job 0 from task 2
        stage 0 completed
        complete job 0
    ";
    story(2, 2, &[TOGETHER, script]);
}

#[test]
fn the_blocks_of_a_failed_attempt_go_unless_all_are_there() {
    let torn = "
        > worker 0 stores block 1/0
        > task 0 succeeds
        deliver result 0 of job 0 from task 0
        > task 1 fails
        retract results of job 0
        remove blocks of 1
        stage 0 attempt 1 of 2 tasks for job 0
        stage 0 retries partition 0
        run task 2 on worker 0: partition 0 of job 0, attempt 1.1, one of 2
        stage 0 retries partition 1
        run task 3 on worker 1: partition 1 of job 0, attempt 1.1, one of 2
    ";
    story(2, 2, &[TOGETHER, torn]);
    let whole = "
        > worker 0 stores block 1/0
        > worker 1 stores block 1/1
        > task 1 fails
        kill task 0 on worker 0
        stage 0 attempt 1 of 2 tasks for job 0
    ";
    story(2, 2, &[TOGETHER, whole]);
}

#[test]
fn a_death_is_a_new_attempt_and_errors_of_all_tasks_add_up() {
    let script = "
        > task 1 reaches barrier
        > worker 0 dies
        kill task 1 on worker 1
        stage 0 attempt 1 of 2 tasks for job 0
        start workers 2
        > worker 2 registers
        > task 1 is killed
        start workers 3
        > worker 3 registers
        stage 0 retries partition 0
        run task 2 on worker 2: partition 0 of job 0, attempt 1.1, one of 2
        stage 0 retries partition 1
        run task 3 on worker 3: partition 1 of job 0, attempt 1.1, one of 2
        > task 2 reaches barrier
        > task 3 reaches barrier
        release tasks 2 3
        > task 2 fails
        kill task 3 on worker 3
        stage 0 attempt 2 of 2 tasks for job 0
        # A success of a killed task counts for nothing: it has met tasks that failed.
        > task 3 succeeds
        start workers 4
        > worker 4 registers
        stage 0 retries partition 0
        run task 4 on worker 2: partition 0 of job 0, attempt 2.2, one of 2
        stage 0 retries partition 1
        run task 5 on worker 4: partition 1 of job 0, attempt 2.2, one of 2
        > task 5 fails
        kill task 4 on worker 2
        fail job 0: stage 0 partition 1 failed 2 times, last task 5
    ";
    story(2, 2, &[TOGETHER, script]);
}

#[test]
fn the_fourth_death_of_any_worker_is_the_last() {
    let mut script = String::new();
    for attempt in 1..4 {
        // Each attempt has two new workers, and two new tasks of the same numbers.
        let first = 2 * attempt - 2;
        let (second, third, fourth) = (first + 1, first + 2, first + 3);
        script += &format!(
            "
            > worker {first} dies
            kill task {second} on worker {second}
            stage 0 attempt {attempt} of 2 tasks for job 0
            start workers {third}
            > worker {second} dies
            start workers {fourth}
            > worker {third} registers
            > worker {fourth} registers
            stage 0 retries partition 0
            run task {third} on worker {third}: partition 0 of job 0, attempt {attempt}.{attempt}, one of 2
            stage 0 retries partition 1
            run task {fourth} on worker {fourth}: partition 1 of job 0, attempt {attempt}.{attempt}, one of 2
            "
        );
    }
    script += "
        > worker 6 dies
        kill task 7 on worker 7
        fail job 0: stage 0 partition 0 died by death of 0, death of 2, death of 4, death of 6
    ";
    story(2, 1, &[TOGETHER, &script]);
}

#[test]
fn the_map_outputs_of_a_failed_attempt_do_not_count() {
    let script = "
        > task 1 fails
        stage 0 attempt 1 of 2 tasks for job 0
        stage 0 retries partition 0
        run task 2 on worker 0: map 0/0, attempt 1.1, one of 2
        stage 0 retries partition 1
        run task 3 on worker 1: map 0/1, attempt 1.1, one of 2
        > task 3 succeeds
        accept map 0/1 from task 3
        > task 2 succeeds
        accept map 0/0 from task 2
        stage 0 completed
        stage 1 attempt 0 of 1 tasks for job 0
        run task 4 on worker 0: partition 0 of job 0
    ";
    story(2, 2, &[MAPPING, script]);
}

#[test]
fn a_lost_output_makes_the_whole_stage_run_again() {
    let script = "
        > task 1 succeeds
        accept map 0/1 from task 1
        stage 0 completed
        stage 1 attempt 0 of 1 tasks for job 0
        run task 2 on worker 0: partition 0 of job 0
        > task 2 cannot fetch 0/1
        stage 0 attempt 1 of 2 tasks for job 0
        stage 0 retries partition 0
        run task 3 on worker 0: map 0/0, attempt 1.1, one of 2
        stage 0 retries partition 1
        run task 4 on worker 1: map 0/1, attempt 1.1, one of 2
    ";
    story(2, 1, &[MAPPING, script]);
}

#[test]
fn a_stage_that_nobody_needs_begins_anew_for_the_next_job() {
    let script = "
        > cancel job 0
        fail job 0: cancelled, enough
        kill task 1 on worker 1
        > task 1 succeeds
        > submit job 1 of rdd 2
        stage 0 attempt 1 of 2 tasks for job 1
        start workers 2
        > worker 2 registers
        run task 2 on worker 0: map 0/0, attempt 1.1, one of 2
        run task 3 on worker 2: map 0/1, attempt 1.1, one of 2
    ";
    story(2, 1, &[MAPPING, script]);
}

#[test]
fn a_barrier_task_that_cannot_fetch_is_tried_four_times() {
    let mut script = "
        rdd 0 = source 1
        rdd 1 = shuffle 0 of 0 into 1
        rdd 2 = barrier 1
        > submit job 0 of rdd 2
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: map 0/0
        > task 0 succeeds
        accept map 0/0 from task 0
        stage 0 completed
        stage 1 attempt 0 of 1 tasks for job 0
        run task 1 on worker 0: partition 0 of job 0, one of 1
    "
    .to_owned();
    for attempt in 1..4 {
        let task = 2 * attempt;
        script += &format!(
            "
            > task {} cannot fetch 0/0
            stage 0 attempt {attempt} of 1 tasks for job 0
            stage 0 retries partition 0
            run task {task} on worker 0: map 0/0, attempt {attempt}.{attempt}
            > task {task} succeeds
            accept map 0/0 from task {task}
            stage 0 completed
            stage 1 attempt {attempt} of 1 tasks for job 0
            stage 1 retries partition 0
            run task {} on worker 0: partition 0 of job 0, attempt {attempt}.{attempt}, one of 1
            ",
            task - 1,
            task + 1,
        );
    }
    script += "
        > task 7 cannot fetch 0/0
        fail job 0: stage 1 could not fetch shuffle 0 in 4 attempts
    ";
    story(1, 1, &[&script]);
}

#[test]
fn what_can_never_run_all_at_once_is_refused() {
    let script = "
        rdd 0 = source 3
        rdd 1 = barrier 0
        rdd 2 = coalesce 0 into 0+1 2
        rdd 3 = barrier 2
        > submit job 0 of rdd 1
        fail job 0: refused, 3 tasks, 2 slots
        > submit job 1 of rdd 3
        fail job 1: refused, 3 partitions of rdd 0, 2 tasks
        > submit job 2 of rdd 1 partitions 0
        fail job 2: refused, 3 partitions of rdd 1, 1 tasks
        > submit job 3 of rdd 1 partitions
        complete job 3
        rdd 5 = shuffle 0 of 1 into 1
        rdd 6 = aligned 1 1
        > submit job 4 of rdd 5
        fail job 4: refused, 3 tasks, 2 slots
        > submit job 5 of rdd 6
        fail job 5: refused, several barriers under rdd 6
    ";
    story(2, 1, &[script]);
}

#[test]
fn workers_that_cannot_be_started_are_not_waited_for() {
    let script = "
        > worker 0 dies
        kill task 1 on worker 1
        stage 0 attempt 1 of 2 tasks for job 0
        start workers 2
        > task 1 is killed
        start workers 3
        > worker 2 registers
        > worker 3 dies
        start workers 4
        > worker 4 dies
        start workers 5
        > worker 5 dies
        fail job 0: no workers, death of 3, death of 4, death of 5
    ";
    story(2, 1, &[TOGETHER, script]);
}
