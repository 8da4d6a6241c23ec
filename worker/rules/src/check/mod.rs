//! Types, units, phases and bounds of an expression whose lets are inlined: `docs/contract/rules.md`, D3 to D6.

mod alternatives;
mod call;
mod expect;
mod operator;

use crate::error::{Fault, Kind};
use crate::functions::Function;
use crate::gene::{GUARDS, Genes, Values};
use crate::rational::{Interval, Rational};
use crate::terms::{Phase, TERMS, term};
use crate::tree::{Column, Expr, ExprKind};
use crate::types::{Constant, Number, Type};
use expect::{Here, condition, counts, number, token, whole, within};

/// The longest period.
pub const LONGEST_PERIOD: i128 = 10_000;

/// What is known of the data. What is not known is not checked.
#[derive(Clone, Debug, Default)]
pub struct Market {
    /// The symbols of the dataset.
    pub symbols: Option<Vec<String>>,
    /// Whether the bars have a volume.
    pub volume: Option<bool>,
    /// The interval of the bars, in seconds.
    pub interval: Option<u64>,
    /// The file whose columns the strategy reads by name.
    pub signals: Option<Signals>,
}

/// A file of signals, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// Its name, as it is published.
    pub name: String,
    /// Its columns. Unknown: every name that is no other is one.
    pub columns: Option<Vec<String>>,
}

impl Signals {
    /// The column that a name means. One that is known hides a field, so that a field that is added later never changes
    /// an old document.
    fn column(&self, name: &str) -> Option<Column> {
        let found = match &self.columns {
            Some(columns) => columns.iter().any(|column| column == name),
            None => term(name).is_none(),
        };
        found.then(|| Column { signals: self.name.clone(), column: name.to_owned() })
    }
}

/// Where an expression stands in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clause {
    /// Below a name.
    Let,
    /// When to enter.
    Enter,
    /// When to leave.
    Exit,
    /// The price of the stop.
    Stop,
    /// The price of the target.
    Target,
    /// The share of the equity.
    Size,
    /// The share of the equity at risk.
    Risk,
    /// The target weight.
    Exposure,
}

impl Clause {
    fn allows(self, phase: Phase) -> bool {
        match phase {
            Phase::Market => true,
            Phase::Account => {
                matches!(self, Clause::Let | Clause::Enter | Clause::Exit | Clause::Size | Clause::Risk)
            }
            Phase::Position => matches!(self, Clause::Let | Clause::Exit | Clause::Stop | Clause::Target),
        }
    }
}

/// What may stand at a point of a tree.
#[derive(Clone, Copy)]
struct Scope {
    place: Clause,
    /// Whether terms of the account and the position may.
    terms: bool,
    /// The type of `self`, in a scan.
    itself: Option<Number>,
    /// Whether `self` may.
    held: bool,
}

impl Scope {
    /// Below something that reads rows before.
    fn market(self) -> Scope {
        Scope { terms: false, held: false, ..self }
    }

    /// Below a function.
    fn below(self, f: &Function) -> Scope {
        Scope { terms: self.terms && f.holds_terms(), held: self.held && f.holds_self(), ..self }
    }
}

pub(crate) struct Checker<'a> {
    pub genes: &'a Genes,
    pub market: &'a Market,
    /// The names of all lets, which misspelt names are compared with.
    pub lets: Vec<&'a str>,
}

type Checked = Result<Type, Fault>;

