//! From the accounts of a pass to evaluations: their last row, and what they kept, as `metrics` asks for it.

use super::Bits;
use super::drawdown::{Drawdown, Tally};
use super::events::Borders;
use super::held::{self, HeldAccount, HeldBlock};
use super::means::{Means, mean};
use super::pass::{Accounts, Pass};
use super::per_bar::{self, PerBar};
use super::replay::{EveryBar, Replay};
use super::shape;
use super::tables::Tables;
use crate::evaluation::{BlockSum, Evaluation, MetricSet};
use crate::execution::Execution;
use crate::interrupt::Interrupted;
use crate::metrics::{AccountSummary, BarSums, evaluate_account};
use crate::q52::{Sums, to_f64};

/// How an account ended.
pub(super) struct FinalState {
    pub open_position: bool,
    pub equity: f64,
    /// Equity at the start.
    pub capital: f64,
    /// Number of counted rows, each with one return.
    pub returns: usize,
}

/// What an account has done.
pub(super) struct AccountTotals<'a> {
    pub tally: &'a Tally,
    /// Counted rows with a position at the close.
    pub exposed: u64,
    pub drawdown: &'a Drawdown,
    pub ruined: bool,
}

/// The evaluation of an account from its sums of each block, or `None` where the equity left the range of f64 and only
/// the simulator knows what follows.
pub(super) fn evaluation(
    account: &AccountTotals,
    sums: &Borders,
    bars: &BarSums,
    end: &FinalState,
    exec: &Execution,
    set: MetricSet,
) -> Option<Evaluation> {
    let AccountTotals { tally, exposed, drawdown, ruined } = *account;
    if !(drawdown.peak < 1e290 && end.equity < 1e290) {
        return None;
    }
    let blocks = sums.map(|(s1, s2)| BlockSum { s1, s2 });
    let (s1, s2) = blocks.iter().fold((0, 0), |(a, b), x| (a + i128::from(x.s1), b + i128::from(x.s2)));
    let sums = Sums { returns: end.returns as u64, s1, s2, s2_down: bars.down, blocks };
    let account = AccountSummary {
        capital: end.capital,
        equity: end.equity,
        lowest: drawdown.lowest,
        rows: end.returns,
        exposed,
        trades: tally.trades,
        wins: tally.wins,
        gains: tally.gains,
        losses: tally.losses,
        pnl: tally.pnl,
        fees: tally.fees,
        traded: tally.traded,
        funding: tally.funding,
        ruined,
        open_position: end.open_position,
    };
    Some(evaluate_account(&account, Some(&sums), bars, exec, set))
}

