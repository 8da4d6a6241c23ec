use super::*;

/// One slot, one known pace: batches of `n`.
fn busy_with(n: usize, of: usize) -> (Desk, Grant) {
    let mut desk = Desk::knowing(terms(), &[1], 100 * MS / n as u32, n);
    desk.book.submit(tasks(of));
    let grant = desk.grant(A);
    assert_eq!(grant.tasks.len(), n);
    (desk, grant)
}

#[test]
fn a_batch_that_was_running_on_a_lost_worker_comes_back_in_halves() {
    let (mut desk, running) = busy_with(10, 1000);
    let waiting = desk.grant(A);
    assert!(desk.book.leave(A, desk.now).is_empty());
    assert_eq!(desk.book.queued(), 1000, "when the last worker leaves everything waits again");
    desk.book.join(B, 2, desk.now);
    let again = desk.all(&[B]);
    let back: Vec<_> = again.iter().map(|(_, grant)| indices(grant)).collect();
    assert_eq!(back[..2], [indices(&running)[..5].to_vec(), indices(&running)[5..].to_vec()]);
    assert_eq!(back[2], indices(&waiting), "what only waited there comes back whole");
    assert_eq!((desk.book.counts().lost, desk.book.counts().quarantined), (2, 0));
}

#[test]
fn a_worker_that_leaves_hands_back_without_suspicion_and_gets_nothing_more() {
    let (mut desk, grant) = busy_with(10, 1000);
    desk.book.hand_back(A, grant.lease, desk.now);
    assert_eq!((desk.next(A), desk.book.slots(), desk.book.counts().handed_back), (None, 0, 1));
    desk.book.hand_back(A, grant.lease, desk.now);
    assert_eq!(desk.book.counts().stale, 1);
    assert!(desk.book.leave(A, desk.now).is_empty());
    desk.book.join(B, 1, desk.now);
    assert_eq!(indices(&desk.grant(B)), indices(&grant));
}

#[test]
fn an_answer_after_a_loss_is_taken_if_nobody_was_faster() {
    let (mut desk, grant) = busy_with(10, 10);
    let _ = desk.book.leave(A, desk.now);
    assert_eq!(desk.finish(A, &grant).len(), 10);
    assert_eq!((desk.book.open(), desk.book.counts().late), (0, 0));
    desk.book.join(B, 1, desk.now);
    assert_eq!(desk.next(B), None);
}

#[test]
fn an_expired_batch_is_queued_again_and_its_late_answers_are_taken_or_counted() {
    let (mut desk, grant) = busy_with(10, 10);
    desk.book.join(B, 1, desk.now);
    assert_eq!(desk.book.next_expiry(), Some(desk.now + grant.deadline));
    desk.now += grant.deadline - MS;
    assert!(desk.book.expire(desk.now).is_empty());
    assert_eq!((desk.book.queued(), desk.book.counts().expired), (0, 0));
    desk.now += MS;
    assert!(desk.book.expire(desk.now).is_empty());
    assert_eq!((desk.book.queued(), desk.book.counts().expired), (10, 1));
    let half = desk.grant(B);
    assert_eq!(half.tasks.len(), 5);
    desk.finish(B, &half);
    let late = desk.finish(A, &grant);
    assert_eq!(late.len(), 5);
    assert_eq!((desk.book.open(), desk.book.counts().late, desk.book.counts().duplicate), (0, 5, 0));
    assert_eq!(desk.book.next_expiry(), None);
}

#[test]
fn a_worker_that_overdraws_keeps_its_slot_taken_until_it_is_heard_of() {
    let (mut desk, grant) = busy_with(10, 1000);
    let waiting = desk.grant(A);
    desk.now += 100 * S;
    let _ = desk.book.expire(desk.now);
    assert_eq!((desk.book.counts().expired, desk.book.next_expiry()), (2, None));
    assert_eq!((desk.next(A), desk.book.slots_busy(), desk.book.queued()), (None, 1, 1000));
    assert_eq!(desk.finish(A, &grant).len(), 10);
    assert!(desk.next(A).is_some(), "{waiting:?} is still there");
    assert_eq!(desk.next(A), None);
}

