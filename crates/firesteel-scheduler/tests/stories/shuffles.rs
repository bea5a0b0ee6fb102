//! Shuffle stages: made once, reused, shared, and made again when an output is lost.

use crate::script::story;
use crate::{MAPPING, REDUCED, REDUCING};

#[test]
fn a_word_count_runs_in_two_stages() {
    story(2, 1, &[MAPPING, REDUCING, REDUCED]);
}

#[test]
fn a_later_job_skips_the_stage_that_has_run() {
    let again = "
        rdd 4 = map 2
        > submit job 1 of rdd 4
        job 1 skips shuffle 0
        stage 2 attempt 0 of 2 tasks for job 1
        run task 4 on worker 0: partition 0 of job 1
        run task 5 on worker 1: partition 1 of job 1
        > task 4 succeeds
        deliver result 0 of job 1 from task 4
        > task 5 succeeds
        deliver result 1 of job 1 from task 5
        stage 2 completed
        complete job 1
    ";
    story(2, 1, &[MAPPING, REDUCING, REDUCED, again]);
}

#[test]
fn a_later_job_runs_only_the_missing_map_tasks() {
    let again = "
        > task 0 succeeds
        accept map 0/0 from task 0
        > cancel job 0
        fail job 0: cancelled, enough
        kill task 1 on worker 1
        > task 1 is killed
        > worker 1 dies
        > submit job 1 of rdd 2
        stage 0 attempt 1 of 1 tasks for job 1
        run task 2 on worker 0: map 0/1, attempt 1.1
        > worker 2 registers
        > task 2 succeeds
        accept map 0/1 from task 2
        stage 0 completed
        stage 2 attempt 0 of 2 tasks for job 1
        run task 3 on worker 0: partition 0 of job 1
        start workers 2
        > task 3 succeeds
        deliver result 0 of job 1 from task 3
        run task 4 on worker 0: partition 1 of job 1
        > task 4 succeeds
        deliver result 1 of job 1 from task 4
        stage 2 completed
        complete job 1
    ";
    story(2, 1, &[MAPPING, again]);
}

#[test]
fn a_lost_output_is_made_again_before_the_task_that_missed_it() {
    let lost = "
        > task 2 cannot fetch 0/1
        stage 0 attempt 1 of 1 tasks for job 0
        stage 0 retries partition 1
        run task 4 on worker 0: map 0/1, attempt 1.1
        # The other task of the stage goes on, and the lost output is made again beside it.
        > task 3 succeeds
        deliver result 1 of job 0 from task 3
        > task 4 succeeds
        accept map 0/1 from task 4
        stage 0 completed
        stage 1 attempt 1 of 1 tasks for job 0
        stage 1 retries partition 0
        run task 5 on worker 0: partition 0 of job 0, attempt 1.1
        > task 5 succeeds
        deliver result 0 of job 0 from task 5
        stage 1 completed
        complete job 0
    ";
    story(2, 1, &[MAPPING, REDUCING, lost]);
}

#[test]
fn two_tasks_that_miss_the_same_output_cost_one_attempt() {
    let lost = "
        > task 2 cannot fetch 0/1
        stage 0 attempt 1 of 1 tasks for job 0
        stage 0 retries partition 1
        run task 4 on worker 0: map 0/1, attempt 1.1
        > task 3 cannot fetch 0/1
        > task 4 succeeds
        accept map 0/1 from task 4
        stage 0 completed
        stage 1 attempt 1 of 2 tasks for job 0
        stage 1 retries partition 0
        run task 5 on worker 0: partition 0 of job 0, attempt 1.1
        stage 1 retries partition 1
        run task 6 on worker 1: partition 1 of job 0, attempt 1.1
        > task 5 succeeds
        deliver result 0 of job 0 from task 5
        > task 6 succeeds
        deliver result 1 of job 0 from task 6
        stage 1 completed
        complete job 0
    ";
    story(2, 1, &[MAPPING, REDUCING, lost]);
}

