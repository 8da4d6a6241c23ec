//! Entries sized by volatility (`atr_stop_loss`) on series that a batch shares. Entry conditions are bits, 64 rows a word;
//! the latch of X13 looks at a row only where they may change it, and average true ranges are read in those rows alone.

use super::columns::Columns;
use super::decided::Members;
use super::held::{Decides, Listener, Look};
use super::instructions::{InstructionSet, Work};
use super::kernels::Isa;
use super::latch::keep;
use super::plan::Plan;
use super::series::Table;
use super::true_ranges::TrueRanges;
use super::{BLOCK, Bits, WORDS};
use crate::execution::Side;
use crate::interrupt::Interrupt;
use crate::orders::{Distances, SizedLatch};
use crate::prepared::Prepared;
use crate::rules::Ahead;
use crate::sizing::at_risk;
use crate::stops::Levels;

/// The members of a batch, in the block of rows that is known.
pub(super) struct SizedMembers<'a> {
    columns: &'a Columns<'a>,
    prepared: &'a Prepared<'a>,
    side: Side,
    table: Table,
    ranges: TrueRanges,
    members: Vec<Member>,
    from: usize,
}

struct Member {
    plan: Plan,
    /// Row of the first decision.
    first: usize,
    lane: usize,
    latch: SizedLatch,
    /// Entry conditions of the block.
    long: Bits,
    short: Bits,
}

impl<'a> SizedMembers<'a> {
    /// Members of plans, each with the row of its first decision.
    pub(super) fn new(
        columns: &'a Columns<'a>,
        prepared: &'a Prepared<'a>,
        side: Side,
        mut plans: Vec<(Plan, usize)>,
    ) -> SizedMembers<'a> {
        let mut table = Table::default();
        table.take(&mut plans, |(plan, _)| plan);
        let period = |plan: &Plan| plan.compared.x[3] as usize;
        let ranges = TrueRanges::new(plans.iter().map(|(plan, _)| period(plan)).collect());
        let member = |(plan, first): (Plan, usize)| {
            let (lane, latch) = (ranges.lane(period(&plan)), SizedLatch::default());
            Member { plan, first, lane, latch, long: [0; WORDS], short: [0; WORDS] }
        };
        let members = plans.into_iter().map(member).collect();
        SizedMembers { columns, prepared, side, table, ranges, members, from: 0 }
    }
}

impl<'a> Members for SizedMembers<'a> {
    type By<'m>
        = By<'m>
    where
        'a: 'm;

    fn fill(&mut self, set: InstructionSet, from: usize, to: usize) {
        self.table.fill(set, self.columns, from, to, Interrupt::NEVER);
        set.run(Filled { members: self, from, to });
    }

    #[inline(always)]
    fn by(&mut self, member: usize) -> By<'_> {
        let SizedMembers { prepared, side, ranges, members, from, .. } = self;
        By { member: &mut members[member], ranges, prepared, side: *side, from: *from }
    }
}

/// A block of rows, whose series are known.
struct Filled<'m, 'a> {
    members: &'m mut SizedMembers<'a>,
    from: usize,
    to: usize,
}

impl Work for Filled<'_, '_> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let Filled { members: all, from, to } = self;
        all.ranges.fill(all.columns, from, to);
        all.from = from;
        for member in &mut all.members {
            let conditions = member.plan.compared.conditions(isa, &all.table, &mut [0; 2], to - from, false);
            (member.long, member.short) = (conditions.enter_long, conditions.enter_short);
            for bits in [&mut member.long, &mut member.short] {
                keep(bits, member.first.saturating_sub(from).min(BLOCK), to - from);
            }
        }
    }
}

/// Who decides for one member.
pub(super) struct By<'m> {
    member: &'m mut Member,
    ranges: &'m TrueRanges,
    prepared: &'m Prepared<'m>,
    side: Side,
    from: usize,
}

impl By<'_> {
    /// The first row of `from..to` whose close may change what is wanted; `to`: there is none.
    #[inline(always)]
    fn quiet_until(&self, from: usize, to: usize) -> usize {
        let Member { latch, long, short, .. } = &*self.member;
        first_row(self.from, (from, to), |w| latch.matters(long[w], short[w]))
    }
}

/// The first row of `from..to` whose bit is set in the words of the block that begins at `block`; `to`: none.
#[inline(always)]
pub(super) fn first_row(block: usize, (from, to): (usize, usize), word: impl Fn(usize) -> u64) -> usize {
    let mut at = from - block;
    while at < to - block {
        let rest = word(at / 64) >> (at % 64);
        if rest != 0 {
            let row = block + at + rest.trailing_zeros() as usize;
            return if row < to { row } else { to };
        }
        at = (at / 64 + 1) * 64;
    }
    to
}

#[inline(always)]
pub(super) fn bit(bits: &Bits, at: usize) -> bool {
    bits[at / 64] >> (at % 64) & 1 == 1
}

impl Listener for By<'_> {
    const GUARDS: bool = true;

    fn opened(&mut self, _row: usize, _long: bool, _price: f64) -> (Distances, Levels) {
        (self.member.latch.distances(), Levels::default())
    }

    fn closed(&mut self, _row: usize, _pnl: f64) {}

    fn stopped(&mut self, sign: i8) {
        self.member.latch.block(sign);
    }
}

impl Decides for By<'_> {
    const LOOKS_FAR: bool = true;

    #[inline(always)]
    fn decide(&mut self, row: usize) -> (f64, Option<Levels>) {
        let (at, bars) = (row - self.from, self.prepared.bars());
        let Member { plan, lane, latch, long, short, .. } = &mut *self.member;
        let [risk, stop, trail, ..] = plan.compared.x;
        let wanted = latch.decide(bit(long, at), bit(short, at), || {
            let atr = self.ranges.at(*lane, at) / bars.scale();
            (at_risk(risk, self.prepared.close[row], stop * atr), Distances::of(stop, trail, atr))
        });
        (self.side.keep(wanted), None)
    }

    fn follow(&mut self, _row: usize) {}

    #[inline(always)]
    fn flat_until(&self, from: usize, to: usize, _acted: f64) -> usize {
        self.quiet_until(from, to)
    }

    #[inline(always)]
    fn look(&self, from: usize, to: usize, _acted: f64, _ahead: &mut Ahead) -> Look {
        Look::Until(self.quiet_until(from, to))
    }

    fn advance(&mut self, _ahead: &Ahead, _followed: usize, _decided: usize) -> Option<Levels> {
        None
    }
}
