//! What an account of a portfolio tells of a block of rows: the states between its fills, and its round trips. The sum of
//! accounts needs the equity of every bar, and trades in the order of all symbols.

use super::HeldAccount;

/// The states and round trips of one account in a block of rows.
#[derive(Clone, Debug)]
pub(in crate::batch) struct Journal {
    /// The state at the start of the block, then one for each bar that was looked at on its own.
    pub states: Vec<State>,
    /// Rows and results of round trips, by exit.
    pub trades: Vec<(usize, f64)>,
    /// Equity at the row before the block, and whether it had a position.
    pub equity: f64,
    pub exposed: bool,
}

/// An account from the close of a row on: its equity is k + q x.
#[derive(Clone, Copy, Debug)]
pub(in crate::batch) struct State {
    pub row: usize,
    pub k: f64,
    pub q: f64,
    /// Whether it held a position in the bar of the row, up to a final close.
    pub held: bool,
}

impl Journal {
    /// Begins the next block, with the state that the last one left.
    pub fn turn_page(&mut self) {
        self.trades.clear();
        if let Some(&State { row, k, q, .. }) = self.states.last() {
            self.states.clear();
            self.states.push(State { row, k, q, held: q != 0.0 });
        }
    }
}

impl HeldAccount {
    /// Keeps a journal from now on.
    pub fn keep_journal(&mut self) {
        let state = State { row: 0, k: self.k, q: self.q, held: false };
        let (trades, equity, exposed) = (Vec::new(), self.k, false);
        self.journal = Some(Box::new(Journal { states: vec![state], trades, equity, exposed }));
    }

    /// Books a round trip that ends in a row.
    #[inline(always)]
    pub(super) fn book(&mut self, row: usize, pnl: f64) {
        self.tally.book(pnl);
        if let Some(journal) = &mut self.journal {
            journal.trades.push((row, pnl));
        }
    }

    /// Notes how a bar has left the account.
    #[inline(always)]
    pub(super) fn note(&mut self, row: usize, held: bool) {
        let (k, q) = (self.k, self.q);
        if let Some(journal) = &mut self.journal {
            journal.states.push(State { row, k, q, held });
        }
    }
}
