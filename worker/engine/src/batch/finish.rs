//! From an account of the batch path to an evaluation: what it kept, as `metrics` asks for it.

use super::drawdown::{Drawdown, Tally};
use super::events::Borders;
use crate::evaluation::{BlockSum, Evaluation, MetricSet};
use crate::execution::Execution;
use crate::metrics::{AccountSummary, BarSums, evaluate_account};
use crate::q52::Sums;

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
