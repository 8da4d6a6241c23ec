//! Tokens to a tree, by recursive descent: `docs/contract/rules.md`, D2.

use crate::error::{Fault, Kind};
use crate::lex::{Placed, Token, tokens};
use crate::tree::{Argument, Expr, ExprKind, Operator, Span};

/// The deepest nesting of an expression.
pub const DEEPEST: usize = 64;

/// The tree of a text.
pub(crate) fn parse(text: &str, source: usize) -> Result<Expr, Fault> {
    let mut parser = Parser { tokens: tokens(text, source)?, at: 0, depth: 0, source };
    let expr = parser.expr()?;
    match parser.token() {
        Token::End => Ok(expr),
        _ => Err(parser.unexpected("an operator or the end")),
    }
}

/// The fault of an expression that is nested too deep.
pub(crate) fn too_deep(source: usize) -> Fault {
    Fault::new(source, (0, 1), Kind::Limit, format!("an expression is nested at most {DEEPEST} deep"))
}

struct Parser {
    tokens: Vec<Placed>,
    at: usize,
    depth: usize,
    source: usize,
}

type Parsed = Result<Expr, Fault>;

impl Parser {
    // The end is a token that is never passed, so there is always one.
    fn token(&self) -> &Token {
        &self.tokens[self.at].token
    }

    fn span(&self) -> (usize, usize) {
        self.tokens[self.at].span
    }

    fn pass(&mut self) -> (usize, usize) {
        let span = self.span();
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        span
    }

    fn unexpected(&self, expected: &str) -> Fault {
        let message = match self.token() {
            Token::End => "the expression ends too early".to_owned(),
            Token::Number(text) | Token::Name(text) => format!("{text} is not expected here"),
            Token::Gene(name) => format!("${name} is not expected here"),
            Token::Text(_) => "a quoted text is not expected here".to_owned(),
            Token::Timeframe(timeframe) => format!("{timeframe} is not expected here"),
            Token::Operator(operator) => format!("{} is not expected here", operator.text()),
            Token::Not => "not is not expected here; put it into parentheses".to_owned(),
            Token::Itself => "self is not expected here".to_owned(),
            Token::Mark(mark) => format!("{mark} is not expected here"),
        };
        Fault::new(self.source, self.span(), Kind::Syntax, message).expected(expected)
    }

    fn mark(&mut self, mark: char) -> Result<(usize, usize), Fault> {
        if *self.token() == Token::Mark(mark) {
            return Ok(self.pass());
        }
        Err(self.unexpected(&mark.to_string()))
    }

