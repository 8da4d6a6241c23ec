//! An expression over named numbers instead of series: an objective of one's own over the metrics of a run. The same texts and
//! trees as in a strategy (D2, D3), without rows: what only a series could have is refused.

use crate::error::{Error, Fault, Kind};
use crate::functions::{FUNCTIONS, function};
use crate::parse::parse;
use crate::tree::{Expr, ExprKind, Operator};

/// The functions that need no series.
const OF_NUMBERS: [&str; 8] = ["min", "max", "abs", "sqrt", "log", "exp", "iff", "is_na"];

/// A checked expression over named numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    expr: Expr,
    reads: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Number,
    Condition,
}

impl Holds {
    fn text(self) -> &'static str {
        match self {
            Holds::Number => "a number",
            Holds::Condition => "a condition",
        }
    }
}

impl Scalar {
    /// Reads and checks a text that may use these names; `what` says in a word what they name.
    ///
    /// # Errors
    /// The first fault, with its place in the text; its path is empty.
    pub fn new(text: &str, what: &str, names: &[&str]) -> Result<Scalar, Box<Error>> {
        checked(text, what, names, Holds::Number)
    }

    /// The names that it reads, each once, in the order of the text.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        self.reads.iter().map(String::as_str)
    }

    /// Its value; `None` if it is na: a name without a value that it needs, or a step that leaves the numbers.
    pub fn value(&self, of: &dyn Fn(&str) -> Option<f64>) -> Option<f64> {
        number(&self.expr, of)
    }
}

/// A checked condition over named numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalarCondition(Scalar);

impl ScalarCondition {
    /// Reads and checks a text as [`Scalar::new`] does; a name may have the `$` of a gene before it.
    ///
    /// # Errors
    /// The first fault, with its place in the text; its path is empty.
    pub fn new(text: &str, what: &str, names: &[&str]) -> Result<ScalarCondition, Box<Error>> {
        checked(text, what, names, Holds::Condition).map(ScalarCondition)
    }

    /// The names that it reads, each once, in the order of the text.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        self.0.reads()
    }

    /// Whether it is met; `None` if it is na.
    pub fn met(&self, of: &dyn Fn(&str) -> Option<f64>) -> Option<bool> {
        condition(&self.0.expr, of)
    }

    /// Where it is a plain order of two names: the lower one, the higher one, and whether they may be equal.
    pub fn order(&self) -> Option<(&str, &str, bool)> {
        let (operator, x, y) = self.compared()?;
        let (x, y) = (plain(x)?, plain(y)?);
        match operator {
            Operator::Less => Some((x, y, false)),
            Operator::AtMost => Some((x, y, true)),
            Operator::Greater => Some((y, x, false)),
            Operator::AtLeast => Some((y, x, true)),
            _ => None,
        }
    }

    /// Where it orders a name that stands alone, and an expression: that name, the left one of two.
    pub fn alone(&self) -> Option<&str> {
        let (operator, x, y) = self.compared()?;
        let orders = [Operator::Less, Operator::AtMost, Operator::Greater, Operator::AtLeast];
        orders.contains(&operator).then(|| plain(x).or_else(|| plain(y)))?
    }

    fn compared(&self) -> Option<(Operator, &Expr, &Expr)> {
        match &self.0.expr.kind {
            ExprKind::Binary(operator, x, y) => Some((*operator, x, y)),
            _ => None,
        }
    }
}

fn plain(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(name) | ExprKind::Gene(name) => Some(name),
        _ => None,
    }
}

fn checked(text: &str, what: &str, names: &[&str], wanted: Holds) -> Result<Scalar, Box<Error>> {
    let checked = || {
        let expr = parse(text, 0)?;
        let genes = wanted == Holds::Condition;
        let mut check = Check { what, names, genes, reads: Vec::new() };
        check.is(&expr, wanted)?;
        if check.reads.is_empty() {
            let message = format!("it reads no {what}, so it is the same for every individual");
            return Err(Fault::new(0, (expr.span.from, expr.span.to), Kind::Unused, message));
        }
        Ok(Scalar { expr, reads: check.reads })
    };
    checked().map_err(|fault: Fault| Box::new(fault.at("")))
}

struct Check<'a> {
    what: &'a str,
    names: &'a [&'a str],
    /// Whether names may be written as genes.
    genes: bool,
    reads: Vec<String>,
}

fn fault(expr: &Expr, kind: Kind, message: impl Into<String>) -> Fault {
    Fault::new(0, expr.span.token, kind, message)
}

