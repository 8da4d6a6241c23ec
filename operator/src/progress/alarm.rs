//! Whether a coordinator that does not answer is worth a warning.

use std::time::{Duration, Instant};

/// A coordinator that has just been started takes a while to listen, and network policies to let it: so long that is
/// nothing to warn of.
const USUAL: Duration = Duration::from_secs(30);

/// What is known of the dials to one coordinator.
pub(super) struct Alarm {
    since: Instant,
    was_heard: bool,
    given: bool,
}

impl Alarm {
    pub fn new(now: Instant) -> Alarm {
        Alarm { since: now, was_heard: false, given: false }
    }

    /// Whether to warn of a connection that ended, or did not come about: once for each silence, since a coordinator
    /// that cannot be reached is dialled for as long as the job runs. `heard`: a report came over it. `lasts`: the same
    /// will happen until somebody changes something.
    pub fn is_loud(&mut self, heard: bool, lasts: bool, now: Instant) -> bool {
        if heard {
            (self.was_heard, self.given) = (true, false);
        }
        let is_usual = !self.was_heard && !lasts && now.saturating_duration_since(self.since) < USUAL;
        let loud = !is_usual && !self.given;
        self.given |= loud;
        loud
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dials(alarm: &mut Alarm, began: Instant, dials: &[(u64, bool, bool)]) -> Vec<bool> {
        let at = |s: u64| began + Duration::from_secs(s);
        dials.iter().map(|&(s, heard, lasts)| alarm.is_loud(heard, lasts, at(s))).collect()
    }

    #[test]
    fn a_coordinator_that_starts_is_no_warning_and_one_that_never_answers_is_one() {
        let began = Instant::now();
        let mut alarm = Alarm::new(began);
        let silent = [(0, false, false), (2, false, false), (29, false, false)];
        assert_eq!(dials(&mut alarm, began, &silent), [false; 3]);
        let still = [(30, false, false), (40, false, false)];
        assert_eq!(dials(&mut alarm, began, &still), [true, false]);
    }

    #[test]
    fn one_that_was_heard_and_is_lost_is_a_warning_each_time() {
        let began = Instant::now();
        let mut alarm = Alarm::new(began);
        let lost = [(5, true, false), (6, false, false), (9, true, false), (10, false, false)];
        assert_eq!(dials(&mut alarm, began, &lost), [true, false, true, false]);
    }

    #[test]
    fn a_stranger_in_its_place_is_a_warning_at_once() {
        let began = Instant::now();
        assert!(Alarm::new(began).is_loud(false, true, began));
    }
}
