//! The values a gene can take, numbered from 0. Evolution sees only the numbers; decimals are exact.

use rust_decimal::Decimal;

use crate::log_grid;

/// More values than this in one gene are refused: indices stay exact in every conversion, with room to spare.
pub const MAX_VALUES: u32 = 1 << 30;

/// Most steps of a logarithmic grid (big integers of that many bits times 64).
pub const MAX_LOG_STEPS: u32 = 1_000;

/// Values of one gene; index k stands for the k-th.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grid {
    /// min + k·step for k in 0..count.
    Linear {
        /// The lowest value, which has index 0.
        min: Decimal,
        /// Distance of two neighbours, above 0.
        step: Decimal,
        /// Number of values, at least 1.
        count: u32,
    },
    /// Rising values, evenly spaced in the logarithm up to rounding.
    Log(Vec<Decimal>),
    /// Listed decimals, strictly rising.
    Values(Vec<Decimal>),
    /// Listed categories, by their number in the strategy's own list; no order among them.
    Categories(Vec<u32>),
    /// One decimal that is never changed.
    Fixed(Decimal),
}

/// Why a grid cannot be made. Each names the gene and what to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GridError {
    /// The step of a linear grid, or the unit of a logarithmic one, is 0 or negative.
    #[error("gene {gene}: step {step} must be above 0")]
    Step {
        /// Name of the gene.
        gene: String,
        /// The step or unit that was given.
        step: Decimal,
    },
    /// min > max (linear), min >= max or min <= 0 (log).
    #[error("gene {gene}: min {min} and max {max}: {rule}")]
    Bounds {
        /// Name of the gene.
        gene: String,
        /// The lower bound that was given.
        min: Decimal,
        /// The upper bound that was given.
        max: Decimal,
        /// What must hold between the two, in words.
        rule: &'static str,
    },
    /// More than [`MAX_VALUES`] values, or numbers outside what a decimal holds.
    #[error("gene {gene}: more than {MAX_VALUES} values between min and max; use a larger step")]
    TooMany {
        /// Name of the gene.
        gene: String,
    },
    /// A bound of a log grid is no multiple of its unit.
    #[error("gene {gene}: {value} is not a multiple of {unit}")]
    Unit {
        /// Name of the gene.
        gene: String,
        /// The bound that is no multiple.
        value: Decimal,
        /// The unit that values are rounded to.
        unit: Decimal,
    },
    /// Steps of a log grid outside 1..=1000.
    #[error("gene {gene}: {steps} steps; a log scale takes 1 to {MAX_LOG_STEPS}")]
    Steps {
        /// Name of the gene.
        gene: String,
        /// The number of steps that was given.
        steps: u32,
    },
    /// Two neighbours of a log grid round to the same multiple of the unit.
    #[error(
        "gene {gene}: with {steps} steps two neighbouring values round to the same multiple of {unit}; use fewer steps"
    )]
    Equal {
        /// Name of the gene.
        gene: String,
        /// The number of steps that was given.
        steps: u32,
        /// The unit that values are rounded to.
        unit: Decimal,
    },
    /// The list of values or categories is empty.
    #[error("gene {gene}: values must list at least one value")]
    Empty {
        /// Name of the gene.
        gene: String,
    },
    /// A value listed twice.
    #[error("gene {gene}: value {value} is listed twice")]
    Twice {
        /// Name of the gene.
        gene: String,
        /// The value or category.
        value: Decimal,
    },
}

impl Grid {
    /// min, min + step, ... up to and including max where it is met (the last value is at most max).
    pub fn linear(gene: &str, min: Decimal, max: Decimal, step: Decimal) -> Result<Grid, GridError> {
        if step <= Decimal::ZERO {
            return Err(GridError::Step { gene: gene.into(), step });
        }
        if min > max {
            return Err(GridError::Bounds { gene: gene.into(), min, max, rule: "min must not exceed max" });
        }
        let too_many = || GridError::TooMany { gene: gene.into() };
        let steps = max.checked_sub(min).and_then(|d| d.checked_div(step)).ok_or_else(too_many)?.floor();
        let mut count = u32::try_from(steps).ok().and_then(|s| s.checked_add(1)).ok_or_else(too_many)?;
        // The division above rounds at 28 digits; the last value decides.
        let last = |n: u32| Decimal::from(n - 1).checked_mul(step).and_then(|d| min.checked_add(d));
        while count > 1 && last(count).is_none_or(|v| v > max) {
            count -= 1;
        }
        if count > MAX_VALUES {
            return Err(too_many());
        }
        Ok(Grid::Linear { min: min.normalize(), step: step.normalize(), count })
    }

