//! `kubectl galapagos ui`: the page about a job while it runs, through a forwarded port.

use crate::cluster::kubectl::{Access, told};
use crate::cluster::view;
use crate::exit::{CommandError, CommandResult};
use crate::{interrupt, terminal};
use galapagos_crds::EvolutionJob;
use galapagos_crds::job::coordinator_job;
use galapagos_worker::dashboard::PORT;
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Open the page about a job while it runs: generations, species, best genome, workers, batches, events
///
/// It forwards a port of this machine to the coordinator and prints what to open in a browser; nobody else reaches the page.
/// When another attempt takes over, the same address shows that one. It ends with the job, or with Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  kubectl galapagos ui btc
  kubectl galapagos ui btc --port 9000")]
pub struct Arguments {
    /// The job
    #[arg(value_name = "JOB")]
    pub job: String,
    /// Port of this machine; absent: 7402, or another if that is taken
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
}

/// Time between two looks at the job.
const PAUSE: Duration = Duration::from_secs(3);
/// Time between two looks at whether something ended here.
const MOMENT: Duration = Duration::from_millis(100);

/// What to do about a job as it is.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// It has no coordinator yet.
    Wait(String),
    /// The coordinator of this attempt has the page.
    Forward(u32),
    /// It is over; what to do then.
    Over(String),
}

/// Runs `kubectl galapagos ui`.
pub fn execute(access: &Access, arguments: &Arguments) -> CommandResult {
    let name = arguments.job.as_str();
    // First of all: a job that is not there has no page.
    let mut step = of(name, &access.json(&["get", "evojob", name])?);
    let port = port(arguments.port)?;
    let asked = interrupt::watch("the page is closed; the job goes on")?;
    let mut said = String::new();
    let mut say = |text: String| {
        if text != said {
            terminal::note(&text);
        }
        said = text;
    };
    let mut printed = false;
    while !asked.load(Ordering::Relaxed) {
        match &step {
            Step::Over(text) => return terminal::print(&format!("{text}\n")),
            Step::Wait(text) => {
                say(text.clone());
                wait(PAUSE, &asked);
            }
            &Step::Forward(attempt) => {
                let mut forward = Forward::start(access, name, attempt, port)?;
                let (mut opened, mut looked) = (false, Instant::now());
                while !asked.load(Ordering::Relaxed) && !forward.has_ended() {
                    if !opened && forward.opened.try_recv().is_ok() {
                        opened = true;
                        say(format!("attempt {attempt} shows its page"));
                        if !printed {
                            terminal::print(&format!("http://127.0.0.1:{port}/\n"))?;
                            printed = true;
                        }
                    }
                    if looked.elapsed() > PAUSE {
                        looked = Instant::now();
                        // A server that does not answer for a moment is no reason to close the page.
                        let now = access.json(&["get", "evojob", name]).ok().map(|job| of(name, &job));
                        if now.is_some_and(|now| now != step) {
                            break;
                        }
                    }
                    std::thread::sleep(MOMENT);
                }
                let why = forward.end();
                if !asked.load(Ordering::Relaxed) && !opened {
                    say(format!("attempt {attempt} does not show its page yet: {why}"));
                }
                wait(Duration::from_secs(1), &asked);
            }
        }
        match access.json(&["get", "evojob", name]) {
            Ok(job) => step = of(name, &job),
            Err(error) => {
                say(error.message());
                wait(PAUSE, &asked);
            }
        }
    }
    Ok(())
}

fn of(name: &str, job: &EvolutionJob) -> Step {
    if view::has_ended(job) {
        return Step::Over(format!("{name} is over: kubectl galapagos report {name} brings its report"));
    }
    let started = job.status.as_ref().and_then(|status| status.attempts.as_ref()).map_or(0, |a| a.started);
    match u32::try_from(started) {
        Ok(attempt @ 1..) => Step::Forward(attempt),
        _ => Step::Wait(format!("{name} has no attempt yet: it waits to be admitted")),
    }
}

/// A port of this machine that is free.
fn port(asked: Option<u16>) -> CommandResult<u16> {
    let free =
        |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|bound| bound.local_addr());
    let bound = match asked {
        Some(port) => free(port),
        None => free(PORT).or_else(|_| free(0)),
    };
    let wrong =
        |error| CommandError::invalid(format!("--port {} cannot be opened: {error}", asked.unwrap_or(PORT)));
    bound.map(|address| address.port()).map_err(wrong)
}

fn wait(time: Duration, asked: &AtomicBool) {
    let begun = Instant::now();
    while begun.elapsed() < time && !asked.load(Ordering::Relaxed) {
        std::thread::sleep(MOMENT);
    }
}

/// A running `kubectl port-forward`.
struct Forward {
    child: Child,
    /// Told once it listens.
    opened: Receiver<()>,
    stderr: Option<JoinHandle<Vec<u8>>>,
}

impl Forward {
    fn start(access: &Access, job: &str, attempt: u32, port: u16) -> CommandResult<Forward> {
        let coordinator = format!("job/{}", coordinator_job(job, attempt));
        let ports = format!("{port}:{PORT}");
        let mut child = access.stream(&["port-forward", "--address", "127.0.0.1", &coordinator, &ports])?;
        let (open, opened) = channel();
        if let Some(stdout) = child.stdout.take() {
            // A line for each connection: somebody has to read them.
            std::thread::spawn(move || {
                for line in BufReader::new(stdout).lines() {
                    let Ok(line) = line else { return };
                    if line.starts_with("Forwarding from") {
                        let _ = open.send(());
                    }
                }
            });
        }
        let stderr = child.stderr.take().map(|mut stderr| {
            std::thread::spawn(move || {
                let mut kept = Vec::new();
                let mut part = [0; 4096];
                // The first words say why; it goes on complaining of each connection.
                while let Ok(count @ 1..) = stderr.read(&mut part) {
                    if kept.len() < 4096 {
                        kept.extend_from_slice(&part[..count]);
                    }
                }
                kept
            })
        });
        Ok(Forward { child, opened, stderr })
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it; what it said.
    fn end(&mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let stderr = self.stderr.take().and_then(|reading| reading.join().ok()).unwrap_or_default();
        told(&stderr).lines().next().unwrap_or_default().to_owned()
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::example;
    use serde_json::{Value, json};

    #[test]
    fn a_job_that_waits_is_waited_for_one_that_runs_is_shown_and_one_that_ended_has_a_report() {
        let waits = of("btc", &example("btc", &Value::Null));
        assert!(matches!(waits, Step::Wait(text) if text.contains("waits to be admitted")));
        let runs = example("btc", &json!({"phase": "Running", "attempts": {"started": 3}}));
        assert_eq!(of("btc", &runs), Step::Forward(3));
        let over = example(
            "btc",
            &json!({"phase": "Succeeded", "completionTime": "2026-01-01T00:00:00Z", "attempts": {"started": 3}}),
        );
        assert!(
            matches!(of("btc", &over), Step::Over(text) if text.contains("kubectl galapagos report btc"))
        );
    }

    #[test]
    fn a_port_that_is_asked_for_is_that_one_or_none() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let number = taken.local_addr().unwrap().port();
        let error = port(Some(number)).unwrap_err().message();
        assert!(error.contains(&format!("--port {number} cannot be opened")), "{error}");
        drop(taken);
        assert_eq!(port(Some(number)).unwrap(), number);
        assert!(port(None).unwrap() > 0);
    }
}
