//! Takes the side that is paid funding.

use super::{BuiltIn, Context, Series, Strategy, StrategyDef, start};
use crate::bars::{Bars, FundingStamp};
use crate::batch::{Plan, Setting};
use crate::genes::{Gene, GeneDef, Genome};
use crate::signals::{Conditions, Signals, latch};
use std::collections::BTreeMap;

static GENES: [GeneDef; 4] = [
    GeneDef::real("funding_threshold", "0", "0.001", "0.00002", "0.0001")
        .hard("0", "0.999999999")
        .unit("0.000000001")
        .help("Mean rate per 8 hours beyond which the paid side is taken, as a fraction of the notional."),
    GeneDef::integer("funding_persistence", "1", "72", "1", "8")
        .hard("1", "10000")
        .help("Stamps in the mean."),
    GeneDef::integer("carry_duration", "1", "168", "1", "8")
        .hard("0", "100000")
        .help("Rows a position is held at least before a falling rate ends it."),
    GeneDef::real("reversal_sensitivity", "0", "1", "0.05", "0.3")
        .hard("0", "1")
        .unit("0.0001")
        .help("Share of the threshold below which the mean rate must fall to end a position."),
];

const FUNDING_THRESHOLD: Gene = Gene::named(&GENES, "funding_threshold");
const FUNDING_PERSISTENCE: Gene = Gene::named(&GENES, "funding_persistence");
const CARRY_DURATION: Gene = Gene::named(&GENES, "carry_duration");
const REVERSAL_SENSITIVITY: Gene = Gene::named(&GENES, "reversal_sensitivity");

static DEF: StrategyDef = StrategyDef {
    name: "funding_rate_carry",
    summary: "Holds the side of a perpetual contract that is paid funding",
    rule: "Long when the mean of the last funding_persistence rates lies below -funding_threshold (per 8 hours), \
           short when above it; after carry_duration rows the position ends once the mean has come back to \
           reversal_sensitivity x the threshold. Warm-up: until funding_persistence stamps are known.",
    genes: &GENES,
    constraints: &[],
    batch: Some(batch),
    needs_funding: true,
    needs_volume: false,
    trains: false,
};

/// The strategy `funding_rate_carry`.
#[derive(Clone, Copy, Debug)]
pub struct FundingRateCarry;

/// Columns of the rule; everything is an integer, since a rate equal to the threshold is the commonest case.
#[derive(Clone, Debug)]
pub struct Columns {
    /// 28,800 x the sum of the last k rates known at each close; `None` while fewer are known.
    pub scaled_sum: Vec<Option<i128>>,
    levels: Levels,
}

/// What a mean rate is compared with.
#[derive(Clone, Copy, Debug)]
struct Levels {
    /// 10^9 x threshold x k x cadence in seconds.
    threshold: i128,
    /// The gene `reversal_sensitivity` in units of 10^-4.
    reversal_e4: i128,
    /// Rows a position is held at least.
    duration: usize,
}

impl Columns {
    /// The columns of a genome.
    pub fn new(bars: &Bars, genome: &Genome) -> Columns {
        let k = genome.rows(FUNDING_PERSISTENCE);
        let cadence_seconds = i128::from(cadence_ms(bars.funding) / 1000);
        let rate = |i: usize| i128::from(bars.funding[i].rate_e9);
        let mut sum = 0_i128;
        let mut known = 0;
        let scaled_sum = (0..bars.len())
            .map(|t| {
                while known < bars.funding.len() && bars.funding[known].time_ms <= close_time(bars, t) {
                    sum += rate(known);
                    if known >= k {
                        sum -= rate(known - k);
                    }
                    known += 1;
                }
                (known >= k && cadence_seconds > 0).then_some(28_800 * sum)
            })
            .collect();
        Columns { scaled_sum, levels: Levels::new(genome, cadence_seconds) }
    }

    /// The conditions at row `t` of a latch that took its side `held` rows ago.
    pub fn conditions(&self, t: usize, held: usize) -> Conditions {
        self.scaled_sum[t].map_or(Conditions::default(), |a| self.levels.conditions(a, held))
    }
}

impl Levels {
    fn new(genome: &Genome, cadence_seconds: i128) -> Levels {
        let k = genome.rows(FUNDING_PERSISTENCE) as i128;
        Levels {
            threshold: i128::from(genome.scaled(FUNDING_THRESHOLD, 9)) * k * cadence_seconds,
            reversal_e4: i128::from(genome.scaled(REVERSAL_SENSITIVITY, 4)),
            duration: genome.rows(CARRY_DURATION),
        }
    }

    /// The conditions where 28,800 x the sum of the rates is `a`.
    fn conditions(&self, a: i128, held: usize) -> Conditions {
        let n = self.threshold;
        let due = held >= self.duration;
        Conditions {
            enter_long: a < -n,
            leave_long: due && 10_000 * a > -self.reversal_e4 * n,
            enter_short: a > n,
            leave_short: due && 10_000 * a < self.reversal_e4 * n,
        }
    }
}

/// The same rule from stamp to stamp, since between two of them only the age of a position changes anything.
fn batch(_: &Genome, _: &Setting) -> Option<Plan> {
    Some(Plan::turning(turns))
}

