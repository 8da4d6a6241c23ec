//! What a person sees in a terminal: a real one, of 80 and of 40 columns, in which the real program runs.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use galapagos_e2e::jobs::{self, Job};
use galapagos_e2e::program::galapagos;
use galapagos_e2e::scratch::Scratch;
use galapagos_e2e::screen::Screen;
use serde_json::{Value, json};

/// Ctrl-C.
const INTERRUPT: &str = "\x03";
const WIDE: (u16, u16) = (24, 80);
const NARROW: (u16, u16) = (24, 40);

fn run(scratch: &Scratch, generations: u32) -> Command {
    let job = jobs::write(scratch.path(), &Job { generations, ..Job::small(3) }.manifest());
    let mut command = galapagos();
    command.arg("run").arg(job).arg("--fresh").arg("--data-dir").arg(scratch.data());
    command.arg("--results-dir").arg(scratch.path().join("results")).current_dir(scratch.path());
    command
}

/// Whether a bar is on the screen.
fn has_bar(text: &str) -> bool {
    text.contains('█') || text.contains('░')
}

#[test]
fn a_run_shows_a_bar_of_its_generations_and_leaves_its_result_alone() {
    let scratch = Scratch::with_walk(3000);
    for size in [WIDE, NARROW] {
        let mut screen = Screen::start(&run(&scratch, 400), size, "$ galapagos run\n");
        let during = screen.shows(|text| text.contains("/400") && has_bar(text) && text.contains("best"));
        assert!(during.contains("small"), "{during}");
        let ended = screen.end();
        // 4: nothing was feasible on a random walk, which is a result too.
        assert!(matches!(ended.code(), Some(0 | 4)), "{ended}: {}", screen.text());
        let after = screen.text();
        assert!(!after.contains("/400") && screen.is_restored(), "{after}");
    }
}

#[test]
fn ctrl_c_ends_a_run_at_a_safe_point_and_the_terminal_is_as_it_was() {
    let scratch = Scratch::with_walk(3000);
    for size in [WIDE, NARROW] {
        let mut screen = Screen::start(&run(&scratch, 100_000), size, "");
        screen.shows(|text| text.contains("/100000") && has_bar(text));
        screen.types(INTERRUPT);
        assert_eq!(screen.end().code(), Some(130), "{}", screen.text());
        let after = screen.text();
        // The terminal writes ^C into the bar, of which a line may stay.
        assert!(screen.is_restored() && after.contains("Continue with:"), "{after}");
        assert!(after.contains("stopping at a safe"), "{after}");
    }
}

/// A `kubectl` that answers with the job of a file, as the real one prints it.
fn kubectl(folder: &Path, job: &Value) -> Command {
    answer(folder, job);
    let script = format!("#!/bin/sh\nexec cat '{}'\n", folder.join("job.json").display());
    let program = folder.join("kubectl");
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = galapagos();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    command.env("PATH", path).current_dir(folder).arg("cluster");
    command
}

/// What it answers from now on.
fn answer(folder: &Path, job: &Value) {
    let new = folder.join("new.json");
    std::fs::write(&new, job.to_string()).unwrap();
    std::fs::rename(new, folder.join("job.json")).unwrap();
}

/// A job whose best fitness rises, after so many generations.
fn evolving(phase: &str, done: u32) -> Value {
    let history: Vec<Value> = (done.saturating_sub(19).max(1)..=done)
        .map(|g| json!({"generation": g, "best": f64::from(g).sqrt(), "median": f64::from(g).sqrt() - 1.0, "seconds": 2.0}))
        .collect();
    json!({
        "apiVersion": "galapagos.dev/v1alpha1", "kind": "EvolutionJob",
        "metadata": {"name": "btc", "namespace": "research"},
        "spec": {
            "marketData": {"dataset": "d", "symbols": ["S"], "interval": "1h"},
            "strategies": [{"name": "rsi_filter"}], "population": {"size": 100, "seed": 1},
        },
        "status": {
            "phase": phase, "progress": format!("{done}/50"), "generation": done, "generations": 50, "population": 100,
            "evaluations": {"completed": 100 * done, "distinct": 100 * done, "perSecond": 50.0},
            "workers": {"desired": 4, "ready": 4}, "history": history,
            "best": {"strategy": "rsi_filter", "genome": {"period": 14}, "fitness": 1.25, "rounded": "1.2500"},
        },
    })
}

