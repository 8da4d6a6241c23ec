//! `strategies[].from`: strategies of one's own in files beside the manifest, written into it.

use crate::exit::{CommandError, CommandResult};
use crate::manifest_text::{Layout, Splice, end, lines, offset, read_manifest};
use crate::validate::{Entry, Kind, Node, Position, load_strategy, read_documents};
use crate::warm_start;
use galapagos_crds::StrategySpec;
use serde_json::{Map, Value};
use std::path::Path;

/// A manifest whose strategies and first individuals are all in it. The text as it is, if none is in a file of its own; paths
/// are relative to `manifest`. `by_name`: finds the result of a job that is named instead of a path.
pub fn inlined(
    text: &str,
    manifest: &Path,
    layout: Layout,
    by_name: &warm_start::Named<'_>,
) -> CommandResult<String> {
    // A text that is not YAML is told by who reads the manifest.
    let Ok(documents) = read_documents(text) else { return Ok(text.to_owned()) };
    let mut splices = Vec::new();
    for job in documents.iter().filter(|document| document.kind == Kind::EvolutionJob) {
        let spec = job.root.get("spec");
        let interval = spec.and_then(|spec| spec.get("marketData")?.get("interval")?.text());
        for item in spec.and_then(|spec| spec.get("strategies")).into_iter().flat_map(Node::items) {
            let Some(entry) = item.entries().iter().find(|entry| entry.key == "from") else { continue };
            splices.push(splice(text, manifest, (item, entry), interval, layout)?);
        }
        let Some(spec) = spec else { continue };
        let namespace = job.root.get("metadata").and_then(|m| m.get("namespace")?.text());
        let population = spec.get("population").into_iter().flat_map(Node::entries);
        for entry in population.filter(|entry| entry.key == "from") {
            splices.push(warm_start::splice(text, manifest, spec, entry, layout, namespace, by_name)?);
        }
    }
    splices.sort_by_key(|splice| splice.from);
    let mut out = text.to_owned();
    for Splice { from, to, text } in splices.into_iter().rev() {
        out.replace_range(from..to, &text);
    }
    Ok(out)
}

fn splice(
    text: &str,
    manifest: &Path,
    (item, entry): (&Node, &Entry),
    interval: Option<&str>,
    layout: Layout,
) -> CommandResult<Splice> {
    let Position { line, column } = entry.at;
    let refused = |problem: &str| {
        CommandError::invalid(format!("{}:{line}:{column}: strategies[].from: {problem}", manifest.display()))
    };
    let Some(named) = entry.value.text() else { return Err(refused("write the name of a file")) };
    if item.get("rules").is_some() || item.get("genes").is_some() {
        return Err(refused("genes and rules stand in the file; leave them out here"));
    }
    let folder = manifest.parent().unwrap_or(Path::new(""));
    let strategy = read(&folder.join(named), item.get("name").and_then(Node::text), interval)?;
    let begin = offset(text, entry.at);
    let behind = end(text, &entry.value).ok_or_else(|| refused("write the name of the file on this line"))?;
    let own_line = text[..begin].rsplit('\n').next().unwrap_or_default();
    let in_block = own_line.chars().all(|c| c.is_whitespace() || c == '-');
    let mut fields = Map::new();
    if let Ok(Value::Object(all)) = serde_json::to_value(&strategy) {
        let keeps = |key: &str| key != "name" || item.get("name").is_none();
        fields.extend(all.into_iter().filter(|(key, _)| keeps(key)));
    }
    let text = match (layout, in_block) {
        (Layout::SameLine, _) => format!("<<: {}", Value::Object(fields)),
        (Layout::Lines, true) => block(&Value::Object(fields), column - 1)?,
        (Layout::Lines, false) => {
            let pairs: Vec<String> = fields.iter().map(|(key, value)| format!("{key}: {value}")).collect();
            pairs.join(", ")
        }
    };
    Ok(Splice { from: begin, to: behind, text })
}

