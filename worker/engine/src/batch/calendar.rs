//! Portfolios whose symbols differ in stamps or windows: the sum is taken at the union of the stamps (X21), at which each
//! account stands where its last row has left it.

use super::BLOCK;
use super::pass::Pass;
use super::per_bar::PerBar;
use super::portfolio::take;
use super::sleeves::Sleeve;
use super::total::Total;
use crate::backtest::Backtest;
use crate::evaluation::BLOCKS;
use crate::portfolio::counted_stamps;
use crate::q52::block_start;

/// The counted stamps of a portfolio.
pub(super) struct Calendar {
    pub count: usize,
    symbols: Vec<Stamps>,
}

/// How a symbol lies in the calendar.
pub(super) struct Stamps {
    /// Rows up to each stamp.
    seen: Vec<usize>,
    /// The stamp of the last row.
    end: usize,
}

impl Calendar {
    /// `None` where a row after that of an account's start does not count.
    pub(super) fn new(run: &Backtest) -> Option<Calendar> {
        let symbols = run.symbols.iter().zip(run.rows).map(|(p, &rows)| (p.bars().time_ms, rows));
        let full = run.rows.iter().any(|rows| rows.full);
        let (_, stamps) = counted_stamps(symbols.clone(), full);
        let begins = *stamps.first()?;
        let stamps_of = |(times, rows): (&[i64], crate::window::Rows)| {
            let first = *times.get(rows.base() + 1)?;
            let mut next = 0;
            let seen = stamps.iter().map(|&stamp| {
                next += times[next..].iter().take_while(|&&time| time <= stamp).count();
                next
            });
            let seen: Vec<usize> = seen.collect();
            let end = seen.partition_point(|&rows| rows < times.len());
            (first >= begins).then_some(Stamps { seen, end })
        };
        let symbols = symbols.map(stamps_of).collect::<Option<_>>()?;
        Some(Calendar { count: stamps.len(), symbols })
    }

    /// First stamp of blocks 1 to 15, then their number.
    pub(super) fn borders(&self) -> [usize; BLOCKS] {
        std::array::from_fn(|b| block_start(b + 1, self.count))
    }
}

impl Stamps {
    /// Rows up to each of some stamps.
    pub(super) fn seen(&self, (from, to): (usize, usize)) -> &[usize] {
        &self.seen[from..to]
    }

    /// Whether a stamp lies behind the last row.
    #[inline(always)]
    pub(super) fn is_gone(&self, stamp: usize) -> bool {
        stamp > self.end
    }
}

/// All stamps of a portfolio, unless interrupted.
pub(super) fn all_stamps<'p>(
    pass: &Pass,
    calendar: &Calendar,
    sleeves: &mut [impl Sleeve<'p>],
    totals: &mut [Total],
    borders: &[usize; BLOCKS],
    per_bar: &mut Option<PerBar>,
) {
    for sleeve in &mut *sleeves {
        let base = sleeve.pass().base;
        let begin = sleeve.begin(base);
        sleeve.warm_up(begin);
        sleeve.follow(begin, base + 1);
        for member in 0..totals.len() {
            let (account, _) = sleeve.account(member);
            let exposed = account.is_exposed_at_start;
            account.journal.iter_mut().for_each(|journal| journal.exposed = exposed);
        }
    }
    let mut done: Vec<usize> = sleeves.iter().map(|sleeve| sleeve.pass().base + 1).collect();
    for from in (0..calendar.count).step_by(BLOCK) {
        if pass.interrupt.is_asked() {
            return;
        }
        let to = if from + BLOCK < calendar.count { from + BLOCK } else { calendar.count };
        for ((sleeve, done), stamps) in sleeves.iter_mut().zip(&mut done).zip(&calendar.symbols) {
            let (row, last) = (*done, sleeve.pass().close.len() - 1);
            let seen = stamps.seen((from, to))[to - from - 1];
            if seen > row {
                let open = if seen < last { seen } else { last };
                if open > row {
                    sleeve.follow(row, open);
                }
                if seen > last {
                    sleeve.finish(last);
                }
                *done = seen;
            }
            for (member, total) in totals.iter_mut().enumerate() {
                let (account, tables) = sleeve.account(member);
                if let Some(journal) = &mut account.journal {
                    total.add_at(journal, tables, (row, *done), stamps, (from, to));
                }
            }
        }
        take(pass.set, totals, per_bar, borders, (from, from, to));
    }
}
