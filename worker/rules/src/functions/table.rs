//! The table of all functions.

use super::Keeps::{Always, Never};
use super::Power::{Condition as Yes, Fixed, Half};
use super::{Accepts, Function, Keeps, Output, Parameter, Power, Shape, Units};

const fn parameter(name: &'static str, accepts: Accepts) -> Parameter {
    Parameter { name, accepts, optional: false }
}

const X: Parameter = parameter("x", Accepts::Number);
const Y: Parameter = parameter("y", Accepts::Number);
const B: Parameter = parameter("b", Accepts::Condition);
const N: Parameter = parameter("n", Accepts::Period(1));
const F: Parameter = parameter("f", Accepts::Period(1));
const S: Parameter = parameter("s", Accepts::Period(1));
const G: Parameter = parameter("g", Accepts::Period(1));
const K: Parameter = parameter("k", Accepts::Period(1));
const D: Parameter = parameter("d", Accepts::Period(1));
const FACTOR: Parameter = parameter("k", Accepts::Constant);

const fn special(name: &'static str) -> Parameter {
    parameter(name, Accepts::Special)
}

type Rows = fn(&[i64]) -> i64;

const fn none(_: &[i64]) -> i64 {
    0
}

const fn one(_: &[i64]) -> i64 {
    1
}

/// n - 1, of the first period.
const fn window(n: &[i64]) -> i64 {
    n[0] - 1
}

const fn whole(n: &[i64]) -> i64 {
    n[0]
}

/// Wilder's averages forget slowly.
const fn wilder(n: &[i64]) -> i64 {
    5 * n[0]
}

/// An exponential average of n rows has forgotten its start after 3n - 1.
const fn faded(n: i64) -> i64 {
    3 * n - 1
}

const fn exponential(n: &[i64]) -> i64 {
    faded(n[0])
}

/// The slower of the two averages of MACD.
const fn slower(n: &[i64]) -> i64 {
    faded(if n[0] > n[1] { n[0] } else { n[1] })
}

const fn macd_signal(n: &[i64]) -> i64 {
    slower(n) + faded(n[2])
}

fn hull(n: &[i64]) -> i64 {
    let (n, mut root) = (n[0], 1);
    // ⌊√n + 0.5⌋ without rounding: the largest m with (2m - 1)² <= 4n.
    while (2 * root + 1) * (2 * root + 1) <= 4 * n {
        root += 1;
    }
    n + root - 2
}

const fn out(power: Power, first: Rows, warm_up: Rows) -> Output {
    Output { field: "", power, integer: Never, exact: Never, first, warm_up }
}

const fn field(field: &'static str, power: Power, first: Rows, warm_up: Rows) -> Output {
    Output { field, power, integer: Never, exact: Never, first, warm_up }
}

impl Output {
    const fn exact(self, exact: Keeps) -> Output {
        Output { exact, ..self }
    }

    const fn integer(self, integer: Keeps) -> Output {
        Output { integer, ..self }
    }

    const fn keeps(self, argument: usize) -> Output {
        Output { integer: Keeps::Of(argument), exact: Keeps::Of(argument), ..self }
    }
}

const OF_X: Power = Power::Of(0);

const fn plain(
    name: &'static str,
    parameters: &'static [Parameter],
    outputs: &'static [Output],
    meaning: &'static str,
) -> Function {
    Function { name, shape: Shape::Plain, parameters, units: Units::Free, outputs, volume: false, meaning }
}

impl Function {
    const fn with_volume(self) -> Function {
        Function { volume: true, ..self }
    }

    const fn units(self, units: Units) -> Function {
        Function { units, ..self }
    }

    const fn shaped(self, shape: Shape) -> Function {
        Function { shape, ..self }
    }
}