#[test]
fn an_individual_is_set_aside_for_its_time_only_if_it_had_all_of_it() {
    let mut desk = Desk::knowing(Terms { attempts: 1, ..terms() }, &[1, 1], S, 1);
    desk.book.submit(tasks(1));
    let guess = desk.grant(A);
    assert_eq!(guess.deadline, 10 * S);
    desk.now += guess.deadline;
    assert!(desk.book.expire(desk.now).is_empty(), "the deadline was only a guess");
    let whole = desk.grant(B);
    assert_eq!(whole.deadline, 302 * S);
    desk.now += whole.deadline;
    let settled = desk.book.expire(desk.now);
    assert_eq!(settled, [(0, Err(Exception::TimedOut { seconds: 300 }))]);
    assert_eq!(desk.book.counts().quarantined, 1);
}

#[test]
fn what_was_alone_when_its_worker_was_lost_gets_a_worker_for_itself() {
    let mut desk = Desk::knowing(terms(), &[2, 2], S, 1);
    desk.book.submit(tasks(4));
    let (first, second) = (desk.grant(A), desk.grant(A));
    assert_eq!((first.tasks.len(), second.tasks.len()), (1, 1));
    let _ = desk.book.leave(A, desk.now);
    let third = desk.grant(B);
    assert_eq!(third.tasks[0].index, 0, "an idle worker takes the suspect first");
    assert_eq!(desk.next(B), None, "and nothing beside it");
    desk.finish(B, &third);
    assert_eq!(indices(&desk.grant(B)), [1]);
    assert_eq!(desk.next(B), None);
}

#[test]
fn a_worker_is_cleared_for_a_suspect_while_others_go_on() {
    let mut desk = Desk::knowing(terms(), &[1, 2, 2], S, 1);
    let c = WorkerId(3);
    desk.book.submit(tasks(100));
    let suspect = desk.grant(A);
    let rest = desk.all(&[B, c]);
    let _ = desk.book.leave(A, desk.now);
    let of_b: Vec<&Grant> = rest.iter().filter(|(id, _)| *id == B).map(|(_, grant)| grant).collect();
    let (one, others) = of_b.split_first().unwrap();
    desk.finish(B, one);
    assert_eq!(desk.next(B), None);
    let of_c = rest.iter().find(|(id, _)| *id == c).unwrap();
    desk.finish(c, &of_c.1);
    assert!(desk.next(c).is_some());
    others.iter().for_each(|grant| assert_eq!(desk.finish(B, grant).len(), 1));
    assert_eq!(desk.grant(B).tasks, suspect.tasks);
}

// Contract W3.
#[test]
fn a_killer_is_found_by_halving_and_the_innocent_are_spared() {
    let mut desk = Desk::knowing(terms(), &[], MS / 10, 1000);
    desk.book.submit(tasks(1000));
    let (mut settled, mut killed, mut id) = (Vec::new(), 0, 0);
    while desk.book.open() > 0 {
        id += 1;
        let worker = WorkerId(id);
        desk.book.join(worker, 1, desk.now);
        while let Some(grant) = desk.next(worker) {
            if indices(&grant).contains(&617) {
                killed += 1;
                settled.extend(desk.book.leave(worker, desk.now));
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
            settled.extend(desk.book.deliver(worker, delivery, desk.now).unwrap());
        }
    }
    assert!(killed <= 10 + 6, "{killed} workers");
    assert_eq!(settled.len(), 1000);
    assert!(settled.iter().all(|(index, answer)| answer.is_err() == (*index == 617)));
}

#[test]
fn a_worker_that_leaves_individuals_out_comes_to_an_end_with_them() {
    let mut desk = Desk::new(terms(), &[1]);
    desk.book.submit(tasks(8));
    let mut settled = 0;
    for _ in 0..1000 {
        while let Some(grant) = desk.next(A) {
            settled += desk.tell(A, grant.lease, Vec::new(), true).len();
        }
    }
    assert_eq!((settled, desk.book.open()), (8, 0));
}
