//! Rules whose positions follow from the market alone, so that a batch can share their conditions.

use super::code::Test;
use super::decisions::{Side, Size};
use crate::graph::Slot;
use galapagos_rules::terms::Phase;
use galapagos_rules::{Clause, Expression, Reentry, Strategy};

/// The conditions of a two-sided latch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Latched {
    /// Entry and exit of the long side, then those of the short side; `None`: never.
    pub conditions: [Option<Slot>; 4],
}

/// Whether the positions of a strategy follow from the market alone while nothing but its own orders closes them. With
/// `guarded` also where a stop or the margin may: then each side needs an exit that keeps the latch.
pub(super) fn is_latched(strategy: &Strategy, guarded: bool) -> bool {
    let of_market = |e: &Expression| strategy.graph.node(e.node).phase == Phase::Market;
    let plain =
        strategy.expressions.iter().all(|e| matches!(e.place, Clause::Enter | Clause::Exit) && of_market(e));
    let count = |place| strategy.expressions.iter().filter(|e| e.place == place).count();
    let keeps = count(Clause::Enter) == count(Clause::Exit) && strategy.reentry == Reentry::NewSignal;
    plain && strategy.cooldown_bars == 0 && strategy.max_bars.is_none() && (keeps || !guarded)
}

/// The conditions of such sides; `None` if they are none.
pub(super) fn latched(sides: &[Option<Side>; 2]) -> Option<Latched> {
    let mut conditions = [None; 4];
    for (b, side) in sides.iter().enumerate() {
        let Some(side) = side else { continue };
        let bare = side.stop.is_none() && side.target.is_none() && matches!(side.size, Size::Whole);
        let (Test::Column(enter), true) = (&side.enter, bare) else { return None };
        conditions[2 * b] = Some(*enter);
        conditions[2 * b + 1] = match &side.exit {
            Some(Test::Column(exit)) => Some(*exit),
            None => None,
            Some(_) => return None,
        };
    }
    Some(Latched { conditions })
}
