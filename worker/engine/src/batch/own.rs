//! Strategies that manifests wrote, whose positions follow from the market alone: the conditions of all members are
//! nodes of one graph, in which what is the same is computed once. Those that know their account share its columns.

use super::AccountTables;
use super::conditions::Conditions;
use super::decided::{self, Rules};
use super::exposed::ExposedMembers;
use super::instructions::InstructionSet;
use super::kernels::Isa;
use super::pass::{Pass, Scratch, Start};
use super::source::Source;
use crate::backtest::Backtest;
use crate::evaluation::Evaluation;
use crate::execution::Side;
use crate::genes::Genome;
use crate::graph::{Aside, Blocks, Columns, Market, Memo, Plan, Slot};
use crate::interrupt::{Interrupt, Interrupted};
use crate::rules::{Latched, Lowered, Own, RulesAccount};
use crate::signals::Signals;
use crate::stops::Fractions;
use std::sync::Arc;

/// How much is computed together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    /// Members whose columns are computed together at most.
    members: usize,
    /// Bytes of these columns on a symbol; the member that passes them is the last.
    bytes: usize,
}

/// What keeps the columns within the caches and small machines.
pub(super) const CHUNK: Chunk = Chunk { members: 32, bytes: 64 << 20 };

/// The graph of a batch over the rows of one symbol.
pub(super) struct Graph<'a> {
    blocks: Blocks<'a>,
}

impl<'a> Graph<'a> {
    /// What members read of a plan when they take `side`: an entry of the other side still ends a position, its exit
    /// ends nothing.
    pub(super) fn new(
        plan: &'a Plan,
        market: &Market<'a>,
        members: &[Latched],
        side: Side,
        set: InstructionSet,
    ) -> Graph<'a> {
        let aside = match side {
            Side::Long => Some(Aside { enter: 0, leave: 1, spare: 2 }),
            Side::Short => Some(Aside { enter: 2, leave: 3, spare: 0 }),
            Side::LongShort => None,
        };
        let idle = aside.map(|aside| aside.spare + 1);
        let mut asked: Vec<[Option<Slot>; 4]> = members.iter().map(|member| member.conditions).collect();
        if let Some(idle) = idle {
            asked.iter_mut().for_each(|member| member[idle] = None);
        }
        Graph { blocks: Blocks::of_members(plan, market, &asked, aside, set) }
    }
}

impl Source for Graph<'_> {
    fn warm_up(&mut self, _set: InstructionSet, from: usize, to: usize) {
        self.blocks.fill(from, to);
    }

    fn fill(&mut self, _set: InstructionSet, from: usize, to: usize, interrupt: Interrupt) {
        if !interrupt.is_asked() {
            self.blocks.fill(from, to);
        }
    }

    #[inline(always)]
    fn conditions<I: Isa>(
        &self,
        _isa: I,
        member: usize,
        _before: &mut [u64; 2],
        _rows: usize,
        _shorts: bool,
    ) -> Conditions {
        let [enter_long, leave_long, enter_short, leave_short] = *self.blocks.truths(member);
        Conditions { enter_long, leave_long, enter_short, leave_short }
    }
}

/// Evaluates members on one symbol, each with the row of its first decision. Answers through `done`, in their order; `None` asks for the simulator.
///
/// # Errors
/// Interrupted: nobody was answered.
pub(super) fn run(
    pass: &Pass,
    market: &Market,
    members: &[(&Own, &Genome)],
    first: &[usize],
    scratch: &mut Scratch,
    mut done: impl FnMut(usize, Option<Evaluation>),
) -> Result<(), Interrupted> {
    let mut plan = Plan::new(market.bars.decimals, market.decimals());
    let (latched, followed) = lower(members, &mut plan, |_, _, lowered| lowered.latched(), &mut done);
    let start = |&i: &usize| Start { row: first[i], stops: Fractions::from(members[i].1.stops) };
    let first: Vec<Start> = followed.iter().map(start).collect();
    let mut graph = Graph::new(&plan, market, &latched, pass.exec.side, pass.set);
    let mut known = Vec::new();
    let pass = Pass { means: pass.means.of(&followed, &mut known), ..*pass };
    pass.run_source(&mut graph, &first, scratch, |member, evaluation| done(followed[member], evaluation))
}

