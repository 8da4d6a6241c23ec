//! Names of files that are parts of one symbol, as sources call them: the symbol, the interval, and a date.

/// Words that say which market or side the bars of a file are of.
const MARKETS: [&str; 14] = [
    "bid", "ask", "mid", "trade", "trades", "quote", "quotes", "last", "spot", "futures", "swap", "um", "cm",
    "perp",
];
/// Others between an interval and a date, or behind both, which say nothing of the symbol.
const WORDS: [&str; 10] =
    ["candlestick", "klines", "kline", "candles", "candle", "ohlc", "ohlcv", "min", "hour", "to"];
/// Intervals as words.
const LONG: [&str; 12] = [
    "candlestick",
    "second",
    "minute",
    "hour",
    "hourly",
    "day",
    "daily",
    "1sec",
    "1min",
    "5min",
    "1hour",
    "1day",
];
/// What HistData puts before the symbol.
const BEFORE: [&str; 4] = ["DAT_ASCII_", "DAT_MT_", "DAT_NT_", "DAT_XLSX_"];

/// The symbol of a name such as `BTCUSDT-1h-2024-12`, `EURUSD_H1_202401020000_202412312300`, `DAT_ASCII_EURUSD_M1_202401`
/// or `20240102_spy_minute_trade`; `None` for names that are not those of parts.
pub(crate) fn symbol_of_part(stem: &str) -> Option<&str> {
    if let Some((date, rest)) = stem.split_once('_')
        && date.len() == 8
        && is_year(date)
    {
        let (symbol, after) = rest.split_once('_')?;
        let words = after.split('_').all(|word| is_interval(word) || is_word(word));
        return Some(symbol).filter(|symbol| words && !symbol.is_empty());
    }
    let stem = BEFORE.iter().find_map(|prefix| stem.strip_prefix(prefix)).unwrap_or(stem);
    let separators: Vec<usize> = stem.match_indices(['_', '-', ' ']).map(|(at, _)| at).collect();
    for &at in separators.iter().filter(|at| **at > 0) {
        let mut tokens = stem[at + 1..].split(['_', '-', ' ']).filter(|token| !token.is_empty());
        let Some(interval) = tokens.next() else { continue };
        let rest: Vec<&str> = tokens.collect();
        let fits = rest.iter().all(|token| is_word(token) || is_interval(token) || is_date(token));
        if is_interval(interval) && fits && rest.iter().any(|token| is_year(token)) {
            return Some(&stem[..at]);
        }
    }
    None
}

/// The words of such a name that say which market or side its bars are of: bars of two are no parts of one series.
pub(crate) fn market_of_part(stem: &str) -> Vec<&str> {
    let words = stem.split(['_', '-', ' ']);
    words.filter(|word| is_one_of(&MARKETS, word)).collect()
}

/// Whether a name is a day and a kind alone, as LEAN's in the folder of the symbol: `20240102_trade`.
pub(crate) fn is_day_of_folder(stem: &str) -> bool {
    stem.split_once('_')
        .is_some_and(|(date, kind)| date.len() == 8 && is_year(date) && ["trade", "quote"].contains(&kind))
}

fn is_word(token: &str) -> bool {
    is_one_of(&MARKETS, token) || is_one_of(&WORDS, token)
}

fn is_one_of(words: &[&str], token: &str) -> bool {
    words.iter().any(|word| token.eq_ignore_ascii_case(word))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `1h`, `15m`, `1mo`, and `H1`, `M15` of MetaTrader.
fn is_interval(token: &str) -> bool {
    let lower = token.to_ascii_lowercase();
    let (count, unit) = lower.split_at(lower.bytes().take_while(u8::is_ascii_digit).count());
    let (letters, number) = lower.split_at(lower.bytes().take_while(u8::is_ascii_alphabetic).count());
    let counted = !count.is_empty() && ["s", "m", "h", "d", "w", "mo"].contains(&unit);
    let metatrader = is_digits(number) && ["m", "h", "d", "w", "mn"].contains(&letters);
    counted || metatrader || LONG.contains(&lower.as_str())
}

/// A date, or a piece of one: `2024`, `12`, `202412`, `20241231`, `202412312300`, `31.12.2024`.
fn is_date(token: &str) -> bool {
    let pieces: Vec<&str> = token.split('.').collect();
    match pieces.as_slice() {
        [digits] => is_digits(digits) && [1, 2, 4, 6, 8, 10, 12, 14].contains(&digits.len()),
        [day, month, year] => is_digits(day) && is_digits(month) && year.len() == 4 && is_year(year),
        _ => false,
    }
}

/// A piece of a date that has the year.
fn is_year(token: &str) -> bool {
    let of = |digits: &str| is_digits(digits) && digits.len() >= 4 && ["19", "20"].contains(&&digits[..2]);
    of(token) || token.rsplit('.').next().is_some_and(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_known_by_an_interval_and_a_date_behind_the_symbol() {
        for (name, symbol) in [
            ("BTCUSDT-1h-2024-12", "BTCUSDT"),
            ("BTCUSDT-1h-2024-12-31", "BTCUSDT"),
            ("BTCUSDT_240628-1m-2024-06", "BTCUSDT_240628"),
            ("BTC-USD-1h-2024-12", "BTC-USD"),
            ("EURUSD_H1_202401020000_202412312300", "EURUSD"),
            ("DAT_ASCII_EURUSD_M1_2024", "EURUSD"),
            ("DAT_MT_EURUSD_M1_202401", "EURUSD"),
            ("EURUSD_Candlestick_1_Hour_BID_01.01.2024-31.01.2024", "EURUSD"),
            ("eurusd-h1-bid-2024-01-01-2024-01-31", "eurusd"),
            ("20240102_spy_minute_trade", "spy"),
            ("SPX_1hour_2024", "SPX"),
        ] {
            assert_eq!(symbol_of_part(name), Some(symbol), "{name}");
        }
    }

    #[test]
    fn other_names_are_those_of_the_symbol() {
        for name in [
            "AAPL",
            "BTC-USD-2017-07",
            "2024-01-02",
            "XBTUSD_60",
            "BTC_USDT-1h",
            "ES_2024",
            "AAPL_2024",
            "BRK.B",
            "M1",
            "20240102_trade",
            "1h-2024-12",
            "EURUSD_H1",
            "ES 03-25",
            "",
        ] {
            assert_eq!(symbol_of_part(name), None, "{name}");
        }
        assert!(is_day_of_folder("20240102_trade") && !is_day_of_folder("20240102_spy"));
    }
}
