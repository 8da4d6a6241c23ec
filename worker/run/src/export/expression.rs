//! Trees of rules as expressions of another language. Negations are pushed down to the comparisons, so that a value that is
//! not there makes a condition false on either side, as na at the top of a condition is (contract D4).

use std::collections::BTreeMap;

use galapagos_crds::GeneValue;
use galapagos_rules::{Argument, Expr, ExprKind, Operator};

use super::error::ExportError;
use super::plan::Plan;

/// How a language says what both have.
pub(super) trait Language {
    /// A number as it stands in a formula.
    fn number(&self, text: &str) -> String;
    /// `and` and `or`.
    fn words(&self) -> (&'static str, &'static str);
    /// True and false.
    fn truth(&self, yes: bool) -> &'static str;
    /// The value of a named series so many rows before; `condition`: it is one.
    fn before(&self, series: &str, rows: u64, condition: bool) -> String;
    /// A function of a series or of the bars, or `None` if there is none of this name.
    fn function(&self, name: &str, series: &[String], periods: &[u64]) -> Option<String>;
}

/// Writes conditions, and the series that they need before them.
pub(super) struct Writer<'a, L> {
    plan: &'a Plan,
    language: L,
    /// Name and formula of each series, in the order in which they are needed.
    pub series: Vec<(String, String)>,
    known: BTreeMap<String, String>,
}

const FIELDS: [&str; 5] = ["open", "high", "low", "close", "volume"];

impl<'a, L: Language> Writer<'a, L> {
    /// A writer without series.
    pub fn new(plan: &'a Plan, language: L) -> Writer<'a, L> {
        Writer { plan, language, series: Vec::new(), known: BTreeMap::new() }
    }

    /// Gives a formula a name; the same formula has the same one.
    fn named(&mut self, word: &str, formula: String) -> String {
        if let Some(name) = self.known.get(&formula) {
            return name.clone();
        }
        let name = format!("{word}_{}", self.series.len() + 1);
        self.series.push((name.clone(), formula.clone()));
        self.known.insert(formula, name.clone());
        name
    }

    /// The name of a series; what has one already keeps it.
    fn series_of(&mut self, text: String) -> String {
        let has_name = FIELDS.contains(&text.as_str()) || self.series.iter().any(|(name, _)| *name == text);
        if has_name { text } else { self.named("series", text) }
    }

    fn gene(&self, name: &str) -> Result<&GeneValue, ExportError> {
        self.plan
            .genome
            .get(name)
            .ok_or_else(|| self.plan.unsayable(format!("the gene {name}, which the champion lacks,")))
    }

    fn word(&self, gene: &Expr) -> Result<&str, ExportError> {
        let ExprKind::Gene(name) = &gene.kind else { return Err(self.plan.unsayable("a choice by no gene")) };
        match self.gene(name)? {
            GeneValue::Name(word) => Ok(word),
            GeneValue::Number(_) => Err(self.plan.unsayable(format!("a choice by the number {name}"))),
        }
    }

    /// The value of a constant that is written or a gene.
    fn constant(&self, expr: &Expr) -> Result<Option<String>, ExportError> {
        Ok(match &expr.kind {
            ExprKind::Number(text) => Some(text.clone()),
            ExprKind::Gene(name) => match self.gene(name)? {
                GeneValue::Number(value) => Some(value.to_string()),
                GeneValue::Name(_) => None,
            },
            _ => None,
        })
    }

    fn is_constant(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Number(_) | ExprKind::Gene(_) => true,
            ExprKind::Negative(x) => self.is_constant(x),
            ExprKind::Binary(_, x, y) => self.is_constant(x) && self.is_constant(y),
            _ => false,
        }
    }

    fn period(&self, expr: &Expr) -> Result<u64, ExportError> {
        let text = self.constant(expr)?;
        let whole = text.as_deref().and_then(|text| text.parse().ok());
        whole.ok_or_else(|| self.plan.unsayable("a number of rows that is computed"))
    }

