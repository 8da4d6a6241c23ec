//! The language of own strategies as docs/contract/rules.md says it: whole columns, every row from its whole window,
//! nothing carried but what the page carries, nothing shared. It is slow and has no code of the engine.

#![allow(clippy::unwrap_used, reason = "a test that cannot evaluate should fail")]
#![allow(dead_code, reason = "each test file uses its own part")]

mod bars;
mod conditions;
mod frames;
mod functions;
mod operators;
mod scan;
pub mod setting;
pub mod texts;
mod windows;

use galapagos_engine::bars::Bars;
use galapagos_rules::{Exact, Expr, ExprKind, Genome, Type, Value, exact, value};

/// A column of any kind.
#[derive(Clone, Debug)]
pub enum Column {
    /// A number that genes decide.
    Constant(Value),
    /// Numerators over a denominator.
    Exact(Vec<Option<i128>>, Exact),
    /// Numbers in ticks to a power.
    Number(Vec<Option<f64>>, i32),
    /// Conditions.
    Condition(Vec<Option<bool>>),
}

/// Bars, as the page reads them.
pub struct Frame {
    pub decimals: u32,
    pub interval: i64,
    pub time: Vec<i64>,
    pub open: Vec<i64>,
    pub high: Vec<i64>,
    pub low: Vec<i64>,
    pub close: Vec<i64>,
    pub volume: Vec<f64>,
}

/// What an expression is evaluated on.
pub struct World<'a> {
    pub frame: Frame,
    pub genome: &'a Genome,
    pub others: &'a [Bars<'a>],
}

impl Frame {
    pub fn of(bars: &Bars<'_>) -> Frame {
        Frame {
            decimals: u32::from(bars.decimals),
            interval: bars.interval_ms,
            time: bars.time_ms.to_vec(),
            open: bars.open.to_vec(),
            high: bars.high.to_vec(),
            low: bars.low.to_vec(),
            close: bars.close.to_vec(),
            volume: bars.volume.unwrap().to_vec(),
        }
    }

    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// h + l + c.
    pub fn three(&self, t: usize) -> i64 {
        self.high[t] + self.low[t] + self.close[t]
    }

    pub fn true_range(&self, t: usize) -> i64 {
        let range = self.high[t] - self.low[t];
        if t == 0 {
            return range;
        }
        let before = self.close[t - 1];
        *[range, (self.high[t] - before).abs(), (self.low[t] - before).abs()].iter().max().unwrap()
    }
}

/// What is not finite is na.
pub fn fin(x: f64) -> Option<f64> {
    x.is_finite().then_some(x)
}

