use super::*;

#[test]
fn each_answer_settles_its_individual_as_soon_as_it_is_there() {
    let mut harness = Harness::new(terms(), &[1]);
    harness.table.submit(None, tasks(4));
    let grant = harness.grant(A);
    let mut answers = good(&grant);
    let second = answers.split_off(1);
    assert_eq!(harness.deliver(A, grant.lease, answers, false), [0]);
    assert_eq!(harness.table.open(), 3);
    assert_eq!(harness.deliver(A, grant.lease, second, true), [1, 2, 3]);
    assert_eq!(
        (harness.table.open(), harness.table.counts().finished, harness.table.slots_busy()),
        (0, 1, 0)
    );
}

#[test]
fn a_lease_delivered_twice_settles_nothing_the_second_time() {
    let mut harness = Harness::new(terms(), &[1]);
    harness.table.submit(None, tasks(4));
    let grant = harness.grant(A);
    assert_eq!(harness.finish(A, &grant).len(), 4);
    assert_eq!(harness.finish(A, &grant).len(), 0);
    assert_eq!(harness.table.counts().duplicate, 4);
}

#[test]
fn an_exception_delivered_twice_is_one_attempt() {
    let mut harness = Harness::new(Terms { attempts: 2, ..terms() }, &[1]);
    harness.table.submit(None, tasks(1));
    let grant = harness.grant(A);
    assert_eq!(harness.panic(A, &grant).len(), 0);
    assert_eq!(harness.panic(A, &grant).len(), 0);
    assert_eq!((harness.table.queued(), harness.table.counts().duplicate), (1, 1));
}

#[test]
fn what_fails_is_tried_again_alone_and_by_another_worker_if_one_is_idle() {
    let mut harness = Harness::new(terms(), &[1, 1]);
    harness.table.submit(None, tasks(3));
    let (first, second) = (harness.grant(A), harness.grant(B));
    assert_eq!(first.tasks.len(), 2);
    harness.finish(B, &second);
    harness.panic(A, &first);
    assert_eq!(harness.next(A), None);
    assert_eq!(indices(&harness.grant(B)), [0]);
    assert_eq!(indices(&harness.grant(A)), [1], "better than nobody");
}

#[test]
fn an_individual_that_fails_all_its_attempts_is_set_aside_and_the_others_are_not() {
    let mut harness = Harness::new(terms(), &[1, 1]);
    harness.table.submit(None, tasks(8));
    let mut settled = Vec::new();
    let mut attempts = 0;
    for _ in 0..100 {
        for (id, grant) in harness.all(&[A, B]) {
            let answers = good(&grant).into_iter().map(|(index, answer)| match index {
                5 => (index, Err(Exception::Panicked("boom".into()))),
                _ => (index, answer),
            });
            if indices(&grant).contains(&5) {
                attempts += 1;
                assert!(attempts == 1 || grant.tasks.len() == 1, "{grant:?}");
            }
            let (lease, items) = (grant.lease, answers.collect());
            let delivery = Delivery { lease, epoch: EPOCH, items, last: true, busy: MS, largest_batch: 0 };
            settled.extend(harness.table.deliver(id, delivery, harness.now).unwrap());
        }
    }
    assert_eq!((attempts, settled.len(), harness.table.open()), (3, 8, 0));
    assert!(settled.iter().all(|s| s.answer.is_err() == (s.index == 5)));
    let counts = harness.table.counts();
    assert_eq!((counts.retried, counts.quarantined), (2, 1));
}

// Contract W1.
#[test]
fn results_of_another_epoch_or_of_nobody_are_ignored() {
    let mut harness = Harness::new(terms(), &[1, 1]);
    harness.table.submit(None, tasks(1));
    let grant = harness.grant(A);
    let old = Delivery {
        lease: grant.lease,
        epoch: EPOCH - 1,
        items: good(&grant),
        last: true,
        busy: S,
        largest_batch: 0,
    };
    assert!(harness.table.deliver(A, old, harness.now).unwrap().is_empty());
    assert!(harness.deliver(A, grant.lease + 1, good(&grant), true).is_empty());
    assert!(harness.deliver(A, 0, good(&grant), true).is_empty());
    assert!(harness.deliver(B, grant.lease, good(&grant), true).is_empty(), "it is not B's lease");
    assert!(harness.deliver(A, grant.lease, vec![(77, Ok(evaluation(77)))], false).is_empty());
    assert_eq!((harness.table.counts().stale, harness.table.open()), (5, 1));
    assert_eq!(harness.finish(A, &grant), [0]);
}

