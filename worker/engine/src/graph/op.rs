//! What a node is: an operation with its constants. Nodes of the same operation on the same inputs are one node.

use super::column::Kind;
pub(crate) use super::parts::{
    Arithmetic, Clock, Comparison, Constant, Field, Flow, Quantity, Side, Step, Unary, Window,
};

/// An operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    // Of the bars.
    Field(Field),
    Volume,
    /// A column of a file of signals, as `momentum.score`.
    Signal(String),
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
    /// A weighted mean or line of numerators over a power of two.
    WholeWindow {
        window: Window,
        n: usize,
        denominator: i128,
    },
    CompareWhole {
        comparison: Comparison,
        left: Side,
        right: Side,
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
    /// The first beside the second times a factor, which is at most [`crate::batch::TAME_FACTOR`].
    CompareTimes {
        comparison: Comparison,
        factor: Constant,
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
    /// `x and not x[1]`.
    Rising,
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
    /// Whether it is a comparison.
    pub fn compares(&self) -> bool {
        use Op::*;
        matches!(
            self,
            Compare(_) | CompareWith { .. } | CompareTimes { .. } | CompareWhole { .. } | CompareLevel { .. }
        )
    }

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
            | CompareTimes { .. }
            | Same
            | Not
            | And
            | Or
            | ConditionOrElse
            | ConditionIff
            | ConditionDelay { .. }
            | Rising
            | Quantity { .. }
            | IsNa(_) => Kind::Conditions,
            Volume
            | Signal(_)
            | Flow(_)
            | Clock(_)
            | Number(_)
            | Rounded { .. }
            | WholeDeviation { .. }
            | WholeScore { .. }
            | WholeWindow { .. }
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
