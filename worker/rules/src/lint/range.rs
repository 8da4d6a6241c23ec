//! Between which numbers the values of an expression lie, whatever the market does.

use crate::tree::{Argument, Expr, ExprKind};
use crate::types::{Constant, Type};

/// The least and the greatest value; either may be infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    pub low: f64,
    pub high: f64,
}

const fn between(low: f64, high: f64) -> Option<Range> {
    Some(Range { low, high })
}

const POSITIVE: Option<Range> = between(0.0, f64::INFINITY);

/// The range of an expression, if its form says one.
pub(super) fn range(expr: &Expr) -> Option<Range> {
    if let Some(Type::Constant(Constant { interval, .. })) = expr.ty {
        let rounded = |r: crate::Rational| r.numerator() as f64 / r.denominator() as f64;
        return between(rounded(interval.low), rounded(interval.high));
    }
    match &expr.kind {
        ExprKind::Name(name) => named(name),
        ExprKind::Negative(x) => range(x).map(|x| Range { low: -x.high, high: -x.low }),
        ExprKind::Index(x, _) => range(x),
        ExprKind::Field(x, field) => match &x.kind {
            ExprKind::Call(name, _) => match (name.as_str(), field.as_str()) {
                ("stoch", _) => between(0.0, 100.0),
                ("adx", _) => POSITIVE,
                ("supertrend", "side") => between(-1.0, 1.0),
                _ => None,
            },
            _ => None,
        },
        ExprKind::Call(name, arguments) => called(name, arguments),
        _ => None,
    }
}

fn named(name: &str) -> Option<Range> {
    match name {
        "minute" => between(0.0, 59.0),
        "hour" => between(0.0, 23.0),
        "weekday" => between(1.0, 7.0),
        "day" => between(1.0, 31.0),
        "month" => between(1.0, 12.0),
        "dir" => between(-1.0, 1.0),
        "open" | "high" | "low" | "close" | "hl2" | "hlc3" | "ohlc4" | "tr" | "volume" | "bar_of_day"
        | "bars_since_exit" | "trades_today" | "bars_in_trade" | "initial_risk" => POSITIVE,
        _ => None,
    }
}

fn called(name: &str, arguments: &[Argument]) -> Option<Range> {
    let argument = |i: usize| arguments.get(i).and_then(|a| range(&a.value));
    match name {
        "rsi" | "mfi" => between(0.0, 100.0),
        "willr" => between(-100.0, 0.0),
        "percent_rank" => between(0.0, 1.0),
        "count" => Some(Range { low: 0.0, high: argument(1)?.high }),
        "bars_since" | "atr" | "stdev" | "sqrt" | "exp" => POSITIVE,
        // What only picks values or carries them.
        "highest" | "lowest" => argument(0),
        "value_when" | "highest_since" | "lowest_since" | "on" | "of" => argument(1),
        "num" | "at_entry" => argument(0),
        "abs" => POSITIVE,
        _ => None,
    }
}
