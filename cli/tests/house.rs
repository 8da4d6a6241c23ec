//! The arrows of the house: who may depend on whom, and what may never be below the pure crates. deny.toml cannot
//! say this for one crate at a time, so the tree of each is read here.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

const OURS: [&str; 12] = [
    "galapagos",
    "galapagos-crds",
    "galapagos-e2e",
    "galapagos-engine",
    "galapagos-genetics",
    "galapagos-manifest",
    "galapagos-market",
    "galapagos-operator",
    "galapagos-protocol",
    "galapagos-rules",
    "galapagos-run",
    "galapagos-worker",
];

/// Names of all crates that `package` needs at run time, itself excluded. `depth`: how far down.
fn below(package: &str, depth: Option<u32>) -> BTreeSet<String> {
    let mut command = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    command.args([
        "tree",
        "--offline",
        "--locked",
        "-e",
        "normal",
        "-p",
        package,
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    if let Some(depth) = depth {
        command.args(["--depth", &depth.to_string()]);
    }
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|&name| name != package)
        .map(str::to_owned)
        .collect()
}

/// Our crates that `package` names itself.
fn arrows(package: &str) -> Vec<String> {
    below(package, Some(1)).into_iter().filter(|name| OURS.contains(&name.as_str())).collect()
}

#[test]
fn every_arrow_is_one_of_the_house() {
    let none: [&str; 0] = [];
    assert_eq!(arrows("galapagos-genetics"), none);
    assert_eq!(arrows("galapagos-engine"), none);
    assert_eq!(arrows("galapagos-market"), none);
    assert_eq!(arrows("galapagos-crds"), none);
    assert_eq!(arrows("galapagos-rules"), none);
    assert_eq!(arrows("galapagos-protocol"), none);
    assert_eq!(arrows("galapagos-manifest"), ["galapagos-crds", "galapagos-genetics"]);
    assert_eq!(
        arrows("galapagos-run"),
        [
            "galapagos-crds",
            "galapagos-engine",
            "galapagos-genetics",
            "galapagos-manifest",
            "galapagos-market"
        ]
    );
    assert_eq!(
        arrows("galapagos-worker"),
        ["galapagos-crds", "galapagos-engine", "galapagos-market", "galapagos-protocol", "galapagos-run"]
    );
    assert_eq!(arrows("galapagos-operator"), ["galapagos-crds", "galapagos-manifest", "galapagos-protocol"]);
    assert_eq!(
        arrows("galapagos"),
        ["galapagos-crds", "galapagos-manifest", "galapagos-run", "galapagos-worker"]
    );
    // It starts the programs as processes and knows the wire; nothing else of ours, so that it tests from outside.
    assert_eq!(arrows("galapagos-e2e"), ["galapagos-protocol"]);
}

#[test]
fn genetics_and_engine_do_not_know_each_other() {
    assert!(!below("galapagos-genetics", None).contains("galapagos-engine"));
    assert!(!below("galapagos-engine", None).contains("galapagos-genetics"));
}

#[test]
fn no_network_and_no_runtime_is_below_a_run_and_no_client_below_a_process() {
    for package in [
        "galapagos-genetics",
        "galapagos-engine",
        "galapagos-manifest",
        "galapagos-market",
        "galapagos-crds",
        "galapagos-rules",
        "galapagos-run",
    ] {
        let below = below(package, None);
        for banned in [
            "tokio",
            "hyper",
            "axum",
            "tonic",
            "prost",
            "rustls",
            "ureq",
            "reqwest",
            "kube-client",
            "kube-runtime",
            "clap",
            "anyhow",
        ] {
            assert!(!below.contains(banned), "{banned} is below {package}");
        }
    }
    for package in ["galapagos-worker", "galapagos-protocol", "galapagos"] {
        let below = below(package, None);
        for banned in ["kube-client", "kube-runtime", "openssl-sys", "aws-lc-rs"] {
            assert!(!below.contains(banned), "{banned} is below {package}");
        }
    }
}

#[test]
fn the_pure_crates_have_no_threads_files_or_clock_of_others() {
    for package in ["galapagos-genetics", "galapagos-engine", "galapagos-rules"] {
        let below = below(package, None);
        for banned in ["rayon", "memmap2", "tempfile", "jiff", "chrono", "rand", "getrandom"] {
            assert!(!below.contains(banned), "{banned} is below {package}");
        }
    }
}

// Contract A7.
#[test]
fn the_pure_crates_ban_the_same_functions() {
    let bans = |package: &str| {
        let path = format!("{}/../worker/{package}/clippy.toml", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    };
    let engine = bans("engine");
    for function in ["f64::powf", "f64::exp", "f64::ln", "f64::mul_add", "f64::max", "HashMap", "Instant"] {
        assert!(engine.contains(function), "{function} is not banned");
    }
    assert_eq!(bans("genetics"), engine);
    assert_eq!(bans("manifest"), engine);
    assert_eq!(bans("market"), engine);
    assert_eq!(bans("rules"), engine);
}

/// Rust files below `folder`, as paths from the repository's root, with what they say.
fn sources(folder: &str) -> Vec<(String, String)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                files.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files
}

/// A module of the operator with the modules that its `use` lines, and other paths in its code, name; tests are left out.
fn modules_of_the_operator() -> BTreeMap<String, BTreeSet<String>> {
    let is_test = |file: &str| file.split('/').any(|part| matches!(part, "tests" | "tests.rs"));
    let files: BTreeMap<String, String> = sources("operator/src")
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
    for (file, text) in sources("operator/src/runtime") {
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

#[test]
fn a_strategy_is_one_file_besides_the_two_lists_that_name_it() {
    let files = sources("worker/engine/src");
    for strategy in galapagos_run::engine::strategies::all() {
        let name = strategy.def().name;
        // As a module, and as a name at run time.
        let uses = [format!("pub mod {name};"), format!("{name}::"), format!("\"{name}\"")];
        let touched: BTreeSet<&str> = files
            .iter()
            .filter(|(file, _)| !file.ends_with("tests.rs"))
            .filter(|(_, text)| {
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                let mut lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
                lines.any(|line| uses.iter().any(|u| line.contains(u.as_str())))
            })
            .map(|(file, _)| file.as_str())
            .collect();
        let own = format!("worker/engine/src/strategies/{name}.rs");
        let lists = ["worker/engine/src/strategies/mod.rs", "worker/engine/src/strategies/registry.rs"];
        assert_eq!(touched, BTreeSet::from([own.as_str(), lists[0], lists[1]]), "{name}");
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
    for folder in
        ["cli/src", "worker/src", "worker/run/src", "worker/manifest/src", "worker/protocol/src", "crds/src"]
    {
        let module = |file: &str| {
            let name = file.trim_start_matches(folder).trim_matches('/').trim_end_matches(".rs");
            name.trim_end_matches("/mod").replace('/', "::")
        };
        let files: Vec<_> = sources(folder).into_iter().map(|(file, text)| (module(&file), text)).collect();
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

/// What a file of the repository says.
fn file(path: &str) -> String {
    std::fs::read_to_string(format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn every_file_that_names_the_version_names_that_of_the_workspace() {
    let version = env!("CARGO_PKG_VERSION");
    // `deploy/release.sh` writes it into all of these.
    for (path, lines) in [
        ("charts/galapagos/Chart.yaml", &["version: ", "appVersion: "][..]),
        ("deploy/kustomize/kustomization.yaml", &["galapagos:", "newTag: "]),
        ("deploy/kustomize/namespaced/kustomization.yaml", &["newTag: "]),
        ("deploy/kustomize/base/kustomization.yaml", &["app.kubernetes.io/version: "]),
        ("deploy/kustomize/rbac-users.yaml", &["app.kubernetes.io/version: "]),
        ("docs/operator.md", &["galapagos:"]),
    ] {
        let text = file(path);
        for line in lines {
            assert!(text.contains(&format!("{line}{version}")), "{path} has no {line}{version}");
        }
    }
}

#[test]
fn every_target_of_make_that_a_page_names_is_there() {
    let makefile = file("Makefile");
    let has = |target: &str| makefile.lines().any(|line| line.split(':').next() == Some(target));
    let mut named = BTreeSet::new();
    for page in [
        "README.md",
        "CONTRIBUTING.md",
        "docs/versions.md",
        "docs/performance.md",
        "docs/protocol.md",
        ".github/pull_request_template.md",
        ".github/workflows/ci.yml",
        ".pre-commit-config.yaml",
    ] {
        let text = file(page);
        // In code: behind a backquote, at the start of a line of a block, or as a command of a workflow.
        for begin in ["`make ", "\nmake ", "run: make ", "entry: make ", "PATH make "] {
            for after in text.split(begin).skip(1) {
                let command = after.split(['`', '\n', '#', ',']).next().unwrap_or_default();
                let is_target = |word: &&str| !word.contains('=');
                named.extend(command.split_whitespace().filter(is_target).map(str::to_owned));
            }
        }
    }
    assert!(named.len() > 12, "{named:?}");
    let missing: Vec<_> = named.iter().filter(|target| !has(target)).collect();
    assert!(missing.is_empty(), "no such target: {missing:?}");
}