/// A constant beside numbers of a power.
pub fn level(value: Value, power: i32, decimals: u32) -> f64 {
    if power == 0 {
        return value.rounded;
    }
    let scale = 10_i128.pow(decimals * power.unsigned_abs());
    let (mut n, mut d) = (value.exact.numerator(), value.exact.denominator());
    if power > 0 {
        n *= scale
    } else {
        d *= scale
    }
    let (mut a, mut b) = (n.unsigned_abs(), d.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    let (n, d) = (n / a as i128, d / a as i128);
    assert!(n.abs() <= 1 << 53 && d <= 1 << 53, "a test has constants whose parts are f64");
    n as f64 / d as f64
}

impl Column {
    pub fn power(&self) -> i32 {
        match self {
            Column::Exact(..) => 1,
            Column::Number(_, power) => *power,
            _ => 0,
        }
    }

    pub fn conditions(self) -> Vec<Option<bool>> {
        let Column::Condition(all) = self else { panic!("a condition is due, not {self:?}") };
        all
    }
}

impl World<'_> {
    pub fn rows(&self) -> usize {
        self.frame.len()
    }

    /// f64 of a column; a constant stands beside numbers of this power.
    pub fn numbers(&self, column: &Column, power: i32) -> Vec<Option<f64>> {
        match column {
            Column::Constant(c) => vec![fin(level(*c, power, self.frame.decimals)); self.rows()],
            Column::Exact(all, exact) => {
                let rounded = |n: i128| {
                    if exact.denominator == 1 { n as f64 } else { n as f64 / exact.denominator as f64 }
                };
                all.iter().map(|n| n.map(rounded)).collect()
            }
            Column::Number(all, _) => all.clone(),
            Column::Condition(_) => panic!("a number is due"),
        }
    }

    /// Numbers in prices.
    pub fn plain(&self, column: &Column) -> Vec<Option<f64>> {
        let power = column.power();
        let scale: f64 = format!("1e{}", self.frame.decimals * power.unsigned_abs()).parse().unwrap();
        let divide = |x: f64| match power {
            0 => Some(x),
            p if p > 0 => fin(x / scale),
            _ => fin(x * scale),
        };
        self.numbers(column, 0).into_iter().map(|x| x.and_then(divide)).collect()
    }

    pub fn value(&self, expr: &Expr) -> Value {
        value(expr, self.genome).unwrap()
    }

    pub fn period(&self, expr: &Expr) -> usize {
        usize::try_from(self.value(expr).exact.numerator()).unwrap()
    }

    /// The exact form of a tree, if it has one.
    pub fn exact(&self, expr: &Expr) -> Option<Exact> {
        exact(expr, self.genome, self.frame.decimals)
    }

    /// The column of a checked tree.
    pub fn column(&self, expr: &Expr) -> Column {
        if matches!(expr.ty, Some(Type::Constant(_))) {
            return Column::Constant(self.value(expr));
        }
        let power = expr.ty.and_then(Type::number).map_or(0, |n| n.power);
        match &expr.kind {
            ExprKind::Name(name) => self.name(name, expr),
            ExprKind::Negative(x) => match self.column(x) {
                Column::Exact(all, e) => Column::Exact(all.iter().map(|n| n.map(|n| -n)).collect(), e),
                other => Column::Number(
                    self.numbers(&other, 0).into_iter().map(|x| x.map(|x| -x)).collect(),
                    power,
                ),
            },
            ExprKind::Not(x) => {
                let all = self.column(x).conditions();
                Column::Condition(all.into_iter().map(|b| b.map(|b| !b)).collect())
            }
            ExprKind::Binary(operator, x, y) => self.binary(*operator, x, y, expr),
            ExprKind::Index(x, k) => self.index(&self.column(x), self.period(k)),
            ExprKind::Field(x, field) => {
                let ExprKind::Call(name, all) = &x.kind else { panic!("{expr}") };
                self.call(name, field, all, expr)
            }
            ExprKind::Call(name, all) => self.call(name, "", all, expr),
            _ => panic!("{expr} has no column"),
        }
    }

    /// x[k].
    pub fn index(&self, column: &Column, k: usize) -> Column {
        fn back<T: Copy>(all: &[Option<T>], k: usize) -> Vec<Option<T>> {
            (0..all.len()).map(|t| if t < k { None } else { all[t - k] }).collect()
        }
        match column {
            Column::Exact(all, e) => Column::Exact(back(all, k), *e),
            Column::Condition(all) => Column::Condition(back(all, k)),
            Column::Constant(_) if k == 0 => column.clone(),
            other => Column::Number(back(&self.numbers(other, 0), k), other.power()),
        }
    }

    fn name(&self, name: &str, expr: &Expr) -> Column {
        let f = &self.frame;
        let rows = 0..self.rows();
        let price = |of: &dyn Fn(usize) -> i64| {
            Column::Exact(rows.clone().map(|t| Some(i128::from(of(t)))).collect(), self.exact(expr).unwrap())
        };
        let number =
            |of: &dyn Fn(usize) -> f64| Column::Number(rows.clone().map(|t| fin(of(t))).collect(), 0);
        let date = |t: usize| frames::date(f.time[t]);
        match name {
            "open" => price(&|t| f.open[t]),
            "high" => price(&|t| f.high[t]),
            "low" => price(&|t| f.low[t]),
            "close" => price(&|t| f.close[t]),
            "hl2" => price(&|t| f.high[t] + f.low[t]),
            "hlc3" => price(&|t| f.three(t)),
            "ohlc4" => price(&|t| f.open[t] + f.three(t)),
            "tr" => price(&|t| f.true_range(t)),
            "volume" => number(&|t| f.volume[t]),
            "minute" => number(&|t| date(t).minute as f64),
            "hour" => number(&|t| date(t).hour as f64),
            "weekday" => number(&|t| date(t).weekday as f64),
            "day" => number(&|t| date(t).day as f64),
            "month" => number(&|t| date(t).month as f64),
            "bar_of_day" => number(&|t| (0..t).filter(|&s| date(s).number == date(t).number).count() as f64),
            "new_day" => Column::Condition(
                rows.map(|t| Some(t == 0 || date(t).number != date(t - 1).number)).collect(),
            ),
            "new_month" => Column::Condition(
                rows.map(|t| {
                    Some(t == 0 || (date(t).year, date(t).month) != (date(t - 1).year, date(t - 1).month))
                })
                .collect(),
            ),
            _ => panic!("{name} is no field"),
        }
    }
}
