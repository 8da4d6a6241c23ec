//! The last decision of a champion on data that have gone on.

use std::path::Path;

use galapagos_engine::ENGINE;
use galapagos_engine::bars::Bars;
use galapagos_engine::execution::{Execution, Fill};
use galapagos_engine::prepared::Prepared;
use galapagos_engine::trace::{Decision, Trace};
use galapagos_market::{Calendar, Interval};
use rust_decimal::Decimal;

use super::chosen::Chosen;
use super::document::{SCHEMA, Side, SignalDocument, SymbolSignal};
use super::error::SignalError;
use crate::job::market::{Facts, Market};
use crate::job::problem::{Decoded, Problem};
use crate::job::resolve::ResolvedJob;
use crate::results::stamp::time;
use crate::storage::digest::PREFIX;
use crate::validate::lookahead::Subject;

/// Data to decide on.
pub struct Rows<'a> {
    /// Name of the dataset or of the files.
    pub name: &'a str,
    /// What is known of them.
    pub facts: Facts,
    /// The bars of the symbols that are traded, in ascending order; others among them are passed over.
    pub bars: Vec<Bars<'a>>,
    /// The bars of other symbols, by name.
    pub others: &'a dyn Fn(&[String]) -> Vec<Bars<'a>>,
}

/// The signal of a champion on the latest version of `dataset` below `data_dir`; absent: the dataset of its job.
///
/// # Errors
/// The data are missing, damaged or of another kind; see [`SignalError`].
pub fn on_dataset(
    chosen: &Chosen,
    data_dir: &Path,
    dataset: Option<&str>,
) -> Result<SignalDocument, SignalError> {
    let name = dataset.unwrap_or(chosen.dataset());
    let latest = galapagos_market::Dataset::latest(data_dir, name)?;
    known(chosen, &format!("{PREFIX}{latest}"))?;
    let market = Market::of_job(data_dir, &chosen.going_on(name))?;
    let others = |names: &[String]| market.others(names);
    decide(chosen, Rows { name, facts: market.facts(), bars: market.bars(), others: &others })
}

/// Refuses data that a file of signals says nothing about.
fn known(chosen: &Chosen, digest: &str) -> Result<(), SignalError> {
    let version = &chosen.document.dataset_digest;
    if chosen.reads_signals() && digest != version {
        let strategy = chosen.champion().strategy.clone();
        return Err(SignalError::Signals { strategy, version: version.clone() });
    }
    Ok(())
}

/// The signal of a champion on these rows.
///
/// # Errors
/// The job is not that of the result, or the rows are too few or of another kind.
pub fn decide(chosen: &Chosen, rows: Rows<'_>) -> Result<SignalDocument, SignalError> {
    let digest = format!("{PREFIX}{}", rows.facts.digest);
    known(chosen, &digest)?;
    let traded = chosen.symbols();
    let bars = rows.bars.into_iter().filter(|b| traded.iter().any(|name| name == b.symbol)).collect();
    let rows = Rows { bars, ..rows };
    let job = job_of(chosen, &rows)?;
    let others = (rows.others)(&job.others);
    let problem = Problem::new(&job, rows.bars.clone(), others)?;
    let decoded = decoded(&problem, chosen)?;
    let signals = accounts(&problem, &decoded)?;
    let signals: Vec<SymbolSignal> = signals.into_iter().map(|(_, signal)| signal).collect();
    let last = rows.bars.iter().filter_map(|b| b.time_ms.last().copied()).max().unwrap_or_default();
    let closed_ms = last.saturating_add(rows.facts.interval_ms);
    let champion = chosen.champion();
    Ok(SignalDocument {
        schema: SCHEMA.to_owned(),
        job: chosen.job().to_owned(),
        rank: u32::try_from(chosen.rank).unwrap_or(u32::MAX),
        strategy: champion.strategy.clone(),
        genome: champion.genome.clone(),
        genome_digest: chosen.genome_digest()?,
        result_digest: chosen.document.result_digest.clone(),
        dataset_digest: digest,
        dataset: rows.name.to_owned(),
        engine: ENGINE,
        optimistic: job.execution.fill == Fill::SameClose,
        stamp: time(last),
        closed: time(closed_ms),
        closed_ms,
        interval_ms: rows.facts.interval_ms,
        continuous: is_continuous(&job, &rows.facts),
        signals,
    })
}

