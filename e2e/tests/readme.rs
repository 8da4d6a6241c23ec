//! The commands of the README's section on many processes, as they stand there.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use galapagos_e2e::cluster::PATIENCE;
use galapagos_e2e::outcome::Outcome;
use galapagos_e2e::process::{Process, ProcessEnd};
use galapagos_e2e::program;
use galapagos_e2e::scratch::{Scratch, copy};

/// The commands of a section, continued lines joined, comments and job control cut.
fn commands(section: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(program::root().join("README.md")).unwrap();
    let section =
        text.split(&format!("## {section}\n")).nth(1).unwrap().split("\n## ").next().unwrap().to_owned();
    let section = section.replace("\\\n", " ");
    let blocks = section.split("```").skip(1).step_by(2);
    let words = |line: &str| {
        let line = line.split(" #").next().unwrap();
        line.split_whitespace().filter(|&word| word != "&").map(str::to_owned).collect::<Vec<_>>()
    };
    blocks.flat_map(str::lines).map(words).filter(|words| !words.is_empty()).collect()
}

fn command(words: &[String], place: &Path, port: u16) -> Command {
    let mut command = if words[0] == "galapagos" { program::galapagos() } else { program::worker() };
    // The usual ports may be taken on this machine.
    command.args(
        words[1..].iter().map(|word| word.replace(":7400", &format!(":{port}")).replace(":8081", ":0")),
    );
    command.env("GALAPAGOS_WORK_ADDRESS", format!("127.0.0.1:{port}"));
    command.env("GALAPAGOS_PROGRESS_ADDRESS", "127.0.0.1:0").env("GALAPAGOS_HTTP_ADDRESS", "");
    command.current_dir(place);
    command
}

#[test]
fn the_commands_of_many_processes_work_and_end_with_one_digest() {
    let all = commands("Many processes");
    let verbs: Vec<&str> = all.iter().map(|words| words[1].as_str()).collect();
    assert_eq!(verbs, ["run", "dev", "coordinator", "worker"]);
    let scratch = Scratch::with_stocks();
    copy(&program::root().join("deploy/examples"), &scratch.folder("deploy/examples"));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let start = |n: usize| {
        let log = scratch.path().join(format!("{n}.log"));
        Process::start(&all[n].join(" "), command(&all[n], scratch.path(), port), &log)
    };
    assert_eq!(start(0).wait(PATIENCE), ProcessEnd::DONE);
    assert_eq!(start(1).wait(PATIENCE), ProcessEnd::DONE);
    let (mut coordinator, mut worker) = (start(2), start(3));
    assert_eq!((coordinator.wait(PATIENCE), worker.wait(PATIENCE)), (ProcessEnd::DONE, ProcessEnd::DONE));
    let expected = Outcome::read(&scratch.path().join("results")).unwrap();
    Outcome::read(&scratch.path().join("state")).unwrap().assert_same(&expected, "by hand");
}
