//! The role import: what is published, what is refused, with which exit code.

use std::os::unix::fs::symlink;

use crate::place::{Ended, Place};

/// Checks how it ended, and that the text says `part`.
fn assert_refused(ended: &Ended, code: i32, reason: &str, part: &str) {
    assert_eq!(ended.code, Some(code), "{:#?}", ended.log);
    assert_eq!(ended.end()["reason"], reason);
    assert!(ended.message().contains(part), "{part:?} is not in {:?}", ended.message());
}

fn latest(place: &Place) -> Option<String> {
    std::fs::read_to_string(place.path("data/galapagos/datasets/us-stocks/LATEST")).ok()
}

#[test]
fn a_dataset_is_made_once_and_then_left_alone() {
    let place = Place::with_samples();
    place.job("[AAPL, IBM]", "    source: {path: raw}");
    let ended = place.import();
    assert_eq!(ended.code, Some(0), "{:#?}", ended.log);
    let published = ended.log.iter().find(|l| l["message"] == "published").unwrap();
    let digest = latest(&place).unwrap();
    assert_eq!(published["digest"], format!("blake3:{}", digest.trim()));
    let symbols: Vec<_> = ended.log.iter().filter(|l| l["message"] == "checked").collect();
    assert_eq!(symbols.len(), 3);

    // Other data at the source: what is published does not change.
    std::fs::remove_file(place.path("data/raw/MSFT.csv")).unwrap();
    let ended = place.import();
    assert_eq!(ended.code, Some(0));
    assert!(ended.log.iter().any(|l| l["message"] == "the dataset exists: nothing to do"));
    assert_eq!(latest(&place).unwrap(), digest);
}

#[test]
fn a_manifest_as_json_is_the_same_job() {
    let place = Place::with_samples();
    place.job("[AAPL]", "    source: {path: raw/AAPL.csv}");
    let job = galapagos_worker::process::job_file::read(&place.path("job.yaml")).unwrap();
    place.write("job.yaml", serde_json::to_vec(&job).unwrap());
    assert_eq!(place.import().code, Some(0));
}

#[test]
fn a_manifest_that_is_wrong_is_refused() {
    let place = Place::with_samples();
    assert_refused(&place.import(), 64, "InvalidSpec", "--job job.yaml: cannot be read");
    place.write("job.yaml", "kind: Deployment\napiVersion: apps/v1\n");
    assert_refused(&place.import(), 64, "InvalidSpec", "must be an EvolutionJob of galapagos.dev/v1alpha1");
    place.write("job.yaml", "{\"kind\": ");
    assert_refused(&place.import(), 64, "InvalidSpec", "is not JSON");
    place.write("job.yaml", "a: [b\n");
    assert_refused(&place.import(), 64, "InvalidSpec", "is not YAML");
    place.job("AAPL", "    source: {path: raw}");
    assert_refused(&place.import(), 64, "InvalidSpec", "line");
    place.job("[AAPL]", "    source: {path: raw/AAPL.csv}");
    let text = std::fs::read_to_string(place.path("job.yaml")).unwrap();
    place.write("job.yaml", text.replace("us-stocks", "../../up"));
    assert_refused(&place.import(), 64, "InvalidSpec", "dataset");
    assert_eq!(latest(&place), None);
}

#[test]
fn a_path_that_leaves_the_volume_is_refused() {
    let place = Place::with_samples();
    place.write("outside.csv", "date,open,high,low,close\n");
    symlink(place.path("outside.csv"), place.path("data/link.csv")).unwrap();
    symlink(place.path("data/raw"), place.path("data/linked")).unwrap();
    std::fs::create_dir(place.path("data/mixed")).unwrap();
    symlink(place.path("data/raw/AAPL.csv"), place.path("data/mixed/AAPL.csv")).unwrap();
    for (path, part) in [
        ("../outside.csv", "no leading / and no .."),
        ("raw/../../outside.csv", "no leading / and no .."),
        ("/etc/passwd", "no leading / and no .."),
        ("link.csv", "link.csv is a symbolic link"),
        ("linked/AAPL.csv", "linked is a symbolic link"),
        ("mixed", "mixed/AAPL.csv is a symbolic link"),
    ] {
        place.job("[AAPL]", &format!("    source: {{path: {path}}}"));
        let ended = place.import();
        assert_refused(&ended, 64, "InvalidSpec", part);
        assert!(ended.message().contains(&format!("marketData.source.path {path:?}")));
    }
    assert_eq!(latest(&place), None);
}

