//! Who knows whom inside a crate: no two files, in the operator no two modules; its runtime knows nothing of Galapagos.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod repository;

use regex::Regex;
use repository::sources;
use std::collections::{BTreeMap, BTreeSet};

/// A module of the operator with the modules that its `use` lines, and other paths in its code, name; tests are left out.
fn modules_of_the_operator() -> BTreeMap<String, BTreeSet<String>> {
    let is_test = |file: &str| file.split('/').any(|part| matches!(part, "tests" | "tests.rs"));
    let files: BTreeMap<String, String> = sources(&["operator/src"])
        .into_iter()
        .filter(|(file, _)| !is_test(file) && !file.ends_with("src/main.rs"))
        .map(|(file, text)| {
            let module = file.trim_start_matches("operator/src/").trim_end_matches(".rs");
            let module = module.trim_end_matches("/mod").trim_end_matches("lib");
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let code: Vec<&str> =
                code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
            (module.to_owned(), code.join("\n"))
        })
        .collect();
    let within = |from: &str, path: &[String]| -> String {
        let mut at: Vec<&str> = from.split('/').filter(|part| !part.is_empty()).collect();
        for (i, part) in path.iter().enumerate() {
            match part.as_str() {
                "crate" => at.clear(),
                "super" => drop(at.pop()),
                "self" => {}
                part => {
                    let inner = [&at[..], &[part]].concat().join("/");
                    if !files.contains_key(&inner) {
                        // Of another crate, or an item of this module.
                        return if i == 0 { from.to_owned() } else { at.join("/") };
                    }
                    at.push(part);
                }
            }
        }
        at.join("/")
    };
    let named = |(module, code): (&String, &String)| {
        let all = paths(code).iter().map(|path| within(module, path)).filter(|to| to != module).collect();
        (module.clone(), all)
    };
    files.iter().map(named).collect()
}

/// The paths of code: each branch of its `use` lines, and whatever else begins at the crate or above.
fn paths(code: &str) -> Vec<Vec<String>> {
    let (mut uses, mut others, mut in_use) = (String::new(), String::new(), false);
    for line in code.lines() {
        let words = ["use ", "pub use ", "pub(crate) use "];
        let tree = words.iter().find_map(|word| line.trim_start().strip_prefix(word));
        in_use |= tree.is_some();
        let text = if in_use { &mut uses } else { &mut others };
        text.push_str(tree.unwrap_or(line));
        text.push(' ');
        in_use &= !line.trim_end().ends_with(';');
    }
    let mut found = Vec::new();
    uses.split(';').for_each(|tree| branches(&[], tree, &mut found));
    for start in ["crate", "super"] {
        for after in others.split(&format!("{start}::")).skip(1) {
            let ends = |c: char| !(c.is_alphanumeric() || c == '_' || c == ':');
            let parts = after.split(ends).next().unwrap_or_default().split("::");
            let parts = parts.filter(|part| !part.is_empty()).map(str::to_owned);
            found.push([start.to_owned()].into_iter().chain(parts).collect());
        }
    }
    found
}

/// The branches of a tree such as `a::{b, c::d}`.
fn branches(before: &[String], tree: &str, found: &mut Vec<Vec<String>>) {
    let (mut depth, mut start) = (0_i32, 0);
    let mut parts = Vec::new();
    for (at, c) in tree.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&tree[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&tree[start..]);
    for part in parts.into_iter().map(str::trim).filter(|part| !part.is_empty()) {
        let (path, inner) = part.split_once('{').unwrap_or((part, ""));
        let path = path.split(" as ").next().unwrap_or_default().split("::").map(str::trim);
        let path = path.filter(|part| !part.is_empty()).map(str::to_owned);
        let path: Vec<String> = before.iter().cloned().chain(path).collect();
        match inner.rsplit_once('}') {
            Some((inner, _)) => branches(&path, inner, found),
            None => found.push(path),
        }
    }
}

#[test]
fn the_runtime_of_the_operator_knows_nothing_of_galapagos() {
    let modules = modules_of_the_operator();
    let runtime = |module: &str| module == "runtime" || module.starts_with("runtime/");
    assert!(modules.keys().filter(|module| runtime(module)).count() > 15, "{:?}", modules.keys());
    for (module, named) in modules.iter().filter(|(module, _)| runtime(module)) {
        let beyond: Vec<_> = named.iter().filter(|to| !runtime(to)).collect();
        assert!(beyond.is_empty(), "operator/src/{module} uses {beyond:?}");
    }
    // Tests included.
    for (file, text) in sources(&["operator/src/runtime"]) {
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
            assert!(!line.contains("galapagos_"), "{file}: {line}");
            let beyond = line.contains("crate::") && !line.contains("crate::runtime");
            assert!(!beyond, "{file}: {line}");
        }
    }
}