/// All functions, as the contract orders them.
pub static FUNCTIONS: [Function; 61] = [
    plain("sum", &[X, N], &[out(OF_X, window, window).keeps(0)], "sum of the last n rows"),
    plain("sma", &[X, N], &[out(OF_X, window, window).exact(Keeps::Of(0))], "mean of the last n rows"),
    plain("highest", &[X, N], &[out(OF_X, window, window).keeps(0)], "largest of the last n rows"),
    plain("lowest", &[X, N], &[out(OF_X, window, window).keeps(0)], "smallest of the last n rows"),
    plain(
        "change",
        &[X, Parameter { name: "n", accepts: Accepts::Period(1), optional: true }],
        &[out(OF_X, whole, whole).keeps(0)],
        "x - x[n]",
    ),
    plain("roc", &[X, N], &[out(Fixed(0), whole, whole)], "x / x[n] - 1"),
    plain("ema", &[X, N], &[out(OF_X, none, exponential)], "exponential average"),
    plain("rma", &[X, N], &[out(OF_X, window, wilder)], "Wilder's average"),
    plain("dema", &[X, N], &[out(OF_X, none, |n| 2 * faded(n[0]))], "double exponential average"),
    plain("tema", &[X, N], &[out(OF_X, none, |n| 3 * faded(n[0]))], "triple exponential average"),
    plain("wma", &[X, N], &[out(OF_X, window, window)], "linearly weighted average"),
    plain("hma", &[X, N], &[out(OF_X, hull, hull)], "Hull's average"),
    plain("vwma", &[X, N], &[out(OF_X, window, window)], "average weighted by volume").with_volume(),
    plain("stdev", &[X, N], &[out(OF_X, window, window)], "standard deviation, ddof 0"),
    plain(
        "zscore",
        &[X, N],
        &[out(Fixed(0), window, window)],
        "distance from the mean in standard deviations",
    ),
    plain(
        "percent_rank",
        &[X, N],
        &[out(Fixed(0), window, window)],
        "share of the last n rows that are <= x",
    ),
    plain(
        "linreg",
        &[X, parameter("n", Accepts::Period(2))],
        &[field("slope", OF_X, window, window), field("end", OF_X, window, window)],
        "line of least squares through the last n rows",
    ),
    plain("rsi", &[X, N], &[out(Fixed(0), whole, wilder)], "relative strength index, 0 to 100"),
    plain(
        "macd",
        &[X, F, S, G],
        &[
            field("line", OF_X, none, slower),
            field("signal", OF_X, none, macd_signal),
            field("hist", OF_X, none, macd_signal),
        ],
        "difference of two exponential averages, and the average of it",
    ),
    plain(
        "stoch",
        &[K, D],
        &[
            field("k", Fixed(0), window, window),
            field("d", Fixed(0), |n| n[0] + n[1] - 2, |n| n[0] + n[1] - 2),
        ],
        "stochastic oscillator",
    ),
    plain("willr", &[N], &[out(Fixed(0), window, window)], "Williams %R, -100 to 0"),
    plain("cci", &[N], &[out(Fixed(0), window, window)], "commodity channel index"),
    plain("mfi", &[N], &[out(Fixed(0), whole, whole)], "money flow index, 0 to 100").with_volume(),
    plain("cmf", &[N], &[out(Fixed(0), window, window)], "Chaikin's money flow").with_volume(),
    plain("atr", &[N], &[out(Fixed(1), whole, wilder)], "average true range"),
    plain(
        "adx",
        &[N],
        &[
            field("plus", Fixed(0), whole, wilder),
            field("minus", Fixed(0), whole, wilder),
            field("adx", Fixed(0), |n| 2 * n[0] - 1, |n| 10 * n[0]),
        ],
        "directional movement",
    ),
    plain(
        "bb",
        &[X, N, FACTOR],
        &[
            field("mid", OF_X, window, window).exact(Keeps::Of(0)),
            field("upper", OF_X, window, window),
            field("lower", OF_X, window, window),
            field("z", Fixed(0), window, window),
            field("width", Fixed(0), window, window),
        ],
        "Bollinger bands, k standard deviations wide",
    ),
    plain(
        "keltner",
        &[N, FACTOR],
        &[
            field("mid", Fixed(1), none, exponential),
            field("upper", Fixed(1), whole, wilder),
            field("lower", Fixed(1), whole, wilder),
        ],
        "Keltner channel, k average true ranges wide",
    ),
    plain(
        "donchian",
        &[N],
        &[
            field("upper", Fixed(1), window, window).exact(Always),
            field("lower", Fixed(1), window, window).exact(Always),
            field("mid", Fixed(1), window, window).exact(Always),
        ],
        "highest high, lowest low, and half their sum",
    ),
    plain(
        "supertrend",
        &[N, FACTOR],
        &[
            field("value", Fixed(1), whole, |n| 6 * n[0]),
            field("side", Fixed(0), whole, |n| 6 * n[0]).integer(Always),
        ],
        "trailing line at k average true ranges, and its side: 1 or -1",
    ),
    plain(
        "heikin",
        &[],
        &[
            field("open", Fixed(1), none, |_| 20),
            field("high", Fixed(1), none, |_| 20),
            field("low", Fixed(1), none, |_| 20),
            field("close", Fixed(1), none, |_| 20).exact(Always),
        ],
        "Heikin-Ashi bars",
    ),
    plain("obv", &[], &[out(Fixed(0), none, one)], "on-balance volume").with_volume(),
    plain("vwap", &[N], &[out(Fixed(1), window, window)], "mean price of n rows, weighted by volume")
        .with_volume(),
    plain("vwap_since", &[B], &[out(Fixed(1), none, none)], "the same since b was last true").with_volume(),
    plain("cross_up", &[X, Y], &[out(Yes, one, one)], "x rises above y").units(Units::Alike),
    plain("cross_down", &[X, Y], &[out(Yes, one, one)], "x falls below y").units(Units::Alike),
    plain("rising", &[X], &[out(Yes, one, one)], "x > x[1]"),
    plain("falling", &[X], &[out(Yes, one, one)], "x < x[1]"),
    plain("any", &[B, N], &[out(Yes, window, window)], "b in any of the last n rows"),
    plain("all", &[B, N], &[out(Yes, window, window)], "b in all of the last n rows"),
    plain(
        "count",
        &[B, N],
        &[out(Fixed(0), window, window).integer(Always)],
        "in how many of the last n rows b is true",
    ),
    plain("bars_since", &[B], &[out(Fixed(0), none, none).integer(Always)], "rows since b was last true"),
    plain(
        "value_when",
        &[B, X],
        &[out(Power::Of(1), none, none).integer(Keeps::Of(1))],
        "x where b was last true",
    ),
    plain(
        "highest_since",
        &[B, X],
        &[out(Power::Of(1), none, none).integer(Keeps::Of(1))],
        "largest x since b was last true",
    ),
    plain(
        "lowest_since",
        &[B, X],
        &[out(Power::Of(1), none, none).integer(Keeps::Of(1))],
        "smallest x since b was last true",
    ),
    plain("iff", &[B, special("x"), special("y")], &[], "x where b is true, y where it is false")
        .shaped(Shape::Iff),
    plain("min", &[X, Y], &[], "the smallest of 2 to 8 numbers").shaped(Shape::Extremum),
    plain("max", &[X, Y], &[], "the largest of 2 to 8 numbers").shaped(Shape::Extremum),
    plain("abs", &[X], &[out(OF_X, none, none).keeps(0)], "x without its sign"),
    plain("sqrt", &[X], &[out(Half, none, none)], "square root").units(Units::Even),
    plain("log", &[X], &[out(Fixed(0), none, none)], "natural logarithm").units(Units::PlainOrPrice),
    plain("exp", &[X], &[out(Fixed(0), none, none)], "exponential function").units(Units::PlainOrPrice),
    plain("step", &[X, special("k1"), special("v1")], &[], "the v of the last k that is <= x")
        .shaped(Shape::Step),
    plain("num", &[X], &[out(Fixed(0), none, none)], "x as a plain number"),
    plain("is_na", &[parameter("x", Accepts::Any)], &[out(Yes, none, none)], "whether x is not defined"),
    plain("use", &[special("gene"), B], &[], "b if the gene is on, else true").shaped(Shape::Use),
    plain(
        "choose",
        &[special("gene"), special("value: x")],
        &[],
        "an alternative for each value of a word gene",
    )
    .shaped(Shape::Choose),
    plain(
        "scan",
        &[special("init"), special("body")],
        &[],
        "a value that is carried from row to row as self",
    )
    .shaped(Shape::Scan),
    plain("on", &[special("timeframe"), special("x")], &[], "x on the bars of a higher timeframe")
        .shaped(Shape::On),
    plain("of", &[special("symbol"), special("x")], &[], "x on the bars of another symbol").shaped(Shape::Of),
    plain("at_entry", &[special("x")], &[], "x at the signal bar of the position").shaped(Shape::AtEntry),
];
