//! The best individual's account of `best/equity.csv`: what the charts and the calendar need of it.

use std::path::Path;

use super::calendar::Calendar;
use super::error::ReportError;
use super::table::{Table, number, stamp};
use super::thin::{Row, Thinner};

/// Columns of pixels that a chart is thinned to.
const COLUMNS: u64 = 500;

/// An account over training and holdout. The holdout, which starts anew, goes on where the training ended.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Account, market and drawdown, thinned.
    pub rows: Vec<Row>,
    /// Times and returns of the training rows.
    pub returns: Vec<(i64, f64)>,
    /// Rows of the file.
    pub all: u64,
    /// Account at the start.
    pub capital: f64,
    /// Last row of the training: its time and account.
    pub training_end: Option<(i64, f64)>,
    /// First stamp of the holdout.
    pub holdout_from: Option<i64>,
    /// Whether buying and holding is in the file.
    pub has_market: bool,
    /// Months and years.
    pub calendar: Calendar,
}

/// One line of values that starts anew with each part and is drawn on from the end of the part before.
struct Chain {
    base: f64,
    first: f64,
    last: f64,
}

impl Chain {
    fn next(&mut self, value: f64, begins: bool) -> f64 {
        if begins {
            self.first = f64::NAN;
        }
        if value.is_nan() {
            return value;
        }
        if self.first.is_nan() {
            (self.base, self.first) = (if self.last.is_nan() { value } else { self.last }, value);
        }
        self.last = if self.first > 0.0 { self.base * (value / self.first) } else { 0.0 };
        self.last
    }
}

/// Reads the account; `None` if the result has none.
///
/// # Errors
/// [`ReportError`].
pub fn read(path: &Path) -> Result<Option<Account>, ReportError> {
    let Some((table, all)) = Table::counted(path)? else { return Ok(None) };
    let [time, part, equity] = ["time", "part", "equity"].map(|name| table.needed(name));
    let (time, part, equity) = (time?, part?, equity?);
    let returned = table.column("return");
    let (market, fall) = (table.column("market"), table.column("drawdown"));
    let mut account = Account { all, has_market: market.is_some(), capital: f64::NAN, ..Account::default() };
    let mut thinner = Thinner::new(all, COLUMNS);
    let new = || Chain { base: f64::NAN, first: f64::NAN, last: f64::NAN };
    let (mut ours, mut theirs, mut peak) = (new(), new(), 0.0_f64);
    let mut current: Option<String> = None;
    table.each(|row| {
        let ms = stamp(row[time])?;
        let value = number(row[equity]);
        let holdout = row[part] == "holdout";
        let begins = current.as_deref() != Some(row[part]);
        if begins {
            if current.is_some() {
                thinner.cut();
            }
            current = Some(row[part].to_owned());
            peak = 0.0;
        }
        if account.capital.is_nan() {
            account.capital = value;
        }
        if holdout {
            account.holdout_from.get_or_insert(ms);
        }
        peak = if value > peak { value } else { peak };
        // Results of earlier releases do not hold it.
        let own = || if peak > 0.0 { 1.0 - value / peak } else { f64::NAN };
        let drawdown = fall.map_or_else(own, |place| number(row[place]));
        let level = ours.next(value, begins);
        let held = theirs.next(market.map_or(f64::NAN, |m| number(row[m])), begins);
        if !holdout {
            account.returns.push((ms, returned.map_or(f64::NAN, |place| number(row[place]))));
            account.training_end = Some((ms, level));
        }
        account.calendar.add(ms, level, held, holdout);
        thinner.push((ms, [level, held, drawdown]));
        Ok(())
    })?;
    account.rows = thinner.finish();
    Ok(Some(account))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(text: &str) -> Account {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("equity.csv");
        std::fs::write(&path, text).unwrap();
        read(&path).unwrap().unwrap()
    }

    const DAYS: &str = "\
time,part,equity,return,market
2024-01-01T00:00:00Z,training,100,0,100
2024-01-02T00:00:00Z,training,150,.5,120
2024-01-03T00:00:00Z,training,120,-.2,110
2024-01-04T00:00:00Z,holdout,100,0,100
2024-01-05T00:00:00Z,holdout,90,-.1,130
";

    #[test]
    fn the_holdout_goes_on_where_the_training_ended_and_has_its_own_peak() {
        let account = account(DAYS);
        let levels: Vec<[f64; 3]> =
            account.rows.iter().map(|r| r.1.map(|v| (v * 1e9).round() / 1e9)).collect();
        let expected = [
            [100.0, 100.0, 0.0],
            [150.0, 120.0, 0.0],
            [120.0, 110.0, 0.2],
            [120.0, 110.0, 0.0],
            [108.0, 143.0, 0.1],
        ];
        assert_eq!(levels, expected);
        assert_eq!((account.all, account.capital), (5, 100.0));
        assert_eq!(account.holdout_from.unwrap() - account.training_end.unwrap().0, 86_400_000);
    }

    #[test]
    fn a_market_that_begins_later_is_drawn_from_there() {
        let account = account(
            "time,part,equity,return,drawdown,market\n2024-01-01T00:00:00Z,training,100,0,0.25,\n\
             2024-01-02T00:00:00Z,training,100,0,0.5,50\n2024-01-03T00:00:00Z,training,100,0,0,60\n",
        );
        let of = |i: usize| account.rows.iter().map(|r| r.1[i]).collect::<Vec<_>>();
        assert!(of(1)[0].is_nan());
        assert_eq!((of(1)[1..].to_vec(), of(2)), (vec![50.0, 60.0], vec![0.25, 0.5, 0.0]));
    }

    #[test]
    fn a_file_without_the_market_has_none() {
        let account = account("time,part,equity,return\n2024-01-01T00:00:00Z,training,100,0\n");
        assert!(!account.has_market && account.rows[0].1[1].is_nan());
        assert_eq!(account.holdout_from, None);
    }
}
