//! Which numbers are exact fractions of ticks for given genes: `docs/contract/rules.md`, D4.

use crate::constant::{Genome, value};
use crate::rational::{Rational, gcd};
use crate::terms::{Term, term};
use crate::tree::{Argument, Expr, ExprKind, Operator};
use crate::types::Type;

/// Weights and denominators beyond this are left to f64.
const LARGEST: i128 = 1 << 40;
/// Factors at and beyond this are left to f64.
const LARGEST_FACTOR: i128 = 1 << 31;
/// Ticks are below this.
const TICKS: i128 = 1 << 47;

/// A column N/D of whole numbers of ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exact {
    /// D.
    pub denominator: i128,
    /// |N| is below this times 2^47.
    pub weight: i128,
}

impl Exact {
    fn new(denominator: i128, weight: i128) -> Option<Exact> {
        (denominator <= LARGEST && weight <= LARGEST).then_some(Exact { denominator, weight })
    }

    /// A field of the market.
    pub fn field(term: &Term) -> Option<Exact> {
        let (denominator, weight) = term.exact?;
        Exact::new(denominator, weight)
    }

    /// A constant beside exact numbers of prices with so many decimals, and its numerator.
    pub fn constant(r: Rational, decimals: u32) -> Option<(Exact, i128)> {
        let ticks = r.times(Rational::whole(10_i128.checked_pow(decimals)?))?;
        let weight = ticks.numerator().checked_abs()? / TICKS + 1;
        Some((Exact::new(ticks.denominator(), weight)?, ticks.numerator()))
    }

    /// The weight with a denominator that is a multiple of this one.
    fn weight_over(self, denominator: i128) -> Option<i128> {
        self.weight.checked_mul(denominator / self.denominator)
    }

    /// The product with a fraction in lowest terms.
    pub fn scaled(self, r: Rational) -> Option<Exact> {
        let (numerator, denominator) = (r.numerator().checked_abs()?, r.denominator());
        if numerator == 0 || numerator >= LARGEST_FACTOR || denominator >= LARGEST_FACTOR {
            return None;
        }
        let weight = self.weight.checked_mul(numerator)?;
        Exact::new(self.denominator.checked_mul(denominator)?, weight)
    }

    fn with(self, other: Exact, weight: fn(i128, i128) -> i128) -> Option<Exact> {
        let denominator = self.denominator / gcd(self.denominator, other.denominator);
        let denominator = denominator.checked_mul(other.denominator)?;
        Exact::new(denominator, weight(self.weight_over(denominator)?, other.weight_over(denominator)?))
    }

    /// The sum with another, or the difference.
    pub fn plus(self, other: Exact) -> Option<Exact> {
        self.with(other, i128::saturating_add)
    }

    /// The smaller or larger of this and another.
    pub fn beside(self, other: Exact) -> Option<Exact> {
        self.with(other, larger)
    }

    /// The sum of so many rows.
    pub fn sum(self, rows: i128) -> Option<Exact> {
        Exact::new(self.denominator, self.weight.checked_mul(rows)?)
    }

    /// The mean of so many rows.
    pub fn mean(self, rows: i128) -> Option<Exact> {
        Exact::new(self.denominator.checked_mul(rows)?, self.weight.checked_mul(rows)?)
    }
}

fn is_constant(expr: &Expr) -> bool {
    matches!(expr.ty, Some(Type::Constant(_)))
}

/// The larger of two weights.
fn larger(a: i128, b: i128) -> i128 {
    if a > b { a } else { b }
}

/// Whether a checked number is exact, for the values of `genome` and prices of so many decimals.
pub fn exact(expr: &Expr, genome: &Genome, decimals: u32) -> Option<Exact> {
    let of = |x: &Expr| exact(x, genome, decimals);
    // A constant beside an exact number.
    let beside = |x: &Expr| {
        if !is_constant(x) {
            return of(x);
        }
        Exact::constant(value(x, genome)?.exact, decimals).map(|(exact, _)| exact)
    };
    match &expr.kind {
        ExprKind::Name(name) => Exact::field(term(name)?),
        ExprKind::Negative(x) if !is_constant(expr) => of(x),
        ExprKind::Index(x, _) => of(x),
        ExprKind::Binary(operator, x, y) if !is_constant(expr) => match operator {
            Operator::Plus | Operator::Minus => {
                // One of them is no constant, or the whole were one.
                beside(x)?.plus(beside(y)?)
            }
            Operator::Times | Operator::Over => {
                let divides = *operator == Operator::Over;
                let (column, factor) = if is_constant(y) { (x, y) } else { (y, x) };
                if !is_constant(factor) || divides && !is_constant(y) {
                    return None;
                }
                let r = value(factor, genome)?.exact;
                let r = if divides { Rational::whole(1).over(r)? } else { r };
                of(column)?.scaled(r)
            }
            _ => None,
        },
        ExprKind::Field(x, field) => {
            let ExprKind::Call(name, arguments) = &x.kind else { return None };
            match (name.as_str(), field.as_str()) {
                ("bb", "mid") => windowed("sma", arguments, &of, genome),
                ("donchian", "upper" | "lower") => Exact::new(1, 1),
                ("donchian", "mid") => Exact::new(2, 2),
                ("heikin", "close") => Exact::new(4, 4),
                _ => None,
            }
        }
        ExprKind::Call(name, arguments) if !is_constant(expr) => match name.as_str() {
            "abs" => of(&arguments.first()?.value),
            "sum" | "sma" | "highest" | "lowest" | "change" => windowed(name, arguments, &of, genome),
            "min" | "max" => {
                let mut all = arguments.iter().map(|a| beside(&a.value));
                let first = all.next()??;
                all.try_fold(first, |sum, next| sum.beside(next?))
            }
            "on" => of(&arguments.get(1)?.value),
            "choose" => {
                let ExprKind::Gene(gene) = &arguments.first()?.value.kind else { return None };
                let word = genome.get(gene)?;
                of(&arguments[1..].iter().find(|arm| arm.label.as_ref() == Some(word))?.value)
            }
            _ => None,
        },
        _ => None,
    }
}

fn windowed(
    name: &str,
    arguments: &[Argument],
    of: &dyn Fn(&Expr) -> Option<Exact>,
    genome: &Genome,
) -> Option<Exact> {
    let x = of(&arguments.first()?.value)?;
    let rows = match arguments.get(1) {
        Some(argument) => value(&argument.value, genome)?.exact.numerator(),
        None => 1,
    };
    match name {
        "sum" => x.sum(rows),
        "sma" => x.mean(rows),
        "change" => x.plus(x),
        _ => Some(x),
    }
}