#[test]
fn a_complaint_about_an_output_that_was_made_anew_is_out_of_date() {
    let late = "
        > task 2 cannot fetch 0/1
        stage 0 attempt 1 of 1 tasks for job 0
        stage 0 retries partition 1
        run task 4 on worker 0: map 0/1, attempt 1.1
        > task 4 succeeds
        accept map 0/1 from task 4
        stage 0 completed
        stage 1 attempt 1 of 1 tasks for job 0
        stage 1 retries partition 0
        run task 5 on worker 0: partition 0 of job 0, attempt 1.1
        # Task 3 was launched when the damaged output still counted.
        > task 3 cannot fetch 0/1
        stage 1 retries partition 1
        run task 6 on worker 1: partition 1 of job 0, attempt 1.1
        > task 5 succeeds
        deliver result 0 of job 0 from task 5
        > task 6 succeeds
        deliver result 1 of job 0 from task 6
        stage 1 completed
        complete job 0
    ";
    story(2, 1, &[MAPPING, REDUCING, late]);
}

#[test]
fn a_stage_that_loses_its_input_four_times_in_a_row_fails() {
    let lost = "
        > task 2 cannot fetch 0/0
        stage 0 attempt 1 of 1 tasks for job 0
        stage 0 retries partition 0
        run task 4 on worker 0: map 0/0, attempt 1.1
        > task 3 succeeds
        deliver result 1 of job 0 from task 3
        > task 4 succeeds
        accept map 0/0 from task 4
        stage 0 completed
        stage 1 attempt 1 of 1 tasks for job 0
        stage 1 retries partition 0
        run task 5 on worker 0: partition 0 of job 0, attempt 1.1
        > task 5 cannot fetch 0/0
        stage 0 attempt 2 of 1 tasks for job 0
        stage 0 retries partition 0
        run task 6 on worker 0: map 0/0, attempt 2.2
        > task 6 succeeds
        accept map 0/0 from task 6
        stage 0 completed
        stage 1 attempt 2 of 1 tasks for job 0
        stage 1 retries partition 0
        run task 7 on worker 0: partition 0 of job 0, attempt 2.2
        > task 7 cannot fetch 0/1
        stage 0 attempt 3 of 1 tasks for job 0
        stage 0 retries partition 1
        run task 8 on worker 0: map 0/1, attempt 3.1
        > task 8 succeeds
        accept map 0/1 from task 8
        stage 0 completed
        stage 1 attempt 3 of 1 tasks for job 0
        stage 1 retries partition 0
        run task 9 on worker 0: partition 0 of job 0, attempt 3.3
        > task 9 cannot fetch 0/0
        fail job 0: stage 1 could not fetch shuffle 0 in 4 attempts
    ";
    story(2, 1, &[MAPPING, REDUCING, lost]);
}

#[test]
fn what_was_lost_twice_over_is_made_from_the_top() {
    let script = "
        rdd 0 = source 1
        rdd 1 = shuffle 0 of 0 into 1
        rdd 2 = shuffle 1 of 1 into 1
        > submit job 0 of rdd 2
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: map 0/0
        > task 0 succeeds
        accept map 0/0 from task 0
        stage 0 completed
        stage 1 attempt 0 of 1 tasks for job 0
        run task 1 on worker 0: map 1/0
        > task 1 succeeds
        accept map 1/0 from task 1
        stage 1 completed
        stage 2 attempt 0 of 1 tasks for job 0
        run task 2 on worker 0: partition 0 of job 0
        > task 2 cannot fetch 1/0
        stage 1 attempt 1 of 1 tasks for job 0
        stage 1 retries partition 0
        run task 3 on worker 0: map 1/0, attempt 1.1
        > task 3 cannot fetch 0/0
        stage 0 attempt 1 of 1 tasks for job 0
        stage 0 retries partition 0
        run task 4 on worker 0: map 0/0, attempt 1.1
        > task 4 succeeds
        accept map 0/0 from task 4
        stage 0 completed
        stage 1 attempt 2 of 1 tasks for job 0
        stage 1 retries partition 0
        run task 5 on worker 0: map 1/0, attempt 2.2
        > task 5 succeeds
        accept map 1/0 from task 5
        stage 1 completed
        stage 2 attempt 1 of 1 tasks for job 0
        stage 2 retries partition 0
        run task 6 on worker 0: partition 0 of job 0, attempt 1.1
        > task 6 succeeds
        deliver result 0 of job 0 from task 6
        stage 2 completed
        complete job 0
    ";
    story(1, 1, &[script]);
}

