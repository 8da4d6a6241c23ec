//! `galapagos compare`: two results side by side, and whether one is better on the same bars.

pub use crate::compare::arguments::Arguments;
use crate::compare::{difference, show};
use crate::exit::CommandResult;
use crate::opened::Opened;

/// Runs `galapagos compare`.
pub fn execute(arguments: Arguments) -> CommandResult {
    let data_dir = &arguments.data_dir.data_dir;
    let (a, b) = (Opened::named(&arguments.a, data_dir)?, Opened::named(&arguments.b, data_dir)?);
    let comparison = difference::compare(&arguments, (&a.0, a.1), (&b.0, b.1))?;
    show::print(&comparison, arguments.output)
}
