//! Functions that pick one of several values.

use super::super::op::{Arithmetic, Comparison, Op};
use super::{Compiled, Compiler, Operand, is_wide, power, unchecked};
use galapagos_rules::{Argument, Exact, Expr};

impl Compiler<'_> {
    pub(super) fn iff(&mut self, all: &[Argument], expr: &Expr) -> Compiled<Operand> {
        let [c, x, y] = all else { return Err(unchecked(expr)) };
        let (c, a, b) = (self.operand(&c.value)?, self.operand(&x.value)?, self.operand(&y.value)?);
        if a.is_condition() {
            return Ok(match c {
                Operand::Truth(truth) => {
                    if truth {
                        a
                    } else {
                        b
                    }
                }
                _ => {
                    let inputs = [self.column(c), self.column(a), self.column(b)];
                    Operand::Condition(self.node(Op::ConditionIff, &inputs))
                }
            });
        }
        let power = power(expr)?;
        let (x, y) = (self.number(a, power), self.number(b, power));
        let node = match c {
            Operand::Truth(truth) => {
                if truth {
                    x
                } else {
                    y
                }
            }
            _ => {
                let c = self.column(c);
                self.node(Op::Iff, &[c, x, y])
            }
        };
        Ok(Operand::Number { node, power })
    }

    /// The smallest or largest, from the left.
    pub(super) fn extremum(&mut self, highest: bool, all: &[Argument], expr: &Expr) -> Compiled<Operand> {
        let power = power(expr)?;
        let mut operands = Vec::new();
        for argument in all {
            operands.push(self.operand(&argument.value)?);
        }
        let exacts: Option<Vec<Exact>> = operands.iter().map(|&x| self.exact(x)).collect();
        let common = exacts.and_then(|all| {
            let (first, rest) = all.split_first()?;
            rest.iter().try_fold(*first, |sum, &next| sum.beside(next))
        });
        let exact = match common {
            Some(exact) => {
                let all: Option<Vec<usize>> = operands.iter().map(|&x| self.numerators(x, exact)).collect();
                all.map(|all| (all, exact))
            }
            None => None,
        };
        if let Some((all, exact)) = exact {
            let op = Op::WholeExtreme { highest, wide: is_wide(exact) };
            let node = all.into_iter().reduce(|x, y| self.node(op.clone(), &[x, y]));
            return Ok(Operand::Exact { node: node.ok_or_else(|| unchecked(expr))?, exact });
        }
        let arithmetic = if highest { Arithmetic::Larger } else { Arithmetic::Smaller };
        let mut best: Option<Operand> = None;
        for next in operands {
            best = Some(match best {
                None => next,
                // Two constants before a column are columns too: each takes the power of it.
                Some(Operand::Constant(_)) if matches!(next, Operand::Constant(_)) => {
                    let (x, y) = (best.map_or(0, |best| self.number(best, power)), self.number(next, power));
                    Operand::Number { node: self.two(arithmetic, x, y), power }
                }
                Some(best) => self.arithmetic(arithmetic, best, next, power, power),
            });
        }
        best.ok_or_else(|| unchecked(expr))
    }

    pub(super) fn step(&mut self, all: &[Argument], expr: &Expr) -> Compiled<Operand> {
        let Some((x, steps)) = all.split_first() else { return Err(unchecked(expr)) };
        let x = self.operand(&x.value)?;
        let mut chosen = self.constant(f64::NAN);
        for step in steps.chunks_exact(2) {
            let (k, v) = (self.operand(&step[0].value)?, self.operand(&step[1].value)?);
            let (reached, v) = (self.compare(Comparison::AtMost, k, x), self.number(v, 0));
            let reached = self.column(reached);
            chosen = self.node(Op::Iff, &[reached, v, chosen]);
        }
        Ok(Operand::Number { node: chosen, power: 0 })
    }

    pub(super) fn switch(&mut self, all: &[Argument], expr: &Expr) -> Compiled<Operand> {
        let [gene, b] = all else { return Err(unchecked(expr)) };
        if self.word(&gene.value)? == "on" { self.operand(&b.value) } else { Ok(Operand::Truth(true)) }
    }

    pub(super) fn choose(&mut self, all: &[Argument], expr: &Expr) -> Compiled<Operand> {
        let Some((gene, arms)) = all.split_first() else { return Err(unchecked(expr)) };
        let word = self.word(&gene.value)?.to_owned();
        let arm = arms.iter().find(|arm| arm.label.as_ref() == Some(&word));
        let arm = arm.ok_or_else(|| unchecked(expr))?;
        match self.operand(&arm.value)? {
            // Beside arms that are none, a constant takes their power.
            constant @ Operand::Constant(_) => {
                let power = power(expr)?;
                Ok(Operand::Number { node: self.number(constant, power), power })
            }
            other => Ok(other),
        }
    }
}
