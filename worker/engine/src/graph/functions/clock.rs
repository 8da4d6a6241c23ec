//! The clock at the bar's open, UTC.

use crate::graph::column::{Column, Rows, Stream};
use crate::graph::op;

const DAY_MS: i64 = 86_400_000;

/// Days since 1970-01-01.
pub(crate) fn day_number(time_ms: i64) -> i64 {
    time_ms.div_euclid(DAY_MS)
}

/// Month, 1 to 12, and day of the month of a day since 1970-01-01, and the number of the month since the year 0
/// (civil dates after Howard Hinnant).
fn date(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    (month, day, year * 12 + month)
}

/// A column of the clock.
pub(super) struct Clock {
    clock: op::Clock,
    /// The day of the row before and the number of its bar.
    before: Option<(i64, i64)>,
}

impl Clock {
    pub fn new(clock: op::Clock) -> Clock {
        Clock { clock, before: None }
    }

    fn value(&mut self, time_ms: i64) -> i64 {
        let (day, of_day) = (day_number(time_ms), time_ms.rem_euclid(DAY_MS));
        match self.clock {
            op::Clock::Minute => of_day / 60_000 % 60,
            op::Clock::Hour => of_day / 3_600_000,
            // 1970-01-01 was a Thursday.
            op::Clock::Weekday => (day + 3).rem_euclid(7) + 1,
            op::Clock::Day => date(day).1,
            op::Clock::Month => date(day).0,
            op::Clock::BarOfDay => {
                let number = self.before.filter(|before| before.0 == day).map_or(0, |before| before.1 + 1);
                self.before = Some((day, number));
                number
            }
        }
    }
}

impl Stream for Clock {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let times = &rows.bars.time_ms[rows.from..rows.from + rows.len];
        for (out, &time) in out.numbers_mut(rows.len).iter_mut().zip(times) {
            *out = self.value(time) as f64;
        }
    }
}

/// Whether a row is the first of something that its day tells.
fn begins(rows: &Rows<'_>, out: &mut Column, of: impl Fn(i64) -> i64) {
    let times = rows.bars.time_ms;
    out.set_conditions(rows.len, |i| {
        let t = rows.from + i;
        Some(t == 0 || of(day_number(times[t])) != of(day_number(times[t - 1])))
    });
}

/// Whether a row is the first of its day.
pub(super) struct NewDay;

impl Stream for NewDay {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        begins(rows, out, |day| day);
    }
}

/// Whether a row is the first of its month.
pub(super) struct NewMonth;

impl Stream for NewMonth {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        begins(rows, out, |day| date(day).2);
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, date};
    use crate::graph::op;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(0), (1, 1, 1970 * 12 + 1));
        assert_eq!(date(-1), (12, 31, 1969 * 12 + 12));
        assert_eq!(date(11_016), (2, 29, 2000 * 12 + 2));
        assert_eq!(date(20_454), (1, 1, 2026 * 12 + 1));
    }

    #[test]
    fn the_week_begins_on_monday() {
        let weekday = |day: i64| Clock::new(op::Clock::Weekday).value(day * super::DAY_MS);
        assert_eq!([weekday(-1), weekday(0), weekday(4)], [3, 4, 1]);
    }
}
