//! What a node is: an operation with its constants. Nodes of the same operation on the same inputs are one node.

use super::column::Kind;

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

/// An operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    // Of the bars.
    Field(Field),
    Volume,
    Flow(Flow),
    Clock(Clock),
    NewDay,
    NewMonth,
    /// A node of a frame below, at the row that is seen.
    See {
        child: usize,
        node: usize,
        kind: Kind,
    },

    // Constants.
    Number(Constant),
    Truth(Option<bool>),
    Numerator {
        value: i128,
        wide: bool,
    },

    // Exact numbers.
    Rescale {
        factor: i128,
        from_wide: bool,
        wide: bool,
    },
    Sum {
        negative: bool,
        wide: bool,
    },
    WholeMagnitude {
        wide: bool,
    },
    WholeExtreme {
        highest: bool,
        wide: bool,
    },
    WholeWindowSum {
        n: usize,
        wide: bool,
    },
    WholeHighest {
        n: usize,
        wide: bool,
    },
    WholeLowest {
        n: usize,
        wide: bool,
    },
    WholeDelay {
        k: usize,
        wide: bool,
    },
    /// Without row 0.
    FromRowOne {
        wide: bool,
    },
    /// As f64.
    Rounded {
        denominator: i128,
        wide: bool,
    },
    WholeDeviation {
        n: usize,
        denominator: i128,
    },
    WholeScore {
        n: usize,
    },
    CompareWhole {
        comparison: Comparison,
        left: i128,
        left_wide: bool,
        right: i128,
        right_wide: bool,
    },
    CompareLevel {
        comparison: Comparison,
        level: i128,
        wide: bool,
    },

    // Numbers.
    Arithmetic(Arithmetic),
    With {
        arithmetic: Arithmetic,
        constant: Constant,
        first: bool,
    },
    Unary(Unary),
    WindowSum {
        n: usize,
    },
    /// Without the rows before this one.
    From {
        row: usize,
    },
    Highest {
        n: usize,
    },
    Lowest {
        n: usize,
    },
    Delay {
        k: usize,
    },
    Ema {
        n: usize,
    },
    Rma {
        n: usize,
    },
    Window {
        window: Window,
        n: usize,
    },
    Rsi {
        n: usize,
    },
    Stochastic,
    Williams,
    /// (Y - m) / (0.015 * a) of typical prices, their mean and mean distance.
    Channel,
    Supertrend {
        factor: Constant,
        side: bool,
    },
    HeikinOpen,
    VwapSince,
    Scan {
        steps: Vec<Step>,
    },

    // Conditions.
    Compare(Comparison),
    CompareWith {
        comparison: Comparison,
        constant: Constant,
    },
    Same,
    Not,
    And,
    Or,
    ConditionOrElse,
    ConditionIff,
    ConditionDelay {
        k: usize,
    },
    Quantity {
        quantity: Quantity,
        n: usize,
    },
    IsNa(Kind),

    // Of conditions and numbers.
    Iff,
    OrElse,
    Count {
        n: usize,
    },
    BarsSince,
    ValueWhen,
    ExtremeSince {
        highest: bool,
    },
}

fn width(wide: bool) -> Kind {
    if wide { Kind::Wide } else { Kind::Narrow }
}

impl Op {
    /// What it gives.
    pub fn kind(&self) -> Kind {
        use Op::*;
        match *self {
            Field(_) => Kind::Narrow,
            See { kind, .. } => kind,
            Numerator { wide, .. }
            | Rescale { wide, .. }
            | Sum { wide, .. }
            | WholeMagnitude { wide }
            | WholeExtreme { wide, .. }
            | WholeWindowSum { wide, .. }
            | WholeHighest { wide, .. }
            | WholeLowest { wide, .. }
            | WholeDelay { wide, .. }
            | FromRowOne { wide } => width(wide),
            NewDay
            | NewMonth
            | Truth(_)
            | CompareWhole { .. }
            | CompareLevel { .. }
            | Compare(_)
            | CompareWith { .. }
            | Same
            | Not
            | And
            | Or
            | ConditionOrElse
            | ConditionIff
            | ConditionDelay { .. }
            | Quantity { .. }
            | IsNa(_) => Kind::Conditions,
            Volume
            | Flow(_)
            | Clock(_)
            | Number(_)
            | Rounded { .. }
            | WholeDeviation { .. }
            | WholeScore { .. }
            | From { .. }
            | Arithmetic(_)
            | With { .. }
            | Unary(_)
            | WindowSum { .. }
            | Highest { .. }
            | Lowest { .. }
            | Delay { .. }
            | Ema { .. }
            | Rma { .. }
            | Window { .. }
            | Rsi { .. }
            | Stochastic
            | Williams
            | Channel
            | Supertrend { .. }
            | HeikinOpen
            | VwapSince
            | Scan { .. }
            | Iff
            | OrElse
            | Count { .. }
            | BarsSince
            | ValueWhen
            | ExtremeSince { .. } => Kind::Numbers,
        }
    }
}
