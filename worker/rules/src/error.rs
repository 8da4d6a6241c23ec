//! What is wrong with a document, and where: `docs/contract/rules.md`, D9.

use crate::suggest::nearest;
use serde::Serialize;
use std::fmt;

/// The class of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An unknown key, a part that is missing, parts that exclude each other, a wrong type of YAML.
    Structure,
    /// A word that the language keeps for later.
    Reserved,
    /// Too long, too many, too deep.
    Limit,
    /// A text that is not an expression.
    Syntax,
    /// An unknown field, let, function or word.
    Name,
    /// An unknown gene, or one that may not stand there.
    Gene,
    /// A gene that no expression uses.
    Unused,
    /// A field that a function does not give.
    Field,
    /// Too few or too many arguments, or a label where none belongs.
    Arity,
    /// A condition where a number is due, the reverse, and their like.
    Type,
    /// A period or factor that is not constant.
    Constant,
    /// A constant out of its bounds.
    Range,
    /// A row of the future.
    Lookahead,
    /// Numbers of different price powers.
    Unit,
    /// A term of the position where there is none.
    Phase,
    /// A let that needs itself.
    Cycle,
    /// Something that the data do not have.
    Data,
}

impl Kind {
    /// Its name, as the contract writes it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Structure => "structure",
            Kind::Reserved => "reserved",
            Kind::Limit => "limit",
            Kind::Syntax => "syntax",
            Kind::Name => "name",
            Kind::Gene => "gene",
            Kind::Unused => "unused",
            Kind::Field => "field",
            Kind::Arity => "arity",
            Kind::Type => "type",
            Kind::Constant => "constant",
            Kind::Range => "range",
            Kind::Lookahead => "lookahead",
            Kind::Unit => "unit",
            Kind::Phase => "phase",
            Kind::Cycle => "cycle",
            Kind::Data => "data",
        }
    }
}

/// One thing that is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{path}{}: {message}{}{}", at(.column), behind(.expected), meant(.nearest))]
pub struct Error {
    /// The name of the strategy.
    pub strategy: String,
    /// The field, as `rules.long.enter`.
    pub path: String,
    /// The character at fault in that string, from 1; 0 if the fault is not in a string.
    pub column: usize,
    /// How many characters are at fault.
    pub length: usize,
    /// The class.
    pub kind: Kind,
    /// What is wrong.
    pub message: String,
    /// What would be right, if it can be told.
    pub expected: Option<String>,
    /// The known name that was probably meant.
    pub nearest: Option<String>,
}

fn at(column: &usize) -> String {
    if *column == 0 { String::new() } else { format!(":{column}") }
}

fn behind(expected: &Option<String>) -> String {
    expected.as_ref().map(|e| format!("; expected {e}")).unwrap_or_default()
}

fn meant(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|n| format!("; did you mean {n:?}?")).unwrap_or_default()
}

impl Error {
    /// An error about a field as a whole.
    pub(crate) fn of_field(path: impl Into<String>, kind: Kind, message: impl Into<String>) -> Error {
        Error {
            strategy: String::new(),
            path: path.into(),
            column: 0,
            length: 0,
            kind,
            message: message.into(),
            expected: None,
            nearest: None,
        }
    }

    /// The line of `text` with the fault, from 1, the column in it, from 1, and the line itself with a caret below.
    pub fn excerpt<'a>(&self, text: &'a str) -> Excerpt<'a> {
        let mut left = self.column.saturating_sub(1);
        let mut last = (1, "");
        for (number, line) in text.split('\n').enumerate() {
            let length = line.chars().count();
            last = (number + 1, line);
            if left <= length {
                break;
            }
            left -= length + 1;
        }
        Excerpt { line: last.0, column: left + 1, text: last.1, length: self.length }
    }
}

/// The line of a text where an error is. Its display is the line with a caret below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excerpt<'a> {
    /// The number of the line, from 1.
    pub line: usize,
    /// The column in the line, from 1.
    pub column: usize,
    /// The line.
    pub text: &'a str,
    /// How many characters are at fault.
    pub length: usize,
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = self.text.chars().count().saturating_sub(self.column - 1);
        let carets = "^".repeat(self.length.clamp(1, rest.clamp(1, usize::MAX)));
        write!(f, "{}\n{}{carets}", self.text, " ".repeat(self.column - 1))
    }
}

/// An error inside of a text that does not know yet of which field the text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The text, as a number that the trees carry.
    pub source: usize,
    /// The character, from 0, and the first one behind.
    pub from: usize,
    pub to: usize,
    pub kind: Kind,
    pub message: String,
    pub expected: Option<String>,
    pub nearest: Option<String>,
}

impl Fault {
    pub(crate) fn new(
        source: usize,
        (from, to): (usize, usize),
        kind: Kind,
        message: impl Into<String>,
    ) -> Fault {
        Fault { source, from, to, kind, message: message.into(), expected: None, nearest: None }
    }

    pub(crate) fn expected(self, expected: impl Into<String>) -> Fault {
        Fault { expected: Some(expected.into()), ..self }
    }

    pub(crate) fn nearest<'a>(self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Fault {
        Fault { nearest: nearest(name, known).map(str::to_owned), ..self }
    }

    pub(crate) fn at(self, path: &str) -> Error {
        Error {
            strategy: String::new(),
            path: path.to_owned(),
            column: self.from + 1,
            length: self.to.saturating_sub(self.from),
            kind: self.kind,
            message: self.message,
            expected: self.expected,
            nearest: self.nearest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Kind};

    #[test]
    fn the_caret_stands_below_the_fault_in_its_line() {
        let text = "close > 1\nand clos < 2";
        let error = Fault::new(0, (14, 18), Kind::Name, "there is no \"clos\"").at("rules.long.enter");
        let excerpt = error.excerpt(text);
        assert_eq!((excerpt.line, excerpt.column), (2, 5));
        assert_eq!(excerpt.to_string(), "and clos < 2\n    ^^^^");
        assert_eq!(error.to_string(), "rules.long.enter:15: there is no \"clos\"");
    }
}
