//! The values of a gene as integers of a unit common to all genes of a space, so that comparing two genes is
//! exact and fast.

use rust_decimal::Decimal;

use crate::grid::Grid;

/// Rising integers, index k stands for the k-th.
#[derive(Clone, Debug)]
pub(crate) enum Axis {
    Linear { min: i128, step: i128, count: u32 },
    List(Vec<i128>),
}

/// Decimals after the point needed to write every value of a grid.
pub(crate) fn digits(grid: &Grid) -> u32 {
    let scale = |d: &Decimal| d.normalize().scale();
    match grid {
        Grid::Linear { min, step, .. } => scale(min).max(scale(step)),
        Grid::Log(values) | Grid::Values(values) => values.iter().map(scale).max().unwrap_or(0),
        Grid::Fixed(value) => scale(value),
        Grid::Categories(_) => 0,
    }
}

/// `value`·10^`digits`; `None` outside 120 bits, which leaves room for sums.
pub(crate) fn scaled(value: Decimal, digits: u32) -> Option<i128> {
    let value = value.normalize();
    let factor = 10_i128.checked_pow(digits.checked_sub(value.scale())?)?;
    value.mantissa().checked_mul(factor).filter(|v| v.unsigned_abs() < 1 << 120)
}

impl Axis {
    /// The axis of a grid; categories are 0, 1, ... `None` where a value leaves the range.
    pub(crate) fn new(grid: &Grid, digits: u32) -> Option<Axis> {
        Some(match grid {
            Grid::Linear { min, step, count } => {
                let (min, step) = (scaled(*min, digits)?, scaled(*step, digits)?);
                step.checked_mul(i128::from(*count))?
                    .checked_add(min)
                    .filter(|v| v.unsigned_abs() < 1 << 120)?;
                Axis::Linear { min, step, count: *count }
            }
            Grid::Log(values) | Grid::Values(values) => {
                Axis::List(values.iter().map(|v| scaled(*v, digits)).collect::<Option<_>>()?)
            }
            Grid::Fixed(value) => Axis::List(vec![scaled(*value, digits)?]),
            Grid::Categories(ids) => Axis::Linear { min: 0, step: 1, count: ids.len() as u32 },
        })
    }

    pub(crate) fn len(&self) -> u32 {
        match self {
            Axis::Linear { count, .. } => *count,
            Axis::List(values) => values.len() as u32,
        }
    }

    /// Value k; k must be inside.
    pub(crate) fn value(&self, k: u32) -> i128 {
        match self {
            Axis::Linear { min, step, .. } => min + i128::from(k) * step,
            Axis::List(values) => values[k as usize],
        }
    }

    /// The index of exactly `value`.
    pub(crate) fn index_of(&self, value: i128) -> Option<u32> {
        let k = self.lowest_above(value - 1)?;
        (self.value(k) == value).then_some(k)
    }

    /// The lowest index whose value is above `value`.
    pub(crate) fn lowest_above(&self, value: i128) -> Option<u32> {
        let k = match self {
            Axis::Linear { min, .. } if value < *min => 0,
            Axis::Linear { min, step, .. } => (value - min) / step + 1,
            Axis::List(values) => values.partition_point(|v| *v <= value) as i128,
        };
        (k < i128::from(self.len())).then_some(k as u32)
    }

    /// The highest index whose value is below `value`.
    pub(crate) fn highest_below(&self, value: i128) -> Option<u32> {
        match self.lowest_above(value - 1) {
            None => Some(self.len() - 1),
            Some(k) => k.checked_sub(1),
        }
    }
}
