//! How much was done in the last seconds.

use super::moment::Moment;

/// Seconds that are looked back at.
const SECONDS: u64 = 10;

/// A count for each of the last seconds.
#[derive(Clone, Debug, Default)]
pub struct Recent {
    counts: [u64; SECONDS as usize],
    /// The second of the newest count.
    newest: u64,
    first: Option<Moment>,
}

impl Recent {
    /// So many more.
    pub fn add(&mut self, now: Moment, count: u64) {
        self.turn(now);
        self.first.get_or_insert(now);
        self.counts[(self.newest % SECONDS) as usize] += count;
    }

    fn turn(&mut self, now: Moment) {
        let second = now.0 / 1_000_000;
        let passed = second.saturating_sub(self.newest).min(SECONDS);
        for i in 0..passed {
            self.counts[((second - i) % SECONDS) as usize] = 0;
        }
        self.newest = self.newest.max(second);
    }

    /// How many a second, of the last ten.
    pub fn per_second(&self, now: Moment) -> f64 {
        let mut here = self.clone();
        here.turn(now);
        let sum: u64 = here.counts.iter().sum();
        // The present second is not over, and a beginner has no ten of them.
        let whole = (SECONDS - 1) as f64 + (now.0 % 1_000_000) as f64 / 1e6;
        let seconds = self.first.map_or(whole, |first| now.since(first).clamp(1.0, whole));
        sum as f64 / seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ten_seconds_count_and_what_is_older_does_not() {
        let mut recent = Recent::default();
        let at = |tenths: u64| Moment(1_000_000_000 + tenths * 100_000);
        assert_eq!(recent.per_second(at(0)), 0.0);
        for tenth in 0..200 {
            recent.add(at(tenth), 5);
        }
        assert!((recent.per_second(at(200)) - 50.0).abs() < 6.0, "{}", recent.per_second(at(200)));
        assert_eq!(recent.per_second(at(400)), 0.0);
        recent.add(at(10_000), 7);
        assert!(recent.per_second(at(10_000)) > 0.0);
    }

    #[test]
    fn whoever_has_begun_a_moment_ago_is_not_measured_over_ten_seconds() {
        let mut recent = Recent::default();
        recent.add(Moment(5_000_000), 100);
        recent.add(Moment(6_500_000), 100);
        assert_eq!(recent.per_second(Moment(7_000_000)), 100.0);
    }
}
