//! What a page about a run shows: plain data, as `/api/v1/run` has it in JSON. Times are milliseconds since 1970 UTC, durations
//! seconds; what is not known is null.

use serde::Serialize;

use super::series::Series;

/// Workers that are shown; of more the others are counted.
pub const WORKERS: usize = 200;

/// A run as a page shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct View {
    /// Version of the program.
    pub version: &'static str,
    /// What is run.
    pub job: JobView,
    /// How far it is.
    pub state: State,
    /// What a person should know now; empty: nothing.
    pub message: String,
    /// When this was true.
    pub time: u64,
    /// When this process began with it.
    pub started: u64,
    /// Finished generations.
    pub generation: u32,
    /// Generations of the job.
    pub generations: u32,
    /// Individuals of the present generation that have a result.
    pub individuals: u32,
    /// Its windows of walk-forward, while they evolve.
    pub walk_forward: Option<WindowsView>,
    /// Seconds until the last generation at the present pace.
    pub eta_seconds: Option<f64>,
    /// Individuals a second over the last ten seconds.
    pub per_second: f64,
    /// Distinct evaluations x rows x symbols a second.
    pub strategy_bars_per_second: Option<f64>,
    /// Counters of the run.
    pub evaluations: Counts,
    /// The best individual so far.
    pub best: Option<BestView>,
    /// The generations.
    pub history: Series,
    /// The species, in the order of the manifest.
    pub species: Vec<SpeciesView>,
    /// Of several objectives what no individual dominates.
    pub front: Option<FrontView>,
    /// Who evaluates.
    pub work: WorkView,
    /// What happened lately, oldest first.
    pub events: Vec<EventView>,
    /// How many events there were.
    pub event_count: u64,
    /// How it ended.
    pub end: Option<EndView>,
}

/// What is run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct JobView {
    /// Namespace; `local` on one machine.
    pub namespace: String,
    /// Name of the job.
    pub name: String,
    /// Names of the objectives, the first first.
    pub objectives: Vec<String>,
    /// Individuals of a generation.
    pub population: u32,
    /// Name of the dataset.
    pub dataset: String,
    /// The first of its symbols ...
    pub symbols: Vec<String>,
    /// ... and how many there are.
    pub symbol_count: usize,
    /// Length of a bar, as in the manifest.
    pub interval: String,
    /// Digest of the inputs.
    pub inputs_digest: String,
    /// Number of the engine.
    pub engine: u32,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It has not begun.
    #[default]
    Preparing,
    /// Generations follow each other.
    Running,
    /// The windows of its walk-forward evolve.
    WalkForward,
    /// Its generations are over: the winner is tested and the result written.
    Testing,
    /// Its result is there.
    Finished,
    /// It cannot have a result.
    Failed,
    /// It was asked to leave; the same command, or the next attempt, goes on.
    Interrupted,
}

/// How far the windows of walk-forward are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct WindowsView {
    /// Windows that are done.
    pub done: u32,
    /// All of them.
    pub windows: u32,
    /// Generations that are done in the window that is furthest behind.
    pub generation: u32,
    /// Generations of each.
    pub generations: u32,
}

/// Counters of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Distinct individuals evaluated.
    pub distinct: u64,
    /// Individuals that had been asked for before.
    pub cached: u64,
    /// Individuals without a usable account.
    pub failed: u64,
    /// Individuals that no attempt could evaluate.
    pub set_aside: u64,
}

/// The best individual so far.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BestView {
    /// Name of its strategy.
    pub strategy: String,
    /// Value of the first objective.
    pub fitness: Option<f64>,
    /// Its genes: name and value.
    pub genome: Vec<(String, String)>,
    /// Metrics of the training rows that have a value.
    pub metrics: Vec<(String, f64)>,
    /// Generation that found it; `None`: an earlier attempt did.
    pub since: Option<u32>,
}

/// One species.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpeciesView {
    /// Name of the strategy.
    pub name: String,
    /// Individuals that it may ask for next.
    pub quota: Option<u32>,
    /// Its best feasible fitness; `None` with several objectives too.
    pub best: Option<f64>,
}

/// A front in short.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FrontView {
    /// Individuals that no other dominates.
    pub count: u32,
    /// The volume that they dominate.
    pub hypervolume: f64,
    /// The knee, then the best of each objective.
    pub points: Vec<PointView>,
}

/// An individual of a front.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PointView {
    /// `knee`, or the objective that it is the best of.
    pub name: String,
    /// Name of its strategy.
    pub strategy: String,
    /// Its genes: name and value.
    pub genome: Vec<(String, String)>,
    /// The objectives, in their order.
    pub values: Vec<Option<f64>>,
}

/// Who evaluates, and what is with them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WorkView {
    /// The workers that are there, in the order of coming.
    pub workers: Vec<WorkerView>,
    /// How many more there are.
    pub more: usize,
    /// Slots of all of them.
    pub slots: u32,
    /// Slots with a batch.
    pub busy: u32,
    /// Batches with workers.
    pub batches: u32,
    /// Individuals in them that have no result yet.
    pub out: u64,
    /// Individuals that no worker holds; `None`: not known.
    pub queued: Option<u64>,
    /// Batches that were done.
    pub done: u64,
}

/// A worker.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorkerView {
    /// Its name: that of its pod on a cluster.
    pub name: String,
    /// Its threads that evaluate.
    pub slots: u32,
    /// Batches that are in a slot.
    pub running: u32,
    /// Batches that wait for one.
    pub waiting: u32,
    /// Individuals that it holds.
    pub out: u64,
    /// Individuals that it has evaluated.
    pub evaluated: u64,
    /// The same a second over the last ten seconds.
    pub per_second: f64,
    /// Share of the time of its slots, since it came, in which they had a batch.
    pub busy_share: f64,
    /// Age of its oldest batch.
    pub oldest_seconds: Option<f64>,
    /// Time since it came.
    pub joined_seconds: f64,
    /// Time since it was heard of: it came, or answered.
    pub heard_seconds: f64,
}

/// What kind of event it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A step of the run.
    Run,
    /// A better individual was found.
    Best,
    /// Something about workers.
    Worker,
    /// For information.
    Note,
    /// A person should look at it.
    Warning,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventView {
    /// When.
    pub time: u64,
    /// What kind it is.
    pub kind: Kind,
    /// What happened, as a sentence.
    pub text: String,
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EndView {
    /// `True`, `False` or `Unknown`: whether the find is more than luck; empty: no verdict.
    pub validated: String,
    /// The verdict, or what went wrong, as a sentence.
    pub summary: String,
    /// Digest of the result; empty: there is none.
    pub result_digest: String,
    /// Where the result is, or how to get it; empty: nowhere.
    pub place: String,
}
