//! The loop of a run: ask for a generation, take what is known from the ledgers, have the rest evaluated, tell,
//! extend the digest chain, checkpoint. It does not know how evaluation happens.
//!
//! A kill at any instant costs at most the individuals under way and ten milliseconds of evaluation: answers are in the ledger
//! before the next ones are waited for, unless the generation has just begun, and a checkpoint follows each generation. The last
//! answers of a generation are written while the next is bred. Generations of a few milliseconds share the flushing of both.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use galapagos_engine::ENGINE;
use galapagos_engine::evaluation::Evaluation;
use galapagos_genetics::{self as genetics, Best, Candidate, Evolution, Generation};

mod answers;
mod save;
mod tell;

use save::Boundary;

pub use super::ended::{Ended, RunError};
use super::evaluator::{Evaluator, Task};
use super::front_news::FrontNews;
use super::history::HistoryText;
use super::known::{Asked, KnownResults};
use super::limits::Limits;
use super::progress::{Observer, Pace, RunEvent};
use super::resume::{OTHER_CONFIGURATION, resume};
use super::speed::Speed;
use super::state::{DriverState, GenerationReport};
use super::verdict_summary::VerdictSummary;
use crate::job::resolve::ResolvedJob;
use crate::run::ended::Completion;
use crate::storage::checkpoint;
use crate::storage::digest::Chain;
use crate::storage::ledger::Ledger;
use crate::storage::run_folder::RunFolder;
use crate::storage::saves::Saves;

/// A run at a generation boundary.
pub struct Driver<'a> {
    job: &'a ResolvedJob,
    folder: &'a RunFolder,
    known: KnownResults,
    evolution: Evolution,
    chain: Chain,
    state: DriverState,
    history: HistoryText,
    saves: Saves,
    /// The boundary that was reached last, until it is on disk.
    unsaved: Option<Boundary>,
    /// When the generation under way began.
    boundary: Instant,
    price_per_second: Option<f64>,
    bars: u64,
    pace: Speed,
    limits: Arc<Mutex<Limits>>,
    /// Share of the clock that is this run's: others evaluate on the same slots.
    share: f64,
    /// Threads that breed.
    threads: usize,
}

