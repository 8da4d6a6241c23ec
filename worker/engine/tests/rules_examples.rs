//! The worked examples of the language, computed by hand.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

mod common;
mod naive;

use galapagos_engine::bars::Bars;
use galapagos_engine::graph::{Columns, Market, Plan};
use galapagos_engine::interrupt::Interrupt;
use galapagos_rules::Genome;
use naive::setting::checked;

const HOUR: i64 = 3_600_000;

/// Hourly bars with no decimals, from 1970-01-01 00:00 on.
struct Made {
    decimals: u8,
    time: Vec<i64>,
    prices: [Vec<i64>; 4],
}

impl Made {
    /// Bars whose four prices are the same, at these hours.
    fn flat(hours: &[i64], closes: &[i64]) -> Made {
        let time = hours.iter().map(|hour| hour * HOUR).collect();
        Made { decimals: 0, time, prices: std::array::from_fn(|_| closes.to_vec()) }
    }

    fn hourly(closes: &[i64]) -> Made {
        Made::flat(&(0..closes.len() as i64).collect::<Vec<i64>>(), closes)
    }

    fn columns(&self, text: &str) -> (Columns, galapagos_engine::graph::Slot) {
        let [open, high, low, close] = &self.prices;
        let bars = Bars {
            symbol: "A",
            decimals: self.decimals,
            interval_ms: HOUR,
            time_ms: &self.time,
            open,
            high,
            low,
            close,
            volume: None,
            funding: &[],
            signals: None,
        };
        let mut plan = Plan::new(self.decimals, Vec::new());
        let tree = checked(text).unwrap_or_else(|| panic!("{text} is refused"));
        let slot = plan.add(&tree, &Genome::new()).unwrap();
        (Columns::compute(&plan, &Market::alone(bars), Interrupt::NEVER), slot)
    }

    /// Numbers as they are held; na is None.
    fn numbers(&self, text: &str) -> Vec<Option<f64>> {
        let (columns, slot) = self.columns(text);
        columns.numbers(slot).iter().map(|&x| Some(x).filter(|x| !x.is_nan())).collect()
    }

    /// Conditions as `1`, `0` and `-` for na.
    fn conditions(&self, text: &str) -> String {
        let (columns, slot) = self.columns(text);
        let code = |t| columns.conditions(slot).truth(t).map_or('-', |truth| if truth { '1' } else { '0' });
        (0..self.time.len()).map(code).collect()
    }
}

fn some(all: &[f64]) -> Vec<Option<f64>> {
    all.iter().map(|&x| Some(x).filter(|x| !x.is_nan())).collect()
}

const NA: f64 = f64::NAN;
const UP: [i64; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

// Contract D7.
#[test]
fn a_row_sees_the_last_bar_of_a_timeframe_whose_end_has_passed() {
    let full = Made::hourly(&UP);
    assert_eq!(full.numbers("on(4h, close)"), some(&[NA, NA, NA, 4.0, 4.0, 4.0, 4.0, 8.0]));
    assert_eq!(full.numbers("on(4h, close[1])"), some(&[NA, NA, NA, NA, NA, NA, NA, 4.0]));
    assert_eq!(full.numbers("on(4h, open)"), some(&[NA, NA, NA, 1.0, 1.0, 1.0, 1.0, 5.0]));
    // The row of 04:00 sees the bar that ended at 04:00, whose last row is that of 02:00.
    let holed = Made::flat(&[0, 1, 2, 4, 5, 6, 7], &[1, 2, 3, 5, 6, 7, 8]);
    assert_eq!(holed.numbers("on(4h, close)"), some(&[NA, NA, NA, 3.0, 3.0, 3.0, 8.0]));
}

// Contract D3.
#[test]
fn what_is_unknown_decides_nothing_and_what_is_known_may_decide_alone() {
    let up = Made::hourly(&UP);
    assert_eq!(up.conditions("not (close[2] > 3)"), "--111000");
    assert_eq!(up.conditions("close[2] > 3 and close < 0"), "00000000");
    assert_eq!(up.conditions("close[2] > 3 or close > 0"), "11111111");
    assert_eq!(up.conditions("iff(close[2] > 3, new_day, close > 0)"), "--111000");
    assert_eq!(up.conditions("is_na(close[2])"), "11000000");
    assert_eq!(up.numbers("close[6] or_else 0"), some(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0]));
    let sides = up.numbers("log(close - 3)");
    assert_eq!(sides[..4], [None, None, None, Some(0.0)]);
    assert_eq!(up.numbers("1 / (close - 2)")[1], None);
    assert_eq!(up.numbers("sqrt(num(close) - 2)")[..2], [None, Some(0.0)]);
}

