//! Functions of columns.

use super::super::op::{Arithmetic, Comparison, Op, Quantity, Unary};
use super::{Compiled, Compiler, Operand, is_wide, power, unchecked};
use galapagos_rules::{Argument, Expr};

impl Compiler<'_> {
    /// A call, with the field that picks one of its columns, or none.
    pub(super) fn call(
        &mut self,
        name: &str,
        field: &str,
        all: &[Argument],
        expr: &Expr,
    ) -> Compiled<Operand> {
        match name {
            "iff" => self.iff(all, expr),
            "min" => self.extremum(false, all, expr),
            "max" => self.extremum(true, all, expr),
            "step" => self.step(all, expr),
            "use" => self.switch(all, expr),
            "choose" => self.choose(all, expr),
            "scan" => self.scan(all, expr),
            "on" => self.on(all, expr),
            "of" => self.of(all, expr),
            "any" | "all" | "count" | "bars_since" | "value_when" | "highest_since" | "lowest_since"
            | "vwap_since" => self.of_condition(name, all, expr),
            "stoch" | "willr" | "cci" | "mfi" | "cmf" | "atr" | "adx" | "keltner" | "donchian"
            | "supertrend" | "heikin" | "obv" | "vwap" => self.of_bars(name, field, all, expr),
            "is_na" => {
                let x = self.argument(all, 0, expr)?;
                Ok(self.is_na(x))
            }
            "cross_up" | "cross_down" => {
                let (x, y) = (self.argument(all, 0, expr)?, self.argument(all, 1, expr)?);
                let (a, b) = if name == "cross_up" { (x, y) } else { (y, x) };
                let now = self.compare(Comparison::Less, b, a);
                // What is not above is at most.
                let not_yet = self.not(now);
                let before = self.delayed(not_yet, 1);
                Ok(self.and(now, before))
            }
            "at_entry" => Err(super::PlanError::NotMarket(name.to_owned())),
            _ => {
                let x = self.argument(all, 0, expr)?;
                self.of_number(name, field, x, all, expr)
            }
        }
    }

    pub(super) fn argument(&mut self, all: &[Argument], i: usize, expr: &Expr) -> Compiled<Operand> {
        self.operand(&all.get(i).ok_or_else(|| unchecked(expr))?.value)
    }

    /// The argument of a number of rows.
    pub(super) fn period(&self, all: &[Argument], i: usize, expr: &Expr) -> Compiled<usize> {
        self.rows(&all.get(i).ok_or_else(|| unchecked(expr))?.value, 1)
    }

    /// The argument of a factor.
    pub(super) fn factor(&self, all: &[Argument], i: usize, expr: &Expr) -> Compiled<f64> {
        Ok(self.value(&all.get(i).ok_or_else(|| unchecked(expr))?.value)?.rounded)
    }

    fn is_na(&mut self, x: Operand) -> Operand {
        let (node, kind) = match x {
            Operand::Constant(_) | Operand::Truth(_) => return Operand::Truth(false),
            Operand::Exact { node, .. } | Operand::Number { node, .. } | Operand::Condition(node) => {
                (node, self.plan.frames[self.frame].nodes[node].op.kind())
            }
        };
        Operand::Condition(self.node(Op::IsNa(kind), &[node]))
    }

    /// Functions whose first argument is a number.
    fn of_number(
        &mut self,
        name: &str,
        field: &str,
        x: Operand,
        all: &[Argument],
        expr: &Expr,
    ) -> Compiled<Operand> {
        // `change(x)` is change(x, 1).
        let n = |compiler: &Self| match (name, all.len()) {
            ("change", 1) => Ok(1),
            _ => compiler.period(all, 1, expr),
        };
        match name {
            "rising" | "falling" => {
                let x = if let Operand::Constant(_) = x { self.as_number(x) } else { x };
                let before = self.delayed(x, 1);
                let comparison = if name == "rising" { Comparison::Greater } else { Comparison::Less };
                return Ok(self.compare(comparison, x, before));
            }
            "sum" | "sma" | "highest" | "lowest" | "change" => {
                let n = n(self)?;
                return Ok(self.windowed(name, x, n));
            }
            "bb" if field == "mid" => {
                let n = n(self)?;
                return Ok(self.windowed("sma", x, n));
            }
            "abs" => return Ok(self.magnitude(x)),
            "num" => return Ok(Operand::Number { node: self.plain(x), power: 0 }),
            _ => {}
        }
        let node = match name {
            "sqrt" => self.unary(Unary::Root, x),
            "log" | "exp" => {
                let node = self.plain(x);
                let unary = if name == "log" { Unary::Log } else { Unary::Exp };
                self.node(Op::Unary(unary), &[node])
            }
            "roc" => {
                let n = n(self)?;
                let before = self.delayed(x, n);
                let (x, before) = (self.column(x), self.column(before));
                self.two(Arithmetic::Growth, x, before)
            }
            "rsi" => {
                let (n, change) = (n(self)?, self.windowed("change", x, 1));
                let change = self.column(change);
                self.node(Op::Rsi { n }, &[change])
            }
            "stdev" | "zscore" => {
                let n = n(self)?;
                self.deviation(name == "zscore", x, n)
            }
            "bb" => {
                let (n, k) = (n(self)?, self.factor(all, 2, expr)?);
                self.bollinger(field, x, n, k, expr)?
            }
            "macd" => {
                let (f, s, g) = (n(self)?, self.period(all, 2, expr)?, self.period(all, 3, expr)?);
                self.macd(field, x, (f, s, g))
            }
            "vwma" => {
                let (n, x) = (n(self)?, self.column(x));
                let volume = self.node(Op::Volume, &[]);
                let priced = self.two(Arithmetic::Times, x, volume);
                let (priced, volume) =
                    (self.node(Op::WindowSum { n }, &[priced]), self.node(Op::WindowSum { n }, &[volume]));
                self.two(Arithmetic::Share, priced, volume)
            }
            _ => {
                let n = n(self)?;
                self.average(name, field, x, n).ok_or_else(|| unchecked(expr))?
            }
        };
        Ok(Operand::Number { node, power: power(expr)? })
    }

    /// A constant where a column is due.
    pub(super) fn as_number(&mut self, x: Operand) -> Operand {
        Operand::Number { node: self.column(x), power: x.power() }
    }

    fn unary(&mut self, unary: Unary, x: Operand) -> usize {
        let node = self.column(x);
        self.node(Op::Unary(unary), &[node])
    }

    fn magnitude(&mut self, x: Operand) -> Operand {
        match x {
            Operand::Exact { node, exact } => {
                let node = self.node(Op::WholeMagnitude { wide: is_wide(exact) }, &[node]);
                Operand::Exact { node, exact }
            }
            other => Operand::Number { node: self.unary(Unary::Magnitude, other), power: other.power() },
        }
    }

    /// sum, sma, highest, lowest and change: exact where their argument is, as far as the weight allows.
    pub(super) fn windowed(&mut self, name: &str, x: Operand, n: usize) -> Operand {
        let rows = n as i128;
        if let Operand::Exact { node, exact } = x {
            let result = match name {
                "sum" => exact.sum(rows),
                "sma" => exact.mean(rows),
                "change" => exact.plus(exact),
                _ => Some(exact),
            };
            if let Some(result) = result {
                let to = is_wide(result);
                let node = self.widened(node, is_wide(exact), to);
                let node = match name {
                    "sum" | "sma" => self.node(Op::WholeWindowSum { n, wide: to }, &[node]),
                    "highest" => self.node(Op::WholeHighest { n, wide: to }, &[node]),
                    "lowest" => self.node(Op::WholeLowest { n, wide: to }, &[node]),
                    _ => {
                        let before = self.node(Op::WholeDelay { k: n, wide: to }, &[node]);
                        self.node(Op::Sum { negative: true, wide: to }, &[node, before])
                    }
                };
                return Operand::Exact { node, exact: result };
            }
        }
        let power = x.power();
        let x = self.column(x);
        let node = match name {
            "sum" => self.node(Op::WindowSum { n }, &[x]),
            "sma" => {
                let sum = self.node(Op::WindowSum { n }, &[x]);
                self.with(Arithmetic::Over, sum, n as f64)
            }
            "highest" => self.node(Op::Highest { n }, &[x]),
            "lowest" => self.node(Op::Lowest { n }, &[x]),
            _ => {
                let before = self.node(Op::Delay { k: n }, &[x]);
                self.two(Arithmetic::Minus, x, before)
            }
        };
        Operand::Number { node, power }
    }

    fn widened(&mut self, node: usize, from_wide: bool, wide: bool) -> usize {
        if from_wide == wide {
            return node;
        }
        self.node(Op::Rescale { factor: 1, from_wide, wide }, &[node])
    }

    /// Functions whose first argument is a condition.
    fn of_condition(&mut self, name: &str, all: &[Argument], expr: &Expr) -> Compiled<Operand> {
        let b = self.argument(all, 0, expr)?;
        let b = self.column(b);
        let op = match name {
            "any" | "all" => {
                let n = self.period(all, 1, expr)?;
                let quantity = if name == "any" { Quantity::Any } else { Quantity::All };
                return Ok(Operand::Condition(self.node(Op::Quantity { quantity, n }, &[b])));
            }
            "count" => Op::Count { n: self.period(all, 1, expr)? },
            "bars_since" => Op::BarsSince,
            "vwap_since" => Op::VwapSince,
            _ => {
                let x = self.argument(all, 1, expr)?;
                let (x, power) = (self.column(x), power(expr)?);
                let op = match name {
                    "value_when" => Op::ValueWhen,
                    _ => Op::ExtremeSince { highest: name == "highest_since" },
                };
                return Ok(Operand::Number { node: self.node(op, &[b, x]), power });
            }
        };
        Ok(Operand::Number { node: self.node(op, &[b]), power: power(expr)? })
    }
}
