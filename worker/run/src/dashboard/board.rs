//! What is known of a run while it goes on: the driver's events, as the page shows them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use galapagos_crds::GeneValue;
use galapagos_engine::ENGINE;
use galapagos_engine::evaluation::{Metric, Metrics};

use super::events::{Events, bounded};
use super::moment::Moment;
use super::series::Series;
use super::view::{
    BestView, Counts, EndView, EventView, FrontView, JobView, Kind, PointView, SpeciesView, State, View,
    WindowsView,
};
use super::work::WorkLog;
use crate::job::resolve::ResolvedJob;
use crate::results::document::ResultDocument;
use crate::run::front_news::{FrontNews, NamedPoint};
use crate::run::progress::{Pace, RunEvent};
use crate::run::state::GenerationReport;

/// Symbols that are named.
const SYMBOLS: usize = 8;
/// Characters of a name.
const NAME: usize = 256;
/// Genes and points that are shown.
const MANY: usize = 64;

/// A run that pages show; clones of the `Arc` are for who tells and for who serves.
#[derive(Debug)]
pub struct Dashboard {
    board: Mutex<Board>,
    work: Arc<WorkLog>,
}

impl Dashboard {
    /// Before the run begins. `work`: who evaluates.
    pub fn new(job: &ResolvedJob, work: Arc<WorkLog>) -> Arc<Dashboard> {
        work.of_run(&job.digest.to_string());
        let names = job.species.iter().map(|species| bounded(species.name(), NAME)).collect();
        let board = Board::new(job_view(job), names, job.stop.generations, Moment::now());
        Arc::new(Dashboard { board: Mutex::new(board), work })
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        // It is for people alone: nothing is decided by it.
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what the driver reports.
    pub fn observe(&self, event: &RunEvent<'_>) {
        let now = Moment::now();
        let said = self.board().observe(event, now);
        if let RunEvent::Generation { report, .. } = event {
            self.work.generation(report.generation, report.seconds, now);
        }
        said.iter().for_each(|text| self.work.mark(text, now));
    }

    /// What a person should know now; empty: nothing.
    pub fn say(&self, message: &str) {
        let mut board = self.board();
        if board.view.message != message {
            board.view.message = bounded(message, 1024);
        }
    }

    /// The run is over, and this is its result; `place`: where it is.
    pub fn finish(&self, result: &ResultDocument, place: &str) {
        let validation = result.validation.as_ref();
        let end = EndView {
            validated: validation.map(|v| v.validated.clone()).unwrap_or_default(),
            summary: validation.map(|v| v.summary.clone()).unwrap_or_default(),
            result_digest: result.result_digest.clone(),
            place: bounded(place, 4096),
        };
        self.board().end(State::Finished, end, Moment::now());
    }

    /// The run has left without a result: for good, or until it is continued. `why` in a sentence, `place`: what to do.
    pub fn leave(&self, state: State, why: &str, place: &str) {
        let end = EndView { summary: bounded(why, 1024), place: bounded(place, 4096), ..EndView::default() };
        self.board().end(state, end, Moment::now());
    }

    /// What a page shows now. `queued`: individuals that no worker holds, where that is known.
    pub fn view(&self, queued: Option<u64>) -> View {
        let now = Moment::now();
        let (work, per_second) = self.work.view(now);
        let (events, count) = self.work.events();
        let mut view = self.board().view(now, events, count);
        view.work = work;
        view.work.queued = queued;
        view.per_second = per_second;
        view
    }

    /// The timeline as a file.
    pub fn timeline(&self) -> String {
        self.work.timeline(Moment::now())
    }

    /// Who evaluates.
    pub fn work(&self) -> &Arc<WorkLog> {
        &self.work
    }

    /// Whether the page shows how it ended.
    pub fn has_ended(&self) -> bool {
        self.board().view.end.is_some()
    }
}

/// The same without a lock or a clock.
#[derive(Debug)]
struct Board {
    /// What does not change from look to look.
    view: View,
    events: Events,
    /// When the seconds until the end were told.
    told: Moment,
}

impl Board {
    fn new(job: JobView, species: Vec<String>, generations: u32, now: Moment) -> Board {
        let species = species.into_iter().map(|name| SpeciesView { name, quota: None, best: None });
        let view = View {
            version: env!("CARGO_PKG_VERSION"),
            job,
            state: State::Preparing,
            message: String::new(),
            time: now.milliseconds(),
            started: now.milliseconds(),
            generation: 0,
            generations,
            individuals: 0,
            walk_forward: None,
            eta_seconds: None,
            per_second: 0.0,
            strategy_bars_per_second: None,
            evaluations: Counts::default(),
            best: None,
            history: Series::default(),
            species: species.collect(),
            front: None,
            work: Default::default(),
            events: Vec::new(),
            event_count: 0,
            end: None,
        };
        Board { view, events: Events::default(), told: now }
    }

