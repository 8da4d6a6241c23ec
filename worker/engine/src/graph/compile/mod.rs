//! Trees to nodes. Genes take their values, `use` and `choose` are decided, and what a tree is exact in stays exact.

mod averages;
mod bars;
mod calls;
mod choices;
mod frames;
mod operators;
mod scan;

use super::memo::{Known, Memo};
use super::op::{Arithmetic, Clock, Constant, Field, Op};
use super::plan::{Plan, PlanError, Slot};
use super::rounding::{power_of_ten, rounded};
use galapagos_rules::terms::term;
use galapagos_rules::{Exact, Expr, ExprKind, Genome, LONGEST_PERIOD, Type, Value, value};

/// What a part of a tree gives.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operand {
    /// A number that genes decide.
    Constant(Value),
    /// A condition that genes decide.
    Truth(bool),
    /// Numerators.
    Exact { node: usize, exact: Exact },
    /// Numbers in ticks to a power.
    Number { node: usize, power: i32 },
    /// Conditions.
    Condition(usize),
}

/// Trees in one frame.
struct Compiler<'a> {
    plan: &'a mut Plan,
    genome: &'a Genome,
    frame: usize,
    known: &'a mut Known,
}

type Compiled<T> = Result<T, PlanError>;

/// Numerators of this weight need i128.
fn is_wide(exact: Exact) -> bool {
    exact.weight > 1 << 16
}

impl Plan {
    /// Adds the column of a checked, canonical tree of the market phase, or of a part of one, for the values of
    /// `genome`. Numbers are held in ticks to the power of their type.
    ///
    /// # Errors
    /// The tree has no column for these values.
    pub fn add(&mut self, tree: &Expr, genome: &Genome) -> Result<Slot, PlanError> {
        self.add_beside(tree, genome, &mut Memo::default())
    }

    /// The same beside other genomes; `memo` has turned to this one.
    ///
    /// # Errors
    /// The tree has no column for these values.
    pub(crate) fn add_beside(
        &mut self,
        tree: &Expr,
        genome: &Genome,
        memo: &mut Memo<'_>,
    ) -> Result<Slot, PlanError> {
        let mut compiler = Compiler { plan: self, genome, frame: 0, known: &mut memo.known };
        let operand = compiler.tree(tree)?;
        let exact = if let Operand::Exact { exact, .. } = operand { Some(exact) } else { None };
        let node = compiler.column(operand);
        Ok(self.want(node, exact))
    }

    /// As [`Plan::add`] in prices: what is held in ticks is divided by the power of ten that it holds, once.
    ///
    /// # Errors
    /// The tree has no column for these values.
    pub fn add_plain(&mut self, tree: &Expr, genome: &Genome) -> Result<Slot, PlanError> {
        self.add_plain_beside(tree, genome, &mut Memo::default())
    }

    /// The same beside other genomes; `memo` has turned to this one.
    ///
    /// # Errors
    /// The tree has no column for these values.
    pub(crate) fn add_plain_beside(
        &mut self,
        tree: &Expr,
        genome: &Genome,
        memo: &mut Memo<'_>,
    ) -> Result<Slot, PlanError> {
        let mut compiler = Compiler { plan: self, genome, frame: 0, known: &mut memo.known };
        let operand = compiler.tree(tree)?;
        let node = compiler.plain(operand);
        Ok(self.want(node, None))
    }
}

