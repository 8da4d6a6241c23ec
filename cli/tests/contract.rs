//! The contract (docs/contract) and the code name the same rules: an id in a source leads to a heading, and every
//! heading is held by a test that names it.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod repository;

use repository::{files, root};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

/// The line that begins the tests of a file.
const TESTS: &str = "mod tests {";

/// The first letters of ids.
const FAMILIES: &str = "XCRAPGHJWKDF";

/// The comments of a line, where ids are named; names and texts of a program may look like them.
fn comment(line: &str, mark: &str) -> String {
    line.split_once(mark).map_or(String::new(), |(_, comment)| comment.to_owned())
}

/// The sources that people write, and of each its comments, line by line. Not data, and not what is generated.
fn sources() -> Vec<(String, String)> {
    let written = ["rs", "proto", "c", "go", "py", "sh", "toml", "yaml", "yml", "tpl"];
    let folders = ["cli", "crds", "operator", "worker", "e2e", "charts", "deploy"];
    let named = |path: PathBuf| {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        let ours = path.extension().is_some_and(|e| written.iter().any(|w| e == *w));
        let own = name == "cli/tests/contract.rs" || name.contains("/generated/") || name.contains("/files/");
        if !ours || own {
            return None;
        }
        let text = fs::read_to_string(&path).unwrap();
        let slashes = [".rs", ".proto", ".c", ".go"].iter().any(|end| name.ends_with(end));
        let mark = if slashes { "//" } else { "#" };
        // The attribute that begins the tests is kept: what follows it is what `test_part` looks for.
        let kept = |line: &str| if line.ends_with(TESTS) { TESTS.to_owned() } else { comment(line, mark) };
        Some((name, text.lines().map(kept).collect::<Vec<_>>().join("\n")))
    };
    files(&folders).into_iter().filter_map(named).collect()
}

/// The ids in a text: a letter of [`FAMILIES`] and one or two digits, standing alone.
fn ids(text: &str) -> BTreeSet<String> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let is_id = |w: &&str| {
        let digits = w.get(1..).unwrap_or("");
        (1..=2).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && w.starts_with(|c| FAMILIES.contains(c))
    };
    text.split(|c| !word(c)).filter(is_id).map(str::to_owned).collect()
}

/// The headings of the contract that begin with an id, and where each stands.
fn headings() -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for path in files(&["docs/contract"]) {
        let page = path.file_name().unwrap().to_string_lossy().into_owned();
        for heading in fs::read_to_string(&path).unwrap().lines().filter_map(|l| l.strip_prefix("### ")) {
            let id = heading.split(' ').next().unwrap();
            assert!(ids(id).contains(id), "{page}: `{heading}` does not begin with an id");
            let twice = out.insert(id.to_owned(), page.clone());
            assert_eq!(twice, None, "{id} stands twice, in {page} too");
        }
    }
    out
}

/// What of a file is test: all of one in a folder of tests or called so, else what follows the beginning of its tests.
fn test_part<'a>(name: &str, text: &'a str) -> &'a str {
    let stem = name.trim_end_matches(".rs");
    let whole = ["/tests/", "/plan/properties", "/plan/examples"].iter().any(|part| name.contains(part))
        || stem.ends_with("tests");
    match text.find(TESTS) {
        _ if whole => text,
        Some(at) if name.ends_with(".rs") => &text[at..],
        _ => "",
    }
}

#[test]
fn every_id_in_a_source_is_a_heading_of_the_contract() {
    let headings = headings();
    let sources = sources();
    let mut named = BTreeSet::new();
    for (name, text) in &sources {
        for (i, line) in text.lines().enumerate() {
            for id in ids(line) {
                let known = headings.contains_key(&id);
                assert!(known, "{name}:{}: {id} is no heading of docs/contract: {line}", i + 1);
                named.insert(id);
            }
        }
    }
    assert!(sources.len() > 400, "only {} sources were found", sources.len());
    assert!(named.len() > 80, "only these ids were found: {named:?}");
}

#[test]
fn every_id_in_the_documentation_is_a_heading_of_the_contract() {
    let headings = headings();
    let mut seen = 0;
    for path in files(&["docs"]).into_iter().filter(|path| path.extension().is_some_and(|e| e == "md")) {
        for id in ids(&fs::read_to_string(&path).unwrap()) {
            assert!(headings.contains_key(&id), "{}: {id} is no heading of docs/contract", path.display());
            seen += 1;
        }
    }
    assert!(seen > 80, "only {seen} ids were found");
}

#[test]
fn every_heading_of_the_contract_is_named_by_a_test() {
    let tests: BTreeSet<String> =
        sources().iter().flat_map(|(name, text)| ids(test_part(name, text))).collect();
    let headings = headings();
    let unnamed: Vec<_> = headings.iter().filter(|(id, _)| !tests.contains(*id)).collect();
    assert!(unnamed.is_empty(), "write `// Contract ID.` above the test that holds it: {unnamed:?}");
    assert!(headings.len() > 80, "only {} headings were found", headings.len());
}

/// The anchor that a heading gets on a page: lower case, blanks as hyphens, other marks left out.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|&c| c.is_alphanumeric() || " -_".contains(c));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_link_of_the_documentation_leads_to_a_page_and_a_heading() {
    let mut pages = files(&["docs"]);
    pages.extend(["README.md", "CONTRIBUTING.md"].map(|page| root().join(page)));
    let mut followed = 0;
    for page in pages.iter().filter(|path| path.extension().is_some_and(|e| e == "md")) {
        let text = fs::read_to_string(page).unwrap();
        // Patterns and commands stand between backticks.
        let prose: String = text.split('`').step_by(2).collect();
        for target in prose.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if target.contains("://") {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(path.exists(), "{}: {target} leads nowhere", page.display());
            if !heading.is_empty() {
                let there = fs::read_to_string(&path).unwrap();
                let found = there
                    .lines()
                    .any(|l| l.starts_with('#') && anchor(l.trim_start_matches('#').trim()) == heading);
                assert!(found, "{}: {target}: no such heading", page.display());
            }
            followed += 1;
        }
    }
    assert!(followed > 100, "only {followed} links were found");
}

#[test]
fn every_page_is_linked_from_the_readme_or_from_the_index_of_its_folder() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let pages = files(&["docs"]);
    for page in pages.iter().filter(|path| path.extension().is_some_and(|e| e == "md")) {
        let name = page.file_name().unwrap().to_string_lossy();
        let index = page.parent().unwrap().join("README.md");
        let inner = page.parent() != Some(&root().join("docs")) && name != "README.md";
        let (text, link) = if inner {
            (fs::read_to_string(index).unwrap(), format!("]({name})"))
        } else {
            let path = page.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            (readme.clone(), format!("]({path})"))
        };
        assert!(text.contains(&link), "{} is linked from nowhere", page.display());
    }
    assert!(pages.len() > 20, "only {} pages were found", pages.len());
}

#[test]
fn the_map_of_the_sources_names_files_that_are_there() {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let map = text.split("## Where to find what").nth(1).unwrap().split("\n## ").next().unwrap().to_owned();
    let places: Vec<&str> = map.split('`').skip(1).step_by(2).filter(|p| p.contains('/')).collect();
    let missing: Vec<_> = places.iter().filter(|sandbox| !root().join(sandbox).exists()).collect();
    assert!(missing.is_empty(), "docs/architecture.md: {missing:?}");
    assert!(places.len() > 60, "only {} places were found", places.len());
}
