//! Scans: what holds `self` becomes steps that are taken row by row; all else is columns.

use super::super::op::{Arithmetic, Comparison, Constant, Op, Step, Unary};
use super::{Compiled, Compiler, Operand, unchecked};
use galapagos_rules::{Argument, Expr, ExprKind, Operator};

/// The body of a scan.
struct Body {
    /// The power of what is carried.
    power: i32,
    steps: Vec<Step>,
    inputs: Vec<usize>,
}

/// A step with its result, or a constant that has not found its power yet.
#[derive(Clone, Copy)]
enum Part {
    Register { at: usize, power: i32 },
    Constant(Operand),
}

impl Body {
    fn push(&mut self, step: Step) -> usize {
        match self.steps.iter().position(|known| *known == step) {
            Some(at) => at,
            None => {
                self.steps.push(step);
                self.steps.len() - 1
            }
        }
    }

    fn input(&mut self, node: usize) -> usize {
        let at = self.inputs.iter().position(|&known| known == node).unwrap_or_else(|| {
            self.inputs.push(node);
            self.inputs.len() - 1
        });
        self.push(Step::Input(at))
    }
}

impl Part {
    fn power(self) -> Option<i32> {
        match self {
            Part::Register { power, .. } => Some(power),
            Part::Constant(_) => None,
        }
    }
}

fn holds_itself(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| found |= part.kind == ExprKind::Itself);
    found
}

impl Compiler<'_> {
    pub(super) fn scan(&mut self, all: &[Argument], expr: &Expr) -> Compiled<Operand> {
        let [first, body] = all else { return Err(unchecked(expr)) };
        let first = self.operand(&first.value)?;
        let power = first.power();
        let first = self.column(first);
        let mut steps = Body { power, steps: Vec::new(), inputs: vec![first] };
        let result = self.part(&body.value, &mut steps)?;
        let last = self.register(result, power, &mut steps);
        // The last step is the result.
        if last + 1 < steps.steps.len() {
            let step = steps.steps[last];
            steps.steps.push(step);
        }
        let node = self.node(Op::Scan { steps: steps.steps }, &steps.inputs);
        Ok(Operand::Number { node, power })
    }

    /// The register of a part; a constant stands beside numbers of this power.
    fn register(&mut self, part: Part, power: i32, body: &mut Body) -> usize {
        match part {
            Part::Register { at, .. } => at,
            Part::Constant(Operand::Constant(value)) => {
                let level = self.level(value, power);
                body.push(Step::Value(Constant::new(level)))
            }
            Part::Constant(Operand::Truth(truth)) => {
                body.push(Step::Value(Constant::new(f64::from(u8::from(truth)))))
            }
            Part::Constant(other) => {
                let node = self.number(other, power);
                body.input(node)
            }
        }
    }

    /// Two parts side by side: constants take the power of the other.
    fn beside(&mut self, a: Part, b: Part, body: &mut Body) -> (usize, usize, i32) {
        let power = a.power().or(b.power()).unwrap_or(0);
        (self.register(a, power, body), self.register(b, power, body), power)
    }

    fn part(&mut self, expr: &Expr, body: &mut Body) -> Compiled<Part> {
        if !holds_itself(expr) {
            let operand = self.operand(expr)?;
            return Ok(match operand {
                Operand::Constant(_) | Operand::Truth(_) => Part::Constant(operand),
                other => {
                    let node = self.column(other);
                    Part::Register { at: body.input(node), power: other.power() }
                }
            });
        }
        let (step, power) = match &expr.kind {
            ExprKind::Itself => (Step::Itself, body.power),
            ExprKind::Negative(x) => {
                let x = self.part(x, body)?;
                let power = x.power().unwrap_or(0);
                (Step::Unary(Unary::Negative, self.register(x, power, body)), power)
            }
            ExprKind::Not(x) => {
                let x = self.part(x, body)?;
                (Step::Not(self.register(x, 0, body)), 0)
            }
            ExprKind::Binary(operator, x, y) => {
                let (x, y) = (self.part(x, body)?, self.part(y, body)?);
                return Ok(self.part_of_two(*operator, x, y, body));
            }
            ExprKind::Call(name, all) => return self.part_of_call(name, all, body, expr),
            _ => return Err(unchecked(expr)),
        };
        Ok(Part::Register { at: body.push(step), power })
    }

    fn part_of_two(&mut self, operator: Operator, x: Part, y: Part, body: &mut Body) -> Part {
        if matches!(operator, Operator::Times | Operator::Over) {
            let (a, b) = (x.power().unwrap_or(0), y.power().unwrap_or(0));
            let (x, y) = (self.register(x, 0, body), self.register(y, 0, body));
            let (arithmetic, power) = match operator {
                Operator::Times => (Arithmetic::Times, a + b),
                _ => (Arithmetic::Over, a - b),
            };
            return Part::Register { at: body.push(Step::Arithmetic(arithmetic, x, y)), power };
        }
        let (x, y, power) = self.beside(x, y, body);
        let (step, power) = match operator {
            Operator::Plus => (Step::Arithmetic(Arithmetic::Plus, x, y), power),
            Operator::Minus => (Step::Arithmetic(Arithmetic::Minus, x, y), power),
            Operator::OrElse => (Step::OrElse(x, y), power),
            Operator::And => (Step::And(x, y), 0),
            Operator::Or => (Step::Or(x, y), 0),
            Operator::Less => (Step::Compare(Comparison::Less, x, y), 0),
            Operator::AtMost => (Step::Compare(Comparison::AtMost, x, y), 0),
            Operator::Greater => (Step::Compare(Comparison::Greater, x, y), 0),
            Operator::AtLeast => (Step::Compare(Comparison::AtLeast, x, y), 0),
            Operator::Equal => (Step::Compare(Comparison::Equal, x, y), 0),
            _ => (Step::Not(body.push(Step::Compare(Comparison::Equal, x, y))), 0),
        };
        Part::Register { at: body.push(step), power }
    }

    fn part_of_call(&mut self, name: &str, all: &[Argument], body: &mut Body, expr: &Expr) -> Compiled<Part> {
        let mut parts = Vec::new();
        for argument in all {
            parts.push(self.part(&argument.value, body)?);
        }
        let (step, power) = match (name, parts.as_slice()) {
            ("abs", &[x]) => {
                let power = x.power().unwrap_or(0);
                (Step::Unary(Unary::Magnitude, self.register(x, power, body)), power)
            }
            ("iff", &[c, x, y]) => {
                let c = self.register(c, 0, body);
                let (x, y, power) = self.beside(x, y, body);
                (Step::Iff(c, x, y), power)
            }
            ("min" | "max", all) => {
                let arithmetic = if name == "max" { Arithmetic::Larger } else { Arithmetic::Smaller };
                let power = all.iter().find_map(|part| part.power()).unwrap_or(0);
                let mut registers = all.iter().map(|&part| self.register(part, power, body));
                let registers: Vec<usize> = registers.by_ref().collect();
                let best = registers
                    .into_iter()
                    .reduce(|x, y| body.push(Step::Arithmetic(arithmetic, x, y)))
                    .ok_or_else(|| unchecked(expr))?;
                return Ok(Part::Register { at: best, power });
            }
            _ => return Err(unchecked(expr)),
        };
        Ok(Part::Register { at: body.push(step), power })
    }
}
