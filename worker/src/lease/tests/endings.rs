use super::*;

/// One slot, one known pace: batches of `n`.
fn busy_with(n: usize, of: usize) -> (Harness, Grant) {
    let mut harness = Harness::knowing(terms(), &[1], 100 * MS / n as u32, n);
    harness.table.submit(None, tasks(of));
    let grant = harness.grant(A);
    assert_eq!(grant.tasks.len(), n);
    (harness, grant)
}

#[test]
fn a_batch_that_was_running_on_a_lost_worker_comes_back_in_halves() {
    let (mut harness, running) = busy_with(10, 1000);
    let waiting = harness.grant(A);
    assert!(harness.table.leave(A, harness.now).is_empty());
    assert_eq!(harness.table.queued(), 1000, "when the last worker leaves everything waits again");
    harness.table.join(B, 2, harness.now);
    let again = harness.all(&[B]);
    let back: Vec<_> = again.iter().map(|(_, grant)| indices(grant)).collect();
    assert_eq!(back[..2], [indices(&running)[..5].to_vec(), indices(&running)[5..].to_vec()]);
    assert_eq!(back[2], indices(&waiting), "what only waited there comes back whole");
    assert_eq!((harness.table.counts().lost, harness.table.counts().quarantined), (2, 0));
}

#[test]
fn a_worker_that_leaves_hands_back_without_suspicion_and_gets_nothing_more() {
    let (mut harness, grant) = busy_with(10, 1000);
    harness.table.hand_back(A, grant.lease, harness.now);
    assert_eq!((harness.next(A), harness.table.slots(), harness.table.counts().handed_back), (None, 0, 1));
    harness.table.hand_back(A, grant.lease, harness.now);
    assert_eq!(harness.table.counts().stale, 1);
    assert!(harness.table.leave(A, harness.now).is_empty());
    harness.table.join(B, 1, harness.now);
    assert_eq!(indices(&harness.grant(B)), indices(&grant));
}

#[test]
fn an_answer_after_a_loss_is_taken_if_nobody_was_faster() {
    let (mut harness, grant) = busy_with(10, 10);
    let _ = harness.table.leave(A, harness.now);
    assert_eq!(harness.finish(A, &grant).len(), 10);
    assert_eq!((harness.table.open(), harness.table.counts().late), (0, 0));
    harness.table.join(B, 1, harness.now);
    assert_eq!(harness.next(B), None);
}

#[test]
fn an_expired_batch_is_queued_again_and_its_late_answers_are_taken_or_counted() {
    let (mut harness, grant) = busy_with(10, 10);
    harness.table.join(B, 1, harness.now);
    assert_eq!(harness.table.next_expiry(), Some(harness.now + grant.deadline));
    harness.now += grant.deadline - MS;
    assert!(harness.table.expire(harness.now).is_empty());
    assert_eq!((harness.table.queued(), harness.table.counts().expired), (0, 0));
    harness.now += MS;
    assert!(harness.table.expire(harness.now).is_empty());
    assert_eq!((harness.table.queued(), harness.table.counts().expired), (10, 1));
    let half = harness.grant(B);
    assert_eq!(half.tasks.len(), 5);
    harness.finish(B, &half);
    let late = harness.finish(A, &grant);
    assert_eq!(late.len(), 5);
    assert_eq!(
        (harness.table.open(), harness.table.counts().late, harness.table.counts().duplicate),
        (0, 5, 0)
    );
    assert_eq!(harness.table.next_expiry(), None);
}

#[test]
fn a_worker_that_overdraws_keeps_its_slot_taken_until_it_is_heard_of() {
    let (mut harness, grant) = busy_with(10, 1000);
    let waiting = harness.grant(A);
    harness.now += 100 * S;
    let _ = harness.table.expire(harness.now);
    assert_eq!((harness.table.counts().expired, harness.table.next_expiry()), (2, None));
    assert_eq!((harness.next(A), harness.table.slots_busy(), harness.table.queued()), (None, 1, 1000));
    assert_eq!(harness.finish(A, &grant).len(), 10);
    assert!(harness.next(A).is_some(), "{waiting:?} is still there");
    assert_eq!(harness.next(A), None);
}