// Contract D4.
#[test]
fn exact_numbers_are_compared_without_rounding() {
    assert_eq!(Made::hourly(&[1, 2, 2]).conditions("sma(close, 2) > sma(close, 3)"), "--1");
    assert_eq!(Made::hourly(&[2, 2, 2]).conditions("sma(close, 2) > sma(close, 3)"), "--0");
    assert_eq!(Made::hourly(&[2, 2, 2]).conditions("sma(close, 2) == sma(close, 3)"), "--1");
    let cents = Made { decimals: 2, ..Made::hourly(&[4_999, 5_000, 5_001]) };
    assert_eq!(cents.conditions("close > 50"), "001");
    assert_eq!(cents.conditions("close >= 50"), "011");
    assert_eq!(cents.conditions("close == 50"), "010");
    assert_eq!(cents.conditions("close < 50.005"), "110");
    assert_eq!(cents.conditions("close == 50.005"), "000");
    assert_eq!(cents.conditions("hl2 / 3 <= 16.67"), "111");
    assert_eq!(cents.conditions("-50 < -close"), "100");
    // Ticks below 2^47, large enough that f64 could not tell these apart.
    let most = (1 << 47) - 1;
    let large = Made::hourly(&[most, most - 1]);
    assert_eq!(large.conditions("sum(close, 1) * 2147483647 > (close - 1) * 2147483647"), "11");
    assert_eq!(large.conditions("close * 2147483647 * 128 / 7 > (close * 2147483647 * 128 - 0.5) / 7"), "11");
}

// Contract D5.
#[test]
fn a_scan_carries_its_value() {
    let expected = [1.0, 1.5, 2.25, 3.125, 4.0625, 5.03125, 6.015625, 7.0078125];
    assert_eq!(Made::hourly(&UP).numbers("scan(close, self + 0.5 * (close - self))"), some(&expected));
    // A body that is na keeps it; it begins where the first value is there.
    assert_eq!(
        Made::hourly(&UP).numbers("scan(close[2], self + iff(close > 6, close[20], 1))"),
        some(&[NA, NA, 1.0, 2.0, 3.0, 4.0, 4.0, 4.0]),
    );
}

// Contract D5.
#[test]
fn a_supertrend_follows_the_price_and_turns() {
    let rows = [
        [100, 110, 90, 105],
        [105, 120, 100, 115],
        [115, 130, 110, 125],
        [125, 126, 100, 102],
        [102, 105, 80, 82],
        [82, 90, 75, 88],
        [88, 110, 87, 109],
        [109, 120, 105, 118],
    ];
    let bars = Made { prices: std::array::from_fn(|i| rows.map(|r| r[i]).to_vec()), ..Made::hourly(&UP) };
    let value = some(&[NA, NA, 100.0, 100.0, 116.5, 102.0, 77.25, 94.375]);
    assert_eq!(bars.numbers("supertrend(2, 1).value"), value);
    assert_eq!(bars.numbers("supertrend(2, 1).side"), some(&[NA, NA, 1.0, 1.0, -1.0, -1.0, 1.0, 1.0]));
}

// Contract D5.
#[test]
fn windows_of_conditions_and_what_was_last_true() {
    let saw = Made::hourly(&[1, 3, 2, 2, 5, 4, 4, 9]);
    assert_eq!(saw.conditions("rising(close)"), "-1001001");
    assert_eq!(saw.conditions("any(rising(close), 2)"), "-1101101");
    assert_eq!(saw.conditions("all(close > 1, 3)"), "--011111");
    assert_eq!(saw.numbers("count(rising(close), 3)"), some(&[NA, NA, NA, 1.0, 1.0, 1.0, 1.0, 1.0]));
    assert_eq!(saw.numbers("bars_since(rising(close))"), some(&[NA, 0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 0.0]));
    assert_eq!(
        saw.numbers("value_when(falling(close), close)"),
        some(&[NA, NA, 2.0, 2.0, 2.0, 4.0, 4.0, 4.0])
    );
    assert_eq!(
        saw.numbers("highest_since(falling(close), close)"),
        some(&[NA, NA, 2.0, 2.0, 5.0, 4.0, 4.0, 9.0])
    );
    assert_eq!(saw.conditions("cross_up(close, 3)"), "00001000");
    assert_eq!(
        saw.numbers("step(close, 2, 10, 4, 20)"),
        some(&[NA, 10.0, 10.0, 10.0, 20.0, 20.0, 20.0, 20.0])
    );
}
