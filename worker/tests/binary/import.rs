//! The role import: what is published, what is refused, with which exit code.

use std::os::unix::fs::symlink;

use crate::sandbox::{Finished, Sandbox};

/// Checks how it ended, and that the text says `part`.
fn assert_refused(ended: &Finished, code: i32, reason: &str, part: &str) {
    assert_eq!(ended.code, Some(code), "{:#?}", ended.log);
    assert_eq!(ended.end()["reason"], reason);
    assert!(ended.message().contains(part), "{part:?} is not in {:?}", ended.message());
}

fn latest(sandbox: &Sandbox) -> Option<String> {
    std::fs::read_to_string(sandbox.path("data/galapagos/datasets/us-stocks/LATEST")).ok()
}

#[test]
fn a_dataset_is_made_once_and_then_left_alone() {
    let sandbox = Sandbox::with_samples();
    sandbox.job("[AAPL, IBM]", "    source: {path: raw}");
    let ended = sandbox.import();
    assert_eq!(ended.code, Some(0), "{:#?}", ended.log);
    let published = ended.log.iter().find(|l| l["message"] == "published").unwrap();
    let digest = latest(&sandbox).unwrap();
    assert_eq!(published["digest"], format!("blake3:{}", digest.trim()));
    let symbols: Vec<_> = ended.log.iter().filter(|l| l["message"] == "checked").collect();
    assert_eq!(symbols.len(), 3);

    // Other data at the source: what is published does not change.
    std::fs::remove_file(sandbox.path("data/raw/MSFT.csv")).unwrap();
    let ended = sandbox.import();
    assert_eq!(ended.code, Some(0));
    assert!(ended.log.iter().any(|l| l["message"] == "the dataset exists: nothing to do"));
    assert_eq!(latest(&sandbox).unwrap(), digest);
}

#[test]
fn a_manifest_as_json_is_the_same_job() {
    let sandbox = Sandbox::with_samples();
    sandbox.job("[AAPL]", "    source: {path: raw/AAPL.csv}");
    let job = galapagos_worker::process::job_file::read(&sandbox.path("job.yaml")).unwrap();
    sandbox.write("job.yaml", serde_json::to_vec(&job).unwrap());
    assert_eq!(sandbox.import().code, Some(0));
}

#[test]
fn a_manifest_that_is_wrong_is_refused() {
    let sandbox = Sandbox::with_samples();
    assert_refused(&sandbox.import(), 64, "InvalidSpec", "--job job.yaml: cannot be read");
    sandbox.write("job.yaml", "kind: Deployment\napiVersion: apps/v1\n");
    assert_refused(&sandbox.import(), 64, "InvalidSpec", "must be an EvolutionJob of galapagos.dev/v1alpha1");
    sandbox.write("job.yaml", "{\"kind\": ");
    assert_refused(&sandbox.import(), 64, "InvalidSpec", "is not JSON");
    sandbox.write("job.yaml", "a: [b\n");
    assert_refused(&sandbox.import(), 64, "InvalidSpec", "is not YAML");
    sandbox.job("AAPL", "    source: {path: raw}");
    assert_refused(&sandbox.import(), 64, "InvalidSpec", "line");
    sandbox.job("[AAPL]", "    source: {path: raw/AAPL.csv}");
    let text = std::fs::read_to_string(sandbox.path("job.yaml")).unwrap();
    sandbox.write("job.yaml", text.replace("us-stocks", "../../up"));
    assert_refused(&sandbox.import(), 64, "InvalidSpec", "dataset");
    assert_eq!(latest(&sandbox), None);
}

#[test]
fn a_path_that_leaves_the_volume_is_refused() {
    let sandbox = Sandbox::with_samples();
    sandbox.write("outside.csv", "date,open,high,low,close\n");
    symlink(sandbox.path("outside.csv"), sandbox.path("data/link.csv")).unwrap();
    symlink(sandbox.path("data/raw"), sandbox.path("data/linked")).unwrap();
    std::fs::create_dir(sandbox.path("data/mixed")).unwrap();
    symlink(sandbox.path("data/raw/AAPL.csv"), sandbox.path("data/mixed/AAPL.csv")).unwrap();
    for (path, part) in [
        ("../outside.csv", "no leading / and no .."),
        ("raw/../../outside.csv", "no leading / and no .."),
        ("/etc/passwd", "no leading / and no .."),
        ("link.csv", "link.csv is a symbolic link"),
        ("linked/AAPL.csv", "linked is a symbolic link"),
        ("mixed", "mixed/AAPL.csv is a symbolic link"),
    ] {
        sandbox.job("[AAPL]", &format!("    source: {{path: {path}}}"));
        let ended = sandbox.import();
        assert_refused(&ended, 64, "InvalidSpec", part);
        assert!(ended.message().contains(&format!("marketData.source.path {path:?}")));
    }
    assert_eq!(latest(&sandbox), None);
}

