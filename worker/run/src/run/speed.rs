//! How fast this process is; never part of a result.

use super::progress::Pace;

/// What was done since the process began.
#[derive(Debug, Default)]
pub(super) struct Speed {
    /// Individuals that this process evaluated.
    pub evaluated: u64,
    /// Seconds spent on them.
    pub seconds: f64,
    /// Individuals whose result came from a ledger.
    pub reused: u64,
    /// Generations that this process finished.
    pub generations: u32,
    /// Seconds that those generations took.
    pub elapsed: f64,
}

impl Speed {
    /// The pace at generation `now` of `total`, where one evaluation looks at `bars` rows.
    pub fn report(&self, bars: u64, total: u32, now: u32) -> Pace {
        let Speed { evaluated, seconds, reused, generations, elapsed } = *self;
        let left = total.saturating_sub(now);
        Pace {
            generations: total,
            reused,
            strategy_bars_per_second: if seconds > 0.0 {
                evaluated as f64 * bars as f64 / seconds
            } else {
                0.0
            },
            eta_seconds: (generations > 0).then(|| elapsed / f64::from(generations) * f64::from(left)),
        }
    }
}
