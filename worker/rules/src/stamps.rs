//! A calendar of the open times of bars: `docs/contract/rules.md`, D7.

use crate::tree::Timeframe;
use crate::warm_up::Calendar;
use std::collections::BTreeMap;

/// The open times of bars, in seconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Debug, Default)]
pub struct Stamps {
    /// The interval of the bars, in seconds.
    pub interval: i64,
    /// Those of the symbol that is traded.
    pub own: Vec<i64>,
    /// Those of other symbols.
    pub others: BTreeMap<String, Vec<i64>>,
}

impl Stamps {
    fn of(&self, symbol: Option<&str>) -> &[i64] {
        match symbol {
            None => &self.own,
            Some(symbol) => self.others.get(symbol).map_or(&[], Vec::as_slice),
        }
    }
}

fn length(rows: &[i64]) -> i64 {
    i64::try_from(rows.len()).unwrap_or(i64::MAX)
}

impl Calendar for Stamps {
    fn sees_bucket(&self, symbol: Option<&str>, timeframe: Timeframe, wanted: i64) -> i64 {
        let rows = self.of(symbol);
        if timeframe.count == 0 {
            return length(rows);
        }
        let mut number = 0;
        for (t, &open) in rows.iter().enumerate() {
            let begin = timeframe.begin(open, 1);
            let is_last = rows.get(t + 1).is_none_or(|&next| timeframe.begin(next, 1) != begin);
            if !is_last {
                continue;
            }
            if number == wanted {
                let end = begin + i64::try_from(timeframe.seconds()).unwrap_or(i64::MAX);
                let seen = (t..rows.len()).find(|&row| rows[row] + self.interval >= end);
                return seen.map_or(length(rows), |row| i64::try_from(row).unwrap_or(i64::MAX));
            }
            number += 1;
        }
        length(rows)
    }

    fn sees_row(&self, symbol: &str, row: i64) -> i64 {
        let there = usize::try_from(row).ok().and_then(|row| self.of(Some(symbol)).get(row).copied());
        let seen = there.and_then(|open| self.own.iter().position(|&own| own >= open));
        seen.map_or(length(&self.own), |row| i64::try_from(row).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::Stamps;
    use crate::tree::Timeframe;
    use crate::warm_up::Calendar;

    const FOUR_HOURS: Timeframe = Timeframe { count: 4, unit: 'h' };

    fn hourly(hours: &[i64]) -> Stamps {
        Stamps { interval: 3_600, own: hours.iter().map(|h| h * 3_600).collect(), ..Stamps::default() }
    }

    // Contract D7.
    #[test]
    fn a_bucket_is_seen_once_the_clock_has_passed_its_end() {
        let full = hourly(&[0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(full.sees_bucket(None, FOUR_HOURS, 0), 3);
        assert_eq!(full.sees_bucket(None, FOUR_HOURS, 1), 7);
        assert_eq!(full.sees_bucket(None, FOUR_HOURS, 2), 8);
        // Without the row of 03:00, that of 04:00 sees the bucket that ended at 04:00.
        assert_eq!(hourly(&[0, 1, 2, 4, 5, 6, 7]).sees_bucket(None, FOUR_HOURS, 0), 3);
    }

    #[test]
    fn a_week_begins_on_monday() {
        // From Thursday, 1970-01-01.
        let week = Timeframe { count: 1, unit: 'w' };
        let daily =
            Stamps { interval: 86_400, own: (0..12).map(|d| d * 86_400).collect(), ..Stamps::default() };
        assert_eq!(daily.sees_bucket(None, week, 0), 3);
        assert_eq!(daily.sees_bucket(None, week, 1), 10);
    }

    #[test]
    fn a_row_of_another_symbol_is_seen_by_the_first_row_of_ours_that_is_not_before_it() {
        let mut stamps = hourly(&[5, 6, 9]);
        stamps.others.insert("B".to_owned(), vec![0, 5 * 3_600, 7 * 3_600, 10 * 3_600]);
        let seen: Vec<i64> = (0..4).map(|row| stamps.sees_row("B", row)).collect();
        assert_eq!(seen, [0, 0, 2, 3]);
    }
}