impl Check<'_> {
    fn is(&mut self, expr: &Expr, wanted: Holds) -> Result<(), Fault> {
        let found = self.holds(expr)?;
        if found == wanted {
            return Ok(());
        }
        let message = format!("this is {}", found.text());
        Err(Fault::new(0, (expr.span.from, expr.span.to), Kind::Type, message).expected(wanted.text()))
    }

    fn holds(&mut self, expr: &Expr) -> Result<Holds, Fault> {
        match &expr.kind {
            ExprKind::Number(_) => Ok(Holds::Number),
            ExprKind::Name(name) => self.name(expr, name),
            ExprKind::Negative(x) => self.is(x, Holds::Number).map(|()| Holds::Number),
            ExprKind::Not(x) => self.is(x, Holds::Condition).map(|()| Holds::Condition),
            ExprKind::Binary(operator, x, y) => self.binary(*operator, x, y),
            ExprKind::Chain(operands, _) => {
                operands.iter().try_for_each(|x| self.is(x, Holds::Number))?;
                Ok(Holds::Condition)
            }
            ExprKind::Call(name, arguments) => {
                if let Some(labelled) = arguments.iter().find(|a| a.label.is_some()) {
                    return Err(fault(&labelled.value, Kind::Arity, format!("{name} takes no labels")));
                }
                self.call(expr, name, &arguments.iter().map(|a| &a.value).collect::<Vec<_>>())
            }
            ExprKind::Gene(name) if self.genes => self.name(expr, name),
            ExprKind::Gene(name) => {
                let message = format!("${name} is a gene; here stand numbers that all individuals have");
                Err(fault(expr, Kind::Gene, message).expected(format!("the name of a {}", self.what)))
            }
            _ => {
                let message = "this belongs to series; here stand single numbers";
                Err(fault(expr, Kind::Type, message).expected(format!("the name of a {}", self.what)))
            }
        }
    }

    fn name(&mut self, expr: &Expr, name: &str) -> Result<Holds, Fault> {
        if !self.names.contains(&name) {
            let unknown = fault(expr, Kind::Name, format!("there is no {} {name:?}", self.what));
            return Err(unknown.nearest(name, self.names.iter().copied()));
        }
        if !self.reads.iter().any(|read| read == name) {
            self.reads.push(name.to_owned());
        }
        Ok(Holds::Number)
    }

    fn binary(&mut self, operator: Operator, x: &Expr, y: &Expr) -> Result<Holds, Fault> {
        let (operands, result) = match operator {
            Operator::And | Operator::Or => (Holds::Condition, Holds::Condition),
            Operator::OrElse => {
                let holds = self.holds(x)?;
                return self.is(y, holds).map(|()| holds);
            }
            Operator::Plus | Operator::Minus | Operator::Times | Operator::Over => {
                (Holds::Number, Holds::Number)
            }
            _ => (Holds::Number, Holds::Condition),
        };
        self.is(x, operands)?;
        self.is(y, operands)?;
        Ok(result)
    }

    fn call(&mut self, expr: &Expr, name: &str, arguments: &[&Expr]) -> Result<Holds, Fault> {
        let (least, most, result) = match name {
            "min" | "max" => (2, 8, Holds::Number),
            "abs" | "sqrt" | "log" | "exp" => (1, 1, Holds::Number),
            "iff" => (3, 3, Holds::Number),
            "is_na" => (1, 1, Holds::Condition),
            _ if function(name).is_some() => {
                let message = format!("{name} needs a series; here stand single numbers");
                let known = OF_NUMBERS.join(", ");
                return Err(fault(expr, Kind::Type, message).expected(format!("one of {known}")));
            }
            _ => {
                let unknown = fault(expr, Kind::Name, format!("there is no function {name:?}"));
                let known = FUNCTIONS.iter().map(|f| f.name).filter(|name| OF_NUMBERS.contains(name));
                return Err(unknown
                    .nearest(name, known)
                    .expected(format!("one of {}", OF_NUMBERS.join(", "))));
            }
        };
        if !(least..=most).contains(&arguments.len()) {
            let takes = if least == most { least.to_string() } else { format!("{least} to {most}") };
            let message = format!("{name} takes {takes} arguments, {} given", arguments.len());
            return Err(fault(expr, Kind::Arity, message));
        }
        for (i, argument) in arguments.iter().enumerate() {
            let condition = name == "iff" && i == 0;
            self.is(argument, if condition { Holds::Condition } else { Holds::Number })?;
        }
        Ok(result)
    }
}

