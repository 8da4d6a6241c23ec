//! A geometric random walk with a fixed seed: data of any size for load tests, the same bits on every machine.

use crate::check::{CheckOptions, SymbolReport, finish};
use crate::error::{Error, Result};
use crate::names::{Calendar, Interval};
use crate::publish::{Published, publish};
use crate::series::{MAX_DECIMALS, OwnedSeries, scale};
use crate::stamp;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::path::Path;

/// Steps inside a bar; open, high, low and close are the first, highest, lowest and last price of them.
const STEPS: u32 = 8;
/// The price stays inside this many times up or down from its start, so that ticks neither vanish nor overflow.
const RANGE: f64 = 1000.0;

/// A random walk to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomWalk {
    /// Number of bars, at least 2.
    pub bars: usize,
    /// Number of symbols, `RW1`, `RW2`, ...; one alone is `RW`.
    pub symbols: usize,
    /// Seed of the random steps; the same seed gives the same bars.
    pub seed: u64,
    /// Spacing of the bars.
    pub interval: Interval,
    /// First bar, UTC milliseconds.
    pub start_ms: i64,
    /// Price of the first bar.
    pub price: f64,
    /// Standard deviation of one bar's log return.
    pub volatility: f64,
    /// Decimals of a tick.
    pub decimals: u8,
}

impl RandomWalk {
    /// Parses `bars=525600,seed=7,interval=1m,start=2020-01-01,price=100,volatility=0.0008,decimals=4,symbols=1`;
    /// all but `bars` have these defaults.
    ///
    /// # Errors
    /// `Spec` for an unknown key or a value out of range.
    pub fn parse(text: &str) -> Result<Self> {
        let mut walk = Self {
            bars: 0,
            symbols: 1,
            seed: 7,
            interval: Interval::parse("1m")?,
            start_ms: 1_577_836_800_000,
            price: 100.0,
            volatility: 0.0008,
            decimals: 4,
        };
        for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let wrong = |problem: &str| Error::option("random-walk", part, problem);
            let whole = || value.parse::<u64>().map_err(|_| wrong("is no whole number"));
            let number = || value.parse::<f64>().map_err(|_| wrong("is no number"));
            match key {
                "bars" => walk.bars = whole()? as usize,
                "symbols" => walk.symbols = whole()? as usize,
                "seed" => walk.seed = whole()?,
                "interval" => walk.interval = Interval::parse(value)?,
                "start" => {
                    walk.start_ms = stamp::parse(value.as_bytes(), None).map_err(|_| wrong("is no date"))?.ms
                }
                "price" => walk.price = number()?,
                "volatility" => walk.volatility = number()?,
                "decimals" => walk.decimals = whole()?.min(255) as u8,
                _ => {
                    return Err(wrong(
                        "is unknown: use bars, symbols, seed, interval, start, price, volatility, decimals",
                    ));
                }
            }
        }
        walk.check()?;
        Ok(walk)
    }

    fn check(&self) -> Result<()> {
        let ends = i64::try_from(self.bars).ok().and_then(|n| n.checked_mul(self.interval.ms()));
        let in_time =
            ends.and_then(|e| e.checked_add(self.start_ms)).is_some_and(|e| e < 253_402_300_800_000);
        let largest = self.price * RANGE * scale(self.decimals);
        let smallest = self.price / RANGE * scale(self.decimals);
        let decimals = format!("decimals: at most {MAX_DECIMALS}");
        let problem = if self.bars < 2 || !in_time {
            "bars: at least 2, and the last before the year 10000"
        } else if !(1..=1000).contains(&self.symbols) {
            "symbols: 1 to 1000"
        } else if self.decimals > MAX_DECIMALS {
            &decimals
        } else if !(self.volatility > 0.0 && self.volatility <= 0.1) {
            "volatility: above 0, at most 0.1 a bar"
        } else if !(largest < 9e15 && smallest >= 10.0) {
            "price and decimals: a thousandth of the price must be at least 10 ticks, 1000 times it below 9e15 ticks"
        } else {
            return Ok(());
        };
        Err(Error::option("random-walk", format!("{self:?}"), problem))
    }
}

/// A sum of 12 uniform numbers less 6 has mean 0 and variance 1; made of integers, so exact everywhere.
fn bell(rng: &mut ChaCha8Rng) -> f64 {
    let sum: u64 = (0..12).map(|_| rng.next_u64() >> 32).sum();
    (sum as i64 - 6 * (1 << 32)) as f64 / 4_294_967_296.0
}

fn one(walk: &RandomWalk, index: usize) -> OwnedSeries {
    let mut rng = ChaCha8Rng::seed_from_u64(walk.seed);
    rng.set_stream(index as u64);
    let scale = scale(walk.decimals);
    let step = walk.volatility / f64::from(STEPS).sqrt();
    let limit = libm::log(RANGE) * 0.999;
    let price = |log: f64| (walk.price * libm::exp(log) * scale).round() as i64;
    let n = walk.bars;
    let mut series = OwnedSeries {
        symbol: if walk.symbols == 1 { "RW".into() } else { format!("RW{}", index + 1) },
        decimals: walk.decimals,
        interval_ms: walk.interval.ms(),
        time_ms: (0..n as i64).map(|i| walk.start_ms + i * walk.interval.ms()).collect(),
        open: Vec::with_capacity(n),
        high: Vec::with_capacity(n),
        low: Vec::with_capacity(n),
        close: Vec::with_capacity(n),
        volume: Some(Vec::with_capacity(n)),
        ..OwnedSeries::default()
    };
    let mut log = 0.0_f64;
    for _ in 0..n {
        let (open, mut highest, mut lowest) = (log, log, log);
        for _ in 0..STEPS {
            log += step * bell(&mut rng);
            // Reflected at both ends of the range.
            if log > limit {
                log = 2.0 * limit - log;
            } else if log < -limit {
                log = -2.0 * limit - log;
            }
            highest = if log > highest { log } else { highest };
            lowest = if log < lowest { log } else { lowest };
        }
        series.open.push(price(open));
        series.high.push(price(highest));
        series.low.push(price(lowest));
        series.close.push(price(log));
        if let Some(volume) = &mut series.volume {
            volume.push((1000 + rng.next_u64() % 9000) as f64 / 100.0);
        }
    }
    series
}

/// Makes the series of `walk`.
///
/// # Errors
/// `Spec` for values out of range, `Invalid` if the moves add up to more than can be computed exactly.
pub fn random_walk(walk: &RandomWalk) -> Result<Vec<(OwnedSeries, SymbolReport)>> {
    walk.check()?;
    let options = CheckOptions { interval: Some(walk.interval), ..CheckOptions::default() };
    (0..walk.symbols)
        .map(|index| {
            let series = one(walk, index);
            let report = SymbolReport { symbol: series.symbol.clone(), ..SymbolReport::default() };
            finish(series, &options, report)
        })
        .collect()
}

/// Makes the series of `walk` and publishes them as dataset `name` with a continuous calendar.
///
/// # Errors
/// As [`random_walk`] and [`publish`].
pub fn publish_random_walk(
    data_dir: &Path,
    name: &str,
    walk: &RandomWalk,
) -> Result<(Published, Vec<SymbolReport>)> {
    let (series, reports): (Vec<OwnedSeries>, Vec<SymbolReport>) = random_walk(walk)?.into_iter().unzip();
    let rows: Vec<_> = series.iter().map(OwnedSeries::as_series).collect();
    Ok((publish(data_dir, name, walk.interval, Some(Calendar::Continuous), &rows)?, reports))
}
