//! Individuals that are asked for their targets close by close: rules that know their account, and weights.

use super::keeping::Room;
use super::means::with_returns_kept;
use super::pass::{Pass, Start};
use super::sized::SizedMembers;
use super::weighed::WeighedMembers;
use super::{BatchEvaluator, Form, Individual, Plan, Planned, Scratch, Symbol, Way, decided, own, portfolio};
use crate::backtest::{self, Backtest};
use crate::evaluation::Evaluation;
use crate::genes::Genome;
use crate::graph::Market;
use crate::interrupt::{Interrupt, Interrupted};
use crate::orders::Targets;
use crate::rules::Own;
use crate::signals::Signals;
use crate::stops::Fractions;

impl<'a> BatchEvaluator<'a> {
    /// Members of a species that ask the account.
    pub(super) fn asked(
        &self,
        members: &[(usize, Planned)],
        own: &[(&Own, &Genome)],
        scratch: &mut Scratch,
        out: &mut [Evaluation],
        interrupt: Interrupt,
    ) -> Result<(), Interrupted> {
        let symbols = self.symbols.as_ref().filter(|symbols| self.has_guards(symbols));
        let sides = own.iter().all(|(own, _)| own.has_sides());
        let summed = portfolio::is_summed(&self.run);
        match symbols {
            Some(symbols) if sides || (own.iter().all(|(own, _)| !own.has_sides()) && !summed) => {
                self.asked_in_blocks(symbols, members, own, scratch, out, interrupt)
            }
            _ => self.asked_by_columns(symbols, members, own, scratch, out, interrupt),
        }
    }

    /// Members of a species of the catalogue whose targets are sized or weighed, on one symbol.
    #[allow(clippy::too_many_arguments, reason = "what a pass is made of and what it is run on")]
    pub(super) fn weigh(
        &self,
        pass: &Pass,
        (k, symbol): (usize, &Symbol),
        form: Form,
        individuals: &[Individual],
        members: &[(usize, Planned)],
        scratch: &mut Scratch,
        done: impl FnMut(usize, Option<Evaluation>),
    ) -> Result<(), Interrupted> {
        let plans = members.iter().filter_map(|(i, planned)| match planned {
            Planned(Way::Series(symbols)) => {
                symbols.get(k).map(|(plan, row)| (plan.clone(), *row, individuals[*i].genome))
            }
            _ => None,
        });
        let plans: Vec<(Plan, usize, &Genome)> = plans.collect();
        let start = |(_, row, genome): &(_, usize, &Genome)| Start {
            row: *row,
            stops: Fractions::from(genome.stops),
        };
        let starts: Vec<Start> = plans.iter().map(start).collect();
        let (columns, prepared) = (&symbol.columns, &self.run.symbols[k]);
        if form == Form::Sized {
            let plans = plans.into_iter().map(|(plan, row, _)| (plan, row)).collect();
            let mut members = SizedMembers::new(columns, prepared, self.run.exec.side, plans);
            return decided::run(pass, &mut members, starts.into_iter(), scratch, done);
        }
        let mut members = WeighedMembers::new(columns, prepared, self.run.exec, plans);
        decided::run(pass, &mut members, starts.into_iter(), scratch, done)
    }

    /// The rows of the first decisions of strategies of one's own on a symbol.
    pub(super) fn first_rows(&self, k: usize, own: &[(&Own, &Genome)]) -> Vec<usize> {
        own.iter().map(|(own, genome)| self.rows_on(k, *own, genome).first).collect()
    }

