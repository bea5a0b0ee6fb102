//! How many workers there are, and what happens when none can be started.

use crate::script::story;
use crate::{MAPPING, ONE_STAGE};

#[test]
fn there_are_as_many_workers_as_tasks_and_no_more_than_cores() {
    let script = "
        rdd 0 = source 3
        > submit job 0 of rdd 0 partitions 1
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > submit job 1 of rdd 0
        stage 1 attempt 0 of 3 tasks for job 1
        start workers 1
        > worker 1 registers
        run task 0 on worker 1: partition 1 of job 0
        > worker 0 registers
        run task 1 on worker 0: partition 0 of job 1
        > task 0 succeeds
        deliver result 0 of job 0 from task 0
        stage 0 completed
        complete job 0
        run task 2 on worker 1: partition 1 of job 1
    ";
    story(2, 1, &[script]);
}

#[test]
fn a_start_that_fails_is_tried_again() {
    let script = "
        rdd 0 = source 1
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 dies
        start workers 1
        > worker 1 dies
        start workers 2
        > worker 2 registers
        run task 0 on worker 2: partition 0 of job 0
        > task 0 succeeds
        deliver result 0 of job 0 from task 0
        stage 0 completed
        complete job 0
    ";
    story(1, 1, &[script]);
}

#[test]
fn three_failed_starts_fail_all_jobs() {
    let script = "
        rdd 0 = source 1
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > submit job 1 of rdd 0
        stage 1 attempt 0 of 1 tasks for job 1
        start workers 1
        > worker 0 dies
        start workers 2
        > worker 1 dies
        start workers 3
        > worker 2 dies
        fail job 0: no workers, death of 0, death of 1, death of 2
        fail job 1: no workers, death of 0, death of 1, death of 2
        > worker 3 dies
        # The user may have made room: the next job tries again.
        > submit job 2 of rdd 0
        stage 2 attempt 0 of 1 tasks for job 2
        start workers 4
        > worker 4 registers
        run task 0 on worker 4: partition 0 of job 2
        > task 0 succeeds
        deliver result 0 of job 2 from task 0
        stage 2 completed
        complete job 2
    ";
    story(2, 1, &[script]);
}

#[test]
fn a_single_worker_does_what_two_should() {
    let script = "
        rdd 0 = source 2
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 2 tasks for job 0
        start workers 0 1
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > worker 1 dies
        start workers 2
        > worker 2 dies
        start workers 3
        > worker 3 dies
        > task 0 succeeds
        deliver result 0 of job 0 from task 0
        run task 1 on worker 0: partition 1 of job 0
        > task 1 succeeds
        deliver result 1 of job 0 from task 1
        stage 0 completed
        complete job 0
    ";
    story(2, 1, &[script]);
}

#[test]
fn the_death_of_an_idle_worker_costs_nothing() {
    let script = "
        > task 0 succeeds
        deliver result 0 of job 0 from task 0
        > worker 0 dies
        > task 1 succeeds
        deliver result 1 of job 0 from task 1
        stage 0 completed
        complete job 0
    ";
    story(2, 1, &[ONE_STAGE, script]);
}

#[test]
fn a_worker_that_was_told_to_kill_gets_no_other_task() {
    let script = "
        > cancel job 0
        fail job 0: cancelled, enough
        kill task 0 on worker 0
        kill task 1 on worker 1
        > submit job 1 of rdd 3
        stage 0 attempt 1 of 2 tasks for job 1
        # Its task ended before the kill arrived; the performer ends the worker all the same.
        > task 0 succeeds
        accept map 0/0 from task 0
        start workers 2
        > worker 2 registers
        run task 2 on worker 2: map 0/1, attempt 1.1
        > worker 0 dies
        # This one dies before its task ends.
        > worker 1 dies
    ";
    story(2, 1, &[MAPPING, script]);
}

#[test]
fn the_death_of_the_last_worker_gives_new_ones_three_tries() {
    let script = "
        rdd 0 = source 2
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 2 tasks for job 0
        start workers 0 1
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > worker 1 dies
        start workers 2
        > worker 2 dies
        start workers 3
        > worker 3 dies
        > worker 0 dies
        start workers 4 5
        > worker 4 dies
        start workers 6
        > worker 5 registers
        stage 0 retries partition 0
        run task 1 on worker 5: partition 0 of job 0, attempt 0.1
    ";
    story(2, 1, &[script]);
}

#[test]
fn outdated_workers_leave_when_they_have_no_task() {
    let script = "
        rdd 0 = source 3
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 3 tasks for job 0
        start workers 0 1
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > worker 1 registers
        run task 1 on worker 1: partition 1 of job 0
        > workers are outdated
        > task 0 succeeds
        end worker 0
        deliver result 0 of job 0 from task 0
        start workers 2
        > worker 2 registers
        run task 2 on worker 2: partition 2 of job 0
        > task 1 succeeds
        end worker 1
        deliver result 1 of job 0 from task 1
        > worker 0 dies
        > task 2 succeeds
        deliver result 2 of job 0 from task 2
        stage 0 completed
        complete job 0
        > workers are outdated
        end worker 2
        > submit job 1 of rdd 0 partitions 1
        stage 1 attempt 0 of 1 tasks for job 1
        start workers 3
    ";
    story(2, 1, &[script]);
}
