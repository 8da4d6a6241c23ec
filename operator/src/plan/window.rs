//! The most that a job wanted lately: it scales up at once, but down only to this.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Longer delays are refused by the schema of the pool (`scaleDownDelaySeconds`), so older wants are dropped.
const LONGEST: Duration = Duration::from_secs(86_400);

/// What one job wanted over time. A want holds from the moment it was noted until the next one is.
///
/// Lives in memory: an operator that starts again knows only the wants from then on, so note what exists first.
#[derive(Clone, Debug, Default)]
pub struct StabilizationWindow {
    wanted: u32,
    /// Earlier wants that were larger, with the moment each ended: values fall, moments rise.
    earlier: VecDeque<(Instant, u32)>,
}

impl StabilizationWindow {
    /// Nothing was ever wanted.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From `now` on so many are wanted.
    pub fn note(&mut self, now: Instant, wanted: u32) {
        if wanted < self.wanted {
            self.earlier.push_back((now, self.wanted));
        }
        while self.earlier.back().is_some_and(|&(_, earlier)| earlier <= wanted) {
            self.earlier.pop_back();
        }
        while self.earlier.front().is_some_and(|&(end, _)| now.saturating_duration_since(end) >= LONGEST) {
            self.earlier.pop_front();
        }
        self.wanted = wanted;
    }

    /// The most that was wanted at any moment of the last `delay` before `now`.
    #[must_use]
    pub fn maximum(&self, now: Instant, delay: Duration) -> u32 {
        let recent = self.earlier.iter().find(|&&(end, _)| now.saturating_duration_since(end) < delay);
        recent.map_or(self.wanted, |&(_, earlier)| earlier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn a_rise_counts_at_once() {
        let (mut window, start) = (StabilizationWindow::new(), Instant::now());
        assert_eq!(window.maximum(start, MINUTE), 0);
        window.note(start, 3);
        window.note(start, 8);
        assert_eq!(window.maximum(start, MINUTE), 8);
    }

    #[test]
    fn a_fall_counts_when_the_delay_is_over() {
        let (mut window, start) = (StabilizationWindow::new(), Instant::now());
        window.note(start, 8);
        window.note(after(start, 10), 2);
        assert_eq!(window.maximum(after(start, 69), MINUTE), 8);
        assert_eq!(window.maximum(after(start, 70), MINUTE), 2);
    }

    #[test]
    fn a_want_holds_until_the_next_one_is_noted() {
        let (mut window, start) = (StabilizationWindow::new(), Instant::now());
        window.note(start, 8);
        window.note(after(start, 3600), 2);
        assert_eq!(window.maximum(after(start, 3601), MINUTE), 8, "8 were wanted until a second ago");
    }

    #[test]
    fn it_falls_in_steps_as_wants_leave_the_window() {
        let (mut window, start) = (StabilizationWindow::new(), Instant::now());
        for (second, wanted) in [(0, 8), (10, 5), (20, 6), (30, 1)] {
            window.note(after(start, second), wanted);
        }
        assert_eq!(window.maximum(after(start, 69), MINUTE), 8);
        assert_eq!(window.maximum(after(start, 70), MINUTE), 6);
        assert_eq!(window.maximum(after(start, 90), MINUTE), 1);
    }

    #[test]
    fn a_dip_is_forgotten_when_more_is_wanted_again() {
        let (mut window, start) = (StabilizationWindow::new(), Instant::now());
        for (second, wanted) in [(0, 8), (10, 5), (20, 9)] {
            window.note(after(start, second), wanted);
        }
        assert!(window.earlier.is_empty());
        assert_eq!(window.maximum(after(start, 20), MINUTE), 9);
    }

    #[test]
    fn without_a_delay_only_the_last_want_counts() {
        let (mut window, start) = (StabilizationWindow::new(), Instant::now());
        window.note(start, 8);
        window.note(start, 2);
        assert_eq!(window.maximum(start, Duration::ZERO), 2);
    }

    #[test]
    fn memory_does_not_grow_with_wants_that_no_delay_reaches() {
        let (mut window, start) = (StabilizationWindow::new(), Instant::now());
        for day in 0..100 {
            window.note(after(start, day * 86_400), 1000 - day as u32);
        }
        assert!(window.earlier.len() <= 1, "{:?}", window.earlier);
    }
}
