//! How long to wait before the next dial.

use std::time::Duration;

/// The shortest wait.
const LEAST: Duration = Duration::from_millis(200);
/// The longest wait.
const MOST: Duration = Duration::from_secs(10);

/// Waits that grow with jitter: each is drawn between the shortest and three times the one before.
#[derive(Debug)]
pub(super) struct Backoff {
    last: Duration,
}

impl Backoff {
    pub(super) fn new() -> Backoff {
        Backoff { last: LEAST }
    }

    /// The next wait. `draw` is even in [0, 1).
    pub(super) fn next(&mut self, draw: f64) -> Duration {
        let widest = (self.last * 3).min(MOST);
        self.last = LEAST + (widest - LEAST).mul_f64(draw.clamp(0.0, 1.0));
        self.last
    }

    /// The next waits are the longest ones: another try soon cannot help.
    pub(super) fn slow_down(&mut self) {
        self.last = MOST;
    }

    pub(super) fn reset(&mut self) {
        self.last = LEAST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_from_a_fifth_of_a_second_to_ten_and_never_leave_those_bounds() {
        let mut backoff = Backoff::new();
        let waits: Vec<_> = (0..8).map(|_| backoff.next(0.999_999)).collect();
        assert!(waits[0] < LEAST * 3 && waits.windows(2).all(|w| w[0] <= w[1]), "{waits:?}");
        assert!(MOST - waits[7] < Duration::from_millis(1));
        assert_eq!(backoff.next(0.0), LEAST);
        backoff.slow_down();
        assert_eq!(backoff.next(1.0), MOST);
        backoff.reset();
        assert!(backoff.next(1.0) <= LEAST * 3);
    }
}
