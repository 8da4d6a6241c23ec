//! Scans, row by row.

use super::operators::holds;
use super::windows::Numbers;
use super::{Column, World, fin};
use galapagos_rules::{Expr, ExprKind, Operator, Type};
use std::collections::BTreeMap;

impl World<'_> {
    pub fn scan(&self, init: &Expr, body: &Expr, power: i32) -> Numbers {
        let first = self.numbers(&self.column(init), power);
        let mut columns = BTreeMap::new();
        self.without_self(body, &mut columns);
        let mut s: Option<f64> = None;
        (0..self.rows())
            .map(|t| {
                s = match s {
                    None => first[t],
                    Some(before) => self.body(body, 0, t, before, &columns).or(s),
                };
                s
            })
            .collect()
    }

    /// The columns of the parts without `self`.
    fn without_self(&self, expr: &Expr, out: &mut BTreeMap<String, Column>) {
        let mut found = false;
        expr.walk(&mut |part| found |= part.kind == ExprKind::Itself);
        if found {
            expr.parts().into_iter().for_each(|part| self.without_self(part, out));
        } else {
            out.insert(expr.to_string(), self.column(expr));
        }
    }

    /// The body in a row; conditions are 1 and 0. `beside`: the power that a constant takes.
    fn body(
        &self,
        expr: &Expr,
        beside: i32,
        t: usize,
        s: f64,
        columns: &BTreeMap<String, Column>,
    ) -> Option<f64> {
        if let Some(column) = columns.get(&expr.to_string()) {
            return match column {
                Column::Condition(all) => all[t].map(|b| f64::from(u8::from(b))),
                other => self.numbers(other, beside)[t],
            };
        }
        let power = expr.ty.and_then(Type::number).map_or(0, |n| n.power);
        let of = |expr: &Expr, beside: i32| self.body(expr, beside, t, s, columns);
        let truth = |b: bool| Some(f64::from(u8::from(b)));
        match &expr.kind {
            ExprKind::Itself => Some(s),
            ExprKind::Negative(x) => of(x, power).map(|x| -x),
            ExprKind::Not(x) => of(x, 0).map(|x| 1.0 - x),
            ExprKind::Binary(operator, x, y) => match operator {
                Operator::Plus => fin(of(x, power)? + of(y, power)?),
                Operator::Minus => fin(of(x, power)? - of(y, power)?),
                Operator::Times => fin(of(x, 0)? * of(y, 0)?),
                Operator::Over => fin(of(x, 0)? / of(y, 0)?),
                Operator::OrElse => of(x, power).or_else(|| of(y, power)),
                Operator::And => match (of(x, 0), of(y, 0)) {
                    (Some(0.0), _) | (_, Some(0.0)) => Some(0.0),
                    (x, y) => x.and(y),
                },
                Operator::Or => match (of(x, 0), of(y, 0)) {
                    (Some(1.0), _) | (_, Some(1.0)) => Some(1.0),
                    (x, y) => x.and(y),
                },
                compares => {
                    let constant = |e: &Expr| matches!(e.ty, Some(Type::Constant(_)));
                    let other = if constant(x) { y } else { x };
                    let power = other.ty.and_then(Type::number).map_or(0, |n| n.power);
                    truth(holds(*compares, of(x, power)?.partial_cmp(&of(y, power)?)?))
                }
            },
            ExprKind::Call(name, all) => {
                let part = |i: usize| of(&all[i].value, power);
                match name.as_str() {
                    "abs" => part(0).map(f64::abs),
                    "iff" => {
                        if of(&all[0].value, 0)? == 1.0 {
                            part(1)
                        } else {
                            part(2)
                        }
                    }
                    _ => {
                        let mut best = part(0)?;
                        for i in 1..all.len() {
                            let next = part(i)?;
                            let keep = if name == "min" { best < next } else { best > next };
                            best = if keep { best } else { next };
                        }
                        Some(best)
                    }
                }
            }
            _ => panic!("{expr} may not stand in a scan"),
        }
    }
}
