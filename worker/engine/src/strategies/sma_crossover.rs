//! Two simple moving averages that cross.

use super::{BuiltIn, Context, Rule, Series, Strategy, StrategyDef, positions, series, start};
use crate::bars::Bars;
use crate::batch::{Form, Key, Plan, Setting};
use crate::genes::{Constraint, Gene, GeneDef, Genome};
use crate::indicators::sma::{TickSums, compare};
use crate::signals::{Conditions, Signals};
use std::cmp::Ordering;

static GENES: [GeneDef; 2] = [
    GeneDef::integer("fast_period", "2", "60", "1", "10")
        .hard("1", "10000")
        .help("Rows in the fast average."),
    GeneDef::integer("slow_period", "5", "200", "1", "30")
        .hard("2", "10000")
        .help("Rows in the slow average."),
];

const FAST_PERIOD: Gene = Gene::named(&GENES, "fast_period");
const SLOW_PERIOD: Gene = Gene::named(&GENES, "slow_period");

static DEF: StrategyDef = StrategyDef {
    name: "sma_crossover",
    summary: "Follows the side on which a fast simple average crosses a slow one",
    rule: "Long when the fast average of closes crosses above the slow one, short when it crosses below; each \
           cross also ends the other side. Warm-up: the slower period + 1.",
    genes: &GENES,
    constraints: &[Constraint::Ordered { low: "fast_period", high: "slow_period" }],
    batch: Some(batch),
    needs_funding: false,
    needs_volume: false,
    trains: false,
};

/// The strategy `sma_crossover`.
#[derive(Clone, Copy, Debug)]
pub struct SmaCrossover;

/// Columns of the rule.
#[derive(Clone, Debug)]
pub struct Columns {
    /// Prefix sums of the closes, in ticks.
    pub sums: TickSums,
    /// Rows in the fast average.
    pub fast: usize,
    /// Rows in the slow average.
    pub slow: usize,
}

impl Columns {
    /// The columns of a genome.
    pub fn new(bars: &Bars, genome: &Genome) -> Columns {
        Columns {
            sums: TickSums::new(bars.close),
            fast: genome.rows(FAST_PERIOD),
            slow: genome.rows(SLOW_PERIOD),
        }
    }

    fn order(&self, t: usize) -> Ordering {
        let (fast, slow) = (self.sums.window(t, self.fast), self.sums.window(t, self.slow));
        compare(fast, self.fast, slow, self.slow)
    }
}

impl Rule for Columns {
    fn conditions(&self, t: usize) -> Conditions {
        let (before, now) = (self.order(t - 1), self.order(t));
        let above = now.is_gt() && before.is_le();
        let below = now.is_lt() && before.is_ge();
        Conditions { enter_long: above, leave_long: below, enter_short: below, leave_short: above }
    }
}

/// The same rule on series that individuals of a batch share.
fn batch(genome: &Genome, setting: &Setting) -> Option<Plan> {
    let (fast, slow) = (genome.rows(FAST_PERIOD), genome.rows(SLOW_PERIOD));
    setting.averages(fast, slow)?;
    let keys = [Key::Sum(fast, 0), Key::Sum(slow, 0)];
    Some(Plan::new(Form::Cross, &keys, &[slow as f64, fast as f64]))
}

impl BuiltIn for SmaCrossover {
    fn def(&self) -> &'static StrategyDef {
        &DEF
    }
}

impl Strategy for SmaCrossover {
    fn name(&self) -> &str {
        DEF.name
    }

    fn built_in(&self) -> Option<&'static StrategyDef> {
        Some(&DEF)
    }

    fn warm_up(&self, _: &Bars, _: &[Bars], genome: &Genome) -> usize {
        genome.rows(FAST_PERIOD).max(genome.rows(SLOW_PERIOD)) + 1
    }

    fn signals(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Signals {
        positions(&Columns::new(bars, genome), bars.len(), start(ctx, self.warm_up(bars, ctx.others, genome)))
    }

    fn indicators(&self, bars: &Bars, genome: &Genome, _: Context) -> Vec<Series> {
        let sums = TickSums::new(bars.close);
        let average = |name, n: usize| {
            let values = sums.averages(n);
            series(name, bars.len(), n - 1, |t| values[t] / bars.scale())
        };
        vec![average("fast_sma", genome.rows(FAST_PERIOD)), average("slow_sma", genome.rows(SLOW_PERIOD))]
    }
}