    fn nested(&mut self, inner: fn(&mut Parser) -> Parsed) -> Parsed {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(too_deep(self.source));
        }
        let parsed = inner(self);
        self.depth -= 1;
        parsed
    }

    fn make(&self, kind: ExprKind, from: usize, to: usize, token: (usize, usize)) -> Expr {
        Expr::new(kind, Span { source: self.source, from, to, token })
    }

    /// Operands of the next level with operators of this one between them, from the left.
    fn level(&mut self, operators: &[Operator], next: fn(&mut Parser) -> Parsed) -> Parsed {
        let mut left = next(self)?;
        while let Token::Operator(operator) = *self.token() {
            if !operators.contains(&operator) {
                break;
            }
            let token = self.pass();
            let right = next(self)?;
            let (from, to) = (left.span.from, right.span.to);
            let kind = ExprKind::Binary(operator, Box::new(left), Box::new(right));
            left = self.make(kind, from, to, token);
        }
        Ok(left)
    }

    fn expr(&mut self) -> Parsed {
        self.level(&[Operator::OrElse], |p| {
            p.level(&[Operator::Or], |p| p.level(&[Operator::And], Parser::not))
        })
    }

    fn not(&mut self) -> Parsed {
        if *self.token() != Token::Not {
            return self.comparison();
        }
        let token = self.pass();
        let inner = self.nested(Parser::not)?;
        let to = inner.span.to;
        Ok(self.make(ExprKind::Not(Box::new(inner)), token.0, to, token))
    }

    fn comparison(&mut self) -> Parsed {
        let first = self.sum()?;
        let (mut operands, mut operators, mut tokens) = (vec![first], Vec::new(), Vec::new());
        while let Token::Operator(operator) = *self.token() {
            if !operator.compares() {
                break;
            }
            tokens.push(self.pass());
            operators.push(operator);
            operands.push(self.sum()?);
        }
        let (from, to) = (operands[0].span.from, operands[operands.len() - 1].span.to);
        if operators.len() > 1 {
            return Ok(self.make(ExprKind::Chain(operands, operators), from, to, tokens[0]));
        }
        match (operands.pop(), operands.pop(), operators.pop()) {
            (Some(right), Some(left), Some(operator)) => {
                let kind = ExprKind::Binary(operator, Box::new(left), Box::new(right));
                Ok(self.make(kind, from, to, tokens[0]))
            }
            (Some(only), _, _) => Ok(only),
            _ => Err(self.unexpected("an expression")),
        }
    }

    fn sum(&mut self) -> Parsed {
        self.level(&[Operator::Plus, Operator::Minus], |p| {
            p.level(&[Operator::Times, Operator::Over], Parser::unary)
        })
    }

    fn unary(&mut self) -> Parsed {
        if *self.token() != Token::Operator(Operator::Minus) {
            return self.postfix();
        }
        let token = self.pass();
        let inner = self.nested(Parser::unary)?;
        let to = inner.span.to;
        Ok(self.make(ExprKind::Negative(Box::new(inner)), token.0, to, token))
    }

    fn postfix(&mut self) -> Parsed {
        let mut expr = self.atom()?;
        let mut behind = 0;
        loop {
            let from = expr.span.from;
            if *self.token() == Token::Mark('[') {
                let token = self.pass();
                let index = self.nested(Parser::expr)?;
                let end = self.mark(']')?.1;
                let kind = ExprKind::Index(Box::new(expr), Box::new(index));
                expr = self.make(kind, from, end, token);
            } else if *self.token() == Token::Mark('.') {
                self.pass();
                let Token::Name(name) = self.token().clone() else {
                    return Err(self.unexpected("the name of a field"));
                };
                let token = self.pass();
                expr = self.make(ExprKind::Field(Box::new(expr), name), from, token.1, token);
            } else {
                return Ok(expr);
            }
            behind += 1;
            if behind > DEEPEST {
                return Err(too_deep(self.source));
            }
        }
    }

    fn atom(&mut self) -> Parsed {
        let span = self.span();
        let kind = match self.token().clone() {
            Token::Number(text) => ExprKind::Number(text),
            Token::Gene(name) => ExprKind::Gene(name),
            Token::Timeframe(timeframe) => ExprKind::Timeframe(timeframe),
            Token::Text(text) => ExprKind::Symbol(text),
            Token::Itself => ExprKind::Itself,
            Token::Name(name) => {
                self.pass();
                if *self.token() == Token::Mark('(') {
                    return self.call(name, span);
                }
                return Ok(self.make(ExprKind::Name(name), span.0, span.1, span));
            }
            Token::Mark('(') => {
                self.pass();
                let mut inner = self.nested(Parser::expr)?;
                let end = self.mark(')')?;
                (inner.span.from, inner.span.to) = (span.0, end.1);
                return Ok(inner);
            }
            _ => return Err(self.unexpected("an expression")),
        };
        self.pass();
        Ok(self.make(kind, span.0, span.1, span))
    }

    fn call(&mut self, name: String, token: (usize, usize)) -> Parsed {
        self.pass();
        let mut arguments = Vec::new();
        while *self.token() != Token::Mark(')') || !arguments.is_empty() {
            let label = match (self.token(), self.tokens.get(self.at + 1).map(|next| &next.token)) {
                (Token::Name(label), Some(Token::Mark(':'))) => Some(label.clone()),
                _ => None,
            };
            if label.is_some() {
                self.pass();
                self.pass();
            }
            let mut value = self.nested(Parser::expr)?;
            // The symbol of `of` is never the name of a let.
            if name == "of"
                && arguments.is_empty()
                && label.is_none()
                && let ExprKind::Name(symbol) = &value.kind
            {
                value.kind = ExprKind::Symbol(symbol.clone());
            }
            arguments.push(Argument { label, value });
            if *self.token() != Token::Mark(',') {
                break;
            }
            self.pass();
        }
        let Ok((_, end)) = self.mark(')') else { return Err(self.unexpected(", or )")) };
        Ok(self.make(ExprKind::Call(name, arguments), token.0, end, token))
    }
}
