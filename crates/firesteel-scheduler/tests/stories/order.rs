//! Who comes first: jobs by their number, stages by theirs, partitions by theirs.

use crate::script::{shuffled_story, story};

#[test]
fn earlier_jobs_come_first() {
    let script = "
        rdd 0 = source 2
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 2 tasks for job 0
        start workers 0
        > submit job 1 of rdd 0
        stage 1 attempt 0 of 2 tasks for job 1
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > task 0 succeeds
        deliver result 0 of job 0 from task 0
        run task 1 on worker 0: partition 1 of job 0
        > task 1 succeeds
        deliver result 1 of job 0 from task 1
        stage 0 completed
        complete job 0
        run task 2 on worker 0: partition 0 of job 1
        > task 2 succeeds
        deliver result 0 of job 1 from task 2
        run task 3 on worker 0: partition 1 of job 1
        > task 3 succeeds
        deliver result 1 of job 1 from task 3
        stage 1 completed
        complete job 1
    ";
    story(1, 1, &[script]);
}

#[test]
fn a_later_job_uses_the_workers_that_the_first_cannot() {
    let script = "
        rdd 0 = source 1
        rdd 1 = shuffle 0 of 0 into 2
        > submit job 0 of rdd 1
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: map 0/0
        > submit job 1 of rdd 0
        stage 2 attempt 0 of 1 tasks for job 1
        start workers 1
        > worker 1 registers
        run task 1 on worker 1: partition 0 of job 1
        > task 0 succeeds
        accept map 0/0 from task 0
        stage 0 completed
        stage 1 attempt 0 of 2 tasks for job 0
        run task 2 on worker 0: partition 0 of job 0
        > task 1 succeeds
        deliver result 0 of job 1 from task 1
        stage 2 completed
        complete job 1
        run task 3 on worker 1: partition 1 of job 0
    ";
    story(2, 1, &[script]);
}

#[test]
fn stages_of_a_job_come_in_the_order_of_the_lineage() {
    let script = "
        rdd 0 = source 2
        rdd 1 = shuffle 0 of 0 into 1
        rdd 2 = source 1
        rdd 3 = shuffle 1 of 2 into 1
        rdd 4 = union 3 1
        > submit job 0 of rdd 4
        stage 0 attempt 0 of 2 tasks for job 0
        stage 1 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: map 0/0
        > task 0 succeeds
        accept map 0/0 from task 0
        run task 1 on worker 0: map 0/1
        > task 1 succeeds
        accept map 0/1 from task 1
        stage 0 completed
        run task 2 on worker 0: map 1/0
        > task 2 succeeds
        accept map 1/0 from task 2
        stage 1 completed
        stage 2 attempt 0 of 2 tasks for job 0
        run task 3 on worker 0: partition 0 of job 0
    ";
    story(1, 1, &[script]);
}

#[test]
fn a_take_asks_for_some_partitions_and_then_for_more() {
    let script = "
        rdd 0 = source 4
        > submit job 0 of rdd 0 partitions 0
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > task 0 succeeds
        deliver result 0 of job 0 from task 0
        stage 0 completed
        complete job 0
        > submit job 1 of rdd 0 partitions 3 1
        stage 1 attempt 0 of 2 tasks for job 1
        run task 1 on worker 0: partition 3 of job 1
        start workers 1
        > worker 1 registers
        run task 2 on worker 1: partition 1 of job 1
        > task 2 succeeds
        deliver result 1 of job 1 from task 2
        > task 1 succeeds
        deliver result 0 of job 1 from task 1
        stage 1 completed
        complete job 1
    ";
    story(2, 1, &[script]);
}

#[test]
fn a_partition_can_be_asked_for_twice() {
    let script = "
        rdd 0 = source 2
        > submit job 0 of rdd 0 partitions 1 1
        stage 0 attempt 0 of 2 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: partition 1 of job 0
        > task 0 succeeds
        deliver result 0 of job 0 from task 0
        run task 1 on worker 0: partition 1 of job 0
        > task 1 succeeds
        deliver result 1 of job 0 from task 1
        stage 0 completed
        complete job 0
    ";
    story(1, 1, &[script]);
}

#[test]
fn a_job_without_partitions_is_complete_at_once() {
    let script = "
        rdd 0 = source 0
        > submit job 0 of rdd 0
        complete job 0
    ";
    story(1, 1, &[script]);
}

#[test]
fn tasks_start_in_an_order_drawn_from_a_number() {
    let script = "
        rdd 0 = source 3
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 3 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: partition 1 of job 0
        > task 0 succeeds
        deliver result 1 of job 0 from task 0
        run task 1 on worker 0: partition 2 of job 0
    ";
    shuffled_story(7, script);
}
