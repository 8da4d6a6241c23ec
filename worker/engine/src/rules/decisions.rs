//! What the rules of one genome decide on one symbol: its columns and its code. The account of a run asks it close by
//! close.

use super::code::{Number, Test};
use super::known::{Known, Slots};
use super::latched::{is_latched, latched};
use super::lower::{Lowering, asks_account};
use super::state::Term;
use crate::graph::{Columns, Conditions, Memo, Plan, PlanError, Slot};
use crate::signals;
use galapagos_rules::terms::{Phase, term};
use galapagos_rules::{Clause, Expr, ExprKind, Genome, Reentry, Strategy};
use std::sync::Arc;

/// How large an entry is.
#[derive(Clone, Debug)]
pub(super) enum Size {
    /// The whole target.
    Whole,
    /// A share of the equity.
    Share(Number),
    /// The share of the equity that the stop puts at risk.
    Risk(Number),
}

/// One side of the rules.
#[derive(Clone, Debug)]
pub(super) struct Side {
    pub enter: Test,
    pub exit: Option<Test>,
    /// The exit knows the account or the position.
    pub exit_knows: bool,
    pub stop: Option<Number>,
    pub target: Option<Number>,
    pub size: Size,
    /// What is read at the signal bar when a position is opened, and after.
    pub kept: Slots,
    /// The stop or the target reads the level of the stop, which they move.
    pub is_recursive: bool,
    /// Something reads the best or the worst price since the fill.
    pub reads_extremes: bool,
}

/// The rules of one genome on one symbol, with the columns that they read.
#[derive(Debug)]
pub struct Decisions {
    /// Long, then short.
    pub(super) sides: [Option<Side>; 2],
    columns: Option<Arc<Columns>>,
    pub(super) cooldown: usize,
    pub(super) max_bars: Option<usize>,
    pub(super) reentry: Reentry,
    /// Row of the first decision.
    pub(super) start: usize,
    /// An entry, an exit or a size reads the terms of phase F.
    pub(super) knows_account: bool,
    /// Per side the condition of the market without which its entry is never met; `None`: there is none.
    pub(super) needed: [Option<Slot>; 2],
}

/// Two are equal if they are one.
impl PartialEq for Decisions {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// Whether a tree reads what is known of the account without a position.
fn reads_account(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| {
        if let ExprKind::Name(name) = &part.kind {
            found |= term(name).is_some_and(|term| term.phase == Phase::Account);
        }
    });
    found
}

/// The best and the worst price since the fill.
const EXTREMES: &[Term] = &[Term::Peak, Term::Trough];

/// The code of a strategy's sides; `memo` has turned to the genome.
pub(super) fn sides(
    strategy: &Strategy,
    genome: &Genome,
    plan: &mut Plan,
    memo: &mut Memo<'_>,
) -> Result<[Option<Side>; 2], PlanError> {
    let mut lowering = Lowering { plan, genome, memo };
    let mut out = [None, None];
    for (side, prefix) in out.iter_mut().zip(["rules.long.", "rules.short."]) {
        let of = |clause: Clause| {
            strategy.expressions.iter().find(|e| e.place == clause && e.path.starts_with(prefix))
        };
        let Some(enter) = of(Clause::Enter) else { continue };
        let exit = of(Clause::Exit);
        let size = match (of(Clause::Size), of(Clause::Risk)) {
            (Some(size), _) => Size::Share(lowering.number(&size.tree)?),
            (None, Some(risk)) => Size::Risk(lowering.number(&risk.tree)?),
            (None, None) => Size::Whole,
        };
        let enter = lowering.condition(strategy, enter)?;
        let exit_knows = exit.is_some_and(|exit| asks_account(strategy, exit));
        let exit = exit.map(|exit| lowering.condition(strategy, exit)).transpose()?;
        let stop = of(Clause::Stop).map(|stop| lowering.number(&stop.tree)).transpose()?;
        let target = of(Clause::Target).map(|target| lowering.number(&target.tree)).transpose()?;
        let (mut kept, mut is_recursive) = (Slots::default(), false);
        let mut reads_extremes = exit.as_ref().is_some_and(|exit| exit.reads(EXTREMES));
        for level in [&stop, &target].into_iter().flatten() {
            kept.add_number(level, false);
            is_recursive |= level.reads(&[Term::StopNow]);
            reads_extremes |= level.reads(EXTREMES);
        }
        exit.iter().for_each(|exit| kept.add_test(exit, true));
        *side =
            Some(Side { enter, exit, exit_knows, stop, target, size, kept, is_recursive, reads_extremes });
    }
    Ok(out)
}

impl Decisions {
    /// The decisions from row `start` on.
    pub(super) fn new(
        strategy: &Strategy,
        sides: [Option<Side>; 2],
        columns: Option<Arc<Columns>>,
        start: usize,
    ) -> Decisions {
        let needed = sides.each_ref().map(|side| side.as_ref().and_then(|side| side.enter.needed()));
        Decisions {
            needed,
            knows_account: strategy.expressions.iter().any(|e| reads_account(&e.tree)),
            sides,
            columns,
            cooldown: strategy.cooldown_bars as usize,
            max_bars: strategy.max_bars.map(|bars| bars as usize),
            reentry: strategy.reentry,
            start,
        }
    }

    /// Whether the market allows an entry of either side at this close.
    pub(super) fn may_enter(&self, known: Known, t: usize) -> bool {
        self.sides.iter().zip(self.needed).any(|(side, needed)| {
            side.is_some() && needed.is_none_or(|slot| known.truth(slot, t) == Some(true))
        })
    }

    /// The market as the columns have it.
    pub(crate) fn known(&self) -> Known<'_> {
        self.columns.as_deref().map_or(Known::Kept(&[]), Known::All)
    }

    /// The latched positions of all rows, if the market alone decides them.
    pub(super) fn positions(&self, strategy: &Strategy) -> Option<Vec<i8>> {
        let latched = latched(&self.sides).filter(|_| is_latched(strategy, true))?;
        let columns = self.columns.as_ref()?;
        let [enter_long, leave_long, enter_short, leave_short] =
            latched.conditions.map(|slot| slot.map(|slot| columns.conditions(slot)));
        let mut out = vec![0; columns.len()];
        let mut target = 0;
        for (t, row) in out.iter_mut().enumerate().skip(self.start) {
            let met = |x: Option<&Conditions>| x.is_some_and(|x| x.is_met(t));
            let conditions = signals::Conditions {
                enter_long: met(enter_long),
                leave_long: met(leave_long),
                enter_short: met(enter_short),
                leave_short: met(leave_short),
            };
            target = signals::latch(target, conditions);
            *row = target;
        }
        Some(out)
    }

    /// Whether a stop that closes a position of this side leaves the latch where it is: contract D7, "account exits".
    pub(super) fn keeps_latch(&self, side: usize) -> bool {
        let has_market_exit = self.sides[side].as_ref().is_some_and(|s| s.exit.is_some() && !s.exit_knows);
        has_market_exit && self.reentry == Reentry::NewSignal
    }
}
