//! Momentum with an exposure that shrinks as volatility rises.

use super::{BuiltIn, Context, Series, Strategy, StrategyDef, series, start};
use crate::bars::Bars;
use crate::batch::{Form, Key, Plan, Setting};
use crate::genes::{Gene, GeneDef, Genome};
use crate::indicators::moments::ReturnSums;
use crate::signals::Signals;
use crate::sizing::to_volatility;
use std::cmp::Ordering;

static GENES: [GeneDef; 4] = [
    GeneDef::integer("volatility_window", "10", "100", "2", "20")
        .hard("2", "5000")
        .help("Returns in the volatility; the long-run volatility takes five times as many."),
    GeneDef::integer("momentum_window", "5", "200", "1", "60")
        .hard("1", "10000")
        .help("Rows over which the direction of the price is taken."),
    GeneDef::log("target_volatility", "0.02", "1", "0.0001", "0.3195")
        .hard("0.0001", "100")
        .help("Volatility a year that the exposure aims at, as a fraction."),
    GeneDef::real("regime_threshold", "1", "2", "0.05", "1.5")
        .hard("0", "100")
        .help("Stays out while volatility exceeds this multiple of the long-run volatility."),
];

const VOLATILITY_WINDOW: Gene = Gene::named(&GENES, "volatility_window");
const MOMENTUM_WINDOW: Gene = Gene::named(&GENES, "momentum_window");
const TARGET_VOLATILITY: Gene = Gene::named(&GENES, "target_volatility");
const REGIME_THRESHOLD: Gene = Gene::named(&GENES, "regime_threshold");

static DEF: StrategyDef = StrategyDef {
    name: "volatility_scaling",
    summary: "Follows the direction of the price with an exposure of target over actual volatility",
    rule: "Exposure = sign of the price change over momentum_window x min(1, target_volatility / volatility a \
           year); 0 while there is no volatility or it exceeds regime_threshold x the volatility of five windows. \
           Rounded to the exposure step. Warm-up: the longer of 5 x volatility_window and momentum_window, + 1.",
    genes: &GENES,
    constraints: &[],
    batch: Some(batch),
    needs_funding: false,
    needs_volume: false,
    trains: false,
};

/// The strategy `volatility_scaling`.
#[derive(Clone, Copy, Debug)]
pub struct VolatilityScaling;

/// Columns of the rule.
#[derive(Clone, Debug)]
pub struct Columns<'a> {
    /// Closing price of each row, in ticks.
    pub close: &'a [i64],
    /// Exact sums of returns.
    pub sums: ReturnSums,
    /// Returns in the volatility.
    pub window: usize,
    /// Rows of the direction.
    pub momentum: usize,
    /// Target volatility a year.
    pub target: f64,
    /// Multiple of the long-run volatility.
    pub regime: f64,
    /// Square root of bars per year.
    pub annual: f64,
}

impl<'a> Columns<'a> {
    /// The columns of a genome on a calendar.
    pub fn new(bars: &Bars<'a>, genome: &Genome, bars_per_year: f64) -> Columns<'a> {
        Columns {
            close: bars.close,
            sums: ReturnSums::new(bars.close),
            window: genome.rows(VOLATILITY_WINDOW),
            momentum: genome.rows(MOMENTUM_WINDOW),
            target: genome.f64(TARGET_VOLATILITY),
            regime: genome.f64(REGIME_THRESHOLD),
            annual: bars_per_year.sqrt(),
        }
    }

    /// The target exposure at the close of row `t`, unrounded.
    pub fn exposure(&self, t: usize) -> f64 {
        let size = match (self.sums.deviation(t, self.window), self.sums.deviation(t, 5 * self.window)) {
            (Some(short), Some(long)) if short <= self.regime * long => {
                to_volatility(self.target, self.annual * short)
            }
            _ => 0.0,
        };
        match self.close[t].cmp(&self.close[t - self.momentum]) {
            Ordering::Greater => size,
            Ordering::Less => -size,
            Ordering::Equal => 0.0,
        }
    }
}

/// The same rule on series that individuals of a batch share.
fn batch(genome: &Genome, setting: &Setting) -> Option<Plan> {
    let (n, momentum) = (genome.rows(VOLATILITY_WINDOW), genome.rows(MOMENTUM_WINDOW));
    setting.exact(1.0)?;
    setting.weighs(5 * n)?;
    let keys = [Key::Close, Key::CloseBefore(momentum), Key::Deviation(n), Key::Deviation(5 * n)];
    Some(Plan::new(Form::Weighed, &keys, &[genome.f64(REGIME_THRESHOLD), genome.f64(TARGET_VOLATILITY)]))
}

impl BuiltIn for VolatilityScaling {
    fn def(&self) -> &'static StrategyDef {
        &DEF
    }
}

impl Strategy for VolatilityScaling {
    fn name(&self) -> &str {
        DEF.name
    }

    fn built_in(&self) -> Option<&'static StrategyDef> {
        Some(&DEF)
    }

    fn warm_up(&self, _: &Bars, _: &[Bars], genome: &Genome) -> usize {
        (5 * genome.rows(VOLATILITY_WINDOW)).max(genome.rows(MOMENTUM_WINDOW)) + 1
    }

    fn signals(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Signals {
        let columns = Columns::new(bars, genome, ctx.bars_per_year);
        let first = start(ctx, self.warm_up(bars, ctx.others, genome));
        let exposure = (0..bars.len()).map(|t| if t < first { 0.0 } else { columns.exposure(t) }).collect();
        Signals::Exposure(exposure)
    }

    fn indicators(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Vec<Series> {
        let columns = Columns::new(bars, genome, ctx.bars_per_year);
        let volatility = |name, n: usize| {
            series(name, bars.len(), n, |t| columns.annual * columns.sums.deviation(t, n).unwrap_or(0.0))
        };
        let first = start(ctx, self.warm_up(bars, ctx.others, genome));
        vec![
            volatility("volatility", columns.window),
            volatility("long_run_volatility", 5 * columns.window),
            series("exposure", bars.len(), first, |t| columns.exposure(t)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract R9.
    #[test]
    fn sizes_round_to_the_worked_quarters() {
        let rounded = |v: f64| (to_volatility(0.3195, v) * 4.0 + 0.5).floor() / 4.0;
        assert_eq!([0.3, 0.45, 0.55, 1.1].map(rounded), [1.0, 0.75, 0.5, 0.25]);
    }
}
