//! From checked trees to what is evaluated: columns of the market, and code above them that knows the account.

use super::code::{Arithmetic, Comparison, Number, Test};
use super::state::Term;
use crate::graph::{Memo, Plan, PlanError};
use galapagos_rules::terms::{Phase, term};
use galapagos_rules::{Argument, Expr, ExprKind, Expression, Genome, Operator, Strategy, Type, value};

/// Lowers the expressions of one genome.
pub(super) struct Lowering<'a, 'e> {
    pub plan: &'a mut Plan,
    pub genome: &'a Genome,
    /// It has turned to the genome.
    pub memo: &'a mut Memo<'e>,
}

type Lowered<T> = Result<T, PlanError>;

/// Whether a tree needs the account or its position.
fn knows_account(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| {
        found |= match &part.kind {
            ExprKind::Name(name) => term(name).is_some_and(|term| term.phase != Phase::Market),
            ExprKind::Call(name, _) => name == "at_entry",
            _ => false,
        };
    });
    found
}

/// What a checked tree never holds.
fn unexpected(expr: &Expr) -> PlanError {
    PlanError::Unchecked(format!("{:?}", expr.kind))
}

fn is_condition(expr: &Expr) -> bool {
    expr.ty == Some(Type::Condition)
}

/// Whether the tree of an expression needs the account or its position, as its graph has it.
pub(super) fn asks_account(strategy: &Strategy, expression: &Expression) -> bool {
    strategy.graph.node(expression.node).phase != Phase::Market
}

impl Lowering<'_, '_> {
    /// The condition of an expression.
    pub fn condition(&mut self, strategy: &Strategy, expression: &Expression) -> Lowered<Test> {
        if asks_account(strategy, expression) {
            self.test(&expression.tree)
        } else {
            Ok(Test::Column(self.plan.add_beside(&expression.tree, self.genome, self.memo)?))
        }
    }

    /// A condition.
    pub fn test(&mut self, expr: &Expr) -> Lowered<Test> {
        if !knows_account(expr) {
            return Ok(Test::Column(self.plan.add_beside(expr, self.genome, self.memo)?));
        }
        match &expr.kind {
            ExprKind::Not(x) => Ok(Test::Not(Box::new(self.test(x)?))),
            ExprKind::Binary(operator, x, y) => {
                let comparison = match operator {
                    Operator::And => return self.tests(x, y, Test::And),
                    Operator::Or => return self.tests(x, y, Test::Or),
                    Operator::OrElse => return self.tests(x, y, Test::OrElse),
                    Operator::Less => Comparison::Less,
                    Operator::AtMost => Comparison::AtMost,
                    Operator::Equal if is_condition(x) => return self.equal_tests(x, y),
                    Operator::Equal => Comparison::Equal,
                    _ => return Err(unexpected(expr)),
                };
                Ok(Test::Compare(comparison, Box::new(self.number(x)?), Box::new(self.number(y)?)))
            }
            ExprKind::Call(name, arguments) => match (name.as_str(), arguments.as_slice()) {
                ("iff", [test, x, y]) => Ok(Test::If(
                    Box::new(self.test(&test.value)?),
                    Box::new(self.test(&x.value)?),
                    Box::new(self.test(&y.value)?),
                )),
                ("is_na", [x]) if is_condition(&x.value) => Ok(Test::Unknown(Box::new(self.test(&x.value)?))),
                ("is_na", [x]) => Ok(Test::NoNumber(Box::new(self.number(&x.value)?))),
                ("use", [switch, x]) => {
                    let ExprKind::Gene(gene) = &switch.value.kind else {
                        return Err(unexpected(expr));
                    };
                    if self.genome.get(gene).is_some_and(|word| word == "on") {
                        self.test(&x.value)
                    } else {
                        Ok(Test::Fixed(true))
                    }
                }
                ("choose", [gene, arms @ ..]) => self.test(self.arm(expr, gene, arms)?),
                ("at_entry", [x]) => Ok(Test::AtSignal(Box::new(self.test(&x.value)?))),
                _ => Err(unexpected(expr)),
            },
            _ => Err(unexpected(expr)),
        }
    }

