//! The child processes: started, started again, ended.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use galapagos_protocol::tls::JobUid;

use super::folder::Folder;
use super::{FleetError, Plan};
use crate::coordinator::dispatcher::{Dispatcher, NoAnswers};
use crate::process::exit::Code;

/// How often children are looked at.
const PERIOD: Duration = Duration::from_millis(20);
/// Pause before a child that died is started again, doubled with each death in a row.
const PAUSE: Duration = Duration::from_millis(100);
/// Longest pause before a child is started again.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A child that lived so long was not dead on arrival.
const LIVED: Duration = Duration::from_secs(10);
/// How long a child may take to end after the goodbye.
const PATIENCE: Duration = Duration::from_secs(3);
/// Log lines of a child that are kept to explain its end.
const LAST_LINES: usize = 5;

/// All children of a fleet.
#[derive(Debug)]
pub(super) struct Children {
    leaving: Arc<AtomicBool>,
    keepers: Vec<JoinHandle<()>>,
}

impl Children {
    /// Starts them, each with a thread that keeps it alive.
    pub fn start(
        plan: &Plan,
        folder: &Folder,
        uid: &JobUid,
        coordinator: SocketAddr,
        dispatcher: &Arc<Dispatcher>,
    ) -> Result<Children, FleetError> {
        let leaving = Arc::new(AtomicBool::new(false));
        let mut children = Children { leaving: Arc::clone(&leaving), keepers: Vec::new() };
        for number in 0..plan.workers.get() {
            let recipe = Recipe {
                program: plan.program.clone(),
                arguments: arguments(plan, folder, uid, coordinator, number),
                number,
            };
            // The first start is here, so that a program that is not there is an error and no endless retry.
            let first = recipe.start()?;
            let (leaving, dispatcher) = (Arc::clone(&leaving), Arc::clone(dispatcher));
            children.keepers.push(spawn(move || keep(&recipe, first, &leaving, &dispatcher)));
        }
        Ok(children)
    }

    /// From now on a child that ends is not started again.
    pub fn leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
    }

    /// Waits for all of them, and kills those that take too long.
    pub fn end(&mut self) {
        self.leave();
        for keeper in self.keepers.drain(..) {
            // A keeper does not panic; if one did, its child sees its stdin end and leaves.
            let _ = keeper.join();
        }
    }
}

fn arguments(
    plan: &Plan,
    folder: &Folder,
    uid: &JobUid,
    coordinator: SocketAddr,
    number: usize,
) -> Vec<OsString> {
    let mut all = plan.arguments.clone();
    let text = |s: &str| OsString::from(s);
    all.push(text("worker"));
    for (flag, value) in [
        ("--coordinator", text(&coordinator.to_string())),
        ("--tls-dir", folder.tls().into_os_string()),
        ("--job", folder.job().into_os_string()),
        ("--job-uid", text(uid.as_str())),
        ("--data-dir", plan.data_dir.clone().into_os_string()),
        ("--slots", text(&plan.slots.to_string())),
        ("--name", text(&format!("worker-{number}"))),
        ("--http-address", OsString::new()),
        ("--log-format", text("text")),
        ("--log-level", text("warn")),
    ] {
        all.extend([text(flag), value]);
    }
    all.push(text("--leave-with-stdin"));
    all
}

#[derive(Debug)]
struct Recipe {
    program: PathBuf,
    arguments: Vec<OsString>,
    number: usize,
}

/// A running child. Its stdin is open as long as this lives.
#[derive(Debug)]
struct Running {
    child: Child,
    began: Instant,
    last_lines: Arc<Mutex<VecDeque<String>>>,
}

impl Recipe {
    fn start(&self) -> Result<Running, FleetError> {
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // Ctrl-C at the terminal is for this process alone: it tells the children when to leave.
            .process_group(0)
            .spawn()
            .map_err(FleetError::system("start a worker process"))?;
        let last_lines: Arc<Mutex<VecDeque<String>>> = Arc::default();
        if let Some(stderr) = child.stderr.take() {
            let (lines, number) = (Arc::clone(&last_lines), self.number);
            spawn(move || {
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    tracing::debug!(worker = number, "{line}");
                    let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
                    lines.push_back(line);
                    if lines.len() > LAST_LINES {
                        lines.pop_front();
                    }
                }
            });
        }
        Ok(Running { child, began: Instant::now(), last_lines })
    }
}

/// Why a worker process is lost for good.
#[derive(Debug, thiserror::Error)]
enum WorkerError {
    #[error("worker process {number} is lost")]
    Lost { number: usize, source: std::io::Error },
    #[error("worker process {number} cannot take part ({status}):\n{lines}")]
    Refused { number: usize, status: ExitStatus, lines: String },
    #[error("worker process {number} cannot be started again")]
    NotStarted { number: usize, source: FleetError },
}

fn keep(recipe: &Recipe, first: Running, leaving: &AtomicBool, dispatcher: &Dispatcher) {
    let mut running = first;
    let mut deaths = 0u32;
    let mut over: Option<Instant> = None;
    loop {
        sleep(PERIOD);
        if leaving.load(Ordering::Relaxed) {
            let over = *over.get_or_insert_with(Instant::now);
            if over.elapsed() > PATIENCE {
                // It may have ended between the two calls: then there is nothing to kill.
                let _ = running.child.kill();
                let _ = running.child.wait();
                return;
            }
        }
        let status = match running.child.try_wait() {
            Ok(None) => continue,
            Ok(Some(status)) => status,
            Err(error) => {
                fail(dispatcher, WorkerError::Lost { number: recipe.number, source: error });
                return;
            }
        };
        if leaving.load(Ordering::Relaxed) {
            return;
        }
        if is_permanent(status) {
            fail(dispatcher, refused(recipe, &running, status));
            return;
        }
        tracing::warn!(worker = recipe.number, %status, "worker process ended; it is started again");
        deaths = if running.began.elapsed() > LIVED { 0 } else { deaths + 1 };
        sleep((PAUSE * 2u32.saturating_pow(deaths.min(8))).min(LONGEST_PAUSE));
        match recipe.start() {
            Ok(again) => running = again,
            Err(error) => {
                fail(dispatcher, WorkerError::NotStarted { number: recipe.number, source: error });
                return;
            }
        }
    }
}

fn is_permanent(status: ExitStatus) -> bool {
    status.code().and_then(Code::from_number).is_some_and(Code::is_permanent)
}

fn fail(dispatcher: &Dispatcher, why: WorkerError) {
    dispatcher.fail(NoAnswers::Workers(Arc::new(why)));
}

fn refused(recipe: &Recipe, running: &Running, status: ExitStatus) -> WorkerError {
    let lines = running.last_lines.lock().unwrap_or_else(PoisonError::into_inner);
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    WorkerError::Refused { number: recipe.number, status, lines: lines.join("\n") }
}
