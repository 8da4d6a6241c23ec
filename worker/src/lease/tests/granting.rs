use super::*;

// Contract W4.
#[test]
fn a_batch_is_one_species_and_neighbours_in_the_order_of_genomes() {
    let mut harness = Harness::new(terms(), &[1]);
    let mixed = (0..40).map(|index| {
        let gene = (index * 7 % 40) as u32;
        Task { index, species: index % 2, genome: [gene, 1].into() }
    });
    harness.table.submit(None, mixed.collect());
    let mut seen = Vec::new();
    while let Some(grant) = harness.next(A) {
        assert!(grant.tasks.iter().all(|t| t.species == grant.tasks[0].species));
        seen.extend(grant.tasks.iter().map(|t| (t.species, t.genome.clone())));
        harness.finish(A, &grant);
    }
    assert_eq!(seen.len(), 40);
    assert!(seen.is_sorted(), "{seen:?}");
}

#[test]
fn the_first_batches_are_probes_and_grow_with_what_is_learnt() {
    let mut harness = Harness::new(terms(), &[1]);
    harness.table.submit(None, tasks(5000));
    let mut sizes = Vec::new();
    while let Some(grant) = harness.next(A) {
        sizes.push(grant.tasks.len());
        if sizes.len() == 1 {
            assert_eq!(harness.next(A), None, "nothing waits at a worker before anything is known");
        }
        let busy = 20 * MS / 1000 * grant.tasks.len() as u32;
        let (lease, items) = (grant.lease, good(&grant));
        let delivery = Delivery { lease, epoch: EPOCH, items, last: true, busy, largest_batch: 0 };
        harness.table.deliver(A, delivery, harness.now).unwrap();
        if sizes.len() == 4 {
            break;
        }
    }
    assert_eq!(sizes[0], 8);
    assert!(sizes.windows(2).all(|w| w[1] > 2 * w[0] && w[1] <= 5 * w[0]), "{sizes:?}");
    assert!((harness.table.seconds_per_individual(KIND).unwrap() - 2e-5).abs() < 1e-9);
}

#[test]
fn the_dearest_species_comes_first_and_the_unknown_before_it() {
    let mut harness = Harness::new(terms(), &[1]);
    for (species, seconds) in [(0, 0.1), (1, 0.9), (3, 0.5)] {
        harness.table.paces.observe(Kind { species, ..KIND }, 1, seconds, 1.0);
    }
    let four = (0..4).map(|index| Task { index, species: index, genome: [0].into() });
    harness.table.submit(None, four.collect());
    let mut order = Vec::new();
    while let Some(grant) = harness.next(A) {
        order.extend(indices(&grant));
        harness.finish(A, &grant);
    }
    assert_eq!(order, [2, 1, 3, 0]);
}

#[test]
fn a_worker_holds_at_most_two_leases_per_slot() {
    let mut harness = Harness::knowing(terms(), &[3], 10 * MS, 10);
    harness.table.submit(None, tasks(10_000));
    assert_eq!(sizes(&harness.all(&[A])), [10; 6]);
    assert_eq!((harness.table.slots(), harness.table.slots_busy()), (3, 3));
}

#[test]
fn nothing_waits_at_a_worker_near_the_end() {
    let mut harness = Harness::knowing(terms(), &[1, 1], 10 * MS, 10);
    harness.table.submit(None, tasks(7));
    let granted = harness.all(&[A]);
    assert_eq!(sizes(&granted), [2], "B would be idle");
    let granted = harness.all(&[A, B]);
    assert_eq!(granted.len(), 1, "whoever is first gets the rest");
    assert_eq!(granted[0].0, B);
    assert_eq!(harness.table.queued(), 3);
}

#[test]
fn a_tiny_generation_is_one_batch_per_slot() {
    let mut harness = Harness::knowing(terms(), &[1, 1], MS / 100, 100);
    harness.table.submit(None, tasks(100));
    let granted = harness.all(&[A, B]);
    assert_eq!(sizes(&granted), [50, 50]);
    assert_ne!(granted[0].0, granted[1].0);
}

#[test]
fn a_second_of_work_for_two_slots_is_about_a_dozen_batches() {
    let mut harness = Harness::knowing(terms(), &[1, 1], MS, 200);
    harness.table.submit(None, tasks(1000));
    let mut batches = 0;
    while harness.table.open() > 0 {
        for (id, grant) in harness.all(&[A, B]) {
            batches += 1;
            harness.finish(id, &grant);
        }
    }
    assert!((10..=18).contains(&batches), "{batches}");
}

#[test]
fn many_small_species_do_not_cost_a_message_each_way_one_after_the_other() {
    let mut harness = Harness::new(terms(), &[1, 1]);
    (0..8).for_each(|species| harness.table.paces.observe(Kind { species, ..KIND }, 10, 1e-4, 1.0));
    let eight = (0..80).map(|index| Task { index, species: index / 10, genome: [index as u32].into() });
    harness.table.submit(None, eight.collect());
    assert_eq!(harness.all(&[A, B]).len(), 4, "one running and one waiting each");
}

