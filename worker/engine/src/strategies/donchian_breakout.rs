//! Break-outs from the channel of the previous rows.

use super::{BuiltIn, Context, Rule, Series, Strategy, StrategyDef, positions, series, start};
use crate::bars::Bars;
use crate::batch::{Form, Key, Plan, Setting};
use crate::genes::{Constraint, Gene, GeneDef, Genome};
use crate::indicators::channel::{highest, lowest};
use crate::indicators::window_sum::{volume_confirms, window_sum};
use crate::signals::{Conditions, Signals};

static GENES: [GeneDef; 4] = [
    GeneDef::integer("channel_period", "10", "100", "1", "20")
        .hard("1", "10000")
        .help("Rows in the channel whose break opens a position."),
    GeneDef::integer("exit_period", "5", "50", "1", "10")
        .hard("1", "10000")
        .help("Rows in the channel whose break on the other side closes it."),
    GeneDef::log("breakout_threshold", "0.00001", "0.02", "0.000001", "0.00001")
        .hard("0", "0.999999")
        .help("How far beyond the channel the close must lie, as a fraction of the channel's edge."),
    GeneDef::real("volume_confirmation", "0", "3", "0.25", "0")
        .hard("0", "1000")
        .help("Volume of the row must reach this multiple of the mean of the 20 rows before; 0 = off."),
];

const CHANNEL_PERIOD: Gene = Gene::named(&GENES, "channel_period");
const EXIT_PERIOD: Gene = Gene::named(&GENES, "exit_period");
const BREAKOUT_THRESHOLD: Gene = Gene::named(&GENES, "breakout_threshold");
const VOLUME_CONFIRMATION: Gene = Gene::named(&GENES, "volume_confirmation");

static DEF: StrategyDef = StrategyDef {
    name: "donchian_breakout",
    summary: "Follows closes beyond the highest high or lowest low of the previous rows",
    rule: "Long when the close lies above the highest high of the previous channel_period rows by more than the \
           threshold and volume confirms, short mirrored; out when the close breaks the channel of the previous \
           exit_period rows on the other side. Warm-up: the longest of both periods and 20, + 1.",
    genes: &GENES,
    constraints: &[Constraint::Capped {
        gene: "exit_period",
        cap: "channel_period",
        margin: "0",
        when: None,
    }],
    batch: Some(batch),
    needs_funding: false,
    needs_volume: false,
    trains: false,
};

/// The strategy `donchian_breakout`.
#[derive(Clone, Copy, Debug)]
pub struct DonchianBreakout;

/// Columns of the rule; channels end at their row, so the rule reads them one row back.
#[derive(Clone, Debug)]
pub struct Columns<'a> {
    /// Closing price of each row, in ticks.
    pub close: &'a [i64],
    /// Highest high of channel_period rows.
    pub top: Vec<i64>,
    /// Lowest low of channel_period rows.
    pub bottom: Vec<i64>,
    /// Highest high of exit_period rows.
    pub exit_top: Vec<i64>,
    /// Lowest low of exit_period rows.
    pub exit_bottom: Vec<i64>,
    /// The gene `threshold` in millionths.
    pub threshold_e6: i64,
    /// Volumes, their sums of 20 rows and the multiple asked for; `None` = off or no volume in the data (X16).
    pub volume: Option<(&'a [f64], Vec<f64>, f64)>,
}

