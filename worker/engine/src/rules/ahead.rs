//! How far nothing changes: which rows of a running account need no decision, 64 at a time.

use super::account::{NEVER, RulesAccount, number, usable};
use super::code::Test;
use super::decisions::Size;
use super::known::Known;
use super::lanes::{LANES, Lanes, Span};
use super::state::Term;
use crate::graph::word_of_two;
use crate::stops::Levels;

/// Rows of an open position before anybody decides in them.
pub(crate) struct Ahead {
    pub rows: usize,
    /// Rows whose close may decide something.
    pub decides: u64,
    /// Rows in which the levels of the rules may close the position.
    pub hits: u64,
    /// Best and worst price after each row, and the level of the stop and of the target after its close.
    peak: Lanes,
    trough: Lanes,
    stop: Lanes,
    target: Lanes,
}

impl Ahead {
    /// Before the first look.
    pub fn new() -> Ahead {
        let lanes = [f64::NAN; LANES];
        Ahead { rows: 0, decides: 0, hits: 0, peak: lanes, trough: lanes, stop: lanes, target: lanes }
    }
}

/// Bits from bit `lane` on.
fn from_lane(lane: usize) -> u64 {
    if lane < LANES { u64::MAX << lane } else { 0 }
}

/// The highest so far of what begins with one price, or the lowest.
fn running(highest: bool, mut so_far: f64, prices: &[f64], out: &mut Lanes) {
    for (&x, out) in prices.iter().zip(out) {
        so_far = match highest {
            true => {
                if x > so_far {
                    x
                } else {
                    so_far
                }
            }
            false => {
                if x < so_far {
                    x
                } else {
                    so_far
                }
            }
        };
        *out = so_far;
    }
}

/// Rows whose price reaches the level after the close before: the first of these, then those of `after`.
fn reached(from_below: bool, prices: &[f64], first: f64, after: &Lanes) -> u64 {
    let mut levels = [first; LANES];
    levels[1..].copy_from_slice(&after[..LANES - 1]);
    let levels = &levels[..prices.len()];
    match from_below {
        true => word_of_two(prices, levels, 0, |price, level| price >= level),
        false => word_of_two(prices, levels, 0, |price, level| price <= level),
    }
}

