//! Text to tokens.

use crate::error::{Fault, Kind};
use crate::tree::{Operator, Timeframe};

/// The longest text of an expression, in characters.
pub const LONGEST_TEXT: usize = 2_000;
/// The most digits of a literal.
const MOST_DIGITS: usize = 18;
/// Words that are not names.
pub(crate) const WORDS: [&str; 5] = ["and", "not", "or", "or_else", "self"];

/// A part of a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Number(String),
    Timeframe(Timeframe),
    Gene(String),
    Name(String),
    Text(String),
    Operator(Operator),
    Not,
    Itself,
    /// One of `( ) [ ] , : .`
    Mark(char),
    End,
}

/// A token with the character where it begins, from 0, and the first one behind.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub token: Token,
    pub span: (usize, usize),
}

/// Whether a text is a name of the language.
pub fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(begins_name) && chars.all(continues_name) && !WORDS.contains(&text)
}

fn begins_name(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn continues_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The tokens of a text, the end last.
pub(crate) fn tokens(text: &str, source: usize) -> Result<Vec<Placed>, Fault> {
    let chars: Vec<char> = text.chars().take(LONGEST_TEXT + 1).collect();
    if chars.len() > LONGEST_TEXT {
        let at = (LONGEST_TEXT, LONGEST_TEXT + 1);
        let message = format!("an expression has at most {LONGEST_TEXT} characters");
        return Err(Fault::new(source, at, Kind::Limit, message));
    }
    let mut lexer = Lexer { chars, at: 0, source };
    let mut out = Vec::new();
    loop {
        while lexer.peek().is_some_and(|c| matches!(c, ' ' | '\t' | '\n')) {
            lexer.at += 1;
        }
        let from = lexer.at;
        let token = lexer.next()?;
        let end = token == Token::End;
        let to = if end { from + 1 } else { lexer.at };
        out.push(Placed { token, span: (from, to) });
        if end {
            return Ok(out);
        }
    }
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    source: usize,
}

impl Lexer {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> String {
        let from = self.at;
        while self.peek().is_some_and(&keep) {
            self.at += 1;
        }
        self.chars[from..self.at].iter().collect()
    }

    fn fault(&self, from: usize, kind: Kind, message: impl Into<String>) -> Fault {
        let to = if self.at > from { self.at } else { from + 1 };
        Fault::new(self.source, (from, to), kind, message)
    }

    fn next(&mut self) -> Result<Token, Fault> {
        let from = self.at;
        let Some(c) = self.peek() else { return Ok(Token::End) };
        if c.is_ascii_digit() {
            return self.number(from);
        }
        if begins_name(c) {
            let name = self.take_while(continues_name);
            return Ok(match name.as_str() {
                "and" => Token::Operator(Operator::And),
                "or" => Token::Operator(Operator::Or),
                "or_else" => Token::Operator(Operator::OrElse),
                "not" => Token::Not,
                "self" => Token::Itself,
                _ => Token::Name(name),
            });
        }
        self.at += 1;
        match c {
            '$' => {
                if !self.peek().is_some_and(begins_name) {
                    let fault = self.fault(from, Kind::Syntax, "a gene has no name");
                    return Err(fault.expected("a name behind $"));
                }
                Ok(Token::Gene(self.take_while(continues_name)))
            }
            '\'' | '"' => {
                let text = self.take_while(|other| other != c);
                if self.peek().is_none() {
                    return Err(self.fault(from, Kind::Syntax, "a quoted text does not end"));
                }
                self.at += 1;
                Ok(Token::Text(text))
            }
            '(' | ')' | '[' | ']' | ',' | ':' | '.' => Ok(Token::Mark(c)),
            '{' => Err(self.fault(from, Kind::Reserved, "{ is not in use yet")),
            _ => self.operator(from, c),
        }
    }

    fn operator(&mut self, from: usize, c: char) -> Result<Token, Fault> {
        let equals = self.peek() == Some('=');
        let (operator, long) = match (c, equals) {
            ('+', _) => (Operator::Plus, false),
            ('-', _) => (Operator::Minus, false),
            ('*', _) => (Operator::Times, false),
            ('/', _) => (Operator::Over, false),
            ('<', true) => (Operator::AtMost, true),
            ('<', false) => (Operator::Less, false),
            ('>', true) => (Operator::AtLeast, true),
            ('>', false) => (Operator::Greater, false),
            ('=', true) => (Operator::Equal, true),
            ('!', true) => (Operator::Unequal, true),
            ('=', false) => {
                let fault = self.fault(from, Kind::Syntax, "= is no operator");
                return Err(fault.expected("=="));
            }
            ('!', false) => {
                let fault = self.fault(from, Kind::Syntax, "! is no operator");
                return Err(fault.expected("not or !="));
            }
            _ => return Err(self.fault(from, Kind::Syntax, format!("{c:?} has no meaning here"))),
        };
        self.at += usize::from(long);
        Ok(Token::Operator(operator))
    }

    fn number(&mut self, from: usize) -> Result<Token, Fault> {
        let mut text = self.take_while(|c| c.is_ascii_digit());
        let whole = text.len();
        let next_is_digit = self.chars.get(self.at + 1).is_some_and(char::is_ascii_digit);
        if self.peek() == Some('.') && next_is_digit {
            self.at += 1;
            text.push('.');
            text.push_str(&self.take_while(|c| c.is_ascii_digit()));
        }
        let digits = text.len() - usize::from(text.len() > whole);
        let unit = self.take_while(continues_name);
        if unit.is_empty() && digits <= MOST_DIGITS && self.peek() != Some('.') {
            return Ok(Token::Number(plain(&text)));
        }
        let count = text.parse().ok().filter(|_| digits <= MOST_DIGITS);
        match (unit.as_str(), count) {
            ("m" | "h" | "d" | "w", Some(count)) => {
                let unit = unit.chars().next().unwrap_or('m');
                Ok(Token::Timeframe(Timeframe { count, unit }))
            }
            ("M", Some(_)) => {
                Err(self.fault(from, Kind::Reserved, "months as a timeframe are not in use yet"))
            }
            _ => {
                let fault = self.fault(from, Kind::Syntax, "this is no number");
                Err(fault.expected("digits, and digits behind a point: at most 18, no exponent"))
            }
        }
    }
}

/// A decimal without needless zeros and point.
pub(crate) fn plain(decimal: &str) -> String {
    let (whole, part) = decimal.split_once('.').unwrap_or((decimal, ""));
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") }
}
