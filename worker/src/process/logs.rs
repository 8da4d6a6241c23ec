//! Log lines: one event a line on stderr, as JSON or as text, and every line names role and job.

use std::fmt;
use std::io::{self, IsTerminal};
use std::sync::{Arc, OnceLock};

use clap::ValueEnum;
use tracing::{Event, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON object a line.
    Json,
    /// One line of text, for people.
    Text,
}

impl Format {
    /// Text at a terminal, JSON elsewhere.
    pub fn usual() -> Format {
        if io::stderr().is_terminal() { Format::Text } else { Format::Json }
    }
}

/// The job that log lines name. Clones share it; it is named once.
#[derive(Clone, Debug, Default)]
pub struct JobName(Arc<OnceLock<String>>);

impl JobName {
    /// Names it; a second name is ignored, so that the lines of a process agree.
    pub fn set(&self, name: impl Into<String>) {
        let _ = self.0.set(name.into());
    }

    /// Its name; empty before it is known.
    pub fn get(&self) -> &str {
        self.0.get().map_or("", String::as_str)
    }
}

/// Which lines are written: a level for our own lines, as `debug`, or directives as in `RUST_LOG`.
///
/// # Errors
/// What is wrong with the text.
pub fn filter(text: &str) -> Result<EnvFilter, String> {
    let problem = |e: &dyn fmt::Display| {
        format!(
            "{e}: write a level (error, warn, info, debug, trace) or directives, as warn,galapagos_worker=debug"
        )
    };
    match text.parse::<LevelFilter>() {
        // Our level would make libraries talk as much: h2 logs every frame.
        Ok(level) if level > LevelFilter::WARN => Ok(EnvFilter::new(format!("warn,galapagos={level}"))),
        Ok(level) => Ok(EnvFilter::new(level.to_string())),
        Err(_) => text.parse().map_err(|e: tracing_subscriber::filter::ParseError| problem(&e)),
    }
}

/// Starts the log of this process. A second start (in tests) keeps the first one's settings.
pub fn init(format: Format, filter: EnvFilter, role: &'static str, job: &JobName) {
    let names = Names { role, job: job.clone() };
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(io::stderr);
    let _ = match format {
        Format::Json => lines
            .json()
            .map_event_format(|f| Named { inner: f.flatten_event(true), names, json: true })
            .try_init(),
        Format::Text => lines.map_event_format(|inner| Named { inner, names, json: false }).try_init(),
    };
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic: {}", panic_text(panic.payload()));
    }));
}

/// What a panic said.
pub fn panic_text(payload: &(dyn std::any::Any + Send)) -> &str {
    let owned = payload.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no text")
}

struct Names {
    role: &'static str,
    job: JobName,
}

/// A format that puts role and job into each line.
struct Named<F> {
    inner: F,
    names: Names,
    json: bool,
}

impl<S, N, F> FormatEvent<S, N> for Named<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::with_capacity(256);
        self.inner.format_event(ctx, Writer::new(&mut line), event)?;
        let Names { role, job } = &self.names;
        match line.strip_prefix('{').filter(|_| self.json) {
            Some(rest) => {
                let job = serde_json::Value::from(job.get());
                write!(out, "{{\"role\":\"{role}\",\"job\":{job},{rest}")
            }
            None => writeln!(out, "{} role={role} job={}", line.trim_end(), job.get()),
        }
    }
}
