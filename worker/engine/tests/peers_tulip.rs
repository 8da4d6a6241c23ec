//! Indicators against the published vectors of Tulip Indicators: 15 bars, three decimals, every row.

use galapagos_engine::indicators::as_f64;
use galapagos_engine::indicators::bollinger::z_scores;
use galapagos_engine::indicators::channel::{highest, lowest};
use galapagos_engine::indicators::ema::ema;
use galapagos_engine::indicators::moments::{ReturnSums, population};
use galapagos_engine::indicators::sma::TickSums;
use galapagos_engine::indicators::stochastic::{percent_d, percent_k};
use galapagos_engine::indicators::vwap::vwap;
use galapagos_engine::indicators::wilder::{atr, rsi, true_range, wilder};
use galapagos_engine::interrupt::Interrupt;

const HIGH: [i64; 15] =
    [8215, 8189, 8303, 8330, 8385, 8390, 8333, 8430, 8484, 8500, 8590, 8658, 8698, 8800, 8787];
const LOW: [i64; 15] =
    [8129, 8064, 8131, 8265, 8307, 8311, 8249, 8230, 8415, 8411, 8403, 8539, 8576, 8717, 8701];
const CLOSE: [i64; 15] =
    [8159, 8106, 8287, 8300, 8361, 8315, 8284, 8399, 8455, 8436, 8553, 8654, 8689, 8777, 8729];
const VOLUME: [f64; 15] = [
    5653100.0, 6447400.0, 7690900.0, 3831400.0, 4455100.0, 3798000.0, 3936200.0, 4732000.0, 4841300.0,
    3915300.0, 6830800.0, 6694100.0, 5293600.0, 7985800.0, 4807900.0,
];

/// Compares the last rows of `got` to the three decimals printed.
#[track_caller]
fn agree(got: &[f64], expected: &str) {
    let expected: Vec<&str> = expected.split(' ').collect();
    let got: Vec<String> = got[got.len() - expected.len()..].iter().map(|x| format!("{x:.3}")).collect();
    assert_eq!(got, expected);
}

/// Ticks are hundredths.
fn prices(ticks: &[f64]) -> Vec<f64> {
    ticks.iter().map(|x| x / 100.0).collect()
}

#[test]
fn averages_are_those_of_tulip() {
    agree(
        &prices(&TickSums::new(&CLOSE).averages(5)),
        "82.426 82.738 83.094 83.318 83.628 83.778 84.254 84.994 85.574 86.218 86.804",
    );
    agree(
        &prices(&ema(&as_f64(&CLOSE), 5)),
        "81.590 81.413 81.899 82.266 82.714 82.859 82.853 83.232 83.671 83.901 84.444 85.143 85.725 86.407 86.701",
    );
    // Tulip's starts with the mean of the first rows, the engine's leaves out row 0 (its inputs are differences).
    let shifted: Vec<f64> = std::iter::once(0.0).chain(as_f64(&CLOSE)).collect();
    agree(
        &prices(&wilder(&shifted, 5)),
        "82.426 82.571 82.625 82.898 83.228 83.455 83.870 84.404 84.901 85.475 85.838",
    );
}

#[test]
fn the_average_weighted_by_volume_is_that_of_tulip() {
    // Tulip weights closes: bars whose three prices are the close have it as their typical price.
    let x = vwap(&CLOSE, &CLOSE, &CLOSE, &VOLUME, 5, Interrupt::NEVER);
    let mean: Vec<f64> = x.mean3.iter().map(|m| m / 300.0).collect();
    agree(&mean, "82.332 82.610 83.070 83.354 83.682 83.822 84.409 85.165 85.698 86.418 86.805");
    let typical: Vec<f64> =
        vwap(&HIGH, &LOW, &CLOSE, &VOLUME, 5, Interrupt::NEVER).typical3.iter().map(|y| y / 300.0).collect();
    agree(
        &typical,
        "81.677 81.197 82.403 82.983 83.510 83.387 82.887 83.530 84.513 84.490 85.153 86.170 86.543 87.647 87.390",
    );
}

