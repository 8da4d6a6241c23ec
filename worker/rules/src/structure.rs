//! What can be said of a document without a look into any of its texts: `docs/contract/rules.md`, D1.

use crate::document::Document;
use crate::error::{Error, Kind};
use crate::gene::is_lower_name;
use crate::lex::is_name;

/// The number of the language.
pub const LANGUAGE: u32 = 1;
/// The most lets of a document.
pub const MOST_LETS: usize = 64;
/// The most orders of a document.
pub const MOST_ORDERS: usize = 8;

/// What is wrong without a look into any string.
pub(crate) fn structure(document: &Document) -> Vec<Error> {
    let rules = &document.rules;
    let mut errors = Vec::new();
    let mut wrong = |path: &str, kind, message: String| errors.push(Error::of_field(path, kind, message));
    if !is_lower_name(&document.name, 40) {
        let message = "a name begins with a lower-case letter and has letters, digits and _, at most 40";
        wrong("name", Kind::Structure, message.to_owned());
    }
    if rules.language != LANGUAGE {
        let message = format!("there is no language {}; write language: {LANGUAGE}", rules.language);
        wrong("rules.language", Kind::Structure, message);
    }
    if rules.lets.len() > MOST_LETS {
        wrong("rules.let", Kind::Limit, format!("a document has at most {MOST_LETS} lets"));
    }
    for name in rules.lets.keys().take(MOST_LETS).filter(|name| !is_name(name)) {
        let message =
            "this is no name: a letter or _, then letters, digits and _, and no word of the language";
        wrong(&format!("rules.let.{name}"), Kind::Structure, message.to_owned());
    }
    for (path, side) in [("rules.long", &rules.long), ("rules.short", &rules.short)] {
        let Some(side) = side else { continue };
        if side.risk.is_some() && side.stop.is_none() {
            wrong(path, Kind::Structure, "risk needs a stop".to_owned());
        }
        if side.risk.is_some() && side.size.is_some() {
            wrong(path, Kind::Structure, "a side has either size or risk".to_owned());
        }
    }
    let sides = rules.long.is_some() || rules.short.is_some();
    if rules.exposure.is_some() && sides {
        wrong("rules.exposure", Kind::Structure, "exposure stands instead of long and short".to_owned());
    }
    if rules.exposure.is_none() && !sides {
        wrong("rules", Kind::Structure, "rules have long, short or exposure".to_owned());
    }
    let timed = [
        ("rules.cooldownBars", rules.cooldown_bars.is_some()),
        ("rules.maxBars", rules.max_bars.is_some()),
        ("rules.reentry", rules.reentry.is_some()),
    ];
    for (path, _) in timed.into_iter().filter(|&(_, given)| given && rules.exposure.is_some()) {
        wrong(path, Kind::Structure, "this has no meaning with exposure".to_owned());
    }
    if rules.cooldown_bars.is_some_and(|bars| bars > 10_000) {
        wrong("rules.cooldownBars", Kind::Structure, "this is 0 to 10000".to_owned());
    }
    if rules.max_bars.is_some_and(|bars| !(1..=100_000).contains(&bars)) {
        wrong("rules.maxBars", Kind::Structure, "this is 1 to 100000".to_owned());
    }
    if rules.order.len() > MOST_ORDERS {
        wrong("rules.order", Kind::Limit, format!("a document has at most {MOST_ORDERS} orders"));
    }
    errors
}
