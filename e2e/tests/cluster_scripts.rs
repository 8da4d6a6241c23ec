//! What the scripts of the test cluster say to a person whose machine lacks something.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with links to these programs of this machine, to be the whole search path of a script.
fn only(programs: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = std::env::var_os("PATH").unwrap();
    for program in programs {
        let found = std::env::split_paths(&path).map(|p| p.join(program)).find(|p| p.exists());
        symlink(found.unwrap_or_else(|| panic!("no {program} here")), folder.path().join(program)).unwrap();
    }
    folder
}

fn lib() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cluster/lib.sh")
}

/// What a shell with these programs alone prints on stderr when it asks for all that a cluster needs.
fn asked_with(programs: &[&str]) -> String {
    let path = only(programs);
    let script = format!("source {}; need $TO_RUN $TO_BUILD", lib().display());
    let shell = path.path().join("bash");
    let done = Command::new(shell)
        .args(["-c", &script])
        .env_clear()
        .env("PATH", path.path())
        .env("HOME", path.path())
        .output()
        .unwrap();
    assert!(!done.status.success());
    String::from_utf8(done.stderr).unwrap()
}

#[test]
fn one_message_names_all_that_a_machine_lacks_before_anything_is_built() {
    let said = asked_with(&["bash", "dirname", "realpath"]);
    assert_eq!(said.lines().count(), 1, "{said}");
    for missing in
        ["ip (package iproute2)", "nft (package nftables)", "go (package golang)", "libseccomp-dev"]
    {
        assert!(said.contains(missing), "{missing}: {said}");
    }
}

#[test]
fn what_is_there_is_not_asked_for() {
    let said = asked_with(&["bash", "dirname", "realpath", "tar", "awk"]);
    assert!(!said.contains("package tar") && !said.contains("mawk"), "{said}");
    assert!(said.contains("gcc"), "{said}");
}
