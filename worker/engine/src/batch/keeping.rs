//! Room for the returns that held accounts keep (`held/kept.rs`): so many accounts go through the rows together as have room for
//! theirs. How much that is, a pass knows after a part of its rows, and all later passes of the job know it from it.

use super::held::HeldAccount;
use super::per_bar::LANES;
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that the accounts of a pass may keep.
const ROOM: usize = 128 << 20;

/// Members of a pass of which it is not known yet how much they keep.
const UNKNOWN: usize = 256;

/// The fewest members that are worth their series. Where they have no room, their accounts are followed twice.
const FEWEST: usize = 4 * LANES;

/// The share of the rows after which is known what all will keep.
const EARLY: usize = 16;

/// The room of each pass of a job.
#[derive(Debug)]
pub(super) struct Room {
    bytes: usize,
    /// Bytes of an account, on average of a late pass that kept much; 0: that is not known yet.
    kept: AtomicUsize,
}

impl Default for Room {
    fn default() -> Room {
        Room::of(ROOM)
    }
}

impl Room {
    /// Of so many bytes.
    pub fn of(bytes: usize) -> Room {
        Room { bytes, kept: AtomicUsize::new(0) }
    }

    /// Members of a pass.
    pub fn members(&self) -> usize {
        let known = self.bytes.checked_div(self.kept.load(Ordering::Relaxed));
        known.map_or(UNKNOWN, |members| members.max(FEWEST))
    }

    /// Whether so many members can do with fewer.
    pub fn can_be_fewer(members: usize) -> bool {
        members > FEWEST
    }

    /// Bytes of one member of a large pass over so many rows, at most.
    pub fn bytes_of_member(rows: usize) -> usize {
        (rows * size_of::<[f64; 5]>()).min(ROOM / UNKNOWN)
    }

    /// The room of one pass.
    pub fn keeping(&self) -> Keeping<'_> {
        Keeping { room: self, is_full: Cell::new(false) }
    }
}

/// What the accounts of a pass keep.
pub(super) struct Keeping<'a> {
    room: &'a Room,
    /// They have no room for all their returns.
    is_full: Cell<bool>,
}

impl Keeping<'_> {
    /// Looks at what accounts keep of the first `done` of so many rows. Answers whether there will be room for all.
    pub fn goes_on<'h>(
        &self,
        accounts: impl Iterator<Item = &'h HeldAccount>,
        (done, rows): (usize, usize),
    ) -> bool {
        let (mut count, mut bytes) = (0, 0);
        for account in accounts {
            count += 1;
            bytes += account.kept.as_ref().map_or(0, |kept| kept.bytes());
        }
        // The rows that are left keep about as much.
        let expected = bytes as u128 * rows as u128 / done.max(1) as u128;
        let is_known = done >= rows / EARLY;
        self.is_full.set(bytes > self.room.bytes || is_known && expected > self.room.bytes as u128);
        // A few accounts tell nothing of others.
        if count >= FEWEST && (self.is_full.get() || done + 1 >= rows) {
            let (average, before) =
                (expected.div_ceil(count as u128) as usize, self.room.kept.load(Ordering::Relaxed));
            // What one pass has kept is forgotten slowly.
            self.room.kept.store(average.max(before - before / 8), Ordering::Relaxed);
        }
        !self.is_full.get()
    }

    pub fn is_full(&self) -> bool {
        self.is_full.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backtest::{Backtest, backtest};
    use crate::bars::Bars;
    use crate::batch::{BatchEvaluator, Individual, Scratch};
    use crate::evaluation::{Evaluation, Metric, MetricSet};
    use crate::execution::{Execution, Side};
    use crate::genes::{GeneValue, Genome, Stops};
    use crate::prepared::Prepared;
    use crate::rules::Own;
    use crate::window::Rows;
    use rust_decimal::Decimal;

    fn own(exit: &str) -> Own {
        let document = serde_json::json!({
            "name": "crosses",
            "genes": [{"name": "n", "min": 2, "max": 9}, {"name": "m", "min": 20, "max": 39}],
            "rules": {
                "language": 1,
                "long": {"enter": "sma(close, $n) > sma(close, $m)", "exit": exit},
                "short": {"enter": "sma(close, $n) < sma(close, $m) * 0.99", "exit": exit},
            },
        });
        let document = galapagos_rules::read(&document).unwrap();
        Own::new(galapagos_rules::check(&document, &galapagos_rules::Market::default()).unwrap())
    }

    fn population() -> Vec<Genome> {
        let genome = |i: i64| Genome {
            values: vec![GeneValue::Number((2 + i % 8).into()), GeneValue::Number((20 + i / 8).into())],
            stops: Stops { stop_loss: Some(Decimal::new(10 + i % 7, 3)), ..Stops::default() },
        };
        (0..160).map(genome).collect()
    }

    #[test]
    fn whether_returns_have_room_or_accounts_are_followed_twice_skew_and_kurtosis_are_those_of_the_simulator()
    {
        let rows = 1_500;
        let time_ms: Vec<i64> = (0..rows).map(|t| t * 3_600_000).collect();
        let close: Vec<i64> = (0..rows).map(|t| 9_000 + (t * t * 7) % 701 + t % 97).collect();
        let [high, low] = [40, -40].map(|by| close.iter().map(|c| c + by).collect::<Vec<i64>>());
        let bars = Bars {
            symbol: "A",
            decimals: 2,
            interval_ms: 3_600_000,
            time_ms: &time_ms,
            open: &close,
            high: &high,
            low: &low,
            close: &close,
            volume: None,
            funding: &[],
            signals: None,
        };
        let metrics = MetricSet::always().with(Metric::Skew).with(Metric::Kurtosis);
        let genomes = population();
        for (side, exit) in [
            (Side::Long, "close < sma(close, $m) * 0.98"),
            (Side::LongShort, "close < sma(close, $m) * 0.98"),
            (Side::LongShort, "bars_in_trade >= 7"),
        ] {
            let own = own(exit);
            let exec =
                Execution { side, maintenance_margin: Some(0.05), taker_fee: 0.0004, ..Execution::default() };
            let symbols = [Prepared::new(bars, &exec).unwrap()];
            let windows = [Rows::after_warm_up(40)];
            let run = Backtest { symbols: &symbols, rows: &windows, others: &[], exec: &exec, metrics };
            let alone: Vec<Evaluation> =
                genomes.iter().map(|genome| backtest(&run, &own, genome).evaluation).collect();
            assert!(alone.iter().all(|evaluation| evaluation.metrics.known().contains(Metric::Skew)));
            let mut members = Vec::new();
            for bytes in [0, 100_000, usize::MAX] {
                let evaluator = BatchEvaluator::new(run).with_room(bytes);
                let individuals: Vec<Individual> =
                    genomes.iter().map(|genome| Individual { strategy: &own, genome }).collect();
                let (mut out, mut scratch) = (alone.clone(), Scratch::new());
                out.iter_mut().for_each(|evaluation| evaluation.returns = 0);
                evaluator.evaluate(&individuals, &mut scratch, &mut out);
                assert_eq!(scratch.simulated(), 0);
                assert!(out == alone, "{side:?} {exit}, room for {bytes} bytes");
                members.push(evaluator.room.members());
            }
            // What is kept is known afterwards: of a small room passes are small.
            assert_eq!(members[0], FEWEST);
            assert!((FEWEST..genomes.len()).contains(&members[1]), "{members:?}");
            assert!(members[2] > genomes.len(), "{members:?}");
        }
    }
}
