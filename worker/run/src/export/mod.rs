//! A champion as a program of another world: Python with pandas, Pine, freqtrade.
//!
//! The code is made from the checked tree of the strategy's rules (of a built-in one: its document in
//! [`as_rules`](crate::as_rules)), with the values of the genes in it. What cannot be said there is refused by name: half a strategy
//! is another one.

mod error;
mod expression;
mod freqtrade;
mod pine;
mod plan;
mod python;

pub use error::ExportError;

use crate::signal::chosen::Chosen;

/// The languages that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A module for pandas and numpy.
    Python,
    /// A strategy of TradingView, Pine version 5.
    Pine,
    /// A strategy of freqtrade, interface version 3.
    Freqtrade,
}

/// The program of a champion.
///
/// # Errors
/// Something of it cannot be said in the language.
pub fn export(chosen: &Chosen, format: Format) -> Result<String, ExportError> {
    let plan = plan::Plan::new(chosen)?;
    match format {
        Format::Python => python::program(&plan),
        Format::Pine => pine::program(&plan),
        Format::Freqtrade => freqtrade::program(&plan),
    }
}
