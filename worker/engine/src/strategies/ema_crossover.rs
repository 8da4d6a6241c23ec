//! Two exponential moving averages that part by more than a threshold.

use super::{BuiltIn, Context, Rule, Series, Strategy, StrategyDef, positions, series, start};
use crate::bars::Bars;
use crate::batch::{Form, Key, Plan, Setting};
use crate::genes::{Constraint, Gene, GeneDef, Genome};
use crate::indicators::{as_f64, ema::ema};
use crate::signals::{Conditions, Signals};

static GENES: [GeneDef; 3] = [
    GeneDef::integer("fast_period", "5", "50", "1", "12")
        .hard("1", "10000")
        .aliases(&["fast_ema_period"])
        .help("Rows in the fast average."),
    GeneDef::integer("slow_period", "20", "200", "1", "26")
        .hard("2", "10000")
        .aliases(&["slow_ema_period"])
        .help("Rows in the slow average."),
    GeneDef::log("trend_filter", "0.00001", "0.02", "0.000001", "0.00001")
        .hard("0", "0.999999")
        .help("Distance of the averages that counts as a trend, as a fraction of the slow one."),
];

const FAST_PERIOD: Gene = Gene::named(&GENES, "fast_period");
const SLOW_PERIOD: Gene = Gene::named(&GENES, "slow_period");
const TREND_FILTER: Gene = Gene::named(&GENES, "trend_filter");

static DEF: StrategyDef = StrategyDef {
    name: "ema_crossover",
    summary: "Follows a fast exponential average once it has left a slow one by a threshold",
    rule: "Long at the first close at which fast > slow x (1 + trend_filter), short at the first at which fast < \
           slow x (1 - trend_filter); flat again when the averages cross back. Warm-up: 3 x the slower period + 1.",
    genes: &GENES,
    constraints: &[Constraint::Ordered { low: "fast_period", high: "slow_period" }],
    batch: Some(batch),
    needs_funding: false,
    needs_volume: false,
    trains: false,
};

/// The strategy `ema_crossover`.
#[derive(Clone, Copy, Debug)]
pub struct EmaCrossover;

/// Columns of the rule.
#[derive(Clone, Debug)]
pub struct Columns {
    /// Fast average of closes in ticks.
    pub fast: Vec<f64>,
    /// Slow average of closes in ticks.
    pub slow: Vec<f64>,
    /// Factor of the slow average that the fast one must exceed: 1 + trend_filter.
    pub above: f64,
    /// Factor of the slow average that the fast one must fall below: 1 - trend_filter.
    pub below: f64,
}

impl Columns {
    /// The columns of a genome.
    pub fn new(bars: &Bars, genome: &Genome) -> Columns {
        let close = as_f64(bars.close);
        let threshold = genome.f64(TREND_FILTER);
        Columns {
            fast: ema(&close, genome.rows(FAST_PERIOD)),
            slow: ema(&close, genome.rows(SLOW_PERIOD)),
            above: 1.0 + threshold,
            below: 1.0 - threshold,
        }
    }

    fn up(&self, t: usize) -> bool {
        self.fast[t] > self.slow[t] * self.above
    }

    fn down(&self, t: usize) -> bool {
        self.fast[t] < self.slow[t] * self.below
    }
}

impl Rule for Columns {
    fn conditions(&self, t: usize) -> Conditions {
        Conditions {
            enter_long: self.up(t) && !self.up(t - 1),
            leave_long: self.fast[t] < self.slow[t],
            enter_short: self.down(t) && !self.down(t - 1),
            leave_short: self.fast[t] > self.slow[t],
        }
    }
}

/// The same rule on series that individuals of a batch share.
fn batch(genome: &Genome, _: &Setting) -> Option<Plan> {
    let theta = genome.f64(TREND_FILTER);
    let keys = [Key::Ema(genome.rows(FAST_PERIOD)), Key::Ema(genome.rows(SLOW_PERIOD))];
    Some(Plan::new(Form::Band, &keys, &[1.0 + theta, 1.0 - theta]))
}

impl BuiltIn for EmaCrossover {
    fn def(&self) -> &'static StrategyDef {
        &DEF
    }
}

impl Strategy for EmaCrossover {
    fn name(&self) -> &str {
        DEF.name
    }

    fn built_in(&self) -> Option<&'static StrategyDef> {
        Some(&DEF)
    }

    /// A seed of the first price weighs less than .3 % after three periods.
    fn warm_up(&self, _: &Bars, _: &[Bars], genome: &Genome) -> usize {
        3 * genome.rows(FAST_PERIOD).max(genome.rows(SLOW_PERIOD)) + 1
    }

    fn signals(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Signals {
        positions(&Columns::new(bars, genome), bars.len(), start(ctx, self.warm_up(bars, ctx.others, genome)))
    }

    fn indicators(&self, bars: &Bars, genome: &Genome, _: Context) -> Vec<Series> {
        let columns = Columns::new(bars, genome);
        let line = |name, x: &[f64]| series(name, bars.len(), 0, |t| x[t] / bars.scale());
        vec![line("fast_ema", &columns.fast), line("slow_ema", &columns.slow)]
    }
}