#[test]
fn a_pipe_is_refused_instead_of_read_for_ever() {
    let place = Place::with_samples();
    let made = std::process::Command::new("mkfifo").arg(place.path("data/pipe.csv")).status().unwrap();
    assert!(made.success());
    place.job("[AAPL]", "    source: {path: pipe.csv}");
    assert_refused(&place.import(), 64, "InvalidSpec", "neither a file nor a folder");
}

#[test]
fn data_that_is_not_there_is_missing() {
    let place = Place::with_samples();
    place.job("[AAPL]", "");
    assert_refused(&place.import(), 66, "DatasetNotFound", "the job has no marketData.source");
    place.job("[AAPL]", "    source: {path: raw/none.csv}");
    assert_refused(&place.import(), 66, "DatasetNotFound", "there is no such file or folder in data");
    std::fs::create_dir(place.path("data/empty")).unwrap();
    place.job("[AAPL]", "    source: {path: empty}");
    assert_refused(&place.import(), 66, "DatasetNotFound", "the folder has no files");
}

#[test]
fn data_that_is_wrong_is_refused_with_its_place_and_nothing_is_published() {
    let place = Place::with_samples();
    place.write("data/raw/BAD.csv", "date,open,high,low,close\n2020-01-02,10,9,8,9\n2020-01-03,9,10,8,9\n");
    place.job("[AAPL]", "    source: {path: raw}");
    let ended = place.import();
    assert_refused(&ended, 65, "DataInvalid", "BAD.csv");
    assert!(ended.message().contains("nothing is published"));
    assert_eq!(latest(&place), None);
    // Put right, the same job finds a whole dataset.
    std::fs::remove_file(place.path("data/raw/BAD.csv")).unwrap();
    assert_eq!(place.import().code, Some(0));
}

#[test]
fn a_pinned_digest_is_kept() {
    let place = Place::with_samples();
    let other = format!("blake3:{}", "0".repeat(64));
    place.job("[AAPL]", &format!("    source: {{path: raw/AAPL.csv}}\n    digest: \"{other}\""));
    assert_refused(&place.import(), 65, "DataInvalid", "marketData.digest is");
    let digest = latest(&place).unwrap();
    // From now on the dataset exists, and its source may not replace it.
    assert_refused(&place.import(), 66, "DatasetNotFound", "in other versions only");
    place.job(
        "[AAPL]",
        &format!("    source: {{path: raw/AAPL.csv}}\n    digest: \"blake3:{}\"", digest.trim()),
    );
    assert_eq!(place.import().code, Some(0));
}

#[test]
fn a_volume_that_cannot_be_written_is_a_fault_and_said_in_the_last_words() {
    let place = Place::with_samples();
    place.job("[AAPL]", "    source: {path: raw/AAPL.csv}");
    // A file where the folder should be: it fails for root, too.
    place.write("data/galapagos", "");
    let ended =
        place.run(&["import", "--job", "job.yaml", "--data-dir", "data", "--termination-log", "last"]);
    assert_refused(&ended, 72, "Internal", "galapagos");
    let words: serde_json::Value =
        serde_json::from_slice(&std::fs::read(place.path("last")).unwrap()).unwrap();
    assert_eq!(words["reason"], "Internal");
    assert_eq!(words["message"], ended.message());
}

#[test]
fn a_download_from_a_private_network_is_refused() {
    let place = Place::with_samples();
    let digest = "0".repeat(64);
    for (url, part) in [
        ("https://127.0.0.1/x.csv", "is at 127.0.0.1, which is not a public address"),
        ("https://[::1]/x.csv", "is at ::1, which is not a public address"),
        ("https://169.254.169.254/latest", "which is not a public address"),
        ("https://localhost/x.csv", "localhost is at"),
        ("http://data.example/x.csv", "must begin with https://"),
        ("https://me:key@data.example/x.csv", "holds credentials"),
    ] {
        place.job("[AAPL]", &format!("    source: {{http: {{url: \"{url}\", sha256: \"{digest}\"}}}}"));
        assert_refused(&place.import(), 64, "InvalidSpec", part);
    }
}