impl RulesAccount<'_> {
    /// The first row of `from..to` whose close may change what is wanted of a flat account; `to`: there is none.
    pub fn flat_until(&self, known: Known, from: usize, to: usize) -> usize {
        let mut row = if from < self.rules.start { self.rules.start } else { from };
        if self.blocked != 0 && self.blocked != self.latch {
            return if row < to { row } else { to };
        }
        while row < to {
            let word = self.may_decide(known, row);
            if word != 0 {
                let next = row + word.trailing_zeros() as usize;
                return if next < to { next } else { to };
            }
            row += LANES;
        }
        to
    }

    /// Which rows from `row` on may decide something while the account is flat.
    fn may_decide(&self, known: Known, row: usize) -> u64 {
        match self.latch {
            0 => self.may_enter(known, 0, row) | self.may_enter(known, 1, row),
            latch => {
                let b = number(latch > 0);
                let exit = self.rules.sides[b].as_ref().and_then(|side| side.exit.as_ref());
                let leaves = match exit {
                    None => 0,
                    Some(Test::Column(slot)) => known.bits(*slot, row).0,
                    Some(_) => u64::MAX,
                };
                leaves | self.may_enter(known, 1 - b, row)
            }
        }
    }

    /// Rows from `row` on in which an entry of a side may be met, or may no longer be while the side waits for that.
    fn may_enter(&self, known: Known, b: usize, row: usize) -> u64 {
        let Some(side) = &self.rules.sides[b] else { return 0 };
        let Some(slot) = self.rules.needed[b] else { return u64::MAX };
        let met = known.bits(slot, row).0;
        match (self.waiting[b], &side.enter, &side.size) {
            (false, _, _) => met,
            (true, Test::Column(_), Size::Whole) => !met,
            (true, _, _) => u64::MAX,
        }
    }

    /// Looks at the next rows of the open position, of which nothing is wanted but to be held. Answers false where only
    /// row after row can tell.
    pub fn look_ahead(&self, known: Known, from: usize, rows: usize, out: &mut Ahead) -> bool {
        let Some(position) = &self.position else { return false };
        let (b, long) = (number(position.long), position.long);
        let Some(side) = &self.rules.sides[b] else { return false };
        if self.blocked != 0 || self.aged || self.waiting[b] || side.is_recursive {
            return false;
        }
        let (high, low) = (&self.prepared.high()[from..from + rows], &self.prepared.low()[from..from + rows]);
        if side.reads_extremes {
            let (best, worst) = if long { (high, low) } else { (low, high) };
            running(long, position.peak, best, &mut out.peak);
            running(!long, position.trough, worst, &mut out.trough);
        }
        out.rows = rows;
        let knows = self.rules.knows_account;
        let mut span = Span {
            known,
            from,
            rows,
            signal: (Known::Kept(&self.kept_of_position), position.signal),
            fixed: position.fixed(),
            peak: &out.peak,
            trough: &out.trough,
            close: &self.prepared.close,
            stop: None,
            entry: position.entry,
            last_exit: None,
            day_ends: usize::MAX,
        };
        // A stop only tightens.
        if let Some(stop) = &side.stop {
            stop.rows(&span, &mut out.stop);
            let mut now = position.stop;
            for wanted in &mut out.stop[..rows] {
                let tighter = now.is_nan() || if long { *wanted > now } else { *wanted < now };
                now = if tighter { *wanted } else { now };
                *wanted = now;
            }
        } else {
            out.stop[..rows].fill(f64::NAN);
        }
        match &side.target {
            Some(target) => target.rows(&span, &mut out.target),
            None => out.target[..rows].fill(f64::NAN),
        }
        out.hits = 0;
        let (best, worst) = if long { (high, low) } else { (low, high) };
        if side.stop.is_some() {
            out.hits |= reached(!long, worst, position.stop, &out.stop);
        }
        if side.target.is_some() {
            out.hits |= reached(long, best, self.target, &out.target);
        }
        if knows {
            span.last_exit = self.last_exit;
            let never = if self.last_exit.is_none() { NEVER } else { f64::NAN };
            span.fixed = [
                (Term::BarsSinceExit, never),
                (Term::LastPnl, self.last_pnl),
                (Term::TradesToday, f64::from(self.entries.1)),
            ]
            .into_iter()
            .fold(span.fixed, |state, (term, value)| state.with(term, value));
            let ends = (from..from + rows).find(|&row| self.day(row) != self.entries.0);
            span.day_ends = ends.unwrap_or(usize::MAX);
        }
        span.stop = Some(&out.stop);
        let exits = side.exit.as_ref().map_or(0, |exit| exit.lanes(&span).0);
        let aged = self.rules.max_bars.map_or(0, |most| {
            let first = position.entry + most;
            from_lane(first.saturating_sub(from))
        });
        out.decides = (exits | aged | self.may_enter(known, 1 - b, from)) & span.mask();
        true
    }

    /// Takes the first `followed` rows that were looked at as held, and the closes of the first `decided` as those that
    /// have moved the levels. Answers the levels of the next bar.
    pub fn advance(&mut self, ahead: &Ahead, followed: usize, decided: usize) -> Levels {
        if let Some(position) = &mut self.position {
            let side = self.rules.sides[number(position.long)].as_ref();
            if let (Some(last), true) =
                (followed.checked_sub(1), side.is_some_and(|side| side.reads_extremes))
            {
                (position.peak, position.trough) = (ahead.peak[last], ahead.trough[last]);
            }
            if let Some(last) = decided.checked_sub(1) {
                position.stop = ahead.stop[last];
                self.target = ahead.target[last];
            }
        }
        let stop = self.position.map_or(f64::NAN, |position| position.stop);
        Levels { stop: usable(stop), target: usable(self.target) }
    }
}
