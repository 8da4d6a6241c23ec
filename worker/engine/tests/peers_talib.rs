//! Indicators against the regression tests of TA-Lib's C library, on its own 252 daily bars.
//!
//! `tests/data/talib-252.csv` holds the bars. TA-Lib itself compares with a tolerance of .01; here every number
//! must agree to the last digit printed, which some of its tables round and others cut off. Row numbers are rows of
//! the bars. Not taken over: RSI and stochastic of a window without moves, 0 in TA-Lib, 50 here, because 0 would call
//! a halted market oversold.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

use galapagos_engine::bars::Bars;
use galapagos_engine::genes::Genome;
use galapagos_engine::indicators::as_f64;
use galapagos_engine::indicators::bollinger::z_scores;
use galapagos_engine::indicators::channel::{highest, lowest};
use galapagos_engine::indicators::ema::ema;
use galapagos_engine::indicators::moments::population;
use galapagos_engine::indicators::sma::TickSums;
use galapagos_engine::indicators::stochastic::{percent_d, percent_k};
use galapagos_engine::indicators::wilder::{atr, rsi, true_range};
use galapagos_engine::interrupt::Interrupt;
use galapagos_engine::strategies::{self, Context};

/// Ticks of a thousandth.
const SCALE: f64 = 1000.0;
const LAST: usize = 251;

struct Columns {
    open: Vec<i64>,
    high: Vec<i64>,
    low: Vec<i64>,
    close: Vec<i64>,
}

fn columns() -> Columns {
    let text = include_str!("data/talib-252.csv");
    let rows: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).skip(1).collect();
    // All prices have three decimals, so their digits are the ticks.
    let column = |i: usize| -> Vec<i64> {
        rows.iter().map(|row| row.split(',').nth(i).unwrap().replace('.', "").parse().unwrap()).collect()
    };
    let all = Columns { open: column(0), high: column(1), low: column(2), close: column(3) };
    assert_eq!(all.close.len(), LAST + 1);
    all
}

/// Compares to the digits of `expected`: less than one unit of the last one.
#[track_caller]
fn agrees(got: f64, expected: &str) {
    let digits = expected.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let unit = 1.0 / 10_i64.pow(digits as u32) as f64;
    let value: f64 = expected.parse().unwrap();
    assert!((got - value).abs() < unit, "got {got}, expected {expected}");
}

#[test]
fn simple_averages_are_those_of_talib() {
    let close = columns().close;
    let sums = TickSums::new(&close);
    let sma = |n: usize| -> Vec<f64> { sums.averages(n).iter().map(|x| x / SCALE).collect() };
    let of_30 = sma(30);
    for (row, expected) in
        [(29, "90.42"), (30, "90.21"), (31, "89.96"), (58, "87.12"), (250, "107.95"), (LAST, "108.42")]
    {
        agrees(of_30[row], expected);
    }
    let of_2 = sma(2);
    for (row, expected) in [(1, "93.15"), (2, "94.59"), (3, "94.73"), (LAST, "108.31")] {
        agrees(of_2[row], expected);
    }
}

/// TA-Lib's own default starts with the average of the first rows; its Metastock mode starts with the first
/// value, as the engine does.
#[test]
fn exponential_averages_are_those_of_talib_in_both_of_its_modes() {
    let close = as_f64(&columns().close);
    let from_first = ema(&close, 10);
    for (row, expected) in [(10, "93.24"), (11, "93.97"), (30, "86.23"), (LAST, "108.97")] {
        agrees(from_first[row] / SCALE, expected);
    }
    let mean = close[..10].iter().sum::<f64>() / 10.0;
    let seeded: Vec<f64> = std::iter::once(mean).chain(close[10..].iter().copied()).collect();
    let from_mean = ema(&seeded, 10);
    for (row, expected) in [(9, "93.22"), (10, "93.75"), (29, "86.46"), (LAST, "108.97")] {
        agrees(from_mean[row - 9] / SCALE, expected);
    }
}

#[test]
fn the_relative_strength_index_is_that_of_talib() {
    let r = rsi(&as_f64(&columns().close), 14);
    for (row, expected) in [(14, "49.14"), (15, "52.32"), (16, "46.07"), (LAST, "49.63")] {
        agrees(r[row], expected);
    }
}

/// Closes of 2.4e-7, on which TA-Lib's Python wrapper once answered 0 (its issue 157), and what it answered for the
/// same closes x 100,000: small prices are not small moves.
#[test]
fn the_relative_strength_index_does_not_depend_on_the_size_of_prices() {
    let ticks = [24, 24, 24, 24, 24, 23, 24, 24, 24, 24, 23, 24, 23, 24, 23, 24, 24, 23, 23, 23];
    let expected = [
        "33.33333333",
        "51.35135135",
        "39.49191686",
        "51.84807025",
        "42.25953803",
        "52.10182441",
        "52.10182441",
        "43.04366487",
        "43.04366487",
        "43.04366487",
    ];
    let as_ticks = rsi(&as_f64(&ticks), 10);
    let as_prices = rsi(&as_f64(&ticks).iter().map(|x| x / 1e8).collect::<Vec<_>>(), 10);
    for (row, expected) in (10..20).zip(expected) {
        agrees(as_ticks[row], expected);
        agrees(as_prices[row], expected);
    }
}