#[test]
fn a_pipe_is_refused_instead_of_read_for_ever() {
    let sandbox = Sandbox::with_samples();
    let made = std::process::Command::new("mkfifo").arg(sandbox.path("data/pipe.csv")).status().unwrap();
    assert!(made.success());
    sandbox.job("[AAPL]", "    source: {path: pipe.csv}");
    assert_refused(&sandbox.import(), 64, "InvalidSpec", "neither a file nor a folder");
}

#[test]
fn data_that_is_not_there_is_missing() {
    let sandbox = Sandbox::with_samples();
    sandbox.job("[AAPL]", "");
    assert_refused(&sandbox.import(), 66, "DatasetNotFound", "the job has no marketData.source");
    sandbox.job("[AAPL]", "    source: {path: raw/none.csv}");
    assert_refused(&sandbox.import(), 66, "DatasetNotFound", "there is no such file or folder in data");
    std::fs::create_dir(sandbox.path("data/empty")).unwrap();
    sandbox.job("[AAPL]", "    source: {path: empty}");
    assert_refused(&sandbox.import(), 66, "DatasetNotFound", "the folder has no files");
}

#[test]
fn data_that_is_wrong_is_refused_with_its_place_and_nothing_is_published() {
    let sandbox = Sandbox::with_samples();
    sandbox.write("data/raw/BAD.csv", "date,open,high,low,close\n2020-01-02,10,9,8,9\n2020-01-03,9,10,8,9\n");
    sandbox.job("[AAPL]", "    source: {path: raw}");
    let ended = sandbox.import();
    assert_refused(&ended, 65, "DataInvalid", "BAD.csv");
    assert!(ended.message().contains("nothing is published"));
    assert_eq!(latest(&sandbox), None);
    // Put right, the same job finds a whole dataset.
    std::fs::remove_file(sandbox.path("data/raw/BAD.csv")).unwrap();
    assert_eq!(sandbox.import().code, Some(0));
}

#[test]
fn a_pinned_digest_is_kept() {
    let sandbox = Sandbox::with_samples();
    let other = format!("blake3:{}", "0".repeat(64));
    sandbox.job("[AAPL]", &format!("    source: {{path: raw/AAPL.csv}}\n    digest: \"{other}\""));
    assert_refused(&sandbox.import(), 65, "DataInvalid", "marketData.digest is");
    let digest = latest(&sandbox).unwrap();
    // From now on the dataset exists, and its source may not replace it.
    assert_refused(&sandbox.import(), 66, "DatasetNotFound", "in other versions only");
    sandbox.job(
        "[AAPL]",
        &format!("    source: {{path: raw/AAPL.csv}}\n    digest: \"blake3:{}\"", digest.trim()),
    );
    assert_eq!(sandbox.import().code, Some(0));
}

#[test]
fn a_volume_that_cannot_be_written_is_a_fault_and_said_in_the_last_words() {
    let sandbox = Sandbox::with_samples();
    sandbox.job("[AAPL]", "    source: {path: raw/AAPL.csv}");
    // A file where the folder should be: it fails for root, too.
    sandbox.write("data/galapagos", "");
    let ended =
        sandbox.run(&["import", "--job", "job.yaml", "--data-dir", "data", "--termination-log", "last"]);
    assert_refused(&ended, 72, "Internal", "galapagos");
    let words: serde_json::Value =
        serde_json::from_slice(&std::fs::read(sandbox.path("last")).unwrap()).unwrap();
    assert_eq!(words["reason"], "Internal");
    assert_eq!(words["message"], ended.message());
}

#[test]
fn a_download_from_a_private_network_is_refused() {
    let sandbox = Sandbox::with_samples();
    let digest = "0".repeat(64);
    for (url, part) in [
        ("https://127.0.0.1/x.csv", "is at 127.0.0.1, which is not a public address"),
        ("https://[::1]/x.csv", "is at ::1, which is not a public address"),
        ("https://169.254.169.254/latest", "which is not a public address"),
        ("https://localhost/x.csv", "localhost is at"),
        ("http://data.example/x.csv", "must begin with https://"),
        ("https://me:key@data.example/x.csv", "holds credentials"),
    ] {
        sandbox.job("[AAPL]", &format!("    source: {{http: {{url: \"{url}\", sha256: \"{digest}\"}}}}"));
        assert_refused(&sandbox.import(), 64, "InvalidSpec", part);
    }
}