impl<'a> Driver<'a> {
    /// Opens the ledgers and continues from the newest checkpoint that checks, or begins. `bars` is what one
    /// evaluation looks at; `price_per_second` makes `stop.maxCost` work.
    ///
    /// # Errors
    /// The folder cannot be read or written, or the job is not one that genetics accepts.
    pub fn open(
        job: &'a ResolvedJob,
        folder: &'a RunFolder,
        bars: u64,
        price_per_second: Option<f64>,
        observer: &mut dyn Observer,
    ) -> Result<Driver<'a>, RunError> {
        let (mut known, warning) = KnownResults::open(job, folder)?;
        if let Some(warning) = warning {
            observer.observe(RunEvent::Fallback(warning.to_string()));
        }
        let mut resumed = None;
        let mut warnings = Vec::new();
        checkpoint::load_newest(&folder.checkpoints(), ENGINE, &mut warnings, |c| {
            resumed = Some(resume(job, known.ledger(), c)?);
            Ok(())
        })?;
        warnings.iter().for_each(|w| observer.observe(RunEvent::Fallback(w.to_string())));
        folder.check_epoch()?;
        if resumed.is_none() && warnings.iter().any(|w| w.problem == OTHER_CONFIGURATION) {
            // At the positions of its records stand individuals that this run asks for elsewhere or never.
            drop(known);
            folder.set_ledger_aside()?;
            (known, _) = KnownResults::open(job, folder)?;
        }
        checkpoint::remove_refused(&warnings)?;
        let (evolution, chain, state) = match resumed {
            Some(found) => found,
            None => {
                let evolution = Evolution::new(job.config.clone(), job.genetic_species())?;
                (evolution, Chain::start(&job.digest), DriverState::default())
            }
        };
        let pace = Speed::default();
        let history = HistoryText::new(&state.history)?;
        Ok(Driver {
            job,
            folder,
            known,
            evolution,
            chain,
            state,
            history,
            saves: Saves::new(folder.checkpoints()),
            unsaved: None,
            boundary: Instant::now(),
            price_per_second,
            bars,
            pace,
            limits: Arc::new(Mutex::new(Limits::for_job(job))),
            share: 1.0,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        })
    }

    /// Counts this share of the time that passes: the rest is that of others on the same slots.
    pub fn share_time(&mut self, share: f64) {
        self.share = share;
    }

    /// The limits that the next generation boundary looks at. No breeding depends on them.
    pub fn limits(&self) -> Arc<Mutex<Limits>> {
        Arc::clone(&self.limits)
    }

    fn limits_now(&self) -> Limits {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs until a stop rule holds or `interrupt` rises.
    ///
    /// # Errors
    /// [`RunError`]; everything before it is on disk.
    pub fn run(
        &mut self,
        evaluator: &mut dyn Evaluator,
        observer: &mut dyn Observer,
        interrupt: &AtomicBool,
    ) -> Result<Ended, RunError> {
        // What has passed since the last call, or since the run was opened, is no generation's.
        self.boundary = Instant::now();
        let species: Vec<String> = self.job.species.iter().map(|s| s.name().to_owned()).collect();
        let generations = self.limits_now().stop.generations;
        observer.observe(RunEvent::Started {
            done: self.evolution.generation(),
            generations,
            species: &species,
            history: &self.state.history,
        });
        loop {
            if let Some(ended) = self.ended(interrupt) {
                self.settle(observer)?;
                return Ok(ended);
            }
            let generation = self.next(observer)?;
            // Whoever hears of a boundary may end the run there.
            if let Some(ended) = self.ended(interrupt) {
                self.settle(observer)?;
                return Ok(ended);
            }
            let finished = self.generation(generation, evaluator, observer, interrupt);
            if !matches!(finished, Ok(true)) {
                let written = self.known.give_up();
                finished?;
                written?;
                self.settle(observer)?;
                return Ok(Ended::Interrupted);
            }
        }
    }

    /// How the run ends at this boundary, if it does.
    fn ended(&self, interrupt: &AtomicBool) -> Option<Ended> {
        let stopped = self.stopped().map(Ended::Finished);
        stopped.or_else(|| interrupt.load(Ordering::Relaxed).then_some(Ended::Interrupted))
    }

    /// The rule that ends the run at this boundary, if any.
    fn stopped(&self) -> Option<Completion> {
        self.limits_now().reached(&self.state, self.job.fitness.stop_goal(), self.price_per_second)
    }

    /// One generation; false if it was interrupted before its end.
    fn generation(
        &mut self,
        generation: Generation,
        evaluator: &mut dyn Evaluator,
        observer: &mut dyn Observer,
        interrupt: &AtomicBool,
    ) -> Result<bool, RunError> {
        let candidates = generation.candidates;
        let mut verdicts: Vec<Option<VerdictSummary>> = vec![None; candidates.len()];
        let summary = VerdictSummary::under(&self.job.fitness);
        let asked = Asked { generation: generation.index, candidates: &candidates };
        let mut tasks = Vec::new();
        for index in (0..candidates.len()).filter(|&i| !candidates[i].known) {
            verdicts[index] = self.known.remembered(asked.position(index))?.as_ref().map(&summary);
            match verdicts[index] {
                Some(_) => self.pace.reused += 1,
                None => tasks.push(task(index, &candidates[index])),
            }
        }
        let evaluation = Instant::now();
        self.evaluate(asked, tasks, &mut verdicts, evaluator, observer, interrupt)?;
        self.pace.seconds += evaluation.elapsed().as_secs_f64();
        // Duplicates last: what they repeat may be of this very generation.
        let known: Vec<usize> = (0..candidates.len()).filter(|&i| candidates[i].known).collect();
        let mut again = Vec::new();
        for &index in &known {
            verdicts[index] = self.known.repeated(asked.position(index))?.as_ref().map(&summary);
            if verdicts[index].is_none() {
                again.push(task(index, &candidates[index]));
            }
        }
        if !again.is_empty() {
            // What was evaluated so far waits for these.
            self.known.flush()?;
        }
        self.evaluate(asked, again, &mut verdicts, evaluator, observer, interrupt)?;
        let Some(verdicts) = verdicts.into_iter().collect::<Option<Vec<VerdictSummary>>>() else {
            return Ok(false);
        };
        self.finish(generation.index, candidates, verdicts, evaluator.workers())?;
        Ok(true)
    }

    fn finish(
        &mut self,
        generation: u32,
        candidates: Arc<[Candidate]>,
        verdicts: Vec<VerdictSummary>,
        workers: f64,
    ) -> Result<(), RunError> {
        let summary = self.evolution.tell(&verdicts.iter().map(|t| t.outcome).collect::<Vec<_>>())?;

        let best = self.evolution.best();
        let feasible = best.filter(|b| b.outcome.class == genetics::Class::Feasible);
        let now = Instant::now();
        let seconds = now.duration_since(self.boundary).as_secs_f64();
        self.boundary = now;
        let report = GenerationReport {
            generation,
            best: summary.best,
            strategy: feasible.map(|b| self.job.species[b.species].name().to_owned()),
            median: summary.median,
            spread: summary.spread,
            diversity: summary.diversity,
            feasible: summary.feasible,
            infeasible: summary.infeasible,
            failed: summary.failed,
            cached: summary.known,
            distinct: summary.evaluations,
            quotas: self.evolution.quotas(),
            seconds,
            front: summary.front,
            hypervolume: summary.hypervolume,
        };
        let counters = &mut self.state.counters;
        counters.cached += u64::from(summary.known);
        counters.failed += u64::from(summary.failed);
        let new = candidates.iter().zip(&verdicts).filter(|(c, t)| !c.known && t.is_exception());
        counters.exceptions += new.count() as u64;
        counters.seconds += seconds * self.share;
        counters.worker_seconds += seconds * self.share * workers;
        self.state.exhausted = summary.exhausted;
        self.history.push(&report)?;
        self.state.history.push(report);
        self.pace.generations += 1;
        self.pace.elapsed += seconds;
        let genetics = self.evolution.state();
        self.unsaved = Some(Boundary { generation, candidates, verdicts, genetics });
        Ok(())
    }

    fn pace(&self) -> Pace {
        self.pace.report(self.bars, self.limits_now().stop.generations, self.evolution.generation())
    }

    /// The evolution at this boundary.
    pub fn evolution(&self) -> &Evolution {
        &self.evolution
    }

    /// The digest chain at this boundary.
    pub fn digest(&self) -> crate::storage::digest::Digest {
        self.chain.digest()
    }

    /// History and counters, as a checkpoint keeps them.
    pub fn state(&self) -> &DriverState {
        &self.state
    }

    /// The ledger: every distinct evaluation of the run.
    pub fn ledger(&self) -> &Ledger {
        self.known.ledger()
    }

    /// The evaluation of an individual, as the ledger has it.
    pub fn recorded(&self, best: &Best<'_>) -> Option<Box<Evaluation>> {
        self.known.evaluation(best)
    }

    /// The island that asked for an individual first, from 0; `None`: the population is not divided, or the ledger does not
    /// know.
    pub fn island(&self, species: usize, genome: &[u32]) -> Option<u32> {
        self.known.island(species, genome)
    }

    /// The pace of this process.
    pub fn speed(&self) -> Pace {
        self.pace()
    }
}

fn task(index: usize, candidate: &Candidate) -> Task {
    Task { index, species: candidate.species, genome: candidate.genome.clone() }
}