    /// Takes an event in; what of it belongs on a timeline.
    fn observe(&mut self, event: &RunEvent<'_>, now: Moment) -> Option<String> {
        let view = &mut self.view;
        match event {
            RunEvent::Started { done, generations, history, .. } => {
                (view.generation, view.generations) = (*done, *generations);
                view.state = State::Running;
                if *done == 0 {
                    return self.say(Kind::Run, format!("the run begins: {generations} generations"), now);
                }
                // More generations may have been asked for behind windows: what was drawn is drawn anew.
                view.history = Series::of(history);
                if let Some(last) = history.last() {
                    view.evaluations.distinct = last.distinct;
                    quotas(view, last);
                }
                self.say(Kind::Run, format!("the run goes on after generation {}", done - 1), now)
            }
            RunEvent::Evaluated { done, .. } => {
                view.individuals = u32::try_from(*done).unwrap_or(u32::MAX);
                view.state = State::Running;
                None
            }
            RunEvent::Generation { report, pace, best, metrics, front, counters, species, .. } => {
                self.told = now;
                progress(view, report, pace);
                view.evaluations = Counts {
                    distinct: report.distinct,
                    cached: counters.cached,
                    failed: counters.failed,
                    set_aside: counters.exceptions,
                };
                for (shown, best) in view.species.iter_mut().zip(*species) {
                    shown.best = *best;
                }
                view.front = front.map(front_view);
                let before = view.best.take();
                let found = best_view(report, best, *metrics, before.as_ref());
                let is_new = before.as_ref().map(|b| (&b.strategy, &b.genome))
                    != found.as_ref().map(|b| (&b.strategy, &b.genome));
                let text =
                    found.as_ref().filter(|_| is_new).map(|b| better(b, before.as_ref(), report.generation));
                view.best = found;
                self.say(Kind::Best, text?, now)
            }
            &RunEvent::Window { done, windows, generation, generations, .. } => {
                view.state = State::WalkForward;
                view.eta_seconds = None;
                view.individuals = 0;
                let before = view.walk_forward;
                let (done, windows) = (done as u32, windows as u32);
                view.walk_forward = Some(WindowsView { done, windows, generation, generations });
                if before.is_none_or(|before| before.done != done) {
                    let text = format!("walk-forward: {done} of {windows} windows are done");
                    return self.say(Kind::Run, text, now);
                }
                None
            }
            RunEvent::Testing => {
                view.state = State::Testing;
                (view.eta_seconds, view.individuals) = (None, 0);
                self.say(Kind::Run, "the winner is tested".to_owned(), now)
            }
            RunEvent::Quarantined { strategy, genome, problem } => {
                let genes: Vec<String> =
                    genome.iter().map(|(name, value)| format!("{name}={value}")).collect();
                self.say(Kind::Warning, format!("set aside: {strategy} {}: {problem}", genes.join(" ")), now)
            }
            RunEvent::Fallback(text) | RunEvent::Warning(text) => self.say(Kind::Warning, text.clone(), now),
        }
    }

    fn say(&mut self, kind: Kind, text: String, now: Moment) -> Option<String> {
        self.events.push(now, kind, &text);
        Some(text)
    }