impl Pass<'_> {
    /// The evaluations of held accounts, in their order.
    ///
    /// # Errors
    /// Interrupted: nobody was answered.
    pub(super) fn finish_held(
        &self,
        tables: &held::Tables,
        accounts: &mut Accounts,
        per_bar: &mut Option<PerBar>,
        done: &mut impl FnMut(usize, Option<Evaluation>),
    ) -> Result<(), Interrupted> {
        let last = self.close.len() - 1;
        let Accounts { ranges: long, more_ranges: [short, marks, bars], held, .. } = accounts;
        let (exec, lane, start) = (self.exec, None, last);
        let block = HeldBlock { tables, long, short, marks, bars, exec, lane, start };
        let count = held.len();
        for (i, account) in held.iter_mut().enumerate() {
            let lane = per_bar::begin(per_bar, i, last);
            account.finish(&HeldBlock { lane, ..block }, self.final_close);
            per_bar::end(per_bar, (i, count), account.before, (last, last, last + 1));
        }
        let ended: Vec<&HeldAccount> = held.iter().collect();
        let answered = self.evaluations(&ended, &block, per_bar, done);
        // What they keep is not left until the next batch.
        held.iter_mut().for_each(|account| account.kept = None);
        answered
    }

    /// The evaluations of held accounts that have come to their end.
    ///
    /// # Errors
    /// Interrupted: nobody was answered.
    pub(super) fn evaluations(
        &self,
        accounts: &[&HeldAccount],
        block: &HeldBlock,
        per_bar: &Option<PerBar>,
        mut done: impl FnMut(usize, Option<Evaluation>),
    ) -> Result<(), Interrupted> {
        let mut sums: Vec<BarSums> = (0..accounts.len()).map(|i| per_bar::sums(per_bar, i)).collect();
        if let Means::Kept(keeping) = self.means {
            if keeping.is_full() {
                return Ok(());
            }
            let kept = accounts.iter().zip(&sums).filter_map(|(account, sums)| {
                let plain = self.held(account, block, sums.clone());
                Some((account.kept.as_deref()?, mean(plain.as_ref())))
            });
            let kept: Vec<_> = kept.collect();
            let moments = shape::moments(self, block.tables, &kept);
            self.interrupt.check()?;
            sums.iter_mut().zip(moments).for_each(|(sums, moments)| sums.moments = moments);
        }
        for (i, (account, sums)) in accounts.iter().zip(sums).enumerate() {
            done(i, self.held(account, block, sums));
        }
        Ok(())
    }

    /// What an account that is held to the last row has come to.
    pub(super) fn held(&self, account: &HeldAccount, block: &HeldBlock, sums: BarSums) -> Option<Evaluation> {
        let last = self.close.len() - 1;
        let end = FinalState {
            open_position: account.q != 0.0,
            equity: account.equity(block, last),
            capital: self.capital,
            returns: self.returns(),
        };
        let (totals, exec) = (account.totals(self.full), self.exec);
        let whole = evaluation(&totals, &account.sums, &sums, &end, exec, self.metrics);
        whole.filter(|_| !account.lost)
    }

    /// The evaluations of whole accounts, in their order.
    ///
    /// # Errors
    /// Interrupted: nobody was answered.
    pub(super) fn finish_whole(
        &self,
        tables: &Tables,
        accounts: &mut Accounts,
        done: &mut impl FnMut(usize, Option<Evaluation>),
    ) -> Result<(), Interrupted> {
        let last = self.close.len() - 1;
        let Accounts { ranges, whole, sums, kept, .. } = accounts;
        ranges.fill(self.set, &self.close[last..], &self.close[last..]);
        let downs = tables.last_down.as_ref().map_or(&[][..], |last| std::slice::from_ref(&last.row));
        let block = self.block(tables, (std::slice::from_ref(&tables.last_row), downs), ranges, last);
        let trades = tables.open.as_ref().is_none_or(|open| open[last / 64] >> (last % 64) & 1 == 1);
        let mut wishes = Vec::with_capacity(whole.len());
        let mut open = Vec::with_capacity(whole.len());
        for (account, sums) in whole.iter_mut().zip(&mut *sums) {
            // Who is ruined wants nothing, whatever its rule says.
            let wish = match (account.ruined, trades) {
                (true, _) => 0,
                (false, true) => account.latch,
                (false, false) => account.held,
            };
            wishes.push(wish);
            open.push(account.finish(&block, wish, self.final_close, sums));
        }
        let bars = match EveryBar::of(self.metrics) {
            Some(asked) => {
                let ends: Vec<usize> = whole.iter().map(|account| account.ended).collect();
                self.replay(asked, tables, sums, kept, (&wishes, &ends))
            }
            None => vec![BarSums::default(); whole.len()],
        };
        self.interrupt.check()?;
        for (i, (((account, sums), open), bars)) in whole.iter().zip(sums).zip(open).zip(bars).enumerate() {
            let equity = if open { account.quantity * self.close[last] } else { account.cash };
            let end =
                FinalState { open_position: open, equity, capital: self.capital, returns: self.returns() };
            let bars = BarSums { down: i128::from(account.down), ..bars };
            done(i, evaluation(&account.totals(), sums, &bars, &end, self.exec, self.metrics));
        }
        Ok(())
    }

    /// What metrics ask of every bar of accounts that have come to their end.
    fn replay(
        &self,
        asked: EveryBar,
        tables: &Tables,
        sums: &[Borders],
        kept: &[Bits],
        (wishes, ends): (&[u64], &[usize]),
    ) -> Vec<BarSums> {
        let total = |sums: &Borders| sums.iter().map(|&(s1, _)| i128::from(s1)).sum();
        let means: Vec<f64> = sums.iter().map(|sums| to_f64(total(sums)) / self.returns() as f64).collect();
        let replay = Replay {
            asked,
            prices: tables.prices,
            sold_for: self.final_close.then_some(tables.last.net),
            capital: self.capital,
            kept,
            begin: self.begin(),
            wishes,
            ends,
            first: tables.first,
            counted: self.first_counted(),
            means: &means,
        };
        replay.sums(self.set, self.interrupt)
    }
}
