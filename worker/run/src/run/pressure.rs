//! How many individuals a batch may have where memory is short: a smaller batch costs a little speed, a killed worker
//! all that it had under way. No size of a batch changes a result.

use super::memory::Usage;

/// Share of the limit that batches leave to everything else, as one part of so many.
const RESERVE: u64 = 10;

/// Individuals that each of `slots` batches may have now, at least one, if an individual takes `bytes` while its batch
/// runs. `held` is what the slot that asks has kept from earlier batches and will use again.
pub fn individuals(usage: Usage, slots: usize, held: u64, bytes: u64) -> usize {
    let Some(limit) = usage.limit else { return usize::MAX };
    let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    let free = signed(limit - limit / RESERVE).saturating_sub(signed(usage.used));
    let own = (free / signed(slots.max(1) as u64)).saturating_add(signed(held));
    let own = u64::try_from(own).unwrap_or(0);
    usize::try_from(own / bytes.max(1)).unwrap_or(usize::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn at(used: u64, limit: u64) -> Usage {
        Usage { used: used * MIB, limit: Some(limit * MIB) }
    }

    #[test]
    fn without_a_limit_any_batch_may_run() {
        assert_eq!(individuals(Usage { used: u64::MAX, limit: None }, 4, 0, MIB), usize::MAX);
    }

    #[test]
    fn what_is_free_is_shared_by_the_slots_and_a_tenth_is_left() {
        assert_eq!(individuals(at(100, 1000), 1, 0, MIB), 800);
        assert_eq!(individuals(at(100, 1000), 4, 0, MIB), 200);
        assert_eq!(individuals(at(100, 1000), 4, 0, 50 * MIB), 4);
    }

    #[test]
    fn buffers_that_will_be_used_again_are_not_counted_twice() {
        assert_eq!(individuals(at(500, 1000), 1, 400 * MIB, MIB), 800);
        assert_eq!(individuals(at(500, 1000), 4, 100 * MIB, MIB), 200);
        assert_eq!(individuals(at(1000, 1000), 4, 100 * MIB, MIB), 75);
    }

    #[test]
    fn one_individual_is_tried_however_short_memory_is() {
        assert_eq!(individuals(at(999, 1000), 8, 0, MIB), 1);
        assert_eq!(individuals(at(2000, 1000), 0, 0, 0), 1);
    }
}
