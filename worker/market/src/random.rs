//! A geometric random walk with a fixed seed: data of any size for load tests, the same bits on every machine.

use crate::check::{CheckOptions, SymbolReport, finish};
use crate::error::{Error, Result};
use crate::names::{Calendar, Interval};
use crate::publish::{Published, publish};
use crate::series::{MAX_DECIMALS, OwnedSeries, scale};
use crate::series_blocks::SeriesBlocks;
use crate::spill::Spill;
use crate::stamp;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::cmp::Ordering;
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
    /// Mean of one bar's log return.
    pub drift: f64,
    /// Whether the variance clusters (GARCH(1,1)) and shocks have Student's t distribution with 5 degrees of freedom.
    pub garch: bool,
    /// An edge to be found, 0: none. The next bar's return leans by this many standard deviations upwards where the mean of
    /// the last 15 closes is above that of the last 60, and downwards where it is below.
    pub edge: f64,
}

impl RandomWalk {
    /// Parses `bars=525600,seed=7,interval=1m,start=2020-01-01,price=100,volatility=0.0008,decimals=4,symbols=1,drift=0,garch=false,edge=0`;
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
            drift: 0.0,
            garch: false,
            edge: 0.0,
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
                "drift" => walk.drift = number()?,
                "garch" => walk.garch = value.parse().map_err(|_| wrong("is neither true nor false"))?,
                "edge" => walk.edge = number()?,
                _ => {
                    return Err(wrong(
                        "is unknown: use bars, symbols, seed, interval, start, price, volatility, decimals, drift, \
                         garch, edge",
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
        } else if self.drift.is_nan() || self.drift.abs() > self.volatility {
            "drift: at most the volatility, up or down"
        } else if !(0.0..=0.9).contains(&self.edge) {
            "edge: 0 to 0.9 standard deviations of a bar"
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

/// Closes whose means have the order that an edge follows.
const AVERAGES: [usize; 2] = [15, 60];

/// +1 where the mean of the last short closes is above that of the long ones, -1 where it is below, 0 before there are any.
fn order(closes: &[i64]) -> f64 {
    let [short, long] = AVERAGES.map(|n| closes.len().checked_sub(n).map(|from| &closes[from..]));
    let (Some(short), Some(long)) = (short, long) else { return 0.0 };
    let sum = |closes: &[i64]| closes.iter().map(|&c| i128::from(c)).sum::<i128>();
    // Means compared without a division.
    match (sum(short) * AVERAGES[1] as i128).cmp(&(sum(long) * AVERAGES[0] as i128)) {
        Ordering::Greater => 1.0,
        Ordering::Less => -1.0,
        Ordering::Equal => 0.0,
    }
}

/// What the variance of the next bar is multiplied with, and how it changes.
struct Clusters {
    variance: f64,
}

impl Clusters {
    /// Weights of the last shock and of the last variance, about those of daily returns of shares.
    const SHOCK: f64 = 0.08;
    const VARIANCE: f64 = 0.9;

    /// The deviation of the next bar, in those of the walk.
    fn deviation(&self, rng: &mut ChaCha8Rng) -> f64 {
        let square: f64 = (0..5).map(|_| bell(rng)).map(|x| x * x).sum();
        // Student's t with 5 degrees of freedom has the variance 5/3.
        (self.variance * 3.0 / square).sqrt()
    }

    /// Hears the bar's move beyond drift and edge, in deviations of the walk.
    fn hear(&mut self, moved: f64) {
        let rest = 1.0 - Self::SHOCK - Self::VARIANCE;
        self.variance = rest + Self::SHOCK * moved * moved + Self::VARIANCE * self.variance;
    }
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
    let mut clusters = Clusters { variance: 1.0 };
    for _ in 0..n {
        let (open, mut highest, mut lowest) = (log, log, log);
        let mut step = step;
        let lean = if walk.edge > 0.0 { walk.edge * order(&series.close) } else { 0.0 };
        if walk.edge > 0.0 {
            step *= (1.0 - walk.edge * walk.edge).sqrt();
        }
        if walk.garch {
            step *= clusters.deviation(&mut rng);
        }
        let mean = (walk.drift + lean * walk.volatility) / f64::from(STEPS);
        let mut moved = 0.0;
        for _ in 0..STEPS {
            let shock = step * bell(&mut rng);
            moved += shock;
            log += shock + mean;
            // Reflected at both ends of the range.
            if log > limit {
                log = 2.0 * limit - log;
            } else if log < -limit {
                log = -2.0 * limit - log;
            }
            highest = if log > highest { log } else { highest };
            lowest = if log < lowest { log } else { lowest };
        }
        clusters.hear(moved / walk.volatility);
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
    let memory = Spill::memory();
    (0..walk.symbols)
        .map(|index| {
            let series = one(walk, index);
            let report = SymbolReport { symbol: series.symbol.clone(), ..SymbolReport::default() };
            let (series, report) = finish(SeriesBlocks::of(series, &memory)?, &options, report)?;
            Ok((series.into_owned()?, report))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn closes(text: &str) -> Vec<f64> {
        let walk = RandomWalk::parse(text).unwrap();
        one(&walk, 0).close.into_iter().map(|c| c as f64).collect()
    }

    /// Mean and standard deviation of the log returns, and the mean of those that follow the order of the averages.
    fn moments(text: &str) -> [f64; 3] {
        let closes = closes(text);
        let ticks: Vec<i64> = closes.iter().map(|&c| c as i64).collect();
        let returns: Vec<f64> = closes.windows(2).map(|p| libm::log(p[1] / p[0])).collect();
        let n = returns.len() as f64;
        let mean = returns.iter().sum::<f64>() / n;
        let variance = returns.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>() / n;
        let followed = (60..returns.len()).map(|t| order(&ticks[..=t]) * returns[t]).sum::<f64>() / n;
        [mean, variance.sqrt(), followed]
    }

    #[test]
    fn a_walk_has_the_drift_and_the_edge_that_it_was_given_and_no_other() {
        let plain = "bars=40000,volatility=0.01,price=100,decimals=6";
        // Three standard errors of a mean of 40,000 returns.
        let near = |a: f64, b: f64| assert!((a - b).abs() < 0.000_15, "{a} {b}");
        let [mean, deviation, followed] = moments(plain);
        [(mean, 0.0), (deviation, 0.01), (followed, 0.0)].iter().for_each(|&(a, b)| near(a, b));
        let [mean, deviation, followed] = moments(&format!("{plain},edge=0.2"));
        [(mean, 0.0), (deviation, 0.01), (followed, 0.002)].iter().for_each(|&(a, b)| near(a, b));
        let [mean, _, followed] = moments(&format!("{plain},seed=3,drift=0.0001"));
        near(mean, 0.0001);
        assert!(followed.abs() < 0.0003, "{followed}");
    }

    #[test]
    fn clustered_returns_have_the_same_spread_and_fat_tails() {
        let closes = closes("bars=40000,volatility=0.01,price=100,decimals=6,garch=true");
        let returns: Vec<f64> = closes.windows(2).map(|p| libm::log(p[1] / p[0])).collect();
        let n = returns.len() as f64;
        let moment = |k: usize| returns.iter().map(|r| (0..k).fold(1.0, |x, _| x * r)).sum::<f64>() / n;
        assert!((moment(2).sqrt() - 0.01).abs() < 0.002, "{}", moment(2).sqrt());
        assert!(moment(4) / (moment(2) * moment(2)) > 5.0);
    }

    #[test]
    fn what_a_walk_cannot_be_is_refused_by_name() {
        for (text, part) in
            [("drift=1", "drift: "), ("edge=2", "edge: 0 to 0.9"), ("garch=maybe", "true nor false")]
        {
            let error = RandomWalk::parse(&format!("bars=10,{text}")).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
