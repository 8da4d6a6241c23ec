//! How many threads of a worker evaluate.

use galapagos_crds::WorkerPool;
use serde_json::Value;

use crate::names::WORKER;
use crate::template;

/// What the schema allows, and a worker takes.
const MOST: f64 = 1024.0;

/// Threads of each worker of the pool: `slotsPerWorker`, else the CPU limit of the container `worker`, else its
/// request, rounded up; else 1.
pub fn slots(pool: &WorkerPool) -> u32 {
    if let Some(slots) = pool.spec.slots_per_worker {
        return slots.max(1);
    }
    let worker = template::container(&pool.spec.template, WORKER);
    let cpu = |kind: &str| cores(worker?.get("resources")?.get(kind)?.get("cpu")?);
    let cores = cpu("limits").or_else(|| cpu("requests")).unwrap_or(1.0);
    // In range: a cast of a float saturates.
    cores.ceil().clamp(1.0, MOST) as u32
}

/// CPUs of a quantity, as `2`, `"1.5"` or `"500m"`. None if it is none; the server refuses it then.
fn cores(quantity: &Value) -> Option<f64> {
    let number = match quantity {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => {
            let (digits, scale) = match text.as_bytes().last()? {
                b'n' => (&text[..text.len() - 1], 1e9),
                b'u' => (&text[..text.len() - 1], 1e6),
                b'm' => (&text[..text.len() - 1], 1e3),
                b'k' => (&text[..text.len() - 1], 1e-3),
                _ => (text.as_str(), 1.0),
            };
            digits.parse::<f64>().ok().map(|value| value / scale)
        }
        _ => None,
    };
    number.filter(|n| n.is_finite() && *n > 0.0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pool(slots: Option<u32>, resources: Value) -> WorkerPool {
        serde_json::from_value(json!({
            "apiVersion": "galapagos.dev/v1alpha1", "kind": "WorkerPool", "metadata": {"name": "default"},
            "spec": {
                "slotsPerWorker": slots,
                "marketData": {"volume": {"emptyDir": {}}},
                "template": {"spec": {"containers": [{"name": "other", "resources": {"limits": {"cpu": "64"}}},
                                                     {"name": "worker", "resources": resources}]}},
            },
        }))
        .unwrap()
    }

    #[test]
    fn slots_are_what_the_pool_says_else_the_limit_else_the_request_else_one() {
        let both = json!({"limits": {"cpu": "4"}, "requests": {"cpu": "2"}});
        assert_eq!(slots(&pool(Some(3), both.clone())), 3);
        assert_eq!(slots(&pool(None, both)), 4);
        assert_eq!(slots(&pool(None, json!({"requests": {"cpu": "2"}}))), 2);
        assert_eq!(slots(&pool(None, json!({"limits": {"memory": "1Gi"}}))), 1);
        assert_eq!(slots(&pool(None, Value::Null)), 1);
    }

    #[test]
    fn a_part_of_a_cpu_counts_as_a_whole_one() {
        for (cpu, expected) in [
            (json!("100m"), 1),
            (json!("1500m"), 2),
            (json!("2.0"), 2),
            (json!(2), 2),
            (json!(2.5), 3),
            (json!("1k"), 1000),
        ] {
            assert_eq!(slots(&pool(None, json!({"limits": {"cpu": cpu}}))), expected, "{cpu}");
        }
    }

    #[test]
    fn nonsense_makes_one_slot_and_no_panic() {
        for cpu in [
            json!("NaN"),
            json!("inf"),
            json!("-3"),
            json!(""),
            json!("m"),
            json!("é"),
            json!([]),
            json!("1e999"),
        ] {
            assert_eq!(slots(&pool(None, json!({"limits": {"cpu": cpu}}))), 1, "{cpu}");
        }
    }
}
