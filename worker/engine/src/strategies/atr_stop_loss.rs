//! Break-outs sized by volatility, with stops in units of the average true range.

use super::{BuiltIn, Context, Series, Strategy, StrategyDef, series, start};
use crate::bars::Bars;
use crate::batch::{Form, Key, Plan, Setting};
use crate::genes::{Constraint, Gene, GeneDef, Genome};
use crate::indicators::channel::{highest, lowest};
use crate::indicators::wilder::atr;
use crate::signals::{Signals, Sized};
use crate::sizing::at_risk;

static GENES: [GeneDef; 5] = [
    GeneDef::integer("atr_period", "5", "50", "1", "14")
        .hard("1", "10000")
        .help("Rows in Wilder's average of the true range."),
    GeneDef::integer("entry_period", "10", "60", "1", "20")
        .hard("1", "10000")
        .help("Rows in the channel whose break opens a position."),
    GeneDef::real("stop_loss_multiplier", "0.5", "5", "0.1", "2")
        .hard("0.01", "1000")
        .help("Distance of the fixed stop from the fill, in average true ranges of the signal bar."),
    GeneDef::real("trailing_stop_multiplier", "0", "5", "0.25", "0")
        .hard("0", "1000")
        .help("Distance of the trailing stop from the peak, in average true ranges; 0 = off."),
    GeneDef::real("risk_per_trade", "0.0025", "0.05", "0.0025", "0.02")
        .hard("0.000001", "1")
        .help("Share of equity lost when the fixed stop is hit; sets the size of the position."),
];

const ATR_PERIOD: Gene = Gene::named(&GENES, "atr_period");
const ENTRY_PERIOD: Gene = Gene::named(&GENES, "entry_period");
const STOP_LOSS_MULTIPLIER: Gene = Gene::named(&GENES, "stop_loss_multiplier");
const TRAILING_STOP_MULTIPLIER: Gene = Gene::named(&GENES, "trailing_stop_multiplier");
const RISK_PER_TRADE: Gene = Gene::named(&GENES, "risk_per_trade");

static DEF: StrategyDef = StrategyDef {
    name: "atr_stop_loss",
    summary: "Follows channel break-outs, sized so that the volatility stop costs a fixed share of equity",
    rule: "Long when the close exceeds the highest high of the previous entry_period rows, short below the lowest \
           low; held until a stop or the opposite break. Stop at stop_loss_multiplier and trailing stop at \
           trailing_stop_multiplier average true ranges of the signal bar; exposure min(1, risk x close / stop \
           distance). Warm-up: the longer of 5 x atr_period and entry_period, + 1.",
    genes: &GENES,
    constraints: &[Constraint::ZeroBelow { gene: "trailing_stop_multiplier", below: "1" }],
    batch: Some(batch),
    needs_funding: false,
    needs_volume: false,
    trains: false,
};

/// The strategy `atr_stop_loss`.
#[derive(Clone, Copy, Debug)]
pub struct AtrStopLoss;

/// The same rule on series that individuals of a batch share.
fn batch(genome: &Genome, setting: &Setting) -> Option<Plan> {
    setting.exact(1.0)?;
    let n = genome.rows(ENTRY_PERIOD);
    let [risk, stop, trail] =
        [RISK_PER_TRADE, STOP_LOSS_MULTIPLIER, TRAILING_STOP_MULTIPLIER].map(|gene| genome.f64(gene));
    let x = [risk, stop, trail, genome.rows(ATR_PERIOD) as f64];
    Some(Plan::new(Form::Sized, &[Key::Close, Key::Top(n), Key::Bottom(n)], &x))
}

impl BuiltIn for AtrStopLoss {
    fn def(&self) -> &'static StrategyDef {
        &DEF
    }
}

impl Strategy for AtrStopLoss {
    fn name(&self) -> &str {
        DEF.name
    }

    fn built_in(&self) -> Option<&'static StrategyDef> {
        Some(&DEF)
    }

    fn warm_up(&self, _: &Bars, _: &[Bars], genome: &Genome) -> usize {
        (5 * genome.rows(ATR_PERIOD)).max(genome.rows(ENTRY_PERIOD)) + 1
    }

    fn signals(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Signals {
        let (rows, scale) = (bars.len(), bars.scale());
        let first = start(ctx, self.warm_up(bars, ctx.others, genome));
        let (top, bottom) =
            (highest(bars.high, genome.rows(ENTRY_PERIOD)), lowest(bars.low, genome.rows(ENTRY_PERIOD)));
        let (stop, risk) = (genome.f64(STOP_LOSS_MULTIPLIER), genome.f64(RISK_PER_TRADE));
        let atr: Vec<f64> = atr(bars.high, bars.low, bars.close, genome.rows(ATR_PERIOD))
            .into_iter()
            .map(|a| a / scale)
            .collect();
        Signals::Sized(Sized {
            enter_long: (0..rows).map(|t| t >= first && bars.close[t] > top[t - 1]).collect(),
            enter_short: (0..rows).map(|t| t >= first && bars.close[t] < bottom[t - 1]).collect(),
            size: (0..rows)
                .map(
                    |t| {
                        if t < first {
                            0.0
                        } else {
                            at_risk(risk, bars.close[t] as f64 / scale, stop * atr[t])
                        }
                    },
                )
                .collect(),
            atr,
            stop,
            trail: genome.f64(TRAILING_STOP_MULTIPLIER),
        })
    }

    fn indicators(&self, bars: &Bars, genome: &Genome, _: Context) -> Vec<Series> {
        let (n, entry, scale) = (genome.rows(ATR_PERIOD), genome.rows(ENTRY_PERIOD), bars.scale());
        let (top, bottom) = (highest(bars.high, entry), lowest(bars.low, entry));
        let atr = atr(bars.high, bars.low, bars.close, n);
        vec![
            series("entry_high", bars.len(), entry, |t| top[t - 1] as f64 / scale),
            series("entry_low", bars.len(), entry, |t| bottom[t - 1] as f64 / scale),
            series("atr", bars.len(), n, |t| atr[t] / scale),
        ]
    }
}
