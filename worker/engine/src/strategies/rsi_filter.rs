//! Relative strength index: against its extremes or with them.

use super::{BuiltIn, Context, Rule, Series, Strategy, StrategyDef, positions, series, start};
use crate::bars::Bars;
use crate::batch::{Form, Key, Plan, Setting};
use crate::genes::{Choice, Constraint, Gene, GeneDef, Genome};
use crate::indicators::{as_f64, wilder::rsi};
use crate::signals::{Conditions, Signals};

const WHEN_REVERSION: (&str, &str) = ("operation_mode", "reversion");

static GENES: [GeneDef; 5] = [
    GeneDef::integer("rsi_period", "5", "30", "1", "14")
        .hard("1", "10000")
        .help("Rows in Wilder's averages of gains and losses."),
    GeneDef::real("oversold_threshold", "15", "40", "0.5", "30")
        .hard("0", "100")
        .help("Index, 0 to 100, below which the market counts as oversold."),
    GeneDef::real("overbought_threshold", "60", "85", "0.5", "70")
        .hard("0", "100")
        .help("Index, 0 to 100, above which the market counts as overbought."),
    GeneDef::category("operation_mode", &["reversion", "trend"], "reversion")
        .help("Whether extremes are traded against (reversion) or followed (trend)."),
    GeneDef::real("exit_level", "50", "70", "1", "50")
        .hard("0", "100")
        .help("Reversion only: index at which a long ends; a short ends at 100 minus it."),
];

const RSI_PERIOD: Gene = Gene::named(&GENES, "rsi_period");
const OVERSOLD_THRESHOLD: Gene = Gene::named(&GENES, "oversold_threshold");
const OVERBOUGHT_THRESHOLD: Gene = Gene::named(&GENES, "overbought_threshold");
const REVERSION: Choice = Choice::named(&GENES, "operation_mode", "reversion");
const EXIT_LEVEL: Gene = Gene::named(&GENES, "exit_level");

static DEF: StrategyDef = StrategyDef {
    name: "rsi_filter",
    summary: "Trades the relative strength index against its extremes, or with them",
    rule: "Reversion: long below oversold until the index reaches exit_level, short above overbought until it \
           reaches 100 - exit_level. Trend: long above overbought until 50, short below oversold until 50. \
           Warm-up: 5 x the period + 1.",
    genes: &GENES,
    constraints: &[
        Constraint::ActiveWhen { gene: "exit_level", when: WHEN_REVERSION },
        Constraint::Capped {
            gene: "exit_level",
            cap: "overbought_threshold",
            margin: "5",
            when: Some(WHEN_REVERSION),
        },
    ],
    batch: Some(batch),
    needs_funding: false,
    needs_volume: false,
    trains: false,
};

/// The strategy `rsi_filter`.
#[derive(Clone, Copy, Debug)]
pub struct RsiFilter;

/// Columns of the rule.
#[derive(Clone, Debug)]
pub struct Columns {
    /// Relative strength index of each row, 0 to 100.
    pub rsi: Vec<f64>,
    /// The index below which the market counts as oversold.
    pub oversold: f64,
    /// The index above which the market counts as overbought.
    pub overbought: f64,
    /// Exit level of reversion; `None` in trend mode.
    pub exit: Option<f64>,
}

impl Columns {
    /// The columns of a genome.
    pub fn new(bars: &Bars, genome: &Genome) -> Columns {
        Columns {
            rsi: rsi(&as_f64(bars.close), genome.rows(RSI_PERIOD)),
            oversold: genome.f64(OVERSOLD_THRESHOLD),
            overbought: genome.f64(OVERBOUGHT_THRESHOLD),
            exit: (genome.chose(REVERSION)).then(|| genome.f64(EXIT_LEVEL)),
        }
    }
}

impl Rule for Columns {
    fn conditions(&self, t: usize) -> Conditions {
        let r = self.rsi[t];
        match self.exit {
            Some(exit) => Conditions {
                enter_long: r < self.oversold,
                leave_long: r >= exit,
                enter_short: r > self.overbought,
                leave_short: r <= 100.0 - exit,
            },
            None => Conditions {
                enter_long: r > self.overbought,
                leave_long: r <= 50.0,
                enter_short: r < self.oversold,
                leave_short: r >= 50.0,
            },
        }
    }
}

/// The same rule on series that individuals of a batch share.
fn batch(genome: &Genome, _: &Setting) -> Option<Plan> {
    let keys = [Key::Rsi(genome.rows(RSI_PERIOD))];
    let (oversold, overbought) = (genome.f64(OVERSOLD_THRESHOLD), genome.f64(OVERBOUGHT_THRESHOLD));
    Some(if genome.chose(REVERSION) {
        let exit = genome.f64(EXIT_LEVEL);
        Plan::new(Form::Revert, &keys, &[oversold, overbought, exit, 100.0 - exit])
    } else {
        Plan::new(Form::Follow, &keys, &[overbought, oversold, 50.0, 50.0])
    })
}

impl BuiltIn for RsiFilter {
    fn def(&self) -> &'static StrategyDef {
        &DEF
    }
}

impl Strategy for RsiFilter {
    fn name(&self) -> &str {
        DEF.name
    }

    fn built_in(&self) -> Option<&'static StrategyDef> {
        Some(&DEF)
    }

    fn warm_up(&self, _: &Bars, _: &[Bars], genome: &Genome) -> usize {
        5 * genome.rows(RSI_PERIOD) + 1
    }

    fn signals(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Signals {
        positions(&Columns::new(bars, genome), bars.len(), start(ctx, self.warm_up(bars, ctx.others, genome)))
    }

    fn indicators(&self, bars: &Bars, genome: &Genome, _: Context) -> Vec<Series> {
        let columns = Columns::new(bars, genome);
        vec![series("rsi", bars.len(), genome.rows(RSI_PERIOD), |t| columns.rsi[t])]
    }
}
