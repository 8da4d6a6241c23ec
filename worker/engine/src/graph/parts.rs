//! Parts of operations: what distinguishes nodes of one kind.

/// An f64 that is compared by its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Constant(u64);

impl Constant {
    /// A value; all NaN are one, and what is not finite is na.
    pub fn new(x: f64) -> Constant {
        Constant(if x.is_finite() { x } else { f64::NAN }.to_bits())
    }

    pub fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

/// Prices of the bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Field {
    Open,
    High,
    Low,
    Close,
    /// high + low.
    Two,
    /// high + low + close.
    Three,
    /// open + high + low + close.
    Four,
    /// The true range.
    Range,
    /// The upward movement of ADX, from row 1 on.
    Up,
    /// The downward movement of ADX, from row 1 on.
    Down,
}

/// The clock at the bar's open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Clock {
    Minute,
    Hour,
    Weekday,
    Day,
    Month,
    BarOfDay,
}

/// Flows of volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Flow {
    /// Of MFI, where the typical price rose.
    Rising,
    /// Of MFI, where it fell.
    Falling,
    /// Of CMF.
    Chaikin,
    /// Three typical prices times the volume.
    Typical,
    /// On-balance volume.
    Balance,
}

/// Two numbers make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Arithmetic {
    Plus,
    Minus,
    Times,
    Over,
    /// The first if it is smaller.
    Smaller,
    /// The first if it is larger.
    Larger,
    /// x / y - 1.0.
    Growth,
    /// x / y where y is above 0.
    Share,
    /// (100.0 * x) / y; 0 where y is 0.
    Percent,
    /// (100.0 * x) / (x + y); 50 where the sum is not above 0.
    Balance,
    /// (100.0 * |x - y|) / (x + y); 0 where the sum is 0.
    Spread,
}

/// One number makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Unary {
    Negative,
    Magnitude,
    Root,
    Log,
    Exp,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Comparison {
    Less,
    AtMost,
    Equal,
    Greater,
    AtLeast,
}

impl Comparison {
    /// The same with the operands the other way round.
    pub fn turned(self) -> Comparison {
        match self {
            Comparison::Less => Comparison::Greater,
            Comparison::AtMost => Comparison::AtLeast,
            Comparison::Equal => Comparison::Equal,
            Comparison::Greater => Comparison::Less,
            Comparison::AtLeast => Comparison::AtMost,
        }
    }

    /// Whether it holds for what is below, not for what is above; nothing of equality.
    pub fn is_below(self) -> Option<bool> {
        match self {
            Comparison::Less | Comparison::AtMost => Some(true),
            Comparison::Greater | Comparison::AtLeast => Some(false),
            Comparison::Equal => None,
        }
    }

    /// Whether it holds.
    #[inline]
    pub fn holds<T: PartialOrd>(self, a: T, b: T) -> bool {
        match self {
            Comparison::Less => a < b,
            Comparison::AtMost => a <= b,
            Comparison::Equal => a == b,
            Comparison::Greater => a > b,
            Comparison::AtLeast => a >= b,
        }
    }
}

/// One side of a comparison of exact numbers: numerators of a weight and width, times what makes denominators equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Side {
    pub factor: i128,
    pub weight: i128,
    pub wide: bool,
}

/// What a window of conditions gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Quantity {
    Any,
    All,
}

/// A window of the last rows, read as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Window {
    /// The mean, summed oldest first.
    Mean,
    /// The mean weighted by age.
    Weighted,
    Deviation,
    Score,
    Rank,
    Slope,
    End,
    /// The mean distance of CCI: of typical prices from their mean.
    Distance,
}

/// A step of the body of a scan. Numbers are values; conditions are 1, 0 and NaN. A register is the result of the step
/// of its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// The numbers or conditions of an input.
    Input(usize),
    Value(Constant),
    Itself,
    Unary(Unary, usize),
    Arithmetic(Arithmetic, usize, usize),
    Compare(Comparison, usize, usize),
    Not(usize),
    And(usize, usize),
    Or(usize, usize),
    OrElse(usize, usize),
    Iff(usize, usize, usize),
}
