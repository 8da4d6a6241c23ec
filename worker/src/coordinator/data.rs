//! The market data of a coordinator. It evaluates nothing before the end, so it keeps no map while it runs: only what
//! tells whether the files are still those that were opened.

use galapagos_crds::MarketData;

use super::exits;
use super::settings::Settings;
use crate::job::market::Market;
use crate::process::exit::Exit;

/// Opens the data once more, every value checked: the version that the run is about.
///
/// # Errors
/// They are gone or were changed.
pub(super) fn reopen(settings: &Settings, data: &MarketData, digest: &str) -> Result<Market, Exit> {
    let data = MarketData { digest: Some(digest.to_owned()), ..data.clone() };
    Market::open(&settings.data_dir, &data).map_err(exits::market)
}
