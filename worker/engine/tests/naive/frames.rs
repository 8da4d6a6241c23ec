//! Clock, higher timeframes and other symbols.

use super::{Column, Frame, World};
use galapagos_rules::{Argument, ExprKind};

/// A moment, UTC.
pub struct Date {
    pub number: i64,
    pub year: i64,
    pub month: i64,
    pub day: i64,
    pub weekday: i64,
    pub hour: i64,
    pub minute: i64,
}

/// Counts years and months from 1970 on, as a calendar does; only for later times.
pub fn date(ms: i64) -> Date {
    let number = ms / 86_400_000;
    let (mut year, mut left) = (1970, number);
    let leap = |y: i64| y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    while left >= if leap(year) { 366 } else { 365 } {
        left -= if leap(year) { 366 } else { 365 };
        year += 1;
    }
    let mut month = 1;
    loop {
        let days = match month {
            2 if leap(year) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        if left < days {
            break;
        }
        left -= days;
        month += 1;
    }
    let minutes = ms / 60_000 % 1_440;
    // 1970-01-01 was the fourth day of its week.
    let weekday = (number + 3) % 7 + 1;
    Date { number, year, month, day: left + 1, weekday, hour: minutes / 60, minute: minutes % 60 }
}

impl World<'_> {
    pub fn on(&self, all: &[Argument]) -> Column {
        let ExprKind::Timeframe(timeframe) = all[0].value.kind else { panic!("no timeframe") };
        let length = i64::try_from(timeframe.seconds()).unwrap() * 1_000;
        let origin = if timeframe.unit == 'w' { 4 * 86_400_000 } else { 0 };
        let f = &self.frame;
        let begin = |t: usize| (f.time[t] - origin).div_euclid(length) * length + origin;
        let mut buckets: Vec<Vec<usize>> = Vec::new();
        for t in 0..f.len() {
            match buckets.last_mut() {
                Some(rows) if begin(rows[0]) == begin(t) => rows.push(t),
                _ => buckets.push(vec![t]),
            }
        }
        let each = |of: &dyn Fn(&[usize]) -> i64| buckets.iter().map(|rows| of(rows)).collect::<Vec<i64>>();
        let above = Frame {
            decimals: f.decimals,
            interval: length,
            time: each(&|rows| begin(rows[0])),
            open: each(&|rows| f.open[rows[0]]),
            high: each(&|rows| rows.iter().map(|&t| f.high[t]).max().unwrap()),
            low: each(&|rows| rows.iter().map(|&t| f.low[t]).min().unwrap()),
            close: each(&|rows| f.close[*rows.last().unwrap()]),
            volume: buckets.iter().map(|rows| rows.iter().map(|&t| f.volume[t]).sum()).collect(),
        };
        let sees: Vec<Option<usize>> = (0..f.len())
            .map(|t| {
                let ended = |rows: &Vec<usize>| {
                    begin(rows[0]) + length <= f.time[t] + f.interval && *rows.last().unwrap() <= t
                };
                buckets.iter().rposition(ended)
            })
            .collect();
        let world = World { frame: above, genome: self.genome, others: self.others };
        let x = match world.column(&all[1].value) {
            constant @ Column::Constant(_) => Column::Number(world.numbers(&constant, 0), 0),
            other => other,
        };
        fn seen<T: Copy>(all: &[Option<T>], sees: &[Option<usize>]) -> Vec<Option<T>> {
            sees.iter().map(|row| row.and_then(|row| all[row])).collect()
        }
        match x {
            Column::Exact(all, e) => Column::Exact(seen(&all, &sees), e),
            Column::Number(all, p) => Column::Number(seen(&all, &sees), p),
            Column::Condition(all) => Column::Condition(seen(&all, &sees)),
            Column::Constant(_) => panic!("a constant is a column here"),
        }
    }

    pub fn of(&self, all: &[Argument]) -> Column {
        let ExprKind::Symbol(symbol) = &all[0].value.kind else { panic!("no symbol") };
        let there = Frame::of(self.others.iter().find(|bars| bars.symbol == symbol).unwrap());
        let f = &self.frame;
        let sees: Vec<Option<usize>> = (0..f.len())
            .map(|t| {
                let close = f.time[t] + f.interval;
                let row = there.time.iter().rposition(|&open| open + there.interval <= close)?;
                (there.time[row] + there.interval >= close - f.interval).then_some(row)
            })
            .collect();
        let world = World { frame: there, genome: self.genome, others: self.others };
        match world.column(&all[1].value) {
            Column::Condition(all) => {
                Column::Condition(sees.iter().map(|row| row.and_then(|row| all[row])).collect())
            }
            other => {
                let all = world.plain(&other);
                Column::Number(sees.iter().map(|row| row.and_then(|row| all[row])).collect(), 0)
            }
        }
    }
}
