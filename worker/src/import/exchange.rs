//! `marketData.source.fetch`: what `galapagos fetch` does, for a job.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use galapagos_crds::{FetchSource, MarketData};
use galapagos_manifest::fetch::usual_market;
use galapagos_manifest::{Finding, SPELLING, stamp_ms, wanted};
use galapagos_market::{Input, Interval};

use super::error::ImportError;
use super::fetch::{DUMPS, FetchError, Fetched, Order, Question, fetch};
use super::how::How;

/// How often a page is asked for again.
const RETRIES: u32 = 8;

/// What an exchange gave.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) bars: Vec<Input>,
    pub(super) funding: Vec<Input>,
    /// The folders of the pages, which are needed until the dataset is published.
    pub(super) fetched: Vec<Fetched>,
}

/// Asks for the bars of `interval`, and goes on where an earlier attempt stopped.
pub(super) fn ask(
    data: &MarketData,
    from: &FetchSource,
    interval: Interval,
    data_dir: &Path,
    how: &How<'_>,
) -> Result<Answers, ImportError> {
    let stamp = |field: &str, text: &str| {
        stamp_ms(text).ok_or_else(|| {
            let path = format!("spec.marketData.{field}");
            Finding::invalid(path, format!("{text:?} is no date and no time")).advise(SPELLING)
        })
    };
    let to = match (&from.to, &data.to) {
        (Some(to), _) => Some(stamp("source.fetch.to", to)?),
        (None, Some(to)) => Some(stamp("to", to)?),
        (None, None) => None,
    };
    let from_ms = stamp("source.fetch.from", &from.from)?;
    let symbols = wanted(data, from);
    let question = |symbol: &str| Question {
        venue: from.exchange,
        market: from.market.unwrap_or_else(|| usual_market(from.exchange)),
        symbol: symbol.to_owned(),
        interval,
        from_ms,
        to_ms: to,
    };
    let questions: Vec<Question> = symbols.iter().map(|(_, symbol)| question(symbol)).collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let order = Order {
        questions: &questions,
        funding: from.funding,
        endpoint: from.endpoint.as_deref(),
        private: how.private,
        dumps: from.endpoint.is_none().then_some(DUMPS),
        root: data_dir,
        retries: RETRIES,
        now_ms: i64::try_from(now).unwrap_or(i64::MAX),
        stop: how.stop,
    };
    let fetched = fetch(&order, how.fetching).map_err(|error| match error {
        // The flag of the command is no word of a manifest.
        FetchError::Endpoint { problem, .. } => {
            ImportError::Field(Finding::invalid("spec.marketData.source.fetch.endpoint", problem))
        }
        other => other.into(),
    })?;
    let (mut bars, mut funding) = (Vec::new(), Vec::new());
    for ((name, _), one) in symbols.iter().zip(&fetched) {
        bars.extend(one.bars.iter().map(|path| Input::for_symbol(*name, path)));
        funding.extend(one.funding.iter().map(|path| Input::for_symbol(*name, path)));
        for note in &one.notes {
            tracing::info!(symbol = name, note, "note");
        }
    }
    Ok(Answers { bars, funding, fetched })
}
