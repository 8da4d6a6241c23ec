//! A genome as comparisons of shared series: which rows fulfil its conditions, 64 rows a word.

use super::columns::Columns;
use super::series::{Key, Table};
use crate::genes::Genome;

/// The form of a rule. Names as in the strategies; `x` are the plan's numbers, `s` its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// Crosses of s0 x x0 and s1 x x1.
    Cross,
    /// s0 newly beyond s1 x (x0, x1); leaves where they cross back.
    Band,
    /// s0 beyond (s1 x x0, s2 x x1); leaves with the close s4 below s3 or above the
    /// last series; s5 >= s6 x x2 if `filtered`.
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
    pub(super) form: Form,
    pub(super) filtered: bool,
    keys: Vec<Key>,
    pub(super) slots: [u32; 8],
    pub(super) x: [f64; 5],
}

impl Plan {
    /// Bytes of a plan at most.
    pub(super) const BYTES: usize = size_of::<Plan>() + 8 * size_of::<Key>();

    /// The plan of a strategy's genome, or `None` where the strategy has no such form or prices are so large that
    /// comparisons in f64 would not be exact. `shorts`: conditions that end a short will be asked for.
    pub(super) fn new(strategy: &str, genome: &Genome, columns: &Columns, shorts: bool) -> Option<Plan> {
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
                if shorts {
                    keys.push(Key::Top(exit));
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
}
