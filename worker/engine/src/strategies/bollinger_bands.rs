//! Bollinger bands: against the bands or through them.

use super::{BuiltIn, Context, Rule, Series, Strategy, StrategyDef, positions, series, start};
use crate::bars::Bars;
use crate::batch::{Form, Key, Plan, Setting};
use crate::genes::{Choice, Gene, GeneDef, Genome};
use crate::indicators::{as_f64, bollinger::z_scores, moments::population, sma::TickSums};
use crate::signals::{Conditions, Signals};

static GENES: [GeneDef; 4] = [
    GeneDef::integer("lookback_period", "10", "60", "1", "20")
        .hard("2", "10000")
        .help("Rows in mean and standard deviation."),
    GeneDef::real("volatility_multiplier", "1", "2.75", "0.05", "2")
        .hard("0.01", "100")
        .help("Distance of the bands from the mean, in standard deviations."),
    GeneDef::category("breakout_mode", &["reversion", "breakout"], "reversion")
        .help("Whether a close beyond a band is traded against (reversion) or followed (breakout)."),
    GeneDef::real("position_exit", "0", "0.75", "0.05", "0")
        .hard("0", "1")
        .help("Where a position ends, as a fraction of the distance from the mean to the band."),
];

const LOOKBACK_PERIOD: Gene = Gene::named(&GENES, "lookback_period");
const VOLATILITY_MULTIPLIER: Gene = Gene::named(&GENES, "volatility_multiplier");
const BREAKOUT: Choice = Choice::named(&GENES, "breakout_mode", "breakout");
const POSITION_EXIT: Gene = Gene::named(&GENES, "position_exit");

static DEF: StrategyDef = StrategyDef {
    name: "bollinger_bands",
    summary: "Trades closes beyond the Bollinger bands, against them or with them",
    rule: "Reversion: long below the lower band until the close is within position_exit of the mean's distance to \
           the band, short above the upper band mirrored. Breakout: long above the upper band until the close \
           falls back to that level, short mirrored. Warm-up: the period.",
    genes: &GENES,
    constraints: &[],
    batch: Some(batch),
    needs_funding: false,
    needs_volume: false,
    trains: false,
};

/// The strategy `bollinger_bands`.
#[derive(Clone, Copy, Debug)]
pub struct BollingerBands;

/// Columns of the rule.
#[derive(Clone, Debug)]
pub struct Columns {
    /// Distance of the close from the mean in standard deviations.
    pub z: Vec<f64>,
    /// Deviations of the bands.
    pub band: f64,
    /// Deviations at which a position ends.
    pub exit: f64,
    /// Whether break-outs are followed.
    pub breakout: bool,
}

impl Columns {
    /// The columns of a genome.
    pub fn new(bars: &Bars, genome: &Genome) -> Columns {
        let band = genome.f64(VOLATILITY_MULTIPLIER);
        Columns {
            z: z_scores(bars.close, genome.rows(LOOKBACK_PERIOD)),
            band,
            exit: genome.f64(POSITION_EXIT) * band,
            breakout: genome.chose(BREAKOUT),
        }
    }
}

impl Rule for Columns {
    fn conditions(&self, t: usize) -> Conditions {
        let z = self.z[t];
        if self.breakout {
            Conditions {
                enter_long: z > self.band,
                leave_long: z <= self.exit,
                enter_short: z < -self.band,
                leave_short: z >= -self.exit,
            }
        } else {
            Conditions {
                enter_long: z < -self.band,
                leave_long: z >= -self.exit,
                enter_short: z > self.band,
                leave_short: z <= self.exit,
            }
        }
    }
}

/// The same rule on series that individuals of a batch share.
fn batch(genome: &Genome, setting: &Setting) -> Option<Plan> {
    setting.exact(2.0)?;
    let keys = [Key::Z(genome.rows(LOOKBACK_PERIOD))];
    let band = genome.f64(VOLATILITY_MULTIPLIER);
    let exit = genome.f64(POSITION_EXIT) * band;
    Some(if genome.chose(BREAKOUT) {
        Plan::new(Form::Follow, &keys, &[band, -band, exit, -exit])
    } else {
        Plan::new(Form::Revert, &keys, &[-band, band, -exit, exit])
    })
}

impl BuiltIn for BollingerBands {
    fn def(&self) -> &'static StrategyDef {
        &DEF
    }
}

impl Strategy for BollingerBands {
    fn name(&self) -> &str {
        DEF.name
    }

    fn built_in(&self) -> Option<&'static StrategyDef> {
        Some(&DEF)
    }

    fn warm_up(&self, _: &Bars, _: &[Bars], genome: &Genome) -> usize {
        genome.rows(LOOKBACK_PERIOD)
    }

    fn signals(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Signals {
        positions(&Columns::new(bars, genome), bars.len(), start(ctx, self.warm_up(bars, ctx.others, genome)))
    }

    fn indicators(&self, bars: &Bars, genome: &Genome, _: Context) -> Vec<Series> {
        let columns = Columns::new(bars, genome);
        let (n, rows, scale) = (genome.rows(LOOKBACK_PERIOD), bars.len(), bars.scale());
        let close = as_f64(bars.close);
        let mean = TickSums::new(bars.close).averages(n);
        let edge = |name, k: f64| {
            series(name, rows, n - 1, |t| (mean[t] + k * population(&close[t + 1 - n..=t]).1) / scale)
        };
        vec![
            edge("lower_band", -columns.band),
            series("middle_band", rows, n - 1, |t| mean[t] / scale),
            edge("upper_band", columns.band),
            series("z", rows, n - 1, |t| columns.z[t]),
        ]
    }
}
