//! Log lines on stderr: one event a line, as JSON or as text.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::settings::{LogFormat, Settings};

/// Starts writing them.
pub fn init(settings: &Settings) {
    let terminal = std::io::stderr().is_terminal();
    let usual = if terminal { LogFormat::Text } else { LogFormat::Json };
    let lines =
        fmt().with_env_filter(filter(&settings.log_level)).with_writer(std::io::stderr).with_ansi(terminal);
    match settings.log_format.unwrap_or(usual) {
        LogFormat::Json => lines.json().flatten_event(true).init(),
        LogFormat::Text => lines.init(),
    }
}

/// A level is for our own lines, and libraries stay at `warn`; anything else are directives as in RUST_LOG.
fn filter(text: &str) -> EnvFilter {
    let directives = match text.parse::<tracing::Level>() {
        Ok(level) => format!("warn,galapagos_operator={level}"),
        Err(_) => text.to_owned(),
    };
    EnvFilter::try_new(&directives).unwrap_or_else(|_| EnvFilter::new("warn,galapagos_operator=info"))
}
