//! The rules beside a running account: latch, waits, stops and targets, close by close: `docs/contract/rules.md`, "the
//! account". The simulator fills; this file decides.

use super::code::{Test, View};
use super::decisions::{Decisions, Side as Rules, Size};
use super::known::{Kept, Known};
use super::state::{Position, State, Term};
use crate::execution::Side;
use crate::graph::{Slot, day_number};
use crate::orders::sign;
use crate::prepared::Prepared;
use crate::signals::{Conditions, latch};
use crate::stops::Levels;
use galapagos_rules::Reentry;

/// Rows since the last exit where there was none.
pub(super) const NEVER: f64 = 1e9;

/// The state of the rules in one run of an account.
#[derive(Debug)]
pub(crate) struct RulesAccount<'a> {
    pub(super) rules: &'a Decisions,
    pub(super) prepared: &'a Prepared<'a>,
    takes: Side,
    pub(super) latch: i8,
    /// Row of the close that turned the latch, and the share decided there.
    signal: usize,
    share: f64,
    /// What was read at that close, and at the one that decided the position.
    kept: Vec<(Slot, Kept)>,
    pub(super) kept_of_position: Vec<(Slot, Kept)>,
    /// Sides that wait until their entry is not met.
    pub(super) waiting: [bool; 2],
    /// Sign that may not be entered (X13).
    pub(super) blocked: i8,
    pub(super) position: Option<Position>,
    /// The target of the position after the last close; not a number without.
    pub(super) target: f64,
    /// The position is to be closed because of its age.
    pub(super) aged: bool,
    pub(super) last_exit: Option<usize>,
    pub(super) last_pnl: f64,
    /// Day of the last entry, and the entries of that day.
    pub(super) entries: (i64, u32),
}

/// Number of a side among the rules'.
pub(super) fn number(long: bool) -> usize {
    usize::from(!long)
}

