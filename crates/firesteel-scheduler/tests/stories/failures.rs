//! Failing tasks and dying workers.

use crate::script::story;
use crate::{MAPPING, ONE_STAGE};

#[test]
fn an_error_of_the_user_fails_the_job_at_once() {
    let script = "
        > task 0 fails
        fail job 0: stage 0 partition 0 failed 1 times, last task 0
        kill task 1 on worker 1
        > task 1 is killed
        > worker 1 dies
        # The next job works.
        > submit job 1 of rdd 0 partitions 1
        stage 1 attempt 0 of 1 tasks for job 1
        run task 2 on worker 0: partition 1 of job 1
        > task 2 succeeds
        deliver result 0 of job 1 from task 2
        stage 1 completed
        complete job 1
    ";
    story(2, 1, &[ONE_STAGE, script]);
}

#[test]
fn an_error_of_the_user_is_tried_as_often_as_the_master_says() {
    let script = "
        > task 0 fails
        stage 0 retries partition 0
        run task 2 on worker 0: partition 0 of job 0, attempt 0.1
        > task 2 fails
        stage 0 retries partition 0
        run task 3 on worker 0: partition 0 of job 0, attempt 0.2
        > task 1 fails
        stage 0 retries partition 1
        run task 4 on worker 1: partition 1 of job 0, attempt 0.1
        > task 3 fails
        fail job 0: stage 0 partition 0 failed 3 times, last task 3
        kill task 4 on worker 1
        > task 4 is killed
    ";
    story(2, 3, &[ONE_STAGE, script]);
}

#[test]
fn an_error_that_goes_away_is_forgotten() {
    let script = "
        > task 0 fails
        stage 0 retries partition 0
        run task 2 on worker 0: partition 0 of job 0, attempt 0.1
        > task 2 succeeds
        deliver result 0 of job 0 from task 2
        > task 1 succeeds
        deliver result 1 of job 0 from task 1
        stage 0 completed
        complete job 0
    ";
    story(2, 2, &[ONE_STAGE, script]);
}

#[test]
fn a_task_survives_three_deaths() {
    let script = "
        rdd 0 = source 1
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > worker 0 dies
        start workers 1
        > worker 1 registers
        stage 0 retries partition 0
        run task 1 on worker 1: partition 0 of job 0, attempt 0.1
        > worker 1 dies
        start workers 2
        > worker 2 registers
        stage 0 retries partition 0
        run task 2 on worker 2: partition 0 of job 0, attempt 0.2
        > worker 2 dies
        start workers 3
        > worker 3 registers
        stage 0 retries partition 0
        run task 3 on worker 3: partition 0 of job 0, attempt 0.3
        > task 3 succeeds
        deliver result 0 of job 0 from task 3
        stage 0 completed
        complete job 0
    ";
    story(1, 1, &[script]);
}

#[test]
fn the_fourth_death_is_the_last() {
    let script = "
        rdd 0 = source 1
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > worker 0 dies
        start workers 1
        > worker 1 registers
        stage 0 retries partition 0
        run task 1 on worker 1: partition 0 of job 0, attempt 0.1
        > worker 1 dies
        start workers 2
        > worker 2 registers
        stage 0 retries partition 0
        run task 2 on worker 2: partition 0 of job 0, attempt 0.2
        > worker 2 dies
        start workers 3
        > worker 3 registers
        stage 0 retries partition 0
        run task 3 on worker 3: partition 0 of job 0, attempt 0.3
        > worker 3 dies
        fail job 0: stage 0 partition 0 died by death of 0, death of 1, death of 2, death of 3
        # What killed them was the job: the next one starts from nothing.
        > submit job 1 of rdd 0
        stage 1 attempt 0 of 1 tasks for job 1
        start workers 4
        > worker 4 registers
        run task 4 on worker 4: partition 0 of job 1
        > worker 4 dies
        start workers 5
        > worker 5 registers
        stage 1 retries partition 0
        run task 5 on worker 5: partition 0 of job 1, attempt 0.1
        > task 5 succeeds
        deliver result 0 of job 1 from task 5
        stage 1 completed
        complete job 1
    ";
    story(1, 1, &[script]);
}

