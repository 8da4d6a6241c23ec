//! Makes the result of a finished run and puts it in place.

use std::borrow::Borrow;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::num::NonZero;
use std::path::Path;

use galapagos_crds::population::InitialIndividual;
use galapagos_engine::ENGINE;
use galapagos_engine::bars::Bars;
use galapagos_engine::execution::Fill;
use galapagos_genetics::{Best, species_id};
use galapagos_market::Outlier;
use galapagos_validation::sharpe::expected_best;

use super::ResultError;
use super::champions::{ChampionAccounts, Odds, champion, holding, market_of};
use super::document::{
    DataOutlier, DataWindow, Evaluations, JobName, Luck, NamedGenome, ResultDocument, SCHEMA, SymbolWindow,
};
use super::excluded::Tally;
use super::luck::Trials;
use super::stamp::time;
use super::tables;
use super::validation::{Among, Find, Winner, validate};
use super::walk_forward::{self, WalkForwardEnd};
use super::{archive, archive_points, evaluations, front, front_points, looks, pictures};
use crate::job::problem::{Problem, ProblemError};
use crate::job::resolve::ResolvedJob;
use crate::report::page::{self, REPORT};
use crate::run::driver::Driver;
use crate::run::ended::Completion;
use crate::storage::StorageError;
use crate::storage::record::Record;
use crate::storage::run_folder::{DIGEST, ResultMark, RunFolder};

/// What is known of the data of a job beside the job.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Name of the dataset.
    pub dataset: &'a str,
    /// Results that have shown some of the holdout's rows, this one included; `None`: there is no holdout, or looks at it
    /// cannot be kept.
    pub holdout_looks: Option<u32>,
}

/// Writes every file of the result, publishes the folder and its commit mark.
///
/// # Errors
/// [`ResultError`]; an unfinished result is never visible.
#[expect(clippy::too_many_arguments, reason = "the parts of a finished run")]
pub fn publish<'p, P: Borrow<Problem<'p>>>(
    folder: &RunFolder,
    job: &ResolvedJob,
    source: Source<'_>,
    driver: &Driver<'_>,
    reason: Completion,
    slots: usize,
    windows: &WalkForwardEnd,
    prepare: impl FnOnce() -> Result<P, ProblemError>,
) -> Result<ResultDocument, ResultError> {
    let mark = ResultMark {
        digest: driver.digest().to_string(),
        generation: driver.evolution().generation(),
        stopped_by: reason.as_str().to_owned(),
    };
    let mut document = None;
    folder.publish(&mark, |path| {
        document = Some(fill(path, folder, job, source, driver, reason, slots, windows, prepare)?);
        Ok::<(), ResultError>(())
    })?;
    document.ok_or(ResultError::Empty)
}

