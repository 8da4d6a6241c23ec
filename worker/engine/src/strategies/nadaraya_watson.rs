//! A causal kernel regression as the trend.

use super::{BuiltIn, Context, Rule, Series, Strategy, StrategyDef, positions, series, start};
use crate::bars::Bars;
use crate::batch::{Form, Key, Plan, Setting};
use crate::genes::{Choice, Gene, GeneDef, Genome};
use crate::indicators::as_f64;
use crate::indicators::kernel::{Kernel, regression};
use crate::interrupt::Interrupt;
use crate::signals::{Conditions, Signals};

static GENES: [GeneDef; 3] = [
    GeneDef::integer("bandwidth", "5", "60", "1", "20")
        .hard("1", "5000")
        .help("Bandwidth of the kernel in rows; the regression reaches back twice as far."),
    GeneDef::category("kernel_type", &["gaussian", "epanechnikov"], "gaussian").help("Shape of the weights."),
    GeneDef::log("trend_threshold", "0.00001", "0.03", "0.000001", "0.001067")
        .hard("0", "0.999999")
        .help("Distance of the close from the regression that opens a position, as a fraction of it."),
];

const BANDWIDTH: Gene = Gene::named(&GENES, "bandwidth");
const GAUSSIAN: Choice = Choice::named(&GENES, "kernel_type", "gaussian");
const TREND_THRESHOLD: Gene = Gene::named(&GENES, "trend_threshold");

static DEF: StrategyDef = StrategyDef {
    name: "nadaraya_watson",
    summary: "Follows closes that leave a kernel regression of the past",
    rule: "Long when the close exceeds the regression by more than trend_threshold, until it falls below the \
           regression; short mirrored. The regression weighs the last 2 x bandwidth closes and nothing later. \
           Warm-up: 2 x bandwidth.",
    genes: &GENES,
    constraints: &[],
    batch: Some(batch),
    needs_funding: false,
    needs_volume: false,
    trains: false,
};

/// The strategy `nadaraya_watson`.
#[derive(Clone, Copy, Debug)]
pub struct NadarayaWatson;

/// Columns of the rule.
#[derive(Clone, Debug)]
pub struct Columns {
    /// Closing price of each row, in ticks.
    pub close: Vec<f64>,
    /// The regression in ticks.
    pub mean: Vec<f64>,
    /// Factor of the regression that the close must exceed: 1 + trend_threshold.
    pub above: f64,
    /// Factor of the regression that the close must fall below: 1 - trend_threshold.
    pub below: f64,
}

fn kernel(genome: &Genome) -> Kernel {
    if genome.chose(GAUSSIAN) { Kernel::Gaussian } else { Kernel::Epanechnikov }
}

impl Columns {
    /// The columns of a genome.
    pub fn new(bars: &Bars, genome: &Genome, interrupt: Interrupt) -> Columns {
        let close = as_f64(bars.close);
        let threshold = genome.f64(TREND_THRESHOLD);
        Columns {
            mean: regression(&close, kernel(genome), genome.rows(BANDWIDTH), interrupt),
            close,
            above: 1.0 + threshold,
            below: 1.0 - threshold,
        }
    }
}

impl Rule for Columns {
    fn conditions(&self, t: usize) -> Conditions {
        let (c, m) = (self.close[t], self.mean[t]);
        Conditions {
            enter_long: c > m * self.above,
            leave_long: c < m,
            enter_short: c < m * self.below,
            leave_short: c > m,
        }
    }
}

/// The same rule on series that individuals of a batch share.
fn batch(genome: &Genome, _: &Setting) -> Option<Plan> {
    let keys = [Key::Close, Key::Regression(kernel(genome), genome.rows(BANDWIDTH))];
    let theta = genome.f64(TREND_THRESHOLD);
    Some(Plan::new(Form::Kernel, &keys, &[1.0 + theta, 1.0 - theta]))
}

impl BuiltIn for NadarayaWatson {
    fn def(&self) -> &'static StrategyDef {
        &DEF
    }
}

impl Strategy for NadarayaWatson {
    fn name(&self) -> &str {
        DEF.name
    }

    fn built_in(&self) -> Option<&'static StrategyDef> {
        Some(&DEF)
    }

    fn warm_up(&self, _: &Bars, _: &[Bars], genome: &Genome) -> usize {
        2 * genome.rows(BANDWIDTH)
    }

    fn signals(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Signals {
        let columns = Columns::new(bars, genome, ctx.interrupt);
        positions(&columns, bars.len(), start(ctx, self.warm_up(bars, ctx.others, genome)))
    }

    fn indicators(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Vec<Series> {
        let columns = Columns::new(bars, genome, ctx.interrupt);
        vec![series("regression", bars.len(), 2 * genome.rows(BANDWIDTH) - 1, |t| {
            columns.mean[t] / bars.scale()
        })]
    }
}
