//! Higher timeframes and other symbols.

use super::super::column::Kind;
use super::super::op::Op;
use super::super::plan::{Origin, PlanError};
use super::{Compiled, Compiler, Operand, is_wide, unchecked};
use galapagos_rules::{Argument, Expr, ExprKind};

impl Compiler<'_> {
    pub(super) fn on(&mut self, all: &[Argument], expr: &Expr) -> Compiled<Operand> {
        let [timeframe, x] = all else { return Err(unchecked(expr)) };
        let ExprKind::Timeframe(timeframe) = timeframe.value.kind else { return Err(unchecked(expr)) };
        let decimals = self.plan.frames[self.frame].decimals;
        let child = self.plan.frame(self.frame, Origin::On(timeframe), decimals);
        let mut inside = Compiler { plan: self.plan, genome: self.genome, frame: child, known: self.known };
        let operand = match inside.operand(&x.value)? {
            // A column: before the first bar of the higher timeframe it is na.
            other @ (Operand::Constant(_) | Operand::Truth(_)) => (other, inside.column(other)),
            Operand::Exact { node, exact } => (Operand::Exact { node, exact }, node),
            other => (other, inside.column(other)),
        };
        Ok(match operand {
            (Operand::Exact { exact, .. }, node) => {
                let kind = if is_wide(exact) { Kind::Wide } else { Kind::Narrow };
                Operand::Exact { node: self.see(child, node, kind), exact }
            }
            (other, node) if other.is_condition() => {
                Operand::Condition(self.see(child, node, Kind::Conditions))
            }
            (other, node) => {
                Operand::Number { node: self.see(child, node, Kind::Numbers), power: other.power() }
            }
        })
    }

    pub(super) fn of(&mut self, all: &[Argument], expr: &Expr) -> Compiled<Operand> {
        let [symbol, x] = all else { return Err(unchecked(expr)) };
        let ExprKind::Symbol(symbol) = &symbol.value.kind else { return Err(unchecked(expr)) };
        let known = self.plan.others.iter().find(|(name, _)| name == symbol);
        let decimals = known.ok_or_else(|| PlanError::Symbol(symbol.clone()))?.1;
        let child = self.plan.frame(self.frame, Origin::Of(symbol.clone()), decimals);
        let mut inside = Compiler { plan: self.plan, genome: self.genome, frame: child, known: self.known };
        let operand = inside.operand(&x.value)?;
        // The other symbol has ticks of its own.
        let node = inside.plain(operand);
        Ok(if operand.is_condition() {
            Operand::Condition(self.see(child, node, Kind::Conditions))
        } else {
            Operand::Number { node: self.see(child, node, Kind::Numbers), power: 0 }
        })
    }

    fn see(&mut self, child: usize, node: usize, kind: Kind) -> usize {
        self.node(Op::See { child, node, kind }, &[])
    }
}
