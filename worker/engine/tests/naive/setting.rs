//! Markets with holes, genomes and checked trees.

use super::texts::Texts;
use crate::common::market::{Draws, Market};
use galapagos_rules::{Document, Expr, Gene, Genome, Rules, Side, Signals, Text, check};

/// An hourly walk with holes, in which a bar may be missing and the market close for days. Some have prices in the
/// middle that are near the largest: what f64 holds exactly before and after, it does not there.
pub fn holed(seed: u64, rows: usize, coarse: bool) -> Market {
    let mut market = if coarse { Market::coarse(seed, rows) } else { Market::walk(seed, rows) };
    let mut draws = Draws(seed ^ 0xabcd);
    let mut time = 20_000 * 86_400_000 + draws.below(50) * 3_600_000;
    for stamp in &mut market.time_ms {
        let hours = match draws.below(40) {
            0 => 2 + draws.below(4),
            1 => 40 + draws.below(60),
            _ => 1,
        };
        time += hours * 3_600_000;
        *stamp = time;
    }
    if seed.is_multiple_of(5) {
        let columns = [&mut market.open, &mut market.high, &mut market.low, &mut market.close];
        columns.into_iter().flat_map(|column| column.iter_mut().take(110).skip(70)).for_each(|x| *x <<= 29);
    }
    market.funding.clear();
    market
}

pub fn genome(seed: u64) -> Genome {
    let of = |all: [&str; 3], shift: u32| all[(seed >> shift) as usize % 3].to_owned();
    [
        ("n".to_owned(), of(["1", "4", "7"], 3)),
        ("k".to_owned(), of(["0.5", "2", "1.003"], 11)),
        ("w".to_owned(), of(["p", "q", "p"], 17)),
        ("f".to_owned(), of(["on", "off", "on"], 23)),
    ]
    .into()
}

/// The canonical tree of an expression, if it is one of the language.
pub fn checked(text: &str) -> Option<Expr> {
    let words = |all: &[&str]| Some(all.iter().map(|&w| w.to_owned()).collect());
    let gene = |name: &str, min: &str, max: &str, step: &str| Gene {
        name: name.to_owned(),
        min: Some(min.to_owned()),
        max: Some(max.to_owned()),
        step: Some(step.to_owned()),
        ..Gene::default()
    };
    let all = "sma(close, $n) > $k and $w == p and use($f, new_day)";
    let side = Side { enter: Text(format!("is_na({text})")), exit: Some(Text::from(all)), ..Side::default() };
    let document = Document {
        name: "x".to_owned(),
        genes: vec![
            gene("n", "1", "9", "1"),
            gene("k", "0.001", "3", "0.001"),
            Gene { name: "w".to_owned(), values: words(&["p", "q"]), ..Gene::default() },
            Gene { name: "f".to_owned(), values: words(&["on", "off"]), ..Gene::default() },
        ],
        rules: Rules { language: 1, long: Some(side), ..Rules::default() },
    };
    let signals = Signals { name: "f".to_owned(), columns: Some(vec!["score".to_owned()]) };
    let market = galapagos_rules::Market { signals: Some(signals), ..galapagos_rules::Market::default() };
    let strategy = check(&document, &market).ok()?;
    Some(strategy.expressions[0].tree.parts()[0].clone())
}

/// A random expression.
pub fn drawn(seed: u64, depth: u32) -> String {
    let mut texts = Texts::new(seed);
    match seed % 3 {
        0 => texts.price(depth),
        1 => texts.plain(depth),
        _ => texts.condition(depth),
    }
}