#[test]
fn two_jobs_share_a_stage_that_runs_once() {
    let script = "
        rdd 4 = map 2
        > submit job 1 of rdd 4
        > task 0 succeeds
        accept map 0/0 from task 0
        > task 1 succeeds
        accept map 0/1 from task 1
        stage 0 completed
        stage 1 attempt 0 of 2 tasks for job 0
        stage 2 attempt 0 of 2 tasks for job 1
        run task 2 on worker 0: partition 0 of job 0
        run task 3 on worker 1: partition 1 of job 0
        > task 2 succeeds
        deliver result 0 of job 0 from task 2
        run task 4 on worker 0: partition 0 of job 1
        > task 3 succeeds
        deliver result 1 of job 0 from task 3
        stage 1 completed
        complete job 0
        run task 5 on worker 1: partition 1 of job 1
        > task 4 succeeds
        deliver result 0 of job 1 from task 4
        > task 5 succeeds
        deliver result 1 of job 1 from task 5
        stage 2 completed
        complete job 1
    ";
    story(2, 1, &[MAPPING, script]);
}

#[test]
fn a_shared_stage_goes_on_for_the_job_that_is_left() {
    let script = "
        rdd 4 = map 2
        > submit job 1 of rdd 4
        > cancel job 0
        fail job 0: cancelled, enough
        > task 0 succeeds
        accept map 0/0 from task 0
        > task 1 succeeds
        accept map 0/1 from task 1
        stage 0 completed
        stage 2 attempt 0 of 2 tasks for job 1
        run task 2 on worker 0: partition 0 of job 1
        run task 3 on worker 1: partition 1 of job 1
        > task 2 succeeds
        deliver result 0 of job 1 from task 2
        > task 3 succeeds
        deliver result 1 of job 1 from task 3
        stage 2 completed
        complete job 1
    ";
    story(2, 1, &[MAPPING, script]);
}

#[test]
fn a_shuffle_of_no_partitions_is_there_at_once() {
    let script = "
        rdd 0 = source 0
        rdd 1 = shuffle 0 of 0 into 1
        > submit job 0 of rdd 1
        stage 1 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > task 0 succeeds
        deliver result 0 of job 0 from task 0
        stage 1 completed
        complete job 0
    ";
    story(1, 1, &[script]);
}

#[test]
fn a_union_waits_for_both_its_shuffles() {
    let script = "
        rdd 0 = source 1
        rdd 1 = shuffle 0 of 0 into 1
        rdd 2 = shuffle 1 of 0 into 1
        rdd 3 = union 1 2
        > submit job 0 of rdd 3
        stage 0 attempt 0 of 1 tasks for job 0
        stage 1 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: map 0/0
        > task 0 succeeds
        accept map 0/0 from task 0
        stage 0 completed
        run task 1 on worker 0: map 1/0
        > task 1 succeeds
        accept map 1/0 from task 1
        stage 1 completed
        stage 2 attempt 0 of 2 tasks for job 0
        run task 2 on worker 0: partition 0 of job 0
        > task 2 succeeds
        deliver result 0 of job 0 from task 2
        run task 3 on worker 0: partition 1 of job 0
        > task 3 succeeds
        deliver result 1 of job 0 from task 3
        stage 2 completed
        complete job 0
    ";
    story(1, 1, &[script]);
}

#[test]
fn a_part_of_a_union_waits_for_its_own_shuffle_only() {
    let script = "
        rdd 0 = source 1
        rdd 1 = shuffle 0 of 0 into 2
        rdd 2 = shuffle 1 of 0 into 2
        rdd 3 = union 1 2
        rdd 4 = coalesce 3 into 0+1 2+3
        > submit job 0 of rdd 4 partitions 1
        stage 1 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: map 1/0
        > task 0 succeeds
        accept map 1/0 from task 0
        stage 1 completed
        stage 2 attempt 0 of 1 tasks for job 0
        run task 1 on worker 0: partition 1 of job 0
        > task 1 succeeds
        deliver result 0 of job 0 from task 1
        stage 2 completed
        complete job 0
    ";
    story(1, 1, &[script]);
}