#[expect(clippy::too_many_arguments, reason = "the parts of a finished run")]
fn fill<'p, P: Borrow<Problem<'p>>>(
    path: &Path,
    folder: &RunFolder,
    job: &ResolvedJob,
    source: Source<'_>,
    driver: &Driver<'_>,
    reason: Completion,
    slots: usize,
    windows: &WalkForwardEnd,
    prepare: impl FnOnce() -> Result<P, ProblemError>,
) -> Result<ResultDocument, ResultError> {
    let evolution = driver.evolution();
    let mut trials = Trials::default();
    let (mut exceptions, mut excluded) = (Vec::new(), Tally::default());
    evaluations::write(
        &path.join("evaluations.parquet"),
        job,
        driver.ledger(),
        evolution.generation(),
        |record| {
            trials.add(record, job);
            excluded.add(record, &job.fitness);
            exceptions.extend(exception(job, record));
        },
    )?;
    let odds = Odds { trials: evolution.progress().evaluations, variance: trials.variance() };
    // Only now: the tables are as large as the data, and the rows above are gone.
    let problem = prepare()?;
    let problem = problem.borrow();
    let holdout = problem.holdout()?;
    let (mut winner, mut species) = (None, Vec::new());
    let first = evolution.best().map(|b| b.species);
    let island = |species: usize, genome: &[u32]| driver.island(species, genome);
    for s in 0..job.species.len() {
        let recorded = |best: &Best<'_>| driver.recorded(best);
        let found = champion(problem, holdout.as_ref(), evolution, s, odds, &exceptions, recorded, island)?;
        let Some(accounts) = found else { continue };
        species.push(accounts.champion.clone());
        // The account of one species is shown; each is several columns of the length of the data.
        winner = if first == Some(s) { Some(accounts) } else { winner };
    }
    let found = winner.as_ref().filter(|s: &&ChampionAccounts| s.feasible);
    let best = found.map(|s| s.champion.clone());
    let find = found.zip(evolution.best()).and_then(|(accounts, best)| {
        let winner = Winner {
            species: best.species,
            indices: best.genome,
            training: &accounts.training,
            holdout: accounts.holdout.as_ref(),
            deflated_sharpe: accounts.champion.deflated_sharpe,
        };
        let untouched = !job.config.searcher.learns() || evolution.exhausted();
        let among = Among { trials: &trials, distinct: odds.trials, untouched };
        Find::new(problem, holdout.as_ref(), &winner, among, threads(slots))
    });
    let digest = driver.digest().to_string();
    let validation = validate(job, find.as_ref(), windows, &digest)?;
    let state = driver.state();
    let counters = state.counters;
    let unlucky: u64 = windows.windows().unwrap_or_default().iter().map(|w| w.exceptions).sum();
    let front = front_points::front(problem, holdout.as_ref(), evolution, odds, island);
    let among =
        |p: &&front::FrontPoint| !species.iter().any(|c| c.strategy == p.strategy && c.genome == p.genome);
    let further = front.iter().flat_map(|f| &f.points).filter(|p| p.holdout.is_some()).filter(among).count();
    let shown = (species.iter().filter(|c| c.holdout.is_some()).count() + further) as u32;
    let document = ResultDocument {
        schema: SCHEMA.to_owned(),
        job: JobName { namespace: job.namespace.clone(), name: job.name.clone() },
        result_digest: digest.clone(),
        dataset_digest: job.dataset_digest.clone(),
        inputs_digest: job.digest.to_string(),
        engine: ENGINE,
        stopped_by: reason.as_str().to_owned(),
        reproducible: counters.exceptions == 0 && unlucky == 0,
        optimistic: job.execution.fill == Fill::SameClose,
        luck: Luck {
            trials: odds.trials,
            effective_trials: validation.confidence.as_ref().map(|c| c.effective_trials as f64),
            sharpe_variance: odds.variance,
            expected_best_sharpe: expected_best(odds.variance, odds.trials),
            deflated_sharpe: best.as_ref().and_then(|b| b.deflated_sharpe),
            holdout_looks: looks::total(&folder.result(), &digest, shown),
            dataset_holdout_looks: source.holdout_looks,
        },
        validation: Some(validation),
        tests: serde_json::to_value(&job.validation)?,
        best,
        species,
        front,
        archive: archive_points::archive(problem, evolution, odds, island),
        evaluations: Evaluations {
            distinct: odds.trials,
            cached: counters.cached,
            failed: counters.failed,
            exceptions: counters.exceptions,
        },
        excluded: excluded.finish(),
        buy_and_hold: holding(problem, holdout.as_ref())?,
        data: window(problem, source.dataset),
        generations: state.history.clone(),
        exceptions,
        seconds: counters.seconds,
        strategy_bars_per_second: driver.speed().strategy_bars_per_second,
        reproduce: format!("galapagos backtest {}/result.json#1", folder.result().display()),
    };
    let mut json = serde_json::to_vec_pretty(&document)?;
    json.push(b'\n');
    put(&path.join("result.json"), |out| out.write_all(&json))?;
    let names: Vec<&str> = job.species.iter().map(|s| s.name()).collect();
    put(&path.join("generations.csv"), |out| tables::generations(out, &state.history, &names))?;
    if let Some(front) = &document.front {
        put(&path.join("front.csv"), |out| front::table(out, front))?;
        front::write_parquet(&path.join("front.parquet"), job, front)?;
        let picture = crate::pictures::front::svg(front, document.best.as_ref())?;
        put(&path.join("front.svg"), |out| out.write_all(picture.as_bytes()))?;
    }
    if let Some(archive) = &document.archive {
        archive::write_parquet(&path.join("archive.parquet"), job, archive)?;
    }
    for (file, text) in [
        ("champions.yaml", serde_yaml::to_string(&champions(&document))),
        ("job.yaml", serde_yaml::to_string(&job.manifest)),
    ] {
        let text = text.map_err(|source| ResultError::Yaml { file, source })?;
        put(&path.join(file), |out| out.write_all(text.as_bytes()))?;
    }
    put(&path.join(DIGEST), |out| writeln!(out, "{}", document.result_digest))?;
    let objective = job.fitness.objective.name();
    let picture = pictures::fitness_svg(&state.history, objective)?;
    put(&path.join("fitness.svg"), |out| out.write_all(picture.as_bytes()))?;
    if let Some(accounts) = &winner {
        let picture = pictures::equity_svg(accounts, problem.bars())?;
        put(&path.join("equity.svg"), |out| out.write_all(picture.as_bytes()))?;
        let best = path.join("best");
        fs::create_dir(&best).map_err(StorageError::io("create", &best))?;
        let markets =
            (market_of(problem, problem.training()), holdout.as_ref().map(|h| market_of(problem, h)));
        let markets = (&markets.0, markets.1.as_ref());
        put(&best.join("equity.csv"), |out| tables::equity(out, accounts, markets))?;
        let fill = job.execution.fill;
        put(&best.join("trades.csv"), |out| tables::trades(out, accounts, problem.bars(), fill))?;
        put(&best.join("years.csv"), |out| tables::years(out, accounts, problem.bars()))?;
        if let Ok(windows) = windows.windows() {
            put(&best.join("walk_forward.csv"), |out| walk_forward::table(out, job, windows))?;
        }
    }
    // Of the files, so that the same result gives the same page whenever it is asked for.
    let report = page::of(path)?;
    put(&path.join(REPORT), |out| out.write_all(report.as_bytes()))?;
    Ok(document)
}