/// The job that made the result, on these rows: none of them is a holdout, and no date ends them.
fn job_of(chosen: &Chosen, rows: &Rows<'_>) -> Result<ResolvedJob, SignalError> {
    let wanted = Interval::parse(&chosen.manifest.spec.market_data.interval)?;
    if wanted.ms() != rows.facts.interval_ms {
        let found = format!("{} s", rows.facts.interval_ms / 1000);
        return Err(SignalError::Interval { name: rows.name.to_owned(), wanted: wanted.to_string(), found });
    }
    let has = |symbol: &&String| rows.bars.iter().any(|b| b.symbol == symbol.as_str());
    if let Some(symbol) = chosen.symbols().iter().find(|symbol| !has(symbol)) {
        return Err(SignalError::NoSymbol { symbol: symbol.clone(), has: rows.facts.symbols.join(", ") });
    }
    // With the digest of its own data the job must be the very one.
    let stored = &chosen.document.dataset_digest;
    let facts = Facts {
        digest: stored.strip_prefix(PREFIX).unwrap_or(stored).to_owned(),
        volume: rows.bars.iter().all(Bars::has_volume),
        funding: rows.bars.iter().all(|b| !b.funding.is_empty()),
        ..rows.facts.clone()
    };
    let mut job = ResolvedJob::new(&chosen.manifest, &facts)?;
    if job.digest.to_string() != chosen.document.inputs_digest {
        return Err(SignalError::Changed {
            path: chosen.folder.join("result.json"),
            found: job.digest.to_string(),
            stored: chosen.document.inputs_digest.clone(),
        });
    }
    job.holdout = Decimal::ZERO;
    job.dates.to_ms = None;
    Ok(job)
}

fn is_continuous(job: &ResolvedJob, facts: &Facts) -> bool {
    use galapagos_crds::CalendarType;
    match &job.manifest.spec.market_data.calendar {
        Some(calendar) => calendar.type_ == CalendarType::Continuous,
        None => facts.calendar == Some(Calendar::Continuous),
    }
}

fn decoded<'a>(problem: &Problem<'a>, chosen: &Chosen) -> Result<Decoded<'a>, SignalError> {
    let champion = chosen.champion();
    let wrong = |problem: String| SignalError::Champion { strategy: champion.strategy.clone(), problem };
    let species = &problem.job().species;
    let at = species.iter().position(|s| s.name() == champion.strategy);
    let at = at.ok_or_else(|| wrong("job.yaml has no such strategy".to_owned()))?;
    let indices = species[at].indices("genome", &champion.genome)?;
    problem.decode(at, &indices).ok_or_else(|| wrong("its genes are on no grid".to_owned()))
}

/// All decisions of an individual on the training rows of a problem, and the signal after the last, by symbol.
///
/// # Errors
/// No row counts.
pub fn accounts(
    problem: &Problem<'_>,
    decoded: &Decoded<'_>,
) -> Result<Vec<(Vec<Decision>, SymbolSignal)>, SignalError> {
    let part = problem.training();
    let exec = &problem.job().execution;
    let all = part.rows_of(exec, problem.others(), decoded);
    // The account goes on after the last row: nothing is closed there.
    let exec = Execution { final_close: false, ..exec.clone() };
    let capital = exec.initial_capital / part.symbols().len() as f64;
    let of = |(prepared, &rows): (&Prepared<'_>, &galapagos_engine::window::Rows)| {
        let bars = prepared.bars();
        let subject = Subject {
            strategy: decoded.species.strategy(),
            genome: &decoded.genome,
            exec: &exec,
            bars,
            others: problem.others(),
            rows,
            capital,
        };
        let (trace, decisions) = subject.account(prepared, bars, problem.others());
        let signal = last(&bars, &trace, &decisions);
        let first = rows.first + 1;
        let signal = signal.ok_or_else(|| SignalError::TooShort { symbol: bars.symbol.to_owned(), first })?;
        Ok((decisions, signal))
    };
    part.symbols().iter().zip(&all).map(of).collect()
}

/// What the last close of a symbol decided.
fn last(bars: &Bars<'_>, trace: &Trace, decisions: &[Decision]) -> Option<SymbolSignal> {
    let row = bars.len().checked_sub(1)?;
    let (open, price) = (bars.time_ms[row], bars.close[row] as f64 / bars.scale());
    // A ruined account decides nothing any more.
    let decision = match decisions.last() {
        Some(last) if last.row == row => *last,
        Some(_) if trace.ruined => Decision { row, ..Decision::default() },
        _ => return None,
    };
    let before = decisions.iter().rev().find(|d| d.row < row).map_or(0.0, |d| d.target);
    let since = decisions.iter().rev().take_while(|d| d.target == decision.target).last();
    let (position, equity) = (trace.position.last()?, trace.equity.last()?);
    let closed = open.saturating_add(bars.interval_ms);
    Some(SymbolSignal {
        symbol: bars.symbol.to_owned(),
        stamp: time(open),
        closed: time(closed),
        price,
        side: Side::of(decision.target),
        target: decision.target,
        changed: decision.target != before,
        since: time(since.map_or(open, |d| bars.time_ms[d.row])),
        held: if *position == 0.0 { 0.0 } else { position * price / equity },
        stop: decision.stop,
        take_profit: decision.take,
        stop_distance: decision.stop_distance,
        trailing_distance: decision.trail_distance,
    })
}
