//! What the scripts of the test cluster say to a person whose machine lacks something, and for which processor they pack.
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

/// A script of the cluster with these arguments and this processor to pack for.
fn packing(script: &str, arch: &str, arguments: &[&Path]) -> std::process::Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("cluster").join(script);
    let mut command = Command::new(script);
    command.args(arguments).env("GALAPAGOS_IMAGE_ARCH", arch).env("GALAPAGOS_IMAGE_PROFILE", "dev");
    command.output().unwrap()
}

#[test]
fn an_image_says_for_which_processor_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (root, image) = (folder.path().join("root"), folder.path().join("image.tar"));
    std::fs::create_dir(&root).unwrap();
    std::fs::write(root.join("program"), "text").unwrap();
    for arch in ["amd64", "arm64"] {
        let arguments = [&image, Path::new("galapagos:test"), Path::new("1:1"), &root, Path::new("/program")];
        let done = packing("pack.sh", arch, &arguments);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let packed = std::fs::read(&image).unwrap();
        let named = |text: String| packed.windows(text.len()).filter(|part| *part == text.as_bytes()).count();
        assert_eq!(named(format!("\"architecture\":\"{arch}\"")), 2, "in its configuration and in the index");
    }
}

#[test]
fn a_processor_that_cannot_be_packed_for_is_refused_with_those_that_can() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image.tar");
    for (arch, words) in
        [("mips", "allowed are amd64 and arm64"), ("arm64", "build arm64 with another profile")]
    {
        let done = packing("image.sh", arch, &[&image]);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(2), "{said}");
        assert!(said.contains(words) && !image.exists(), "{said}");
    }
}
