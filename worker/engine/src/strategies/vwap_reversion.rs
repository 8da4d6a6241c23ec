//! Reversion to the volume-weighted average price.

use super::{BuiltIn, Context, Rule, Series, Strategy, StrategyDef, positions, series, start};
use crate::bars::Bars;
use crate::batch::{Form, Key, Plan, Setting};
use crate::genes::{Gene, GeneDef, Genome};
use crate::indicators::vwap::{Vwap, vwap};
use crate::indicators::window_sum::{volume_confirms, window_sum};
use crate::interrupt::Interrupt;
use crate::signals::{Conditions, Signals};
use std::borrow::Cow;

static GENES: [GeneDef; 4] = [
    GeneDef::integer("vwap_period", "10", "200", "5", "50")
        .hard("2", "10000")
        .help("Rows in the volume-weighted average."),
    GeneDef::real("deviation_multiplier", "0.5", "2.5", "0.1", "1.5")
        .hard("0.01", "100")
        .help("Distance from the average that opens a position, in weighted standard deviations."),
    GeneDef::real("reversion_threshold", "0", "1", "0.05", "0.25")
        .hard("0", "100")
        .help("Distance from the average at which the position ends, in weighted standard deviations."),
    GeneDef::real("volume_confirmation", "0", "2.5", "0.25", "0")
        .hard("0", "1000")
        .help("Volume of the row must reach this multiple of the mean of the 20 rows before; 0 = off."),
];

const VWAP_PERIOD: Gene = Gene::named(&GENES, "vwap_period");
const DEVIATION_MULTIPLIER: Gene = Gene::named(&GENES, "deviation_multiplier");
const REVERSION_THRESHOLD: Gene = Gene::named(&GENES, "reversion_threshold");
const VOLUME_CONFIRMATION: Gene = Gene::named(&GENES, "volume_confirmation");

static DEF: StrategyDef = StrategyDef {
    name: "vwap_reversion",
    summary: "Trades back towards the volume-weighted average price",
    rule: "Long when the close lies more than deviation_multiplier deviations below the average, rises and volume \
           confirms, until it is within reversion_threshold below it; short mirrored. Nothing is decided while \
           the window has no volume or no spread. Warm-up: vwap_period + 21.",
    genes: &GENES,
    constraints: &[],
    batch: Some(batch),
    needs_funding: false,
    needs_volume: true,
    trains: false,
};

/// The strategy `vwap_reversion`.
#[derive(Clone, Copy, Debug)]
pub struct VwapReversion;

/// Columns of the rule.
#[derive(Clone, Debug)]
pub struct Columns<'a> {
    /// Closing price of each row, in ticks.
    pub close: &'a [i64],
    /// Volume of each row.
    pub volume: Cow<'a, [f64]>,
    /// Sums of volume of 20 rows.
    pub sums20: Vec<f64>,
    /// Averages and spreads of three times the typical price.
    pub vwap: Vwap,
    /// Deviations that open a position.
    pub entry: f64,
    /// Deviations at which it ends.
    pub exit: f64,
    /// Multiple of mean volume asked for.
    pub confirmation: f64,
}

impl<'a> Columns<'a> {
    /// The columns of a genome. Data without volume (refused by validation) decide nothing.
    pub fn new(bars: &Bars<'a>, genome: &Genome, interrupt: Interrupt) -> Columns<'a> {
        let volume = bars.volume.map_or_else(|| Cow::Owned(vec![0.0; bars.len()]), Cow::Borrowed);
        Columns {
            close: bars.close,
            sums20: window_sum(&volume, 20),
            vwap: vwap(bars.high, bars.low, bars.close, &volume, genome.rows(VWAP_PERIOD), interrupt),
            volume,
            entry: genome.f64(DEVIATION_MULTIPLIER),
            exit: genome.f64(REVERSION_THRESHOLD),
            confirmation: genome.f64(VOLUME_CONFIRMATION),
        }
    }

    /// Distance of the close from the average in deviations; `None` without volume or spread.
    pub fn z(&self, t: usize) -> Option<f64> {
        let c3 = 3.0 * self.close[t] as f64;
        let variance = self.vwap.variance9[t];
        (variance > 1e-12 * (c3 * c3)).then(|| (c3 - self.vwap.mean3[t]) / variance.sqrt())
    }
}

impl Rule for Columns<'_> {
    fn conditions(&self, t: usize) -> Conditions {
        let Some(z) = self.z(t) else { return Conditions::default() };
        let (c1, c) = (self.close[t - 1], self.close[t]);
        let confirmed = volume_confirms(self.volume[t], self.confirmation, &self.sums20, t);
        Conditions {
            enter_long: z < -self.entry && c > c1 && confirmed,
            leave_long: z >= -self.exit,
            enter_short: z > self.entry && c < c1 && confirmed,
            leave_short: z <= self.exit,
        }
    }
}

/// The same rule on series that individuals of a batch share.
fn batch(genome: &Genome, setting: &Setting) -> Option<Plan> {
    setting.exact(4.0)?;
    let keys = [
        Key::VwapZ(genome.rows(VWAP_PERIOD)),
        Key::Close,
        Key::CloseBefore(1),
        Key::Volume20,
        Key::Volume20Before,
    ];
    let (entry, exit, k) =
        (genome.f64(DEVIATION_MULTIPLIER), genome.f64(REVERSION_THRESHOLD), genome.f64(VOLUME_CONFIRMATION));
    Some(Plan::new(Form::Vwap, &keys, &[-entry, entry, -exit, exit, k]))
}

impl BuiltIn for VwapReversion {
    fn def(&self) -> &'static StrategyDef {
        &DEF
    }
}

impl Strategy for VwapReversion {
    fn name(&self) -> &str {
        DEF.name
    }

    fn built_in(&self) -> Option<&'static StrategyDef> {
        Some(&DEF)
    }

    fn warm_up(&self, _: &Bars, _: &[Bars], genome: &Genome) -> usize {
        genome.rows(VWAP_PERIOD) + 21
    }

    fn signals(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Signals {
        let columns = Columns::new(bars, genome, ctx.interrupt);
        positions(&columns, bars.len(), start(ctx, self.warm_up(bars, ctx.others, genome)))
    }

    fn indicators(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Vec<Series> {
        let columns = Columns::new(bars, genome, ctx.interrupt);
        let (rows, scale, n) = (bars.len(), bars.scale(), genome.rows(VWAP_PERIOD));
        let z: Vec<Option<f64>> = (0..rows).map(|t| columns.z(t).filter(|_| t + 1 >= n)).collect();
        let line = |name, value: &dyn Fn(usize) -> f64| {
            let values = (0..rows).map(|t| z[t].map(|_| value(t) / 3.0 / scale)).collect();
            (str::to_owned(name), values)
        };
        let mean = |t: usize| columns.vwap.mean3[t];
        let deviation = |t: usize| columns.vwap.variance9[t].sqrt();
        vec![
            line("vwap", &mean),
            line("vwap_deviation", &deviation),
            series("z", rows, 0, |t| z[t].unwrap_or(f64::NAN)),
        ]
    }
}
