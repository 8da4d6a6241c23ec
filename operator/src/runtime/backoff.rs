//! Per-object back-off: how long to wait after an object's n-th failure in a row.
//!
//! kube's controllers have one policy for all objects; here a broken object slows down nobody else.

use std::time::Duration;

use rand::Rng;

use super::ids::Uid;
use super::per_object::{Memories, PerObject};

/// After the first failure.
const FIRST: Duration = Duration::from_secs(1);
/// Never longer: a person who mends something must not wait for an hour.
pub const LONGEST: Duration = Duration::from_secs(300);
/// Share by which a delay differs at random, so that objects that failed together do not come back together.
const JITTER: f64 = 0.2;

/// Failures in a row by object. An object of the same name that is made anew starts from the beginning.
#[derive(Clone, Debug)]
pub struct Backoff {
    failures: PerObject<u32>,
}

impl Backoff {
    /// No failures yet.
    pub fn new(memories: &Memories) -> Backoff {
        Backoff { failures: memories.another() }
    }

    /// Counts a failure; the time to wait: 1 s, doubled with every failure in a row, at most 5 minutes, 20 % more or
    /// less by chance.
    pub fn failed(&self, uid: &Uid) -> Duration {
        let failures = self.failures.change(uid, |count| {
            *count = count.saturating_add(1);
            *count
        });
        jittered(delay(FIRST, LONGEST, failures))
    }

    /// The object is well: the next failure is a first one.
    pub fn succeeded(&self, uid: &Uid) {
        self.failures.forget(uid);
    }

    /// Failures in a row.
    pub fn failures(&self, uid: &Uid) -> u32 {
        self.failures.get(uid, |count| *count).unwrap_or(0)
    }
}

/// `first`, doubled with each failure after the first, at most `longest`.
pub(crate) fn delay(first: Duration, longest: Duration, failures: u32) -> Duration {
    // 2^20 s is far above any `longest`; more doublings would overflow
    let doublings = failures.saturating_sub(1).min(20);
    first.saturating_mul(1 << doublings).min(longest)
}

/// Up to 20 % more or less.
pub(crate) fn jittered(delay: Duration) -> Duration {
    delay.mul_f64(rand::rng().random_range(1.0 - JITTER..1.0 + JITTER))
}

#[cfg(test)]
mod tests {
    use super::super::ids::example::uid;
    use super::*;

    fn near(delay: Duration, seconds: f64) -> bool {
        (delay.as_secs_f64() / seconds - 1.0).abs() <= JITTER + 1e-9
    }

    #[test]
    fn delays_double_up_to_five_minutes() {
        let backoff = Backoff::new(&Memories::default());
        for expected in [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0, 300.0] {
            let delay = backoff.failed(&uid("a"));
            assert!(near(delay, expected), "{delay:?} instead of {expected} s");
        }
    }

    #[test]
    fn any_number_of_failures_is_counted() {
        assert_eq!(delay(FIRST, LONGEST, u32::MAX), LONGEST);
    }

    #[test]
    fn a_success_starts_anew_and_touches_no_other_object() {
        let memories = Memories::default();
        let backoff = Backoff::new(&memories);
        for _ in 0..5 {
            backoff.failed(&uid("a"));
            backoff.failed(&uid("b"));
        }
        backoff.succeeded(&uid("a"));
        assert_eq!(backoff.failures(&uid("a")), 0);
        assert!(near(backoff.failed(&uid("a")), 1.0));
        assert!(near(backoff.failed(&uid("b")), 32.0));
        memories.keep(|known| *known != uid("b"));
        assert_eq!(backoff.failures(&uid("b")), 0);
    }

    #[test]
    fn objects_that_fail_together_come_back_apart() {
        let backoff = Backoff::new(&Memories::default());
        let delays: std::collections::BTreeSet<Duration> =
            (0..20).map(|i| backoff.failed(&uid(&i.to_string()))).collect();
        assert!(delays.len() > 1);
    }
}
