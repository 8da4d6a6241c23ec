//! What an account made in each month and year of the calendar, UTC, of the open of a bar.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::Offset;

/// A month or a year of an account.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Period {
    /// Return of the account; `None` where it had nothing to begin with.
    pub account: Option<f64>,
    /// Return of the market, if it is known.
    pub market: Option<f64>,
    /// Whether rows of the holdout are in it.
    pub holdout: bool,
}

#[derive(Clone, Copy, Debug)]
struct End {
    account: f64,
    market: f64,
    holdout: bool,
}

/// Collects the levels of an account and of the market, whose holdout goes on where the training ended.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    start: Option<End>,
    months: BTreeMap<(i16, i8), End>,
}

/// Year and month of a stamp; `None` outside the calendar.
pub fn month(ms: i64) -> Option<(i16, i8)> {
    let date = Offset::UTC.to_datetime(Timestamp::from_millisecond(ms).ok()?);
    Some((date.year(), date.month()))
}

impl Calendar {
    /// The levels at a close; in order of time.
    pub fn add(&mut self, ms: i64, account: f64, market: f64, holdout: bool) {
        let Some(month) = month(ms) else { return };
        let start = self.start.get_or_insert(End { account, market, holdout });
        if start.market.is_nan() {
            start.market = market;
        }
        let end = self.months.entry(month).or_insert(End { account, market, holdout });
        *end = End { account, market, holdout: end.holdout || holdout };
    }

    /// By year and month.
    pub fn months(&self) -> BTreeMap<(i16, i8), Period> {
        self.by(|month| month)
    }

    /// By year.
    pub fn years(&self) -> BTreeMap<i16, Period> {
        self.by(|month| month.0)
    }

    fn by<K: Ord + Copy>(&self, key: impl Fn((i16, i8)) -> K) -> BTreeMap<K, Period> {
        let mut ends: BTreeMap<K, End> = BTreeMap::new();
        for (&month, &end) in &self.months {
            let before = ends.get(&key(month)).is_some_and(|e| e.holdout);
            ends.insert(key(month), End { holdout: end.holdout || before, ..end });
        }
        let Some(mut last) = self.start else { return BTreeMap::new() };
        let grown = |from: f64, to: f64| (from > 0.0 && to.is_finite()).then(|| to / from - 1.0);
        let of = |(key, end): (K, End)| {
            let account = grown(last.account, end.account);
            let period = Period { account, market: grown(last.market, end.market), holdout: end.holdout };
            last = end;
            (key, period)
        };
        ends.into_iter().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // 2023-12-29 100 (the start), 2023-12-30 110, 2024-01-05 99, 2024-02-01 148.5: +10 %, -10 %, +50 %.
    fn calendar() -> Calendar {
        let ms = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        let mut calendar = Calendar::default();
        for (time, account, market, holdout) in [
            ("2023-12-29T00:00:00Z", 100.0, 50.0, false),
            ("2023-12-30T23:59:59Z", 110.0, 25.0, false),
            ("2024-01-05T00:00:00Z", 99.0, 25.0, true),
            ("2024-02-01T00:00:00Z", 148.5, 50.0, true),
        ] {
            calendar.add(ms(time), account, market, holdout);
        }
        calendar
    }

    fn close(a: Option<f64>, b: f64) {
        assert!((a.unwrap() - b).abs() < 1e-12, "{a:?} {b}");
    }

    #[test]
    fn a_month_begins_where_the_month_before_ended() {
        let months = calendar().months();
        close(months[&(2023, 12)].account, 0.1);
        close(months[&(2024, 1)].account, -0.1);
        close(months[&(2024, 2)].account, 0.5);
        close(months[&(2024, 2)].market, 1.0);
        assert_eq!([months[&(2023, 12)].holdout, months[&(2024, 1)].holdout], [false, true]);
    }

    #[test]
    fn a_year_is_all_its_months() {
        let years = calendar().years();
        close(years[&2023].account, 0.1);
        close(years[&2024].account, 0.35);
        close(years[&2024].market, 1.0);
    }

    #[test]
    fn a_ruined_account_and_an_unknown_market_have_no_return() {
        let mut calendar = Calendar::default();
        calendar.add(0, 0.0, f64::NAN, false);
        calendar.add(86_400_000, 0.0, f64::NAN, false);
        let period = calendar.months()[&(1970, 1)];
        assert_eq!((period.account, period.market), (None, None));
        assert!(Calendar::default().months().is_empty());
    }
}
