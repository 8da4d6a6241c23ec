//! A genome as comparisons of shared series: which rows fulfil its conditions, 64 rows a word.

use super::columns::Columns;
use super::kernels::{GE, GT, Isa, LE, LT};
use super::latch::{and, rising};
use super::series::{Key, Table};
use super::{BLOCK, Bits, WORDS};
use crate::genes::Genome;

/// The form of a rule. Names as in the strategies; `x` are the plan's numbers, `s` its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    /// Crosses of s0 x x0 and s1 x x1.
    Cross,
    /// s0 newly beyond s1 x (x0, x1); leaves where they cross back.
    Band,
    /// s0 beyond (s1 x x0, s2 x x1); leaves with the close s4 below s3; s5 >= s6 x x2 if `filtered`.
    Channel,
    /// s0 below x0 / above x1 enters long / short; leaves at x2 from below, x3 from above.
    Revert,
    /// s0 above x0 / below x1 enters long / short; leaves at x2 from above, x3 from below.
    Follow,
    /// s0 crosses s1 while s1 is outside (x0, x1).
    Oscillator,
    /// Close s0 above mean s1 / x2 above mean s2 / x3, s3 beyond s4 x (x0, x1); leaves across the second mean.
    Trend,
    /// 4c = s0 beyond s1 and s2, s3 beyond s4; 2c = s5 across s4 leaves; s6 beyond s7 if `filtered`.
    Cloud,
    /// s0 beyond s1 x (x0, x1); leaves across s1.
    Kernel,
    /// `Revert` of s0 while s1 rises / falls from s2 and s3 >= s4 x x4.
    Vwap,
}

/// A genome ready to be evaluated on shared series.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    form: Form,
    filtered: bool,
    keys: Vec<Key>,
    slots: [u32; 8],
    x: [f64; 5],
}

/// The conditions of a block of rows that a long account asks for.
pub(super) struct Conditions {
    pub enter_long: Bits,
    pub leave_long: Bits,
    pub enter_short: Bits,
}