    fn tests(&mut self, x: &Expr, y: &Expr, make: fn(Box<Test>, Box<Test>) -> Test) -> Lowered<Test> {
        Ok(make(Box::new(self.test(x)?), Box::new(self.test(y)?)))
    }

    /// x == y of conditions: y where x is true, not y where it is false.
    fn equal_tests(&mut self, x: &Expr, y: &Expr) -> Lowered<Test> {
        let (x, y) = (self.test(x)?, self.test(y)?);
        Ok(Test::If(Box::new(x), Box::new(y.clone()), Box::new(Test::Not(Box::new(y)))))
    }

    fn arm<'e>(&self, expr: &Expr, gene: &Argument, arms: &'e [Argument]) -> Lowered<&'e Expr> {
        let ExprKind::Gene(gene) = &gene.value.kind else { return Err(unexpected(expr)) };
        let word = self.genome.get(gene);
        let arm = arms.iter().find(|arm| arm.label.is_some() && arm.label.as_ref() == word);
        arm.map(|arm| &arm.value).ok_or_else(|| unexpected(expr))
    }

    /// A number on plain prices.
    pub fn number(&mut self, expr: &Expr) -> Lowered<Number> {
        if matches!(expr.ty, Some(Type::Constant(_))) {
            let constant = value(expr, self.genome).ok_or_else(|| unexpected(expr))?;
            return Ok(Number::Constant(constant.rounded));
        }
        let boxed = |x: Lowered<Number>| x.map(Box::new);
        match &expr.kind {
            ExprKind::Negative(x) => return Ok(Number::Negative(boxed(self.number(x))?)),
            ExprKind::Binary(operator, x, y) => {
                let how = match operator {
                    Operator::Plus => Arithmetic::Plus,
                    Operator::Minus => Arithmetic::Minus,
                    Operator::Times => Arithmetic::Times,
                    Operator::Over => Arithmetic::Over,
                    Operator::OrElse => {
                        return Ok(Number::OrElse(boxed(self.number(x))?, boxed(self.number(y))?));
                    }
                    _ => return Err(unexpected(expr)),
                };
                return Ok(Number::Arithmetic(how, boxed(self.number(x))?, boxed(self.number(y))?));
            }
            _ => {}
        }
        if !knows_account(expr) {
            return Ok(Number::Column(self.plan.add_plain_beside(expr, self.genome, self.memo)?));
        }
        match &expr.kind {
            ExprKind::Name(name) => Term::from_name(name).map(Number::Term).ok_or_else(|| unexpected(expr)),
            ExprKind::Call(name, arguments) => match (name.as_str(), arguments.as_slice()) {
                ("iff", [test, x, y]) => Ok(Number::If(
                    Box::new(self.test(&test.value)?),
                    boxed(self.number(&x.value))?,
                    boxed(self.number(&y.value))?,
                )),
                ("min", all) => Ok(Number::Least(self.numbers(all)?)),
                ("max", all) => Ok(Number::Greatest(self.numbers(all)?)),
                ("abs", [x]) => Ok(Number::Absolute(boxed(self.number(&x.value))?)),
                // It is plain already.
                ("num", [x]) => self.number(&x.value),
                ("step", [x, steps @ ..]) => {
                    let constant = |a: &Argument| value(&a.value, self.genome).map(|v| v.rounded);
                    let pairs =
                        steps.chunks_exact(2).map(|pair| Some((constant(&pair[0])?, constant(&pair[1])?)));
                    let pairs: Option<Vec<(f64, f64)>> = pairs.collect();
                    let pairs = pairs.ok_or_else(|| unexpected(expr))?;
                    Ok(Number::Step(boxed(self.number(&x.value))?, pairs))
                }
                ("choose", [gene, arms @ ..]) => self.number(self.arm(expr, gene, arms)?),
                ("at_entry", [x]) => Ok(Number::AtSignal(boxed(self.number(&x.value))?)),
                _ => Err(unexpected(expr)),
            },
            _ => Err(unexpected(expr)),
        }
    }

    fn numbers(&mut self, all: &[Argument]) -> Lowered<Vec<Number>> {
        all.iter().map(|a| self.number(&a.value)).collect()
    }
}