impl Checker<'_> {
    /// Checks a tree and writes its types into it. `whole`: the length of its text.
    pub(crate) fn check(
        &self,
        expr: &mut Expr,
        place: Clause,
        source: usize,
        whole: usize,
    ) -> Result<(), Fault> {
        let ty = self.of(expr, Scope { place, terms: true, itself: None, held: false })?;
        let wrong = |kind, message: String| Err(Fault::new(source, (0, whole), kind, message));
        if place == Clause::Let {
            return Ok(());
        }
        if matches!(place, Clause::Enter | Clause::Exit) {
            return match ty {
                Type::Condition => Ok(()),
                ty => wrong(Kind::Type, format!("this is {}; a condition is due", ty.name())),
            };
        }
        let due = i32::from(matches!(place, Clause::Stop | Clause::Target));
        match ty.number() {
            None => wrong(Kind::Type, format!("this is {}; a number is due", ty.name())),
            Some(number) if number.power == due => Ok(()),
            Some(_) if due == 1 => wrong(Kind::Unit, "this is no price".to_owned()),
            Some(_) => wrong(Kind::Unit, "this is a price, or made of one; a plain number is due".to_owned()),
        }
    }

    fn of(&self, expr: &mut Expr, scope: Scope) -> Checked {
        let ty = self.kind(expr, scope)?;
        expr.ty = Some(ty);
        Ok(ty)
    }

    fn kind(&self, expr: &mut Expr, scope: Scope) -> Checked {
        let (span, here) = (expr.span, token(expr));
        if let ExprKind::Name(name) = &expr.kind
            && let Some(column) = self.market.signals.as_ref().and_then(|signals| signals.column(name))
        {
            expr.kind = ExprKind::Column(column);
        }
        match &mut expr.kind {
            ExprKind::Number(text) => {
                let Some(value) = Rational::decimal(text) else {
                    return Err(Fault::new(span.source, span.token, Kind::Syntax, "this is no number"));
                };
                let integer = value.is_whole();
                Ok(Type::Constant(Constant { interval: Interval::point(value), integer }))
            }
            ExprKind::Gene(name) => self.gene(name, here),
            ExprKind::Name(name) => self.name(name, scope, here),
            ExprKind::Column(_) => Ok(Type::Number(Number::of_power(0))),
            ExprKind::Word(_) => Ok(Type::Word),
            ExprKind::Timeframe(_) => Ok(Type::Timeframe),
            ExprKind::Symbol(_) => Ok(Type::Symbol),
            ExprKind::Itself => match scope.itself {
                Some(number) if scope.held => Ok(Type::Number(number)),
                Some(_) => {
                    let message = "self stands only below operators, min, max, abs and iff";
                    Err(here.fault(Kind::Phase, message))
                }
                None => Err(here.fault(Kind::Name, "self has a meaning only in the body of scan")),
            },
            ExprKind::Negative(x) => {
                let ty = self.of(x, scope)?;
                self.negative(x, ty)
            }
            ExprKind::Not(x) => {
                let ty = self.of(x, scope)?;
                condition(x, ty)?;
                Ok(Type::Condition)
            }
            ExprKind::Binary(operator, x, y) => self.binary(*operator, x, y, scope),
            ExprKind::Chain(..) => Err(here.fault(Kind::Syntax, "a chain of comparisons was not expanded")),
            ExprKind::Call(name, arguments) => {
                let f = self.function(name, here)?;
                let ty = self.call(f, arguments, scope, here)?;
                Ok(if f.is_tuple() { Type::Tuple(f) } else { ty })
            }
            ExprKind::Index(x, k) => self.index(x, k, scope),
            ExprKind::Field(x, name) => self.field(x, name, scope, here),
        }
    }

    fn gene(&self, name: &str, here: Here) -> Checked {
        if GUARDS.contains(&name) {
            return Err(here.fault(Kind::Gene, format!("${name} acts by itself and stands in no expression")));
        }
        let Some(domain) = self.genes.get(name) else {
            let fault = here.fault(Kind::Gene, format!("there is no gene {name:?}"));
            return Err(fault.nearest(name, self.genes.keys().map(String::as_str)));
        };
        Ok(match domain.values {
            Values::Words(_) => Type::Word,
            Values::Numbers { interval, integer } => Type::Constant(Constant { interval, integer }),
        })
    }

    fn name(&self, name: &str, scope: Scope, here: Here) -> Checked {
        let Some(found) = term(name) else {
            let fault = here.fault(Kind::Name, format!("there is no let and no field {name:?}"));
            let columns = self.market.signals.iter().flat_map(|signals| signals.columns.iter().flatten());
            let known = TERMS.iter().map(|term| term.name).chain(self.lets.iter().copied());
            let known = known.chain(columns.map(String::as_str));
            return Err(fault.nearest(name, known));
        };
        if name == "volume" {
            self.with_volume(here)?;
        }
        if found.phase != Phase::Market {
            self.term(name, found.phase, scope, here)?;
        }
        Ok(found.ty())
    }

    fn term(&self, name: &str, phase: Phase, scope: Scope, here: Here) -> Result<(), Fault> {
        if !scope.place.allows(phase) {
            let allowed = match phase {
                Phase::Position => "exit, stop and target",
                _ => "enter, exit, size and risk",
            };
            return Err(here.fault(Kind::Phase, format!("{name} is known only in {allowed}")));
        }
        if !scope.terms {
            let message =
                format!("{name} has no rows before, so that no index and no such function takes it");
            return Err(here.fault(Kind::Phase, message));
        }
        Ok(())
    }

    fn with_volume(&self, here: Here) -> Result<(), Fault> {
        if self.market.volume == Some(false) {
            return Err(here.fault(Kind::Data, "the bars have no volume"));
        }
        Ok(())
    }

    fn index(&self, x: &mut Expr, k: &mut Expr, scope: Scope) -> Checked {
        let ty = self.of(x, scope.market())?;
        let ty = match ty {
            Type::Condition => ty,
            _ => Type::Number(number(x, ty)?),
        };
        let interval = self.period(k, scope)?;
        if interval.low.numerator() < 0 {
            return Err(whole(k).fault(Kind::Lookahead, "a negative index is a row of the future"));
        }
        within(k, interval, 0)?;
        Ok(ty)
    }

    fn field(&self, x: &mut Expr, name: &str, scope: Scope, here: Here) -> Checked {
        let ty = self.of(x, scope)?;
        let (Type::Tuple(f), ExprKind::Call(_, arguments)) = (ty, &x.kind) else {
            return Err(here.fault(Kind::Field, format!("{} has no fields", ty.name())));
        };
        let Some(output) = f.output(name) else {
            let known = f.outputs.iter().map(|output| output.field);
            let fault = here.fault(Kind::Field, format!("{} has no field {name:?}", f.name));
            let all: Vec<&str> = known.clone().collect();
            return Err(fault.expected(all.join(", ")).nearest(name, known));
        };
        Ok(call::result(output, arguments))
    }

    /// The bounds of a whole constant of literals and integer genes.
    fn period(&self, expr: &mut Expr, scope: Scope) -> Result<Interval, Fault> {
        let ty = self.of(expr, scope.market())?;
        if ty == Type::Word {
            number(expr, ty)?;
        }
        match ty {
            Type::Constant(constant) if counts(expr) => Ok(constant.interval),
            _ => {
                let fault = whole(expr).fault(Kind::Constant, "a number of bars is constant and whole");
                Err(fault.expected("whole numbers and integer genes, with + - * between them"))
            }
        }
    }
}