impl<'a> Columns<'a> {
    /// The columns of a genome.
    pub fn new(bars: &Bars<'a>, genome: &Genome) -> Columns<'a> {
        let (channel, exit, k) =
            (genome.rows(CHANNEL_PERIOD), genome.rows(EXIT_PERIOD), genome.f64(VOLUME_CONFIRMATION));
        Columns {
            close: bars.close,
            top: highest(bars.high, channel),
            bottom: lowest(bars.low, channel),
            exit_top: highest(bars.high, exit),
            exit_bottom: lowest(bars.low, exit),
            threshold_e6: genome.scaled(BREAKOUT_THRESHOLD, 6),
            volume: bars
                .volume
                .filter(|_| k > 0.0 && bars.has_volume())
                .map(|volume| (volume, window_sum(volume, 20), k)),
        }
    }
}

/// Whether `close` lies above `edge` by more than the threshold, in integers (C14).
#[inline]
pub fn beyond_top(close: i64, edge: i64, threshold_e6: i64) -> bool {
    1_000_000 * i128::from(close) > i128::from(edge) * i128::from(1_000_000 + threshold_e6)
}

/// Whether `close` lies below `edge` by more than the threshold, in integers (C14).
#[inline]
pub fn beyond_bottom(close: i64, edge: i64, threshold_e6: i64) -> bool {
    1_000_000 * i128::from(close) < i128::from(edge) * i128::from(1_000_000 - threshold_e6)
}

impl Rule for Columns<'_> {
    fn conditions(&self, t: usize) -> Conditions {
        let c = self.close[t];
        let confirmed = self.volume.as_ref().is_none_or(|(v, sums, k)| volume_confirms(v[t], *k, sums, t));
        Conditions {
            enter_long: beyond_top(c, self.top[t - 1], self.threshold_e6) && confirmed,
            leave_long: c < self.exit_bottom[t - 1],
            enter_short: beyond_bottom(c, self.bottom[t - 1], self.threshold_e6) && confirmed,
            leave_short: c > self.exit_top[t - 1],
        }
    }
}

/// The same rule on series that individuals of a batch share.
fn batch(genome: &Genome, setting: &Setting) -> Option<Plan> {
    setting.exact(2e6)?;
    let (n, exit, theta, k) = (
        genome.rows(CHANNEL_PERIOD),
        genome.rows(EXIT_PERIOD),
        genome.scaled(BREAKOUT_THRESHOLD, 6),
        genome.f64(VOLUME_CONFIRMATION),
    );
    let filtered = k > 0.0 && setting.has_volume();
    let mut keys =
        vec![Key::CloseTimes(1_000_000), Key::Top(n), Key::Bottom(n), Key::Bottom(exit), Key::Close];
    if filtered {
        keys.extend([Key::Volume20, Key::Volume20Before]);
    }
    if setting.shorts {
        keys.push(Key::Top(exit));
    }
    let x = [(1_000_000 + theta) as f64, (1_000_000 - theta) as f64, k];
    Some(Plan::new(Form::Channel, &keys, &x).filtered(filtered).inside(exit <= n))
}

impl BuiltIn for DonchianBreakout {
    fn def(&self) -> &'static StrategyDef {
        &DEF
    }
}

impl Strategy for DonchianBreakout {
    fn name(&self) -> &str {
        DEF.name
    }

    fn built_in(&self) -> Option<&'static StrategyDef> {
        Some(&DEF)
    }

    fn warm_up(&self, _: &Bars, _: &[Bars], genome: &Genome) -> usize {
        genome.rows(CHANNEL_PERIOD).max(genome.rows(EXIT_PERIOD)).max(20) + 1
    }

    fn signals(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Signals {
        positions(&Columns::new(bars, genome), bars.len(), start(ctx, self.warm_up(bars, ctx.others, genome)))
    }

    fn indicators(&self, bars: &Bars, genome: &Genome, _: Context) -> Vec<Series> {
        let columns = Columns::new(bars, genome);
        let before = |name, n: usize, x: &[i64]| {
            series(name, bars.len(), n, |t| x[t.saturating_sub(1)] as f64 / bars.scale())
        };
        let (channel, exit) = (genome.rows(CHANNEL_PERIOD), genome.rows(EXIT_PERIOD));
        vec![
            before("channel_high", channel, &columns.top),
            before("channel_low", channel, &columns.bottom),
            before("exit_high", exit, &columns.exit_top),
            before("exit_low", exit, &columns.exit_bottom),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract C9, C14, R2.
    #[test]
    fn a_close_exactly_at_the_threshold_is_a_tie() {
        assert!(!beyond_top(500_005, 500_000, 10));
        assert!(beyond_top(500_006, 500_000, 10));
        assert!(!beyond_bottom(499_995, 500_000, 10));
        assert!(beyond_bottom(499_994, 500_000, 10));
    }
}
