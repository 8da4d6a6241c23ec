//! What the individuals of a batch may ask for: the name of a series with its periods.

use super::learning::{Forest, Machine};
use crate::indicators::kernel::Kernel;

/// What a series holds at row t. All prices in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// The close.
    Close,
    /// Close of the row before.
    CloseBefore(usize),
    /// Close x `factor`; exact.
    CloseTimes(u32),
    /// Sum of the last n closes, k rows ago.
    Sum(usize, usize),
    /// 10^6 x the sum of the last n closes; exact.
    SumE6(usize),
    /// Exponential average of the closes over n rows.
    Ema(usize),
    /// Relative strength index of n rows, 0 to 100.
    Rsi(usize),
    /// Highest high of the n rows before t.
    Top(usize),
    /// Lowest low of the n rows before t.
    Bottom(usize),
    /// %K of k rows.
    PercentK(usize),
    /// %D of k and d rows.
    PercentD(usize, usize),
    /// Highest high + lowest low of the last n rows.
    Mid2(usize),
    /// Mid2 of n rows + Mid2 of m rows, m rows ago (the cloud's fast edge, x 4).
    CloudFast(usize, usize),
    /// 2 x Mid2 of n rows, m rows ago (the cloud's slow edge, x 4).
    CloudSlow(usize, usize),
    /// Deviations of the close from its mean.
    Z(usize),
    /// Kernel regression of the closes over n rows.
    Regression(Kernel, usize),
    /// 20 x volume of the row, to compare with [`Key::Volume20Before`].
    Volume20,
    /// Volume of the 20 rows before t.
    Volume20Before,
    /// Deviations of the close from the volume-weighted mean; NaN where undefined.
    VwapZ(usize),
    /// Standard deviation of the last n returns; NaN where there is none.
    Deviation(usize),
    /// Score of a support vector machine; NaN where there is none.
    Score(Machine),
    /// Prediction of a forest; NaN where there is none.
    Prediction(Forest),
    /// Quantile in percent of the hundred predictions before; NaN where there are fewer.
    Quantile(Forest, usize),
}