type Names<'a> = &'a dyn Fn(&str) -> Option<f64>;

/// The value of a number; an infinite one and NaN are na.
fn number(expr: &Expr, of: Names<'_>) -> Option<f64> {
    let value = match &expr.kind {
        ExprKind::Number(text) => text.parse().ok()?,
        ExprKind::Name(name) | ExprKind::Gene(name) => of(name)?,
        ExprKind::Negative(x) => -number(x, of)?,
        ExprKind::Binary(Operator::OrElse, x, y) => number(x, of).or_else(|| number(y, of))?,
        ExprKind::Binary(operator, x, y) => {
            let (x, y) = (number(x, of)?, number(y, of)?);
            match operator {
                Operator::Plus => x + y,
                Operator::Minus => x - y,
                Operator::Times => x * y,
                Operator::Over => x / y,
                _ => return None,
            }
        }
        ExprKind::Call(name, arguments) => {
            let at = |i: usize| number(&arguments.get(i)?.value, of);
            match name.as_str() {
                "abs" => at(0)?.abs(),
                "sqrt" => at(0)?.sqrt(),
                "log" => libm::log(at(0)?),
                "exp" => libm::exp(at(0)?),
                "iff" => at(if condition(&arguments.first()?.value, of)? { 1 } else { 2 })?,
                "min" | "max" => {
                    let mut best = at(0)?;
                    for i in 1..arguments.len() {
                        let next = at(i)?;
                        let nearer = if name == "min" { next < best } else { next > best };
                        best = if nearer { next } else { best };
                    }
                    best
                }
                _ => return None,
            }
        }
        _ => return None,
    };
    value.is_finite().then_some(value)
}

/// The value of a condition, by Kleene (D3).
fn condition(expr: &Expr, of: Names<'_>) -> Option<bool> {
    match &expr.kind {
        ExprKind::Not(x) => condition(x, of).map(|met| !met),
        ExprKind::Chain(operands, operators) => {
            let each = operands.windows(2).zip(operators).map(|(pair, operator)| {
                Some(compares(*operator, number(&pair[0], of)?, number(&pair[1], of)?))
            });
            each.fold(Some(true), both)
        }
        ExprKind::Binary(Operator::And, x, y) => both(condition(x, of), condition(y, of)),
        ExprKind::Binary(Operator::Or, x, y) => {
            both(condition(x, of).map(|met| !met), condition(y, of).map(|met| !met)).map(|met| !met)
        }
        ExprKind::Binary(Operator::OrElse, x, y) => condition(x, of).or_else(|| condition(y, of)),
        ExprKind::Binary(operator, x, y) => Some(compares(*operator, number(x, of)?, number(y, of)?)),
        ExprKind::Call(_, arguments) => Some(number(&arguments.first()?.value, of).is_none()),
        _ => None,
    }
}

