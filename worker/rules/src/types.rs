//! Types of expressions.

use crate::functions::Function;
use crate::rational::Interval;

/// What an expression gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Type {
    /// A column of numbers.
    Number(Number),
    /// A number that genes decide.
    Constant(Constant),
    /// A column of conditions.
    Condition,
    /// The value of a word gene.
    Word,
    /// Several columns, of which a field picks one.
    Tuple(&'static Function),
    /// A timeframe.
    Timeframe,
    /// A symbol.
    Symbol,
}

/// A column of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// The power of the price in it: 1 for a price, 0 for a plain number.
    pub power: i32,
    /// Whether all values are whole numbers, so that they can be compared with `==`.
    pub integer: bool,
    /// Whether it is an exact fraction of ticks, as far as its form says; `exact` tells for given genes.
    pub exact: bool,
}

/// A number that genes decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Constant {
    /// What it can be worth over the bounds of its genes.
    pub interval: Interval,
    /// Whether it is a whole number for all of them.
    pub integer: bool,
}

impl Number {
    /// A number that is neither whole nor exact.
    pub fn of_power(power: i32) -> Number {
        Number { power, integer: false, exact: false }
    }
}

impl Type {
    /// As a column of numbers; a constant is the same in every row.
    pub fn number(self) -> Option<Number> {
        match self {
            Type::Number(number) => Some(number),
            Type::Constant(c) => Some(Number { power: 0, integer: c.integer, exact: false }),
            _ => None,
        }
    }

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Type::Number(_) => "a number",
            Type::Constant(_) => "a constant",
            Type::Condition => "a condition",
            Type::Word => "a word",
            Type::Tuple(_) => "several columns at once",
            Type::Timeframe => "a timeframe",
            Type::Symbol => "a symbol",
        }
    }
}
