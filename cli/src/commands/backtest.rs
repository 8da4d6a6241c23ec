//! `galapagos backtest`: one genome on data, or the replay of a stored result.

pub use crate::backtest::arguments::Arguments;
use crate::backtest::{replay, report, single, write};
use crate::exit::Outcome;

/// Does it.
pub fn execute(arguments: Arguments) -> Outcome {
    if let Some(result) = &arguments.result {
        return replay::execute(result, &arguments);
    }
    let done = single::run(&arguments)?;
    write::files(&arguments, &done.story())?;
    report::print(&done, arguments.output)
}
