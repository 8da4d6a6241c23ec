//! Ichimoku: closes against the cloud drawn from the past.

use super::{BuiltIn, Context, Rule, Series, Strategy, StrategyDef, positions, series, start};
use crate::bars::Bars;
use crate::batch::{Form, Key, Plan, Setting};
use crate::genes::{Choice, Constraint, Gene, GeneDef, Genome};
use crate::indicators::channel::{highest, lowest};
use crate::signals::{Conditions, Signals};

static GENES: [GeneDef; 4] = [
    GeneDef::integer("tenkan_period", "5", "20", "1", "9")
        .hard("1", "10000")
        .help("Rows in the conversion line's range."),
    GeneDef::integer("kijun_period", "15", "60", "1", "26")
        .hard("2", "10000")
        .help("Rows in the base line's range, and the distance by which the cloud is shifted forward."),
    GeneDef::integer("senkou_span_b_period", "40", "120", "1", "52")
        .hard("3", "10000")
        .help("Rows in the range of the cloud's slow edge."),
    GeneDef::category("chikou_confirmation", &["off", "on"], "off")
        .help("Whether the close must also lie beyond the close kijun_period rows before."),
];

const TENKAN_PERIOD: Gene = Gene::named(&GENES, "tenkan_period");
const KIJUN_PERIOD: Gene = Gene::named(&GENES, "kijun_period");
const SENKOU_SPAN_B_PERIOD: Gene = Gene::named(&GENES, "senkou_span_b_period");
const CONFIRMED: Choice = Choice::named(&GENES, "chikou_confirmation", "on");

const TENKAN_KIJUN: Constraint = Constraint::Ordered { low: "tenkan_period", high: "kijun_period" };
const KIJUN_SENKOU: Constraint = Constraint::Ordered { low: "kijun_period", high: "senkou_span_b_period" };

static DEF: StrategyDef = StrategyDef {
    name: "ichimoku_cloud",
    summary: "Follows closes that leave the Ichimoku cloud with the lines in order",
    rule: "Long when the close lies above the cloud and the conversion line above the base line (and the close \
           above that of kijun_period rows before, if confirmation is on), until the close falls below the base \
           line; short mirrored. The cloud at a row is made of ranges that ended kijun_period rows earlier. \
           Warm-up: kijun + senkou + 1.",
    genes: &GENES,
    // Repairing the second pair may break the first: both once more (C15).
    constraints: &[TENKAN_KIJUN, KIJUN_SENKOU, TENKAN_KIJUN, KIJUN_SENKOU],
    batch: Some(batch),
    needs_funding: false,
    needs_volume: false,
    trains: false,
};

/// The strategy `ichimoku_cloud`.
#[derive(Clone, Copy, Debug)]
pub struct IchimokuCloud;

/// Columns of the rule; lines are doubled midpoints (highest + lowest), so that they stay integers.
#[derive(Clone, Debug)]
pub struct Columns<'a> {
    /// Closing price of each row, in ticks.
    pub close: &'a [i64],
    /// 2 x the conversion line.
    pub tenkan2: Vec<i64>,
    /// 2 x the base line.
    pub kijun2: Vec<i64>,
    /// 2 x the slow edge, before the shift.
    pub senkou2: Vec<i64>,
    /// Rows of the shift.
    pub shift: usize,
    /// Whether the lagging line must confirm.
    pub chikou: bool,
}

