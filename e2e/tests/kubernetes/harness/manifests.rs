//! Jobs and pools of the tests.

use galapagos_e2e::program;
use serde_json::{Value, json};

/// The dataset of [`super::space`]: a random walk.
pub const DATASET: &str = "walk";

/// A job on the random walk that ends after exactly so many generations.
pub fn job(name: &str, population: u32, generations: u32) -> Value {
    json!({
        "apiVersion": "galapagos.dev/v1alpha1",
        "kind": "EvolutionJob",
        "metadata": {"name": name},
        "spec": {
            "marketData": {"dataset": DATASET, "symbols": ["WALK"], "interval": "1h", "calendar": {"type": "Continuous"}},
            "strategies": [
                {"name": "sma_crossover", "genes": [{"name": "slow_period", "min": 10, "max": 120}]},
                {"name": "rsi_filter"},
                {"name": "atr_stop_loss"},
            ],
            "population": {"size": population, "seed": 11},
            "generations": generations,
            "execution": {"side": "LongShort", "takerFee": "0.0001"},
            "stop": {"patience": 100_000},
        },
    })
}

/// The strategies of a sample manifest of the project.
pub fn sample_strategies(name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(program::root().join("deploy/examples").join(name)).unwrap();
    let manifest: Value = serde_yaml::from_str(&text).unwrap();
    manifest["spec"]["strategies"].as_array().unwrap().clone()
}

/// Seconds from its start to its end: on three years of the walk, since most of them go to the tests of the winner.
pub fn small(name: &str) -> Value {
    with(job(name, 24, 6), "/spec/marketData/to", json!("2023-01-01"))
}

/// Goes on until it is told to end: [`Space::ends_as_undisturbed`](super::Space::ends_as_undisturbed). A generation takes
/// seconds under the pool's limit of CPU, since its strategy trains anew for each individual; on nine months of the walk, or it
/// would take minutes.
pub fn long(name: &str) -> Value {
    let slow = with(job(name, 48, 1000), "/spec/strategies", json!([{"name": "linear_svc_classifier"}]));
    with(slow, "/spec/marketData/to", json!("2020-10-01"))
}

/// A pool on the claim `market-data`, for so many workers. A worker is slow and asks for little, so that many tests
/// fit on one machine; the same goes for coordinators and their own workers.
pub fn pool(name: &str, max_workers: u32) -> Value {
    let container = |name: &str, cpu: &str| json!({"name": name, "resources": resources(cpu)});
    json!({
        "apiVersion": "galapagos.dev/v1alpha1",
        "kind": "WorkerPool",
        "metadata": {"name": name},
        "spec": {
            "maxWorkers": max_workers,
            "slotsPerWorker": 1,
            "scaleDownDelaySeconds": 5,
            "costPerWorkerHour": "0.04",
            "marketData": {"volume": {"persistentVolumeClaim": {"claimName": "market-data"}}},
            "template": {"spec": {"containers": [container("worker", "300m")]}},
            "coordinatorTemplate": {"spec": {
                "initContainers": [container("local-worker", "300m")],
                "containers": [container("coordinator", "500m")],
            }},
        },
    })
}

fn resources(cpu: &str) -> Value {
    json!({"requests": {"cpu": "5m", "memory": "16Mi"}, "limits": {"cpu": cpu, "memory": "512Mi"}})
}

/// The object with a value at a JSON pointer, whose parents are made if they are missing; `null` removes it.
pub fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    let (parent, last) = pointer.rsplit_once('/').expect("a pointer");
    let mut at = &mut object;
    for step in parent.split('/').skip(1) {
        at = match step.parse::<usize>() {
            Ok(index) => &mut at[index],
            Err(_) => &mut at[step],
        };
    }
    match value {
        Value::Null => drop(at.as_object_mut().expect("an object").remove(last)),
        value => match last.parse::<usize>() {
            Ok(index) => at[index] = value,
            Err(_) => at[last] = value,
        },
    }
    object
}
