//! What the public APIs of exchanges have, by their documents: for `marketData.source.fetch` and for `galapagos fetch`.

use galapagos_crds::{Exchange, Traded};

/// Bars of one symbol, as somebody asks for them.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Where.
    pub exchange: Exchange,
    /// Spot or perpetual.
    pub market: Traded,
    /// As the exchange calls it.
    pub symbol: &'a str,
    /// Length of a bar, as 1h.
    pub interval: &'a str,
    /// Whether funding is asked for too.
    pub funding: bool,
}

/// Which part of a wish no exchange can fulfil.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The symbol.
    Symbol,
    /// Spot or perpetual.
    Market,
    /// The length of a bar.
    Interval,
    /// Funding.
    Funding,
}

/// What is wrong with a wish, in words that do not name the part again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The part at fault.
    pub part: Part,
    /// Why, and what there is.
    pub text: String,
}

/// What symbols are traded as at an exchange if nobody says it.
pub fn usual_market(exchange: Exchange) -> Traded {
    match exchange {
        Exchange::Binance | Exchange::Kraken => Traded::Spot,
        Exchange::Hyperliquid => Traded::Perpetual,
    }
}

/// Lengths of bars that an exchange has and that lie on one grid of time: of the documented ones 3d, 1w and 1M do not.
pub fn intervals(exchange: Exchange, market: Traded) -> &'static [&'static str] {
    match (exchange, market) {
        (Exchange::Binance, _) => {
            &["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d"]
        }
        (Exchange::Hyperliquid, _) => &["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d"],
        (Exchange::Kraken, Traded::Spot) => &["1m", "5m", "15m", "30m", "1h", "4h", "1d"],
        (Exchange::Kraken, Traded::Perpetual) => &["1m", "5m", "15m", "30m", "1h", "4h", "12h", "1d"],
    }
}

/// What is wrong with a wish, before anybody is asked.
pub fn objection(wish: &Wish<'_>) -> Option<Objection> {
    let Wish { exchange, market, symbol, interval, funding } = *wish;
    let object = |part: Part, text: String| Some(Objection { part, text });
    let legal = |c: char| c.is_ascii_alphanumeric() || "/@:._-".contains(c);
    if symbol.is_empty() || symbol.len() > 32 || !symbol.chars().all(legal) {
        let text =
            format!("{symbol:?} is no symbol of an exchange: up to 32 letters, digits and / @ : . _ -");
        return object(Part::Symbol, text);
    }
    let known = intervals(exchange, market);
    if !known.contains(&interval) {
        let text = format!("{interval}: {exchange} has bars of {} ({market})", known.join(", "));
        return object(Part::Interval, text);
    }
    if exchange == Exchange::Hyperliquid {
        // The names of its spot markets are PURR/USDC and @107.
        let named = if symbol.contains(['/', '@']) { Traded::Spot } else { Traded::Perpetual };
        if named != market {
            return object(Part::Market, format!("{symbol} is of the {named} market of hyperliquid"));
        }
    }
    match (funding, market, exchange) {
        (true, Traded::Spot, _) => object(Part::Funding, "a spot market pays none".to_owned()),
        (true, _, Exchange::Kraken) => object(
            Part::Funding,
            "that of kraken is not fetched, since its documents do not say at which end of a period a rate is paid: \
             import a file of payments"
                .to_owned(),
        ),
        _ => None,
    }
}
