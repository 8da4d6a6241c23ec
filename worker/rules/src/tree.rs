//! The tree of an expression.

use crate::types::Type;

/// An expression, with its place in a text.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its type, once checked.
    pub ty: Option<Type>,
    pub(crate) span: Span,
}

/// Where an expression stands.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    /// The text, as a number.
    pub source: usize,
    /// The first character, an opening parenthesis included, and the first one behind.
    pub from: usize,
    pub to: usize,
    /// Its own token: the name of a function, term or field, the `$` of a gene.
    pub token: (usize, usize),
}

/// Two trees are equal wherever they stand.
impl PartialEq for Expr {
    fn eq(&self, other: &Expr) -> bool {
        self.kind == other.kind
    }
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A literal, without needless zeros.
    Number(String),
    /// A gene.
    Gene(String),
    /// A let, a field of the market, a term of the account, or a word.
    Name(String),
    /// A value of a word gene, beside one.
    Word(String),
    /// The value of the row before, in a scan.
    Itself,
    /// A timeframe.
    Timeframe(Timeframe),
    /// A symbol.
    Symbol(String),
    /// `-x`.
    Negative(Box<Expr>),
    /// `not x`.
    Not(Box<Expr>),
    /// Two operands.
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// `a < b <= c`, as written.
    Chain(Vec<Expr>, Vec<Operator>),
    /// A call.
    Call(String, Vec<Argument>),
    /// `x[k]`.
    Index(Box<Expr>, Box<Expr>),
    /// `x.name`.
    Field(Box<Expr>, String),
    /// A column of a file of signals: the check makes it of a name.
    Column(Column),
}

/// A column of a file of signals.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Column {
    /// Name of the signals, as they are published.
    pub signals: String,
    /// Name of the column.
    pub column: String,
}

impl std::fmt::Display for Column {
    /// Unlike any name of the language: it has a point.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.signals, self.column)
    }
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// The label in front of it.
    pub label: Option<String>,
    /// The argument.
    pub value: Expr,
}

/// What stands between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    /// `or_else`.
    OrElse,
    /// `or`.
    Or,
    /// `and`.
    And,
    /// `<`.
    Less,
    /// `<=`.
    AtMost,
    /// `>`.
    Greater,
    /// `>=`.
    AtLeast,
    /// `==`.
    Equal,
    /// `!=`.
    Unequal,
    /// `+`.
    Plus,
    /// `-`.
    Minus,
    /// `*`.
    Times,
    /// `/`.
    Over,
}

impl Operator {
    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            Operator::OrElse => "or_else",
            Operator::Or => "or",
            Operator::And => "and",
            Operator::Less => "<",
            Operator::AtMost => "<=",
            Operator::Greater => ">",
            Operator::AtLeast => ">=",
            Operator::Equal => "==",
            Operator::Unequal => "!=",
            Operator::Plus => "+",
            Operator::Minus => "-",
            Operator::Times => "*",
            Operator::Over => "/",
        }
    }

    /// Whether it compares.
    pub fn compares(self) -> bool {
        (Operator::Less..=Operator::Unequal).contains(&self)
    }
}

/// The length of a higher bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeframe {
    /// How many.
    pub count: u64,
    /// `m`, `h`, `d` or `w`.
    pub unit: char,
}

impl Timeframe {
    /// How long it is.
    pub fn seconds(self) -> u64 {
        let unit = match self.unit {
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => 604_800,
        };
        self.count.saturating_mul(unit)
    }
}

impl Timeframe {
    /// Where the bar of this length begins that holds an instant, both in units of which a second has `per_second`.
    /// Bars are counted from 1970-01-01 00:00 UTC, weeks from Monday, 1970-01-05.
    pub fn begin(self, instant: i64, per_second: i64) -> i64 {
        let seconds = i64::try_from(self.seconds()).unwrap_or(i64::MAX);
        let length = seconds.saturating_mul(per_second);
        let length = if length > 0 { length } else { 1 };
        let origin = if self.unit == 'w' { 4 * 86_400 * per_second } else { 0 };
        instant.wrapping_sub(origin).div_euclid(length) * length + origin
    }
}

impl std::fmt::Display for Timeframe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.count, self.unit)
    }
}

impl Expr {
    pub(crate) fn new(kind: ExprKind, span: Span) -> Expr {
        Expr { kind, ty: None, span }
    }

    /// Its parts, from left to right.
    pub fn parts(&self) -> Vec<&Expr> {
        let mut parts = Vec::new();
        self.each_part(&mut |part| parts.push(part));
        parts
    }

    fn each_part<'a>(&'a self, each: &mut dyn FnMut(&'a Expr)) {
        match &self.kind {
            ExprKind::Negative(x) | ExprKind::Not(x) | ExprKind::Field(x, _) => each(x),
            ExprKind::Binary(_, x, y) | ExprKind::Index(x, y) => {
                each(x);
                each(y);
            }
            ExprKind::Chain(all, _) => all.iter().for_each(each),
            ExprKind::Call(_, arguments) => arguments.iter().for_each(|a| each(&a.value)),
            _ => {}
        }
    }

    /// This and all that is below.
    pub fn walk<'a>(&'a self, each: &mut dyn FnMut(&'a Expr)) {
        each(self);
        self.each_part(&mut |part| part.walk(each));
    }
}
