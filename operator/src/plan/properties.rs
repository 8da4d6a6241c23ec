//! What holds for every pool and every set of jobs.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::{Job, Pool, Share, Work, plan};
use crate::runtime::ids::Uid;

fn pools() -> impl Strategy<Value = Pool> {
    (0..60_u32, 0..4_u32, option::of(1..50_u32), 1..5_u32, 1..8_u32).prop_map(
        |(
            max_workers,
            min_workers_per_job,
            individuals_per_worker,
            slots_per_worker,
            max_concurrent_jobs,
        )| Pool {
            max_workers,
            min_workers_per_job,
            individuals_per_worker,
            slots_per_worker,
            max_concurrent_jobs,
        },
    )
}

fn works() -> impl Strategy<Value = Work> {
    (0..200_u32, option::of(0.0..20.0), 0..500_u64).prop_map(|(width, seconds_per_individual, remaining)| {
        Work { width, seconds_per_individual, remaining }
    })
}

fn jobs() -> impl Strategy<Value = Vec<Job>> {
    let one = (
        -1..2_i32,
        0..3_i64,
        any::<bool>(),
        10..200_u32,
        (any::<bool>(), option::of(works())),
        1..4_u32,
        0..20_u32,
        0..20_u32,
    );
    vec(one, 0..9).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(
                |(
                    i,
                    (priority, created, admitted, population, (known, work), local_slots, replicas, floor),
                )| Job {
                    uid: crate::runtime::ids::example::uid(&format!("u{i}")),
                    priority,
                    created: Timestamp::constant(created, 0),
                    admitted,
                    population,
                    work,
                    known,
                    local_slots,
                    replicas,
                    floor,
                },
            )
            .collect()
    })
}

fn sum(numbers: impl Iterator<Item = u32>) -> u64 {
    numbers.map(u64::from).sum()
}

/// The world after the plan was carried out, while wants stay as they are.
fn applied(jobs: &[Job], plan: &BTreeMap<Uid, Share>) -> Vec<Job> {
    jobs.iter()
        .map(|job| {
            let Share { admitted, workers, .. } = plan[&job.uid];
            Job { admitted, replicas: workers, ..job.clone() }
        })
        .collect()
}

/// The world after the plan was carried out as often as it takes, which is twice.
fn settled(pool: &Pool, jobs: &[Job]) -> Vec<Job> {
    let once = applied(jobs, &plan(pool, jobs));
    applied(&once, &plan(pool, &once))
}

