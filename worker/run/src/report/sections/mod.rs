//! The parts of a report, in their order.

pub mod account;
pub mod archive;
pub mod assumptions;
pub mod charts;
pub mod costs;
pub mod evidence;
pub mod front;
pub mod map;
pub mod months;
pub mod search;
pub mod species;
pub mod trades;
pub mod verdict;
pub mod walk;

use super::data::Data;
use super::error::ReportError;

/// The markup of all parts.
///
/// # Errors
/// A chart cannot be drawn.
pub fn all(data: &Data) -> Result<String, ReportError> {
    Ok([
        verdict::section(data),
        account::section(data)?,
        verdict::winner(data),
        front::section(data)?,
        archive::section(data),
        species::section(data),
        months::years(data),
        map::section(data),
        months::months(data),
        trades::section(data),
        costs::section(data),
        search::section(data)?,
        walk::section(data)?,
        evidence::section(data),
        assumptions::section(data),
        assumptions::again(data),
    ]
    .concat())
}
