//! The monthly files of Binance: a zip of one CSV with the rows of `klines`, and beside it its SHA-256.

use std::time::Duration;

use ring::digest::{SHA256, digest};

use super::rules::Rules;
use crate::import::fetch::question::{Market, Question, Request, Unusable};

/// Where they are, if nobody names another place.
pub const DUMPS: &str = "https://data.binance.vision";

/// What to ask for one file.
pub(in crate::import::fetch) struct Dump {
    pub(in crate::import::fetch) file: Request,
    pub(in crate::import::fetch) sum: Request,
    pub(in crate::import::fetch) rules: Rules,
}

/// The file of a month, as 2024-12.
pub(in crate::import::fetch) fn dump(question: &Question, month: &str) -> Dump {
    let Question { symbol, interval, .. } = question;
    let market = match question.market {
        Market::Spot => "spot",
        Market::Perpetual => "futures/um",
    };
    let path = format!("/data/{market}/monthly/klines/{symbol}/{interval}/{symbol}-{interval}-{month}.zip");
    Dump {
        sum: Request { path: format!("{path}.CHECKSUM"), body: None },
        file: Request { path, body: None },
        rules: Rules {
            host: DUMPS,
            page: 1,
            newest_only: None,
            has_first: false,
            pause: Duration::from_millis(50),
            most_weight: None,
            // A month of minutes has 2 MB.
            most_bytes: 64 << 20,
        },
    }
}

/// The 64 digits of a checksum file, before the name of what it is of.
pub(in crate::import::fetch) fn sum(body: &[u8]) -> Result<String, Unusable> {
    let text = String::from_utf8_lossy(body);
    let digits = text.split_whitespace().next().unwrap_or("");
    match digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        true => Ok(digits.to_ascii_lowercase()),
        false => Err(Unusable::Passing("sends a checksum that is none".to_owned())),
    }
}

/// A file whose checksum is `sum`. Another one may have been cut, or replaced since the checksum was read.
pub(in crate::import::fetch) fn whole(body: &[u8], sum: &str) -> Result<Vec<u8>, Unusable> {
    let found: String = digest(&SHA256, body).as_ref().iter().map(|b| format!("{b:02x}")).collect();
    match found == sum {
        true => Ok(body.to_vec()),
        false => Err(Unusable::Passing(format!("sends a file with the SHA-256 {found}, not {sum}"))),
    }
}
