//! Weights that rules name: targets that the market alone decides, from blocks of one graph. A member's targets of a block
//! are rounded together when its account comes to them, and nothing is kept of the blocks before but the last weight.

use super::BLOCK;
use super::decided::Members;
use super::held::{Decides, Listener, Look};
use super::instructions::{InstructionSet, Loops};
use crate::execution::{Execution, Side};
use crate::graph::{Blocks, Slot};
use crate::orders::{Distances, round, sign};
use crate::rules::{Ahead, held_weight};
use crate::stops::Levels;

/// The members of a batch, in the block of rows that is known.
pub(super) struct ExposedMembers<'a> {
    blocks: Blocks<'a>,
    set: InstructionSet,
    side: Side,
    steps: f64,
    members: Vec<Member>,
    from: usize,
    len: usize,
    /// The targets of one member in the rows of the block.
    targets: [f64; BLOCK],
}

struct Member {
    slot: Slot,
    /// Row of the first decision.
    first: usize,
    /// The last weight of the rows before `to`.
    weight: f64,
    to: usize,
    /// Sign that may not be entered (X13).
    blocked: i8,
}

impl<'a> ExposedMembers<'a> {
    /// Members, each with the slot of its weight and the row of its first decision.
    pub(super) fn new(
        blocks: Blocks<'a>,
        exec: &Execution,
        members: impl Iterator<Item = (Slot, usize)>,
    ) -> ExposedMembers<'a> {
        let member = |(slot, first)| Member { slot, first, weight: 0.0, to: 0, blocked: 0 };
        ExposedMembers {
            blocks,
            set: InstructionSet::best(),
            side: exec.side,
            steps: f64::from(exec.exposure_steps),
            members: members.map(member).collect(),
            from: 0,
            len: 0,
            targets: [0.0; BLOCK],
        }
    }
}

/// The targets of a member, from its weights.
struct Targets<'t> {
    weights: &'t [f64],
    member: &'t mut Member,
    from: usize,
    side: Side,
    steps: f64,
    out: &'t mut [f64],
}

impl Loops for Targets<'_> {
    #[inline(always)]
    fn run(self) {
        let Targets { weights, member, from, side, steps, out } = self;
        for (i, (out, &weight)) in out.iter_mut().zip(weights).enumerate() {
            if from + i >= member.first {
                member.weight = held_weight(member.weight, weight);
            }
            *out = member.weight;
        }
        out.iter_mut().for_each(|out| *out = round(side.keep(*out), steps));
    }
}

impl<'a> Members for ExposedMembers<'a> {
    type By<'m>
        = By<'m>
    where
        'a: 'm;

    fn fill(&mut self, _set: InstructionSet, from: usize, to: usize) {
        // The weights of rows before the first account are held, too.
        let behind = self.from + self.len;
        for member in self.members.iter_mut().filter(|member| member.to < behind && member.first < behind) {
            let rows = self.blocks.numbers(member.slot)[..self.len].iter();
            for &weight in rows.skip(member.first.saturating_sub(self.from)) {
                member.weight = held_weight(member.weight, weight);
            }
            member.to = behind;
        }
        self.blocks.fill(from, to);
        (self.from, self.len) = (from, to - from);
    }

    #[inline(always)]
    fn by(&mut self, member: usize) -> By<'_> {
        let (from, len) = (self.from, self.len);
        let member = &mut self.members[member];
        if member.to != from + len {
            member.to = from + len;
            let weights = &self.blocks.numbers(member.slot)[..len];
            let (side, steps, out) = (self.side, self.steps, &mut self.targets[..len]);
            self.set.widened(Targets { weights, member, from, side, steps, out });
        }
        By { member, targets: &self.targets[..len], from }
    }
}

/// Who decides for one member.
pub(super) struct By<'m> {
    member: &'m mut Member,
    targets: &'m [f64],
    from: usize,
}

impl By<'_> {
    /// The first row of `from..to` whose close may change what is wanted; `to`: there is none.
    #[inline(always)]
    fn quiet_until(&self, from: usize, to: usize, acted: f64) -> usize {
        let targets = &self.targets[from - self.from..to - self.from];
        let first = match self.member.blocked {
            0 => targets.iter().position(|&target| target != acted),
            blocked => targets.iter().position(|&target| sign(target) != blocked),
        };
        first.map_or(to, |i| from + i)
    }
}

impl Listener for By<'_> {
    const GUARDS: bool = true;

    fn opened(&mut self, _row: usize, _long: bool, _price: f64) -> (Distances, Levels) {
        (Distances::default(), Levels::default())
    }

    fn closed(&mut self, _row: usize, _pnl: f64) {}

    fn stopped(&mut self, sign: i8) {
        self.member.blocked = sign;
    }
}

impl Decides for By<'_> {
    const LOOKS_FAR: bool = true;

    #[inline(always)]
    fn decide(&mut self, row: usize) -> (f64, Option<Levels>) {
        let wanted = self.targets[row - self.from];
        if sign(wanted) != self.member.blocked {
            self.member.blocked = 0;
        }
        (if self.member.blocked == 0 { wanted } else { 0.0 }, None)
    }

    fn follow(&mut self, _row: usize) {}

    #[inline(always)]
    fn flat_until(&self, from: usize, to: usize, acted: f64) -> usize {
        self.quiet_until(from, to, acted)
    }

    #[inline(always)]
    fn look(&self, from: usize, to: usize, acted: f64, _ahead: &mut Ahead) -> Look {
        Look::Until(self.quiet_until(from, to, acted))
    }

    fn advance(&mut self, _ahead: &Ahead, _followed: usize, _decided: usize) -> Option<Levels> {
        None
    }
}
