//! Does it matter when the find trades? Its trades at random places, with the same lengths and sides (H13).

use crate::NullReason;
use crate::draws::{Streams, Test};
use crate::hits::Hits;
use crate::slots::in_parts;
use galapagos_engine::costs::Costs;
use galapagos_engine::q52::fx;
use galapagos_genetics::draws::Draws;
use std::collections::BTreeSet;

/// How many samples are drawn if the manifest does not say.
pub const SAMPLES: u32 = 1_000;

/// A trade by the rows of its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// The first bar it is held.
    pub offset: usize,
    /// Bars it is held, at least 1.
    pub bars: usize,
    /// Sold first and bought back.
    pub short: bool,
}

/// The trades of a symbol and what each is worth wherever it begins.
pub struct Sleeve<'a> {
    /// The symbol's position by name.
    pub subject: u32,
    /// Rows of the window.
    pub rows: usize,
    /// Its trades in order of time.
    pub trades: &'a [Trade],
    /// The return of a trade as if it began at an offset, such as [`trade_return`].
    pub value: &'a (dyn Fn(Trade, usize) -> f64 + Sync),
}

/// What random places say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RandomEntry {
    /// Sum of the trades' returns where they were, in units of 2^-52.
    pub actual: i128,
    /// Trades of all symbols.
    pub trades: u64,
    /// Samples whose sum is at least as high.
    pub hits: Hits,
}

/// The return of a trade over `bars` bars from row `offset` on, filled at the market prices of both rows. Stops, sizes and
/// funding are left out, of the trades as they were just as of their samples.
pub fn trade_return(costs: Costs, prices: &[f64], offset: usize, bars: usize, short: bool) -> f64 {
    let (begin, end) = (prices[offset], prices[offset + bars]);
    if short {
        (costs.net_sell(begin) - costs.gross_buy(end)) * costs.inv_sell(begin)
    } else {
        costs.net_sell(end) * costs.inv_buy(begin) - 1.0
    }
}

/// The winner's sum of returns against that of its trades at random places, over all symbols together.
pub fn random_entry(
    sleeves: &[Sleeve],
    seed: u64,
    samples: u32,
    slots: usize,
) -> Result<RandomEntry, NullReason> {
    let trades: usize = sleeves.iter().map(|s| s.trades.len()).sum();
    if trades == 0 {
        return Err(NullReason::NoTrades);
    }
    // Trades that overlap or reach beyond the window cannot be placed anew.
    let placeable = |s: &Sleeve| {
        let held: usize = s.trades.iter().map(|t| t.bars).sum();
        held <= s.rows && s.trades.iter().all(|t| t.offset + t.bars <= s.rows)
    };
    if !sleeves.iter().all(placeable) {
        return Err(NullReason::NotReplayable);
    }
    let mut actual = 0;
    for sleeve in sleeves {
        actual += sum(sleeve, sleeve.trades.iter().map(|t| (*t, t.offset)))?;
    }
    let lengths: Vec<Vec<usize>> =
        sleeves.iter().map(|s| s.trades.iter().map(|t| t.bars).collect()).collect();
    let parts = in_parts(samples as usize, slots, |range| {
        let mut streams = Streams::new(seed);
        let mut hits = 0;
        for sample in range {
            let mut total = 0;
            for (sleeve, lengths) in sleeves.iter().zip(&lengths) {
                let draws = streams.at(Test::RandomEntry, sleeve.subject, sample as u32);
                let places = placements(lengths, sleeve.rows, draws);
                total += sum(sleeve, places.into_iter().map(|(i, at)| (sleeve.trades[i], at)))?;
            }
            hits += u64::from(total >= actual);
        }
        Ok(hits)
    });
    let hits = parts.into_iter().sum::<Result<u64, NullReason>>()?;
    Ok(RandomEntry { actual, trades: trades as u64, hits: Hits { hits, samples: u64::from(samples) } })
}

fn sum(sleeve: &Sleeve, placed: impl Iterator<Item = (Trade, usize)>) -> Result<i128, NullReason> {
    let mut total = 0;
    for (trade, offset) in placed {
        total += i128::from(fx((sleeve.value)(trade, offset)).ok_or(NullReason::NotFinite)?);
    }
    Ok(total)
}

/// Places of trades of these lengths among `rows` rows, every order and every spacing with the same probability: the
/// number of each trade and where it begins, in order of time. None if the lengths are more than the rows.
pub fn placements(lengths: &[usize], rows: usize, draws: &mut Draws) -> Vec<(usize, usize)> {
    let n = lengths.len();
    let Some(free) = rows.checked_sub(lengths.iter().sum()) else { return Vec::new() };
    let mut order: Vec<usize> = (0..n).collect();
    // Fisher and Yates, as Durstenfeld has it.
    for i in (1..n).rev() {
        order.swap(i, draws.index(i + 1));
    }
    // Floyd's sample of n of free + n places (Bentley and Floyd 1987); what a place stands for is a trade, the other
    // places are free bars.
    let mut places = BTreeSet::new();
    for j in free..free + n {
        let t = draws.index(j + 1);
        if !places.insert(t) {
            places.insert(j);
        }
    }
    let mut used = 0;
    let placed = order.into_iter().zip(places).enumerate().map(|(i, (trade, place))| {
        let offset = place - i + used;
        used += lengths[trade];
        (trade, offset)
    });
    placed.collect()
}
