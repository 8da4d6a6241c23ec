//! Portfolios: the accounts of all symbols side by side, block by block, so that the sum of an individual's accounts is
//! taken while their rows are in the cache. Where symbols differ in stamps or windows, the
//! sum is taken at those of a `calendar`.

use super::calendar::{self, Calendar};
use super::held::HeldAccount;
use super::instructions::{InstructionSet, Loops};
use super::means::with_means;
use super::pass::{Pass, Start};
use super::per_bar::{self, PerBar};
use super::sized::SizedMembers;
use super::sleeves::{Asked, Latched, OwnSeries, Sleeve};
use super::total::Total;
use super::weighed::WeighedMembers;
use super::{AccountTables, BLOCK, BatchEvaluator, Form, Individual, Plan, Planned, Symbol, Way, finish};
use crate::backtest::Backtest;
use crate::evaluation::{BLOCKS, Evaluation, MetricSet};
use crate::execution::Aggregate;
use crate::genes::Genome;
use crate::interrupt::{Interrupt, Interrupted};
use crate::stops::Fractions;

/// Whether the result is that of the sum of several accounts.
pub(super) fn is_summed(run: &Backtest) -> bool {
    run.symbols.len() > 1 && run.exec.aggregate == Aggregate::Portfolio
}

/// Whether the sum of the accounts can be taken block by block.
pub(super) fn is_aligned(run: &Backtest) -> bool {
    let Some((first, rows)) = run.symbols.first().zip(run.rows.first()) else { return false };
    let times = first.bars().time_ms;
    // The first counted row is one that the dates let count.
    let counts = |from: i64| times.get(rows.base() + 1).is_some_and(|&time| from <= time);
    run.symbols.iter().zip(run.rows).all(|(symbol, other)| {
        symbol.bars().time_ms == times && other == rows && other.from_ms.is_none_or(counts)
    })
}

impl BatchEvaluator<'_> {
    /// Evaluates members of a species with one account a symbol; `None` for those whom only the simulator knows.
    ///
    /// # Errors
    /// Interrupted.
    pub(super) fn sum(
        &self,
        individuals: &[Individual],
        members: &[(usize, Planned)],
        species: (Form, bool),
        interrupt: Interrupt,
    ) -> Result<Vec<Option<Evaluation>>, Interrupted> {
        with_means(self.run.metrics, |metrics, means| {
            self.sum_once(individuals, members, species, (metrics, means), interrupt)
        })
    }

    fn sum_once<'p>(
        &'p self,
        individuals: &[Individual],
        members: &[(usize, Planned)],
        (form, guarded): (Form, bool),
        (metrics, means): (MetricSet, &[f64]),
        interrupt: Interrupt<'p>,
    ) -> Result<Vec<Option<Evaluation>>, Interrupted> {
        let plans = |k: usize| -> Vec<(Plan, usize, &Genome)> {
            let plan = |(i, planned): &(usize, Planned)| match planned {
                Planned(Way::Series(symbols)) => {
                    symbols.get(k).map(|(plan, row)| (plan.clone(), *row, individuals[*i].genome))
                }
                _ => None,
            };
            members.iter().filter_map(plan).collect()
        };
        let start = |(_, row, genome): &(Plan, usize, &Genome)| Start {
            row: *row,
            stops: Fractions::from(genome.stops),
        };
        let passes = self.symbols.iter().flatten().enumerate().filter_map(|(k, symbol)| {
            let tables = if guarded { self.guarded(k, symbol) } else { Some(&symbol.tables) };
            Some((k, symbol, Pass { metrics, ..self.pass_over(k, symbol, tables?, interrupt) }))
        });
        match form {
            Form::Sized => {
                follow((members.len(), means), self.calendar.as_ref(), passes, |k, symbol, pass| {
                    let (plans, prepared) = (plans(k), &self.run.symbols[k]);
                    let starts: Vec<Start> = plans.iter().map(start).collect();
                    let plans = plans.into_iter().map(|(plan, row, _)| (plan, row)).collect();
                    let members = SizedMembers::new(&symbol.columns, prepared, self.run.exec.side, plans);
                    Asked::new(pass, members, &starts)
                })
            }
            Form::Weighed | Form::Carry => {
                follow((members.len(), means), self.calendar.as_ref(), passes, |k, symbol, pass| {
                    let (plans, prepared) = (plans(k), &self.run.symbols[k]);
                    let starts: Vec<Start> = plans.iter().map(start).collect();
                    let members = WeighedMembers::new(&symbol.columns, prepared, self.run.exec, plans);
                    Asked::new(pass, members, &starts)
                })
            }
            _ => follow((members.len(), means), self.calendar.as_ref(), passes, |k, symbol, pass| {
                let (starts, plans) = plans(k).into_iter().map(|member| (start(&member), member.0)).unzip();
                Latched::new(pass, OwnSeries::new(&symbol.columns, plans), starts)
            }),
        }
    }
}

