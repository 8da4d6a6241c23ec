//! `galapagos run --workers`: the cluster's processes on one machine, and certificates for them.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{Sandbox, small_job};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Processes whose parent is `parent`.
fn children(parent: u32) -> Vec<u32> {
    let parent_of = |pid: u32| -> Option<u32> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name in parentheses may hold anything; what follows it is state and parent.
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
    };
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|&pid| parent_of(pid) == Some(parent)).collect()
}

fn kill(pid: u32, signal: &str) {
    let done = std::process::Command::new("kill").args([signal, &pid.to_string()]).status();
    // It may have ended by itself.
    drop(done);
}

fn start(sandbox: &Sandbox, more: &[&str]) -> Child {
    let mut arguments = vec!["run", "job.yaml", "--workers", "2", "-o", "json"];
    arguments.extend(more);
    sandbox.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until there are so many worker processes.
fn until_there_are(run: &mut Child, count: usize) -> Vec<u32> {
    let begun = Instant::now();
    loop {
        let found = children(run.id());
        if found.len() >= count || run.try_wait().unwrap().is_some() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "no worker processes");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn worker_processes_give_the_result_of_threads_and_leave_nothing_behind() {
    let sandbox = Sandbox::new();
    sandbox.walk(3000, 5);
    sandbox.write("job.yaml", small_job(60, 6));
    let threads = sandbox.json(&["run", "job.yaml", "-o", "json"]);
    let mut run = start(&sandbox, &["--fresh"]);
    let workers = until_there_are(&mut run, 2);
    let ended = run.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let processes: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    for field in ["result_digest", "best", "evaluations", "stopped_by"] {
        assert_eq!(processes[field], threads[field], "{field}");
    }
    for pid in workers {
        assert!(!PathBuf::from(format!("/proc/{pid}")).exists(), "worker {pid} is still there");
    }
}

// Contract G16, G17, C5.
#[test]
fn worker_processes_give_the_result_of_threads_with_islands_presets_and_genes_that_count_sometimes() {
    let sandbox = Sandbox::new();
    sandbox.walk(3000, 5);
    let rsi = "- {name: rsi_filter, genes: [{name: rsi_period, values: [10, 14]}, {name: oversold_threshold, min: 20, \
               max: 40, step: 5, when: {gene: rsi_period, in: [10]}}]}";
    let two = "  objectives: [{metric: sharpe}, {metric: max_drawdown, goal: Minimize}]\n";
    let cases = [
        "  islands: {count: 3, migrateEvery: 2}\n".to_owned(),
        "  breeding: {preset: PBT}\n".to_owned(),
        format!("{two}  searcher: TPE\n  islands: {{count: 2, migrateEvery: 1, topology: Full}}\n"),
    ];
    for fields in cases {
        let job = small_job(60, 5).replace("- {name: rsi_filter}", rsi) + &fields;
        assert!(job.contains("when:"), "{job}");
        sandbox.write("job.yaml", job);
        let threads = sandbox.json(&["run", "job.yaml", "-o", "json"]);
        let ended = start(&sandbox, &["--fresh"]).wait_with_output().unwrap();
        assert!(ended.status.success(), "{fields}: {}", String::from_utf8_lossy(&ended.stderr));
        let processes: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
        for field in ["result_digest", "best", "evaluations", "stopped_by"] {
            assert_eq!(processes[field], threads[field], "{fields}: {field}");
        }
    }
}

#[test]
fn a_killed_worker_process_is_started_again_and_changes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.walk(20_000, 5);
    sandbox.write("job.yaml", small_job(200, 10));
    let expected = sandbox.json(&["run", "job.yaml", "-o", "json"]);
    let mut run = start(&sandbox, &["--fresh"]);
    let mut kills = 0;
    while run.try_wait().unwrap().is_none() && kills < 6 {
        if let Some(&victim) = until_there_are(&mut run, 2).get(kills % 2) {
            kill(victim, "-KILL");
            kills += 1;
        }
        std::thread::sleep(Duration::from_millis(150));
    }
    let ended = run.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let found: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert!(kills > 0);
    assert_eq!(found["result_digest"], expected["result_digest"]);
}

#[test]
fn workers_do_not_outlive_a_run_that_was_killed() {
    let sandbox = Sandbox::new();
    sandbox.walk(20_000, 5);
    sandbox.write("job.yaml", small_job(400, 400));
    let mut run = start(&sandbox, &[]);
    let workers = until_there_are(&mut run, 2);
    assert_eq!(workers.len(), 2);
    run.kill().unwrap();
    run.wait().unwrap();
    let begun = Instant::now();
    while workers.iter().any(|pid| PathBuf::from(format!("/proc/{pid}/exe")).exists()) {
        assert!(begun.elapsed() < Duration::from_secs(20), "a worker outlives its run");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_interrupt_is_answered_soon_and_the_same_command_continues() {
    let sandbox = Sandbox::new();
    sandbox.walk(20_000, 5);
    sandbox.write("job.yaml", small_job(200, 12));
    let expected = sandbox.json(&["run", "job.yaml", "-o", "json"]);
    let mut run = start(&sandbox, &["--results-dir", "other"]);
    until_there_are(&mut run, 2);
    std::thread::sleep(Duration::from_millis(300));
    kill(run.id(), "-INT");
    let code = run.wait().unwrap().code();
    assert!(matches!(code, Some(130 | 0)), "{code:?}");
    let found = sandbox.json(&["run", "job.yaml", "--workers", "1", "--results-dir", "other", "-o", "json"]);
    assert_eq!(found["result_digest"], expected["result_digest"]);
}

#[test]
fn certificates_are_made_once_and_their_keys_are_private() {
    let sandbox = Sandbox::new();
    sandbox.ok(&["dev", "certs", "--job-uid", "try-1", "-o", "certs"]);
    for role in ["coordinator", "worker", "operator"] {
        for file in ["ca.crt", "tls.crt", "tls.key"] {
            let path = sandbox.path().join("certs").join(role).join(file);
            let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, if file == "tls.key" { 0o600 } else { 0o644 }, "{}", path.display());
        }
    }
    let again = sandbox.run(&["dev", "certs", "--job-uid", "try-1", "-o", "certs"]);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("has certificates already"), "{}", again.stderr);
    let wrong = sandbox.run(&["dev", "certs", "--job-uid", "Try_1", "-o", "others"]);
    assert_eq!(wrong.code, 2, "{}", wrong.stderr);
    assert!(!sandbox.path().join("others").exists());
}