    /// `steps` + 1 values from min to max, value k = min·(max/min)^(k/steps) rounded half up to `unit`.
    pub fn log(gene: &str, min: Decimal, max: Decimal, unit: Decimal, steps: u32) -> Result<Grid, GridError> {
        if steps == 0 || steps > MAX_LOG_STEPS {
            return Err(GridError::Steps { gene: gene.into(), steps });
        }
        if unit <= Decimal::ZERO {
            return Err(GridError::Step { gene: gene.into(), step: unit });
        }
        if min <= Decimal::ZERO || min >= max {
            let rule = "a log scale needs 0 < min < max";
            return Err(GridError::Bounds { gene: gene.into(), min, max, rule });
        }
        let in_units = |value: Decimal| {
            value
                .checked_div(unit)
                .filter(|q| q.is_integer() && q.checked_mul(unit) == Some(value))
                .and_then(|q| u64::try_from(q).ok())
                .ok_or_else(|| GridError::Unit { gene: gene.into(), value, unit })
        };
        let values = log_grid::units(in_units(min)?, in_units(max)?, steps)
            .ok_or_else(|| GridError::Equal { gene: gene.into(), steps, unit })?;
        Ok(Grid::Log(values.into_iter().map(|v| (Decimal::from(v) * unit).normalize()).collect()))
    }

    /// Listed decimals in any order; they are sorted.
    pub fn values(gene: &str, mut values: Vec<Decimal>) -> Result<Grid, GridError> {
        values.sort();
        if values.is_empty() {
            return Err(GridError::Empty { gene: gene.into() });
        }
        if let Some(pair) = values.windows(2).find(|w| w[0] == w[1]) {
            return Err(GridError::Twice { gene: gene.into(), value: pair[0] });
        }
        Ok(Grid::Values(values.iter().map(Decimal::normalize).collect()))
    }

    /// All of a strategy's categories 0..n.
    pub fn categories(gene: &str, n: u32) -> Result<Grid, GridError> {
        Grid::category_values(gene, (0..n).collect())
    }

    /// Some of a strategy's categories, in any order; they are sorted. One category is a fixed gene.
    pub fn category_values(gene: &str, mut ids: Vec<u32>) -> Result<Grid, GridError> {
        ids.sort_unstable();
        if ids.is_empty() {
            return Err(GridError::Empty { gene: gene.into() });
        }
        if let Some(pair) = ids.windows(2).find(|w| w[0] == w[1]) {
            return Err(GridError::Twice { gene: gene.into(), value: Decimal::from(pair[0]) });
        }
        Ok(Grid::Categories(ids))
    }

    /// Number of values, at least 1.
    pub fn len(&self) -> u32 {
        match self {
            Grid::Linear { count, .. } => *count,
            Grid::Log(values) | Grid::Values(values) => values.len() as u32,
            Grid::Categories(ids) => ids.len() as u32,
            Grid::Fixed(_) => 1,
        }
    }

    /// Never: a grid has at least one value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the values have no order.
    pub fn is_categorical(&self) -> bool {
        matches!(self, Grid::Categories(_))
    }

    /// The decimal at index k; `None` beyond the grid and for categories.
    pub fn value(&self, k: u32) -> Option<Decimal> {
        match self {
            Grid::Linear { min, step, count } if k < *count => {
                Decimal::from(k).checked_mul(*step).and_then(|d| min.checked_add(d)).map(|v| v.normalize())
            }
            Grid::Log(values) | Grid::Values(values) => values.get(k as usize).copied(),
            Grid::Fixed(value) if k == 0 => Some(value.normalize()),
            _ => None,
        }
    }

    /// The category at index k; `None` beyond the grid and for numbers.
    pub fn category(&self, k: u32) -> Option<u32> {
        match self {
            Grid::Categories(ids) => ids.get(k as usize).copied(),
            _ => None,
        }
    }

