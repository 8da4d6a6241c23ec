//! `population.from`: the best individuals of an earlier result, written into the manifest as those that it starts with. Only
//! genomes are taken: all are evaluated anew. The result is named by its path, or by the name of the job that made it.

use crate::exit::{Blame, CommandError, CommandResult};
use crate::manifest_text::{self, Layout, Splice, offset};
use crate::validate::{Entry, Node, Position};
use galapagos_crds::population::InitialIndividual;
use galapagos_run::engine::strategies::find;
use galapagos_run::job::resolve::LOCAL;
use galapagos_run::report::error::ReportError;
use galapagos_run::report::locate::result_folder;
use galapagos_run::results::top::top;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

/// Individuals that are taken where nothing is said.
const TOP: u64 = 10;
/// Most that a manifest starts with.
const MOST: u64 = 256;

/// Finds the result of the job of a namespace (of its manifest, if that says one) and name: the folder of it.
pub type Named<'a> = dyn Fn(Option<&str>, &str) -> CommandResult<PathBuf> + 'a;

/// The newest finished run of a job of this name below a folder of results.
///
/// # Errors
/// There is none that has ended.
pub fn newest(results: &Path, namespace: Option<&str>, name: &str) -> CommandResult<PathBuf> {
    let below = results.join("galapagos/runs").join(namespace.unwrap_or(LOCAL)).join(name);
    let runs = fs::read_dir(&below).into_iter().flatten().flatten().map(|entry| entry.path());
    // What `--fresh` moved aside is no run any more.
    let is_run = |path: &PathBuf| path.file_name().is_some_and(|name| !name.to_string_lossy().contains('.'));
    let (mut found, mut unfinished) = (Vec::new(), 0);
    for run in runs.filter(is_run) {
        match result_folder(&run) {
            Ok(result) => {
                let ended = result.join("result.json").metadata().and_then(|file| file.modified()).ok();
                found.push((ended, result));
            }
            Err(ReportError::Unfinished { .. }) => unfinished += 1,
            Err(_) => {}
        }
    }
    found.sort();
    match (found.pop(), unfinished) {
        (Some((_, result)), _) => Ok(result),
        (None, 0) => Err(CommandError::invalid(format!(
            "there is no file or folder {name:?}, and no run of a job {name:?} in {}",
            below.display()
        ))),
        (None, _) => Err(CommandError::invalid(format!(
            "no run of {name} has ended yet: galapagos run goes on with it"
        ))),
    }
}

/// What is to stand in place of the `from` of a population. `by_name`: finds the result of a job that is
/// named instead of a path.
pub fn splice(
    text: &str,
    manifest: &Path,
    spec: &Node,
    entry: &Entry,
    layout: Layout,
    namespace: Option<&str>,
    by_name: &Named<'_>,
) -> CommandResult<Splice> {
    let Position { line, column } = entry.at;
    let refused = |problem: &str| {
        CommandError::invalid(format!("{}:{line}:{column}: population.from: {problem}", manifest.display()))
    };
    let usage = "write {result: PATH or the name of a job, top: N} on this line";
    let (named, most) = asked(&entry.value).ok_or_else(|| refused(usage))?;
    if !(1..=MOST).contains(&most) {
        return Err(refused("top must be between 1 and 256"));
    }
    if spec.get("population").is_some_and(|p| p.get("initial").is_some()) {
        return Err(refused("population.initial says already who it starts with; keep one of them"));
    }
    let end = end(text, &entry.value).ok_or_else(|| refused(usage))?;
    let path = manifest.parent().unwrap_or(Path::new("")).join(named);
    let is_name = !path.exists() && !named.contains('/') && !named.ends_with(".json");
    let folder = match is_name {
        true => by_name(namespace, named).map_err(|e| match e {
            CommandError::Invalid(e) => refused(&format!("{e:#}")),
            other => other,
        })?,
        false => result_folder(&path).invalid()?,
    };
    let strategies = spec.get("strategies").into_iter().flat_map(Node::items);
    // A result knows strategies by their canonical names, a manifest by any.
    let names: Vec<&str> = strategies.filter_map(|s| s.get("name")?.text()).collect();
    let canonical = |name: &'_ str| find(name).map_or(name.to_owned(), |f| f.strategy.def().name.to_owned());
    let wanted = |strategy: &str| names.iter().any(|name| canonical(name) == strategy);
    let all = top(&folder, most as usize, wanted).invalid()?;
    let given = |one: InitialIndividual| {
        let name = names.iter().find(|name| canonical(name) == one.strategy)?;
        Some(InitialIndividual { strategy: (*name).to_owned(), ..one })
    };
    let known: Vec<InitialIndividual> = all.into_iter().filter_map(given).collect();
    if known.is_empty() {
        return Err(refused("the result has no feasible individual of the job's strategies"));
    }
    let begin = offset(text, entry.at);
    let own_line = text[..begin].rsplit('\n').next().unwrap_or_default();
    let in_block = own_line.chars().all(char::is_whitespace);
    let individuals = known.iter().map(|one| json!(one).to_string());
    let written = match (layout, in_block) {
        (Layout::Lines, true) => {
            let space = " ".repeat(column - 1);
            let lines: Vec<String> = individuals.map(|one| format!("\n{space}- {one}")).collect();
            format!("initial:{}", lines.concat())
        }
        _ => format!("initial: [{}]", individuals.collect::<Vec<_>>().join(", ")),
    };
    Ok(Splice { from: begin, to: end, text: written })
}

/// The result that is named, and how many of it.
fn asked(value: &Node) -> Option<(&str, u64)> {
    if let Some(named) = value.text() {
        return Some((named, TOP));
    }
    let known = ["result", "top"];
    if value.entries().is_empty() || value.entries().iter().any(|e| !known.contains(&e.key.as_str())) {
        return None;
    }
    let most = value.get("top").map_or(Some(TOP), |top| top.to_json().as_u64())?;
    Some((value.get("result")?.text()?, most))
}

/// Where a text or a map in braces ends that is written on one line.
fn end(text: &str, value: &Node) -> Option<usize> {
    let begin = offset(text, value.at);
    let line = text.get(begin..)?.lines().next()?;
    if !line.starts_with('{') {
        return manifest_text::end(text, value);
    }
    let mut quote = None;
    for (i, c) in line.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if c == open => quote = None,
            (None, '}') => return Some(begin + i + 1),
            _ => {}
        }
    }
    None
}
