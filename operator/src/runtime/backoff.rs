//! Per-object back-off: how long to wait after an object's n-th failure in a row.
//!
//! kube's controllers have one policy for all objects; here a broken object slows down nobody else.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand::Rng;

/// After the first failure.
const FIRST: Duration = Duration::from_secs(1);
/// Never longer: a person who mends something must not wait for an hour.
const LONGEST: Duration = Duration::from_secs(300);
/// Share by which a delay differs at random, so that objects that failed together do not come back together.
const JITTER: f64 = 0.2;

/// Failures in a row by object. The key is a UID: an object of the same name that is made anew starts from the
/// beginning.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: Mutex<HashMap<String, u32>>,
}

impl Backoff {
    /// No failures yet.
    pub fn new() -> Backoff {
        Backoff::default()
    }

    /// Counts a failure; the time to wait: 1 s, doubled with every failure in a row, at most 5 minutes, 20 % more or
    /// less by chance.
    pub fn failed(&self, key: &str) -> Duration {
        let failures = {
            let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
            let count = failures.entry(key.to_owned()).or_insert(0);
            *count = count.saturating_add(1);
            *count
        };
        jittered(delay(FIRST, LONGEST, failures))
    }

    /// The object is well: the next failure is a first one.
    pub fn succeeded(&self, key: &str) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// Keeps what is known of objects that are there.
    pub fn retain(&self, is_there: impl Fn(&str) -> bool) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).retain(|key, _| is_there(key));
    }

    /// Failures in a row.
    pub fn failures(&self, key: &str) -> u32 {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied().unwrap_or(0)
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
    use super::*;

    fn near(delay: Duration, seconds: f64) -> bool {
        (delay.as_secs_f64() / seconds - 1.0).abs() <= JITTER + 1e-9
    }

    #[test]
    fn delays_double_up_to_five_minutes() {
        let backoff = Backoff::new();
        for expected in [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0, 300.0] {
            let delay = backoff.failed("a");
            assert!(near(delay, expected), "{delay:?} instead of {expected} s");
        }
    }

    #[test]
    fn any_number_of_failures_is_counted() {
        assert_eq!(delay(FIRST, LONGEST, u32::MAX), LONGEST);
    }

    #[test]
    fn a_success_starts_anew_and_touches_no_other_object() {
        let backoff = Backoff::new();
        for _ in 0..5 {
            backoff.failed("a");
            backoff.failed("b");
        }
        backoff.succeeded("a");
        assert_eq!(backoff.failures("a"), 0);
        assert!(near(backoff.failed("a"), 1.0));
        assert!(near(backoff.failed("b"), 32.0));
        backoff.retain(|key| key != "b");
        assert_eq!(backoff.failures("b"), 0);
    }

    #[test]
    fn objects_that_fail_together_come_back_apart() {
        let backoff = Backoff::new();
        let delays: std::collections::BTreeSet<Duration> =
            (0..20).map(|i| backoff.failed(&i.to_string())).collect();
        assert!(delays.len() > 1);
    }
}
