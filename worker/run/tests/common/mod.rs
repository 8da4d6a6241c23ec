//! A small dataset and a small job, made anew for each test.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

pub mod runs;

use std::path::Path;

use galapagos_crds::EvolutionJob;
use galapagos_market::{Interval, OwnedSeries, publish};
use galapagos_run::job::market::Market;
use galapagos_run::job::resolve::ResolvedJob;

/// Daily bars of a random walk with two decimals.
pub fn series(symbol: &str, rows: usize, seed: u64) -> OwnedSeries {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = move |n: i64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n as u64) as i64
    };
    let mut out = OwnedSeries {
        symbol: symbol.to_owned(),
        decimals: 2,
        interval_ms: 86_400_000,
        ..OwnedSeries::default()
    };
    let mut volume = Vec::new();
    let mut price = 10_000;
    for t in 0..rows as i64 {
        let open = price;
        let close = (open + next(301) - 148).max(500);
        out.time_ms.push(t * 86_400_000);
        out.open.push(open);
        out.high.push(open.max(close) + next(80));
        out.low.push(open.min(close) - next(80));
        out.close.push(close);
        volume.push(1000.0 + next(500) as f64);
        price = close;
    }
    out.volume = Some(volume);
    out
}

/// Publishes two symbols as dataset `walk`.
pub fn publish_walk(data: &Path, rows: usize) {
    let all = [series("AAA", rows, 1), series("BBB", rows, 2)];
    let borrowed: Vec<_> = all.iter().map(OwnedSeries::as_series).collect();
    publish(data, "walk", Interval::parse("1d").unwrap(), None, &borrowed).unwrap();
}

/// A manifest with two strategies and these lines below `spec`.
pub fn manifest(more: &str) -> EvolutionJob {
    let text = format!(
        "apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {{name: demo}}
spec:
  marketData: {{dataset: walk, symbols: [AAA], interval: 1d, calendar: {{type: Sessions, barsPerYear: 252}}}}
  strategies:
  - name: sma_crossover
    genes: [{{name: fast_period, min: 2, max: 20}}, {{name: slow_period, min: 5, max: 60}}]
  - name: rsi_filter
    genes: [{{name: rsi_period, min: 5, max: 15}}]
  population: {{size: 20, seed: 7}}
  execution: {{takerFee: \"0.001\", slippage: \"0.0002\"}}
{more}"
    );
    serde_yaml::from_str(&text).unwrap()
}

/// The market and the resolved job of a manifest.
pub fn resolve(data: &Path, manifest: &EvolutionJob) -> (Market, ResolvedJob) {
    let market = Market::of_job(data, &manifest.spec).unwrap();
    let job = ResolvedJob::new(manifest, &market.facts()).unwrap();
    (market, job)
}
