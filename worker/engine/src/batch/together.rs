//! Members of a species that go through the rows of each symbol together.

use super::keeping::Room;
use super::means::{Means, with_returns_kept};
use super::pass::{Pass, Start};
use super::symbols::{AccountTables, Symbol};
use super::{BatchEvaluator, Individual, Planned, Scratch, Way, own, portfolio};
use crate::evaluation::Evaluation;
use crate::genes::{Genome, Stops};
use crate::graph::Market;
use crate::interrupt::{Interrupt, Interrupted};
use crate::portfolio::statistic;
use crate::rules::Own;
use crate::stops::Fractions;

impl<'a> BatchEvaluator<'a> {
    pub(super) fn pass_over<'p>(
        &'p self,
        k: usize,
        symbol: &'p Symbol<'a>,
        tables: &'p AccountTables<'a>,
        interrupt: Interrupt<'p>,
    ) -> Pass<'p> {
        Pass {
            set: self.set,
            tables,
            close: &self.run.symbols[k].close,
            base: self.run.rows[k].base(),
            full: self.run.rows[k].full,
            capital: self.run.exec.initial_capital / self.run.symbols.len() as f64,
            final_close: symbol.final_close,
            exec: self.run.exec,
            metrics: self.run.metrics,
            means: Means::Known(&[]),
            interrupt,
        }
    }

    pub(super) fn pass(
        &self,
        individuals: &[Individual],
        members: &mut [(usize, Planned)],
        own: &[(&Own, &Genome)],
        scratch: &mut Scratch,
        out: &mut [Evaluation],
        interrupt: Interrupt,
    ) -> Result<(), Interrupted> {
        let Some(symbols) = &self.symbols else { return Ok(()) };
        let mut found: Vec<Vec<Option<Evaluation>>> = Vec::with_capacity(symbols.len());
        let stops = members.first().is_some_and(|(i, _)| individuals[*i].genome.stops != Stops::default());
        let form = members.first().and_then(|(_, planned)| planned.form());
        let asked = form.filter(|form| form.is_asked());
        if portfolio::is_summed(&self.run) {
            let guarded = stops || asked.is_some();
            let all = match form {
                Some(form) => self.sum(individuals, members, (form, guarded), interrupt)?,
                None => self.sum_latched(own, guarded, interrupt)?,
            };
            for ((i, _), one) in members.iter().zip(all) {
                out[*i] = match one {
                    Some(evaluation) => evaluation,
                    None => self.simulate(&individuals[*i], scratch, interrupt)?,
                };
            }
            return Ok(());
        }
        for (k, symbol) in symbols.iter().enumerate() {
            let prepared = &self.run.symbols[k];
            let tables =
                if stops || asked.is_some() { self.guarded(k, symbol) } else { Some(&symbol.tables) };
            let Some(tables) = tables else { continue };
            let pass = self.pass_over(k, symbol, tables, interrupt);
            let fewer = Room::can_be_fewer(members.len());
            let mut run = |metrics, means: Means| {
                let pass = Pass { metrics, means, ..pass };
                let mut found = vec![None; members.len()];
                let done = |member: usize, evaluation| found[member] = evaluation;
                if let Some(form) = asked {
                    self.weigh(&pass, (k, symbol), form, individuals, members, scratch, done)?;
                } else if own.is_empty() {
                    let plans = members.iter_mut().filter_map(|(i, planned)| match planned {
                        Planned(Way::Series(symbols)) => symbols.get_mut(k).map(|(plan, row)| {
                            let stops = Fractions::from(individuals[*i].genome.stops);
                            (plan, Start { row: *row, stops })
                        }),
                        _ => None,
                    });
                    pass.run(&symbol.columns, plans.collect(), scratch, done)?;
                } else {
                    let market = Market { bars: prepared.bars(), others: self.run.others };
                    own::run(&pass, &market, own, &self.first_rows(k, own), scratch, done)?;
                }
                Ok(found)
            };
            if let AccountTables::Whole(_) = tables {
                found.push(run(self.run.metrics, Means::Known(&[]))?);
                continue;
            }
            let Some(all) = with_returns_kept(self.run.metrics, (&self.room, fewer), run)? else {
                // By now it is known how many have.
                let most = self.members_of_a_part(members.len());
                for (part, members) in members.chunks_mut(most).enumerate() {
                    let own = own.chunks(most).nth(part).unwrap_or_default();
                    self.pass(individuals, members, own, scratch, out, interrupt)?;
                }
                return Ok(());
            };
            found.push(all);
        }
        for (member, (i, _)) in members.iter().enumerate() {
            out[*i] = match self.combined(&mut found, member, symbols.len()) {
                Some(evaluation) => evaluation,
                None => self.simulate(&individuals[*i], scratch, interrupt)?,
            };
        }
        Ok(())
    }

    /// What was found of a member on each symbol of `symbols`, as one; `None` asks for the simulator.
    pub(super) fn combined(
        &self,
        found: &mut [Vec<Option<Evaluation>>],
        member: usize,
        symbols: usize,
    ) -> Option<Evaluation> {
        match found {
            [one] if symbols == 1 => one[member].take(),
            all if all.len() == symbols => {
                let singles: Option<Vec<Evaluation>> = all.iter_mut().map(|one| one[member].take()).collect();
                Some(statistic(&singles?, self.run.exec.aggregate, self.run.metrics))
            }
            _ => None,
        }
    }
}
