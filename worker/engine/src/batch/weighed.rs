//! Targets that the market alone decides and that may be a share of the equity: `volatility_scaling` and
//! `funding_rate_carry`. A block of targets is held as bits, 64 rows a word: one word for each side and one for each
//! multiple of the exposure step that the target reaches. The volatilities at which a target is rounded to another multiple
//! are found before the first row, since rounding is monotone; so a row costs one comparison a multiple, and no division.

use super::columns::Columns;
use super::decided::Members;
use super::held::{Decides, Listener, Look};
use super::instructions::{InstructionSet, Work};
use super::kernels::{Isa, LE};
use super::latch::keep;
use super::plan::{Form, Plan};
use super::series::Table;
use super::sized::{bit, first_row};
use super::{BLOCK, Bits, WORDS};
use crate::execution::{Execution, Side};
use crate::genes::Genome;
use crate::interrupt::Interrupt;
use crate::orders::{Distances, round, sign};
use crate::prepared::Prepared;
use crate::rules::Ahead;
use crate::sizing::to_volatility;
use crate::stops::Levels;

/// The members of a batch, in the block of rows that is known.
pub(super) struct WeighedMembers<'a> {
    columns: &'a Columns<'a>,
    side: Side,
    steps: f64,
    table: Table,
    members: Vec<Member>,
    from: usize,
}

struct Member {
    plan: Plan,
    /// Row of the first decision.
    first: usize,
    /// The largest volatility at which the target still reaches each multiple of the step.
    edges: Vec<f64>,
    /// Rows at which the target changes, and how many of them are passed.
    turns: Vec<(usize, i8)>,
    turned: usize,
    /// Sign that may not be entered (X13).
    blocked: i8,
    /// Targets of the block: sides, and multiples of the step (none: the whole equity).
    long: Bits,
    short: Bits,
    reached: Vec<Bits>,
}

impl<'a> WeighedMembers<'a> {
    /// Members of plans, each with its genome and the row of its first decision.
    pub(super) fn new(
        columns: &'a Columns<'a>,
        prepared: &Prepared,
        exec: &Execution,
        mut plans: Vec<(Plan, usize, &Genome)>,
    ) -> WeighedMembers<'a> {
        let mut table = Table::default();
        table.take(&mut plans, |(plan, ..)| plan);
        let (steps, annual) = (f64::from(exec.exposure_steps), exec.bars_per_year.sqrt());
        let bars = prepared.bars();
        let known = crate::funding::known_from(&bars);
        let member = |(plan, first, genome): (Plan, usize, &Genome)| {
            let (mut edges, mut turned) = (Vec::new(), Vec::new());
            if let Some(turns) = plan.turns {
                turned = turns(&bars, &known, genome, first);
            } else {
                let share =
                    |volatility: f64| round(to_volatility(plan.compared.x[1], annual * volatility), steps);
                edges =
                    (1..=exec.exposure_steps).map(|k| edge(|x| share(x) >= f64::from(k) / steps)).collect();
            }
            let reached = vec![[0; WORDS]; edges.len()];
            let (long, short) = ([0; WORDS], [0; WORDS]);
            Member { plan, first, edges, turns: turned, turned: 0, blocked: 0, long, short, reached }
        };
        let members = plans.into_iter().map(member).collect();
        WeighedMembers { columns, side: exec.side, steps, table, members, from: 0 }
    }
}

/// The largest positive number for which `holds`, which holds up to some number; -1 where it holds for none.
fn edge(holds: impl Fn(f64) -> bool) -> f64 {
    // Positive numbers are ordered as their bits.
    let (mut low, mut high) = (0_u64, f64::INFINITY.to_bits());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if holds(f64::from_bits(middle)) { low = middle } else { high = middle }
    }
    if low == 0 { -1.0 } else { f64::from_bits(low) }
}

