//! Numbers of the papers on deflated Sharpe ratios.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]

use galapagos_validation::sharpe::{
    Moments, deflated, expected_best, expected_maximum, minimum_backtest_years, minimum_track_record,
    probabilistic,
};

fn assert_close(got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance, "got {got}, expected {expected}");
}

// Contract H3.
#[test]
fn deflated_sharpe_ratios_are_those_of_the_papers() {
    for (n, expected) in
        [(10, 1.5745983), (45, 2.2356402), (46, 2.2441708), (100, 2.5306028932), (1000, 3.2551215)]
    {
        assert_close(expected_maximum(n), expected, if n == 100 { 5e-11 } else { 5.1e-8 });
    }
    assert_close(expected_best(0.5 / 250.0, 100), 0.1131720, 5.1e-8);
    let year = 250_f64.sqrt();
    let fat = Moments { returns: 1250, skew: -3.0, kurtosis: 10.0 };
    assert_close(deflated(2.5 / year, fat, 0.5 / 250.0, 100).unwrap(), 0.9003968344, 5.1e-11);
    assert_close(deflated(2.5 / year, fat, 0.5 / 250.0, 46).unwrap(), 0.9505017, 5.1e-8);
    let normal = Moments { skew: 0.0, kurtosis: 3.0, ..fat };
    assert_close(deflated(2.5 / year, normal, 0.5 / 250.0, 88).unwrap(), 0.9504908, 5.1e-8);
    assert_close(deflated(2.5 / year, normal, 0.5 / 250.0, 100).unwrap(), 0.9427706, 5.1e-8);
    let sr = 1.585 / 12_f64.sqrt();
    let funds = Moments { returns: 24, skew: -2.448, kurtosis: 10.164 };
    assert_close(probabilistic(sr, 0.0, funds).unwrap(), 0.9132343069, 5.1e-11);
    assert_close(
        probabilistic(sr, 0.0, Moments { skew: 0.0, kurtosis: 3.0, ..funds }).unwrap(),
        0.9815912,
        5.1e-8,
    );
    let hourly = Moments { returns: 6528, skew: -0.4, kurtosis: 9.0 };
    assert_close(deflated(2.41 / 8760_f64.sqrt(), hourly, 0.81 / 8760.0, 38_412).unwrap(), 0.12, 0.005);
    assert_eq!(probabilistic(0.1, 0.0, Moments { returns: 1, skew: 0.0, kurtosis: 3.0 }), None);
}

#[test]
fn minimum_lengths_are_those_of_the_papers() {
    let daily = Moments { returns: 0, skew: 0.0, kurtosis: 3.0 };
    let years = |a: f64, b: f64, per_year: f64, moments| {
        minimum_track_record(a / per_year.sqrt(), b / per_year.sqrt(), moments, 0.95).unwrap() / per_year
    };
    assert_close(years(2.0, 1.0, 250.0, daily), 2.7311878, 5e-3);
    assert_close(years(2.0, 1.0, 52.0, daily), 2.8288336, 5e-3);
    let monthly = Moments { skew: -0.72, kurtosis: 5.78, ..daily };
    assert_close(years(3.0, 2.5, 12.0, monthly), 27.3529202, 5.1e-8);
    assert_close(minimum_backtest_years(45, 1.0), 4.9980870, 5.1e-8);
}
