//! How many individuals make a batch.
//!
//! Large batches share more and cost fewer messages; small ones leave less to be lost and let all slots finish
//! together. So: about the target while there is plenty, then half of an even share of what is left, but not below a
//! length where fixed cost takes over - nor above one even share, which is all a tiny generation is cut into.

use std::time::Duration;

use super::pace::Cost;

/// Individuals of a batch at most: 1,000 results stay far below the bound of a message.
pub(super) const LARGEST: usize = 1000;
/// Individuals of the first batches of a species.
const PROBE: usize = 8;
/// How much larger than any timed batch the next may be.
const GROWTH: usize = 4;
/// Seconds below which a batch is not cut towards the end.
pub(super) const FLOOR: f64 = 0.02;
/// The part of each individual is worth this many fixed parts at least, where that does not make it longer than
/// [`STRETCH`] targets.
const WORTH: f64 = 4.0;
const STRETCH: f64 = 5.0;

/// What there is to do, in seconds of average slots, without fixed parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Work {
    /// Queued now, and the whole generation; `None` before anything was timed.
    pub seconds: Option<(f64, f64)>,
    /// Individuals that are queued.
    pub queued: usize,
    /// Slots of all workers.
    pub slots: usize,
}

impl Work {
    /// Whether every slot still has some batches to come.
    pub fn plenty(&self) -> bool {
        self.seconds.is_some_and(|(left, _)| left > 2.0 * FLOOR * self.slots.max(1) as f64)
    }
}

/// Whom a batch is for, and of what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    /// Of the species, if known.
    pub cost: Option<Cost>,
    /// The largest batch of the species that was timed.
    pub timed: usize,
    /// The worker's time as a multiple of the usual.
    pub factor: f64,
    /// The largest batch the worker wants; 0: any.
    pub largest: usize,
    /// Usual length of a batch.
    pub target: Duration,
}

/// The most that may be given, whatever it costs.
pub(super) fn bound(largest: usize) -> usize {
    if largest == 0 { LARGEST } else { largest.min(LARGEST) }
}

/// Individuals of the next batch out of `there`, at least 1 if there is any.
pub(super) fn size(work: &Work, wish: &Wish, there: usize) -> usize {
    let slots = work.slots.max(1);
    let wanted = match (wish.cost, work.seconds) {
        (Some(cost), Some((left, whole))) => {
            let share = slots as f64;
            let target = wish.target.as_secs_f64();
            let worth = WORTH * cost.fixed;
            let usual = (target - cost.fixed).max(worth.min(STRETCH * target));
            let least = worth.clamp(FLOOR, (STRETCH * target).max(FLOOR)).min(whole / share);
            // A single slot has nobody to finish together with.
            let half = if slots == 1 { left } else { left / (2.0 * share) };
            let seconds = half.max(least).min(usual);
            // A cast of a float saturates.
            let wanted = (seconds / (cost.each * wish.factor)).ceil() as usize;
            wanted.min(GROWTH * wish.timed.max(1))
        }
        _ => PROBE.min(work.queued.div_ceil(slots)),
    };
    let bound = bound(wish.largest);
    let wanted = wanted.clamp(1, bound);
    // Equal parts: a short last one would cost as much in fixed parts as a full one.
    let parts = ((there + wanted / 2) / wanted).max(there.div_ceil(bound)).max(1);
    there.div_ceil(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(left: f64, whole: f64, slots: usize) -> Work {
        Work { seconds: Some((left, whole)), queued: 1000, slots }
    }

    fn wish(fixed: f64, each: f64) -> Wish {
        let target = Duration::from_millis(100);
        Wish { cost: Some(Cost { fixed, each }), timed: 1000, factor: 1.0, largest: 0, target }
    }

    #[test]
    fn a_long_generation_is_cut_by_the_target() {
        assert_eq!(size(&work(100.0, 100.0, 2), &wish(0.0, 1e-3), 100_000), 100);
        assert_eq!(size(&work(100.0, 100.0, 2), &wish(0.0, 30.0), 3), 1);
    }

    #[test]
    fn a_tiny_generation_is_one_batch_per_slot() {
        assert_eq!(size(&work(1e-3, 1e-3, 2), &wish(0.0, 1e-5), 100), 50);
        assert_eq!(size(&work(5e-4, 1e-3, 2), &wish(0.0, 1e-5), 50), 50);
        assert_eq!(size(&work(1e-3, 1e-3, 2), &wish(1e-3, 1e-5), 100), 50, "whatever its fixed part");
    }

    #[test]
    fn batches_shrink_towards_the_end_but_not_below_the_floor() {
        let wish = wish(0.0, 1e-3);
        assert_eq!(size(&work(0.3, 1.0, 2), &wish, 300), 75);
        assert_eq!(size(&work(0.04, 1.0, 2), &wish, 40), 20);
        assert_eq!(size(&work(0.025, 1.0, 2), &wish, 25), 25, "no short last part");
    }

    #[test]
    fn a_large_fixed_part_makes_batches_longer() {
        assert_eq!(size(&work(100.0, 100.0, 2), &wish(0.05, 1e-3), 100_000), 200);
        assert!(size(&work(100.0, 100.0, 2), &wish(10.0, 1e-3), 100_000) <= 501, "within reason");
    }

    #[test]
    fn slow_workers_and_those_short_of_memory_get_less() {
        let slow = Wish { factor: 2.0, ..wish(0.0, 1e-3) };
        assert_eq!(size(&work(100.0, 100.0, 2), &slow, 100_000), 50);
        let small = Wish { largest: 7, ..wish(0.0, 1e-3) };
        assert!(size(&work(100.0, 100.0, 2), &small, 10) <= 7);
    }

    #[test]
    fn no_batch_is_larger_than_a_message_allows_or_four_times_a_timed_one() {
        assert!(size(&work(100.0, 100.0, 1), &wish(0.0, 1e-9), 1400) <= LARGEST);
        let young = Wish { timed: 8, ..wish(0.0, 1e-9) };
        assert_eq!(size(&work(100.0, 100.0, 1), &young, 3200), 32);
    }

    #[test]
    fn the_first_batches_are_probes() {
        let unknown = Work { seconds: None, queued: 1000, slots: 2 };
        let wish = Wish { cost: None, timed: 0, ..wish(0.0, 1.0) };
        assert_eq!(size(&unknown, &wish, 1000), 8);
        assert_eq!(size(&Work { queued: 10, ..unknown }, &wish, 10), 5);
        assert_eq!(size(&Work { queued: 1, ..unknown }, &wish, 1), 1);
    }
}
