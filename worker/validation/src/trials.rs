//! Which trials say how much a search space overfits: those that no selection has touched (H8).

use crate::NullReason;

/// Below this number of trials nothing is said.
pub const FEWEST: usize = 20;

/// How many trials are taken if the manifest does not say.
pub const DEFAULT: usize = 1_000;

/// A record of the ledger, as far as the choice goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Hash of species and canonical genome.
    pub hash: u128,
    /// Number of its generation.
    pub generation: u32,
    /// Whether it has a score and keeps every limit.
    pub feasible: bool,
    /// Whether the manifest's `population.initial` gave it.
    pub initial: bool,
}

/// Positions of the chosen records, in the order of their hashes: feasible ones of generation 0 that were not given,
/// the first `most`. A search that does not select (random, grid, an enumerated space) has `unselected` true: there
/// every generation counts.
pub fn choose(records: &[Record], unselected: bool, most: usize) -> Result<Vec<usize>, NullReason> {
    let fits = |r: &Record| r.feasible && !r.initial && (unselected || r.generation == 0);
    let mut chosen: Vec<(u128, usize)> =
        records.iter().enumerate().filter(|(_, r)| fits(r)).map(|(at, r)| (r.hash, at)).collect();
    chosen.sort_unstable();
    chosen.truncate(most);
    if chosen.len() < FEWEST {
        return Err(NullReason::TooFewTrials);
    }
    Ok(chosen.into_iter().map(|(_, at)| at).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> Vec<Record> {
        let record = |i: u32| Record {
            hash: u128::from(i * 37 % 100),
            generation: i % 2,
            feasible: !i.is_multiple_of(5),
            initial: i.is_multiple_of(7),
        };
        (0..100).map(record).collect()
    }

    // Contract H8.
    #[test]
    fn the_lowest_hashes_of_untouched_trials_are_chosen() {
        let all = records();
        let chosen = choose(&all, false, 25).unwrap();
        let mut expected: Vec<usize> = (0..100).filter(|i| i % 2 == 0 && i % 5 != 0 && i % 7 != 0).collect();
        expected.sort_by_key(|i| i * 37 % 100);
        assert_eq!(chosen, expected[..25]);
        let more = choose(&all, true, 1_000).unwrap();
        assert!(more.len() > 50 && more.iter().any(|&i| all[i].generation == 1));
    }

    // Contract H8.
    #[test]
    fn fewer_than_twenty_say_nothing() {
        assert_eq!(choose(&records(), false, 19), Err(NullReason::TooFewTrials));
        assert_eq!(choose(&records()[..40], false, 1_000), Err(NullReason::TooFewTrials));
        assert_eq!(choose(&records(), false, 20).map(|c| c.len()), Ok(20));
    }
}