    /// The index of exactly this decimal.
    pub fn index_of(&self, value: Decimal) -> Option<u32> {
        match self {
            Grid::Linear { min, step, count } => {
                let k = u32::try_from(value.checked_sub(*min)?.checked_div(*step)?.round()).ok()?;
                (k < *count && self.value(k) == Some(value)).then_some(k)
            }
            Grid::Log(values) | Grid::Values(values) => values.binary_search(&value).ok().map(|k| k as u32),
            Grid::Fixed(only) => (*only == value).then_some(0),
            Grid::Categories(_) => None,
        }
    }

    /// The index of exactly this category.
    pub fn index_of_category(&self, id: u32) -> Option<u32> {
        match self {
            Grid::Categories(ids) => ids.binary_search(&id).ok().map(|k| k as u32),
            _ => None,
        }
    }

    /// The index of the nearest decimal (the lower one of two equally near); `None` for categories. For the
    /// default of a gene whose range was overridden.
    pub fn nearest(&self, value: Decimal) -> Option<u32> {
        let distance = |k: u32| self.value(k)?.checked_sub(value).map(|d| d.abs());
        if self.is_categorical() {
            return None;
        }
        // First index whose value is not below, by bisection: grids rise.
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.value(middle)? < value { low = middle + 1 } else { high = middle }
        }
        match low {
            0 => Some(0),
            k if k == self.len() => Some(k - 1),
            k => Some(if distance(k - 1)? <= distance(k)? { k - 1 } else { k }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    // Contract C11.
    #[test]
    fn linear_values_are_exact_and_end_at_max() {
        let grid = Grid::linear("g", d("0.002"), d("0.2"), d("0.002")).unwrap();
        assert_eq!(grid.len(), 100);
        assert_eq!(grid.value(2), Some(d("0.006")));
        assert_eq!(grid.value(99), Some(d("0.2")));
        assert_eq!(grid.value(100), None);
        assert_eq!(grid.index_of(d("0.1980")), Some(98));
        assert_eq!(grid.index_of(d("0.1981")), None);
        let short = Grid::linear("g", d("1"), d("2"), d("0.3")).unwrap();
        assert_eq!(short.value(short.len() - 1), Some(d("1.9")));
    }

    #[test]
    fn log_grids_are_multiples_of_their_unit() {
        let grid = Grid::log("g", d("0.02"), d("1"), d("0.0001"), 24).unwrap();
        assert_eq!(grid.value(17), Some(d("0.3195")));
        assert_eq!(grid.index_of(d("0.3195")), Some(17));
        assert_eq!((grid.value(0), grid.value(24)), (Some(d("0.02")), Some(d("1"))));
    }

    #[test]
    fn errors_name_the_gene_and_what_to_do() {
        let text = |r: Result<Grid, GridError>| r.unwrap_err().to_string();
        assert!(text(Grid::linear("p", d("9"), d("1"), d("1"))).contains("gene p: min 9 and max 1"));
        assert!(text(Grid::linear("p", d("1"), d("9"), d("0"))).contains("above 0"));
        assert!(text(Grid::linear("p", d("0"), d("9"), d("0.000000001"))).contains("larger step"));
        assert!(text(Grid::linear("p", Decimal::MIN, Decimal::MAX, d("1"))).contains("larger step"));
        assert!(text(Grid::log("p", d("1"), d("1.2"), d("0.1"), 24)).contains("fewer steps"));
        assert!(
            text(Grid::log("p", d("1"), d("1.25"), d("0.1"), 2)).contains("1.25 is not a multiple of 0.1")
        );
        assert!(text(Grid::log("p", d("1"), d("2"), d("0.1"), 1001)).contains("1 to 1000"));
        assert!(text(Grid::log("p", d("0"), d("2"), d("0.1"), 3)).contains("0 < min < max"));
        assert!(text(Grid::values("p", vec![])).contains("at least one"));
        assert!(text(Grid::values("p", vec![d("1"), d("1.0")])).contains("twice"));
        assert!(text(Grid::category_values("p", vec![2, 2])).contains("twice"));
    }

    #[test]
    fn the_nearest_value_is_the_lower_of_two_equally_near() {
        let grid = Grid::values("g", vec![d("10"), d("20"), d("50")]).unwrap();
        let near = |text| grid.nearest(d(text)).unwrap();
        assert_eq!([near("1"), near("15"), near("15.1"), near("35"), near("99")], [0, 0, 1, 1, 2]);
    }
}