fn put(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<(), ResultError> {
    let file = File::create(path).map_err(StorageError::io("create", path))?;
    let mut out = BufWriter::new(file);
    write(&mut out).and_then(|()| out.flush()).map_err(StorageError::io("write", path))?;
    Ok(())
}

/// `slots` threads, or one per core for 0.
fn threads(slots: usize) -> usize {
    if slots > 0 { slots } else { std::thread::available_parallelism().map_or(1, NonZero::get) }
}

/// The best of each species, as `population.initial` of another job takes them.
fn champions(document: &ResultDocument) -> Vec<InitialIndividual> {
    document
        .species
        .iter()
        .map(|c| InitialIndividual { strategy: c.strategy.clone(), genome: c.genome.clone() })
        .collect()
}

fn exception(job: &ResolvedJob, record: &Record) -> Option<NamedGenome> {
    let Record::Evaluated { identity, verdict } = record else { return None };
    let species = job.species.iter().find(|s| species_id(s.name()) == identity.species)?;
    verdict.is_exception().then(|| NamedGenome {
        strategy: species.name().to_owned(),
        genome: species.named(&identity.genome).into_iter().collect(),
    })
}

/// The extreme moves of a symbol from row `history` on.
fn outliers(bars: &Bars<'_>, history: usize) -> Vec<DataOutlier> {
    let (times, close) = (&bars.time_ms[history..], &bars.close[history..]);
    let outlier =
        |o: Outlier| DataOutlier { symbol: bars.symbol.to_owned(), time: time(o.time_ms), change: o.change };
    galapagos_market::outliers(times, close).1.into_iter().map(outlier).collect()
}

fn window(problem: &Problem<'_>, dataset: &str) -> DataWindow {
    let (split, dates) = (problem.split(), problem.job().dates);
    let symbols = problem.bars().iter().zip(problem.warm_ups()).zip(&split.training_rows);
    let symbols = symbols.map(|((bars, warm_up), &training)| SymbolWindow {
        symbol: bars.symbol.to_owned(),
        history: warm_up.history as u64,
        rows: (bars.len() - warm_up.history) as u64,
        from: bars.time_ms.get(warm_up.history).map_or_else(String::new, |&ms| time(ms)),
        to: bars.time_ms.last().map_or_else(String::new, |&ms| time(ms)),
        warm_up: (warm_up.first() - warm_up.history) as u64,
        warm_up_species: warm_up.species.clone(),
        training_rows: (training - warm_up.history) as u64,
    });
    DataWindow {
        dataset: dataset.to_owned(),
        bars_per_year: problem.job().execution.bars_per_year,
        from: dates.from_ms.map(time),
        to: dates.to_ms.map(time),
        holdout_from: split.from_ms.map(time),
        holdout_stamps: split.holdout_stamps as u64,
        outliers: problem
            .bars()
            .iter()
            .zip(problem.warm_ups())
            .flat_map(|(b, w)| outliers(b, w.history))
            .collect(),
        symbols: symbols.collect(),
    }
}
