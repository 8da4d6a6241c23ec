//! The kind EvolutionJob: one evolution of strategies on one dataset.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::archive::ArchiveSpec;
use crate::breeding::Breeding;
use crate::evaluation::{EvaluationSpec, Limit, Objective, default_objectives};
use crate::execution::ExecutionSpec;
use crate::islands::IslandsSpec;
use crate::market_data::MarketData;
use crate::population::Population;
use crate::rules;
use crate::status::EvolutionJobStatus;
use crate::stop::Stop;
use crate::strategy::StrategySpec;
use crate::validation::ValidationSpec;

/// What a job evolves, on what, and when it ends. `suspend`, `priority`, `workerPoolName`, `generations`, `stop`,
/// the deadlines, `backoffLimit` and the ttl may be changed later; everything else is fixed.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "galapagos.dev",
    version = "v1alpha1",
    kind = "EvolutionJob",
    plural = "evolutionjobs",
    shortname = "evojob",
    category = "evolution",
    namespaced,
    derive = "PartialEq",
    status = "EvolutionJobStatus",
    doc = "An evolution of trading strategies on one dataset, from a seed to a result that can be repeated to the byte.",
    validation = rules::object_name(),
    selectable = ".spec.workerPoolName",
    selectable = ".status.phase",
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase", description = "Where the job is"),
    printcolumn(name = "Gen", type_ = "string", json_path = ".status.progress", description = "Generations done of all"),
    printcolumn(name = "Best", type_ = "string", json_path = ".status.best.rounded", description = "Fitness of the best individual, rounded"),
    printcolumn(name = "Strategy", type_ = "string", json_path = ".status.best.strategy", description = "Strategy of the best individual"),
    printcolumn(name = "Workers", type_ = "integer", json_path = ".status.workers.ready", description = "Workers that are ready, with the coordinator's own"),
    printcolumn(name = "Finish", type_ = "string", json_path = ".status.estimatedCompletionTime", description = "Expected time of the end"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason", description = "Why it is where it is"),
    printcolumn(name = "Validated", type_ = "string", json_path = ".status.validation.validated", description = "Whether the best individual can be told from luck; empty until the end"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp", description = "Time since it was created"),
    printcolumn(name = "Seed", type_ = "integer", json_path = ".spec.population.seed", priority = 1, description = "Random seed"),
    printcolumn(name = "Eval/s", type_ = "number", json_path = ".status.evaluations.perSecond", priority = 1, description = "Evaluations a second"),
    printcolumn(name = "Cost", type_ = "string", json_path = ".status.cost.amount", priority = 1, description = "Cost so far"),
    printcolumn(name = "Digest", type_ = "string", json_path = ".status.provenance.resultDigest", priority = 1, description = "Digest of the result")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = rules::unchanged("managedBy"),
    validation = rules::unchanged("marketData"),
    validation = rules::unchanged("strategies"),
    validation = rules::unchanged("population"),
    validation = rules::unchanged("searcher"),
    validation = rules::unchanged("breeding"),
    validation = rules::immutable("islands"),
    validation = rules::immutable("archive"),
    validation = rules::unchanged("objectives"),
    validation = rules::immutable("limits"),
    validation = rules::unchanged("execution"),
    validation = rules::unchanged("validation"),
    validation = rules::unchanged("evaluation"),
    validation = Rule::new("self.population.size >= 8 * self.strategies.size() * (has(self.islands) ? self.islands.count : 1)")
        .message("population.size must be at least 8 for each strategy on each island"),
    validation = Rule::new("!has(self.population.initial) || self.population.initial.size() <= self.population.size")
        .message("population.initial must not have more individuals than population.size"),
    validation = Rule::new("!has(self.population.initial) || self.population.initial.all(i, self.strategies.exists(s, s.name == i.strategy))")
        .message("population.initial may only use the job's strategies"),
    validation = Rule::new("self.objectives.size() > 1 || !(has(self.breeding.referencePoint) || has(self.breeding.choose))")
        .message("breeding.referencePoint and breeding.choose belong to several objectives"),
    validation = Rule::new("!has(self.breeding.referencePoint) || self.breeding.referencePoint.size() == self.objectives.size()")
        .message("breeding.referencePoint must have a value for each objective"),
    validation = Rule::new("!has(self.execution.warmupBars) || self.execution.window != 'Full'")
        .message("execution.warmupBars has no meaning with execution.window Full")
)]
pub struct EvolutionJobSpec {
    /// Stops the job until it is false again. It continues from its last checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
    /// Which controller runs the job. Reserved; immutable.
    #[serde(default = "operator")]
    #[schemars(
        length(max = 63),
        regex(pattern = "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
    )]
    pub managed_by: String,
    /// Name of the WorkerPool in the same namespace.
    #[serde(default = "default_pool")]
    #[schemars(length(min = 1, max = 40), regex(pattern = rules::NAME))]
    pub worker_pool_name: String,
    /// Jobs with a higher number are admitted and get workers first.
    #[serde(default)]
    #[schemars(range(min = -1000, max = 1000))]
    pub priority: i32,
    /// The data to evolve on.
    pub market_data: MarketData,
    /// The strategies that evolve; each is a species.
    #[schemars(length(min = 1, max = 64), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub strategies: Vec<StrategySpec>,
    /// How many individuals live together.
    pub population: Population,
    /// Number of generations. Raising it extends a job, even a finished one; at or below the current generation
    /// the job stops and keeps its best.
    #[serde(default = "fifty")]
    #[schemars(range(min = 1, max = 100_000))]
    pub generations: u32,
    /// How candidates are found.
    #[serde(default)]
    pub searcher: Searcher,
    /// How the next generation is made.
    #[serde(default)]
    pub breeding: Breeding,
    /// Divides the population into islands, which hand each other their best now and then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub islands: Option<IslandsSpec>,
    /// Keeps the best of each kind of behaviour beside the best of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<ArchiveSpec>,
    /// What is improved: one number, or up to four at once, of which none shall get worse for another.
    #[serde(default = "default_objectives")]
    #[schemars(length(min = 1, max = 4), extend("x-kubernetes-list-type" = "atomic"))]
    pub objectives: Vec<Objective>,
    /// Bounds that a feasible individual keeps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "atomic"))]
    pub limits: Vec<Limit>,
    /// The simulated account: fills, costs, size and rows.
    #[serde(default)]
    pub execution: ExecutionSpec,
    /// How the winner is checked against luck. Of it only the holdout is part of the inputs digest.
    #[serde(default)]
    pub validation: ValidationSpec,
    /// What happens when an individual cannot be evaluated.
    #[serde(default)]
    pub evaluation: EvaluationSpec,
    /// When the job ends before its last generation.
    #[serde(default)]
    pub stop: Stop,
    /// Faults of the coordinator after which the job fails. Disruptions do not count.
    #[serde(default = "six")]
    #[schemars(range(min = 0, max = 1000))]
    pub backoff_limit: u32,
    /// Seconds within which the job must be running once it is admitted; else it fails.
    #[serde(default = "half_an_hour")]
    #[schemars(range(min = 1, max = 315_360_000))]
    pub start_deadline_seconds: u32,
    /// Seconds of running after which the job fails. To end with the best so far, use stop.maxDurationSeconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 315_360_000))]
    pub active_deadline_seconds: Option<u32>,
    /// Seconds after the end when the job is cleaned up. Absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 315_360_000))]
    pub ttl_seconds_after_finished: Option<u32>,
    /// What is cleaned up then.
    #[serde(default)]
    pub ttl_policy: TtlPolicy,
}