/// Evaluates members whose rules ask the account on one symbol; as [`run`].
///
/// # Errors
/// Interrupted: nobody was answered.
pub(super) fn rule(
    pass: &Pass,
    market: &Market,
    members: &[(&Own, &Genome)],
    first: &[usize],
    scratch: &mut Scratch,
    mut done: impl FnMut(usize, Option<Evaluation>),
) -> Result<(), Interrupted> {
    let AccountTables::Held(tables) = pass.tables else { return Ok(()) };
    let mut plan = Plan::new(market.bars.decimals, market.decimals());
    let decides = |i: usize, own: &Own, lowered| own.decide_in_blocks(lowered, first[i]);
    let (decisions, followed) = lower(members, &mut plan, decides, &mut done);
    let account = |rules| RulesAccount::new(rules, tables.prepared, pass.exec.side);
    let rules = decisions.iter().map(account).collect();
    let mut rules = Rules { blocks: Blocks::new(&plan, market), first: 0, rules };
    let start = |&i: &usize| Start { row: first[i], stops: Fractions::from(members[i].1.stops) };
    let starts = followed.iter().map(start);
    let mut known = Vec::new();
    let pass = Pass { means: pass.means.of(&followed, &mut known), ..*pass };
    decided::run(&pass, &mut rules, starts, scratch, |member, evaluation| done(followed[member], evaluation))
}

/// Evaluates members that name a weight on one symbol; as [`run`].
///
/// # Errors
/// Interrupted: nobody was answered.
pub(super) fn weigh(
    pass: &Pass,
    market: &Market,
    members: &[(&Own, &Genome)],
    first: &[usize],
    scratch: &mut Scratch,
    mut done: impl FnMut(usize, Option<Evaluation>),
) -> Result<(), Interrupted> {
    let mut plan = Plan::new(market.bars.decimals, market.decimals());
    let (weights, followed) = lower(members, &mut plan, |_, _, lowered| lowered.weight(), &mut done);
    let weights = weights.into_iter().zip(followed.iter().map(|&i| first[i]));
    let mut weights = ExposedMembers::new(Blocks::new(&plan, market), pass.exec, weights);
    let start = |&i: &usize| Start { row: first[i], stops: Fractions::from(members[i].1.stops) };
    let starts = followed.iter().map(start);
    let mut known = Vec::new();
    let pass = Pass { means: pass.means.of(&followed, &mut known), ..*pass };
    decided::run(&pass, &mut weights, starts, scratch, |member, evaluation| {
        done(followed[member], evaluation)
    })
}

/// What members read of a plan, and which they are; the others ask for the simulator.
fn lower<T>(
    members: &[(&Own, &Genome)],
    plan: &mut Plan,
    mut make: impl FnMut(usize, &Own, Lowered) -> Option<T>,
    done: &mut impl FnMut(usize, Option<Evaluation>),
) -> (Vec<T>, Vec<usize>) {
    let mut memo = Memo::default();
    let (mut made, mut followed) = (Vec::with_capacity(members.len()), Vec::with_capacity(members.len()));
    for (i, (own, genome)) in members.iter().enumerate() {
        match own.lower(genome, plan, &mut memo).ok().and_then(|lowered| make(i, own, lowered)) {
            Some(one) => {
                made.push(one);
                followed.push(i);
            }
            None => done(i, None),
        }
    }
    (made, followed)
}

