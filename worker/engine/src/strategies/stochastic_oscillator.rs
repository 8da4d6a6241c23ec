//! Crosses of %K and %D inside the extreme zones.

use super::{BuiltIn, Context, Rule, Series, Strategy, StrategyDef, positions, series, start};
use crate::bars::Bars;
use crate::batch::{Form, Key, Plan, Setting};
use crate::genes::{Gene, GeneDef, Genome};
use crate::indicators::stochastic::{percent_d, percent_k};
use crate::signals::{Conditions, Signals};

static GENES: [GeneDef; 4] = [
    GeneDef::integer("k_period", "5", "30", "1", "14")
        .hard("1", "10000")
        .help("Rows in the range of which %K tells the close's place."),
    GeneDef::integer("d_period", "2", "10", "1", "3")
        .hard("1", "10000")
        .help("Values of %K in their mean %D."),
    GeneDef::real("oversold_level", "10", "35", "1", "20")
        .hard("0", "100")
        .help("%D, 0 to 100, below which the market counts as oversold."),
    GeneDef::real("overbought_level", "65", "90", "1", "80")
        .hard("0", "100")
        .help("%D, 0 to 100, above which the market counts as overbought."),
];

const K_PERIOD: Gene = Gene::named(&GENES, "k_period");
const D_PERIOD: Gene = Gene::named(&GENES, "d_period");
const OVERSOLD_LEVEL: Gene = Gene::named(&GENES, "oversold_level");
const OVERBOUGHT_LEVEL: Gene = Gene::named(&GENES, "overbought_level");

static DEF: StrategyDef = StrategyDef {
    name: "stochastic_oscillator",
    summary: "Trades crosses of %K and %D in oversold and overbought zones",
    rule: "Long when %K crosses above %D while %D is oversold, until %D is overbought; short when %K crosses \
           below %D while %D is overbought, until %D is oversold. Warm-up: k_period + d_period.",
    genes: &GENES,
    constraints: &[],
    batch: Some(batch),
    needs_funding: false,
    needs_volume: false,
    trains: false,
};

/// The strategy `stochastic_oscillator`.
#[derive(Clone, Copy, Debug)]
pub struct StochasticOscillator;

/// Columns of the rule.
#[derive(Clone, Debug)]
pub struct Columns {
    /// %K of each row, 0 to 100.
    pub k: Vec<f64>,
    /// %D of each row, 0 to 100.
    pub d: Vec<f64>,
    /// The level below which the market counts as oversold.
    pub oversold: f64,
    /// The level above which the market counts as overbought.
    pub overbought: f64,
}

impl Columns {
    /// The columns of a genome.
    pub fn new(bars: &Bars, genome: &Genome) -> Columns {
        let (n, m) = (genome.rows(K_PERIOD), genome.rows(D_PERIOD));
        let k = percent_k(bars.high, bars.low, bars.close, n);
        let d = percent_d(&k, n, m);
        Columns { k, d, oversold: genome.f64(OVERSOLD_LEVEL), overbought: genome.f64(OVERBOUGHT_LEVEL) }
    }
}

impl Rule for Columns {
    fn conditions(&self, t: usize) -> Conditions {
        let (k1, d1, k, d) = (self.k[t - 1], self.d[t - 1], self.k[t], self.d[t]);
        Conditions {
            enter_long: k > d && k1 <= d1 && d < self.oversold,
            leave_long: d > self.overbought,
            enter_short: k < d && k1 >= d1 && d > self.overbought,
            leave_short: d < self.oversold,
        }
    }
}

/// The same rule on series that individuals of a batch share.
fn batch(genome: &Genome, setting: &Setting) -> Option<Plan> {
    setting.exact(100.0)?;
    let (k, d) = (genome.rows(K_PERIOD), genome.rows(D_PERIOD));
    let keys = [Key::PercentK(k), Key::PercentD(k, d)];
    Some(Plan::new(Form::Oscillator, &keys, &[genome.f64(OVERSOLD_LEVEL), genome.f64(OVERBOUGHT_LEVEL)]))
}

impl BuiltIn for StochasticOscillator {
    fn def(&self) -> &'static StrategyDef {
        &DEF
    }
}

impl Strategy for StochasticOscillator {
    fn name(&self) -> &str {
        DEF.name
    }

    fn built_in(&self) -> Option<&'static StrategyDef> {
        Some(&DEF)
    }

    fn warm_up(&self, _: &Bars, _: &[Bars], genome: &Genome) -> usize {
        genome.rows(K_PERIOD) + genome.rows(D_PERIOD)
    }

    fn signals(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Signals {
        positions(&Columns::new(bars, genome), bars.len(), start(ctx, self.warm_up(bars, ctx.others, genome)))
    }

    fn indicators(&self, bars: &Bars, genome: &Genome, _: Context) -> Vec<Series> {
        let columns = Columns::new(bars, genome);
        let (n, m) = (genome.rows(K_PERIOD), genome.rows(D_PERIOD));
        vec![
            series("percent_k", bars.len(), n - 1, |t| columns.k[t]),
            series("percent_d", bars.len(), n + m - 2, |t| columns.d[t]),
        ]
    }
}