/// Modules beside each other, with whatever is below them: who uses whom is no circle, at no level. A module and its own
/// parts may name each other.
#[test]
fn the_modules_of_the_operator_form_no_circle() {
    let modules = modules_of_the_operator();
    let levels: BTreeSet<&str> =
        modules.keys().map(|module| module.rsplit_once('/').map_or("", |(level, _)| level)).collect();
    assert!(levels.contains("evolution_job/status") && levels.contains("runtime"), "{levels:?}");
    for level in levels {
        let beside = |module: &str| {
            let below =
                if level.is_empty() { Some(module) } else { module.strip_prefix(level)?.strip_prefix('/') };
            below?.split('/').next().filter(|name| !name.is_empty()).map(str::to_owned)
        };
        let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (module, named) in &modules {
            let Some(from) = beside(module) else { continue };
            let to = named.iter().filter_map(|to| beside(to)).filter(|to| *to != from);
            uses.entry(from.clone()).or_default().extend(to);
        }
        // Who uses nobody that is left, or is used by nobody, is in no circle.
        loop {
            let used: BTreeSet<String> = uses.values().flatten().cloned().collect();
            let ends = |(from, to): &(&String, &BTreeSet<String>)| to.is_empty() || !used.contains(*from);
            let Some(end) = uses.iter().find(ends).map(|(from, _)| from.clone()) else { break };
            uses.remove(&end);
            uses.values_mut().for_each(|to| to.retain(|name| *name != end));
        }
        assert!(uses.is_empty(), "in operator/src/{level}, these use each other: {uses:?}");
    }
}

/// The modules that the file of `module` names with `crate::` or `super::`, tests apart, as far as they are in `all`.
fn named(module: &str, text: &str, all: &BTreeSet<String>) -> BTreeSet<String> {
    let path = Regex::new(r"\b(crate|super(?:::super)*)::((?:\w+::)*)(\{[^;]*\}|\w+)").unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let mut found = BTreeSet::new();
    for hit in path.captures_iter(&code) {
        let up = if &hit[1] == "crate" { usize::MAX } else { hit[1].split("::").count() };
        let own: Vec<&str> = module.split("::").collect();
        let from = &own[..own.len().saturating_sub(up)];
        for item in hit[3].split(',') {
            let item = item.replace(['{', '}', ' '], "");
            let mut full: Vec<&str> =
                from.iter().copied().chain(hit[2].split("::")).chain(item.split("::")).collect();
            full.retain(|part| !part.is_empty());
            while !full.is_empty() && !all.contains(&full.join("::")) {
                full.pop();
            }
            found.insert(full.join("::"));
        }
    }
    found.retain(|name| !name.is_empty() && name != module);
    found
}

/// All modules that `from` knows, or that those know, and so on.
fn reached<'a>(knows: &'a BTreeMap<&str, BTreeSet<String>>, from: &'a str) -> BTreeSet<&'a str> {
    let (mut reached, mut left) = (BTreeSet::new(), vec![from]);
    while let Some(module) = left.pop() {
        left.extend(knows[module].iter().map(String::as_str).filter(|next| reached.insert(*next)));
    }
    reached
}

// What is shared by files that know each other belongs into a third. A folder's own file may take from its files what it
// likes: such paths begin with neither word.
#[test]
fn no_two_files_know_each_other() {
    for folder in [
        "cli/src",
        "worker/src",
        "worker/run/src",
        "worker/manifest/src",
        "worker/protocol/src",
        "worker/rules/src",
        "crds/src",
    ] {
        let module = |file: &str| {
            let name = file.trim_start_matches(folder).trim_matches('/').trim_end_matches(".rs");
            name.trim_end_matches("/mod").replace('/', "::")
        };
        let files: Vec<_> =
            sources(&[folder]).into_iter().map(|(file, text)| (module(&file), text)).collect();
        let all: BTreeSet<String> = files.iter().map(|(module, _)| module.clone()).collect();
        let knows: BTreeMap<&str, BTreeSet<String>> =
            files.iter().map(|(module, text)| (module.as_str(), named(module, text, &all))).collect();
        let arrows: usize = knows.values().map(BTreeSet::len).sum();
        assert!(
            arrows >= files.len() / 2,
            "{folder}: only {arrows} arrows between {} files were found",
            files.len()
        );
        let circle: Vec<_> =
            all.iter().filter(|module| reached(&knows, module).contains(module.as_str())).collect();
        assert!(circle.is_empty(), "{folder}: a circle of {circle:?}");
    }
}
