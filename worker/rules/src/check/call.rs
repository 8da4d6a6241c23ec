//! Calls.

use super::expect::{Here, alike, condition, number, token, whole, within};
use super::{Checked, Checker, Clause, Scope};
use crate::error::{Fault, Kind};
use crate::functions::{
    Accepts, FUNCTIONS, Function, Keeps, Output, Power, RESERVED, Shape, Units, function,
};
use crate::terms::Phase;
use crate::tree::{Argument, Expr, ExprKind};
use crate::types::{Constant, Number, Type};

/// The longest timeframe: four weeks.
const LONGEST_TIMEFRAME: u64 = 4 * 604_800;

/// The type of a column that a function gives for arguments whose types are known.
pub(super) fn result(output: &Output, arguments: &[Argument]) -> Type {
    let of = |i: usize| arguments.get(i).and_then(|a| a.value.ty).and_then(Type::number);
    let power = match output.power {
        Power::Condition => return Type::Condition,
        Power::Fixed(power) => power,
        Power::Of(i) => of(i).map_or(0, |n| n.power),
        Power::Half => of(0).map_or(0, |n| n.power / 2),
    };
    let keeps = |keeps: Keeps, has: fn(Number) -> bool| match keeps {
        Keeps::Never => false,
        Keeps::Always => true,
        Keeps::Of(i) => of(i).is_some_and(has),
    };
    let (integer, exact) = (keeps(output.integer, |n| n.integer), keeps(output.exact, |n| n.exact));
    Type::Number(Number { power, integer, exact })
}

