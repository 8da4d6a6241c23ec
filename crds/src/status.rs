//! What the operator reports about a job.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::gene_value::GeneValue;
pub use crate::verdict::{Validated, Verdict};

/// Written by the operator alone, always as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct EvolutionJobStatus {
    /// Generation of the spec that this status is about; -1: none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Where the job is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// Conditions of the job, by type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// Position in the pool's queue, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_position: Option<i32>,
    /// Generations that are done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<i32>,
    /// Generations that the job shall have in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generations: Option<i32>,
    /// Generations done of all, as 12/50; in walk-forward the windows done, and the generations of the last one, as
    /// wf 2/5 12/50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub progress: Option<String>,
    /// Individuals of a generation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population: Option<i32>,
    /// Counts of evaluations of the job so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluations: Option<Evaluations>,
    /// Counts of workers, the coordinator's own among them, which the pool does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workers: Option<Workers>,
    /// The best individual so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<Best>,
    /// What no other individual beats everywhere; absent with one objective.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub front: Option<FrontStatus>,
    /// The last 20 generations, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), extend("x-kubernetes-list-type" = "atomic"))]
    pub history: Vec<GenerationStatus>,
    /// When the first attempt started, or the first since the job was resumed or extended. Absent while it is suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Time>,
    /// When the job ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion_time: Option<Time>,
    /// When it is expected to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_completion_time: Option<Time>,
    /// What it has cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// Lives of the coordinator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<Attempts>,
    /// What the result rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
    /// Where the results lie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results: Option<Results>,
    /// Whether the best individual can be told from luck; absent until the job is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Verdict>,
}

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Phase {
    /// Waits in the queue.
    Pending,
    /// Data are imported or pods start.
    Preparing,
    /// Generations are being evaluated.
    Running,
    /// Stopped until it is resumed.
    Suspended,
    /// Ended with a result.
    Succeeded,
    /// The job ended without a result.
    Failed,
}

/// Counts of evaluations of the job so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evaluations {
    /// Individuals with a result, from the cache or not.
    #[serde(default)]
    pub completed: i64,
    /// Distinct genomes: the trials of the statistics.
    #[serde(default)]
    pub distinct: i64,
    /// Answered from the ledger.
    #[serde(default)]
    pub cached: i64,
    /// Without a usable back-test.
    #[serde(default)]
    pub failed: i64,
    /// Set aside because no attempt could evaluate them.
    #[serde(default)]
    pub quarantined: i64,
    /// Distinct evaluations a second, over the last generations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_second: Option<f64>,
}

/// Counts of workers, the coordinator's own among them, which the pool does not count.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Workers {
    /// Workers that the job should have now.
    #[serde(default)]
    pub desired: i32,
    /// Workers that are ready to evaluate.
    #[serde(default)]
    pub ready: i32,
}

/// The best individual so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Best {
    /// Name of its strategy.
    #[serde(default)]
    #[schemars(length(max = 63))]
    pub strategy: String,
    /// Its genes by name.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 32))]
    pub genome: BTreeMap<String, GeneValue>,
    /// Its fitness on the training rows; absent if it is undefined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fitness: Option<f64>,
    /// The fitness as tables show it, rounded to four decimals; the full value is `fitness`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub rounded: Option<String>,
    /// Its metrics on the training rows by name; an undefined one is absent.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 32))]
    pub metrics: BTreeMap<String, f64>,
    /// Its metrics on the holdout; absent until the job is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 32))]
    pub holdout: Option<BTreeMap<String, f64>>,
}

/// What no other individual beats everywhere.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FrontStatus {
    /// Individuals of it.
    #[serde(default)]
    pub count: i32,
    /// The volume that they dominate below the reference point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hypervolume: Option<f64>,
    /// The knee, then the best of each objective; the result has all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 5), extend("x-kubernetes-list-type" = "atomic"))]
    pub points: Vec<NamedPoint>,
}

/// An individual of a front.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamedPoint {
    /// knee, or the objective that it is the best of.
    #[serde(default)]
    #[schemars(length(max = 63))]
    pub name: String,
    /// Name of its strategy.
    #[serde(default)]
    #[schemars(length(max = 63))]
    pub strategy: String,
    /// Its genes by name.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 32))]
    pub genome: BTreeMap<String, GeneValue>,
    /// The objectives on the training rows.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 4))]
    pub values: BTreeMap<String, f64>,
}

/// One generation in numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GenerationStatus {
    /// Its number, from 1.
    pub generation: i32,
    /// Best feasible fitness of the job so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<f64>,
    /// Median feasible fitness of the generation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median: Option<f64>,
    /// Interquartile range of feasible fitness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spread: Option<f64>,
    /// Mean over genes of the share of distinct values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diversity: Option<f64>,
    /// How long it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Individuals so far that no other dominates; absent with one objective.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub front: Option<i32>,
    /// The volume that they dominate below the reference point; absent with one objective.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hypervolume: Option<f64>,
}

/// What a job has cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// Seconds of all its pods together, each from when a node takes it until it ends. The coordinator's pod counts as
    /// one worker.
    #[serde(default)]
    pub worker_seconds: i64,
    /// In the currency of the pool's price; absent without a price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Decimal>,
    /// Its pods are counted up to this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_until: Option<Time>,
}

/// Lives of the coordinator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attempts {
    /// Attempts that were started.
    #[serde(default)]
    pub started: i32,
    /// Ended by a fault: counted against backoffLimit.
    #[serde(default)]
    pub faults: i32,
    /// Ended by a disruption: not counted.
    #[serde(default)]
    pub disruptions: i32,
}

/// What a result rests on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Provenance {
    /// Digest of everything that the result depends on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 71))]
    pub inputs_digest: Option<String>,
    /// Digest of the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 71))]
    pub dataset_digest: Option<String>,
    /// Number of the engine: results agree bit by bit only under the same one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<i32>,
    /// Image of coordinator and workers, fixed at the first attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub image: Option<String>,
    /// Digest of the chain up to the last generation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 71))]
    pub generation_digest: Option<String>,
    /// Digest of the final result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 71))]
    pub result_digest: Option<String>,
    /// False if an individual was set aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reproducible: Option<bool>,
    /// What ended the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub stopped_by: Option<String>,
}

/// Where the results of a job lie.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Results {
    /// Folder on the state volume.
    #[serde(default)]
    #[schemars(length(max = 1024))]
    pub path: String,
}