/// How candidates are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Searcher {
    /// By selection, crossover and mutation.
    #[default]
    Evolution,
    /// Uniformly at random, without repetition.
    Random,
    /// Every genome of the space, in mixed-radix order: the last gene changes fastest.
    Grid,
    /// Sobol's sequence, scrambled by the seed: points that fill the space more evenly than random ones.
    Sobol,
    /// Where the best genomes are dense and the others are not: a multivariate tree-structured Parzen estimator.
    #[serde(rename = "TPE")]
    Tpe,
    /// A normal distribution that moves to the better candidates and takes their shape, with restarts (IPOP).
    #[serde(rename = "CMAES")]
    Cmaes,
}

/// Name of the Kubernetes Job of an attempt, from 1, of a job of this name.
pub fn coordinator_job(job: &str, attempt: u32) -> String {
    format!("{job}-coordinator-{attempt}")
}

/// What is cleaned up after the time to live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TtlPolicy {
    /// What the operator made for the job; the job and its status stay.
    #[default]
    Children,
    /// The job as well.
    Job,
}

/// Value of `managedBy` for jobs of this operator.
pub const MANAGED_BY: &str = "galapagos.dev/operator";

fn operator() -> String {
    MANAGED_BY.to_owned()
}

fn default_pool() -> String {
    "default".to_owned()
}

fn fifty() -> u32 {
    50
}

fn six() -> u32 {
    6
}

fn half_an_hour() -> u32 {
    1800
}