impl Checker<'_> {
    pub(super) fn function(&self, name: &str, here: Here) -> Result<&'static Function, Fault> {
        if RESERVED.contains(&name) {
            return Err(here.fault(Kind::Reserved, format!("{name} is not in use yet")));
        }
        function(name).ok_or_else(|| {
            let fault = here.fault(Kind::Name, format!("there is no function {name:?}"));
            fault.nearest(name, FUNCTIONS.iter().map(|f| f.name))
        })
    }

    pub(super) fn call(
        &self,
        f: &'static Function,
        arguments: &mut [Argument],
        scope: Scope,
        here: Here,
    ) -> Checked {
        if f.shape == Shape::On {
            refuse_forming(arguments)?;
        }
        let labelled = arguments.iter().any(|a| a.label.is_some());
        if labelled && f.shape != Shape::Choose {
            return Err(here.fault(Kind::Arity, format!("only choose has labels; {}", f.signature())));
        }
        let (least, most) = match f.shape {
            Shape::Extremum => (2, 8),
            Shape::Step => (3, usize::MAX),
            Shape::Choose => (2, usize::MAX),
            _ => (f.parameters.iter().filter(|p| !p.optional).count(), f.parameters.len()),
        };
        let odd = f.shape == Shape::Step && arguments.len().is_multiple_of(2);
        if arguments.len() < least || arguments.len() > most || odd {
            let message = format!("{} has {} arguments here", f.name, arguments.len());
            return Err(here.fault(Kind::Arity, message).expected(f.signature()));
        }
        if f.volume {
            self.with_volume(here)?;
        }
        let below = scope.below(f);
        match f.shape {
            Shape::Plain => self.plain(f, arguments, below),
            Shape::Iff => self.iff(arguments, below),
            Shape::Extremum => self.extremum(f, arguments, below),
            Shape::Step => self.step(arguments, below),
            Shape::Use => self.switch(arguments, below),
            Shape::Choose => self.choose(arguments, below, here),
            Shape::Scan => self.scan(arguments, below),
            Shape::On => self.on(arguments, below, here),
            Shape::Of => self.of_symbol(arguments, below, here),
            Shape::AtEntry => {
                self.term("at_entry", Phase::Position, scope, here)?;
                let x = &mut arguments[0].value;
                let ty = self.of(x, Scope { place: Clause::Let, ..below })?;
                if ty == Type::Condition { Ok(ty) } else { Ok(Type::Number(number(x, ty)?)) }
            }
        }
    }

    fn plain(&self, f: &'static Function, arguments: &mut [Argument], scope: Scope) -> Checked {
        for (parameter, argument) in f.parameters.iter().zip(arguments.iter_mut()) {
            let x = &mut argument.value;
            match parameter.accepts {
                Accepts::Number => {
                    let ty = self.of(x, scope)?;
                    number(x, ty)?;
                }
                Accepts::Condition => {
                    let ty = self.of(x, scope)?;
                    condition(x, ty)?;
                }
                Accepts::Period(least) => {
                    let interval = self.period(x, scope)?;
                    within(x, interval, least)?;
                }
                Accepts::Constant => drop(self.constant(x, scope)?),
                Accepts::Any | Accepts::Special => {
                    let ty = self.of(x, scope)?;
                    if ty != Type::Condition {
                        number(x, ty)?;
                    }
                }
            }
        }
        let ty = |i: usize| arguments.get(i).and_then(|a| a.value.ty);
        let power = ty(0).and_then(Type::number).map_or(0, |n| n.power);
        match (f.units, ty(0), ty(1)) {
            (Units::Alike, Some(left), Some(right)) => drop(alike(left, &arguments[1].value, right)?),
            (Units::Even, ..) if power % 2 != 0 => {
                let message = "the square root of a price has no unit; write num(..) around it";
                return Err(whole(&arguments[0].value).fault(Kind::Unit, message));
            }
            (Units::PlainOrPrice, ..) if !(0..=1).contains(&power) => {
                let message = format!("{} takes a plain number or a price", f.name);
                return Err(whole(&arguments[0].value).fault(Kind::Unit, message));
            }
            _ => {}
        }
        if let ("abs", Some(Type::Constant(c))) = (f.name, ty(0))
            && let Some(interval) = c.interval.magnitude()
        {
            return Ok(Type::Constant(Constant { interval, ..c }));
        }
        // A tuple is typed by the field that picks from it.
        Ok(f.outputs.first().map_or(Type::Condition, |output| result(output, arguments)))
    }

    pub(super) fn constant(&self, x: &mut Expr, scope: Scope) -> Result<Constant, Fault> {
        let ty = self.of(x, scope)?;
        if ty == Type::Word {
            number(x, ty)?;
        }
        let Type::Constant(constant) = ty else {
            let fault = whole(x).fault(Kind::Constant, "this is not constant");
            return Err(fault.expected("literals and genes, with + - * / between them"));
        };
        Ok(constant)
    }

    fn scan(&self, arguments: &mut [Argument], scope: Scope) -> Checked {
        for argument in arguments.iter() {
            if let Some(inner) = find(&argument.value, &["scan"]) {
                return Err(token(inner).fault(Kind::Phase, "a scan has no scan inside"));
            }
        }
        let outside = Scope { itself: None, ..scope };
        let ty = self.of(&mut arguments[0].value, outside)?;
        let power = number(&arguments[0].value, ty)?.power;
        let carried = Number::of_power(power);
        let inside = Scope { itself: Some(carried), held: true, ..scope };
        let ty = self.of(&mut arguments[1].value, inside)?;
        number(&arguments[1].value, ty)?;
        alike(Type::Number(carried), &arguments[1].value, ty)?;
        Ok(Type::Number(carried))
    }

    fn on(&self, arguments: &mut [Argument], scope: Scope, here: Here) -> Checked {
        if find(&arguments[1].value, &["on", "of"]).is_some() {
            return Err(here.fault(Kind::Type, "on has no on and no of inside"));
        }
        let first = &mut arguments[0].value;
        self.of(first, scope)?;
        let ExprKind::Timeframe(timeframe) = first.kind else {
            return Err(whole(first)
                .fault(Kind::Type, "this is no timeframe")
                .expected("a timeframe such as 4h"));
        };
        let seconds = timeframe.seconds();
        let range = |message: String| Err(whole(first).fault(Kind::Range, message));
        if seconds == 0 || seconds > LONGEST_TIMEFRAME {
            return range("a timeframe is at most four weeks long".to_owned());
        }
        if let Some(interval) = self.market.interval.filter(|&i| i > 0)
            && (seconds <= interval || seconds % interval != 0)
        {
            return range("a timeframe is a multiple of the interval, and above it".to_owned());
        }
        let ty = self.column(&mut arguments[1].value, scope)?;
        let mut column = None;
        arguments[1].value.walk(&mut |part| {
            if matches!(part.kind, ExprKind::Column(_)) {
                column = column.or(Some(token(part)));
            }
        });
        // What a signal of some bar means for a higher one is for its author to say, in a column of its own.
        let message = "a column of signals has no higher bars; on(..) takes what is computed from the bars";
        column.map_or(Ok(ty), |here| Err(here.fault(Kind::Type, message)))
    }

    fn of_symbol(&self, arguments: &mut [Argument], scope: Scope, here: Here) -> Checked {
        if find(&arguments[1].value, &["of"]).is_some() {
            return Err(here.fault(Kind::Type, "of has no of inside"));
        }
        let first = &mut arguments[0].value;
        self.of(first, scope)?;
        let ExprKind::Symbol(symbol) = &first.kind else {
            return Err(whole(first)
                .fault(Kind::Type, "this is no symbol")
                .expected("a symbol of the dataset"));
        };
        if let Some(known) = self.market.symbols.as_ref().filter(|known| !known.contains(symbol)) {
            let fault = whole(first).fault(Kind::Data, format!("the dataset has no symbol {symbol:?}"));
            return Err(fault.nearest(symbol, known.iter().map(String::as_str)));
        }
        Ok(match self.column(&mut arguments[1].value, scope)? {
            // The other symbol has ticks of its own.
            Type::Number(n) => {
                Type::Number(Number { power: 0, integer: n.integer && n.power == 0, exact: false })
            }
            other => other,
        })
    }

    fn column(&self, x: &mut Expr, scope: Scope) -> Checked {
        let ty = self.of(x, scope)?;
        if ty == Type::Condition { Ok(ty) } else { Ok(Type::Number(number(x, ty)?)) }
    }
}

/// The first call of one of these functions.
fn find<'a>(expr: &'a Expr, names: &[&str]) -> Option<&'a Expr> {
    let mut found = None;
    expr.walk(&mut |part| {
        if found.is_none() && matches!(&part.kind, ExprKind::Call(name, _) if names.contains(&name.as_str()))
        {
            found = Some(part);
        }
    });
    found
}

fn refuse_forming(arguments: &[Argument]) -> Result<(), Fault> {
    for argument in arguments {
        let name = matches!(&argument.value.kind, ExprKind::Name(name) if name == "forming");
        if name || argument.label.as_deref() == Some("forming") {
            return Err(token(&argument.value).fault(Kind::Reserved, "forming is not in use yet"));
        }
    }
    Ok(())
}
