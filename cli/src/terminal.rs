//! The terminal: what is printed where, so that progress bars, log lines and results never mix.
//!
//! Results go to stdout and nothing else does. Bars, log lines and errors go to stderr.

use crate::exit::{CommandError, CommandResult};
use indicatif::MultiProgress;
use serde_json::json;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

/// The bars of this process. Everything else that goes to stderr suspends them while it is written.
pub static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Whether a person watches: bars instead of log lines.
pub fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Writes a result to stdout. A reader that went away (`| head`) is not an error.
pub fn print(text: &str) -> CommandResult {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(CommandError::Internal(anyhow::Error::new(e).context("stdout cannot be written")))
        }
        _ => Ok(()),
    }
}

/// Writes `value` to stdout as one JSON document.
pub fn print_json(value: &serde_json::Value) -> CommandResult {
    print(&format!("{value:#}\n"))
}

/// Whether a program reads stderr, line by line as JSON.
static JSON: AtomicBool = AtomicBool::new(false);

/// A line on stderr.
pub fn note(text: &str) {
    say(text, json!({"level": "INFO", "message": text}));
}

/// The last line on stderr: why the command did not do what it was asked. No setting of the log hides it.
fn end(failure: &CommandError) {
    let (code, message) = (failure.code(), failure.message());
    say(&failure.text(), json!({"level": "ERROR", "message": message, "exit_code": code}));
}

/// Prints a failure on stderr and returns the exit code of the process.
pub fn finish(outcome: CommandResult) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            end(&failure);
            ExitCode::from(failure.code())
        }
    }
}

/// If stderr is closed there is nobody to tell.
fn say(text: &str, mut line: serde_json::Value) {
    let mut time = String::new();
    let known = SystemTime.format_time(&mut Writer::new(&mut time)).is_ok();
    if known {
        line["timestamp"] = time.into();
    }
    let line = if JSON.load(Ordering::Relaxed) { line.to_string() } else { text.to_owned() };
    BARS.suspend(|| drop(writeln!(io::stderr().lock(), "{line}")));
}

/// Starts the log lines: `RUST_LOG` decides, else warnings and our own progress (`verbose`: debug lines of
/// our crates too). `json` makes each line on stderr one JSON object.
pub fn start_log(verbose: bool, json: bool) {
    JSON.store(json, Ordering::Relaxed);
    let usual = if verbose {
        "info,galapagos=debug,galapagos_run=debug,galapagos_worker=debug,galapagos_market=debug"
    } else {
        "warn,galapagos=info"
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Lines).with_ansi(is_watched());
    // A second start (in tests) keeps the first one's settings.
    let _ = if json {
        lines.json().flatten_event(true).with_target(false).try_init()
    } else {
        lines.with_target(false).try_init()
    };
}

/// Log lines above the bars.
struct Lines;

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line
    }
}

/// One log line that is being written.
struct Line;

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        BARS.suspend(|| io::stderr().lock().write_all(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