#[test]
fn the_relative_strength_index_is_that_of_tulip() {
    agree(&rsi(&as_f64(&CLOSE), 5), "72.034 64.927 75.936 79.796 74.713 83.033 87.478 88.755 91.483 78.498");
}

#[test]
fn ranges_are_those_of_tulip() {
    agree(
        &prices(&true_range(&HIGH, &LOW, &CLOSE)),
        "0.860 1.250 1.970 0.650 0.850 0.790 0.840 2.000 0.850 0.890 1.870 1.190 1.220 1.110 0.860",
    );
    // Tulip's average starts with the range of row 0, which has no close before it; the engine's does not.
    let shifted: Vec<f64> = std::iter::once(0.0).chain(true_range(&HIGH, &LOW, &CLOSE)).collect();
    let average = prices(&wilder(&shifted, 5)[1..]);
    agree(&average, "1.116 1.051 1.009 1.207 1.136 1.086 1.243 1.233 1.230 1.206 1.137");
    let share: Vec<f64> = average.iter().zip(CLOSE).map(|(a, c)| 1e4 * a / c as f64).collect();
    agree(&share, "1.335 1.264 1.218 1.437 1.343 1.288 1.453 1.424 1.416 1.374 1.302");
    let from_row_1 = atr(&HIGH, &LOW, &CLOSE, 5);
    assert_eq!(from_row_1[5], (125.0 + 197.0 + 65.0 + 85.0 + 79.0) / 5.0);
}

#[test]
fn bands_and_deviations_are_those_of_tulip() {
    let (z, mean) = (z_scores(&CLOSE, 5), TickSums::new(&CLOSE).averages(5));
    let band = |k: f64| -> Vec<f64> {
        (4..15).map(|t| (mean[t] + k * (CLOSE[t] as f64 - mean[t]) / z[t]) / 100.0).collect()
    };
    agree(&band(-2.0), "80.530 80.987 82.533 82.472 82.418 82.435 82.511 83.143 83.536 83.870 85.289");
    agree(&band(2.0), "84.322 84.489 83.655 84.164 84.838 85.121 85.997 86.845 87.612 88.566 88.319");
    let close = as_f64(&CLOSE);
    let deviation: Vec<f64> = (4..15).map(|t| population(&close[t - 4..=t]).1).collect();
    agree(&prices(&deviation), "0.948 0.875 0.280 0.423 0.605 0.671 0.871 0.926 1.019 1.174 0.758");
}

#[test]
fn the_volatility_of_returns_is_that_of_tulip() {
    // Tulip divides by the number of returns and has 252 of them a year; the engine's is that of a sample.
    let sums = ReturnSums::new(&CLOSE);
    let yearly: Vec<f64> =
        (5..15).map(|t| sums.deviation(t, 5).unwrap() * (4.0_f64 / 5.0).sqrt() * 252_f64.sqrt()).collect();
    agree(&yearly, "0.167 0.159 0.114 0.116 0.117 0.120 0.097 0.091 0.093 0.111");
}

#[test]
fn channels_and_oscillators_are_those_of_tulip() {
    agree(
        &prices(&as_f64(&highest(&CLOSE, 5))),
        "83.610 83.610 83.610 83.990 84.550 84.550 85.530 86.540 86.890 87.770 87.770",
    );
    agree(
        &prices(&as_f64(&lowest(&CLOSE, 5))),
        "81.060 81.060 82.840 82.840 82.840 82.840 82.840 83.990 84.360 84.360 85.530",
    );
    let k = percent_k(&HIGH, &LOW, &CLOSE, 5);
    let from_above: Vec<f64> = k.iter().map(|k| k - 100.0).collect();
    agree(&from_above, "-7.477 -23.006 -40.927 -15.500 -11.417 -23.704 -10.278 -0.935 -3.051 -5.793 -17.884");
    // The slow oscillator smooths %K before %D: its %K is the engine's %D.
    let slow = percent_d(&k, 5, 3);
    agree(&slow, "77.385 83.126 84.867 88.361 95.246 96.740 91.091");
    agree(&percent_d(&slow, 7, 3), "75.702 78.011 81.793 85.452 89.491 93.449 94.359");
}
