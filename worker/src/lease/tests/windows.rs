//! Generations of several evolutions beside each other.

use super::*;

/// The answers to a batch, as they settle: window and index.
fn finish(harness: &mut Harness, id: WorkerId, grant: &Grant) -> Vec<(Option<u32>, usize)> {
    let (lease, items) = (grant.lease, good(grant));
    let delivery = Delivery { lease, epoch: EPOCH, items, last: true, busy: MS, largest_batch: 0 };
    let settled = harness.table.deliver(id, delivery, harness.now).unwrap();
    settled.into_iter().map(|s| (s.window, s.index)).collect()
}

#[test]
fn generations_of_windows_are_granted_beside_each_other_and_each_answer_is_of_its_own() {
    let mut harness = Harness::new(terms(), &[1, 1]);
    harness.table.submit(Some(0), tasks(3));
    harness.table.submit(Some(1), tasks(3));
    assert_eq!((harness.table.open(), harness.table.queued()), (6, 6));
    let mut settled = Vec::new();
    while harness.table.open() > 0 {
        for (id, grant) in harness.all(&[A, B]) {
            let of = finish(&mut harness, id, &grant);
            assert!(
                of.iter().all(|&(window, _)| window == grant.window),
                "a batch is of one window: {grant:?}"
            );
            settled.extend(of);
        }
    }
    settled.sort_unstable();
    let all = [0, 1].map(|window| [0, 1, 2].map(|index| (Some(window), index))).concat();
    assert_eq!(settled, all);
}

#[test]
fn a_window_that_goes_on_leaves_what_is_out_of_another_as_it_is() {
    let mut harness = Harness::new(terms(), &[1, 1]);
    harness.table.submit(Some(0), tasks(1));
    harness.table.submit(Some(1), tasks(1));
    let (first, second) = (harness.grant(A), harness.grant(B));
    assert_eq!((first.window, second.window), (Some(0), Some(1)));
    assert_eq!(finish(&mut harness, A, &first), [(Some(0), 0)]);
    harness.table.submit(Some(0), tasks(4));
    assert_eq!(finish(&mut harness, B, &second), [(Some(1), 0)], "it is not late");
    harness.table.submit(Some(1), tasks(2));
    // The answer to an earlier generation of the same window is.
    assert!(finish(&mut harness, A, &first).is_empty());
    assert_eq!((harness.table.counts().late, harness.table.open()), (1, 6));
}

#[test]
fn a_window_that_is_given_up_takes_nothing_from_the_others() {
    let mut harness = Harness::new(terms(), &[1]);
    for window in [Some(0), Some(1), Some(2)] {
        harness.table.submit(window, tasks(5));
    }
    harness.table.cancel(Some(1));
    assert_eq!(harness.table.open(), 10);
    let mut granted = Vec::new();
    while let Some(grant) = harness.next(A) {
        granted.push(grant.window);
        finish(&mut harness, A, &grant);
    }
    granted.dedup();
    assert_eq!(granted, [Some(0), Some(2)], "in the order in which they came");
    assert_eq!(harness.table.open(), 0);
}

/// A loss blames only what was in the batch, of whatever window.
#[test]
fn what_a_lost_worker_held_of_any_window_comes_back() {
    let mut harness = Harness::new(terms(), &[2, 1]);
    harness.table.submit(Some(7), tasks(1));
    harness.table.submit(Some(8), tasks(1));
    let lost = [harness.grant(A), harness.grant(A)];
    assert_eq!(lost.each_ref().map(|g| g.window), [Some(7), Some(8)]);
    assert!(harness.table.leave(A, harness.now).is_empty());
    let mut settled = Vec::new();
    while let Some(grant) = harness.next(B) {
        settled.extend(finish(&mut harness, B, &grant));
    }
    settled.sort_unstable();
    assert_eq!(settled, [(Some(7), 0), (Some(8), 0)]);
}

#[test]
fn what_a_window_costs_is_learnt_for_itself_and_guessed_from_the_job_until_then() {
    let mut harness = Harness::knowing(terms(), &[1], 10 * MS, 10);
    harness.table.submit(Some(0), tasks(40));
    let grant = harness.grant(A);
    assert_eq!(
        grant.tasks.len(),
        4,
        "none of them was timed, but what the job takes is known: no probe of eight"
    );
    let kind = Kind { window: Some(0), ..KIND };
    assert_eq!(harness.table.seconds_per_individual(kind), None);
    finish(&mut harness, A, &grant);
    let seconds = harness.table.seconds_per_individual(kind).unwrap();
    assert!((seconds - 2.5e-4).abs() < 1e-9, "a millisecond for four: {seconds}");
    assert!((harness.table.seconds_per_individual(KIND).unwrap() - 0.01).abs() < 1e-9);
}