/// Whether braille dots are on a line.
fn drawn(line: &str) -> bool {
    line.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c))
}

#[test]
fn the_status_of_a_job_has_a_chart_where_there_is_a_terminal_and_none_elsewhere() {
    let scratch = Scratch::new();
    for size in [WIDE, NARROW] {
        let mut command = kubectl(scratch.path(), &evolving("Running", 30));
        command.args(["status", "btc"]);
        let mut screen = Screen::start(&command, size, "");
        assert!(screen.end().success(), "{}", screen.text());
        let text = screen.text();
        assert!(text.contains("30/50") && text.contains("Best (line)"), "{text}");
        assert!(text.lines().filter(|line| drawn(line)).count() > 3, "{text}");
        assert!(
            text.lines().filter(|line| drawn(line)).all(|line| line.chars().count() <= usize::from(size.1)),
            "{text}"
        );
        let plain = command.output().unwrap();
        let plain = String::from_utf8(plain.stdout).unwrap();
        assert!(plain.contains("30/50") && !plain.lines().any(drawn), "{plain}");
    }
}

#[test]
fn what_is_watched_changes_in_its_place_until_the_job_has_ended() {
    let scratch = Scratch::new();
    for size in [WIDE, NARROW] {
        let mut command = kubectl(scratch.path(), &evolving("Running", 3));
        command.args(["watch", "btc"]);
        let mut screen = Screen::start(&command, size, "$ kubectl galapagos watch btc\n");
        screen.shows(|text| text.contains("3/50") && text.lines().any(drawn));
        answer(scratch.path(), &evolving("Running", 49));
        let whole = |text: &str| text.lines().any(|line| line.ends_with(" 49"));
        let later = screen.shows(|text| text.contains("49/50") && whole(text));
        assert_eq!(later.matches("Generations ").count(), 1, "the old page is still there:\n{later}");
        // What was there before stays.
        assert!(later.starts_with("$ kubectl galapagos watch btc"), "{later}");
        // Generations that the status no longer has are in the chart.
        assert!(later.lines().any(|line| line.trim_start().starts_with("1 ")), "{later}");
        answer(scratch.path(), &evolving("Succeeded", 50));
        assert!(screen.end().success());
        let after = screen.text();
        assert!(after.contains("Succeeded") && !after.contains("Running") && screen.is_restored(), "{after}");
    }
}

#[test]
fn ctrl_c_ends_watching_and_the_terminal_is_as_it_was() {
    let scratch = Scratch::new();
    let mut command = kubectl(scratch.path(), &evolving("Running", 3));
    command.args(["status", "btc", "--watch"]);
    let mut screen = Screen::start(&command, WIDE, "$ \n");
    screen.shows(|text| text.contains("3/50"));
    screen.types(INTERRUPT);
    assert_eq!(screen.end().signal(), Some(2), "as every program that is interrupted: a shell says 130");
    assert!(screen.is_restored() && screen.text().contains("3/50"), "{}", screen.text());
}

#[test]
fn a_table_of_jobs_fits_the_terminal() {
    let scratch = Scratch::new();
    let list = json!({"items": [evolving("Running", 3), evolving("Succeeded", 50)]});
    for size in [WIDE, NARROW] {
        let mut command = kubectl(scratch.path(), &list);
        command.arg("status");
        let mut screen = Screen::start(&command, size, "");
        assert!(screen.end().success(), "{}", screen.text());
        let text = screen.text();
        assert_eq!(text.lines().count(), 3, "no line is broken:\n{text}");
        assert!(text.contains("btc") && text.contains("50/50"), "{text}");
    }
}

#[test]
fn what_is_left_of_a_job_comes_from_what_was_measured_on_the_cluster() {
    let scratch = Scratch::new();
    let mut command = kubectl(scratch.path(), &evolving("Running", 30));
    command.args(["estimate", "btc", "--price", "0.9"]);
    let mut screen = Screen::start(&command, NARROW, "");
    assert!(screen.end().success(), "{}", screen.text());
    let text = screen.text();
    assert!(text.contains("Measured on the cluster") && text.contains("20 left of 50"), "{text}");
    // Before its first generation nothing is measured, and this machine has no such data.
    let mut command = kubectl(scratch.path(), &evolving("Running", 0));
    command.args(["estimate", "btc"]);
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("no rate of btc yet"), "{said}");
}
