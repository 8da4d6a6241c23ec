//! Random bars and genomes from a seed, for tests and benchmarks of the batch path.
#![allow(dead_code, missing_docs)]

pub mod own;

use galapagos_engine::bars::{Bars, FundingStamp};
use galapagos_engine::evaluation::{BLOCKS, BlockSum, Evaluation, Metrics};
use galapagos_engine::genes::{Constraint, GeneDef, GeneValue, Genome, Range, Stops};
use galapagos_engine::strategies::BuiltIn;
use rust_decimal::Decimal;

/// A place for an answer.
pub const EMPTY: Evaluation = Evaluation {
    metrics: Metrics::NONE,
    reason: None,
    returns: 0,
    s1: 0,
    s2: 0,
    blocks: [BlockSum { s1: 0, s2: 0 }; BLOCKS],
    open_position: false,
};

/// Seconds this thread has spent on a processor, where the kernel tells: on a busy machine the better measure.
pub fn cpu_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split_whitespace().next()?.parse::<f64>().ok()? / 1e9)
}

/// A small generator (splitmix64): the same numbers everywhere.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// In [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal: twelve uniforms.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// Owned columns of a symbol.
pub struct Data {
    pub symbol: String,
    pub decimals: u8,
    pub interval_ms: i64,
    pub time_ms: Vec<i64>,
    pub open: Vec<i64>,
    pub high: Vec<i64>,
    pub low: Vec<i64>,
    pub close: Vec<i64>,
    pub volume: Option<Vec<f64>>,
    pub funding: Vec<FundingStamp>,
}

impl Data {
    pub fn bars(&self) -> Bars<'_> {
        Bars {
            symbol: &self.symbol,
            decimals: self.decimals,
            interval_ms: self.interval_ms,
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
}

/// How a random walk moves.
#[derive(Clone, Copy)]
pub struct Walk {
    /// Price at the start, in ticks.
    pub start: f64,
    /// Standard deviation of a step, as a fraction.
    pub step: f64,
    /// Share of rows that do not move at all.
    pub flat: f64,
    /// Share of rows without volume; `None` = no volume column.
    pub idle: Option<f64>,
}

/// Minute bars of a geometric random walk.
pub fn walk(name: &str, rows: usize, walk: Walk, rng: &mut Rng) -> Data {
    let mut data = Data {
        symbol: name.to_owned(),
        decimals: 2,
        interval_ms: 60_000,
        time_ms: Vec::new(),
        open: Vec::new(),
        high: Vec::new(),
        low: Vec::new(),
        close: Vec::new(),
        volume: walk.idle.map(|_| Vec::new()),
        funding: Vec::new(),
    };
    let mut price = walk.start;
    let mut quiet = 0;
    for t in 0..rows {
        if quiet == 0 && rng.chance(walk.flat / 20.0) {
            quiet = 1 + rng.below(40);
        }
        let still = quiet > 0;
        quiet -= usize::from(still);
        let mut step = |x: f64| {
            let moved = if still { x } else { x * (1.0 + walk.step * rng.normal()) };
            if moved > 1.0 { moved } else { 1.0 }
        };
        let open = step(price * 0.999 + price * 0.001);
        let (a, b, close) = (step(open), step(open), step(open));
        let ticks = |x: f64| x.round() as i64;
        let (o, c) = (ticks(open), ticks(close));
        data.time_ms.push(1_600_000_020_000 + t as i64 * 60_000);
        data.open.push(o);
        data.close.push(c);
        data.high.push(o.max(c).max(ticks(a)).max(ticks(b)));
        data.low.push(o.min(c).min(ticks(a)).min(ticks(b)));
        if let (Some(volume), Some(idle)) = (&mut data.volume, walk.idle) {
            volume.push(if rng.chance(idle) { 0.0 } else { (rng.unit() * 1e4).round() / 8.0 });
        }
        price = close;
    }
    data
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("definitions hold decimals")
}

/// A value of a gene's default range.
pub fn gene(def: &GeneDef, rng: &mut Rng) -> GeneValue {
    match def.range {
        Range::Linear { min, max, step } => {
            let (min, max, step) = (decimal(min), decimal(max), decimal(step));
            let steps: usize = ((max - min) / step).trunc().to_string().parse().unwrap_or(0);
            GeneValue::Number(min + step * Decimal::from(rng.below(steps + 1)))
        }
        Range::Log { min, max, .. } => {
            let unit = decimal(def.unit.unwrap_or("0.000001"));
            let span: f64 = (decimal(max) / unit).to_string().parse().unwrap_or(1.0);
            let low: f64 = (decimal(min) / unit).to_string().parse().unwrap_or(1.0);
            let value = low * libm::pow(span / low, rng.below(25) as f64 / 24.0);
            GeneValue::Number(Decimal::from(value.round() as i64) * unit)
        }
        Range::Values(values) => GeneValue::Number(decimal(rng.pick(values))),
        Range::Categories(names) => GeneValue::Category(rng.below(names.len()) as u32),
    }
}

/// A random genome of a strategy, in order where its constraints ask for one.
pub fn genome(strategy: &dyn BuiltIn, rng: &mut Rng) -> Genome {
    let def = strategy.def();
    let at = |name: &str| def.genes.iter().position(|g| g.name == name);
    loop {
        let genome =
            Genome { values: def.genes.iter().map(|g| gene(g, rng)).collect(), stops: Stops::default() };
        let ordered = def.constraints.iter().all(|c| match c {
            Constraint::Ordered { low, high } => match (at(low), at(high)) {
                (Some(low), Some(high)) => genome.values[low] < genome.values[high],
                _ => true,
            },
            _ => true,
        });
        if ordered {
            return genome;
        }
    }
}

/// Random stop genes.
pub fn stops(rng: &mut Rng) -> Stops {
    let mut one = |p: f64| rng.chance(p).then(|| Decimal::new(2 + 2 * rng.below(30) as i64, 3));
    Stops { stop_loss: one(0.6), take_profit: one(0.5), trailing_stop: one(0.4) }
}
