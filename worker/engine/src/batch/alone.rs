//! What an individual needs of its own: the simulator where no path of a batch takes it, its rows, and buy and hold over them.

use super::{BatchEvaluator, Individual, Scratch};
use crate::backtest::{self, Backtest};
use crate::buy_and_hold::buy_and_hold_return;
use crate::evaluation::{Evaluation, Metric};
use crate::genes::Genome;
use crate::interrupt::{Interrupt, Interrupted};
use crate::rules::{calendar, stamps};
use crate::strategies::Strategy;
use crate::window::Rows;
use std::sync::PoisonError;

impl<'a> BatchEvaluator<'a> {
    /// What holding would have made, once for all individuals that decide from the same rows on.
    pub(super) fn set_buy_and_hold(&self, individual: &Individual, evaluation: &mut Evaluation) {
        if self.run.metrics.contains(Metric::BuyAndHoldReturn) {
            let rows = self.rows_of(individual.strategy, individual.genome);
            let first = rows.iter().map(|rows| rows.first).collect();
            let mut known = self.buy_and_hold.lock().unwrap_or_else(PoisonError::into_inner);
            let held = known
                .entry(first)
                .or_insert_with(|| buy_and_hold_return(&Backtest { rows: &rows, ..self.run }));
            evaluation.metrics.set(Metric::BuyAndHoldReturn, *held);
        }
    }

    /// The general path: the simulator, symbol by symbol, without buy and hold.
    pub(super) fn simulate(
        &self,
        individual: &Individual,
        scratch: &mut Scratch,
        interrupt: Interrupt,
    ) -> Result<Evaluation, Interrupted> {
        scratch.simulated += 1;
        let Individual { strategy, genome } = *individual;
        let rows = self.rows_of(strategy, genome);
        let run = Backtest { rows: &rows, ..self.without_buy_and_hold() };
        backtest::evaluate(&run, strategy, genome, interrupt)
    }

    pub(super) fn rows_of(&self, strategy: &dyn Strategy, genome: &Genome) -> Vec<Rows> {
        (0..self.run.symbols.len()).map(|k| self.rows_on(k, strategy, genome)).collect()
    }

    /// The rows of symbol `k` for a genome. Its stamps are read once for all genomes of strategies of one's own.
    pub(super) fn rows_on(&self, k: usize, strategy: &dyn Strategy, genome: &Genome) -> Rows {
        match strategy.own().filter(|own| own.needs_calendar()) {
            Some(own) => self.run.rows_after(k, || {
                let bars = || self.run.symbols[k].bars();
                let others = || self.others.get_or_init(|| stamps(self.run.others)).clone();
                let known = self.stamps[k].get_or_init(|| calendar(&bars(), others()));
                own.warm_up_by(Some(known), genome)
            }),
            None => self.run.rows_of(k, strategy, genome),
        }
    }

    /// Buy and hold is the same for all.
    pub(super) fn without_buy_and_hold(&self) -> Backtest<'a> {
        Backtest { metrics: self.run.metrics.without(Metric::BuyAndHoldReturn), ..self.run }
    }
}
