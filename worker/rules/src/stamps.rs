//! A calendar of the open times of bars: `docs/contract/rules.md`, D7.

use crate::tree::Timeframe;
use crate::warm_up::Calendar;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The open times of bars, in seconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Debug, Default)]
pub struct Stamps {
    /// The interval of the bars, in seconds.
    pub interval: i64,
    /// Those of the symbol that is traded.
    pub own: Vec<i64>,
    /// Those of other symbols, which several calendars may share.
    pub others: BTreeMap<String, Arc<[i64]>>,
}

impl Stamps {
    fn of(&self, symbol: Option<&str>) -> &[i64] {
        match symbol {
            None => &self.own,
            Some(symbol) => self.others.get(symbol).map_or(&[], |open| open),
        }
    }
}

fn length(rows: &[i64]) -> i64 {
    i64::try_from(rows.len()).unwrap_or(i64::MAX)
}

impl Stamps {
    /// Of each bucket of a timeframe that has a row, the first row that sees it or a later one.
    fn sights(&self, symbol: Option<&str>, timeframe: Timeframe) -> Vec<i64> {
        let (rows, mut sights) = (self.of(symbol), Vec::new());
        if timeframe.count == 0 {
            return sights;
        }
        let length = i64::try_from(timeframe.seconds()).unwrap_or(i64::MAX);
        let mut begins = rows.iter().map(|&open| timeframe.begin(open, 1)).enumerate().peekable();
        let mut seen = 0;
        while let Some((t, begin)) = begins.next() {
            if begins.peek().is_some_and(|&(_, next)| next == begin) {
                continue;
            }
            // It is seen once its last row is there and the clock has passed its end.
            let end = begin.saturating_add(length);
            seen = if seen > t { seen } else { t };
            while rows.get(seen).is_some_and(|&open| open.saturating_add(self.interval) < end) {
                seen += 1;
            }
            sights.push(i64::try_from(seen).unwrap_or(i64::MAX));
        }
        sights
    }

    fn sees_row(&self, symbol: &str, row: i64) -> i64 {
        let there = usize::try_from(row).ok().and_then(|row| self.of(Some(symbol)).get(row));
        let seen = there.map(|&open| self.own.partition_point(|&own| own < open));
        seen.map_or(length(&self.own), |row| i64::try_from(row).unwrap_or(i64::MAX))
    }
}

/// A calendar for many questions: the buckets of a timeframe are looked for once.
#[derive(Debug, Default)]
pub struct StampCalendar {
    stamps: Stamps,
    known: Mutex<Vec<Sights>>,
}

/// Of a symbol, or that which is traded, and a timeframe: the row that sees each bucket.
type Sights = (Option<String>, Timeframe, Arc<[i64]>);

impl StampCalendar {
    /// The calendar of some stamps, which ascend.
    pub fn new(stamps: Stamps) -> StampCalendar {
        StampCalendar { stamps, known: Mutex::default() }
    }

    fn sights(&self, symbol: Option<&str>, timeframe: Timeframe) -> Arc<[i64]> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.iter().find(|(of, on, _)| of.as_deref() == symbol && *on == timeframe);
        if let Some((.., sights)) = found {
            return sights.clone();
        }
        let sights: Arc<[i64]> = self.stamps.sights(symbol, timeframe).into();
        known.push((symbol.map(str::to_owned), timeframe, sights.clone()));
        sights
    }
}

impl Calendar for StampCalendar {
    fn sees_bucket(&self, symbol: Option<&str>, timeframe: Timeframe, bucket: i64) -> i64 {
        let sights = self.sights(symbol, timeframe);
        let seen = usize::try_from(bucket).ok().and_then(|bucket| sights.get(bucket).copied());
        seen.unwrap_or(length(self.stamps.of(symbol)))
    }

    fn sees_row(&self, symbol: &str, row: i64) -> i64 {
        self.stamps.sees_row(symbol, row)
    }
}

#[cfg(test)]
mod tests {
    use super::{StampCalendar, Stamps};
    use crate::tree::Timeframe;
    use crate::warm_up::Calendar;

    const FOUR_HOURS: Timeframe = Timeframe { count: 4, unit: 'h' };

    fn hourly(hours: &[i64]) -> Stamps {
        Stamps { interval: 3_600, own: hours.iter().map(|h| h * 3_600).collect(), ..Stamps::default() }
    }

    fn calendar(hours: &[i64]) -> StampCalendar {
        StampCalendar::new(hourly(hours))
    }

    // Contract D7.
    #[test]
    fn a_bucket_is_seen_once_the_clock_has_passed_its_end() {
        let full = calendar(&[0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(full.sees_bucket(None, FOUR_HOURS, 0), 3);
        assert_eq!(full.sees_bucket(None, FOUR_HOURS, 1), 7);
        assert_eq!(full.sees_bucket(None, FOUR_HOURS, 2), 8);
        // Without the row of 03:00, that of 04:00 sees the bucket that ended at 04:00.
        assert_eq!(calendar(&[0, 1, 2, 4, 5, 6, 7]).sees_bucket(None, FOUR_HOURS, 0), 3);
    }

    #[test]
    fn a_week_begins_on_monday() {
        // From Thursday, 1970-01-01.
        let week = Timeframe { count: 1, unit: 'w' };
        let daily =
            Stamps { interval: 86_400, own: (0..12).map(|d| d * 86_400).collect(), ..Stamps::default() };
        let daily = StampCalendar::new(daily);
        assert_eq!(daily.sees_bucket(None, week, 0), 3);
        assert_eq!(daily.sees_bucket(None, week, 1), 10);
    }

    #[test]
    fn a_row_of_another_symbol_is_seen_by_the_first_row_of_ours_that_is_not_before_it() {
        let mut stamps = hourly(&[5, 6, 9]);
        stamps.others.insert("B".to_owned(), vec![0, 5 * 3_600, 7 * 3_600, 10 * 3_600].into());
        let stamps = StampCalendar::new(stamps);
        let seen: Vec<i64> = (0..4).map(|row| stamps.sees_row("B", row)).collect();
        assert_eq!(seen, [0, 0, 2, 3]);
    }
}