#[test]
fn deaths_and_errors_are_counted_apart() {
    let script = "
        rdd 0 = source 1
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > worker 0 dies
        start workers 1
        > worker 1 registers
        stage 0 retries partition 0
        run task 1 on worker 1: partition 0 of job 0, attempt 0.1
        > task 1 fails
        stage 0 retries partition 0
        run task 2 on worker 1: partition 0 of job 0, attempt 0.2
        > worker 1 dies
        start workers 2
        > worker 2 registers
        stage 0 retries partition 0
        run task 3 on worker 2: partition 0 of job 0, attempt 0.3
        > worker 2 dies
        start workers 3
        > worker 3 registers
        stage 0 retries partition 0
        run task 4 on worker 3: partition 0 of job 0, attempt 0.4
        > task 4 fails
        fail job 0: stage 0 partition 0 failed 2 times, last task 4
    ";
    story(1, 2, &[script]);
}

#[test]
fn a_failed_shared_stage_fails_both_jobs() {
    let script = "
        rdd 4 = map 2
        > submit job 1 of rdd 4
        > task 0 succeeds
        accept map 0/0 from task 0
        > task 1 fails
        fail job 0: stage 0 partition 1 failed 1 times, last task 1
        fail job 1: stage 0 partition 1 failed 1 times, last task 1
    ";
    story(2, 1, &[MAPPING, script]);
}

#[test]
fn an_interruption_from_outside_counts_as_a_death() {
    let script = "
        rdd 0 = source 1
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > task 0 is killed
        start workers 1
        > worker 0 dies
        > worker 1 registers
        stage 0 retries partition 0
        run task 1 on worker 1: partition 0 of job 0, attempt 0.1
        > task 1 succeeds
        deliver result 0 of job 0 from task 1
        stage 0 completed
        complete job 0
    ";
    story(1, 1, &[script]);
}

#[test]
fn the_end_of_a_task_that_is_not_running_is_ignored() {
    let script = "
        > worker 1 dies
        start workers 2
        > task 1 succeeds
        > task 9 fails
        > worker 9 dies
    ";
    story(2, 1, &[ONE_STAGE, script]);
}

#[test]
fn a_job_on_what_is_not_defined_fails() {
    let script = "
        rdd 0 = source 1
        > submit job 0 of rdd 0 partitions 0 1
        fail job 0: cancelled, RDD 0 has no partition 1
        > submit job 1 of rdd 9 partitions 0
        fail job 1: cancelled, RDD 9 is not defined
    ";
    story(1, 1, &[script]);
}

#[test]
fn errors_before_a_success_do_not_count_when_the_output_is_lost() {
    let script = "
        rdd 0 = source 1
        rdd 1 = shuffle 0 of 0 into 1
        > submit job 0 of rdd 1
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: map 0/0
        > task 0 fails
        stage 0 retries partition 0
        run task 1 on worker 0: map 0/0, attempt 0.1
        > task 1 succeeds
        accept map 0/0 from task 1
        stage 0 completed
        stage 1 attempt 0 of 1 tasks for job 0
        run task 2 on worker 0: partition 0 of job 0
        > task 2 cannot fetch 0/0
        stage 0 attempt 1 of 1 tasks for job 0
        stage 0 retries partition 0
        run task 3 on worker 0: map 0/0, attempt 1.2
        > task 3 fails
        stage 0 retries partition 0
        run task 4 on worker 0: map 0/0, attempt 1.3
        > task 4 succeeds
        accept map 0/0 from task 4
        stage 0 completed
        stage 1 attempt 1 of 1 tasks for job 0
        stage 1 retries partition 0
        run task 5 on worker 0: partition 0 of job 0, attempt 1.1
        > task 5 succeeds
        deliver result 0 of job 0 from task 5
        stage 1 completed
        complete job 0
    ";
    story(1, 2, &[script]);
}
