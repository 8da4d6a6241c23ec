//! First defined rows and warm-up: `docs/contract/rules.md`, D7.

use crate::constant::{Genome, value};
use crate::functions::{Accepts, Function, Output, Shape, function};
use crate::tree::{Argument, Expr, ExprKind, Timeframe};
use crate::types::Type;
use std::collections::BTreeSet;

/// Which values of the genes count.
#[derive(Clone, Copy, Debug)]
pub enum At<'a> {
    /// The upper bound of every period.
    Bounds,
    /// The values of a genome.
    Genome(&'a Genome),
}

/// What the rows of the data tell of higher timeframes and other symbols. Rows and buckets count from 0; `symbol`:
/// on whose rows, nobody meaning the symbol that is traded. What the data do not reach is their number of rows.
pub trait Calendar {
    /// The first row that sees this bucket or a later one.
    fn sees_bucket(&self, symbol: Option<&str>, timeframe: Timeframe, bucket: i64) -> i64;
    /// The first row of the traded symbol that sees this row of another.
    fn sees_row(&self, symbol: &str, row: i64) -> i64;
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Measure {
    First,
    WarmUp,
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    measure: Measure,
    at: At<'a>,
    calendar: Option<&'a dyn Calendar>,
    symbol: Option<&'a str>,
}

/// The rows before the first one that counts, of one checked expression. Nothing, if it looks at another timeframe
/// or symbol and there is no calendar, or if a period has no value.
pub fn warm_up(expr: &Expr, at: At<'_>, calendar: Option<&dyn Calendar>) -> Option<i64> {
    Reader { measure: Measure::WarmUp, at, calendar, symbol: None }.rows(expr)
}

/// The first row in which a checked expression is defined, as far as its form says: a condition may be known sooner,
/// since false and unknown is false, and one of `of` later.
pub fn first_defined(expr: &Expr, genome: &Genome, calendar: Option<&dyn Calendar>) -> Option<i64> {
    Reader { measure: Measure::First, at: At::Genome(genome), calendar, symbol: None }.rows(expr)
}

/// Whether an expression looks at another timeframe or symbol.
pub fn needs_calendar(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| {
        found |= matches!(&part.kind, ExprKind::Call(name, _) if name == "on" || name == "of");
    });
    found
}

/// The smallest part that needs as many rows as the whole: what causes its warm-up.
pub fn cause<'a>(expr: &'a Expr, at: At<'_>, calendar: Option<&dyn Calendar>) -> &'a Expr {
    let rows = warm_up(expr, at, calendar);
    let below = expr.parts().into_iter().find(|part| rows.is_some() && warm_up(part, at, calendar) == rows);
    // A tuple has rows by its fields only.
    match below.filter(|_| rows != Some(0)) {
        Some(below) if !matches!(expr.kind, ExprKind::Field(..)) => cause(below, at, calendar),
        _ => expr,
    }
}

/// The genes that its periods are made of, by name.
pub(crate) fn period_genes(expr: &Expr) -> BTreeSet<String> {
    let mut genes = BTreeSet::new();
    expr.walk(&mut |part| {
        let periods: Vec<&Expr> = match &part.kind {
            ExprKind::Index(_, k) => vec![k],
            ExprKind::Call(name, arguments) => {
                let places = function(name).into_iter().flat_map(Function::periods);
                places.filter_map(|i| Some(&arguments.get(i)?.value)).collect()
            }
            _ => Vec::new(),
        };
        for period in periods {
            period.walk(&mut |leaf| {
                if let ExprKind::Gene(name) = &leaf.kind {
                    genes.insert(name.clone());
                }
            });
        }
    });
    genes
}

impl<'a> Reader<'a> {
    fn most<'e>(self, all: impl Iterator<Item = &'e Expr>) -> Option<i64> {
        let mut most = 0;
        for part in all {
            let rows = self.rows(part)?;
            most = if rows > most { rows } else { most };
        }
        Some(most)
    }

    fn rows(self, expr: &Expr) -> Option<i64> {
        match &expr.kind {
            ExprKind::Call(name, arguments) => {
                let f = function(name)?;
                match f.outputs {
                    [] => self.shaped(f, arguments),
                    [only] => self.call(f, only, arguments),
                    all => {
                        let rows = all.iter().map(|output| self.call(f, output, arguments));
                        rows.collect::<Option<Vec<i64>>>()?.into_iter().max()
                    }
                }
            }
            ExprKind::Field(x, field) => {
                let ExprKind::Call(name, arguments) = &x.kind else { return None };
                let f = function(name)?;
                self.call(f, f.output(field)?, arguments)
            }
            ExprKind::Index(x, k) => self.rows(x)?.checked_add(self.period(k)?),
            _ => self.most(expr.parts().into_iter()),
        }
    }

    fn call(self, f: &Function, output: &Output, arguments: &[Argument]) -> Option<i64> {
        let columns = f.parameters.iter().zip(arguments).filter(|(parameter, _)| {
            matches!(parameter.accepts, Accepts::Number | Accepts::Condition | Accepts::Any)
        });
        let before = self.most(columns.map(|(_, argument)| &argument.value))?;
        let mut periods = Vec::new();
        for i in f.periods() {
            periods.push(match arguments.get(i) {
                Some(argument) => self.period(&argument.value)?,
                None => 1,
            });
        }
        let own = match self.measure {
            Measure::First => (output.first)(&periods),
            Measure::WarmUp => (output.warm_up)(&periods),
        };
        before.checked_add(own)
    }

    fn shaped(self, f: &Function, arguments: &[Argument]) -> Option<i64> {
        let all = arguments.iter().map(|argument| &argument.value);
        match (f.shape, self.measure, self.at) {
            (Shape::On, ..) => {
                let ExprKind::Timeframe(timeframe) = arguments.first()?.value.kind else { return None };
                let bucket = self.rows(&arguments.get(1)?.value)?;
                Some(self.calendar?.sees_bucket(self.symbol, timeframe, bucket))
            }
            (Shape::Of, ..) => {
                let ExprKind::Symbol(symbol) = &arguments.first()?.value.kind else { return None };
                let there = Reader { symbol: Some(symbol), ..self };
                Some(self.calendar?.sees_row(symbol, there.rows(&arguments.get(1)?.value)?))
            }
            (Shape::Scan, Measure::First, _) => self.rows(&arguments.first()?.value),
            (Shape::Choose, Measure::First, At::Genome(genome)) => {
                let ExprKind::Gene(gene) = &arguments.first()?.value.kind else { return None };
                let word = genome.get(gene)?;
                self.rows(&arguments[1..].iter().find(|arm| arm.label.as_ref() == Some(word))?.value)
            }
            _ => self.most(all),
        }
    }

    fn period(self, expr: &Expr) -> Option<i64> {
        let rows = match (self.at, expr.ty) {
            (At::Bounds, Some(Type::Constant(constant))) => constant.interval.high,
            (At::Bounds, _) => return None,
            (At::Genome(genome), _) => value(expr, genome)?.exact,
        };
        i64::try_from(rows.numerator()).ok().filter(|_| rows.is_whole())
    }
}