#[test]
fn aligned_parents_are_one_stage() {
    let script = "
        rdd 0 = source 1
        rdd 1 = shuffle 0 of 0 into 1
        rdd 2 = shuffle 1 of 0 into 1
        rdd 3 = aligned 1 2
        > submit job 0 of rdd 3
        stage 0 attempt 0 of 1 tasks for job 0
        stage 1 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: map 0/0
        > task 0 succeeds
        accept map 0/0 from task 0
        stage 0 completed
        run task 1 on worker 0: map 1/0
        > task 1 succeeds
        accept map 1/0 from task 1
        stage 1 completed
        stage 2 attempt 0 of 1 tasks for job 0
        run task 2 on worker 0: partition 0 of job 0
        > task 2 succeeds
        deliver result 0 of job 0 from task 2
        stage 2 completed
        complete job 0
    ";
    story(1, 1, &[script]);
}

#[test]
fn an_output_lost_by_one_job_is_lost_for_the_other() {
    let script = "
        rdd 4 = map 2
        > submit job 1 of rdd 4
        > task 0 succeeds
        accept map 0/0 from task 0
        > task 1 succeeds
        accept map 0/1 from task 1
        stage 0 completed
        stage 1 attempt 0 of 2 tasks for job 0
        stage 2 attempt 0 of 2 tasks for job 1
        run task 2 on worker 0: partition 0 of job 0
        run task 3 on worker 1: partition 1 of job 0
        > task 2 cannot fetch 0/0
        stage 0 attempt 1 of 1 tasks for job 0
        stage 0 retries partition 0
        run task 4 on worker 0: map 0/0, attempt 1.1
        # Job 1 would have been next; it waits as well.
        > task 3 succeeds
        deliver result 1 of job 0 from task 3
        > task 4 succeeds
        accept map 0/0 from task 4
        stage 0 completed
        stage 1 attempt 1 of 1 tasks for job 0
        stage 1 retries partition 0
        run task 5 on worker 0: partition 0 of job 0, attempt 1.1
        run task 6 on worker 1: partition 0 of job 1
        > task 5 succeeds
        deliver result 0 of job 0 from task 5
        stage 1 completed
        complete job 0
        run task 7 on worker 0: partition 1 of job 1
        > task 6 succeeds
        deliver result 0 of job 1 from task 6
        > task 7 succeeds
        deliver result 1 of job 1 from task 7
        stage 2 completed
        complete job 1
    ";
    story(2, 1, &[MAPPING, script]);
}

#[test]
fn an_output_lost_while_its_stage_runs_is_made_by_the_same_attempt() {
    let script = "
        > task 2 cannot fetch 0/0
        stage 0 attempt 1 of 1 tasks for job 0
        stage 0 retries partition 0
        run task 4 on worker 0: map 0/0, attempt 1.1
        > task 3 cannot fetch 0/1
        stage 0 retries partition 1
        run task 5 on worker 1: map 0/1, attempt 1.1
        > task 4 succeeds
        accept map 0/0 from task 4
        > task 5 succeeds
        accept map 0/1 from task 5
        stage 0 completed
        stage 1 attempt 1 of 2 tasks for job 0
        stage 1 retries partition 0
        run task 6 on worker 0: partition 0 of job 0, attempt 1.1
        stage 1 retries partition 1
        run task 7 on worker 1: partition 1 of job 0, attempt 1.1
    ";
    story(2, 1, &[MAPPING, REDUCING, script]);
}

#[test]
fn a_job_that_joins_late_needs_the_stages_above_as_well() {
    let script = "
        rdd 0 = source 1
        rdd 1 = shuffle 0 of 0 into 1
        rdd 2 = shuffle 1 of 1 into 1
        > submit job 0 of rdd 2
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: map 0/0
        rdd 3 = map 2
        > submit job 1 of rdd 3
        > cancel job 0
        fail job 0: cancelled, enough
        > task 0 succeeds
        accept map 0/0 from task 0
        stage 0 completed
        stage 1 attempt 0 of 1 tasks for job 1
        run task 1 on worker 0: map 1/0
        > task 1 succeeds
        accept map 1/0 from task 1
        stage 1 completed
        stage 3 attempt 0 of 1 tasks for job 1
        run task 2 on worker 0: partition 0 of job 1
        > task 2 succeeds
        deliver result 0 of job 1 from task 2
        stage 3 completed
        complete job 1
    ";
    story(1, 1, &[script]);
}