impl Plan {
    /// The plan of a strategy's genome, or `None` where the strategy has no such form or prices are so large that
    /// comparisons in f64 would not be exact.
    pub(super) fn new(strategy: &str, genome: &Genome, columns: &Columns) -> Option<Plan> {
        let exact = |factor: f64| columns.exact(factor);
        // Averages are compared as m S_n and n S_m.
        let averages = |n: usize, m: usize| exact(n as f64 * m as f64);
        let plan = |form, keys: &[Key], x: &[f64], filtered| {
            let mut numbers = [0.0; 5];
            numbers[..x.len()].copy_from_slice(x);
            Some(Plan { form, filtered, keys: keys.to_vec(), slots: [0; 8], x: numbers })
        };
        match strategy {
            "sma_crossover" => {
                let (fast, slow) = (genome.rows(0), genome.rows(1));
                averages(fast, slow).then_some(())?;
                let keys = [Key::Sum(fast, 0), Key::Sum(slow, 0)];
                plan(Form::Cross, &keys, &[slow as f64, fast as f64], false)
            }
            "ema_crossover" => {
                let theta = genome.f64(2);
                let keys = [Key::Ema(genome.rows(0)), Key::Ema(genome.rows(1))];
                plan(Form::Band, &keys, &[1.0 + theta, 1.0 - theta], false)
            }
            "donchian_breakout" => {
                exact(2e6).then_some(())?;
                let (n, exit, theta, k) =
                    (genome.rows(0), genome.rows(1), genome.scaled(2, 6), genome.f64(3));
                let filtered = k > 0.0 && columns.volume.is_some();
                let mut keys = vec![
                    Key::CloseTimes(1_000_000),
                    Key::Top(n),
                    Key::Bottom(n),
                    Key::Bottom(exit),
                    Key::Close,
                ];
                if filtered {
                    keys.extend([Key::Volume20, Key::Volume20Before]);
                }
                plan(
                    Form::Channel,
                    &keys,
                    &[(1_000_000 + theta) as f64, (1_000_000 - theta) as f64, k],
                    filtered,
                )
            }
            "rsi_filter" => {
                let keys = [Key::Rsi(genome.rows(0))];
                let (oversold, overbought) = (genome.f64(1), genome.f64(2));
                if genome.category(3) == 0 {
                    let exit = genome.f64(4);
                    plan(Form::Revert, &keys, &[oversold, overbought, exit, 100.0 - exit], false)
                } else {
                    plan(Form::Follow, &keys, &[overbought, oversold, 50.0, 50.0], false)
                }
            }
            "stochastic_oscillator" => {
                exact(100.0).then_some(())?;
                let (k, d) = (genome.rows(0), genome.rows(1));
                let keys = [Key::PercentK(k), Key::PercentD(k, d)];
                plan(Form::Oscillator, &keys, &[genome.f64(2), genome.f64(3)], false)
            }
            "sma_trend_filter" => {
                let (fast, slow, back) = (genome.rows(0), genome.rows(1), genome.rows(2));
                (averages(fast, slow) && exact(2e6 * slow as f64)).then_some(())?;
                let theta = genome.scaled(3, 6);
                let keys = [
                    Key::Close,
                    Key::Sum(fast, 0),
                    Key::Sum(slow, 0),
                    Key::SumE6(slow),
                    Key::Sum(slow, back),
                ];
                let x = [(1_000_000 + theta) as f64, (1_000_000 - theta) as f64, fast as f64, slow as f64];
                plan(Form::Trend, &keys, &x, false)
            }
            "ichimoku_cloud" => {
                exact(16.0).then_some(())?;
                let (tenkan, kijun, senkou) = (genome.rows(0), genome.rows(1), genome.rows(2));
                let confirmed = genome.category(3) == 1;
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
                plan(Form::Cloud, &keys, &[], confirmed)
            }
            "bollinger_bands" => {
                exact(2.0).then_some(())?;
                let keys = [Key::Z(genome.rows(0))];
                let band = genome.f64(1);
                let exit = genome.f64(3) * band;
                if genome.category(2) == 1 {
                    plan(Form::Follow, &keys, &[band, -band, exit, -exit], false)
                } else {
                    plan(Form::Revert, &keys, &[-band, band, -exit, exit], false)
                }
            }
            "nadaraya_watson" => {
                let keys = [Key::Close, Key::Regression(genome.category(1), genome.rows(0))];
                let theta = genome.f64(2);
                plan(Form::Kernel, &keys, &[1.0 + theta, 1.0 - theta], false)
            }
            "vwap_reversion" => {
                exact(4.0).then_some(())?;
                let keys = [
                    Key::VwapZ(genome.rows(0)),
                    Key::Close,
                    Key::CloseBefore(1),
                    Key::Volume20,
                    Key::Volume20Before,
                ];
                let (entry, exit, k) = (genome.f64(1), genome.f64(2), genome.f64(3));
                plan(Form::Vwap, &keys, &[-entry, entry, -exit, exit, k], false)
            }
            _ => None,
        }
    }

    /// The series it reads. Individuals in this order read neighbouring series.
    pub(super) fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Looks up its series.
    pub(super) fn resolve(&mut self, table: &Table) {
        for (slot, &key) in self.slots.iter_mut().zip(&self.keys) {
            *slot = table.index(key);
        }
    }

