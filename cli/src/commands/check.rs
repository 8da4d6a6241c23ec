//! `galapagos check`: what strategies of one's own will cost, and what looks odd about them.

pub use crate::check::arguments::Arguments;
use crate::check::{data, load, report, text};
use crate::exit::CommandResult;
use crate::output::Output;
use crate::terminal;
use serde_json::json;

/// Runs `galapagos check`.
pub fn execute(arguments: Arguments) -> CommandResult {
    let loaded = match load::load(&arguments)? {
        Ok(loaded) => loaded,
        Err(problems) => return load::refuse(&arguments, &problems),
    };
    let mut checked = Vec::new();
    for strategy in &loaded.strategies {
        let done = data::run(&arguments, &loaded, strategy)?;
        checked.push(report::report(strategy, done.as_ref())?);
    }
    match arguments.output {
        Output::Table => terminal::print(&checked.iter().map(text::text).collect::<Vec<_>>().join("\n")),
        Output::Json => terminal::print_json(&json!({"valid": true, "strategies": checked})),
    }
}
