//! `--set path=value`: fields of a manifest from the command line.

use crate::exit::{CommandError, CommandResult};
use serde_json::{Map, Value};

/// One step of a path.
enum Step {
    Key(String),
    Index(usize),
}

/// Puts `path=value` into a manifest. The path starts at `spec` unless it begins with `spec.` or `metadata.`;
/// `strategies[0].name` is an element of a list. The value is a YAML scalar or flow text; decimals need no quotes.
pub fn apply(manifest: &mut Value, assignment: &str) -> CommandResult {
    let wrong = |problem: &str| CommandError::invalid(format!("--set {assignment:?}: {problem}"));
    let (path, text) =
        assignment.split_once('=').ok_or_else(|| wrong("write PATH=VALUE, as --set generations=3"))?;
    let steps = parse(path).ok_or_else(|| {
        wrong("is no path: write names joined by dots, as stop.patience or strategies[0].name")
    })?;
    let value = scalar(text).ok_or_else(|| wrong("the value is not YAML"))?;
    let mut at = manifest;
    for step in &steps {
        at = match step {
            Step::Key(key) => {
                if at.is_null() {
                    *at = Value::Object(Map::new());
                }
                let map = at
                    .as_object_mut()
                    .ok_or_else(|| wrong(&format!("{key} is inside a value that has no fields")))?;
                map.entry(key.as_str()).or_insert(Value::Null)
            }
            Step::Index(index) => {
                let list = at.as_array_mut().ok_or_else(|| wrong("[..] is on a value that is no list"))?;
                let length = list.len();
                list.get_mut(*index)
                    .ok_or_else(|| wrong(&format!("the list has {length} elements, from [0]")))?
            }
        };
    }
    *at = value;
    Ok(())
}

fn parse(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for (i, part) in path.trim().split('.').enumerate() {
        let (name, mut rest) = match part.find('[') {
            Some(at) => part.split_at(at),
            None => (part, ""),
        };
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
            return None;
        }
        if i == 0 && name != "spec" && name != "metadata" {
            steps.push(Step::Key("spec".to_owned()));
        }
        steps.push(Step::Key(name.to_owned()));
        while let Some(inner) = rest.strip_prefix('[') {
            let (index, after) = inner.split_once(']')?;
            steps.push(Step::Index(index.parse().ok()?));
            rest = after;
        }
        if !rest.is_empty() {
            return None;
        }
    }
    Some(steps)
}

/// A YAML value; what would be a float is kept as its text, since decimals of the manifest are texts.
fn scalar(text: &str) -> Option<Value> {
    let value: Value = serde_yaml::from_str(text).ok()?;
    Some(if value.is_f64() { Value::String(text.trim().to_owned()) } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn after(assignment: &str) -> Value {
        let mut manifest = json!({"spec": {"strategies": [{"name": "a"}], "stop": {"patience": 5}}});
        apply(&mut manifest, assignment).unwrap();
        manifest["spec"].take()
    }

    #[test]
    fn a_path_begins_at_the_spec_and_makes_what_is_missing() {
        assert_eq!(after("generations=3")["generations"], 3);
        assert_eq!(after("spec.stop.patience=7")["stop"]["patience"], 7);
        assert_eq!(after("execution.takerFee=0.001")["execution"]["takerFee"], "0.001");
        assert_eq!(after("strategies[0].name=b")["strategies"][0]["name"], "b");
        assert_eq!(after("marketData.symbols=[A, B]")["marketData"]["symbols"], json!(["A", "B"]));
        assert_eq!(after("suspend=true")["suspend"], true);
    }

    #[test]
    fn a_wrong_path_is_told_with_the_assignment() {
        for assignment in
            ["generations", "a..b=1", "strategies[1].name=b", "stop.patience.x=1", "strategies[x]=1"]
        {
            let failure =
                apply(&mut json!({"spec": {"strategies": [1], "stop": {"patience": 5}}}), assignment);
            let text = failure.unwrap_err().text();
            assert!(text.contains("--set") && text.contains(assignment.split('=').next().unwrap()), "{text}");
        }
    }
}