#[test]
fn bollinger_bands_are_those_of_talib() {
    let Columns { open, high, low, close } = columns();
    let z = z_scores(&close, 20)[19];
    let mean = TickSums::new(&close).averages(20)[19] / SCALE;
    let deviation = (close[19] as f64 / SCALE - mean) / z;
    let expected = ["87.7086", "92.8910", "98.0734"];
    for (got, expected) in [mean - 2.0 * deviation, mean, mean + 2.0 * deviation].iter().zip(expected) {
        agrees(*got, expected);
    }
    let times: Vec<i64> = (0..252).map(|t| t * 86_400_000).collect();
    let bars = Bars {
        symbol: "X",
        decimals: 3,
        interval_ms: 86_400_000,
        time_ms: &times,
        open: &open,
        high: &high,
        low: &low,
        close: &close,
        volume: None,
        funding: &[],
        signals: None,
    };
    let strategy = strategies::find("bollinger_bands").unwrap().strategy;
    let genome = Genome::from_pairs(strategy.def(), &[("lookback_period", "20")]).unwrap();
    let shown = strategy.indicators(
        &bars,
        &genome,
        Context { first: 19, bars_per_year: 252.0, others: &[], interrupt: Interrupt::NEVER },
    );
    for (name, expected) in ["lower_band", "middle_band", "upper_band"].iter().zip(expected) {
        let (_, values) = shown.iter().find(|(n, _)| n == name).unwrap();
        agrees(values[19].unwrap(), expected);
    }
}

#[test]
fn standard_deviations_are_those_of_talib() {
    let close = as_f64(&columns().close);
    let deviation = |row: usize| population(&close[row - 4..=row]).1 / SCALE;
    for (row, expected) in [(4, "1.2856"), (5, "0.4462"), (LAST, "0.7144")] {
        agrees(deviation(row), expected);
    }
}

#[test]
fn ranges_are_those_of_talib() {
    let Columns { high, low, close, .. } = columns();
    let range = true_range(&high, &low, &close);
    for (row, expected) in [(1, "3.535"), (13, "9.685"), (41, "5.125"), (LAST, "2.88")] {
        agrees(range[row] / SCALE, expected);
    }
    let average = atr(&high, &low, &close, 14);
    for (row, expected) in [
        (14, "3.578"),
        (15, "3.4876"),
        (16, "3.55"),
        (26, "3.245"),
        (27, "3.394"),
        (28, "3.413"),
        (LAST, "3.26"),
    ] {
        agrees(average[row] / SCALE, expected);
    }
    for (row, expected) in [(14, "3.9321"), (15, "3.7576"), (LAST, "3.0229")] {
        agrees(100.0 * average[row] / close[row] as f64, expected);
    }
}

#[test]
fn channels_are_those_of_talib_bit_by_bit() {
    let Columns { open, high, low, .. } = columns();
    for (n, row, upper, middle, lower) in [
        (20, 19, 99.625, 93.1875, 86.75),
        (20, 100, 123.0, 112.36, 101.72),
        (20, 251, 122.12, 113.31, 104.5),
        (5, 4, 96.375, 93.5625, 90.75),
        (5, 100, 118.315, 114.4075, 110.5),
        (5, 251, 110.75, 108.685, 106.62),
        (2, 1, 94.94, 92.845, 90.75),
        (3, 3, 96.375, 93.89, 91.405),
        (7, 8, 96.375, 92.9075, 89.44),
        (10, 175, 137.69, 130.28, 122.87),
        (10, 200, 122.75, 113.31, 103.87),
        (20, 21, 99.625, 93.0775, 86.53),
    ] {
        let (top, bottom) = (highest(&high, n)[row] as f64 / SCALE, lowest(&low, n)[row] as f64 / SCALE);
        assert_eq!((top, 0.5 * (bottom + top), bottom), (upper, middle, lower), "{n} rows at {row}");
    }
    let (min, max) = (lowest(&open, 14), highest(&open, 14));
    assert_eq!((min[13], min[17], min[LAST]), (91_125, 89_750, 107_750));
    assert_eq!((max[13], max[17], max[LAST]), (98_815, 98_815, 110_690));
}

#[test]
fn oscillators_are_those_of_talib() {
    let Columns { high, low, close, .. } = columns();
    // Williams %R is %K seen from above.
    let k = percent_k(&high, &low, &close, 14);
    for (row, expected) in [
        (13, "-90.1943"),
        (14, "-66.9903"),
        (24, "-89.2857"),
        (25, "-97.2602"),
        (26, "-71.5482"),
        (125, "0.0"),
        (LAST, "-59.1515"),
    ] {
        agrees(k[row] - 100.0, expected);
    }
    // The slow oscillator smooths %K before %D: its %K is the engine's %D.
    let slow = percent_d(&percent_k(&high, &low, &close, 5), 5, 3);
    let (of_3, of_4) = (percent_d(&slow, 7, 3), percent_d(&slow, 7, 4));
    // TA-Lib's table says 24.0128 for the first; TA-Lib itself answers 24.012183760 (run: 0.8.2), as exact arithmetic
    // does.
    for (row, expected) in [(8, "24.012183760"), (9, "38.139"), (LAST, "30.194")] {
        agrees(slow[row], expected);
    }
    for (row, expected) in [(8, "36.254"), (LAST, "43.69")] {
        agrees(of_3[row], expected);
    }
    for (row, expected) in [(9, "36.725"), (LAST, "46.641")] {
        agrees(of_4[row], expected);
    }
}
