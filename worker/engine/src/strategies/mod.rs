//! The strategies: one file each, one table of definitions.

use crate::bars::Bars;
use crate::genes::{Constraint, GeneDef, Genome};
use crate::signals::Signals;

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
    /// How it is evaluated.
    pub path: Path,
    /// Needs a funding series (or a constant).
    pub needs_funding: bool,
    /// Needs a volume column.
    pub needs_volume: bool,
    /// Trains a model; left out of `all`.
    pub trains: bool,
}

/// The evaluation path a strategy takes (engine contract 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// Event-driven accounting over latched positions.
    Events,
    /// The same with stops.
    EventsWithStops,
    /// Held bars scanned along time.
    Held,
    /// Per-bar accounts, lanes across individuals.
    Dense,
    /// Scalar, with shared models.
    Scalar,
}

/// What signals need to know besides bars and genome.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// Row of the first decision (W - 1): latches start flat there, refits are counted from it.
    pub first: usize,
    /// Bars per year (B).
    pub bars_per_year: f64,
}

/// A named series for people: one value per row in price or natural units; `None` where undefined.
pub type Series = (String, Vec<Option<f64>>);

/// A family of trading rules.
pub trait Strategy: Send + Sync {
    /// Its definition.
    fn def(&self) -> &'static StrategyDef;

    /// Rows needed before the first decision is the close of row `warm_up - 1`, for these gene values. Called
    /// with the genome's own values, and with the upper bounds of a job (it never falls when a value rises).
    fn warm_up(&self, bars: &Bars, genome: &Genome) -> usize;

    /// The decisions for rows `ctx.first..bars.len()`.
    fn signals(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Signals;

    /// The indicators behind the decisions, for `backtest --bars` and pictures.
    fn indicators(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Vec<Series>;
}