/// What each job asks of the budget.
fn needs(pool: &Pool, jobs: &[Job]) -> BTreeMap<Uid, u32> {
    let plan = plan(pool, jobs);
    let need = |job: &Job| if plan[&job.uid].admitted { plan[&job.uid].wanted.max(job.floor) } else { 0 };
    jobs.iter().map(|job| (job.uid.clone(), need(job))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    // Contract K10.
    #[test]
    fn the_budget_is_never_exceeded(pool in pools(), jobs in jobs()) {
        let plan = plan(&pool, &jobs);
        let budget = u64::from(pool.max_workers);
        prop_assert!(sum(plan.values().map(|share| share.workers)) <= budget);
        let existing = sum(jobs.iter().map(|job| job.replicas));
        let at_most = sum(jobs.iter().map(|job| job.replicas.max(plan[&job.uid].workers)));
        prop_assert!(at_most <= budget.max(existing), "{at_most} with {existing} there and {budget} allowed");
    }

    #[test]
    fn nobody_gets_more_than_it_needs(pool in pools(), jobs in jobs()) {
        let (plan, needs) = (plan(&pool, &jobs), needs(&pool, &jobs));
        for (uid, share) in &plan {
            prop_assert!(share.workers <= needs[uid]);
        }
    }

    #[test]
    fn it_settles_after_two_rounds(pool in pools(), jobs in jobs()) {
        let settled = settled(&pool, &jobs);
        for (uid, share) in plan(&pool, &settled) {
            let job = settled.iter().find(|job| job.uid == uid);
            prop_assert_eq!(Some((share.admitted, share.workers)), job.map(|job| (job.admitted, job.replicas)));
        }
    }

    #[test]
    fn no_worker_of_the_budget_idles_while_somebody_needs_it(pool in pools(), jobs in jobs()) {
        let settled = settled(&pool, &jobs);
        let needed = sum(needs(&pool, &settled).into_values());
        let given = sum(settled.iter().map(|job| job.replicas));
        prop_assert_eq!(given, needed.min(u64::from(pool.max_workers)));
    }

    #[test]
    fn inside_a_priority_only_a_met_need_keeps_a_job_below_the_others(pool in pools(), jobs in jobs()) {
        let settled = settled(&pool, &jobs);
        let needs = needs(&pool, &settled);
        for a in &settled {
            for b in settled.iter().filter(|b| b.priority == a.priority) {
                prop_assert!(a.replicas == needs[&a.uid] || a.replicas + 1 >= b.replicas, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn a_lower_priority_has_workers_only_when_all_higher_needs_are_met(pool in pools(), jobs in jobs()) {
        let settled = settled(&pool, &jobs);
        let needs = needs(&pool, &settled);
        for high in settled.iter().filter(|high| high.replicas < needs[&high.uid]) {
            for low in settled.iter().filter(|low| low.priority < high.priority) {
                prop_assert_eq!(low.replicas, 0);
            }
        }
    }

    #[test]
    fn a_larger_pool_never_gives_a_job_less(pool in pools(), more in 1..20_u32, jobs in jobs()) {
        let larger = Pool { max_workers: pool.max_workers + more, ..pool.clone() };
        let (less, more) = (plan(&pool, &jobs), plan(&larger, &jobs));
        for (uid, share) in less {
            prop_assert!(share.workers <= more[&uid].workers, "{uid} falls to {}", more[&uid].workers);
        }
    }

    #[test]
    fn a_job_that_needs_more_never_gets_less(pool in pools(), more in 1..20_u32, jobs in jobs()) {
        let before = plan(&pool, &jobs);
        for (i, job) in jobs.iter().enumerate().filter(|(_, job)| before[&job.uid].admitted) {
            let mut jobs = jobs.clone();
            jobs[i].floor = before[&job.uid].wanted.max(job.floor) + more;
            prop_assert!(plan(&pool, &jobs)[&job.uid].workers >= before[&job.uid].workers);
        }
    }

    #[test]
    fn of_equal_jobs_the_one_that_needs_more_has_no_less(pool in pools(), jobs in jobs()) {
        let jobs: Vec<Job> = jobs.into_iter().map(|job| Job { replicas: 0, ..job }).collect();
        let (plan, needs) = (plan(&pool, &jobs), needs(&pool, &jobs));
        for a in &jobs {
            for b in jobs.iter().filter(|b| b.priority == a.priority && needs[&b.uid] > needs[&a.uid]) {
                prop_assert!(plan[&b.uid].workers >= plan[&a.uid].workers);
            }
        }
    }

    #[test]
    fn the_order_in_which_jobs_are_listed_changes_nothing(
        pool in pools(),
        (jobs, shuffled) in jobs().prop_flat_map(|jobs| (Just(jobs.clone()), Just(jobs).prop_shuffle())),
    ) {
        prop_assert_eq!(plan(&pool, &jobs), plan(&pool, &shuffled));
    }

    // Contract K10.
    #[test]
    fn places_are_kept_and_given_by_rank(pool in pools(), mut jobs in jobs()) {
        let plan = plan(&pool, &jobs);
        jobs.sort_by_key(|job| (Reverse(job.priority), job.created, job.uid.clone()));
        prop_assert!(jobs.iter().all(|job| plan[&job.uid].admitted || !job.admitted));
        let newcomers: Vec<Share> = jobs.iter().filter(|job| !job.admitted).map(|job| plan[&job.uid]).collect();
        let running = jobs.len() - newcomers.len();
        let free = (pool.max_concurrent_jobs as usize).saturating_sub(running).min(newcomers.len());
        prop_assert!(newcomers[..free].iter().all(|share| share.queue_position.is_none()));
        let positions: Vec<Option<u32>> = newcomers[free..].iter().map(|share| share.queue_position).collect();
        prop_assert_eq!(positions, (1..=newcomers.len() - free).map(|n| Some(n as u32)).collect::<Vec<_>>());
    }
}