    /// The conditions of the first `rows` rows of the block that `table` holds; later bits mean nothing. `before`
    /// keeps what crosses need of the row before.
    #[inline(always)]
    pub(super) fn conditions<I: Isa>(&self, table: &Table, before: &mut [u64; 2], rows: usize) -> Conditions {
        let s = |i: usize| table.rows(self.slots[i]);
        let x = &self.x;
        let last = rows - 1;
        match self.form {
            Form::Cross => {
                let (above, below) = I::order(s(0), x[0], s(1), x[1]);
                let above = rising(&above, &mut before[0], last);
                let below = rising(&below, &mut before[1], last);
                Conditions { enter_long: above, leave_long: below, enter_short: below }
            }
            Form::Band => Conditions {
                enter_long: rising(&I::scaled::<GT>(s(0), s(1), x[0]), &mut before[0], last),
                leave_long: I::pair::<LT>(s(0), s(1)),
                enter_short: rising(&I::scaled::<LT>(s(0), s(1), x[1]), &mut before[1], last),
            },
            Form::Channel => {
                let confirmed =
                    if self.filtered { I::scaled::<GE>(s(5), s(6), x[2]) } else { [u64::MAX; WORDS] };
                Conditions {
                    enter_long: and(&I::scaled::<GT>(s(0), s(1), x[0]), &confirmed),
                    leave_long: I::pair::<LT>(s(4), s(3)),
                    enter_short: and(&I::scaled::<LT>(s(0), s(2), x[1]), &confirmed),
                }
            }
            Form::Revert => Conditions {
                enter_long: I::level::<LT>(s(0), x[0]),
                leave_long: I::level::<GE>(s(0), x[2]),
                enter_short: I::level::<GT>(s(0), x[1]),
            },
            Form::Follow => Conditions {
                enter_long: I::level::<GT>(s(0), x[0]),
                leave_long: I::level::<LE>(s(0), x[2]),
                enter_short: I::level::<LT>(s(0), x[1]),
            },
            Form::Oscillator => {
                let (low, high) = (I::level::<LT>(s(1), x[0]), I::level::<GT>(s(1), x[1]));
                let above = rising(&I::pair::<GT>(s(0), s(1)), &mut before[0], last);
                let below = rising(&I::pair::<LT>(s(0), s(1)), &mut before[1], last);
                Conditions {
                    enter_long: and(&above, &low),
                    leave_long: high,
                    enter_short: and(&below, &high),
                }
            }
            Form::Trend => {
                let (above_fast, below_fast) = I::order(s(0), x[2], s(1), 1.0);
                let (_, below_slow) = I::order(s(0), x[3], s(2), 1.0);
                let (rises, falls) = I::order(s(1), x[3], s(2), x[2]);
                Conditions {
                    enter_long: and(&and(&above_fast, &rises), &I::scaled::<GT>(s(3), s(4), x[0])),
                    leave_long: below_slow,
                    enter_short: and(&and(&below_fast, &falls), &I::scaled::<LT>(s(3), s(4), x[1])),
                }
            }
            Form::Cloud => {
                let (mut long, mut short) = (
                    and(
                        &and(&I::pair::<GT>(s(0), s(1)), &I::pair::<GT>(s(0), s(2))),
                        &I::pair::<GT>(s(3), s(4)),
                    ),
                    and(
                        &and(&I::pair::<LT>(s(0), s(1)), &I::pair::<LT>(s(0), s(2))),
                        &I::pair::<LT>(s(3), s(4)),
                    ),
                );
                if self.filtered {
                    long = and(&long, &I::pair::<GT>(s(6), s(7)));
                    short = and(&short, &I::pair::<LT>(s(6), s(7)));
                }
                Conditions { enter_long: long, leave_long: I::pair::<LT>(s(5), s(4)), enter_short: short }
            }
            Form::Kernel => Conditions {
                enter_long: I::scaled::<GT>(s(0), s(1), x[0]),
                leave_long: I::pair::<LT>(s(0), s(1)),
                enter_short: I::scaled::<LT>(s(0), s(1), x[1]),
            },
            Form::Vwap => {
                let confirmed = I::scaled::<GE>(s(3), s(4), x[4]);
                Conditions {
                    enter_long: and(
                        &and(&I::level::<LT>(s(0), x[0]), &I::pair::<GT>(s(1), s(2))),
                        &confirmed,
                    ),
                    leave_long: I::level::<GE>(s(0), x[2]),
                    enter_short: and(
                        &and(&I::level::<GT>(s(0), x[1]), &I::pair::<LT>(s(1), s(2))),
                        &confirmed,
                    ),
                }
            }
        }
    }
}

const _: () = assert!(BLOCK == 64 * WORDS);