/// Makes the sleeves of all symbols and runs them.
fn follow<'s, 'a: 's, 'p, S: Sleeve<'p>>(
    (members, means): (usize, &[f64]),
    calendar: Option<&Calendar>,
    passes: impl Iterator<Item = (usize, &'s Symbol<'a>, Pass<'p>)>,
    sleeve: impl Fn(usize, &'s Symbol<'a>, Pass<'p>) -> Option<S>,
) -> Result<Vec<Option<Evaluation>>, Interrupted> {
    let sleeves: Vec<S> = passes.filter_map(|(k, symbol, pass)| sleeve(k, symbol, pass)).collect();
    run(sleeves, members, means, calendar)
}

/// All rows of all symbols, unless interrupted.
fn all_rows<'p>(
    pass: &Pass,
    sleeves: &mut [impl Sleeve<'p>],
    totals: &mut [Total],
    borders: &[usize; BLOCKS],
    per_bar: &mut Option<PerBar>,
) {
    let (base, last) = (pass.base, pass.close.len() - 1);
    let begin = sleeves.first().map_or(base, |sleeve| sleeve.begin(base));
    sleeves.iter_mut().for_each(|sleeve| sleeve.warm_up(begin));
    for from in (begin..last).step_by(BLOCK) {
        if pass.interrupt.is_asked() {
            return;
        }
        let to = if from + BLOCK < last { from + BLOCK } else { last };
        for sleeve in &mut *sleeves {
            sleeve.follow(from, to);
            add(pass.set, sleeve, totals, (from, to));
        }
        take(pass.set, totals, per_bar, borders, pass.counted(from, to));
    }
    for sleeve in &mut *sleeves {
        sleeve.finish(last);
        add(pass.set, sleeve, totals, (last, last + 1));
    }
    take(pass.set, totals, per_bar, borders, pass.counted(last, last + 1));
}

fn add<'p>(set: InstructionSet, sleeve: &mut impl Sleeve<'p>, totals: &mut [Total], rows: (usize, usize)) {
    for (member, total) in totals.iter_mut().enumerate() {
        let (account, tables) = sleeve.account(member);
        if let Some(journal) = &mut account.journal {
            total.add(set, journal, tables, rows);
        }
    }
}

/// Takes a block of rows that all accounts have added. It knows nothing of the sleeves, so it is compiled once for all.
#[inline(never)]
pub(super) fn take(
    set: InstructionSet,
    totals: &mut [Total],
    per_bar: &mut Option<PerBar>,
    borders: &[usize; BLOCKS],
    rows: (usize, usize, usize),
) {
    set.widened(Taken { totals, per_bar, borders, rows });
}

struct Taken<'a> {
    totals: &'a mut [Total],
    per_bar: &'a mut Option<PerBar>,
    borders: &'a [usize; BLOCKS],
    rows: (usize, usize, usize),
}

impl Loops for Taken<'_> {
    #[inline(always)]
    fn run(self) {
        let Taken { totals, per_bar, borders, rows: (start, from, to) } = self;
        let rows = (start, if from < to { from } else { to }, to);
        let count = totals.len();
        for (i, total) in totals.iter_mut().enumerate() {
            total.take(borders, rows, per_bar::begin(per_bar, i, start));
            per_bar::end(per_bar, (i, count), 0.0, rows);
        }
    }
}

/// Evaluates `members` individuals on all symbols, `means` of their returns where they are known, at the stamps of a
/// calendar where the symbols differ in theirs. Answers `None` for those whom only the simulator knows.
///
/// # Errors
/// Interrupted.
pub(super) fn run<'p, S: Sleeve<'p>>(
    mut sleeves: Vec<S>,
    members: usize,
    means: &[f64],
    calendar: Option<&Calendar>,
) -> Result<Vec<Option<Evaluation>>, Interrupted> {
    let Some(pass) = sleeves.first().map(|sleeve| *sleeve.pass()) else { return Ok(vec![None; members]) };
    let (pass, sleeves) = (&pass, &mut sleeves[..]);
    let capital: f64 = sleeves.iter().map(|_| pass.capital).sum();
    let mut totals: Vec<Total> = (0..members).map(|_| Total::new(capital)).collect();
    let AccountTables::Held(tables) = pass.tables else { return Ok(vec![None; members]) };
    let mut per_bar = PerBar::new(members, pass.metrics, means, pass.set);
    let (per_bar, totals_of) = (&mut per_bar, &mut totals[..]);
    if let Some(calendar) = calendar {
        let borders = &calendar.borders();
        calendar::all_stamps(pass, calendar, sleeves, totals_of, borders, per_bar);
    } else {
        all_rows(pass, sleeves, totals_of, &tables.borders, per_bar);
    }
    let returns = calendar.map_or_else(|| pass.returns(), |calendar| calendar.count);
    pass.interrupt.check()?;
    let mut out = Vec::with_capacity(members);
    for (member, total) in totals.iter_mut().enumerate() {
        let mut each = |value: &dyn Fn(&HeldAccount) -> f64| {
            sleeves.iter_mut().map(|sleeve| value(sleeve.account(member).0)).sum::<f64>()
        };
        let (fees, funding) = (each(&|account| account.tally.fees), each(&|account| account.tally.funding));
        let equity = total.finish([fees, funding, each(&|account| account.tally.traded)]);
        let mut any =
            |is: &dyn Fn(&HeldAccount) -> bool| sleeves.iter_mut().any(|sleeve| is(sleeve.account(member).0));
        let (open_position, lost) = (any(&|account| account.q != 0.0), any(&|account| account.lost));
        let at_start = pass.full && any(&|account| account.is_exposed_at_start);
        let end = finish::FinalState { open_position, equity, capital, returns };
        let (totals, bars) = (total.totals(u64::from(at_start)), per_bar::sums(per_bar, member));
        let whole = finish::evaluation(&totals, &total.sums, &bars, &end, pass.exec, pass.metrics);
        out.push(whole.filter(|_| !lost && !total.lost));
    }
    Ok(out)
}