impl<'a> Columns<'a> {
    /// The columns of a genome.
    pub fn new(bars: &Bars<'a>, genome: &Genome) -> Columns<'a> {
        let mid2 = |n: usize| -> Vec<i64> {
            let (top, bottom) = (highest(bars.high, n), lowest(bars.low, n));
            top.iter().zip(bottom).map(|(a, b)| a.wrapping_add(b)).collect()
        };
        Columns {
            close: bars.close,
            tenkan2: mid2(genome.rows(TENKAN_PERIOD)),
            kijun2: mid2(genome.rows(KIJUN_PERIOD)),
            senkou2: mid2(genome.rows(SENKOU_SPAN_B_PERIOD)),
            shift: genome.rows(KIJUN_PERIOD),
            chikou: genome.chose(CONFIRMED),
        }
    }

    /// 4 x the fast and the slow edge of the cloud at row `t`.
    pub fn cloud4(&self, t: usize) -> (i128, i128) {
        let u = t - self.shift;
        (i128::from(self.tenkan2[u]) + i128::from(self.kijun2[u]), 2 * i128::from(self.senkou2[u]))
    }
}

impl Rule for Columns<'_> {
    fn conditions(&self, t: usize) -> Conditions {
        let (fast, slow) = self.cloud4(t);
        let c = i128::from(self.close[t]);
        let (tenkan, kijun) = (self.tenkan2[t], self.kijun2[t]);
        let past = self.close[t - self.shift];
        Conditions {
            enter_long: 4 * c > fast.max(slow) && tenkan > kijun && (!self.chikou || self.close[t] > past),
            leave_long: 2 * c < i128::from(kijun),
            enter_short: 4 * c < fast.min(slow) && tenkan < kijun && (!self.chikou || self.close[t] < past),
            leave_short: 2 * c > i128::from(kijun),
        }
    }
}

/// The same rule on series that individuals of a batch share.
fn batch(genome: &Genome, setting: &Setting) -> Option<Plan> {
    setting.exact(16.0)?;
    let (tenkan, kijun, senkou) =
        (genome.rows(TENKAN_PERIOD), genome.rows(KIJUN_PERIOD), genome.rows(SENKOU_SPAN_B_PERIOD));
    let confirmed = genome.chose(CONFIRMED);
    let mut keys = vec![
        Key::CloseTimes(4),
        Key::CloudFast(tenkan, kijun),
        Key::CloudSlow(senkou, kijun),
        Key::Mid2(tenkan),
        Key::Mid2(kijun),
        Key::CloseTimes(2),
    ];
    if confirmed {
        keys.extend([Key::Close, Key::CloseBefore(kijun)]);
    }
    Some(Plan::new(Form::Cloud, &keys, &[]).filtered(confirmed))
}

impl BuiltIn for IchimokuCloud {
    fn def(&self) -> &'static StrategyDef {
        &DEF
    }
}

impl Strategy for IchimokuCloud {
    fn name(&self) -> &str {
        DEF.name
    }

    fn built_in(&self) -> Option<&'static StrategyDef> {
        Some(&DEF)
    }

    fn warm_up(&self, _: &Bars, _: &[Bars], genome: &Genome) -> usize {
        genome.rows(KIJUN_PERIOD) + genome.rows(SENKOU_SPAN_B_PERIOD) + 1
    }

    fn signals(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Signals {
        positions(&Columns::new(bars, genome), bars.len(), start(ctx, self.warm_up(bars, ctx.others, genome)))
    }

    fn indicators(&self, bars: &Bars, genome: &Genome, _: Context) -> Vec<Series> {
        let columns = Columns::new(bars, genome);
        let (rows, scale, shift) = (bars.len(), bars.scale(), columns.shift);
        let (tenkan, senkou) = (genome.rows(TENKAN_PERIOD), genome.rows(SENKOU_SPAN_B_PERIOD));
        vec![
            series("tenkan", rows, tenkan - 1, |t| columns.tenkan2[t] as f64 / 2.0 / scale),
            series("kijun", rows, shift - 1, |t| columns.kijun2[t] as f64 / 2.0 / scale),
            series("senkou_span_a", rows, 2 * shift - 1, |t| columns.cloud4(t).0 as f64 / 4.0 / scale),
            series("senkou_span_b", rows, shift + senkou - 1, |t| columns.cloud4(t).1 as f64 / 4.0 / scale),
        ]
    }
}
