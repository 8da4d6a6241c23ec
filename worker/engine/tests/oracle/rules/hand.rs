//! Bars that a record writes out.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should fail")]
#![allow(dead_code, reason = "each test file uses its own part")]

use galapagos_engine::bars::Bars;
use serde_json::Value;

/// Bars that a record writes out: four prices, or one for all four.
pub struct Hand {
    time_ms: Vec<i64>,
    prices: [Vec<i64>; 4],
    volume: Option<Vec<f64>>,
    decimals: u8,
}

impl Hand {
    pub fn new(record: &Value) -> Hand {
        assert_eq!(
            (&record["interval"], &record["firstOpen"]),
            (&"1h".into(), &"2024-01-01T00:00:00Z".into())
        );
        let decimals = u8::try_from(record["decimals"].as_u64().unwrap()).unwrap();
        let scale = 10_i64.pow(u32::from(decimals)) as f64;
        let ticks = |x: &Value| (x.as_f64().unwrap() * scale).round() as i64;
        let bars = record["bars"].as_array().unwrap();
        let prices = [0, 1, 2, 3].map(|i| {
            bars.iter().map(|bar| ticks(bar.as_array().map_or(bar, |four| &four[i]))).collect::<Vec<i64>>()
        });
        let volume = record["volumes"].as_array();
        Hand {
            time_ms: (0..bars.len() as i64).map(|t| (1_704_067_200 + 3600 * t) * 1000).collect(),
            prices,
            volume: volume.map(|all| all.iter().map(|v| v.as_f64().unwrap()).collect()),
            decimals,
        }
    }

    pub fn bars(&self) -> Bars<'_> {
        Bars {
            symbol: "HAND",
            decimals: self.decimals,
            interval_ms: 3_600_000,
            time_ms: &self.time_ms,
            open: &self.prices[0],
            high: &self.prices[1],
            low: &self.prices[2],
            close: &self.prices[3],
            volume: self.volume.as_deref(),
            funding: &[],
            signals: None,
        }
    }
}
