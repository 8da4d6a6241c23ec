//! Public market data of exchanges by their documented HTTP APIs: pages into a folder, the folder's files to the importer.
//!
//! Guarantees: no credentials; every page is bounded, checked and kept once it is there, so that the same question asks for
//! it only once, whatever ends the process; nothing is handed on before all pages of all symbols are there.

mod client;
mod endpoint;
mod error;
mod months;
mod order;
mod pages;
mod question;
mod symbol;
mod venue;
mod work;

use symbol::Symbol;

pub use error::FetchError;
pub use order::{FetchEvent, Fetched, Order};
pub use question::{Market, Question, Venue};
pub use venue::DUMPS;

/// Fetches all symbols of an order.
///
/// # Errors
/// [`FetchError`]. Pages that are there stay, and the same order goes on with them.
pub fn fetch(order: &Order<'_>, observe: &dyn Fn(FetchEvent<'_>)) -> Result<Vec<Fetched>, FetchError> {
    for question in order.questions {
        venue::check(question, order.funding).map_err(FetchError::Question)?;
    }
    for (flag, url) in [("--endpoint", order.endpoint), ("--dumps", order.dumps)] {
        url.map_or(Ok(()), endpoint::check).map_err(|problem| FetchError::Endpoint { flag, problem })?;
    }
    let all = || order.questions.iter();
    if let Some(twice) = all().enumerate().find(|(at, question)| all().take(*at).any(|q| q == *question)) {
        return Err(FetchError::Question(format!("{} is named twice", twice.1.symbol)));
    }
    let hosts = symbol::hosts(order);
    (0..order.questions.len()).map(|at| Symbol::open(order, at, &hosts, observe)?.fetch()).collect()
}
