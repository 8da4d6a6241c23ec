//! Functions of the bars themselves.

use super::super::op::{Arithmetic, Constant, Field, Flow, Op, Window};
use super::{Compiled, Compiler, Operand, power, unchecked};
use galapagos_rules::{Argument, Expr};

impl Compiler<'_> {
    pub(super) fn of_bars(
        &mut self,
        name: &str,
        field: &str,
        all: &[Argument],
        expr: &Expr,
    ) -> Compiled<Operand> {
        if name == "donchian" {
            return self.donchian(field, self.period(all, 0, expr)?, expr);
        }
        if (name, field) == ("heikin", "close") {
            return self.name("ohlc4");
        }
        let node = match name {
            "heikin" => self.heikin(field, expr)?,
            "obv" => self.node(Op::Flow(Flow::Balance), &[]),
            _ => {
                let n = self.period(all, 0, expr)?;
                self.of_window(name, field, n, all, expr)?
            }
        };
        Ok(Operand::Number { node, power: power(expr)? })
    }

    fn of_window(
        &mut self,
        name: &str,
        field: &str,
        n: usize,
        all: &[Argument],
        expr: &Expr,
    ) -> Compiled<usize> {
        Ok(match name {
            "atr" => self.atr(n),
            "adx" => self.adx(field, n),
            "stoch" => {
                let k = self.in_range(Op::Stochastic, n);
                if field == "k" {
                    return Ok(k);
                }
                let d = self.period(all, 1, expr)?;
                self.node(Op::Window { window: Window::Mean, n: d }, &[k])
            }
            "willr" => self.in_range(Op::Williams, n),
            "cci" => {
                let y = self.node(Op::Field(Field::Three), &[]);
                let sum = self.node(Op::WholeWindowSum { n, wide: false }, &[y]);
                let mean = self.node(Op::Rounded { denominator: n as i128, wide: false }, &[sum]);
                let y = self.node(Op::Rounded { denominator: 1, wide: false }, &[y]);
                let distance = self.node(Op::Window { window: Window::Distance, n }, &[y, mean]);
                self.node(Op::Channel, &[y, mean, distance])
            }
            "mfi" => {
                let (up, down) = (self.flow(Flow::Rising, n), self.flow(Flow::Falling, n));
                let balance = self.two(Arithmetic::Balance, up, down);
                self.node(Op::From { row: n }, &[balance])
            }
            "cmf" => self.per_volume(Flow::Chaikin, n),
            "vwap" => {
                let mean = self.per_volume(Flow::Typical, n);
                self.with(Arithmetic::Over, mean, 3.0)
            }
            "keltner" => {
                let hlc3 = self.name("hlc3")?;
                let hlc3 = self.column(hlc3);
                let middle = self.node(Op::Ema { n }, &[hlc3]);
                if field == "mid" {
                    return Ok(middle);
                }
                let (k, range) = (self.factor(all, 1, expr)?, self.atr(n));
                self.banded(field == "upper", middle, k, range)
            }
            "supertrend" => {
                let factor = Constant::new(self.factor(all, 1, expr)?);
                let (hl2, close) = (self.name("hl2")?, self.name("close")?);
                let inputs = [self.column(hl2), self.atr(n), self.column(close)];
                self.node(Op::Supertrend { factor, side: field == "side" }, &inputs)
            }
            _ => return Err(unchecked(expr)),
        })
    }

    /// Wilder's average of ticks from row 1 on.
    fn wilder(&mut self, field: Field, n: usize) -> usize {
        let field = self.node(Op::Field(field), &[]);
        let later = self.node(Op::FromRowOne { wide: false }, &[field]);
        let x = self.node(Op::Rounded { denominator: 1, wide: false }, &[later]);
        self.node(Op::Rma { n }, &[x])
    }

    fn atr(&mut self, n: usize) -> usize {
        self.wilder(Field::Range, n)
    }

    fn adx(&mut self, field: &str, n: usize) -> usize {
        let range = self.atr(n);
        let (up, down) = (self.wilder(Field::Up, n), self.wilder(Field::Down, n));
        let plus = self.two(Arithmetic::Percent, up, range);
        if field == "plus" {
            return plus;
        }
        let minus = self.two(Arithmetic::Percent, down, range);
        if field == "minus" {
            return minus;
        }
        let spread = self.two(Arithmetic::Spread, plus, minus);
        self.node(Op::Rma { n }, &[spread])
    }

    /// Highest high and lowest low.
    fn channel(&mut self, n: usize) -> (usize, usize) {
        let (high, low) = (self.node(Op::Field(Field::High), &[]), self.node(Op::Field(Field::Low), &[]));
        let highest = self.node(Op::WholeHighest { n, wide: false }, &[high]);
        (highest, self.node(Op::WholeLowest { n, wide: false }, &[low]))
    }

    fn in_range(&mut self, op: Op, n: usize) -> usize {
        let (highest, lowest) = self.channel(n);
        let close = self.node(Op::Field(Field::Close), &[]);
        self.node(op, &[highest, lowest, close])
    }

    fn donchian(&mut self, field: &str, n: usize, expr: &Expr) -> Compiled<Operand> {
        let (high, low) = (self.name("high")?, self.name("low")?);
        let (upper, lower) = (self.windowed("highest", high, n), self.windowed("lowest", low, n));
        match (field, self.sum(false, upper, lower, 1), self.name("hl2")?) {
            ("upper", ..) => Ok(upper),
            ("lower", ..) => Ok(lower),
            // Half of two prices, as hl2 is.
            ("mid", Operand::Exact { node, .. }, Operand::Exact { exact, .. }) => {
                Ok(Operand::Exact { node, exact })
            }
            _ => Err(unchecked(expr)),
        }
    }

    fn heikin(&mut self, field: &str, expr: &Expr) -> Compiled<usize> {
        let close = self.name("ohlc4")?;
        let close = self.column(close);
        let open = self.node(Op::HeikinOpen, &[close]);
        let (arithmetic, price) = match field {
            "open" => return Ok(open),
            "high" => (Arithmetic::Larger, self.name("high")?),
            "low" => (Arithmetic::Smaller, self.name("low")?),
            _ => return Err(unchecked(expr)),
        };
        let price = self.column(price);
        let beside = self.two(arithmetic, price, open);
        Ok(self.two(arithmetic, beside, close))
    }

    fn flow(&mut self, flow: Flow, n: usize) -> usize {
        let flow = self.node(Op::Flow(flow), &[]);
        self.node(Op::WindowSum { n }, &[flow])
    }

    /// A sum of flows over that of the volume.
    fn per_volume(&mut self, flow: Flow, n: usize) -> usize {
        let volume = self.node(Op::Volume, &[]);
        let (flow, volume) = (self.flow(flow, n), self.node(Op::WindowSum { n }, &[volume]));
        self.two(Arithmetic::Share, flow, volume)
    }
}