#[test]
fn answers_to_an_earlier_generation_are_late_and_their_slot_is_taken_until_then() {
    let mut harness = Harness::new(terms(), &[1]);
    harness.table.submit(None, tasks(3));
    let old = harness.grant(A);
    harness.table.submit(None, tasks(3));
    assert_eq!(harness.next(A), None);
    assert!(harness.finish(A, &old).is_empty());
    assert_eq!((harness.table.counts().late, harness.table.open()), (old.tasks.len() as u64, 3));
    assert!(harness.next(A).is_some());
    assert!(harness.finish(A, &old).is_empty());
}

#[test]
fn a_cancelled_generation_grants_nothing_but_takes_what_is_under_way() {
    let mut harness = Harness::new(terms(), &[1, 1]);
    harness.table.submit(None, tasks(100));
    let (first, second) = (harness.grant(A), harness.grant(B));
    harness.table.cancel(None);
    assert_eq!((harness.table.open(), harness.table.queued()), (16, 0));
    assert_eq!(harness.finish(A, &first).len(), 8);
    assert_eq!(harness.next(A), None);
    let _ = harness.table.leave(B, harness.now);
    assert_eq!(harness.table.open(), 0, "nobody is asked again for {second:?}");
    harness.table.submit(None, tasks(1));
    assert!(harness.next(A).is_some());
}

#[test]
fn a_batch_far_slower_than_expected_is_given_to_an_idle_worker_too() {
    let mut harness = Harness::knowing(terms(), &[1, 1], 100 * MS, 4);
    harness.table.submit(None, tasks(2));
    let (slow, fast) = (harness.grant(A), harness.grant(B));
    harness.finish(B, &fast);
    harness.now += 999 * MS;
    assert_eq!(harness.next(B), None);
    harness.now += MS;
    let copy = harness.grant(B);
    assert_eq!(copy.tasks, slow.tasks);
    harness.table.join(WorkerId(3), 1, harness.now);
    harness.now += S;
    assert_eq!(harness.next(WorkerId(3)), None, "two are enough");
    assert_eq!(harness.finish(B, &copy).len(), 1);
    assert_eq!(harness.finish(A, &slow).len(), 0);
    let counts = harness.table.counts();
    assert_eq!((counts.copied, counts.duplicate, counts.late, harness.table.slots_busy()), (1, 1, 0, 0));
}

// Contract W5.
#[test]
fn nothing_is_copied_while_anything_waits_or_before_twice_its_time() {
    let mut harness = Harness::knowing(terms(), &[1, 1], 10 * S, 1);
    harness.table.submit(None, tasks(3));
    let (slow, fast) = (harness.grant(A), harness.grant(B));
    harness.now += 19 * S;
    harness.finish(B, &fast);
    let last = harness.grant(B);
    assert_ne!(last.tasks, slow.tasks);
    harness.finish(B, &last);
    assert_eq!(harness.next(B), None);
    harness.now += S;
    assert_eq!(harness.grant(B).tasks, slow.tasks);
}

#[test]
fn two_different_answers_for_one_individual_are_seen() {
    let mut harness = Harness::knowing(terms(), &[1, 1], 100 * MS, 4);
    harness.table.submit(None, tasks(1));
    let slow = harness.grant(A);
    harness.now += 2 * S;
    let copy = harness.grant(B);
    harness.finish(B, &copy);
    let mut other = evaluation(0);
    other.s2 += 1;
    let items = vec![(0, Ok(other))];
    let delivery = Delivery { lease: slow.lease, epoch: EPOCH, items, last: true, busy: S, largest_batch: 0 };
    let error = harness.table.deliver(A, delivery, harness.now).unwrap_err();
    assert_eq!(error.index, 0);
    assert!(error.to_string().contains("not deterministic"));
}

#[test]
fn a_fingerprint_sees_every_field() {
    use crate::lease::bits::fingerprint;
    let base = evaluation(3);
    let mut changed = vec![base.clone(); 8];
    changed[0].metrics.set(Metric::Sharpe, Some(3.5 + f64::EPSILON * 4.0));
    changed[1].metrics.set(Metric::Calmar, Some(0.0));
    changed[2].reason = Some(galapagos_engine::evaluation::Reason::NoTrades);
    changed[3].returns += 1;
    changed[4].s1 += 1;
    changed[5].blocks[15].s2 = 1;
    changed[6].open_position = true;
    changed[7].s2 -= 1;
    assert!(changed.iter().all(|e| fingerprint(e) != fingerprint(&base)));
    assert_eq!(fingerprint(&base), fingerprint(&evaluation(3)));
}
