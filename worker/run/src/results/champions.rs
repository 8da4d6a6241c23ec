//! The best of each species with every metric, on the training rows and, once, on the holdout.

use std::collections::BTreeMap;

use galapagos_engine::backtest::{Backtest, BacktestResult};
use galapagos_engine::buy_and_hold::{buy_and_hold, market};
use galapagos_engine::evaluation::{Evaluation, Metric, MetricSet, Reason};
use galapagos_engine::portfolio::Total;
use galapagos_genetics::{Best, Evolution};

use super::ResultError;
use super::document::{AccountResult, BuyAndHold, Champion, NamedGenome, SymbolAccounts};
use super::luck::{deflated_sharpe, returns_behind};
use crate::job::problem::{DataPart, Decoded, Problem};
use crate::storage::record::{Class, Verdict};

/// A champion and what its accounts did.
#[derive(Debug)]
pub struct ChampionAccounts {
    /// As results show it.
    pub champion: Champion,
    /// Whether all limits are kept.
    pub feasible: bool,
    /// The account on the training rows, with every metric.
    pub training: BacktestResult,
    /// The account on the holdout; `None` without one.
    pub holdout: Option<BacktestResult>,
}

/// What luck needs to know of all trials.
#[derive(Clone, Copy, Debug)]
pub struct Odds {
    /// Number of trials: distinct evaluations of all species.
    pub trials: u64,
    /// Variance of their per-bar Sharpe ratios.
    pub variance: f64,
}

/// The best individual of species `species`; `None` if it has none. One of `exceptions` is none: whatever kept it from
/// an evaluation would meet us again. `recorded` is what the ledger has of it, `island` the
/// island of an individual.
///
/// # Errors
/// It is not what the ledger has.
#[expect(clippy::too_many_arguments, reason = "what a champion is told of by")]
pub fn champion(
    problem: &Problem<'_>,
    holdout: Option<&DataPart<'_>>,
    evolution: &Evolution,
    species: usize,
    odds: Odds,
    exceptions: &[NamedGenome],
    recorded: impl FnOnce(&Best<'_>) -> Option<Box<Evaluation>>,
    island: impl FnOnce(usize, &[u32]) -> Option<u32>,
) -> Result<Option<ChampionAccounts>, ResultError> {
    let Some(best) = evolution.best_of_species(species) else { return Ok(None) };
    let job = problem.job();
    let strategy = job.species[species].name().to_owned();
    let Some(decoded) = problem.decode(species, best.genome) else { return Ok(None) };
    let genome: BTreeMap<_, _> = decoded.named().into_iter().collect();
    if exceptions.iter().any(|e| e.strategy == strategy && e.genome == genome) {
        return Ok(None);
    }
    let training = problem.report(problem.training(), &decoded);
    check_recorded(problem, &decoded, recorded(&best).as_deref(), &training.evaluation)?;
    let holdout = holdout.map(|part| problem.report(part, &decoded));
    let verdict = job.fitness.verdict(Some(Box::new(training.evaluation.clone())));
    let objections = job.fitness.objections(&verdict).iter().map(ToString::to_string).collect();
    let Verdict { class, violation, fitness, .. } = verdict;
    let evaluation = &training.evaluation;
    let b = job.execution.bars_per_year;
    let held = |symbol: &str| {
        let found = holdout.as_ref()?.per_symbol.iter().find(|s| s.symbol == symbol)?;
        Some(AccountResult::new(&found.evaluation))
    };
    let per_symbol = training.per_symbol.iter().map(|s| {
        let accounts =
            SymbolAccounts { training: AccountResult::new(&s.evaluation), holdout: held(&s.symbol) };
        (s.symbol.clone(), accounts)
    });
    let champion = Champion {
        strategy,
        island: island(species, best.genome),
        genome,
        class: class.name().to_owned(),
        fitness,
        objective: job.fitness.objective.name().to_owned(),
        violation,
        objections,
        training: AccountResult::of_job(evaluation, &job.fitness),
        holdout: holdout.as_ref().map(|h| AccountResult::of_job(&h.evaluation, &job.fitness)),
        per_symbol: per_symbol.collect::<BTreeMap<_, _>>(),
        deflated_sharpe: deflated_sharpe(
            &evaluation.metrics,
            returns_behind(&training, job.execution.aggregate),
            b,
            odds.variance,
            odds.trials,
        ),
        trials: evolution.evaluations().get(species).copied().unwrap_or(0),
    };
    Ok(Some(ChampionAccounts { champion, feasible: class == Class::Feasible, training, holdout }))
}

/// Whether an individual that is evaluated once more is what the ledger has; `None`: it has nothing.
///
/// # Errors
/// It is not.
pub(super) fn check_recorded(
    problem: &Problem<'_>,
    decoded: &Decoded<'_>,
    recorded: Option<&Evaluation>,
    now: &Evaluation,
) -> Result<(), ResultError> {
    let Some(difference) = recorded.and_then(|r| difference(problem.metrics(), r, now)) else {
        return Ok(());
    };
    let genes = decoded.named().into_iter().collect::<BTreeMap<_, _>>();
    let genome = genes.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
    Err(ResultError::NotDeterministic { strategy: decoded.species.name().to_owned(), genome, difference })
}

/// What the evaluation now has otherwise than the one in the ledger, bit by bit. The ledger has the metrics that the
/// job asks for; now there is every one.
fn difference(asked: MetricSet, recorded: &Evaluation, now: &Evaluation) -> Option<String> {
    for metric in Metric::ALL.into_iter().filter(|&m| asked.contains(m)) {
        let then = recorded.metrics.extended(metric);
        let again = now.metrics.extended(metric);
        if then.map(f64::to_bits) != again.map(f64::to_bits) {
            let shown = |value: Option<f64>| value.map_or("undefined".to_owned(), |v| format!("{v:?}"));
            return Some(format!("{} was {} and is {} now", metric.name(), shown(then), shown(again)));
        }
    }
    if recorded.reason != now.reason {
        let shown = |reason: Option<Reason>| reason.map_or("none", Reason::name);
        return Some(format!("the reason was {} and is {} now", shown(recorded.reason), shown(now.reason)));
    }
    let sums = |e: &Evaluation| (e.returns, e.s1, e.s2, e.blocks, e.open_position);
    (sums(recorded) != sums(now)).then(|| "the sums of its returns are others now".to_owned())
}

/// The accounts of holding the symbols on the rows of a part, added up.
pub fn market_of(problem: &Problem<'_>, part: &DataPart<'_>) -> Total {
    let exec = &problem.job().execution;
    market(&Backtest { symbols: part.symbols(), rows: part.rows(), others: &[], exec, metrics: MetricSet(0) })
}

/// Holding the symbols over the same windows, aggregated as the individuals are.
pub fn holding(problem: &Problem<'_>, holdout: Option<&DataPart<'_>>) -> Result<BuyAndHold, ResultError> {
    let exec = &problem.job().execution;
    let held = |part: &DataPart<'_>| {
        let run = Backtest {
            symbols: part.symbols(),
            rows: part.rows(),
            others: &[],
            exec,
            metrics: MetricSet::FULL,
        };
        AccountResult::new(&buy_and_hold(&run, MetricSet::FULL))
    };
    Ok(BuyAndHold { training: held(problem.training()), holdout: holdout.map(held) })
}
