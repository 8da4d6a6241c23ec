//! How many individuals make a batch.
//!
//! Large batches share more and cost fewer messages; small ones leave less to be lost and let all slots finish
//! together. So: about the target while there is plenty, then half of an even share of what is left, but not below a
//! length where fixed cost takes over - nor above one even share, which is all a tiny generation is cut into.
//!
//! Where individuals share series, each batch computes anew what its own read: two small batches take far longer than
//! a large one. So such a species is cut into as few equal parts as keep each below [`PART`], the same number for each
//! slot, as the threads of one process do it.

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

/// Targets that a batch of individuals which share series may take.
const PART: f64 = 2.5;
/// Workers within this share of the usual speed count as usual: parts are equal only if all are cut alike.
const ALIKE: f64 = 0.25;
/// Share of a part by which what is left may be larger than one.
const SPARE: f64 = 0.2;

/// What there is to do, in seconds of average slots, without fixed parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Work {
    /// Queued now, and the whole generation; `None` before anything was timed.
    pub seconds: Option<(f64, f64)>,
    /// Individuals of the whole generation, and those of them that are queued.
    pub individuals: usize,
    pub queued: usize,
    /// Slots of all workers.
    pub slots: usize,
    /// Seconds of the parts that something queued is cut into because it shares series; 0: nothing does.
    pub part: f64,
}

impl Work {
    /// Whether every slot still has some batches to come.
    pub fn plenty(&self) -> bool {
        let each = (2.0 * FLOOR).max(if self.slots > 1 { self.part } else { 0.0 });
        self.seconds.is_some_and(|(left, _)| left > each * self.slots.max(1) as f64)
    }

    /// Seconds of a part where series are shared and batches are to take `target`.
    pub fn part(target: Duration, whole: f64, slots: usize) -> f64 {
        (PART * target.as_secs_f64()).min(whole / slots.max(1) as f64)
    }
}

