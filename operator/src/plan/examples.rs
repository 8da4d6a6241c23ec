//! The rules of the plan by example.

use jiff::Timestamp;

use super::{Job, Pool, Work, plan, wanted};

pub(super) fn pool(max_workers: u32) -> Pool {
    Pool {
        max_workers,
        min_workers_per_job: 0,
        individuals_per_worker: None,
        slots_per_worker: 2,
        max_concurrent_jobs: 10,
    }
}

/// A job that runs, has 2 local slots and wants nothing.
pub(super) fn job(uid: &str) -> Job {
    Job {
        uid: crate::runtime::ids::example::uid(uid),
        priority: 0,
        created: Timestamp::UNIX_EPOCH,
        admitted: true,
        population: 100,
        work: None,
        known: false,
        local_slots: 2,
        replicas: 0,
        floor: 0,
    }
}

/// A job that needs `need` workers whatever its coordinator says.
fn needing(uid: &str, need: u32) -> Job {
    Job { floor: need, ..job(uid) }
}

fn with_work(width: u32, seconds_per_individual: Option<f64>, remaining: u64) -> Job {
    Job { work: Some(Work { width, seconds_per_individual, remaining }), ..job("a") }
}

fn workers(pool: &Pool, jobs: &[Job]) -> Vec<u32> {
    let plan = plan(pool, jobs);
    jobs.iter().map(|job| plan[&job.uid].workers).collect()
}

mod admission {
    use super::*;

    fn waiting(uid: &str, priority: i32, created: i64) -> Job {
        Job { priority, created: Timestamp::constant(created, 0), admitted: false, ..job(uid) }
    }

    fn positions(max_concurrent_jobs: u32, jobs: &[Job]) -> Vec<Option<u32>> {
        let plan = plan(&Pool { max_concurrent_jobs, ..pool(10) }, jobs);
        jobs.iter().map(|job| plan[&job.uid].queue_position).collect()
    }

    #[test]
    fn priority_goes_before_age_and_age_before_uid() {
        let jobs = [waiting("d", 0, 9), waiting("b", 0, 5), waiting("a", 0, 5), waiting("c", 7, 9)];
        assert_eq!(positions(1, &jobs), [Some(3), Some(2), Some(1), None]);
    }

    #[test]
    fn a_job_that_runs_keeps_its_place_against_a_higher_priority() {
        let jobs = [Job { admitted: true, ..waiting("a", 0, 1) }, waiting("b", 1000, 2)];
        assert_eq!(positions(1, &jobs), [None, Some(1)]);
    }

    #[test]
    fn a_lower_limit_stops_nobody_and_lets_nobody_in() {
        let jobs = [job("a"), job("b"), waiting("c", 5, 0)];
        assert_eq!(positions(1, &jobs), [None, None, Some(1)]);
    }

    #[test]
    fn a_job_that_waits_wants_nothing_and_its_workers_go() {
        let jobs = [job("a"), Job { replicas: 4, floor: 4, ..waiting("b", 0, 0) }];
        let plan = plan(&Pool { max_concurrent_jobs: 1, min_workers_per_job: 1, ..pool(10) }, &jobs);
        assert_eq!((plan["b"].admitted, plan["b"].wanted, plan["b"].workers), (false, 0, 0));
    }

    #[test]
    fn a_pool_without_workers_still_runs_jobs() {
        assert_eq!(positions(10, &[waiting("a", 0, 0)]), [None]);
        assert_eq!(workers(&pool(0), &[Job { admitted: false, ..needing("a", 5) }]), [0]);
    }
}

mod wants {
    use super::*;

    #[test]
    fn a_pinned_number_looks_at_the_population_alone() {
        let pinned = Pool { individuals_per_worker: Some(20), ..pool(10) };
        assert_eq!(wanted(&pinned, &Job { population: 101, ..job("a") }), 6, "no news: the population");
        let without_news = Job { population: 101, replicas: 2, known: true, ..job("a") };
        assert_eq!(wanted(&pinned, &without_news), 2, "what exists stays");
        assert_eq!(wanted(&pinned, &with_work(40, Some(0.000_001), 40)), 2, "however fast they are");
        assert_eq!(wanted(&pinned, &with_work(0, None, 0)), 0);
    }

    // Contract K11.
    #[test]
    fn less_than_half_a_minute_of_local_work_starts_no_worker() {
        // 2 local slots, 1 s each: 59 individuals take 29.5 s.
        assert_eq!(wanted(&pool(10), &with_work(59, Some(1.0), 59)), 0);
        assert_eq!(
            wanted(&pool(10), &with_work(60, Some(1.0), 60)),
            2,
            "with the local worker three, 10 s each"
        );
    }

    // Contract K11.
    #[test]
    fn each_worker_finds_about_ten_seconds_of_work() {
        // 2000 slot-seconds over slots of 10 s: 200 slots, 2 of them local, 2 in each worker.
        assert_eq!(wanted(&pool(10), &with_work(100_000, Some(0.02), 100_000)), 99);
    }

