//! Which gene is below which: `docs/contract/rules.md`, D1.

use crate::error::{Fault, Kind};
use crate::gene::Genes;
use crate::lex::{Token, tokens};
use crate::tree::Operator;
use std::fmt;

/// One gene below another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The gene that is below.
    pub left: String,
    /// The gene that is above.
    pub right: String,
    /// Whether they may not be equal.
    pub strict: bool,
    /// How far below the left one stays.
    pub less: u64,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.strict { "<" } else { "<=" };
        write!(f, "{} {sign} {}", self.left, self.right)?;
        if self.less > 0 { write!(f, " - {}", self.less) } else { Ok(()) }
    }
}

/// An order with the places of its genes.
pub(crate) struct Parsed {
    pub order: Order,
    places: [(usize, usize); 2],
    source: usize,
}

/// Reads `a < b`, `a <= b` or `a <= b - 3`.
pub(crate) fn parse(text: &str, source: usize) -> Result<Parsed, Fault> {
    let tokens = tokens(text, source)?;
    let mut at = 0;
    let mut next = || {
        let placed = tokens[at].clone();
        at += usize::from(at + 1 < tokens.len());
        placed
    };
    let wrong = |span, expected: &str| {
        let fault = Fault::new(source, span, Kind::Syntax, "an order is a < b, a <= b or a <= b - 3");
        Err(fault.expected(expected))
    };
    let left = next();
    let Token::Name(left_name) = left.token else { return wrong(left.span, "the name of a gene") };
    let operator = next();
    let strict = match operator.token {
        Token::Operator(Operator::Less) => true,
        Token::Operator(Operator::AtMost) => false,
        _ => return wrong(operator.span, "< or <="),
    };
    let right = next();
    let Token::Name(right_name) = right.token else { return wrong(right.span, "the name of a gene") };
    let mut end = next();
    let mut less = 0;
    if !strict && end.token == Token::Operator(Operator::Minus) {
        let number = next();
        let whole = match &number.token {
            Token::Number(text) => text.parse().ok(),
            _ => None,
        };
        let Some(whole) = whole else { return wrong(number.span, "a whole number") };
        less = whole;
        end = next();
    }
    if end.token != Token::End {
        return wrong(end.span, "the end");
    }
    let order = Order { left: left_name, right: right_name, strict, less };
    Ok(Parsed { order, places: [left.span, right.span], source })
}

/// Refuses an order of genes that are not there or have words.
pub(crate) fn check(parsed: &Parsed, genes: &Genes) -> Result<(), Fault> {
    for (name, span) in [&parsed.order.left, &parsed.order.right].into_iter().zip(parsed.places) {
        let fault = |message: String| Fault::new(parsed.source, span, Kind::Gene, message);
        match genes.get(name) {
            None => {
                let known = genes.keys().map(String::as_str);
                return Err(fault(format!("there is no gene {name:?}")).nearest(name, known));
            }
            Some(domain) if domain.words().is_some() => {
                return Err(fault(format!("{name} has words, which have no order")));
            }
            Some(_) => {}
        }
    }
    Ok(())
}