/// Whom a batch is for, and of what.
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchRequest {
    /// Of the species, if known.
    pub cost: Option<Cost>,
    /// The largest batch of the species that was timed.
    pub timed: usize,
    /// Individuals of the species in the whole generation, if they share series.
    pub sharing: Option<usize>,
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
pub(super) fn size(work: &Work, request: &BatchRequest, there: usize) -> usize {
    let slots = work.slots.max(1);
    let bound = bound(request.largest);
    if let (Some(cost), Some(total)) = (request.cost, request.sharing) {
        let young = GROWTH * request.timed.max(1);
        let wanted = part(work, request, cost, total);
        let wanted = if young < wanted { young.min(there.div_ceil(slots)) } else { wanted };
        let wanted = wanted.clamp(1, bound);
        return equal(there, (there as f64 / wanted as f64 - SPARE).ceil() as usize, bound);
    }
    let wanted = match (request.cost, work.seconds) {
        (Some(cost), Some((left, whole))) => {
            let share = slots as f64;
            let target = request.target.as_secs_f64();
            let worth = WORTH * cost.fixed;
            let usual = (target - cost.fixed).max(worth.min(STRETCH * target));
            let least = worth.clamp(FLOOR, (STRETCH * target).max(FLOOR)).min(whole / share);
            // A single slot has nobody to finish together with.
            let half = if slots == 1 { left } else { left / (2.0 * share) };
            let seconds = half.max(least).min(usual);
            // A cast of a float saturates.
            let wanted = (seconds / (cost.each * request.factor)).ceil() as usize;
            wanted.min(GROWTH * request.timed.max(1))
        }
        _ => PROBE.min(work.queued.div_ceil(slots)),
    };
    let wanted = wanted.clamp(1, bound);
    equal(there, (there + wanted / 2) / wanted, bound)
}

/// The first of so many equal parts of `there`, or of more where they would be above `bound`. Equal, since a short last
/// one would cost as much in fixed parts as a full one.
fn equal(there: usize, parts: usize, bound: usize) -> usize {
    there.div_ceil(parts.max(there.div_ceil(bound)).max(1))
}

/// Individuals of each of the equal parts that the `total` of a species is cut into, for this worker.
fn part(work: &Work, request: &BatchRequest, cost: Cost, total: usize) -> usize {
    let slots = work.slots.max(1);
    let longest = PART * request.target.as_secs_f64();
    // A cast of a float saturates.
    let fit = ((longest - cost.fixed).max(longest / 2.0) / cost.each) as usize;
    let parts = total.div_ceil(fit.min(work.individuals.div_ceil(slots)).max(1));
    let parts = if parts > slots { parts.next_multiple_of(slots) } else { parts };
    let part = total.div_ceil(parts.max(1));
    let alike = (request.factor - 1.0).abs() <= ALIKE;
    if alike { part } else { ((part as f64 / request.factor) as usize).clamp(1, fit.max(1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(left: f64, whole: f64, slots: usize) -> Work {
        Work { seconds: Some((left, whole)), individuals: 1000, queued: 1000, slots, part: 0.0 }
    }

    fn request(fixed: f64, each: f64) -> BatchRequest {
        let target = Duration::from_millis(100);
        let cost = Some(Cost { fixed, each });
        BatchRequest { cost, timed: 1000, sharing: None, factor: 1.0, largest: 0, target }
    }

    #[test]
    fn a_long_generation_is_cut_by_the_target() {
        assert_eq!(size(&work(100.0, 100.0, 2), &request(0.0, 1e-3), 100_000), 100);
        assert_eq!(size(&work(100.0, 100.0, 2), &request(0.0, 30.0), 3), 1);
    }

    #[test]
    fn a_tiny_generation_is_one_batch_per_slot() {
        assert_eq!(size(&work(1e-3, 1e-3, 2), &request(0.0, 1e-5), 100), 50);
        assert_eq!(size(&work(5e-4, 1e-3, 2), &request(0.0, 1e-5), 50), 50);
        assert_eq!(size(&work(1e-3, 1e-3, 2), &request(1e-3, 1e-5), 100), 50, "whatever its fixed part");
    }

    #[test]
    fn batches_shrink_towards_the_end_but_not_below_the_floor() {
        let request = request(0.0, 1e-3);
        assert_eq!(size(&work(0.3, 1.0, 2), &request, 300), 75);
        assert_eq!(size(&work(0.04, 1.0, 2), &request, 40), 20);
        assert_eq!(size(&work(0.025, 1.0, 2), &request, 25), 25, "no short last part");
    }

    #[test]
    fn a_large_fixed_part_makes_batches_longer() {
        assert_eq!(size(&work(100.0, 100.0, 2), &request(0.05, 1e-3), 100_000), 200);
        assert!(size(&work(100.0, 100.0, 2), &request(10.0, 1e-3), 100_000) <= 501, "within reason");
    }

    #[test]
    fn slow_workers_and_those_short_of_memory_get_less() {
        let slow = BatchRequest { factor: 2.0, ..request(0.0, 1e-3) };
        assert_eq!(size(&work(100.0, 100.0, 2), &slow, 100_000), 50);
        let small = BatchRequest { largest: 7, ..request(0.0, 1e-3) };
        assert!(size(&work(100.0, 100.0, 2), &small, 10) <= 7);
    }

    #[test]
    fn no_batch_is_larger_than_a_message_allows_or_four_times_a_timed_one() {
        assert!(size(&work(100.0, 100.0, 1), &request(0.0, 1e-9), 1400) <= LARGEST);
        let young = BatchRequest { timed: 8, ..request(0.0, 1e-9) };
        assert_eq!(size(&work(100.0, 100.0, 1), &young, 3200), 32);
    }

    fn shared(each: f64, total: usize, timed: usize) -> BatchRequest {
        BatchRequest { timed, sharing: Some(total), ..request(0.0, each) }
    }

    /// The parts that slots get one after the other.
    fn parts(work: &Work, request: &BatchRequest, mut there: usize) -> Vec<usize> {
        let mut parts = Vec::new();
        while there > 0 {
            parts.push(size(work, request, there));
            there -= parts[parts.len() - 1];
        }
        parts
    }

    #[test]
    fn what_shares_series_is_cut_into_equal_parts_the_same_number_for_each_slot() {
        assert_eq!(parts(&work(0.4, 0.4, 2), &shared(4e-4, 1000, 500), 1000), [500, 500]);
        assert_eq!(
            parts(&work(0.4, 0.4, 1), &shared(4e-4, 1000, 500), 1000),
            [500, 500],
            "250 ms each at most"
        );
        assert_eq!(parts(&work(0.9, 0.9, 3), &shared(9e-4, 1000, 500), 1000), [167, 167, 167, 167, 166, 166]);
    }

    #[test]
    fn parts_grow_from_the_probes_and_are_equal_afterwards() {
        assert_eq!(size(&work(0.4, 0.4, 2), &shared(4e-4, 1000, 8), 984), 32);
        assert_eq!(size(&work(0.4, 0.4, 2), &shared(4e-4, 1000, 8), 20), 10);
        assert_eq!(parts(&work(0.3, 0.4, 2), &shared(4e-4, 1000, 128), 664), [332, 332]);
    }

    #[test]
    fn a_worker_far_from_the_usual_speed_gets_a_part_of_its_own_size() {
        let noisy = BatchRequest { factor: 1.2, ..shared(4e-4, 1000, 500) };
        assert_eq!(parts(&work(0.4, 0.4, 2), &noisy, 1000), [500, 500]);
        let slow = BatchRequest { factor: 2.0, ..shared(4e-4, 1000, 500) };
        assert_eq!(size(&work(0.4, 0.4, 2), &slow, 1000), 250);
    }

    #[test]
    fn several_species_that_share_are_cut_by_their_share_of_the_generation() {
        assert_eq!(parts(&work(0.4, 0.4, 2), &shared(4e-4, 300, 500), 300), [300]);
        assert_eq!(parts(&work(0.4, 0.4, 2), &shared(4e-4, 700, 500), 700), [350, 350]);
    }

    #[test]
    fn the_first_batches_are_probes() {
        let unknown = Work { seconds: None, ..work(0.0, 0.0, 2) };
        let request = BatchRequest { cost: None, timed: 0, ..request(0.0, 1.0) };
        assert_eq!(size(&unknown, &request, 1000), 8);
        assert_eq!(size(&Work { queued: 10, ..unknown }, &request, 10), 5);
        assert_eq!(size(&Work { queued: 1, ..unknown }, &request, 1), 1);
    }
}
