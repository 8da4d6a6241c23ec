//! How many worthless finds the default gates let pass, and how many real ones: whole jobs on simulated prices, each with
//! its verdict. It ends with 1 if more than 6.5 % of the worthless ones pass or fewer than 85 % of the others.
//!
//! ```text
//! cargo run --release -p galapagos-run --example validate_rate -- [WORTHLESS] [REAL] [SEED]
//! ```

mod jobs;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};

use jobs::{KINDS, Kind};

/// The upper end of what 5 % of 1,000 may look like.
const MOST_WORTHLESS: f64 = 0.065;
const LEAST_REAL: f64 = 0.85;

fn main() -> Result<ExitCode> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<usize>().context(text));
    let worthless = numbers.next().unwrap_or(Ok(1_000))?;
    let real = numbers.next().unwrap_or(Ok(300))?;
    let seed = numbers.next().unwrap_or(Ok(2_026))? as u64;
    let count = |kind: &Kind| if kind.edge { real } else { worthless } * kind.share / 100;
    let plan: Vec<(usize, u64)> = KINDS
        .iter()
        .enumerate()
        .flat_map(|(k, kind)| (0..count(kind) as u64).map(move |i| (k, (seed * 16 + k as u64) * 100_000 + i)))
        .collect();
    let (next, verdicts) = (AtomicUsize::new(0), Mutex::new(vec![None; plan.len()]));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(&(kind, seed)) = plan.get(at) else { return };
                    let verdict = jobs::run(&KINDS[kind], seed).map(|v| (v.validated, v.reason));
                    if at % 50 == 49 {
                        eprintln!("{} of {}", at + 1, plan.len());
                    }
                    if let Ok(mut verdicts) = verdicts.lock() {
                        verdicts[at] =
                            Some(verdict.map_err(|e| format!("{}, seed {seed}: {e:#}", KINDS[kind].name)));
                    }
                }
            });
        }
    });
    let verdicts = verdicts.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let verdicts: Vec<(usize, String, String)> = plan
        .iter()
        .zip(verdicts)
        .map(|(&(kind, _), verdict)| {
            let (validated, reason) =
                verdict.context("a job without a verdict")?.map_err(anyhow::Error::msg)?;
            Ok((kind, validated, reason))
        })
        .collect::<Result<_>>()?;
    Ok(report(&verdicts))
}

/// Prints the table; the exit code says whether both promises are kept.
fn report(verdicts: &[(usize, String, String)]) -> ExitCode {
    println!("{:28} {:>5} {:>9} {:>8}  95 %", "jobs", "", "validated", "share");
    let row = |name: &str, of: &dyn Fn(usize) -> bool| {
        let chosen = verdicts.iter().filter(|v| of(v.0));
        let (n, passed) = chosen.fold((0, 0), |(n, p), v| (n + 1, p + usize::from(v.1 == "True")));
        if n > 0 {
            let [low, high] = wilson(passed, n);
            let share = passed as f64 / n as f64;
            println!(
                "{name:28} {n:5} {passed:9} {:6.1} %  {:.1} to {:.1}",
                share * 100.0,
                low * 100.0,
                high * 100.0
            );
        }
        if n > 0 { passed as f64 / n as f64 } else { f64::NAN }
    };
    for (k, kind) in KINDS.iter().enumerate() {
        row(kind.name, &|v| v == k);
    }
    let worthless = row("all without an edge", &|v| !KINDS[v].edge);
    let real = row("all with one", &|v| KINDS[v].edge);
    let mut reasons = std::collections::BTreeMap::<&str, usize>::new();
    verdicts.iter().filter(|v| v.1 != "True").for_each(|v| *reasons.entry(v.2.as_str()).or_default() += 1);
    println!("others by reason: {reasons:?}");
    let kept = !(worthless > MOST_WORTHLESS || real < LEAST_REAL);
    println!("{}", if kept { "kept" } else { "NOT KEPT: at most 6.5 % and at least 85 %" });
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The 95 % interval of a share (Wilson 1927).
fn wilson(passed: usize, of: usize) -> [f64; 2] {
    let (n, z) = (of as f64, 1.959_964);
    let p = passed as f64 / n;
    let centre = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    [centre - half, centre + half].map(|x| x / (1.0 + z * z / n))
}
