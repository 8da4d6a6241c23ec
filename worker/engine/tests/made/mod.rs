//! Small made-up markets for tests.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]
#![allow(dead_code, reason = "each test file uses its own part")]

use galapagos_engine::bars::{Bars, FundingStamp};
use galapagos_engine::execution::{Execution, Side};
use galapagos_engine::genes::Stops;
use galapagos_engine::prepared::Prepared;
use galapagos_engine::signals::Signals;
use galapagos_engine::simulator::{Sleeve, simulate};
use galapagos_engine::trace::Trace;
use galapagos_engine::window::Rows;

pub const DAY: i64 = 86_400_000;

/// Owned columns with four decimals, one bar a day from the epoch on.
#[derive(Clone, Debug, Default)]
pub struct Market {
    pub time_ms: Vec<i64>,
    pub open: Vec<i64>,
    pub high: Vec<i64>,
    pub low: Vec<i64>,
    pub close: Vec<i64>,
    pub volume: Option<Vec<f64>>,
    pub funding: Vec<FundingStamp>,
}

impl Market {
    /// Bars given as open, high, low, close.
    pub fn bars(rows: &[[f64; 4]]) -> Market {
        let column = |i: usize| rows.iter().map(|r| (r[i] * 1e4).round() as i64).collect();
        Market {
            time_ms: (0..rows.len() as i64).map(|t| t * DAY).collect(),
            open: column(0),
            high: column(1),
            low: column(2),
            close: column(3),
            volume: None,
            funding: Vec::new(),
        }
    }

    /// Bars whose four prices are the same.
    pub fn flat(prices: &[f64]) -> Market {
        Market::bars(&prices.iter().map(|&p| [p; 4]).collect::<Vec<_>>())
    }

    pub fn volume(self, volume: &[f64]) -> Market {
        Market { volume: Some(volume.to_vec()), ..self }
    }

    /// A stamp of this rate at the open of each of the rows.
    pub fn funding(mut self, rows: std::ops::RangeInclusive<i64>, rate_e9: i64) -> Market {
        self.funding = rows.map(|t| FundingStamp { time_ms: t * DAY, rate_e9, mark: None }).collect();
        self
    }

    pub fn view(&self) -> Bars<'_> {
        Bars {
            symbol: "X",
            decimals: 4,
            interval_ms: DAY,
            time_ms: &self.time_ms,
            open: &self.open,
            high: &self.high,
            low: &self.low,
            close: &self.close,
            volume: self.volume.as_deref(),
            funding: &self.funding,
            signals: None,
        }
    }

    /// Runs signals from row 0 on, with 1,000 of capital.
    pub fn run(&self, exec: &Execution, signals: &Signals, stops: Stops) -> Trace {
        self.run_from(0, exec, signals, stops)
    }

    pub fn run_from(&self, first: usize, exec: &Execution, signals: &Signals, stops: Stops) -> Trace {
        let prepared = Prepared::new(self.view(), exec).unwrap();
        let rows = Rows::after_warm_up(first + 1);
        let capital = exec.initial_capital;
        simulate(&Sleeve { prepared: &prepared, signals, stops, rows, capital, close_at_end: false }, exec)
    }
}

/// 1,000 of capital, both sides, no costs, no liquidation.
pub fn plain() -> Execution {
    Execution { initial_capital: 1000.0, side: Side::LongShort, ..Execution::default() }
}

pub fn fee(rate: f64) -> Execution {
    Execution { taker_fee: rate, maker_fee: rate, ..plain() }
}

pub fn positions(p: &[i8]) -> Signals {
    Signals::Positions(p.to_vec())
}

/// Stop, target and trailing stop as decimal texts; "" = off.
pub fn stops(stop: &str, target: &str, trail: &str) -> Stops {
    let decimal = |x: &str| (!x.is_empty()).then(|| x.parse().unwrap());
    Stops { stop_loss: decimal(stop), take_profit: decimal(target), trailing_stop: decimal(trail) }
}

#[track_caller]
pub fn assert_close(got: f64, expected: f64, digits: f64) {
    assert!((got - expected).abs() <= digits, "got {got}, expected {expected}");
}

/// Compares to the eight decimals that the examples print.
#[track_caller]
pub fn assert_equity(trace: &Trace, expected: &[f64]) {
    assert_eq!(trace.equity.len(), expected.len(), "{:?}", trace.equity);
    for (got, expected) in trace.equity.iter().zip(expected) {
        assert!((got - expected).abs() <= 5.1e-9, "got {:?}, expected {expected}", trace.equity);
    }
}