/// The strategy of a file. Without a name here or in the file it has that of the file.
pub fn read(file: &Path, name: Option<&str>, interval: Option<&str>) -> CommandResult<StrategySpec> {
    let text = read_manifest(file)?;
    let mut strategy = load_strategy(&text, name.unwrap_or(&name_of(file)), interval)
        .map_err(|problems| CommandError::invalid(lines(file, &problems).trim_end().to_owned()))?;
    if let Some(name) = name {
        name.clone_into(&mut strategy.name);
    }
    Ok(strategy)
}

/// The name of a strategy that has none: that of its file.
pub fn name_of(file: &Path) -> String {
    file.file_stem().map(|stem| stem.to_string_lossy().replace('-', "_")).unwrap_or_default()
}

/// Fields as lines, all but the first indented.
fn block(fields: &Value, indent: usize) -> CommandResult<String> {
    let text = serde_yaml::to_string(fields).map_err(|e| CommandError::Internal(e.into()))?;
    let space = " ".repeat(indent);
    let lines: Vec<String> = text
        .trim_end()
        .lines()
        .enumerate()
        .map(|(i, line)| if i == 0 || line.is_empty() { line.to_owned() } else { format!("{space}{line}") })
        .collect();
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results_dir::newest_of;
    use crate::validate::load_job;

    const OWN: &str = "\
genes: [{name: fast, min: 5, max: 20}] # two averages
rules:
  language: 1
  long: {enter: \"close > sma(close, $fast)\"}
";

    fn job(strategies: &str) -> String {
        format!(
            "apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {{name: demo}}
spec:
  marketData: {{dataset: walk, symbols: [AAA], interval: 1d}}
  strategies:{strategies}
  population: {{size: 20}} # few
"
        )
    }

    fn both(strategies: &str, name: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("my-cross.yaml"), OWN).unwrap();
        let (text, manifest) = (job(strategies), folder.path().join("job.yaml"));
        let inlined = |layout| inlined(&text, &manifest, layout, &newest_of).unwrap();
        let lines = inlined(Layout::Lines);
        let (rendered, _) = load_job(&lines, None).unwrap();
        assert_eq!(rendered.spec.strategies[0].name, name);
        assert!(rendered.spec.strategies[0].rules.is_some());
        let same = inlined(Layout::SameLine);
        assert_eq!(load_job(&same, None).unwrap().0, rendered);
        assert_eq!(same.lines().count(), text.lines().count());
        lines
    }

    #[test]
    fn a_strategy_of_a_file_is_written_into_the_manifest_in_every_style() {
        let lines = both("\n  - name: mine\n    from: my-cross.yaml # mine\n  - name: sma_crossover", "mine");
        assert!(lines.contains("# few"), "comments stay: {lines}");
        both("\n  - from: 'my-cross.yaml'", "my_cross");
        both(" [{name: mine, from: \"my-cross.yaml\"}, {name: sma_crossover}]", "mine");
    }

    #[test]
    fn a_fault_in_the_file_is_told_by_its_own_line() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("x.yaml"), OWN.replace("sma(close", "sma(clos")).unwrap();
        let text = job(" [{name: mine, from: x.yaml}]");
        let refused = inlined(&text, &folder.path().join("job.yaml"), Layout::Lines, &newest_of).unwrap_err();
        let CommandError::Invalid(error) = refused else { panic!("{refused:?}") };
        let error = error.to_string();
        assert!(error.contains("x.yaml:4:30: rules.long.enter: Invalid value: there is no"), "{error}");
        assert!(error.ends_with("^^^^"), "{error}");
    }

    #[test]
    fn a_manifest_without_files_is_left_as_it_is() {
        let text = job(" [{name: sma_crossover}] # one");
        assert_eq!(inlined(&text, Path::new("job.yaml"), Layout::Lines, &newest_of).unwrap(), text);
    }
}
