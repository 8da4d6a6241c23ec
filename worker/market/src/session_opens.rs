//! When sessions open, as the bars of a series tell it: after a break, at an hour at which others open too.

use crate::error::Result;
use crate::names::DAY_MS;
use crate::series_blocks::ByColumn;
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
    ///
    /// # Errors
    /// `Io` if the times cannot be read back.
    pub(crate) fn of(times: &dyn ByColumn, step_ms: i64) -> Result<Opens> {
        let mut firsts: Vec<(usize, i64)> = Vec::new();
        let (mut at, mut before): (usize, Option<i64>) = (0, None);
        times.each_ticks(0, &mut |times| {
            for &time in times {
                if before.replace(time).is_none_or(|before| time - before - step_ms >= BREAK_MS) {
                    firsts.push((at, time));
                }
                at += 1;
            }
            Ok(())
        })?;
        let clocks: Vec<i64> = firsts.iter().map(|(_, time)| time.rem_euclid(DAY_MS)).collect();
        let usual = usual(&clocks);
        let open = |(&(at, time), &clock): (&(usize, i64), &i64)| (at, time + shift(clock, &usual));
        Ok(Opens { sessions: firsts.iter().zip(&clocks).map(open).collect() })
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