    /// Rules with sides, or weights on one account a symbol, which know the market block by block.
    fn asked_in_blocks(
        &self,
        symbols: &[Symbol<'a>],
        members: &[(usize, Planned)],
        own: &[(&Own, &Genome)],
        scratch: &mut Scratch,
        out: &mut [Evaluation],
        interrupt: Interrupt,
    ) -> Result<(), Interrupted> {
        if portfolio::is_summed(&self.run) {
            let all = self.sum_asked(own, interrupt)?;
            for (((i, _), one), (own, genome)) in members.iter().zip(all).zip(own) {
                out[*i] = match one {
                    Some(evaluation) => evaluation,
                    None => self.simulate(&Individual { strategy: *own, genome }, scratch, interrupt)?,
                };
            }
            return Ok(());
        }
        let mut found = Vec::with_capacity(symbols.len());
        for (k, symbol) in symbols.iter().enumerate() {
            let Some(tables) = self.guarded(k, symbol) else { continue };
            let market = Market { bars: self.run.symbols[k].bars(), others: self.run.others };
            let pass = self.pass_over(k, symbol, tables, interrupt);
            let sides = own.iter().all(|(own, _)| own.has_sides());
            let fewer = Room::can_be_fewer(own.len());
            let all = with_returns_kept(self.run.metrics, (&self.room, fewer), |metrics, means| {
                let (pass, mut found) = (Pass { metrics, means, ..pass }, vec![None; own.len()]);
                let first = self.first_rows(k, own);
                let done = |member: usize, evaluation| found[member] = evaluation;
                if sides {
                    own::rule(&pass, &market, own, &first, scratch, done)?;
                } else {
                    own::weigh(&pass, &market, own, &first, scratch, done)?;
                }
                Ok(found)
            })?;
            let Some(all) = all else {
                let most = self.members_of_a_part(own.len());
                for (members, own) in members.chunks(most).zip(own.chunks(most)) {
                    self.asked_in_blocks(symbols, members, own, scratch, out, interrupt)?;
                }
                return Ok(());
            };
            found.push(all);
        }
        for (member, ((own, genome), (i, _))) in own.iter().zip(members).enumerate() {
            out[*i] = match self.combined(&mut found, member, symbols.len()) {
                Some(evaluation) => evaluation,
                None => self.simulate(&Individual { strategy: *own, genome }, scratch, interrupt)?,
            };
        }
        Ok(())
    }

    /// The others, whose decisions are made beforehand.
    fn asked_by_columns(
        &self,
        symbols: Option<&Vec<Symbol<'a>>>,
        members: &[(usize, Planned)],
        own: &[(&Own, &Genome)],
        scratch: &mut Scratch,
        out: &mut [Evaluation],
        interrupt: Interrupt,
    ) -> Result<(), Interrupted> {
        let run = self.without_buy_and_hold();
        let mut done = 0;
        while done < own.len() {
            let first = |k: usize, own: &Own, genome: &Genome| self.rows_on(k, own, genome).first;
            let decided = own::decide(&run, &own[done..], first, own::CHUNK, interrupt)?;
            let own = &own[done..done + decided.len()];
            let mut found = Vec::new();
            let summed = portfolio::is_summed(&run);
            if summed && symbols.is_some() {
                found.push(self.sum_decided(own, &decided, interrupt)?);
            }
            for (k, symbol) in symbols.into_iter().flatten().enumerate().filter(|_| !summed) {
                let Some(tables) = self.guarded(k, symbol) else { continue };
                let pass = self.pass_over(k, symbol, tables, interrupt);
                let all = with_returns_kept(run.metrics, (&self.room, false), |metrics, means| {
                    let (pass, mut found) = (Pass { metrics, means, ..pass }, vec![None; own.len()]);
                    let mut targets: Vec<Targets> =
                        decided.iter().map(|signals| Targets::new(&signals[k], run.exec)).collect();
                    let start = |((_, genome), row): (&(&Own, &Genome), usize)| Start {
                        row,
                        stops: Fractions::from(genome.stops),
                    };
                    let starts = own.iter().zip(self.first_rows(k, own)).map(start);
                    decided::run(&pass, &mut targets, starts, scratch, |member, evaluation| {
                        found[member] = evaluation;
                    })?;
                    Ok(found)
                })?;
                found.extend(all);
            }
            for (j, signals) in decided.iter().enumerate() {
                let sides = signals.iter().any(|signals| matches!(signals, Signals::Rules(_)));
                let known = if summed { 1 } else { run.symbols.len() };
                let combined = self.combined(&mut found, j, known).filter(|_| !sides);
                out[members[done + j].0] = match combined {
                    Some(evaluation) => evaluation,
                    None => {
                        scratch.simulated += 1;
                        let rows = self.rows_of(own[j].0, own[j].1);
                        let run = Backtest { rows: &rows, ..run };
                        backtest::evaluate_signals_until(&run, signals, own[j].1, interrupt)?
                    }
                };
            }
            done += decided.len();
        }
        Ok(())
    }
}
