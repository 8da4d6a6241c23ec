//! What a process takes of memory at its peak, by the rows of its data.
//!
//! Measured with `galapagos run` on 65,700, 525,600 and 2,102,400 minutes, on one slot and two: 60, 201 and 716 MB, and 67, 258 and
//! 834 MB, when the winner is tested; 108 MB on 525,600 before that. Stops and trailing levels took a third more. Populations and strategies
//! otherwise change little.

/// Code, population, the ledger's index.
const BASE: u64 = 45_000_000;
/// Data, and what is computed from them once: of each row.
const EVALUATING: u64 = 150;
/// The same with the accounts of the winner, and those of each slot that tests it.
const TESTING: (u64, u64) = (280, 70);

/// Bytes of a process that evaluates and tests the winner, as `galapagos run` does and the coordinator of a job.
pub fn of_run(rows: u64, slots: u64) -> u64 {
    let (all, each) = TESTING;
    BASE.saturating_add(rows.saturating_mul(all.saturating_add(each.saturating_mul(slots))))
}

/// Bytes of a worker, which only evaluates.
pub fn of_worker(rows: u64) -> u64 {
    BASE.saturating_add(rows.saturating_mul(EVALUATING))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runs_that_were_measured_are_within_a_third() {
        let runs = [
            (65_700, 1, 60),
            (65_700, 2, 67),
            (525_600, 1, 201),
            (525_600, 2, 258),
            (2_102_400, 1, 716),
            (2_102_400, 2, 834),
        ];
        for (rows, slots, megabytes) in runs {
            let (said, was) = (of_run(rows, slots), megabytes * 1_000_000);
            assert!(said * 3 < was * 4 && was * 3 < said * 4, "{rows} rows, {slots} slots: {said}");
        }
        assert!(of_worker(u64::MAX) == u64::MAX && of_run(u64::MAX, 2) == u64::MAX);
    }
}
