//! The strategies: one file each, one table of definitions.
//!
//! A rule is a pure function of a row ([`Rule::conditions`]) over columns computed once from bars and genes; the
//! latch of the contract (C10) turns it into positions. The batch path decides its doubtful rows with the same
//! functions.

pub mod atr_stop_loss;
pub mod bollinger_bands;
pub mod donchian_breakout;
pub mod ema_crossover;
pub mod funding_rate_carry;
pub mod ichimoku_cloud;
pub mod learning;
pub mod linear_svc_classifier;
pub mod nadaraya_watson;
pub mod pca_tree_quantile;
mod registry;
pub mod rsi_filter;
pub mod sma_crossover;
pub mod sma_trend_filter;
pub mod stochastic_oscillator;
pub mod volatility_scaling;
pub mod vwap_reversion;

pub use registry::{Found, all, find};

use crate::bars::Bars;
use crate::batch::BatchForm;
use crate::genes::{Constraint, GeneDef, Genome};
use crate::interrupt::Interrupt;
use crate::rules::Own;
use crate::signals::{Conditions, Signals, latch};

/// What a strategy is, as data: for the catalogue, `galapagos strategies` and the search space.
#[derive(Clone, Copy, Debug)]
pub struct StrategyDef {
    /// Name in manifests, snake_case.
    pub name: &'static str,
    /// One line: what it trades.
    pub summary: &'static str,
    /// The rule in words: entries, exits, warm-up.
    pub rule: &'static str,
    /// Its genes, in the order of the genome.
    pub genes: &'static [GeneDef],
    /// Rules between the genes.
    pub constraints: &'static [Constraint],
    /// Its form on series shared within a batch; `None`: each individual is simulated on its own.
    pub(crate) batch: Option<BatchForm>,
    /// Needs a funding series (or a constant).
    pub needs_funding: bool,
    /// Needs a volume column.
    pub needs_volume: bool,
    /// Trains a model; left out of `all`.
    pub trains: bool,
}

impl StrategyDef {
    /// The fastest path its individuals can take.
    pub fn path(&self) -> Path {
        if self.batch.is_some() { Path::Batch } else { Path::Simulator }
    }

    /// Rows between a decision and the close that the labels of its model look at; 0 without a model.
    pub fn label_horizon(&self) -> usize {
        if self.trains { learning::HORIZON } else { 0 }
    }
}

/// The evaluation path of an individual (contract P2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// Series shared with the other individuals of its batch, accounts by events or held rows; where options, genes
    /// or data do not allow it, the simulator.
    Batch,
    /// The simulator, bar by bar.
    Simulator,
}

/// What signals need to know besides bars and genome.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Row of the first decision (W - 1): latches start flat there, refits are counted from it.
    pub first: usize,
    /// Bars per year (B).
    pub bars_per_year: f64,
    /// Bars of the symbols that own strategies look at beside the traded one.
    pub others: &'a [Bars<'a>],
    /// Ends long computations; what they return then means nothing.
    pub interrupt: Interrupt<'a>,
}

/// A named series for people: one value per row in price or natural units; `None` where undefined.
pub type Series = (String, Vec<Option<f64>>);

/// A family of trading rules.
pub trait Strategy: Send + Sync {
    /// Name in manifests and results.
    fn name(&self) -> &str;

    /// What the engine knows of it; `None`: one that a manifest wrote.
    fn built_in(&self) -> Option<&'static StrategyDef> {
        None
    }

    /// The rules of one that a manifest wrote.
    fn own(&self) -> Option<&Own> {
        None
    }

    /// Rows needed before the first decision is the close of row `warm_up - 1`, for these gene values. Called
    /// with the genome's own values, and with the upper bounds of a job (it never falls when a value rises).
    fn warm_up(&self, bars: &Bars, others: &[Bars], genome: &Genome) -> usize;

    /// The decisions for rows `ctx.first..bars.len()`.
    fn signals(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Signals;

    /// The indicators behind the decisions, for `backtest --bars` and pictures.
    fn indicators(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Vec<Series>;
}

/// A strategy of the catalogue.
pub trait BuiltIn: Strategy {
    /// Name, genes and documentation of the strategy.
    fn def(&self) -> &'static StrategyDef;
}

/// A latched rule, row by row.
pub trait Rule {
    /// The conditions at the close of row `t`; `t` is at least the strategy's own warm-up - 1.
    fn conditions(&self, t: usize) -> Conditions;
}

/// The latched positions of a rule over `rows` rows: flat before row `start`, decided from there on.
pub fn positions(rule: &impl Rule, rows: usize, start: usize) -> Signals {
    let mut out = vec![0; rows];
    let mut target = 0;
    for (t, row) in out.iter_mut().enumerate().skip(start) {
        target = latch(target, rule.conditions(t));
        *row = target;
    }
    Signals::Positions(out)
}

/// The row of the first decision: that of the context, but never inside the genome's own warm-up.
pub(crate) fn start(ctx: Context, warm_up: usize) -> usize {
    ctx.first.max(warm_up.saturating_sub(1))
}

/// A series for people from a function of the row, defined from row `from`; a value that is not finite is absent.
pub(crate) fn series(name: &str, rows: usize, from: usize, value: impl Fn(usize) -> f64) -> Series {
    let values = (0..rows).map(|t| (t >= from).then(|| value(t)).filter(|x| x.is_finite())).collect();
    (name.to_owned(), values)
}