/// The rows at which the target changes, each with the new one; `known`: as [`crate::funding::known_from`] has it.
fn turns(bars: &Bars, known: &[usize], genome: &Genome, first: usize) -> Vec<(usize, i8)> {
    let k = genome.rows(FUNDING_PERSISTENCE);
    let cadence_seconds = i128::from(cadence_ms(bars.funding) / 1000);
    let levels = Levels::new(genome, cadence_seconds);
    let (mut out, mut sum, mut target, mut since) = (Vec::new(), 0_i128, 0, 0);
    if cadence_seconds <= 0 {
        return out;
    }
    for (j, stamp) in bars.funding.iter().enumerate() {
        sum += i128::from(stamp.rate_e9);
        if j >= k {
            sum -= i128::from(bars.funding[j - k].rate_e9);
        }
        let from = known[j].max(first);
        let to = known.get(j + 1).copied().unwrap_or(bars.len());
        if j + 1 < k || from >= to {
            continue;
        }
        // At its first row, and at the row from which on the position is old enough to be left.
        for old in [false, true] {
            let row = if old { since + levels.duration } else { from };
            if (from..to).contains(&row) {
                let next = latch(target, levels.conditions(28_800 * sum, row - since));
                if next != target {
                    (target, since) = (next, row);
                    out.push((row, target));
                }
            }
        }
    }
    out
}

/// When the close of row `t` is known.
fn close_time(bars: &Bars, t: usize) -> i64 {
    bars.time_ms[t].saturating_add(bars.interval_ms)
}

/// The most frequent distance of two stamps in milliseconds (ties: the shorter); 0 with fewer than two stamps.
pub fn cadence_ms(stamps: &[FundingStamp]) -> i64 {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for pair in stamps.windows(2) {
        *counts.entry(pair[1].time_ms - pair[0].time_ms).or_default() += 1;
    }
    let mut best = (0, 0);
    for (gap, count) in counts {
        if count > best.1 {
            best = (gap, count);
        }
    }
    best.0
}

impl BuiltIn for FundingRateCarry {
    fn def(&self) -> &'static StrategyDef {
        &DEF
    }
}

impl Strategy for FundingRateCarry {
    fn name(&self) -> &str {
        DEF.name
    }

    fn built_in(&self) -> Option<&'static StrategyDef> {
        Some(&DEF)
    }

    /// One row more than there are if the stamps never suffice.
    fn warm_up(&self, bars: &Bars, _: &[Bars], genome: &Genome) -> usize {
        let last_needed = genome.rows(FUNDING_PERSISTENCE).checked_sub(1).and_then(|i| bars.funding.get(i));
        let row = last_needed.and_then(|s| (0..bars.len()).find(|&t| s.time_ms <= close_time(bars, t)));
        row.unwrap_or(bars.len()) + 1
    }

    fn signals(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Signals {
        let columns = Columns::new(bars, genome);
        let mut out = vec![0; bars.len()];
        let (mut target, mut since) = (0, 0);
        for (t, row) in out.iter_mut().enumerate().skip(start(ctx, self.warm_up(bars, ctx.others, genome))) {
            let next = latch(target, columns.conditions(t, t - since));
            if next != target {
                since = t;
            }
            target = next;
            *row = target;
        }
        Signals::Positions(out)
    }

    fn indicators(&self, bars: &Bars, genome: &Genome, _: Context) -> Vec<Series> {
        let columns = Columns::new(bars, genome);
        let cadence = cadence_ms(bars.funding) as f64 / 1000.0;
        let divisor = 1e9 * genome.rows(FUNDING_PERSISTENCE) as f64 * cadence;
        let mean = columns.scaled_sum.iter().map(|a| a.map(|a| a as f64 / divisor));
        vec![("mean_rate_8h".to_owned(), mean.map(|x| x.filter(|x| x.is_finite())).collect())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interrupt::Interrupt;

    fn stamps(hours: &[i64], rate_e9: i64) -> Vec<FundingStamp> {
        hours.iter().map(|h| FundingStamp { time_ms: h * 3_600_000, rate_e9, mark: None }).collect()
    }

    fn target_of(rate_e9: i64) -> i8 {
        let hours: Vec<i64> = (0..20).map(|i| 8 * i).collect();
        let funding = stamps(&hours, rate_e9);
        let time_ms: Vec<i64> = (0..150).map(|t| t * 3_600_000).collect();
        let price = vec![100; 150];
        let bars = Bars {
            symbol: "X",
            decimals: 0,
            interval_ms: 3_600_000,
            time_ms: &time_ms,
            open: &price,
            high: &price,
            low: &price,
            close: &price,
            volume: None,
            funding: &funding,
            signals: None,
        };
        let genome = Genome::from_pairs(&DEF, &[]).unwrap();
        // The eighth stamp is at hour 56, which is the close of row 55.
        assert_eq!(FundingRateCarry.warm_up(&bars, &[], &genome), 56);
        match FundingRateCarry.signals(
            &bars,
            &genome,
            Context { first: 0, bars_per_year: 8760.0, others: &[], interrupt: Interrupt::NEVER },
        ) {
            Signals::Positions(p) => p[100],
            _ => unreachable!(),
        }
    }

    // Contract R10.
    #[test]
    fn rates_equal_to_the_threshold_never_enter() {
        assert_eq!((target_of(100_000), target_of(-100_000)), (0, 0));
        assert_eq!((target_of(100_001), target_of(-100_001)), (-1, 1));
    }

    #[test]
    fn the_cadence_is_the_most_frequent_gap_and_the_shorter_of_two() {
        assert_eq!(cadence_ms(&stamps(&[0, 8, 16, 17, 25], 0)), 8 * 3_600_000);
        assert_eq!(cadence_ms(&stamps(&[0, 8, 9, 17, 18], 0)), 3_600_000);
        assert_eq!(cadence_ms(&stamps(&[5], 0)), 0);
    }
}