impl Compiler<'_> {
    fn node(&mut self, op: Op, inputs: &[usize]) -> usize {
        self.plan.node(self.frame, op, inputs)
    }

    fn decimals(&self) -> u32 {
        u32::from(self.plan.frames[self.frame].decimals)
    }

    /// 10^(d * `power`) is what 1 in prices is held as; its exponent.
    fn exponent(&self, power: i32) -> i64 {
        i64::from(self.decimals()) * i64::from(power)
    }

    /// The column of a whole tree.
    fn tree(&mut self, tree: &Expr) -> Compiled<Operand> {
        match tree.ty {
            Some(Type::Number(_) | Type::Constant(_) | Type::Condition) => self.operand(tree),
            _ => Err(unchecked(tree)),
        }
    }

    fn operand(&mut self, expr: &Expr) -> Compiled<Operand> {
        if let Some(given) = self.known.given(expr, self.frame) {
            return Ok(given);
        }
        let operand = self.compiled(expr)?;
        self.known.give(expr, self.frame, operand);
        Ok(operand)
    }

    fn compiled(&mut self, expr: &Expr) -> Compiled<Operand> {
        if let Some(Type::Constant(_)) = expr.ty {
            return Ok(Operand::Constant(self.value(expr)?));
        }
        match &expr.kind {
            ExprKind::Name(name) => self.name(name),
            ExprKind::Column(column) => {
                Ok(Operand::Number { node: self.node(Op::Signal(column.to_string()), &[]), power: 0 })
            }
            ExprKind::Negative(x) => {
                let x = self.operand(x)?;
                Ok(self.negative(x))
            }
            ExprKind::Not(x) => {
                let x = self.operand(x)?;
                Ok(self.not(x))
            }
            ExprKind::Binary(operator, x, y) => self.binary(*operator, x, y, expr),
            ExprKind::Call(name, arguments) => self.call(name, "", arguments, expr),
            ExprKind::Field(x, field) => match &x.kind {
                ExprKind::Call(name, arguments) => self.call(name, field, arguments, expr),
                _ => Err(unchecked(expr)),
            },
            ExprKind::Index(x, k) => {
                let (x, k) = (self.operand(x)?, self.rows(k, 0)?);
                Ok(self.delayed(x, k))
            }
            _ => Err(unchecked(expr)),
        }
    }

    /// What a constant is worth.
    fn value(&self, expr: &Expr) -> Compiled<Value> {
        value(expr, self.genome).ok_or_else(|| PlanError::Constant(expr.to_string()))
    }

    /// A number of rows.
    fn rows(&self, expr: &Expr, least: i128) -> Compiled<usize> {
        let r = self.value(expr)?.exact;
        let rows = Some(r.numerator()).filter(|n| r.is_whole() && (least..=LONGEST_PERIOD).contains(n));
        rows.and_then(|n| usize::try_from(n).ok()).ok_or_else(|| PlanError::Period(expr.to_string()))
    }

    /// The value of a word gene.
    fn word(&self, expr: &Expr) -> Compiled<&str> {
        let ExprKind::Gene(name) = &expr.kind else { return Err(unchecked(expr)) };
        self.genome.get(name).map(String::as_str).ok_or_else(|| PlanError::Gene(name.clone()))
    }

    fn name(&mut self, name: &str) -> Compiled<Operand> {
        let clock = match name {
            "open" => return self.field(name, Field::Open),
            "high" => return self.field(name, Field::High),
            "low" => return self.field(name, Field::Low),
            "close" => return self.field(name, Field::Close),
            "hl2" => return self.field(name, Field::Two),
            "hlc3" => return self.field(name, Field::Three),
            "ohlc4" => return self.field(name, Field::Four),
            "tr" => return self.field(name, Field::Range),
            "new_day" => return Ok(Operand::Condition(self.node(Op::NewDay, &[]))),
            "new_month" => return Ok(Operand::Condition(self.node(Op::NewMonth, &[]))),
            "volume" => Op::Volume,
            "minute" => Op::Clock(Clock::Minute),
            "hour" => Op::Clock(Clock::Hour),
            "weekday" => Op::Clock(Clock::Weekday),
            "day" => Op::Clock(Clock::Day),
            "month" => Op::Clock(Clock::Month),
            "bar_of_day" => Op::Clock(Clock::BarOfDay),
            _ => return Err(PlanError::NotMarket(name.to_owned())),
        };
        Ok(Operand::Number { node: self.node(clock, &[]), power: 0 })
    }

    fn field(&mut self, name: &str, field: Field) -> Compiled<Operand> {
        let exact = term(name).and_then(Exact::field).ok_or_else(|| PlanError::Unchecked(name.to_owned()))?;
        Ok(Operand::Exact { node: self.node(Op::Field(field), &[]), exact })
    }

    /// The value of a constant beside a number of this power.
    fn level(&self, value: Value, power: i32) -> f64 {
        match self.exponent(power) {
            _ if power == 0 => value.rounded,
            exponent => rounded(value.exact, exponent),
        }
    }

    fn constant(&mut self, x: f64) -> usize {
        self.node(Op::Number(Constant::new(x)), &[])
    }

    /// Numerators as f64.
    fn rounded(&mut self, node: usize, exact: Exact) -> usize {
        self.node(Op::Rounded { denominator: exact.denominator, wide: is_wide(exact) }, &[node])
    }

    /// A column of f64; a constant stands beside numbers of this power.
    fn number(&mut self, operand: Operand, power: i32) -> usize {
        match operand {
            Operand::Constant(value) => {
                let level = self.level(value, power);
                self.constant(level)
            }
            Operand::Exact { node, exact } => self.rounded(node, exact),
            Operand::Number { node, .. } | Operand::Condition(node) => node,
            Operand::Truth(truth) => self.node(Op::Truth(Some(truth)), &[]),
        }
    }

    /// A column, of f64 or conditions.
    fn column(&mut self, operand: Operand) -> usize {
        self.number(operand, 0)
    }

    /// A column of numbers in prices, or of conditions.
    fn plain(&mut self, operand: Operand) -> usize {
        let node = self.column(operand);
        let exponent = self.exponent(operand.power());
        let arithmetic = if exponent < 0 { Arithmetic::Times } else { Arithmetic::Over };
        if exponent == 0 { node } else { self.with(arithmetic, node, power_of_ten(exponent.abs())) }
    }

    /// A column and a constant behind it.
    fn with(&mut self, arithmetic: Arithmetic, node: usize, constant: f64) -> usize {
        self.node(Op::With { arithmetic, constant: Constant::new(constant), first: false }, &[node])
    }

    /// Two columns.
    fn two(&mut self, arithmetic: Arithmetic, x: usize, y: usize) -> usize {
        self.node(Op::Arithmetic(arithmetic), &[x, y])
    }

    /// `x[k]` of numerators. A window of the past is the past of a window: what windows of many lengths share is delayed
    /// once.
    fn delayed_whole(&mut self, node: usize, k: usize, wide: bool) -> usize {
        let known = &self.plan.frames[self.frame].nodes[node];
        match (known.op.clone(), known.inputs.as_slice()) {
            (op @ (Op::WholeHighest { .. } | Op::WholeLowest { .. }), &[inner]) => {
                // Such a window is as wide as its rows.
                let inner = self.delayed_whole(inner, k, wide);
                self.node(op, &[inner])
            }
            _ => self.node(Op::WholeDelay { k, wide }, &[node]),
        }
    }

    /// `x[k]`.
    fn delayed(&mut self, operand: Operand, k: usize) -> Operand {
        if k == 0 {
            return operand;
        }
        match operand {
            Operand::Exact { node, exact } => {
                Operand::Exact { node: self.delayed_whole(node, k, is_wide(exact)), exact }
            }
            Operand::Condition(_) | Operand::Truth(_) => {
                let node = self.column(operand);
                Operand::Condition(self.node(Op::ConditionDelay { k }, &[node]))
            }
            Operand::Number { .. } | Operand::Constant(_) => {
                let node = self.column(operand);
                Operand::Number { node: self.node(Op::Delay { k }, &[node]), power: operand.power() }
            }
        }
    }
}

impl Operand {
    /// The power of the price in it.
    fn power(self) -> i32 {
        match self {
            Operand::Exact { .. } => 1,
            Operand::Number { power, .. } => power,
            Operand::Constant(_) | Operand::Truth(_) | Operand::Condition(_) => 0,
        }
    }

    fn is_condition(self) -> bool {
        matches!(self, Operand::Truth(_) | Operand::Condition(_))
    }
}

fn unchecked(expr: &Expr) -> PlanError {
    PlanError::Unchecked(expr.to_string())
}

/// The power that the type of a checked number says.
fn power(expr: &Expr) -> Compiled<i32> {
    Ok(expr.ty.and_then(Type::number).ok_or_else(|| unchecked(expr))?.power)
}
