//! Functions that pick one of several values.

use super::expect::{Here, alike, condition, number, whole};
use super::{Checked, Checker, Scope};
use crate::error::{Fault, Kind};
use crate::functions::Function;
use crate::tree::{Argument, Expr, ExprKind};
use crate::types::{Constant, Number, Type};
use std::cmp::Ordering;

impl Checker<'_> {
    /// The common type of alternatives, the constants among them taking the unit of the others.
    fn common(&self, all: &mut [Argument], scope: Scope) -> Result<Vec<Type>, Fault> {
        let mut types = Vec::new();
        let mut unit: Option<Type> = None;
        for argument in all.iter_mut() {
            let x = &mut argument.value;
            let ty = self.of(x, scope)?;
            if types.first() == Some(&Type::Condition) {
                condition(x, ty)?;
            } else if !types.is_empty() || ty != Type::Condition {
                number(x, ty)?;
                if let Some(first) = unit {
                    alike(first, x, ty)?;
                }
                if !matches!(unit, Some(Type::Number(_))) {
                    unit = Some(ty);
                }
            }
            types.push(ty);
        }
        Ok(types)
    }

    pub(super) fn iff(&self, arguments: &mut [Argument], scope: Scope) -> Checked {
        let ty = self.of(&mut arguments[0].value, scope)?;
        condition(&arguments[0].value, ty)?;
        let types = self.common(&mut arguments[1..], scope)?;
        Ok(match merged(&types) {
            Type::Number(n) => Type::Number(Number { exact: false, ..n }),
            Type::Constant(c) => Type::Number(Number { power: 0, integer: c.integer, exact: false }),
            other => other,
        })
    }

    pub(super) fn extremum(&self, f: &Function, arguments: &mut [Argument], scope: Scope) -> Checked {
        let mut constant: Option<Constant> = None;
        let types = self.common(arguments, scope)?;
        if types.first() == Some(&Type::Condition) {
            number(&arguments[0].value, Type::Condition)?;
        }
        for ty in &types {
            let Type::Constant(c) = *ty else { return Ok(merged(&types)) };
            let interval = match constant {
                None => Some(c.interval),
                Some(before) if f.name == "min" => before.interval.smaller(c.interval),
                Some(before) => before.interval.larger(c.interval),
            };
            let Some(interval) = interval else { return Ok(merged(&types)) };
            constant = Some(Constant { interval, integer: c.integer && constant.is_none_or(|b| b.integer) });
        }
        Ok(constant.map_or(Type::Condition, Type::Constant))
    }

    pub(super) fn step(&self, arguments: &mut [Argument], scope: Scope) -> Checked {
        let ty = self.of(&mut arguments[0].value, scope)?;
        number(&arguments[0].value, ty)?;
        let mut before: Option<Constant> = None;
        for pair in arguments[1..].chunks_exact_mut(2) {
            let constant = self.constant(&mut pair[0].value, scope)?;
            let ascends =
                |b: Constant| b.interval.high.compare(constant.interval.low) == Some(Ordering::Less);
            if !before.is_none_or(ascends) {
                return Err(whole(&pair[0].value).fault(Kind::Range, "the steps do not ascend"));
            }
            before = Some(constant);
            let ty = self.of(&mut pair[1].value, scope)?;
            if number(&pair[1].value, ty)?.power != 0 {
                return Err(whole(&pair[1].value).fault(Kind::Unit, "a step gives a plain number"));
            }
        }
        Ok(Type::Number(Number::of_power(0)))
    }

    fn word_gene<'e>(&self, x: &'e mut Expr, scope: Scope) -> Result<Option<&'e str>, Fault> {
        self.of(x, scope)?;
        Ok(match &x.kind {
            ExprKind::Gene(name) => Some(name),
            _ => None,
        })
    }

    pub(super) fn switch(&self, arguments: &mut [Argument], scope: Scope) -> Checked {
        let name = self.word_gene(&mut arguments[0].value, scope)?;
        if !name.and_then(|name| self.genes.get(name)).is_some_and(|domain| domain.is_switch()) {
            let fault = whole(&arguments[0].value).fault(Kind::Type, "this is no switch");
            return Err(fault.expected("a gene whose values are on and off"));
        }
        let ty = self.of(&mut arguments[1].value, scope)?;
        condition(&arguments[1].value, ty)?;
        Ok(Type::Condition)
    }

    pub(super) fn choose(&self, arguments: &mut [Argument], scope: Scope, here: Here) -> Checked {
        let name = self.word_gene(&mut arguments[0].value, scope)?;
        let words = name.and_then(|name| self.genes.get(name)).and_then(|domain| domain.words());
        let Some(words) = words else {
            let fault = whole(&arguments[0].value).fault(Kind::Type, "this is no gene with words");
            return Err(fault.expected("a word gene"));
        };
        let (first, arms) = arguments.split_at_mut(1);
        let wrong = |message: String| {
            Err(here.fault(Kind::Arity, message).expected(format!("one of each: {}", words.join(", "))))
        };
        if first[0].label.is_some() {
            return wrong("the gene of choose has no label".to_owned());
        }
        let mut seen: Vec<&str> = Vec::new();
        for arm in arms.iter() {
            match arm.label.as_deref() {
                None => return wrong("an alternative of choose has no label".to_owned()),
                Some(label) if seen.contains(&label) => return wrong(format!("{label} stands twice")),
                Some(label) if !words.iter().any(|word| word == label) => {
                    return wrong(format!("{label} is no value of the gene"));
                }
                Some(label) => seen.push(label),
            }
        }
        if let Some(missing) = words.iter().find(|word| !seen.contains(&word.as_str())) {
            return wrong(format!("{missing} is missing"));
        }
        let types = self.common(arms, scope)?;
        Ok(merged(&types))
    }
}

/// The type of alternatives that are known to go together.
fn merged(types: &[Type]) -> Type {
    let constant = |ty: &Type| matches!(ty, Type::Constant(_));
    if types.iter().all(constant) {
        let mut all = types.iter().filter_map(|ty| if let Type::Constant(c) = ty { Some(*c) } else { None });
        let Some(first) = all.next() else { return Type::Condition };
        let joined = all.try_fold(first, |sum, c| {
            Some(Constant { interval: sum.interval.joined(c.interval)?, integer: sum.integer && c.integer })
        });
        return joined.map_or(Type::Number(Number::of_power(0)), Type::Constant);
    }
    let numbers: Vec<Number> = types.iter().filter_map(|ty| ty.number()).collect();
    let Some(power) = types.iter().find(|ty| !constant(ty)).and_then(|ty| ty.number()).map(|n| n.power)
    else {
        return Type::Condition;
    };
    let exact = types.iter().all(|ty| constant(ty) || ty.number().is_some_and(|n| n.exact));
    Type::Number(Number { power, integer: numbers.iter().all(|n| n.integer), exact })
}
