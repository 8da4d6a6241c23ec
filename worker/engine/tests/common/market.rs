//! Seeded synthetic markets: the same columns on every machine.

#![allow(dead_code, reason = "each test file uses its own part")]

use galapagos_engine::bars::{Bars, FundingStamp};

/// Owned columns of one symbol.
#[derive(Clone, Debug)]
pub struct Market {
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

/// SplitMix64: whole numbers only, so that no platform can differ.
pub struct Draws(pub u64);

impl Draws {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: i64) -> i64 {
        (self.next() % n as u64) as i64
    }

    /// Roughly normal around 0, within +-4 * scale.
    pub fn noise(&mut self, scale: i64) -> i64 {
        (0..4).map(|_| self.below(2 * scale + 1) - scale).sum()
    }
}

impl Market {
    /// An hourly random walk around 1,000.00 whose drift and volatility change every hundred rows or so, with
    /// volume (some rows none) and eight-hourly funding.
    pub fn walk(seed: u64, rows: usize) -> Market {
        Market::from_moves(seed, rows, 100_000, 2)
    }

    /// The same on coarse ticks around 100, where ties are common.
    pub fn coarse(seed: u64, rows: usize) -> Market {
        Market::from_moves(seed, rows, 100, 0)
    }

    /// Every price and volume the same.
    pub fn flat(rows: usize) -> Market {
        let mut market = Market::walk(1, rows);
        for column in [&mut market.open, &mut market.high, &mut market.low, &mut market.close] {
            column.fill(100_000);
        }
        market.volume = Some(vec![7.0; rows]);
        market
    }

    fn from_moves(seed: u64, rows: usize, start: i64, decimals: u8) -> Market {
        let mut draws = Draws(seed);
        let hour = 3_600_000;
        let mut m = Market {
            decimals,
            interval_ms: hour,
            time_ms: (0..rows as i64).map(|t| t * hour).collect(),
            open: vec![],
            high: vec![],
            low: vec![],
            close: vec![],
            volume: Some(vec![]),
            funding: vec![],
        };
        let (mut price, mut drift, mut spread) = (start, 0, 3_000);
        for t in 0..rows as i64 {
            if draws.below(100) == 0 {
                drift = draws.noise(700);
                spread = 500 + draws.below(6_000);
            }
            let mut step = || price_step(price, drift, spread, &mut draws);
            let (open, close) = (price + step() / 8, price + step());
            let (above, below) = (step().abs() / 2, step().abs() / 2);
            m.open.push(open.max(2));
            m.close.push(close.max(2));
            m.high.push(open.max(close).max(2) + above);
            m.low.push((open.min(close) - below).max(1));
            // Pulled back towards the start, so that no walk runs away over thousands of rows.
            price = close.max(2) + (start - close) / 400;
            let quiet = draws.below(40) == 0;
            let volume = if quiet { 0.0 } else { (100 + draws.below(900)) as f64 / 8.0 };
            m.volume.iter_mut().for_each(|v| v.push(volume));
            if t % 8 == 0 {
                let wave = 250_000 - ((t / 8 * 12_000) % 1_000_000 - 500_000).abs();
                m.funding.push(FundingStamp {
                    time_ms: t * hour,
                    rate_e9: wave + draws.noise(20_000),
                    mark: None,
                });
            }
        }
        m
    }

    pub fn bars(&self) -> Bars<'_> {
        Bars {
            symbol: "TEST",
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

    /// The same prices in ticks a tenth the size.
    pub fn finer(&self) -> Market {
        let mut m = self.clone();
        m.decimals += 1;
        for column in [&mut m.open, &mut m.high, &mut m.low, &mut m.close] {
            column.iter_mut().for_each(|x| *x *= 10);
        }
        m
    }

    /// Garbage after row `t`: wild prices, negative volume or none that is a number, wild funding rates.
    pub fn poisoned_after(&self, t: usize) -> Market {
        let mut m = self.clone();
        let mut draws = Draws(t as u64);
        let known = m.time_ms.get(t).map_or(i64::MAX, |x| x + m.interval_ms);
        for row in t + 1..m.time_ms.len() {
            for column in [&mut m.open, &mut m.high, &mut m.low, &mut m.close] {
                column[row] = draws.below(1 << 50) - (1 << 49);
            }
            if let Some(v) = &mut m.volume {
                v[row] = if row % 2 == 0 { f64::NAN } else { -1e300 };
            }
        }
        for stamp in m.funding.iter_mut().filter(|s| s.time_ms > known) {
            stamp.rate_e9 = draws.below(1 << 50) - (1 << 49);
        }
        m
    }
}

fn price_step(price: i64, drift: i64, spread: i64, draws: &mut Draws) -> i64 {
    price * (drift + draws.noise(spread)) / 1_000_000
}
