//! The rows of the reference: each term and each function in words.

use crate::functions::{Accepts, FUNCTIONS, Function, Keeps, Output, Parameter, Power, Shape, Units};
use crate::reference::formula::formula;
use crate::terms::{Phase, TERMS, Term};
use serde::Serialize;

/// A name that is no function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TermEntry {
    /// The name.
    pub name: &'static str,
    /// What it gives, and in which unit.
    pub gives: String,
    /// Where it may stand.
    pub known: &'static str,
    /// What it is.
    pub meaning: &'static str,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FunctionEntry {
    /// The name.
    pub name: &'static str,
    /// As it is written.
    pub signature: String,
    /// What it is.
    pub meaning: &'static str,
    /// Its arguments.
    pub parameters: Vec<ParameterEntry>,
    /// What its arguments must have in common.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<&'static str>,
    /// Its columns.
    pub outputs: Vec<OutputEntry>,
    /// Whether the bars need a volume.
    pub needs_volume: bool,
}

/// An argument of a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ParameterEntry {
    /// Its name.
    pub name: &'static str,
    /// What it must be.
    pub accepts: String,
}

/// A column that a function gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutputEntry {
    /// Behind the dot; empty for the only column.
    pub field: &'static str,
    /// What it gives, and in which unit.
    pub gives: String,
    /// The first defined row, counted from the first one where all arguments are defined.
    pub first_row: String,
    /// The rows of warm-up that are added to those of the arguments.
    pub warm_up: String,
}

/// All terms, as the table orders them.
pub fn terms() -> Vec<TermEntry> {
    TERMS.iter().map(term_entry).collect()
}

/// All functions, as the table orders them.
pub fn functions() -> Vec<FunctionEntry> {
    FUNCTIONS.iter().map(function_entry).collect()
}

fn term_entry(term: &Term) -> TermEntry {
    let gives = match term.power {
        Some(power) => number(unit(power), term.integer, term.exact.is_some()),
        None => "a condition".to_owned(),
    };
    TermEntry { name: term.name, gives, known: known(term.phase), meaning: term.meaning }
}

fn known(phase: Phase) -> &'static str {
    match phase {
        Phase::Market => "everywhere",
        Phase::Account => "in enter, exit, size and risk",
        Phase::Position => "in exit, stop and target, while a position of that side is open",
    }
}

fn function_entry(f: &Function) -> FunctionEntry {
    let outputs = match f.outputs {
        [] => vec![shaped(f.shape)],
        all => all.iter().map(|output| output_entry(f, output)).collect(),
    };
    FunctionEntry {
        name: f.name,
        signature: f.signature(),
        meaning: f.meaning,
        parameters: f.parameters.iter().map(|p| parameter_entry(f, p)).collect(),
        units: match f.units {
            Units::Free => None,
            Units::Alike => Some("both numbers have the same unit"),
            Units::Even => Some("an even power of the price"),
            Units::PlainOrPrice => Some("a plain number or a price"),
        },
        outputs,
        needs_volume: f.volume,
    }
}

fn parameter_entry(f: &Function, parameter: &Parameter) -> ParameterEntry {
    let accepts = match parameter.accepts {
        Accepts::Number => "a number",
        Accepts::Condition => "a condition",
        Accepts::Any => "a number or a condition",
        Accepts::Period(2) => "a number of rows, from 2 to 10,000",
        Accepts::Period(_) => "a number of rows, from 1 to 10,000",
        Accepts::Constant => "a constant",
        Accepts::Special => special(f.shape, parameter.name),
    };
    let optional = if parameter.optional { "; 1 where it is left out" } else { "" };
    ParameterEntry { name: parameter.name, accepts: format!("{accepts}{optional}") }
}

/// What an argument is that only this shape of function takes.
fn special(shape: Shape, name: &str) -> &'static str {
    match (shape, name) {
        (Shape::Step, "k1") => "a constant; more pairs of k and v may follow, with ascending k",
        (Shape::Step, _) => "a constant, the value from k1 on",
        (Shape::Use, _) => "a word gene whose values are on and off",
        (Shape::Choose, "gene") => "a word gene",
        (Shape::Choose, _) => "each value of the gene once, with what it stands for",
        (Shape::Scan, "init") => "the value in the first row where it is defined",
        (Shape::Scan, _) => "the value of every later row, where self is that of the row before",
        (Shape::On, "timeframe") => "a timeframe, as 4h, longer than the bars",
        (Shape::Of, "symbol") => "a symbol of the dataset",
        (Shape::On | Shape::Of | Shape::AtEntry, _) => "a number or a condition of the market alone",
        _ => "a number or a condition, both alike",
    }
}

/// What a function gives whose arguments decide it.
fn shaped(shape: Shape) -> OutputEntry {
    let (gives, first_row, warm_up) = match shape {
        Shape::Step => ("a plain number", "0", "0"),
        Shape::Use => ("a condition", "0", "0, on or off"),
        Shape::Choose => ("what the alternatives give", "that of the one chosen", "that of the longest"),
        Shape::Scan => ("a number in the unit of init", "that of init", "0"),
        Shape::On => ("what x gives", "the first row that sees it", "the first row that sees it"),
        Shape::Of => {
            ("what x gives, without a unit", "the first row that sees it", "the first row that sees it")
        }
        Shape::AtEntry => ("what x gives", "the entry", "0"),
        Shape::Extremum => ("a number in the unit of its arguments", "0", "0"),
        Shape::Iff | Shape::Plain => ("what x and y give", "0", "0"),
    };
    OutputEntry {
        field: "",
        gives: gives.to_owned(),
        first_row: first_row.to_owned(),
        warm_up: warm_up.to_owned(),
    }
}

fn output_entry(f: &Function, output: &Output) -> OutputEntry {
    let of = |argument: usize| f.parameters.get(argument).map_or("x", |p| p.name);
    let whole = output.integer == Keeps::Always;
    let exact = output.exact == Keeps::Always;
    let gives = match output.power {
        Power::Condition => "a condition".to_owned(),
        Power::Fixed(power) => number(unit(power), whole, exact),
        Power::Of(argument) => number(&format!("in the unit of {}", of(argument)), whole, exact),
        Power::Half => "a number in half the power of the price of x".to_owned(),
    };
    let exact = match output.exact {
        Keeps::Of(argument) => format!(", exact where {} is", of(argument)),
        Keeps::Never | Keeps::Always => String::new(),
    };
    let periods: Vec<&str> = f.periods().map(of).collect();
    OutputEntry {
        field: output.field,
        gives: format!("{gives}{exact}"),
        first_row: formula(&periods, output.first),
        warm_up: formula(&periods, output.warm_up),
    }
}

fn unit(power: i32) -> &'static str {
    match power {
        0 => "plain",
        1 => "price",
        _ => "power of the price",
    }
}

fn number(unit: &str, whole: bool, exact: bool) -> String {
    match (unit, whole, exact) {
        ("plain", false, _) => "a plain number".to_owned(),
        ("plain", true, _) => "a whole number".to_owned(),
        ("price", _, true) => "a price, exact".to_owned(),
        ("price", _, false) => "a price".to_owned(),
        (unit, ..) => format!("a number {unit}"),
    }
}
