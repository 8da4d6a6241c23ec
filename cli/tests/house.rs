//! The arrows of the house: who may depend on whom, and what may never be below the pure crates. deny.toml cannot
//! say this for one crate at a time, so the tree of each is read here.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod repository;

use repository::{file, sources};
use std::collections::BTreeSet;
use std::process::Command;

const OURS: [&str; 14] = [
    "galapagos",
    "galapagos-crds",
    "galapagos-delivery",
    "galapagos-e2e",
    "galapagos-engine",
    "galapagos-genetics",
    "galapagos-manifest",
    "galapagos-market",
    "galapagos-operator",
    "galapagos-protocol",
    "galapagos-rules",
    "galapagos-run",
    "galapagos-validation",
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
    assert_eq!(arrows("galapagos-engine"), ["galapagos-rules"]);
    assert_eq!(arrows("galapagos-market"), none);
    assert_eq!(arrows("galapagos-crds"), none);
    assert_eq!(arrows("galapagos-rules"), none);
    assert_eq!(arrows("galapagos-protocol"), none);
    // It measures what the engine gives, and draws as breeding does.
    assert_eq!(arrows("galapagos-validation"), ["galapagos-engine", "galapagos-genetics"]);
    assert_eq!(arrows("galapagos-manifest"), ["galapagos-crds", "galapagos-genetics", "galapagos-rules"]);
    assert_eq!(
        arrows("galapagos-run"),
        [
            "galapagos-crds",
            "galapagos-engine",
            "galapagos-genetics",
            "galapagos-manifest",
            "galapagos-market",
            "galapagos-rules",
            "galapagos-validation"
        ]
    );
    assert_eq!(
        arrows("galapagos-worker"),
        [
            "galapagos-crds",
            "galapagos-delivery",
            "galapagos-engine",
            "galapagos-manifest",
            "galapagos-market",
            "galapagos-protocol",
            "galapagos-run"
        ]
    );
    assert_eq!(arrows("galapagos-delivery"), ["galapagos-crds", "galapagos-run"]);
    assert_eq!(arrows("galapagos-operator"), ["galapagos-crds", "galapagos-manifest", "galapagos-protocol"]);
    assert_eq!(
        arrows("galapagos"),
        ["galapagos-crds", "galapagos-delivery", "galapagos-manifest", "galapagos-run", "galapagos-worker"]
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
        "galapagos-validation",
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
    for package in ["galapagos-worker", "galapagos-delivery", "galapagos-protocol", "galapagos"] {
        let below = below(package, None);
        for banned in ["kube-client", "kube-runtime", "openssl-sys", "aws-lc-rs"] {
            assert!(!below.contains(banned), "{banned} is below {package}");
        }
    }
}

#[test]
fn the_pure_crates_have_no_threads_files_or_clock_of_others() {
    for package in ["galapagos-genetics", "galapagos-engine", "galapagos-rules", "galapagos-validation"] {
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
    assert_eq!(bans("validation"), engine);
    assert_eq!(bans("manifest"), engine);
    assert_eq!(bans("market"), engine);
    assert_eq!(bans("rules"), engine);
}

#[test]
fn a_strategy_is_one_file_besides_the_two_lists_that_name_it() {
    let files = sources(&["worker/engine/src"]);
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