/// The decisions of members on all symbols of a job, from columns that they share: of the first members, until their
/// columns fill a chunk. `first`: on a symbol, the row of the first decision of a genome.
///
/// # Errors
/// Interrupted.
pub(super) fn decide(
    run: &Backtest,
    members: &[(&Own, &Genome)],
    first: impl Fn(usize, &Own, &Genome) -> usize,
    most: Chunk,
    interrupt: Interrupt,
) -> Result<Vec<Vec<Signals>>, Interrupted> {
    let mut taken = if members.len() < most.members { members.len() } else { most.members };
    let mut out: Vec<Vec<Signals>> = Vec::new();
    for (k, prepared) in run.symbols.iter().enumerate() {
        let market = Market { bars: prepared.bars(), others: run.others };
        let mut plan = Plan::new(market.bars.decimals, market.decimals());
        let (mut lowered, mut memo) = (Vec::with_capacity(taken), Memo::default());
        for (own, genome) in &members[..taken] {
            lowered.push(own.lower(genome, &mut plan, &mut memo));
            if plan.bytes_per_row() * market.bars.len() > most.bytes {
                // The next chunk begins with the one behind.
                taken = lowered.len();
                out.truncate(taken);
                break;
            }
        }
        let columns = Arc::new(Columns::compute(&plan, &market, interrupt));
        interrupt.check()?;
        out.resize_with(taken, Vec::new);
        for ((signals, lowered), (own, genome)) in out.iter_mut().zip(lowered).zip(members) {
            signals.push(match lowered {
                Ok(lowered) => own.decide(lowered, &columns, first(k, own, genome)),
                Err(_) => Signals::Positions(vec![0; market.bars.len()]),
            });
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backtest::{backtest, evaluate_signals};
    use crate::bars::Bars;
    use crate::evaluation::MetricSet;
    use crate::execution::Execution;
    use crate::genes::{GeneValue, Stops};
    use crate::prepared::Prepared;
    use crate::window::Rows;

    fn own() -> Own {
        let document = serde_json::json!({
            "name": "held",
            "genes": [{"name": "n", "min": 2, "max": 40}],
            "rules": {
                "language": 1,
                "long": {"enter": "close > sma(close, $n)", "exit": "bars_in_trade >= 5", "stop": "peak - 2 * atr($n)"},
            },
        });
        let document = galapagos_rules::read(&document).unwrap();
        Own::new(galapagos_rules::check(&document, &galapagos_rules::Market::default()).unwrap())
    }

    #[test]
    fn however_members_are_cut_into_chunks_each_has_the_decisions_that_it_has_alone() {
        let time_ms: Vec<i64> = (0..400).map(|t| t * 3_600_000).collect();
        let walk =
            |seed: i64| (0..400).map(|t: i64| 9_000 + (t * t * seed) % 701 + 3 * t).collect::<Vec<i64>>();
        let (closes, exec) = ([walk(7), walk(11)], Execution::default());
        let bars = closes.iter().zip(["A", "B"]).map(|(close, symbol)| Bars {
            symbol,
            decimals: 2,
            interval_ms: 3_600_000,
            time_ms: &time_ms,
            open: close,
            high: close,
            low: close,
            close,
            volume: None,
            funding: &[],
            signals: None,
        });
        let symbols: Vec<Prepared> = bars.map(|bars| Prepared::new(bars, &exec).unwrap()).collect();
        let rows = [Rows::after_warm_up(201); 2];
        let run = Backtest {
            symbols: &symbols,
            rows: &rows,
            others: &[],
            exec: &exec,
            metrics: MetricSet::always(),
        };
        let own = own();
        let genome = |n: i64| Genome { values: vec![GeneValue::Number(n.into())], stops: Stops::default() };
        let genomes: Vec<Genome> = (2..12).map(genome).collect();
        let members: Vec<(&Own, &Genome)> = genomes.iter().map(|genome| (&own, genome)).collect();
        for (most, sizes) in [
            (Chunk { members: 4, bytes: usize::MAX }, vec![4, 4, 2]),
            (Chunk { members: 32, bytes: 1 }, vec![1; 10]),
            // A number and a condition each: the fourth fills it.
            (Chunk { members: 32, bytes: 400 * 30 }, vec![4, 4, 2]),
        ] {
            let (mut done, mut cut) = (0, Vec::new());
            while done < members.len() {
                let decided =
                    decide(&run, &members[done..], |k, _, _| rows[k].first, most, Interrupt::NEVER).unwrap();
                cut.push(decided.len());
                for signals in decided {
                    let alone = backtest(&run, &own, &genomes[done]).evaluation;
                    assert_eq!(
                        evaluate_signals(&run, &signals, &genomes[done]),
                        alone,
                        "{most:?}, member {done}"
                    );
                    assert!(alone.returns > 100 && alone.reason.is_none());
                    done += 1;
                }
            }
            assert_eq!(cut, sizes, "{most:?}");
        }
    }
}
