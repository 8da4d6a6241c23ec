//! What is known of the run, as the last event left it, and the report made of it. Pure.

use std::collections::{HashMap, VecDeque};

use galapagos_crds::GeneValue;
use galapagos_engine::ENGINE;
use galapagos_engine::evaluation::{Metric, Metrics};
use galapagos_protocol::bounds::bounded;
use galapagos_protocol::progress::{
    self as wire, Best, Evaluations, Final, Front, Gene, Generation, Provenance, Quarantined, Report,
    WalkForward, Work, Workers,
};
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::run::front_news::{FrontNews, NamedPoint};
use galapagos_run::run::limits::Spent;
use galapagos_run::run::progress::{Pace, RunEvent};
use galapagos_run::run::state::{Counters, GenerationReport};
use galapagos_run::storage::digest::Digest;

use super::dispatcher::DispatchStatus;

/// Generations that a report has.
const HISTORY: usize = 20;
/// Individuals set aside that a report has.
const QUARANTINED: usize = 10;
/// Damaged checkpoints that a report has.
const FALLBACKS: usize = 10;

/// The state of a run between two events.
#[derive(Clone, Debug)]
pub struct Live {
    epoch: u64,
    population: u32,
    inputs: String,
    dataset: String,
    generation: u32,
    generations: u32,
    /// Individuals of the present generation with an answer.
    done: u64,
    settled: u64,
    distinct: u64,
    counters: Counters,
    /// What the windows of walk-forward cost beside the job itself, in runs of it; 0: it has none.
    windows_cost: f64,
    /// What they have taken so far.
    windows_spent: Spent,
    /// How far they are, once they evolve.
    walk_forward: Option<WalkForward>,
    digest: Option<Digest>,
    best: Option<Best>,
    /// Of a job with several objectives, once this attempt has finished a generation.
    front: Option<Front>,
    history: VecDeque<GenerationReport>,
    quarantined: VecDeque<Quarantined>,
    fallbacks: Vec<String>,
    eta: Option<f64>,
    ended: Option<Final>,
    message: String,
    /// Its generations are over.
    testing: bool,
}

impl Live {
    /// Before the run begins.
    pub fn new(job: &ResolvedJob, epoch: u64) -> Live {
        Live {
            epoch,
            population: job.config.population,
            inputs: job.digest.to_string(),
            dataset: job.dataset_digest.clone(),
            generation: 0,
            generations: job.stop.generations,
            done: 0,
            settled: 0,
            distinct: 0,
            counters: Counters::default(),
            windows_cost: 0.0,
            windows_spent: Spent::default(),
            walk_forward: None,
            digest: None,
            best: None,
            front: None,
            history: VecDeque::new(),
            quarantined: VecDeque::new(),
            fallbacks: Vec::new(),
            eta: None,
            ended: None,
            message: String::new(),
            testing: false,
        }
    }

    /// What an attempt finds: everything of the attempts before it.
    pub fn resume(&mut self, history: &[GenerationReport], counters: Counters, digest: Digest) {
        self.history = history.iter().rev().take(HISTORY).rev().cloned().collect();
        self.settled = history.iter().map(evaluated).sum();
        self.distinct = history.last().map_or(0, |g| g.distinct);
        self.generation = history.len() as u32;
        (self.counters, self.digest) = (counters, Some(digest));
    }

    /// The job has windows of walk-forward, which cost so many runs of it and have taken so much by now.
    pub fn plan_windows(&mut self, cost: f64, spent: Spent) {
        (self.windows_cost, self.windows_spent) = (cost, spent);
    }

    /// Takes an event in. True if people want to know at once.
    pub fn observe(&mut self, event: &RunEvent<'_>) -> bool {
        match event {
            RunEvent::Started { done, generations, .. } => {
                (self.generation, self.generations) = (*done, *generations);
                true
            }
            RunEvent::Evaluated { done, .. } => {
                self.done = *done as u64;
                false
            }
            RunEvent::Generation { report, pace, best, metrics, front, counters, digest, .. } => {
                self.walk_forward = None;
                self.finished(report, pace, **counters, *digest);
                self.best = best_of(report, best, *metrics);
                self.front = front.map(front_of);
                true
            }
            RunEvent::Quarantined { strategy, genome, problem } => {
                let genome = genes(*genome);
                let strategy = (*strategy).to_owned();
                self.quarantined.push_back(Quarantined { strategy, genome, problem: problem.clone() });
                if self.quarantined.len() > QUARANTINED {
                    self.quarantined.pop_front();
                }
                true
            }
            RunEvent::Fallback(text) => {
                self.fallbacks.push(text.clone());
                self.fallbacks.truncate(FALLBACKS);
                true
            }
            &RunEvent::Window { done, windows, generation, generations, spent } => {
                let (done, windows) = (done as u32, windows as u32);
                self.walk_forward = Some(WalkForward { done, windows, generation, generations });
                self.windows_spent = spent;
                self.eta = None;
                true
            }
            // For the log.
            RunEvent::Testing => {
                self.testing = true;
                true
            }
            RunEvent::Warning(_) => false,
        }
    }

    fn finished(&mut self, report: &GenerationReport, pace: &Pace, counters: Counters, digest: Digest) {
        self.generation = report.generation + 1;
        self.generations = pace.generations;
        self.done = 0;
        self.settled += evaluated(report);
        self.distinct = report.distinct;
        (self.counters, self.digest, self.eta) = (counters, Some(digest), pace.eta_seconds);
        self.history.push_back(report.clone());
        if self.history.len() > HISTORY {
            self.history.pop_front();
        }
    }