#[test]
fn a_worker_short_of_memory_gets_what_it_asks_for() {
    let mut harness = Harness::knowing(terms(), &[1], MS, 100);
    harness.table.submit(None, tasks(1000));
    let grant = harness.grant(A);
    assert_eq!(grant.tasks.len(), 100);
    let (lease, items) = (grant.lease, good(&grant));
    let delivery = Delivery { lease, epoch: EPOCH, items, last: true, busy: 100 * MS, largest_batch: 7 };
    harness.table.deliver(A, delivery, harness.now).unwrap();
    assert!(harness.all(&[A]).iter().all(|(_, grant)| grant.tasks.len() <= 7));
}

#[test]
fn a_slow_worker_gets_smaller_batches() {
    let mut harness = Harness::knowing(terms(), &[1, 1], MS, 100);
    harness.table.submit(None, tasks(10_000));
    for (id, times) in [(A, 1), (B, 4)].into_iter().cycle().take(60) {
        let grant = harness.grant(id);
        let (lease, items) = (grant.lease, good(&grant));
        let busy = MS * times * grant.tasks.len() as u32;
        let delivery = Delivery { lease, epoch: EPOCH, items, last: true, busy, largest_batch: 0 };
        harness.table.deliver(id, delivery, harness.now).unwrap();
    }
    let (a, b) = (harness.grant(A).tasks.len(), harness.grant(B).tasks.len());
    assert!((3..=5).contains(&(a / b)), "{a} {b}");
}

// Contract W4.
#[test]
fn a_deadline_is_four_times_the_predicted_time() {
    let mut harness = Harness::knowing(terms(), &[1], 20 * S, 1);
    harness.table.submit(None, tasks(100));
    assert_eq!(harness.grant(A).deadline, 80 * S);
    assert_eq!(harness.grant(A).deadline, 160 * S, "the wait for the slot included");
}

#[test]
fn a_deadline_is_at_least_ten_seconds() {
    let mut harness = Harness::knowing(terms(), &[1], MS, 100);
    harness.table.submit(None, tasks(1000));
    assert_eq!(harness.grant(A).deadline, 10 * S);
}

#[test]
fn time_limits_win_over_the_ten_seconds_and_leave_the_worker_time_to_say_so() {
    let mut harness = Harness::knowing(Terms { timeout: S, ..terms() }, &[1], 100 * MS, 4);
    harness.table.submit(None, tasks(1000));
    let grant = harness.grant(A);
    assert_eq!((grant.tasks.len(), grant.deadline), (1, 3 * S));
}

#[test]
fn where_nothing_is_known_the_time_limits_are_the_deadline() {
    let mut harness = Harness::new(terms(), &[1]);
    harness.table.submit(None, tasks(1000));
    assert_eq!(harness.grant(A).deadline, 8 * 300 * S + 2 * S);
}

#[test]
fn without_a_worker_nothing_happens() {
    let mut harness = Harness::new(terms(), &[]);
    harness.table.submit(None, tasks(10));
    assert_eq!(harness.next(A), None);
    assert_eq!((harness.table.open(), harness.table.queued(), harness.table.workers()), (10, 10, 0));
    assert_eq!(harness.table.next_expiry(), None);
}

/// Slots of two workers where an individual is known to take 0.4 ms for 525,600 rows, its batch 70 ms more.
fn sharing(slots: &[u32]) -> Harness {
    let mut harness = Harness::new(Terms { bars: 525_600, ..terms() }, slots);
    for n in [60, 120, 250, 500] {
        harness.table.paces.observe(KIND, n, 0.07 + 2.6e-4 * n as f64, 1.0);
    }
    harness
}

#[test]
fn what_shares_series_is_cut_once_for_each_slot_and_nobody_takes_the_part_of_another() {
    let mut harness = sharing(&[1, 1]);
    harness.table.submit(None, tasks(1000));
    let granted = harness.all(&[A]);
    assert_eq!(sizes(&granted), [500], "the other part is not waiting at A");
    let granted = harness.all(&[A, B]);
    assert_eq!((granted[0].0, sizes(&granted)), (B, vec![500]));
}

#[test]
fn long_generations_that_share_series_are_parts_of_a_quarter_of_a_second_with_one_waiting_at_each_slot() {
    let mut harness = sharing(&[1, 1]);
    harness.table.submit(None, tasks(10_000));
    let granted = harness.all(&[A, B]);
    assert_eq!(granted.len(), 4);
    let sizes = sizes(&granted);
    assert!(sizes.iter().all(|&n| (600..=750).contains(&n)), "{sizes:?}");
    assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{sizes:?}");
}

#[test]
fn a_part_that_was_lost_comes_back_in_halves() {
    let mut harness = sharing(&[1, 1]);
    harness.table.submit(None, tasks(1000));
    let lost = harness.grant(A);
    let _ = harness.table.leave(A, harness.now);
    let (first, second) = (harness.grant(B), harness.table.queued());
    assert_eq!(indices(&first), indices(&lost)[..250].to_vec());
    assert_eq!(second, 750);
}