fn both(x: Option<bool>, y: Option<bool>) -> Option<bool> {
    match (x, y) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn compares(operator: Operator, x: f64, y: f64) -> bool {
    match operator {
        Operator::Less => x < y,
        Operator::AtMost => x <= y,
        Operator::Greater => x > y,
        Operator::AtLeast => x >= y,
        Operator::Equal => x == y,
        _ => x != y,
    }
}

#[cfg(test)]
mod tests {
    use super::{Scalar, ScalarCondition};

    const NAMES: [&str; 4] = ["sharpe", "trades", "max_drawdown", "profit_factor"];

    fn of(text: &str, values: &[(&str, f64)]) -> Option<f64> {
        let scalar = Scalar::new(text, "metric", &NAMES).unwrap();
        scalar.value(&|name| values.iter().find(|(n, _)| *n == name).map(|(_, v)| *v))
    }

    fn refused(text: &str) -> String {
        Scalar::new(text, "metric", &NAMES).unwrap_err().to_string()
    }

    #[test]
    fn an_expression_is_worth_what_it_says() {
        let values = [("sharpe", 2.0), ("trades", 50.0), ("max_drawdown", 0.25)];
        assert_eq!(of("sharpe * min(1, trades / 100) - 0.5 * max_drawdown", &values), Some(0.875));
        assert_eq!(of("-abs(-sharpe) + max(1, 3, sharpe) * 2", &values), Some(4.0));
        assert_eq!(
            of("iff(10 < trades <= 50 and not sharpe > 3, sqrt(max_drawdown), 0)", &values),
            Some(0.5)
        );
        assert_eq!(of("log(exp(trades))", &values), Some(50.0));
    }

    // Contract D3.
    #[test]
    fn what_is_missing_makes_the_whole_missing_unless_the_text_says_otherwise() {
        let values = [("sharpe", 2.0), ("trades", 0.0)];
        assert_eq!(of("sharpe + profit_factor", &values), None);
        assert_eq!(of("sharpe / trades", &values), None, "infinite");
        assert_eq!(of("sqrt(-sharpe)", &values), None, "no number");
        assert_eq!(of("profit_factor or_else 5", &values), Some(5.0));
        assert_eq!(of("iff(is_na(profit_factor), 1, profit_factor)", &values), Some(1.0));
        assert_eq!(
            of("iff(profit_factor > 2 and sharpe > 3, 1, 0)", &values),
            Some(0.0),
            "false and na is false"
        );
        assert_eq!(
            of("iff(profit_factor > 2 or sharpe > 1, 1, 0)", &values),
            Some(1.0),
            "na or true is true"
        );
        assert_eq!(of("iff(profit_factor > 2, 1, 0)", &values), None);
    }

    #[test]
    fn each_name_is_read_once() {
        let scalar = Scalar::new("trades + sharpe * trades", "metric", &NAMES).unwrap();
        assert_eq!(scalar.reads().collect::<Vec<_>>(), ["trades", "sharpe"]);
    }

    #[test]
    fn what_belongs_to_a_strategy_or_to_nothing_is_refused_where_it_stands() {
        let cases = [
            ("sharp * 2", ":1: there is no metric \"sharp\"; did you mean \"sharpe\"?"),
            (
                "1 + mim(1, 2) + sharpe",
                ":5: there is no function \"mim\"; expected one of min, max, abs, sqrt, log, exp, iff, is_na; did you mean \"min\"?",
            ),
            (
                "sma(sharpe, 3)",
                ":1: sma needs a series; here stand single numbers; expected one of min, max, abs, sqrt, log, exp, iff, is_na",
            ),
            ("sharpe > 1", ":1: this is a condition; expected a number"),
            (
                "sharpe + $fast",
                ":10: $fast is a gene; here stand numbers that all individuals have; expected the name of a metric",
            ),
            (
                "sharpe[1]",
                ":7: this belongs to series; here stand single numbers; expected the name of a metric",
            ),
            ("min(sharpe)", ":1: min takes 2 to 8 arguments, 1 given"),
            ("1 + 2", ":1: it reads no metric, so it is the same for every individual"),
            ("iff(sharpe, 1, 2)", ":5: this is a number; expected a condition"),
        ];
        for (text, message) in cases {
            assert_eq!(refused(text), message, "{text}");
        }
        assert!(refused("sharpe *").contains("the expression ends too early"));
    }

    #[test]
    fn a_condition_over_numbers_knows_its_order_and_what_stands_alone_in_it() {
        let read = |text: &str| ScalarCondition::new(text, "gene", &["fast", "slow", "volume"]).unwrap();
        assert_eq!(read("fast < slow").order(), Some(("fast", "slow", false)));
        assert_eq!(read("$fast >= slow").order(), Some(("slow", "fast", true)));
        for text in ["fast <= slow / 2", "slow / 2 >= fast", "fast > 3"] {
            assert_eq!((read(text).order(), read(text).alone()), (None, Some("fast")), "{text}");
        }
        for text in ["fast + slow < 60", "fast == slow", "fast < slow and slow < 60", "1 < fast < slow"] {
            assert_eq!(read(text).order(), None, "{text}");
        }
        assert_eq!(read("fast + slow < 60").alone(), None);
        let of = |name: &str| Some(if name == "fast" { 10.0 } else { 0.0 });
        assert_eq!(read("fast + slow < 11 and $volume < 1").met(&of), Some(true));
        assert_eq!(read("fast / slow > 2").met(&of), None, "no number");
        let refused = |text: &str| ScalarCondition::new(text, "gene", &["fast"]).unwrap_err().to_string();
        assert!(refused("fast + 1").contains("this is a number"), "{}", refused("fast + 1"));
        assert!(refused("fats < 3").contains("there is no gene \"fats\""), "{}", refused("fats < 3"));
        assert!(refused("1 < 3").contains("reads no gene"));
    }
}