    /// The limits have changed.
    pub fn set_generations(&mut self, generations: u32) {
        self.generations = generations;
    }

    /// What a person should know now; true if it is new.
    pub fn say(&mut self, message: String) -> bool {
        let new = self.message != message;
        self.message = message;
        new
    }

    fn message_of_now(&self) -> String {
        let tests = self.testing && self.ended.is_none() && self.message.is_empty();
        if tests { "testing the winner".to_owned() } else { self.message.clone() }
    }

    /// The run is over; `best` as its result has it.
    pub fn end(&mut self, ended: Final, best: Option<Best>) {
        self.best = best.or(self.best.take());
        self.ended = Some(ended);
        self.message.clear();
    }

    /// The whole as a message.
    pub fn report(&self, sequence: u64, standing: &DispatchStatus, busy_seconds: f64) -> Report {
        let left = u64::from(self.generations.saturating_sub(self.generation));
        // While windows evolve, others of them go on when a generation of one is over.
        let last = left <= 1 && self.walk_forward.is_none_or(|w| w.generation + 1 >= w.generations);
        let width = match (standing.width, last) {
            (0, _) => self.population,
            (_, true) => standing.open as u32,
            (width, false) => width as u32,
        };
        bounded(Report {
            sequence,
            epoch: self.epoch,
            generation: self.generation,
            generations: self.generations,
            population: self.population,
            evaluations: Some(Evaluations {
                completed: self.settled + self.done,
                distinct: self.distinct,
                cached: self.counters.cached,
                failed: self.counters.failed,
                quarantined: self.counters.exceptions,
                per_second: self.per_second(),
            }),
            workers: Some(Workers {
                ready: standing.workers as u32,
                slots: standing.slots as u32,
                busy: standing.busy as u32,
                busy_seconds,
                worker_seconds: self.counters.worker_seconds + self.windows_spent.worker_seconds,
            }),
            best: self.best.clone(),
            history: self.history.iter().map(generation).collect(),
            eta_seconds: self.eta,
            work: Some(Work {
                width,
                seconds_per_individual: standing.seconds_per_individual,
                remaining: standing.open as u64
                    + left.saturating_sub(1) * u64::from(self.population)
                    + self.remaining_of_windows(),
            }),
            provenance: Some(Provenance {
                inputs_digest: self.inputs.clone(),
                dataset_digest: self.dataset.clone(),
                generation_digest: self.digest.map(|d| d.to_string()).unwrap_or_default(),
                engine: ENGINE,
                reproducible: self.counters.exceptions == 0,
            }),
            quarantined: self.quarantined.iter().cloned().collect(),
            r#final: self.ended.clone(),
            message: self.message_of_now(),
            fallbacks: self.fallbacks.clone(),
            walk_forward: self.walk_forward,
            front: self.front.clone(),
        })
    }

    /// Individuals that windows still have to evaluate beside those that are open: while they evolve their own, before as
    /// many of the job's as cost the same.
    fn remaining_of_windows(&self) -> u64 {
        let population = u64::from(self.population);
        match self.walk_forward {
            Some(w) => {
                let left = w.generations.saturating_sub(w.generation).saturating_sub(1);
                u64::from(w.windows - w.done) * u64::from(left) * population
            }
            None => (self.windows_cost * f64::from(self.generations) * population as f64) as u64,
        }
    }

    /// Distinct evaluations a second over the generations of the report.
    fn per_second(&self) -> f64 {
        let seconds: f64 = self.history.iter().map(|g| g.seconds).sum();
        let count: u64 = self.history.iter().map(|g| evaluated(g).saturating_sub(u64::from(g.cached))).sum();
        if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
    }
}

/// Individuals of a generation.
fn evaluated(report: &GenerationReport) -> u64 {
    u64::from(report.feasible) + u64::from(report.infeasible) + u64::from(report.failed)
}

fn generation(report: &GenerationReport) -> Generation {
    Generation {
        generation: report.generation,
        best: report.best,
        median: report.median,
        spread: report.spread,
        diversity: report.diversity,
        seconds: report.seconds,
        front: report.front,
        hypervolume: report.hypervolume,
    }
}

fn best_of(
    report: &GenerationReport,
    genome: &[(String, GeneValue)],
    metrics: Option<&Metrics>,
) -> Option<Best> {
    Some(Best {
        strategy: report.strategy.clone()?,
        genome: genes(genome),
        fitness: report.best?,
        metrics: metrics.map(named).unwrap_or_default(),
        holdout: Default::default(),
    })
}

fn front_of(news: &FrontNews) -> Front {
    let point = |point: &NamedPoint| wire::NamedPoint {
        name: point.name.clone(),
        strategy: point.strategy.clone(),
        genome: genes(&point.genome),
        values: point.values.iter().cloned().collect(),
    };
    Front {
        count: news.count,
        hypervolume: news.hypervolume,
        points: news.points.iter().map(point).collect(),
    }
}

/// The metrics that have a value, by name.
fn named(metrics: &Metrics) -> HashMap<String, f64> {
    Metric::ALL.into_iter().filter_map(|m| Some((m.name().to_owned(), metrics.get(m)?))).collect()
}

/// The genes of a genome as the messages have them: name and value as text.
pub fn genes<'a>(genome: impl IntoIterator<Item = &'a (String, GeneValue)>) -> Vec<Gene> {
    let gene = |(name, value): &(String, GeneValue)| Gene { name: name.clone(), value: value.to_string() };
    genome.into_iter().map(gene).collect()
}