    #[test]
    fn never_more_workers_than_find_an_individual() {
        assert_eq!(
            wanted(&pool(10), &with_work(5, Some(60.0), 5000)),
            2,
            "2 of the 5 are with the local worker"
        );
        assert_eq!(wanted(&pool(10), &with_work(2, Some(60.0), 5000)), 0, "the local worker has them all");
    }

    #[test]
    fn while_the_speed_is_unknown_what_exists_stays() {
        assert_eq!(wanted(&pool(10), &job("a")), 0, "a fresh job measures with its local worker");
        assert_eq!(wanted(&pool(10), &Job { replicas: 7, ..job("a") }), 7, "out of reach");
        assert_eq!(wanted(&pool(10), &Job { replicas: 7, ..with_work(100, None, 5000) }), 7, "started again");
        assert_eq!(wanted(&pool(10), &Job { replicas: 70, ..job("a") }), 49, "100 individuals, 2 slots each");
    }

    #[test]
    fn the_least_number_of_workers_holds_always() {
        for pool in [pool(10), Pool { individuals_per_worker: Some(50), ..pool(10) }] {
            let pool = Pool { min_workers_per_job: 3, ..pool };
            assert_eq!(wanted(&pool, &job("a")), 3);
            assert_eq!(wanted(&pool, &with_work(1, Some(0.001), 1)), 3);
        }
    }

    #[test]
    fn numbers_that_make_no_sense_are_no_news() {
        for seconds in [f64::NAN, f64::INFINITY, -1.0] {
            assert_eq!(wanted(&pool(10), &Job { replicas: 1, ..with_work(100, Some(seconds), 9) }), 1);
        }
        assert_eq!(wanted(&pool(10), &with_work(u32::MAX, Some(f64::MAX), u64::MAX)), u32::MAX / 2);
        let empty = Pool { slots_per_worker: 0, individuals_per_worker: Some(0), ..pool(10) };
        assert_eq!(wanted(&empty, &Job { local_slots: 0, ..job("a") }), 100);
    }
}

mod shares {
    use super::*;

    #[test]
    fn equals_share_alike_and_the_odd_worker_goes_to_the_larger_need() {
        assert_eq!(workers(&pool(10), &[needing("a", 20), needing("b", 20)]), [5, 5]);
        assert_eq!(workers(&pool(11), &[needing("a", 20), needing("b", 30)]), [5, 6]);
        assert_eq!(workers(&pool(11), &[needing("a", 20), needing("b", 20)]), [6, 5], "else by age and UID");
    }

    #[test]
    fn what_one_does_not_need_goes_to_the_others() {
        assert_eq!(workers(&pool(10), &[needing("a", 1), needing("b", 20), needing("c", 6)]), [1, 5, 4]);
    }

    #[test]
    fn a_higher_priority_takes_all_it_needs() {
        let urgent = Job { priority: 1, ..needing("c", 8) };
        assert_eq!(workers(&pool(10), &[needing("a", 9), needing("b", 9), urgent.clone()]), [1, 1, 8]);
        assert_eq!(workers(&pool(8), &[needing("a", 9), needing("b", 9), urgent]), [0, 0, 8]);
    }

    #[test]
    fn it_falls_only_to_the_most_it_wanted_lately() {
        let idle = Job { replicas: 9, floor: 6, ..with_work(1, Some(0.001), 1) };
        let share = plan(&pool(10), std::slice::from_ref(&idle))["a"];
        assert_eq!((share.wanted, share.workers), (0, 6));
    }

    #[test]
    fn nobody_rises_onto_workers_that_others_still_have() {
        let urgent = |replicas| Job { priority: 1, replicas, ..needing("b", 10) };
        let first = [Job { replicas: 9, ..needing("a", 9) }, urgent(0)];
        assert_eq!(workers(&pool(10), &first), [0, 1], "one is free, nine have to go first");
        let second = [Job { replicas: 0, ..needing("a", 9) }, urgent(1)];
        assert_eq!(workers(&pool(10), &second), [0, 10]);
    }

    #[test]
    fn a_pool_made_smaller_falls_at_once_and_nobody_rises() {
        let jobs = [Job { replicas: 8, ..needing("a", 8) }, Job { replicas: 1, ..needing("b", 8) }];
        assert_eq!(workers(&pool(4), &jobs), [2, 1]);
    }

    #[test]
    fn the_odd_worker_stays_where_it_is() {
        let jobs = [needing("a", 30), Job { replicas: 6, ..needing("b", 20) }];
        assert_eq!(workers(&pool(11), &jobs), [5, 6]);
    }

    #[test]
    fn an_empty_pool_has_an_empty_plan() {
        assert!(plan(&pool(10), &[]).is_empty());
    }
}
