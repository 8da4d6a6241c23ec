//! When sessions open, as the bars of a series tell it: after a break, at an hour at which others open too.

use crate::names::DAY_MS;
use std::collections::BTreeMap;

const HOUR_MS: i64 = 3_600_000;
/// A break this long ends a session: that of a night or a weekend. One at noon is shorter.
const BREAK_MS: i64 = 4 * HOUR_MS;
/// One in so many sessions at least opens at a usual hour; daylight saving makes two of them.
const ONE_IN: usize = 20;

/// The open of each session of a series.
#[derive(Debug)]
pub(crate) struct Opens {
    /// The first bar of each session, and when it opened.
    sessions: Vec<(usize, i64)>,
}

impl Opens {
    /// Of rising stamps of bars of `step_ms`.
    pub(crate) fn of(times: &[i64], step_ms: i64) -> Opens {
        let begins = |&at: &usize| at == 0 || times[at] - times[at - 1] - step_ms >= BREAK_MS;
        let firsts: Vec<usize> = (0..times.len()).filter(begins).collect();
        let clocks: Vec<i64> = firsts.iter().map(|&at| times[at].rem_euclid(DAY_MS)).collect();
        let usual = usual(&clocks);
        let open = |(&at, &clock): (&usize, &i64)| (at, times[at] + shift(clock, &usual));
        Opens { sessions: firsts.iter().zip(&clocks).map(open).collect() }
    }

    /// When the session of bar `at` opened.
    pub(crate) fn before(&self, at: usize) -> i64 {
        let after = self.sessions.partition_point(|(first, _)| *first <= at);
        self.sessions.get(after.saturating_sub(1)).map_or(0, |(_, open)| *open)
    }
}

/// The hours of the day at which sessions usually open, none within an hour of a more frequent one: a first trade is often
/// some minutes late.
fn usual(clocks: &[i64]) -> Vec<i64> {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for &clock in clocks {
        *counts.entry(clock).or_default() += 1;
    }
    let mut counts: Vec<(i64, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|&(clock, count)| (std::cmp::Reverse(count), clock));
    let mut usual: Vec<i64> = Vec::new();
    for (clock, count) in counts {
        let apart = |other: &i64| {
            let distance = (clock - other).rem_euclid(DAY_MS);
            distance.min(DAY_MS - distance) >= HOUR_MS
        };
        if count * ONE_IN >= clocks.len() && count > 1 && usual.iter().all(apart) {
            usual.push(clock);
        }
    }
    usual
}

/// How far before or after its first bar a session opened: at the last usual hour before it, if that is near, else at the
/// next within an hour, else with the bar.
fn shift(clock: i64, usual: &[i64]) -> i64 {
    let late =
        usual.iter().map(|open| (clock - open).rem_euclid(DAY_MS)).filter(|late| *late < BREAK_MS).min();
    let early =
        usual.iter().map(|open| (open - clock).rem_euclid(DAY_MS)).filter(|early| *early < HOUR_MS).min();
    late.map(|late| -late).or(early).unwrap_or(0)
}
