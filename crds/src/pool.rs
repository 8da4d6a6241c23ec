//! The kind WorkerPool: what a worker is, where data and state lie, how much may run, at what price.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::decimal::Decimal;
use crate::pool_status::WorkerPoolStatus;
use crate::rules;

/// A class and a budget of workers. It runs no pods by itself: workers belong to one job each.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "galapagos.dev",
    version = "v1alpha1",
    kind = "WorkerPool",
    plural = "workerpools",
    shortname = "wpool",
    category = "evolution",
    namespaced,
    derive = "PartialEq",
    status = "WorkerPoolStatus",
    doc = "A class and a budget of workers: what a worker is, where data and state lie, how many there may be, at what price.",
    validation = rules::object_name(),
    scale(
        spec_replicas_path = ".spec.maxWorkers",
        status_replicas_path = ".status.replicas",
        label_selector_path = ".status.selector"
    ),
    printcolumn(name = "Max", type_ = "integer", json_path = ".spec.maxWorkers", description = "Workers allowed"),
    printcolumn(name = "Desired", type_ = "integer", json_path = ".status.desiredReplicas", description = "Workers wanted by its jobs, beside the coordinators' own"),
    printcolumn(name = "Ready", type_ = "integer", json_path = ".status.readyReplicas", description = "Workers that are ready, without the coordinators' own"),
    printcolumn(name = "Active", type_ = "integer", json_path = ".status.activeJobs", description = "Jobs that are admitted"),
    printcolumn(name = "Queued", type_ = "integer", json_path = ".status.queuedJobs", description = "Jobs that wait"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason", description = "Why it is usable or not"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp", description = "Time since it was created")
)]
#[serde(rename_all = "camelCase")]
pub struct WorkerPoolSpec {
    /// Workers of all its jobs together. The scale subresource sets this.
    #[serde(default = "ten")]
    #[schemars(range(min = 0, max = 100_000))]
    pub max_workers: u32,
    /// Workers a running job always has.
    #[serde(default)]
    #[schemars(range(min = 0, max = 10_000))]
    pub min_workers_per_job: u32,
    /// One worker for each so many individuals, whatever the speed. Absent: by population and measured speed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000))]
    pub individuals_per_worker: Option<u32>,
    /// Workers are taken away only when they were not needed for so many seconds.
    #[serde(default = "minute")]
    #[schemars(range(min = 0, max = 86_400))]
    pub scale_down_delay_seconds: u32,
    /// Jobs that run at the same time; the others wait by priority and age.
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = 10_000))]
    pub max_concurrent_jobs: u32,
    /// Evaluating threads of a worker. Absent: its CPU limit, else its CPU request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1024))]
    pub slots_per_worker: Option<u32>,
    /// Price of a worker for an hour, in any currency. Absent: jobs count seconds only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::at_least("0.0"))]
    pub cost_per_worker_hour: Option<Decimal>,
    /// Where datasets lie. Read-only everywhere but in the importer.
    pub market_data: Storage,
    /// Where runs lie: coordinators only, so ReadWriteOnce is enough. Absent: on the market data volume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Storage>,
    /// Merged into the pod template of workers; the container is called worker.
    #[serde(default)]
    pub template: Schemaless,
    /// Merged into the pod template of coordinators; the container is called coordinator.
    #[serde(default)]
    pub coordinator_template: Schemaless,
}

/// A place for files: a volume that exists, or a claim that the operator makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::exactly_one(&["volume", "claimTemplate"]))]
pub struct Storage {
    /// A volume source of the core API without a name, as persistentVolumeClaim, nfs or image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
    pub volume: Option<Schemaless>,
    /// Spec of a PersistentVolumeClaim that the operator makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_template: Option<Schemaless>,
    /// What becomes of a claim made from claimTemplate when the pool is deleted.
    #[serde(default)]
    pub reclaim: Reclaim,
    /// Folder on the volume, relative to its root. Empty: the root.
    #[serde(default)]
    #[schemars(length(max = 512))]
    #[x_kube(validation = rules::below_the_root())]
    pub sub_path: String,
}

/// Name of the claim that is made from `marketData.claimTemplate` of a pool.
pub fn market_data_claim(pool: &str) -> String {
    format!("{pool}-market-data")
}

/// Name of the claim that is made from `state.claimTemplate` of a pool.
pub fn state_claim(pool: &str) -> String {
    format!("{pool}-state")
}

impl WorkerPoolSpec {
    /// Where runs lie, and the claim that is made for it in a pool of this name if it brings no volume.
    pub fn state_storage(&self, pool: &str) -> (&Storage, String) {
        match &self.state {
            Some(state) => (state, state_claim(pool)),
            None => (&self.market_data, market_data_claim(pool)),
        }
    }
}

/// What becomes of a claim when its pool is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Reclaim {
    /// It stays: the pool does not own it.
    #[default]
    Retain,
    /// It goes with the pool.
    Delete,
}

/// An object of the core API that is checked by the server when it is used, not by this schema: pod templates,
/// volume sources and claim specs grow with every Kubernetes version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct Schemaless(
    #[schemars(schema_with = "schemaless")]
    /// The object as it was written.
    pub Map<String, Value>,
);

fn schemaless(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true })
}

fn ten() -> u32 {
    10
}

fn minute() -> u32 {
    60
}