#[test]
fn a_job_that_leaves_takes_the_stages_with_it_that_no_other_needs() {
    let script = "
        rdd 0 = source 1
        rdd 1 = shuffle 0 of 0 into 1
        rdd 2 = shuffle 1 of 1 into 1
        rdd 3 = source 1
        rdd 4 = shuffle 2 of 3 into 1
        rdd 5 = union 2 4
        > submit job 0 of rdd 5
        stage 0 attempt 0 of 1 tasks for job 0
        stage 2 attempt 0 of 1 tasks for job 0
        start workers 0 1
        > worker 0 registers
        run task 0 on worker 0: map 0/0
        > worker 1 registers
        run task 1 on worker 1: map 2/0
        > submit job 1 of rdd 4
        > cancel job 0
        fail job 0: cancelled, enough
        kill task 0 on worker 0
        > task 1 succeeds
        accept map 2/0 from task 1
        stage 2 completed
        stage 4 attempt 0 of 1 tasks for job 1
        run task 2 on worker 1: partition 0 of job 1
    ";
    story(2, 1, &[script]);
}

#[test]
fn fetch_failures_of_a_stage_that_has_completed_are_forgiven() {
    let script = "
        rdd 0 = source 1
        rdd 1 = shuffle 0 of 0 into 1
        rdd 2 = shuffle 1 of 1 into 1
        > submit job 0 of rdd 2
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: map 0/0
        > task 0 succeeds
        accept map 0/0 from task 0
        stage 0 completed
        stage 1 attempt 0 of 1 tasks for job 0
        run task 1 on worker 0: map 1/0
        > task 1 cannot fetch 0/0
        stage 0 attempt 1 of 1 tasks for job 0
        stage 0 retries partition 0
        run task 2 on worker 0: map 0/0, attempt 1.1
        > task 2 succeeds
        accept map 0/0 from task 2
        stage 0 completed
        stage 1 attempt 1 of 1 tasks for job 0
        stage 1 retries partition 0
        run task 3 on worker 0: map 1/0, attempt 1.1
        > task 3 cannot fetch 0/0
        stage 0 attempt 2 of 1 tasks for job 0
        stage 0 retries partition 0
        run task 4 on worker 0: map 0/0, attempt 2.2
        > task 4 succeeds
        accept map 0/0 from task 4
        stage 0 completed
        stage 1 attempt 2 of 1 tasks for job 0
        stage 1 retries partition 0
        run task 5 on worker 0: map 1/0, attempt 2.2
        > task 5 succeeds
        accept map 1/0 from task 5
        stage 1 completed
        stage 2 attempt 0 of 1 tasks for job 0
        run task 6 on worker 0: partition 0 of job 0
        > task 6 cannot fetch 1/0
        stage 1 attempt 3 of 1 tasks for job 0
        stage 1 retries partition 0
        run task 7 on worker 0: map 1/0, attempt 3.3
        > task 7 cannot fetch 0/0
        stage 0 attempt 3 of 1 tasks for job 0
        stage 0 retries partition 0
        run task 8 on worker 0: map 0/0, attempt 3.3
        > task 8 succeeds
        accept map 0/0 from task 8
        stage 0 completed
        stage 1 attempt 4 of 1 tasks for job 0
        stage 1 retries partition 0
        run task 9 on worker 0: map 1/0, attempt 4.4
        > task 9 cannot fetch 0/0
        stage 0 attempt 4 of 1 tasks for job 0
        stage 0 retries partition 0
        run task 10 on worker 0: map 0/0, attempt 4.4
        > task 10 succeeds
        accept map 0/0 from task 10
        stage 0 completed
        stage 1 attempt 5 of 1 tasks for job 0
        stage 1 retries partition 0
        run task 11 on worker 0: map 1/0, attempt 5.5
        > task 11 succeeds
        accept map 1/0 from task 11
        stage 1 completed
        stage 2 attempt 1 of 1 tasks for job 0
        stage 2 retries partition 0
        run task 12 on worker 0: partition 0 of job 0, attempt 1.1
        > task 12 succeeds
        deliver result 0 of job 0 from task 12
        stage 2 completed
        complete job 0
    ";
    story(1, 1, &[script]);
}
