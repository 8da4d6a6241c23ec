//! Where an expression finds what it reads of the market.

use super::code::{Number, Test};
use crate::graph::{Blocks, Columns, Slot};

/// Rows of the market that are at hand.
#[derive(Clone, Copy)]
pub(crate) enum Known<'a> {
    /// All rows.
    All(&'a Columns),
    /// Those of a block, whose first row has this number.
    Block(&'a Blocks<'a>, usize),
    /// One row alone, that of a signal.
    Kept(&'a [(Slot, Kept)]),
}

/// What a slot held in a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kept {
    Number(f64),
    Condition(Option<bool>),
}

impl<'a> Known<'a> {
    /// The number of a row; NaN where there is none.
    #[inline]
    pub fn number(self, slot: Slot, row: usize) -> f64 {
        match self {
            Known::All(columns) => columns.numbers(slot)[row],
            Known::Block(blocks, first) => blocks.numbers(slot)[row - first],
            Known::Kept(kept) => match find(kept, slot) {
                Some(Kept::Number(x)) => x,
                _ => f64::NAN,
            },
        }
    }

    /// The condition of a row; nothing if it is na.
    #[inline]
    pub fn truth(self, slot: Slot, row: usize) -> Option<bool> {
        if let Known::Kept(kept) = self {
            return match find(kept, slot) {
                Some(Kept::Condition(truth)) => truth,
                _ => None,
            };
        }
        let (truth, known) = self.bits(slot, row);
        (known & 1 == 1).then_some(truth & 1 == 1)
    }

    /// The numbers of rows from one on; none, if only a signal's row is at hand.
    pub fn numbers(self, slot: Slot, from: usize, rows: usize) -> &'a [f64] {
        match self {
            Known::All(columns) => &columns.numbers(slot)[from..from + rows],
            Known::Block(blocks, first) => &blocks.numbers(slot)[from - first..from - first + rows],
            Known::Kept(_) => &[],
        }
    }

    /// The conditions of 64 rows from one on: which are true, and which are known. Bits beyond the last row mean nothing.
    #[inline]
    pub fn bits(self, slot: Slot, from: usize) -> (u64, u64) {
        let (planes, from) = match self {
            Known::All(columns) => (columns.conditions(slot).planes(), from),
            Known::Block(blocks, first) => (blocks.conditions(slot), from - first),
            Known::Kept(_) => return (0, 0),
        };
        (bits_from(planes.0, from), bits_from(planes.1, from))
    }
}

fn find(kept: &[(Slot, Kept)], slot: Slot) -> Option<Kept> {
    kept.iter().find(|(of, _)| *of == slot).map(|(_, kept)| *kept)
}

/// Bits from bit `from` on.
#[inline]
fn bits_from(words: &[u64], from: usize) -> u64 {
    let at = |w: usize| words.get(w).copied().unwrap_or(0);
    let (w, shift) = (from / 64, from % 64);
    if shift == 0 { at(w) } else { at(w) >> shift | at(w + 1) << (64 - shift) }
}

/// The slots that expressions read, and whether they hold conditions.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots(pub Vec<(Slot, bool)>);

impl Slots {
    fn add(&mut self, slot: Slot, is_condition: bool) {
        if !self.0.contains(&(slot, is_condition)) {
            self.0.push((slot, is_condition));
        }
    }

    /// Those of a number; `signal`: only of what is evaluated at the signal bar.
    pub fn add_number(&mut self, code: &Number, signal: bool) {
        match code {
            Number::Constant(_) | Number::Term(_) => {}
            Number::Column(slot) => {
                if !signal {
                    self.add(*slot, false);
                }
            }
            Number::AtSignal(x) => self.add_number(x, false),
            Number::Negative(x) | Number::Absolute(x) | Number::Step(x, _) => self.add_number(x, signal),
            Number::Arithmetic(_, x, y) | Number::OrElse(x, y) => {
                self.add_number(x, signal);
                self.add_number(y, signal);
            }
            Number::Least(all) | Number::Greatest(all) => {
                all.iter().for_each(|x| self.add_number(x, signal));
            }
            Number::If(test, x, y) => {
                self.add_test(test, signal);
                self.add_number(x, signal);
                self.add_number(y, signal);
            }
        }
    }

    /// Those of a condition.
    pub fn add_test(&mut self, code: &Test, signal: bool) {
        match code {
            Test::Fixed(_) => {}
            Test::Column(slot) => {
                if !signal {
                    self.add(*slot, true);
                }
            }
            Test::AtSignal(x) => self.add_test(x, false),
            Test::Compare(_, x, y) => {
                self.add_number(x, signal);
                self.add_number(y, signal);
            }
            Test::And(x, y) | Test::Or(x, y) | Test::OrElse(x, y) => {
                self.add_test(x, signal);
                self.add_test(y, signal);
            }
            Test::Not(x) | Test::Unknown(x) => self.add_test(x, signal),
            Test::NoNumber(x) => self.add_number(x, signal),
            Test::If(test, x, y) => {
                self.add_test(test, signal);
                self.add_test(x, signal);
                self.add_test(y, signal);
            }
        }
    }

    /// What they hold in a row.
    pub fn keep(&self, known: Known, row: usize, out: &mut Vec<(Slot, Kept)>) {
        out.clear();
        out.extend(self.0.iter().map(|&(slot, is_condition)| match is_condition {
            true => (slot, Kept::Condition(known.truth(slot, row))),
            false => (slot, Kept::Number(known.number(slot, row))),
        }));
    }
}