#[test]
fn an_individual_is_set_aside_for_its_time_only_if_it_had_all_of_it() {
    let mut harness = Harness::knowing(Terms { attempts: 1, ..terms() }, &[1, 1], S, 1);
    harness.table.submit(None, tasks(1));
    let guess = harness.grant(A);
    assert_eq!(guess.deadline, 10 * S);
    harness.now += guess.deadline;
    assert!(harness.table.expire(harness.now).is_empty(), "the deadline was only a guess");
    let whole = harness.grant(B);
    assert_eq!(whole.deadline, 302 * S);
    harness.now += whole.deadline;
    let settled = harness.table.expire(harness.now);
    let answer = Err(Exception::TimedOut { seconds: 300 });
    assert_eq!(settled, [Settled { window: None, index: 0, answer }]);
    assert_eq!(harness.table.counts().quarantined, 1);
}

#[test]
fn what_was_alone_when_its_worker_was_lost_gets_a_worker_for_itself() {
    let mut harness = Harness::knowing(terms(), &[2, 2], S, 1);
    harness.table.submit(None, tasks(4));
    let (first, second) = (harness.grant(A), harness.grant(A));
    assert_eq!((first.tasks.len(), second.tasks.len()), (1, 1));
    let _ = harness.table.leave(A, harness.now);
    let third = harness.grant(B);
    assert_eq!(third.tasks[0].index, 0, "an idle worker takes the suspect first");
    assert_eq!(harness.next(B), None, "and nothing beside it");
    harness.finish(B, &third);
    assert_eq!(indices(&harness.grant(B)), [1]);
    assert_eq!(harness.next(B), None);
}

#[test]
fn a_worker_is_cleared_for_a_suspect_while_others_go_on() {
    let mut harness = Harness::knowing(terms(), &[1, 2, 2], S, 1);
    let c = WorkerId(3);
    harness.table.submit(None, tasks(100));
    let suspect = harness.grant(A);
    let rest = harness.all(&[B, c]);
    let _ = harness.table.leave(A, harness.now);
    let of_b: Vec<&Grant> = rest.iter().filter(|(id, _)| *id == B).map(|(_, grant)| grant).collect();
    let (one, others) = of_b.split_first().unwrap();
    harness.finish(B, one);
    assert_eq!(harness.next(B), None);
    let of_c = rest.iter().find(|(id, _)| *id == c).unwrap();
    harness.finish(c, &of_c.1);
    assert!(harness.next(c).is_some());
    others.iter().for_each(|grant| assert_eq!(harness.finish(B, grant).len(), 1));
    assert_eq!(harness.grant(B).tasks, suspect.tasks);
}

// Contract W3.
#[test]
fn a_killer_is_found_by_halving_and_the_innocent_are_spared() {
    let mut harness = Harness::knowing(terms(), &[], MS / 10, 1000);
    harness.table.submit(None, tasks(1000));
    let (mut settled, mut killed, mut id) = (Vec::new(), 0, 0);
    while harness.table.open() > 0 {
        id += 1;
        let worker = WorkerId(id);
        harness.table.join(worker, 1, harness.now);
        while let Some(grant) = harness.next(worker) {
            if indices(&grant).contains(&617) {
                killed += 1;
                settled.extend(harness.table.leave(worker, harness.now));
                break;
            }
            let delivery = Delivery {
                lease: grant.lease,
                epoch: EPOCH,
                items: good(&grant),
                last: true,
                busy: MS,
                largest_batch: 0,
            };
            settled.extend(harness.table.deliver(worker, delivery, harness.now).unwrap());
        }
    }
    assert!(killed <= 10 + 6, "{killed} workers");
    assert_eq!(settled.len(), 1000);
    assert!(settled.iter().all(|s| s.answer.is_err() == (s.index == 617)));
}

#[test]
fn a_worker_that_leaves_individuals_out_comes_to_an_end_with_them() {
    let mut harness = Harness::new(terms(), &[1]);
    harness.table.submit(None, tasks(8));
    let mut settled = 0;
    for _ in 0..1000 {
        while let Some(grant) = harness.next(A) {
            settled += harness.deliver(A, grant.lease, Vec::new(), true).len();
        }
    }
    assert_eq!((settled, harness.table.open()), (8, 0));
}
