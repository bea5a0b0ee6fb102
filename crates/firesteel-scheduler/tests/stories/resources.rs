//! Stages that ask for more, or for less, than a processor for each task, and for devices.

use crate::script::{cluster_of, cluster_story};

#[test]
fn a_stage_that_asks_for_two_processors_runs_half_as_many_tasks() {
    let script = "
        rdd 0 = source 3
        profile 1 of rdd 0: 2 cpus
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 3 tasks for job 0
        start workers 0
        start workers 1 of executor 1
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > worker 1 registers
        run task 1 on worker 1: partition 1 of job 0
        > task 0 succeeds
        deliver result 0 of job 0 from task 0
        run task 2 on worker 0: partition 2 of job 0
    ";
    cluster_of(2, &[], script);
}

#[test]
fn another_stage_uses_what_is_left() {
    let script = "
        rdd 0 = source 2
        profile 1 of rdd 0: 1 cpus, 1 gpu
        rdd 1 = source 2
        # Both executors have one device, and a processor more than that.
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 2 tasks for job 0
        start workers 0
        start workers 1 of executor 1
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0 with gpu a
        > worker 1 registers
        run task 1 on worker 1: partition 1 of job 0 with gpu a
        > submit job 1 of rdd 1
        stage 1 attempt 0 of 2 tasks for job 1
        start workers 2
        start workers 3 of executor 1
        > worker 2 registers
        run task 2 on worker 2: partition 0 of job 1
        > worker 3 registers
        run task 3 on worker 3: partition 1 of job 1
    ";
    cluster_of(2, &["a"], script);
}

#[test]
fn a_stage_that_finds_no_room_is_passed_over() {
    let script = "
        rdd 0 = source 1
        rdd 1 = source 1
        profile 1 of rdd 1: 2 cpus
        rdd 2 = source 1
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > submit job 1 of rdd 1
        stage 1 attempt 0 of 1 tasks for job 1
        > submit job 2 of rdd 2
        stage 2 attempt 0 of 1 tasks for job 2
        start workers 1
        > worker 1 registers
        run task 1 on worker 1: partition 0 of job 2
        > task 0 succeeds
        deliver result 0 of job 0 from task 0
        stage 0 completed
        complete job 0
        > task 1 succeeds
        deliver result 0 of job 2 from task 1
        stage 2 completed
        complete job 2
        run task 2 on worker 0: partition 0 of job 1
    ";
    cluster_of(1, &[], script);
}

#[test]
fn shares_of_a_device_run_side_by_side() {
    let script = "
        rdd 0 = source 2
        profile 1 of rdd 0: 0.5 cpus, 0.5 gpu
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 2 tasks for job 0
        start workers 0 1
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0 with gpu a
        > worker 1 registers
        run task 1 on worker 1: partition 1 of job 0 with gpu a
    ";
    cluster_of(1, &["a"], script);
}

#[test]
fn a_barrier_stage_waits_for_what_all_its_tasks_ask_for() {
    let script = "
        rdd 0 = source 1
        rdd 1 = source 2
        rdd 2 = barrier 1
        profile 1 of rdd 2: 2 cpus
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > submit job 1 of rdd 2
        stage 1 attempt 0 of 2 tasks for job 1
        start workers 1 of executor 1
        > worker 1 registers
        > task 0 succeeds
        deliver result 0 of job 0 from task 0
        stage 0 completed
        complete job 0
        run task 1 on worker 0: partition 0 of job 1, one of 2 on executors 0 1
        run task 2 on worker 1: partition 1 of job 1, one of 2 on executors 0 1
    ";
    cluster_of(2, &[], script);
}

#[test]
fn what_cannot_be_had_is_refused() {
    let script = "
        rdd 0 = source 3
        profile 1 of rdd 0: 3 cpus
        > submit job 0 of rdd 0
        fail job 0: too little for rdd 0
        rdd 1 = source 3
        profile 2 of rdd 1: 1 cpus, 1 gpu
        > submit job 1 of rdd 1
        fail job 1: too little for rdd 1
        rdd 2 = source 3
        rdd 3 = barrier 2
        profile 3 of rdd 3: 2 cpus
        > submit job 2 of rdd 3
        fail job 2: refused, 3 tasks, 2 slots
        rdd 4 = source 1
        rdd 5 = map 4
        profile 4 of rdd 4: 2 cpus
        profile 5 of rdd 5: 1 cpus
        > submit job 3 of rdd 5
        fail job 3: profiles differ above rdd 5
        # The same profile twice is one, and a shuffle ends a stage.
        rdd 6 = source 1
        rdd 7 = map 6
        rdd 8 = shuffle 0 of 7 into 1
        profile 4 of rdd 6: 2 cpus
        profile 4 of rdd 7: 2 cpus
        profile 5 of rdd 8: 1 cpus
        > submit job 4 of rdd 8
        stage 0 attempt 0 of 1 tasks for job 4
        start workers 0
    ";
    cluster_of(2, &[], script);
}

#[test]
fn a_profile_can_have_executors_of_its_own() {
    let script = "
        rdd 0 = source 2
        profile 1 of rdd 0: 1 cpus on 4 cores
        rdd 1 = source 1
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 2 tasks for job 0
        start workers 0 of executor 2
        start workers 1 of executor 3
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        > worker 1 registers
        run task 1 on worker 1: partition 1 of job 0
        > submit job 1 of rdd 1
        stage 1 attempt 0 of 1 tasks for job 1
        start workers 2
        > executor 3 dies
        start workers 3 of executor 4
        > worker 3 registers
        stage 0 retries partition 1
        run task 2 on worker 3: partition 1 of job 0, attempt 0.1
        > worker 2 registers
        run task 3 on worker 2: partition 0 of job 1
    ";
    cluster_of(2, &[], script);
}

#[test]
fn a_profile_whose_executors_cannot_be_started_fails_its_jobs_alone() {
    let script = "
        rdd 0 = source 1
        > submit job 0 of rdd 0
        stage 0 attempt 0 of 1 tasks for job 0
        start workers 0
        > worker 0 registers
        run task 0 on worker 0: partition 0 of job 0
        rdd 1 = source 1
        profile 1 of rdd 1: 1 cpus on 4 cores
        > submit job 1 of rdd 1
        stage 1 attempt 0 of 1 tasks for job 1
        start workers 1 of executor 1
        > worker 1 dies
        start workers 2 of executor 1
        > worker 2 dies
        start workers 3 of executor 1
        > worker 3 dies
        fail job 1: no workers, death of 1, death of 2, death of 3
    ";
    cluster_story(1, &[script]);
}
