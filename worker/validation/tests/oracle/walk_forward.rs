//! Records of walk-forward.

use galapagos_validation::walk_forward::{
    Schedule, Train, Window, efficiency, gene_stability, rows_of, stitch, wf_cost, window_seed, windows,
};
use serde_json::{Value, json};

/// What this crate computes for the input of a record; `None`: the function is none of walk-forward.
pub fn answer(function: &str, input: &Value) -> Option<Value> {
    Some(match function {
        "windows" => {
            Value::from(windows(whole(input, "R"), &schedule(input)).iter().map(shown).collect::<Vec<_>>())
        }
        "rows_of" => {
            let (stamps, union) = (integers(&input["stamps"]), integers(&input["U"]));
            let rows = rows_of(&stamps, &union, &(whole(input, "lo")..whole(input, "hi")), whole(input, "W"));
            json!([rows.start, rows.end])
        }
        "window_seed" => {
            let seed = input["seed"].as_u64().or_else(|| input["seed"].as_str()?.parse().ok()).unwrap();
            Value::from(window_seed(seed, whole(input, "window") as u32).to_string())
        }
        "stitch" => {
            let parts: Vec<Vec<f64>> = list(&input["parts"], numbers);
            let stitched = stitch(parts.iter().map(Vec::as_slice), input["capital"].as_f64().unwrap());
            json!([stitched.returns, stitched.equity])
        }
        "efficiency" => {
            let inside: Vec<Option<f64>> = list(&input["insample"], Value::as_f64);
            json!(efficiency(input["oos"].as_f64(), &inside))
        }
        "gene_stability" => {
            let positions = list(&input["positions"], places);
            let positions: Vec<&[u32]> = positions.iter().map(Vec::as_slice).collect();
            json!(gene_stability(&positions, &places(&input["last"])))
        }
        "wf_cost" => {
            let rows = whole(input, "R");
            json!(wf_cost(rows, &windows(rows, &schedule(input))))
        }
        _ => return None,
    })
}

fn schedule(input: &Value) -> Schedule {
    Schedule {
        windows: whole(input, "windows") as u32,
        train: match input["train"].as_str().unwrap() {
            "Rolling" => Train::Rolling,
            "Anchored" => Train::Anchored,
            other => panic!("train {other:?}"),
        },
        fraction: input["trainFraction"].as_str().unwrap().parse().unwrap(),
        purge: input["purge"].as_u64().unwrap_or(0) as u32,
        embargo: input["embargo"].as_u64().unwrap_or(0) as u32,
    }
}

fn shown(w: &Window) -> Value {
    let ends = |range: &std::ops::Range<usize>| json!([range.start, range.end]);
    json!({"train": ends(&w.train), "purge": ends(&w.purge), "embargo": ends(&w.embargo), "test": ends(&w.test)})
}

fn whole(input: &Value, name: &str) -> usize {
    input[name].as_u64().unwrap_or_else(|| panic!("{name} of {input}")) as usize
}

fn list<T>(value: &Value, item: impl Fn(&Value) -> T) -> Vec<T> {
    value.as_array().unwrap().iter().map(item).collect()
}

fn integers(value: &Value) -> Vec<i64> {
    list(value, |v| v.as_i64().unwrap())
}

fn numbers(value: &Value) -> Vec<f64> {
    list(value, |v| v.as_f64().unwrap())
}

fn places(value: &Value) -> Vec<u32> {
    list(value, |v| v.as_u64().unwrap() as u32)
}
