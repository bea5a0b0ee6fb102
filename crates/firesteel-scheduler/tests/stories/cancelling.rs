//! Jobs that the user ends.

use crate::script::story;
use crate::{MAPPING, ONE_STAGE};

#[test]
fn a_cancelled_job_has_its_tasks_killed() {
    let script = "
        > cancel job 0
        fail job 0: cancelled, enough
        kill task 0 on worker 0
        kill task 1 on worker 1
        > cancel job 0
        > task 0 is killed
        > worker 0 dies
        > worker 1 dies
    ";
    story(2, 1, &[ONE_STAGE, script]);
}

#[test]
fn a_job_can_be_cancelled_before_it_has_a_worker() {
    let script = "
        rdd 0 = source 1
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > cancel job 0
        fail job 0: cancelled, enough
        > worker 0 registers
    ";
    story(1, 1, &[script]);
}

#[test]
fn a_job_can_be_cancelled_before_its_first_task() {
    let script = "
        > submit job 1 of rdd 0
        stage 1 attempt 0 of 2 tasks for job 1
        > cancel job 1
        fail job 1: cancelled, enough
        > task 0 succeeds
        deliver result 0 of job 0 from task 0
        > task 1 succeeds
        deliver result 1 of job 0 from task 1
        stage 0 completed
        complete job 0
    ";
    story(2, 1, &[ONE_STAGE, script]);
}

#[test]
fn a_group_is_cancelled_and_no_one_else() {
    let script = "
        rdd 0 = source 1
        > submit job 0 of rdd 0 in group a
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > submit job 1 of rdd 0 in group b
        stage 1 attempt 0 of 1 tasks for job 1
        start workers 1
        > submit job 2 of rdd 0 in group a
        stage 2 attempt 0 of 1 tasks for job 2
        start workers 2
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > worker 1 registers
        run task 1 on worker 1: partition 0 of job 1
        > worker 2 registers
        run task 2 on worker 2: partition 0 of job 2
        > cancel group a
        fail job 0: cancelled, enough
        kill task 0 on worker 0
        fail job 2: cancelled, enough
        kill task 2 on worker 2
        > cancel group c
        > task 1 succeeds
        deliver result 0 of job 1 from task 1
        stage 1 completed
        complete job 1
    ";
    story(3, 1, &[script]);
}

#[test]
fn all_jobs_are_cancelled() {
    let script = "
        rdd 4 = map 2
        > submit job 1 of rdd 4
        > submit job 2 of rdd 0
        stage 3 attempt 0 of 2 tasks for job 2
        > cancel all
        fail job 0: cancelled, enough
        fail job 1: cancelled, enough
        fail job 2: cancelled, enough
        kill task 0 on worker 0
        kill task 1 on worker 1
        > cancel all
    ";
    story(2, 1, &[MAPPING, script]);
}

#[test]
fn a_late_success_of_a_cancelled_job_is_kept_as_map_output() {
    let script = "
        > cancel job 0
        fail job 0: cancelled, enough
        kill task 0 on worker 0
        kill task 1 on worker 1
        > task 0 succeeds
        accept map 0/0 from task 0
        > submit job 1 of rdd 3
        stage 0 attempt 1 of 1 tasks for job 1
        start workers 2
        > worker 2 registers
        run task 2 on worker 2: map 0/1, attempt 1.1
        # Both the killed attempt and the new one run; the first to succeed counts.
        > task 1 succeeds
        accept map 0/1 from task 1
        kill task 2 on worker 2
        stage 0 completed
        stage 2 attempt 0 of 2 tasks for job 1
        start workers 3
        > worker 0 dies
        > worker 1 dies
        > task 2 is killed
        start workers 4
    ";
    story(2, 1, &[MAPPING, script]);
}

#[test]
fn late_results_and_failures_of_a_cancelled_job_are_ignored() {
    let script = "
        > cancel job 0
        fail job 0: cancelled, enough
        kill task 0 on worker 0
        kill task 1 on worker 1
        > task 0 succeeds
        > task 1 fails
    ";
    story(2, 1, &[ONE_STAGE, script]);
}

#[test]
fn a_job_is_cancelled_while_a_lost_output_is_made_again() {
    let script = "
        > task 0 succeeds
        accept map 0/0 from task 0
        > task 1 succeeds
        accept map 0/1 from task 1
        stage 0 completed
        stage 1 attempt 0 of 2 tasks for job 0
        run task 2 on worker 0: partition 0 of job 0
        run task 3 on worker 1: partition 1 of job 0
        > task 2 cannot fetch 0/0
        stage 0 attempt 1 of 1 tasks for job 0
        stage 0 retries partition 0
        run task 4 on worker 0: map 0/0, attempt 1.1
        > cancel job 0
        fail job 0: cancelled, enough
        kill task 3 on worker 1
        kill task 4 on worker 0
        > task 4 succeeds
        accept map 0/0 from task 4
        > task 3 is killed
    ";
    story(2, 1, &[MAPPING, script]);
}
