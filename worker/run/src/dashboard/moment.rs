//! Time as pages and timelines have it: microseconds since 1970, which never go back inside a process.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A point of time, in microseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub u64);

/// The clock of the system is read once: it may be set while a run goes on.
static BEGAN: LazyLock<(Instant, u64)> = LazyLock::new(|| {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (Instant::now(), micros(since))
});

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Moment {
    /// This one.
    pub fn now() -> Moment {
        let (instant, since) = *BEGAN;
        Moment(since.saturating_add(micros(instant.elapsed())))
    }

    /// Milliseconds since 1970, as scripts of pages have time.
    pub fn milliseconds(self) -> u64 {
        self.0 / 1000
    }

    /// Seconds since an earlier one; 0 if it was later.
    pub fn since(self, earlier: Moment) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / 1e6
    }

    /// So many seconds before.
    pub fn before(self, seconds: f64) -> Moment {
        // A cast saturates: what is not a time of ours becomes the beginning.
        Moment(self.0.saturating_sub((seconds.max(0.0) * 1e6) as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_that_of_the_system_and_never_goes_back() {
        let (a, b) = (Moment::now(), Moment::now());
        assert!(a <= b);
        let system = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        assert!((system - b.0 as f64 / 1e6).abs() < 60.0);
        assert_eq!(Moment(5_500_000).since(Moment(4_000_000)), 1.5);
        assert_eq!(Moment(4).since(Moment(5)), 0.0);
        assert_eq!(
            [Moment(3_000_000).before(1.5), Moment(3).before(f64::NAN)],
            [Moment(1_500_000), Moment(3)]
        );
        assert_eq!(Moment(3).before(1e300), Moment(0));
    }
}
