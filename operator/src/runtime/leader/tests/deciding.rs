//! The decision without I/O.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::runtime::leader::{DURATION, Election, Record, Step};

fn record(holder: &str, renewed: Timestamp) -> Record {
    Record {
        holder: holder.into(),
        duration: DURATION,
        acquired: Some(renewed),
        renewed: Some(renewed),
        transitions: 3,
        version: "7".into(),
    }
}

fn later(now: Instant, seconds: f64) -> Instant {
    now + Duration::from_secs_f64(seconds)
}

#[tokio::test]
async fn a_lease_that_nobody_made_is_created() {
    let mut election = Election::new("me".into());
    let Step::Create(wanted) = election.decide(None, Instant::now(), Timestamp::UNIX_EPOCH) else { panic!() };
    assert_eq!((wanted.holder.as_str(), wanted.transitions, wanted.duration), ("me", 0, DURATION));
}

#[tokio::test]
async fn an_own_lease_is_renewed_without_a_new_transition() {
    let mut election = Election::new("me".into());
    let time = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(60);
    let mine = record("me", Timestamp::UNIX_EPOCH);
    let Step::Write(wanted) = election.decide(Some(&mine), Instant::now(), time) else { panic!() };
    assert_eq!(wanted, Record { renewed: Some(time), ..mine });
}

#[tokio::test]
async fn a_released_lease_is_taken_at_once() {
    let mut election = Election::new("me".into());
    let Step::Write(wanted) =
        election.decide(Some(&record("", Timestamp::UNIX_EPOCH)), Instant::now(), Timestamp::now())
    else {
        panic!()
    };
    assert_eq!((wanted.holder.as_str(), wanted.transitions, wanted.version.as_str()), ("me", 4, "7"));
}

#[tokio::test]
async fn silence_is_measured_from_what_was_seen_here_whatever_the_times_in_the_lease_say() {
    let now = Instant::now();
    for renewed in [Timestamp::UNIX_EPOCH, Timestamp::MAX] {
        let mut election = Election::new("me".into());
        let other = record("other", renewed);
        assert_eq!(election.decide(Some(&other), now, Timestamp::now()), Step::Wait);
        assert_eq!(election.decide(Some(&other), later(now, 9.9), Timestamp::now()), Step::Wait);
        assert!(matches!(election.decide(Some(&other), later(now, 10.0), Timestamp::now()), Step::Write(_)));
    }
}

#[tokio::test]
async fn each_renewal_starts_the_wait_anew() {
    let now = Instant::now();
    let mut election = Election::new("me".into());
    for second in 0..60 {
        let renewed = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second);
        #[allow(clippy::cast_precision_loss)]
        let at = later(now, second as f64 * 9.0);
        assert_eq!(election.decide(Some(&record("other", renewed)), at, Timestamp::now()), Step::Wait);
    }
}

#[tokio::test]
async fn a_duration_written_by_hand_neither_shortens_the_wait_nor_makes_it_endless() {
    let now = Instant::now();
    for (seconds, free) in [(0, 10.0), (1, 10.0), (30, 30.0), (1_000_000_000, 60.0)] {
        let mut election = Election::new("me".into());
        let lease =
            Record { duration: Duration::from_secs(seconds), ..record("other", Timestamp::UNIX_EPOCH) };
        assert_eq!(election.decide(Some(&lease), now, Timestamp::now()), Step::Wait);
        assert_eq!(election.decide(Some(&lease), later(now, free - 0.1), Timestamp::now()), Step::Wait);
        assert!(matches!(election.decide(Some(&lease), later(now, free), Timestamp::now()), Step::Write(_)));
    }
}

/// Its holder finds out only with its next renewal.
#[tokio::test]
async fn a_lease_that_was_deleted_under_another_is_not_taken_at_once() {
    let now = Instant::now();
    let mut election = Election::new("me".into());
    assert_eq!(
        election.decide(Some(&record("other", Timestamp::UNIX_EPOCH)), now, Timestamp::now()),
        Step::Wait
    );
    assert_eq!(election.decide(None, later(now, 1.0), Timestamp::now()), Step::Wait);
    assert_eq!(election.decide(None, later(now, 10.9), Timestamp::now()), Step::Wait);
    assert!(matches!(election.decide(None, later(now, 11.0), Timestamp::now()), Step::Create(_)));
}

#[tokio::test]
async fn a_lease_that_was_deleted_under_its_holder_is_made_again_at_once() {
    let now = Instant::now();
    let mut election = Election::new("me".into());
    assert_eq!(
        election.decide(Some(&record("other", Timestamp::UNIX_EPOCH)), now, Timestamp::now()),
        Step::Wait
    );
    assert!(matches!(
        election.decide(Some(&record("me", Timestamp::UNIX_EPOCH)), now, Timestamp::now()),
        Step::Write(_)
    ));
    assert!(matches!(election.decide(None, now, Timestamp::now()), Step::Create(_)));
}
