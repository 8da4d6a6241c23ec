//! Portfolios of strategies that manifests wrote: the sleeves of all symbols, each with a graph or decisions of its own.

use super::decided::Rules;
use super::means::with_means;
use super::own::Graph;
use super::pass::{Pass, Start};
use super::sleeves::{Asked, Latched};
use super::{AccountTables, BatchEvaluator, portfolio};
use crate::evaluation::Evaluation;
use crate::genes::Genome;
use crate::graph::{Blocks, Market, Memo, Plan};
use crate::interrupt::{Interrupt, Interrupted};
use crate::orders::Targets;
use crate::rules::{self, Decisions, Own, RulesAccount};
use crate::signals::Signals;
use crate::stops::Fractions;

/// Evaluations of members; `None` for those whom only the simulator knows.
type Found = Result<Vec<Option<Evaluation>>, Interrupted>;

impl BatchEvaluator<'_> {
    /// Evaluates members of a species whose positions the market alone decides, with one account a symbol.
    ///
    /// # Errors
    /// Interrupted.
    pub(super) fn sum_latched(&self, own: &[(&Own, &Genome)], guarded: bool, interrupt: Interrupt) -> Found {
        let mut graphs: Vec<(Plan, Vec<rules::Latched>)> = Vec::new();
        for market in self.markets() {
            let mut plan = Plan::new(market.bars.decimals, market.decimals());
            let mut memo = Memo::default();
            let latched =
                own.iter().map(|(own, genome)| own.lower(genome, &mut plan, &mut memo).ok()?.latched());
            let Some(latched) = latched.collect() else { return Ok(vec![None; own.len()]) };
            graphs.push((plan, latched));
        }
        self.sum_own(own, guarded, interrupt, |k, pass, starts| {
            let (plan, latched) = &graphs[k];
            let graph = Graph::new(plan, &self.market(k), latched, self.run.exec.side, pass.set);
            Latched::new(pass, graph, starts)
        })
    }

    /// Evaluates members of a species whose rules have sides and ask the account.
    ///
    /// # Errors
    /// Interrupted.
    pub(super) fn sum_asked(&self, own: &[(&Own, &Genome)], interrupt: Interrupt) -> Found {
        let mut decisions: Vec<(Plan, Vec<Decisions>)> = Vec::new();
        for (k, market) in self.markets().enumerate() {
            let mut plan = Plan::new(market.bars.decimals, market.decimals());
            let (first, mut memo) = (self.first_rows(k, own), Memo::default());
            let all = own.iter().zip(&first).map(|((own, genome), &first)| {
                own.decide_in_blocks(own.lower(genome, &mut plan, &mut memo).ok()?, first)
            });
            let Some(all) = all.collect() else { return Ok(vec![None; own.len()]) };
            decisions.push((plan, all));
        }
        self.sum_own(own, true, interrupt, |k, pass, starts| {
            let (plan, decisions) = &decisions[k];
            let AccountTables::Held(tables) = pass.tables else { return None };
            let account = |rules| RulesAccount::new(rules, tables.prepared, pass.exec.side);
            let rules = decisions.iter().map(account).collect();
            let blocks = Blocks::new(plan, &self.market(k));
            Asked::new(pass, Rules { blocks, first: 0, rules }, &starts)
        })
    }

    /// Evaluates members whose decisions are made, one set a symbol each.
    ///
    /// # Errors
    /// Interrupted.
    pub(super) fn sum_decided(
        &self,
        own: &[(&Own, &Genome)],
        decided: &[Vec<Signals>],
        interrupt: Interrupt,
    ) -> Found {
        self.sum_own(own, true, interrupt, |k, pass, starts| {
            let targets: Vec<Targets> =
                decided.iter().map(|signals| Targets::new(&signals[k], pass.exec)).collect();
            Asked::new(pass, targets, &starts)
        })
    }

    /// Runs the sleeves that `sleeve` makes of a symbol, the pass over it and the members' starts.
    fn sum_own<'p, S: super::sleeves::Sleeve<'p>>(
        &'p self,
        own: &[(&Own, &Genome)],
        guarded: bool,
        interrupt: Interrupt<'p>,
        sleeve: impl Fn(usize, Pass<'p>, Vec<Start>) -> Option<S>,
    ) -> Found {
        let start = |(row, (_, genome)): (usize, &(&Own, &Genome))| Start {
            row,
            stops: Fractions::from(genome.stops),
        };
        let mut first = Vec::new();
        for k in 0..self.run.symbols.len() {
            first.push(self.first_rows(k, own));
        }
        with_means(self.run.metrics, |metrics, means| {
            let mut sleeves = Vec::new();
            for (k, symbol) in self.symbols.iter().flatten().enumerate() {
                let tables = if guarded { self.guarded(k, symbol) } else { Some(&symbol.tables) };
                let starts = first[k].iter().copied().zip(own).map(start).collect();
                let made = tables.and_then(|tables| {
                    let pass = self.pass_over(k, symbol, tables, interrupt);
                    sleeve(k, Pass { metrics, ..pass }, starts)
                });
                let Some(made) = made else { return Ok(vec![None; own.len()]) };
                sleeves.push(made);
            }
            portfolio::run(sleeves, own.len(), means, self.calendar.as_ref())
        })
    }

    fn market(&self, k: usize) -> Market<'_> {
        Market { bars: self.run.symbols[k].bars(), others: self.run.others }
    }

    fn markets(&self) -> impl Iterator<Item = Market<'_>> {
        (0..self.run.symbols.len()).map(|k| self.market(k))
    }
}