impl Member {
    #[inline(always)]
    fn fill<I: Isa>(&mut self, isa: I, table: &Table, side: Side, (from, to): (usize, usize)) {
        if self.plan.compared.form == Form::Carry {
            self.turn(from, to);
        } else {
            let conditions = self.plan.compared.conditions(isa, table, &mut [0; 2], to - from, false);
            (self.long, self.short) = (conditions.enter_long, conditions.enter_short);
            let volatility = table.rows(self.plan.compared.slots[2]);
            for (bits, &edge) in self.reached.iter_mut().zip(&self.edges) {
                *bits = isa.level::<LE>(volatility, edge);
            }
        }
        let start = self.first.saturating_sub(from).min(BLOCK);
        keep(&mut self.long, start, to - from);
        keep(&mut self.short, start, to - from);
        match side {
            Side::Long => self.short = [0; WORDS],
            Side::Short => self.long = [0; WORDS],
            Side::LongShort => {}
        }
    }

    /// The sides of a block from the rows at which they change.
    fn turn(&mut self, from: usize, to: usize) {
        (self.long, self.short) = ([0; WORDS], [0; WORDS]);
        let mut at = from;
        while at < to {
            let next = self.turns.get(self.turned).map_or(to, |&(row, _)| if row < to { row } else { to });
            let now = self.turned.checked_sub(1).map_or(0, |i| self.turns[i].1);
            if now != 0 && next > at {
                let bits = if now > 0 { &mut self.long } else { &mut self.short };
                let mut run = [u64::MAX; WORDS];
                keep(&mut run, at - from, next - from);
                bits.iter_mut().zip(run).for_each(|(word, run)| *word |= run);
            }
            self.turned += usize::from(next < to);
            at = next;
        }
    }

    /// Rows of a word of which a target other than 0 is wanted, on either side.
    #[inline(always)]
    fn wants(&self, w: usize) -> [u64; 2] {
        let any = self.reached.first().map_or(u64::MAX, |bits| bits[w]);
        [self.long[w] & any, self.short[w] & any]
    }

    /// Rows of a word whose target is the `k`-th multiple on a side.
    #[inline(always)]
    fn equals(&self, w: usize, long: bool, k: usize) -> u64 {
        let at_least = self.wants(w)[usize::from(!long)]
            & k.checked_sub(1).and_then(|k| self.reached.get(k)).map_or(u64::MAX, |bits| bits[w]);
        at_least & !self.reached.get(k).map_or(0, |bits| bits[w])
    }
}

impl<'a> Members for WeighedMembers<'a> {
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
        By { member: &mut self.members[member], steps: self.steps, from: self.from }
    }
}

/// A block of rows, whose series are known.
struct Filled<'m, 'a> {
    members: &'m mut WeighedMembers<'a>,
    from: usize,
    to: usize,
}

impl Work for Filled<'_, '_> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let Filled { members: all, from, to } = self;
        all.from = from;
        for member in &mut all.members {
            member.fill(isa, &all.table, all.side, (from, to));
        }
    }
}

/// Who decides for one member.
pub(super) struct By<'m> {
    member: &'m mut Member,
    steps: f64,
    from: usize,
}

impl By<'_> {
    /// The first row of `from..to` whose close may change what is wanted; `to`: there is none.
    #[inline(always)]
    fn quiet_until(&self, from: usize, to: usize, acted: f64) -> usize {
        let member = &*self.member;
        let rows = (from, to);
        match member.blocked {
            0 if acted == 0.0 => first_row(self.from, rows, |w| {
                let [long, short] = member.wants(w);
                long | short
            }),
            0 => {
                let k =
                    if member.reached.is_empty() { 0 } else { (acted.abs() * self.steps).round() as usize };
                first_row(self.from, rows, |w| !member.equals(w, acted > 0.0, k))
            }
            blocked => first_row(self.from, rows, |w| !member.wants(w)[usize::from(blocked < 0)]),
        }
    }

    fn wanted(&self, at: usize) -> f64 {
        let Member { long, short, reached, .. } = &*self.member;
        let share = match reached.iter().filter(|bits| bit(bits, at)).count() {
            _ if reached.is_empty() => 1.0,
            count => count as f64 / self.steps,
        };
        match (bit(long, at), bit(short, at)) {
            _ if share == 0.0 => 0.0,
            (true, _) => share,
            (_, true) => -share,
            _ => 0.0,
        }
    }
}

impl Listener for By<'_> {
    const GUARDS: bool = false;

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
        let wanted = self.wanted(row - self.from);
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
