//! `galapagos neighbours`: a map of two genes around an individual of a result.

use crate::exit::CommandResult;
pub use crate::neighbours::arguments::Arguments;
use crate::neighbours::{map, show};

/// Runs `galapagos neighbours`.
pub fn execute(arguments: Arguments) -> CommandResult {
    let map = map::make(&arguments)?;
    show::print(&map, arguments.output)
}