    /// The arm of a choice.
    fn arm<'e>(&self, arguments: &'e [Argument]) -> Result<&'e Expr, ExportError> {
        let [gene, arms @ ..] = arguments else { return Err(self.plan.unsayable("an empty choice")) };
        let word = self.word(&gene.value)?;
        let arm = arms.iter().find(|a| a.label.as_deref() == Some(word));
        arm.map(|a| &a.value).ok_or_else(|| self.plan.unsayable(format!("the value {word} of a choice")))
    }

    /// A number of each row.
    pub fn number(&mut self, expr: &Expr) -> Result<String, ExportError> {
        if let Some(text) = self.constant(expr)? {
            return Ok(self.language.number(&text));
        }
        match &expr.kind {
            ExprKind::Name(name) if FIELDS.contains(&name.as_str()) => Ok(name.clone()),
            ExprKind::Name(name) => Err(self.plan.unsayable(name.clone())),
            ExprKind::Negative(x) => Ok(format!("(-{})", self.number(x)?)),
            ExprKind::Binary(
                operator @ (Operator::Plus | Operator::Minus | Operator::Times | Operator::Over),
                x,
                y,
            ) => Ok(format!("({} {} {})", self.number(x)?, operator.text(), self.number(y)?)),
            ExprKind::Index(x, rows) => {
                let (series, rows) = (self.number(x)?, self.period(rows)?);
                let series = self.series_of(series);
                Ok(self.language.before(&series, rows, false))
            }
            ExprKind::Call(name, arguments) if name == "choose" => {
                let arm = self.arm(arguments)?;
                self.number(arm)
            }
            ExprKind::Call(name, arguments) => self.function(name, arguments),
            ExprKind::Field(call, field) => match &call.kind {
                ExprKind::Call(name, arguments) => self.function(&format!("{name}.{field}"), arguments),
                _ => Err(self.plan.unsayable(format!("the field {field}"))),
            },
            other => Err(self.plan.unsayable(kind(other))),
        }
    }

    fn function(&mut self, name: &str, arguments: &[Argument]) -> Result<String, ExportError> {
        let (mut series, mut periods) = (Vec::new(), Vec::new());
        for argument in arguments {
            if self.is_constant(&argument.value) {
                periods.push(self.period(&argument.value)?);
            } else {
                let text = self.number(&argument.value)?;
                let text = self.series_of(text);
                series.push(text);
            }
        }
        let formula = self.language.function(name, &series, &periods);
        let formula = formula.ok_or_else(|| self.plan.unsayable(format!("the function {name}")))?;
        Ok(self.named(&name.replace('.', "_"), formula))
    }

    fn joined(&mut self, all: [(&Expr, bool); 2], word: &str) -> Result<String, ExportError> {
        let [(x, x_yes), (y, y_yes)] = all;
        Ok(format!("({} {word} {})", self.condition(x, x_yes)?, self.condition(y, y_yes)?))
    }

    /// A condition of each row, or its opposite; false where neither is known.
    pub fn condition(&mut self, expr: &Expr, yes: bool) -> Result<String, ExportError> {
        let (and, or) = self.language.words();
        match &expr.kind {
            ExprKind::Not(x) => self.condition(x, !yes),
            ExprKind::Binary(operator @ (Operator::And | Operator::Or), x, y) => {
                let word = if (*operator == Operator::And) == yes { and } else { or };
                self.joined([(x, yes), (y, yes)], word)
            }
            ExprKind::Binary(operator, x, y) if operator.compares() => {
                let (x, y) = (self.number(x)?, self.number(y)?);
                Ok(match (operator, yes) {
                    // Where one is not there both are false.
                    (Operator::Equal, false) | (Operator::Unequal, true) => {
                        format!("(({x} < {y}) {or} ({x} > {y}))")
                    }
                    (Operator::Unequal, false) => format!("({x} == {y})"),
                    (operator, true) => format!("({x} {} {y})", operator.text()),
                    (operator, false) => format!("({x} {} {y})", opposite(*operator)),
                })
            }
            ExprKind::Call(name, arguments) if name == "choose" => {
                let arm = self.arm(arguments)?;
                self.condition(arm, yes)
            }
            ExprKind::Call(name, arguments) if name == "use" && arguments.len() == 2 => {
                match self.word(&arguments[0].value)? {
                    "on" => self.condition(&arguments[1].value, yes),
                    _ => Ok(self.language.truth(yes).to_owned()),
                }
            }
            ExprKind::Call(name, arguments) if name.starts_with("cross_") && arguments.len() == 2 => {
                self.cross(name == "cross_up", &arguments[0].value, &arguments[1].value, yes)
            }
            ExprKind::Index(x, rows) => {
                let (condition, rows) = (self.condition(x, yes)?, self.period(rows)?);
                let name = self.named("condition", condition);
                Ok(self.language.before(&name, rows, true))
            }
            ExprKind::Call(name, _) => Err(self.plan.unsayable(format!("the function {name}"))),
            other => Err(self.plan.unsayable(kind(other))),
        }
    }

    /// x was not above y one row before and is now, or the other way round.
    fn cross(&mut self, up: bool, x: &Expr, y: &Expr, yes: bool) -> Result<String, ExportError> {
        let mut side = |expr: &Expr| -> Result<(String, String), ExportError> {
            let now = self.number(expr)?;
            if self.is_constant(expr) {
                return Ok((now.clone(), now));
            }
            let name = self.series_of(now);
            let before = self.language.before(&name, 1, false);
            Ok((name, before))
        };
        let ((x, x_before), (y, y_before)) = (side(x)?, side(y)?);
        let (and, or) = self.language.words();
        let (now, then, word) = match (up, yes) {
            (true, true) => (">", "<=", and),
            (false, true) => ("<", ">=", and),
            (true, false) => ("<=", ">", or),
            (false, false) => (">=", "<", or),
        };
        Ok(format!("(({x} {now} {y}) {word} ({x_before} {then} {y_before}))"))
    }
}

fn opposite(operator: Operator) -> &'static str {
    match operator {
        Operator::Less => ">=",
        Operator::AtMost => ">",
        Operator::Greater => "<=",
        _ => "<",
    }
}

fn kind(expr: &ExprKind) -> String {
    match expr {
        ExprKind::Timeframe(timeframe) => format!("the timeframe {timeframe}"),
        ExprKind::Symbol(symbol) => format!("the symbol {symbol}"),
        ExprKind::Column(column) => format!("the column {column}"),
        ExprKind::Call(name, _) => format!("the function {name}"),
        ExprKind::Name(name) => name.clone(),
        ExprKind::Binary(operator, ..) => format!("`{}`", operator.text()),
        _ => "an expression of this kind".to_owned(),
    }
}