    fn end(&mut self, state: State, end: EndView, now: Moment) {
        let (kind, text) = match state {
            State::Finished => (Kind::Run, format!("the result is there: {}", end.summary)),
            State::Failed => (Kind::Warning, format!("the run failed: {}", end.summary)),
            _ => (Kind::Run, end.summary.clone()),
        };
        self.say(kind, text, now);
        self.view.state = state;
        self.view.end = Some(end);
        self.view.message.clear();
        self.view.eta_seconds = None;
    }

    fn view(&self, now: Moment, others: Vec<EventView>, count: u64) -> View {
        let mut view = self.view.clone();
        view.time = now.milliseconds();
        view.eta_seconds = view.eta_seconds.map(|eta| (eta - now.since(self.told)).max(0.0));
        view.events = self.events.iter().cloned().chain(others).collect();
        view.events.sort_by_key(|event| event.time);
        let more = view.events.len().saturating_sub(super::events::KEPT);
        view.events.drain(..more);
        view.event_count = self.events.count() + count;
        view
    }
}

fn job_view(job: &ResolvedJob) -> JobView {
    let data = &job.manifest.spec.market_data;
    let short = |text: &str| bounded(text, NAME);
    JobView {
        namespace: short(&job.namespace),
        name: short(&job.name),
        objectives: job.fitness.objectives().map(|(measure, _)| short(measure.name())).collect(),
        population: job.config.population,
        dataset: short(&data.dataset),
        symbols: data.symbols.iter().take(SYMBOLS).map(|s| short(s)).collect(),
        symbol_count: data.symbols.len(),
        interval: short(&data.interval),
        inputs_digest: job.digest.to_string(),
        engine: ENGINE,
    }
}

fn progress(view: &mut View, report: &GenerationReport, pace: &Pace) {
    view.walk_forward = None;
    view.generation = report.generation + 1;
    view.generations = pace.generations;
    view.state = State::Running;
    view.individuals = 0;
    view.eta_seconds = pace.eta_seconds;
    view.strategy_bars_per_second = Some(pace.strategy_bars_per_second);
    view.history.push(report);
    quotas(view, report);
}

fn quotas(view: &mut View, report: &GenerationReport) {
    for (species, quota) in view.species.iter_mut().zip(&report.quotas) {
        species.quota = Some(*quota);
    }
}

/// The genes of a genome: name and value.
pub(super) fn genes<'a>(genome: impl IntoIterator<Item = &'a (String, GeneValue)>) -> Vec<(String, String)> {
    let gene = |(name, value): &(String, GeneValue)| (bounded(name, NAME), bounded(&value.to_string(), NAME));
    genome.into_iter().take(MANY).map(gene).collect()
}

fn best_view(
    report: &GenerationReport,
    genome: &[(String, GeneValue)],
    metrics: Option<&Metrics>,
    before: Option<&BestView>,
) -> Option<BestView> {
    let strategy = report.strategy.as_deref()?;
    let genome = genes(genome);
    let same = before.filter(|b| b.strategy == strategy && b.genome == genome);
    let named = |m: &Metrics| {
        Metric::ALL
            .into_iter()
            .filter_map(|metric| Some((metric.name().to_owned(), m.get(metric)?)))
            .collect()
    };
    Some(BestView {
        strategy: bounded(strategy, NAME),
        fitness: report.best,
        genome,
        metrics: metrics.map(named).unwrap_or_default(),
        since: same.map_or(Some(report.generation), |b| b.since),
    })
}

fn better(found: &BestView, before: Option<&BestView>, generation: u32) -> String {
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.4}"));
    let was = before.map_or_else(String::new, |b| format!(", before {}", number(b.fitness)));
    format!("generation {generation}: best {} by {}{was}", number(found.fitness), found.strategy)
}

fn front_view(news: &FrontNews) -> FrontView {
    let point = |point: &NamedPoint| PointView {
        name: bounded(&point.name, NAME),
        strategy: bounded(&point.strategy, NAME),
        genome: genes(&point.genome),
        values: point.values.iter().map(|(_, value)| Some(*value).filter(|v| v.is_finite())).collect(),
    };
    FrontView {
        count: news.count,
        hypervolume: news.hypervolume,
        points: news.points.iter().take(MANY).map(point).collect(),
    }
}

#[cfg(test)]
mod tests;
