//! Functions of conditions, and functions that pick one of several values.

use super::functions::Call;
use super::operators::{both, holds};
use super::windows::{Numbers, sigma, windows};
use super::{Column, World, fin};
use galapagos_rules::{Expr, ExprKind, Operator};
use std::cmp::Ordering;

impl World<'_> {
    pub fn of_conditions(&self, c: &Call<'_>) -> Option<Column> {
        let (f, rows) = (&self.frame, self.rows());
        Some(match c.name {
            "vwap_since" => {
                let b = c.b();
                let of = |t: usize| {
                    let last = (0..=t).rev().find(|&s| b[s] == Some(true))?;
                    let a = sigma((last..=t).map(|s| f.three(s) as f64 * f.volume[s]));
                    let v = sigma((last..=t).map(|s| f.volume[s]));
                    if v <= 0.0 { None } else { fin(a / v / 3.0) }
                };
                c.number((0..rows).map(of).collect())
            }
            "cross_up" | "cross_down" => {
                let (x, y) = (c.first(), self.column(&c.all[1].value));
                let (over, at_most) = match c.name {
                    "cross_up" => (Operator::Greater, Operator::AtMost),
                    _ => (Operator::Less, Operator::AtLeast),
                };
                let order = self.ordered(&x, &y);
                let of = |t: usize| {
                    let now = order[t].map(|o| holds(over, o));
                    let before = if t == 0 { None } else { order[t - 1].map(|o| holds(at_most, o)) };
                    match (now, before) {
                        (Some(false), _) | (_, Some(false)) => Some(false),
                        (Some(true), Some(true)) => Some(true),
                        _ => None,
                    }
                };
                Column::Condition((0..rows).map(of).collect())
            }
            "rising" | "falling" => {
                let x = c.first();
                let x = if matches!(x, Column::Constant(_)) { c.number(self.numbers(&x, 0)) } else { x };
                let due = if c.name == "rising" { Ordering::Greater } else { Ordering::Less };
                let order = self.ordered(&x, &self.index(&x, 1));
                Column::Condition(order.into_iter().map(|o| o.map(|o| o == due)).collect())
            }
            "any" | "all" => {
                let (b, n, decides) = (c.b(), c.period(1), c.name == "any");
                let of = |t: usize| {
                    let rows = b.get((t + 1).checked_sub(n)?..=t)?;
                    if rows.contains(&Some(decides)) {
                        return Some(decides);
                    }
                    if rows.contains(&None) { None } else { Some(!decides) }
                };
                Column::Condition((0..rows).map(of).collect())
            }
            "count" => {
                c.number(windows(&c.b(), c.period(1), |w| Some(w.iter().filter(|&&b| b).count() as f64)))
            }
            "bars_since" | "value_when" | "highest_since" | "lowest_since" => {
                let b = c.b();
                let x = c.all.get(1).map(|x| self.numbers(&self.column(&x.value), 0));
                let of = |t: usize| {
                    let last = (0..=t).rev().find(|&s| b[s] == Some(true))?;
                    let since = || x.as_ref().unwrap()[last..=t].iter().flatten().copied();
                    match c.name {
                        "bars_since" => Some((t - last) as f64),
                        "value_when" => x.as_ref().unwrap()[last],
                        "highest_since" => since().reduce(|a, b| if b > a { b } else { a }),
                        _ => since().reduce(|a, b| if b < a { b } else { a }),
                    }
                };
                c.number((0..rows).map(of).collect())
            }
            _ => return None,
        })
    }

    pub fn choices(&self, c: &Call<'_>) -> Option<Column> {
        let rows = self.rows();
        Some(match c.name {
            "iff" => {
                let chosen = c.b();
                match (self.column(&c.all[1].value), self.column(&c.all[2].value)) {
                    (Column::Condition(x), Column::Condition(y)) => {
                        Column::Condition((0..rows).map(|t| if chosen[t]? { x[t] } else { y[t] }).collect())
                    }
                    (x, y) => {
                        let (x, y) = (self.numbers(&x, c.power), self.numbers(&y, c.power));
                        c.number((0..rows).map(|t| if chosen[t]? { x[t] } else { y[t] }).collect())
                    }
                }
            }
            "min" | "max" => {
                let wins = |a: Ordering| if c.name == "min" { a.is_lt() } else { a.is_gt() };
                if let Some(e) = c.result {
                    let all: Vec<_> = c.all.iter().map(|x| self.over(&x.value, e.denominator)).collect();
                    let best = all
                        .into_iter()
                        .reduce(|a, b| both(&a, &b, |a, b| Some(if wins(a.cmp(&b)) { a } else { b })));
                    return Some(Column::Exact(best.unwrap(), e));
                }
                let all: Vec<_> =
                    c.all.iter().map(|x| self.numbers(&self.column(&x.value), c.power)).collect();
                let best = all.into_iter().reduce(|a, b| {
                    both(&a, &b, |a, b| Some(if wins(a.partial_cmp(&b).unwrap()) { a } else { b }))
                });
                c.number(best.unwrap())
            }
            "step" => {
                let x = c.first();
                let mut out: Numbers = vec![None; rows];
                for pair in c.all[1..].chunks(2) {
                    let order = self.ordered(&self.column(&pair[0].value), &x);
                    let v = self.numbers(&self.column(&pair[1].value), 0);
                    for ((out, order), v) in out.iter_mut().zip(order).zip(v) {
                        if order.is_some_and(Ordering::is_le) {
                            *out = v;
                        }
                    }
                }
                c.number(out)
            }
            "is_na" => {
                let all: Vec<bool> = match c.first() {
                    Column::Condition(all) => all.iter().map(Option::is_none).collect(),
                    other => self.numbers(&other, 0).iter().map(Option::is_none).collect(),
                };
                Column::Condition(all.into_iter().map(Some).collect())
            }
            "use" => match self.word(&c.all[0].value) {
                "on" => self.column(&c.all[1].value),
                _ => Column::Condition(vec![Some(true); rows]),
            },
            "choose" => {
                let word = self.word(&c.all[0].value);
                let arm = c.all[1..].iter().find(|arm| arm.label.as_deref() == Some(word)).unwrap();
                match self.column(&arm.value) {
                    constant @ Column::Constant(_) => c.number(self.numbers(&constant, c.power)),
                    other => other,
                }
            }
            "scan" => c.number(self.scan(&c.all[0].value, &c.all[1].value, c.power)),
            "on" => self.on(c.all),
            "of" => self.of(c.all),
            _ => return None,
        })
    }

    fn word(&self, expr: &Expr) -> &str {
        let ExprKind::Gene(name) = &expr.kind else { panic!("{expr} is no gene") };
        &self.genome[name]
    }
}
