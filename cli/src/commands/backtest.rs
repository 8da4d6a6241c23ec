//! `galapagos backtest`: one genome on data, or the replay of a stored result.

pub use crate::backtest::arguments::Arguments;
use crate::backtest::{replay, report, single, write};
use crate::exit::CommandResult;

/// Runs `galapagos backtest`.
pub fn execute(arguments: Arguments) -> CommandResult {
    if let Some(result) = &arguments.result {
        return replay::execute(result, &arguments);
    }
    let done = single::run(&arguments)?;
    write::files(&arguments, &done.account_report())?;
    report::print(&done, arguments.output)
}
