//! A stack of close, fast and slow average, with a slope.

use super::{BuiltIn, Context, Rule, Series, Strategy, StrategyDef, positions, series, start};
use crate::bars::Bars;
use crate::batch::{Form, Key, Plan, Setting};
use crate::genes::{Constraint, Gene, GeneDef, Genome};
use crate::indicators::sma::{TickSums, compare};
use crate::signals::{Conditions, Signals};

static GENES: [GeneDef; 4] = [
    GeneDef::integer("fast_sma_period", "5", "80", "1", "50")
        .hard("1", "10000")
        .help("Rows in the fast average."),
    GeneDef::integer("slow_sma_period", "20", "300", "1", "200")
        .hard("2", "10000")
        .help("Rows in the slow average."),
    GeneDef::integer("trend_strength_period", "5", "100", "5", "30")
        .hard("1", "10000")
        .help("Rows over which the slope of the slow average is taken."),
    GeneDef::log("filter_sensitivity", "0.00001", "0.05", "0.000001", "0.00001")
        .hard("0", "0.999999")
        .help("Slope of the slow average that counts as a trend, as a fraction over trend_strength_period."),
];

const FAST_SMA_PERIOD: Gene = Gene::named(&GENES, "fast_sma_period");
const SLOW_SMA_PERIOD: Gene = Gene::named(&GENES, "slow_sma_period");
const TREND_STRENGTH_PERIOD: Gene = Gene::named(&GENES, "trend_strength_period");
const FILTER_SENSITIVITY: Gene = Gene::named(&GENES, "filter_sensitivity");

static DEF: StrategyDef = StrategyDef {
    name: "sma_trend_filter",
    summary: "Follows a trend while close, fast and slow average are stacked and the slow one rises",
    rule: "Long when close > fast > slow and the slow average has risen by more than filter_sensitivity over \
           trend_strength_period rows, until the close falls below the slow average; short mirrored. Warm-up: \
           the slower period + trend_strength_period.",
    genes: &GENES,
    constraints: &[Constraint::Ordered { low: "fast_sma_period", high: "slow_sma_period" }],
    batch: Some(batch),
    needs_funding: false,
    needs_volume: false,
    trains: false,
};

/// The strategy `sma_trend_filter`.
#[derive(Clone, Copy, Debug)]
pub struct SmaTrendFilter;

/// Columns of the rule.
#[derive(Clone, Debug)]
pub struct Columns<'a> {
    /// Closing price of each row, in ticks.
    pub close: &'a [i64],
    /// Prefix sums of the closes, in ticks.
    pub sums: TickSums,
    /// Rows in the fast average.
    pub fast: usize,
    /// Rows in the slow average.
    pub slow: usize,
    /// Rows of the slope.
    pub back: usize,
    /// Slope threshold in millionths.
    pub threshold_e6: i64,
}

impl<'a> Columns<'a> {
    /// The columns of a genome.
    pub fn new(bars: &Bars<'a>, genome: &Genome) -> Columns<'a> {
        Columns {
            close: bars.close,
            sums: TickSums::new(bars.close),
            fast: genome.rows(FAST_SMA_PERIOD),
            slow: genome.rows(SLOW_SMA_PERIOD),
            back: genome.rows(TREND_STRENGTH_PERIOD),
            threshold_e6: genome.scaled(FILTER_SENSITIVITY, 6),
        }
    }
}

impl Rule for Columns<'_> {
    fn conditions(&self, t: usize) -> Conditions {
        let (c, f, s) = (self.close[t], self.sums.window(t, self.fast), self.sums.window(t, self.slow));
        let before = i128::from(self.sums.window(t - self.back, self.slow));
        let scaled = 1_000_000 * i128::from(s);
        let (close_fast, close_slow) = (compare(c, 1, f, self.fast), compare(c, 1, s, self.slow));
        let fast_slow = compare(f, self.fast, s, self.slow);
        let rises = scaled > before * i128::from(1_000_000 + self.threshold_e6);
        let falls = scaled < before * i128::from(1_000_000 - self.threshold_e6);
        Conditions {
            enter_long: close_fast.is_gt() && fast_slow.is_gt() && rises,
            leave_long: close_slow.is_lt(),
            enter_short: close_fast.is_lt() && fast_slow.is_lt() && falls,
            leave_short: close_slow.is_gt(),
        }
    }
}

/// The same rule on series that individuals of a batch share.
fn batch(genome: &Genome, setting: &Setting) -> Option<Plan> {
    let (fast, slow, back) =
        (genome.rows(FAST_SMA_PERIOD), genome.rows(SLOW_SMA_PERIOD), genome.rows(TREND_STRENGTH_PERIOD));
    setting.averages(fast, slow)?;
    setting.exact(2e6 * slow as f64)?;
    let theta = genome.scaled(FILTER_SENSITIVITY, 6);
    let keys = [Key::Close, Key::Sum(fast, 0), Key::Sum(slow, 0), Key::SumE6(slow), Key::Sum(slow, back)];
    let x = [(1_000_000 + theta) as f64, (1_000_000 - theta) as f64, fast as f64, slow as f64];
    Some(Plan::new(Form::Trend, &keys, &x))
}

impl BuiltIn for SmaTrendFilter {
    fn def(&self) -> &'static StrategyDef {
        &DEF
    }
}

impl Strategy for SmaTrendFilter {
    fn name(&self) -> &str {
        DEF.name
    }

    fn built_in(&self) -> Option<&'static StrategyDef> {
        Some(&DEF)
    }

    fn warm_up(&self, _: &Bars, _: &[Bars], genome: &Genome) -> usize {
        genome.rows(FAST_SMA_PERIOD).max(genome.rows(SLOW_SMA_PERIOD)) + genome.rows(TREND_STRENGTH_PERIOD)
    }

    fn signals(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Signals {
        positions(&Columns::new(bars, genome), bars.len(), start(ctx, self.warm_up(bars, ctx.others, genome)))
    }

    fn indicators(&self, bars: &Bars, genome: &Genome, _: Context) -> Vec<Series> {
        let Columns { sums, fast, slow, back, .. } = Columns::new(bars, genome);
        let average = |name, n: usize| {
            series(name, bars.len(), n - 1, |t| sums.window(t, n) as f64 / n as f64 / bars.scale())
        };
        let slope = |t: usize| sums.window(t, slow) as f64 / sums.window(t - back, slow) as f64 - 1.0;
        vec![
            average("fast_sma", fast),
            average("slow_sma", slow),
            series("slow_sma_slope", bars.len(), slow + back - 1, slope),
        ]
    }
}
