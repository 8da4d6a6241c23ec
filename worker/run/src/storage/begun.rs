//! What a run began with, beside the digest of it: where there is nothing to resume, it tells which input is another one.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{StorageError, atomic};

/// The file in a run folder.
const FILE: &str = "inputs.json";
/// Bytes that are read of one: what is longer was not written here.
const LARGEST: u64 = 4 << 20;
/// Differences that a message names.
const NAMED: usize = 4;
/// The longest value that a message shows.
const SHOWN: usize = 60;

/// Writes the inputs of a run into its folder, if they are not there. Nothing is computed from them.
///
/// # Errors
/// The file cannot be written.
pub fn keep(folder: &Path, inputs: &Value) -> Result<(), StorageError> {
    let path = folder.join(FILE);
    if path.exists() {
        return Ok(());
    }
    let bytes = serde_json::to_vec_pretty(inputs).map_err(StorageError::json(&path))?;
    atomic::write(&path, &bytes)
}

/// How the newest run in the folder of a job differs from `inputs`, in words; `None` where there is none that says what it
/// began with.
pub fn difference(job_folder: &Path, inputs: &Value) -> Option<String> {
    let runs = fs::read_dir(job_folder).ok()?.flatten().map(|entry| entry.path());
    let begun = |run: PathBuf| {
        let file = run.join(FILE);
        let time = fs::metadata(&file).and_then(|meta| meta.modified()).ok()?;
        let mut bytes = Vec::new();
        fs::File::open(&file).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
        let value: Value = serde_json::from_slice(&bytes).ok()?;
        Some((time, run, value))
    };
    let (_, run, before) = runs.filter_map(begun).max_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)))?;
    let mut found = Vec::new();
    compare("", &before, inputs, &mut found);
    let more = found.len().saturating_sub(NAMED);
    let mut named = found.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        named.push_str(&format!(" and {more} more"));
    }
    (!named.is_empty())
        .then(|| format!("the newest run of this job, {}, began with other inputs: {named}", run.display()))
}

fn compare(path: &str, before: &Value, now: &Value, found: &mut Vec<String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (before, now) {
        _ if before == now => {}
        (Value::Object(a), Value::Object(b)) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            for name in names {
                let of = |map: &serde_json::Map<String, Value>| map.get(name).cloned().unwrap_or_default();
                compare(&below(name), &of(a), &of(b), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (at, (a, b)) in a.iter().zip(b).enumerate() {
                compare(&format!("{path}[{at}]"), a, b, found);
            }
        }
        _ => found.push(format!("{path} was {} and is {}", shown(before), shown(now))),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "not set".to_owned(),
        value => {
            let text = value.to_string();
            match text.char_indices().nth(SHOWN) {
                Some((end, _)) => format!("{}..", &text[..end]),
                None => text,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_inputs_that_changed_are_named_with_both_values() {
        let dir = tempfile::tempdir().unwrap();
        let inputs = |seed: u64, genes: Value| json!({"dataset": "blake3:1", "inputs": {"seed": seed, "strategies": [{"genes": genes, "name": "a_name_that_is_longer_than_most"}]}});
        assert_eq!(difference(dir.path(), &inputs(1, json!([1]))), None);
        let run = dir.path().join("a");
        fs::create_dir(&run).unwrap();
        keep(&run, &inputs(1, json!([1, 2]))).unwrap();
        keep(&run, &inputs(9, json!([9]))).unwrap();
        let text = difference(dir.path(), &inputs(2, json!([1, 3]))).unwrap();
        assert!(
            text.ends_with("inputs.seed was 1 and is 2, inputs.strategies[0].genes[1] was 2 and is 3"),
            "{text}"
        );
        assert!(text.contains(&run.display().to_string()), "{text}");
        let text = difference(dir.path(), &json!({"dataset": "blake3:2"})).unwrap();
        assert!(text.contains("dataset was \"blake3:1\" and is \"blake3:2\", inputs was {"), "{text}");
        assert!(text.ends_with(".. and is not set"), "{text}");
        assert_eq!(difference(dir.path(), &inputs(1, json!([1, 2]))), None);
    }
}
