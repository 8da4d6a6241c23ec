//! The life of a process around its role: from the arguments to the exit code.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Duration;

use super::args::Common;
use super::exit::{Code, Exit};
use super::logs::{self, Format, JobName};
use super::signals::{self, Received};
use super::stop::Stop;
use super::{Shell, http, termination};

/// Threads of the runtime: it moves messages and answers probes, evaluation has threads of its own.
const RUNTIME_THREADS: usize = 2;
/// How long tasks may take to end after their role has.
const LINGER: Duration = Duration::from_millis(500);

/// What a process is: which role, the process does not know.
pub trait Role {
    /// Its name in every log line.
    fn name(&self) -> &'static str;

    /// Where probes and metrics are when no flag says so.
    fn usual_http_address(&self) -> Option<SocketAddr>;

    /// Does it, on the main thread inside the runtime of the shell.
    ///
    /// # Errors
    /// An end that is not success.
    fn run(self, shell: Shell) -> Result<(), Exit>;
}

/// Runs a role and answers the exit code.
pub fn run(common: &Common, role: impl Role) -> ExitCode {
    let job = JobName::default();
    logs::init(common.log_format.unwrap_or_else(Format::usual), common.filter(), role.name(), &job);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), engine = galapagos_engine::ENGINE, "started");
    let termination = common.termination_log.clone();
    let (outcome, received) = match prepare() {
        Ok((runtime, stop, received)) => {
            let outcome = live(&runtime, common, role, stop, job);
            runtime.shutdown_timeout(LINGER);
            (outcome, received)
        }
        Err(error) => (Err(Exit::new(Code::Internal, error)), Received::default()),
    };
    let code = end(outcome, &received, termination.as_deref());
    ExitCode::from(code)
}

/// Runs a role inside another program, which has its own logs and exit codes; signals ask it to leave.
///
/// # Errors
/// Those of the role, or the system refuses a thread or a handler.
pub fn inside(role: impl FnOnce(Shell) -> Result<(), Exit>) -> Result<(), Exit> {
    let (runtime, stop, _) = prepare().map_err(|e| Exit::new(Code::Internal, e))?;
    let outcome = {
        let _inside = runtime.enter();
        role(Shell { stop, ..Shell::bare(runtime.handle().clone()) })
    };
    runtime.shutdown_timeout(LINGER);
    outcome
}

fn prepare() -> anyhow::Result<(tokio::runtime::Runtime, Stop, Received)> {
    let stop = Stop::default();
    let received = signals::listen(&stop)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(RUNTIME_THREADS)
        .thread_name("runtime")
        .enable_all()
        .build()?;
    Ok((runtime, stop, received))
}

/// The life of a role.
fn live(
    runtime: &tokio::runtime::Runtime,
    common: &Common,
    role: impl Role,
    stop: Stop,
    job: JobName,
) -> Result<(), Exit> {
    let _inside = runtime.enter();
    let shell = Shell {
        stop,
        job,
        termination: common.termination_log.clone(),
        ..Shell::bare(runtime.handle().clone())
    };
    let address = common.http_address.map_or_else(|| role.usual_http_address(), |given| given.0);
    if let Some(address) = address {
        let listener = runtime.block_on(http::bind(address)).map_err(|e| Exit::new(Code::Internal, e))?;
        let bound = listener.local_addr().unwrap_or(address);
        tracing::info!(address = %bound, "probes and metrics");
        let (health, metrics, stop) = (shell.health.clone(), shell.metrics.clone(), shell.stop.clone());
        runtime.spawn(http::serve(listener, health, metrics, stop));
    }
    catch_unwind(AssertUnwindSafe(|| role.run(shell))).unwrap_or_else(|panic| {
        Err(Exit::new(Code::Internal, anyhow::anyhow!("panic: {}", logs::panic_text(&*panic))))
    })
}

/// Tells how it ended, in the log and the termination file.
fn end(outcome: Result<(), Exit>, received: &Received, file: Option<&std::path::Path>) -> u8 {
    let exit = match outcome {
        Ok(()) => {
            tracing::info!(code = 0, "done");
            return 0;
        }
        Err(exit) => exit,
    };
    let (reason, error) = (exit.reason.as_str(), format!("{:#}", exit.error));
    if exit.code == Code::Terminated {
        let code = received.code().unwrap_or(signals::TERMINATED);
        tracing::info!(code, reason, "{error}");
        return code;
    }
    let code = exit.code as u8;
    tracing::error!(code, reason, "{error}");
    if let Some(file) = file
        && let Err(error) = termination::write(file, &termination::failure(&exit))
    {
        tracing::warn!(%error, file = %file.display(), "--termination-log cannot be written");
    }
    code
}