impl<'a> RulesAccount<'a> {
    pub fn new(rules: &'a Decisions, prepared: &'a Prepared<'a>, takes: Side) -> RulesAccount<'a> {
        RulesAccount {
            rules,
            prepared,
            takes,
            latch: 0,
            signal: 0,
            share: 0.0,
            kept: Vec::new(),
            kept_of_position: Vec::new(),
            waiting: [false; 2],
            blocked: 0,
            position: None,
            target: f64::NAN,
            aged: false,
            last_exit: None,
            last_pnl: 0.0,
            entries: (i64::MIN, 0),
        }
    }

    /// A position was opened at `price`, slippage inside; its stop and target.
    pub fn opened(&mut self, row: usize, long: bool, price: f64) -> Levels {
        let day = self.day(row);
        self.entries = if self.entries.0 == day { (day, self.entries.1 + 1) } else { (day, 1) };
        let mut position = Position::new(long, row, self.signal, price);
        self.kept_of_position.clone_from(&self.kept);
        let side = self.rules.sides[number(long)].as_ref();
        let (stop, target) = side.map_or((f64::NAN, f64::NAN), |side| {
            let at = (Known::Kept(&self.kept_of_position), self.signal);
            let stop = level(side.stop.as_ref(), at, at, position.at_fill());
            position.stop = stop;
            position.initial_risk = (price - stop).abs();
            (stop, level(side.target.as_ref(), at, at, position.at_fill()))
        });
        self.position = Some(position);
        self.target = target;
        Levels { stop: usable(stop), target: usable(target) }
    }

    /// The position was closed.
    pub fn closed(&mut self, row: usize, pnl: f64) {
        self.position = None;
        self.aged = false;
        self.last_exit = Some(row);
        self.last_pnl = pnl;
    }

    /// It was closed by a stop, a target or the margin: an account exit.
    pub fn stopped(&mut self, long: bool) {
        self.account_exit(long);
    }

    /// The bar of a row is over, its tests done.
    pub fn follow(&mut self, row: usize) {
        if let Some(position) = &mut self.position {
            position.follow(self.prepared.high()[row], self.prepared.low()[row]);
        }
    }

    /// Whether an order that closes the position does so because of its age.
    pub fn is_aged(&self) -> bool {
        self.aged
    }

    /// [`RulesAccount::decide`] where all rows of the market are known.
    pub fn decide_by_columns(&mut self, t: usize) -> (f64, Option<Levels>) {
        let rules = self.rules;
        self.decide(rules.known(), t)
    }

    /// The target wanted after the close of row `t`, and the levels of the next bars if a position is open.
    pub fn decide(&mut self, known: Known, t: usize) -> (f64, Option<Levels>) {
        let rules = self.rules;
        if t < rules.start {
            return (0.0, None);
        }
        if self.is_idle() && !rules.may_enter(known, t) {
            return (0.0, None);
        }
        let account = if rules.knows_account { self.account_terms(t) } else { State::UNKNOWN };
        let levels = self.move_levels(known, t);

        // The entries with their shares, and the exits.
        let shares = [true, false].map(|long| self.share_of_entry(long, known, t, account));
        let mut entries = shares.map(|share| share.is_some());
        // An exit says nothing of a side that neither the latch nor the account is on.
        let is_on = |long| sign_of(long) == self.latch || self.position.is_some_and(|p| p.long == long);
        let exits = [true, false].map(|long| is_on(long) && self.is_left(long, known, t, account));
        for (waits, met) in self.waiting.iter_mut().zip(entries) {
            *waits &= met;
        }

        let met_now = entries;
        if let Some(position) = &self.position {
            let b = number(position.long);
            if exits[b] && rules.sides[b].as_ref().is_some_and(|side| side.exit_knows) {
                entries[b] = false;
            }
        }
        let [enter_long, enter_short] = entries;
        let [leave_long, leave_short] = exits;
        let mut new = latch(self.latch, Conditions { enter_long, leave_long, enter_short, leave_short });
        if new != self.latch && new != 0 {
            let cools = self.last_exit.is_some_and(|x| t - x < rules.cooldown);
            let flips = rules.cooldown > 0 && self.position.is_some();
            if self.waiting[number(new > 0)] || cools || flips {
                new = 0;
            } else {
                self.signal = t;
                self.share = shares[number(new > 0)].unwrap_or(0.0);
                if let Some(side) = &rules.sides[number(new > 0)] {
                    side.kept.keep(known, t, &mut self.kept);
                }
            }
        }
        self.latch = new;

        if let (Some(position), Some(most)) = (&self.position, rules.max_bars) {
            let (long, entry) = (position.long, position.entry);
            if sign_of(long) == -self.latch {
                self.aged = false;
            }
            if t - entry >= most && self.latch == sign_of(long) {
                self.account_exit(long);
                self.waiting[number(long)] &= met_now[number(long)];
                self.aged = true;
            }
        }
        let wanted = self.takes.keep(f64::from(self.latch) * self.share);
        if sign(wanted) != self.blocked {
            self.blocked = 0;
        }
        (if self.blocked == 0 { wanted } else { 0.0 }, levels)
    }

    /// Whether there is nothing to leave and nobody waits, so that only an entry can change anything.
    fn is_idle(&self) -> bool {
        self.position.is_none() && self.latch == 0 && self.blocked == 0 && self.waiting == [false; 2]
    }

    fn account_exit(&mut self, long: bool) {
        let b = number(long);
        if self.rules.keeps_latch(b) {
            self.blocked = sign_of(long);
            return;
        }
        self.latch = 0;
        self.waiting[b] = self.rules.reentry == Reentry::NewSignal;
    }

    /// Stop and target of the open position after row `t`; a stop only tightens.
    fn move_levels(&mut self, known: Known, t: usize) -> Option<Levels> {
        let position = self.position?;
        let side = self.rules.sides[number(position.long)].as_ref()?;
        let state = position.at_close(t, self.prepared.close[t]);
        let signal = (Known::Kept(&self.kept_of_position), position.signal);
        let wanted = level(side.stop.as_ref(), (known, t), signal, state);
        let target = level(side.target.as_ref(), (known, t), signal, state);
        let now = position.stop;
        let tighter = now.is_nan() || if position.long { wanted > now } else { wanted < now };
        let stop = if tighter { wanted } else { now };
        self.position = Some(Position { stop, ..position });
        self.target = target;
        Some(Levels { stop: usable(stop), target: usable(target) })
    }

    /// The share of the equity of an entry at this close; `None`: the entry is not met.
    fn share_of_entry(&self, long: bool, known: Known, t: usize, account: State) -> Option<f64> {
        let side = self.rules.sides[number(long)].as_ref()?;
        // What the market alone decides needs no view of the account.
        let column = if let Test::Column(slot) = &side.enter { Some(*slot) } else { None };
        if column.is_some_and(|slot| known.truth(slot, t) != Some(true)) {
            return None;
        }
        if column.is_some() && matches!(side.size, Size::Whole) {
            return Some(1.0);
        }
        let view = &View { known, row: t, signal: (known, t), state: account };
        if column.is_none() && !side.enter.is_met(view) {
            return None;
        }
        let share = match &side.size {
            Size::Whole => return Some(1.0),
            Size::Share(size) => size.value(view),
            Size::Risk(risk) => self.share_at_risk(side, long, known, t, risk.value(view)),
        };
        // Not a number is not above 0.
        (share > 0.0).then_some(if share > 1.0 { 1.0 } else { share })
    }

    /// The share with which the stop of a fill at this close costs `risk` of the equity.
    fn share_at_risk(&self, side: &Rules, long: bool, known: Known, t: usize, risk: f64) -> f64 {
        let close = self.prepared.close[t];
        let state = Position::new(long, t, t, close).at_fill();
        let stop = level(side.stop.as_ref(), (known, t), (known, t), state);
        let protects = if long { stop < close } else { stop > close };
        if protects { (risk * close) / (close - stop).abs() } else { f64::NAN }
    }

    fn is_left(&self, long: bool, known: Known, t: usize, account: State) -> bool {
        let Some(exit) = self.rules.sides[number(long)].as_ref().and_then(|side| side.exit.as_ref()) else {
            return false;
        };
        if let Test::Column(slot) = exit {
            return known.truth(*slot, t) == Some(true);
        }
        let position = self.position.as_ref().filter(|position| position.long == long);
        let state = position.map_or(State::UNKNOWN, |p| p.at_close(t, self.prepared.close[t]));
        let state = [Term::BarsSinceExit, Term::LastPnl, Term::TradesToday]
            .into_iter()
            .fold(state, |state, term| state.with(term, account.get(term)));
        let signal = position.map_or((known, t), |p| (Known::Kept(&self.kept_of_position), p.signal));
        exit.is_met(&View { known, row: t, signal, state })
    }

    fn account_terms(&self, t: usize) -> State {
        let today = if self.entries.0 == self.day(t) { self.entries.1 } else { 0 };
        State::UNKNOWN
            .with(Term::BarsSinceExit, self.last_exit.map_or(NEVER, |x| (t - x) as f64))
            .with(Term::LastPnl, self.last_pnl)
            .with(Term::TradesToday, f64::from(today))
    }

    pub(super) fn day(&self, row: usize) -> i64 {
        day_number(self.prepared.bars().time_ms[row])
    }
}

/// The level that code sets in a row, with that of its signal bar.
fn level(
    code: Option<&super::code::Number>,
    (known, row): (Known, usize),
    signal: (Known, usize),
    state: State,
) -> f64 {
    code.map_or(f64::NAN, |code| code.value(&View { known, row, signal, state }))
}

fn sign_of(long: bool) -> i8 {
    if long { 1 } else { -1 }
}

pub(super) fn usable(level: f64) -> Option<f64> {
    level.is_finite().then_some(level)
}
