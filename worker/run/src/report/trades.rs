//! What `best/trades.csv` says in sum: how long positions were held, what the largest made, by symbol and year.

use std::collections::BTreeMap;
use std::path::Path;

use super::calendar;
use super::error::ReportError;
use super::table::{Table, number, stamp};

/// Trades that are listed, best and worst.
const LISTED: usize = 5;

/// A closed round trip.
#[derive(Clone, Debug, PartialEq)]
pub struct Trade {
    /// Traded symbol.
    pub symbol: String,
    /// Whether it lies in the holdout.
    pub holdout: bool,
    /// `long` or `short`.
    pub side: String,
    /// Opens of the bars in which it began and ended, UTC milliseconds.
    pub from: i64,
    /// The later of them.
    pub to: i64,
    /// Why it ended.
    pub reason: String,
    /// Whether the bar opened beyond the level that closed it.
    pub gap: bool,
    /// Result with all costs, in account currency.
    pub pnl: f64,
    /// The furthest against it and in its favour, as shares of the entry; results of earlier releases hold neither.
    pub far: Option<(f64, f64)>,
}

/// The trades of a part of the rows.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// How long each was held, milliseconds; rising after [`read`].
    pub held: Vec<i64>,
    /// Results, falling after [`read`].
    pub results: Vec<f64>,
    /// Trades whose stop or target lay between two bars, so that they ended at the open behind it.
    pub gaps: u64,
    /// The furthest that each went against its side, the deepest first after [`read`].
    pub adverse: Vec<f64>,
    /// The furthest that each went in favour of its side, the highest first after [`read`].
    pub favourable: Vec<f64>,
    /// Trades and results by the reason of the exit.
    pub reasons: BTreeMap<String, (u64, f64)>,
}

impl Part {
    /// Number of trades.
    pub fn count(&self) -> usize {
        self.results.len()
    }

    /// Sum of the results.
    pub fn net(&self) -> f64 {
        self.results.iter().sum()
    }

    /// The middle holding time; the lower of the middle two.
    pub fn median_held(&self) -> Option<i64> {
        self.held.get(self.held.len().checked_sub(1)? / 2).copied()
    }

    /// Share of the net result that the five best made; `None` with five trades or fewer, or without a profit.
    pub fn best_five_share(&self) -> Option<f64> {
        let net = self.net();
        (self.count() > LISTED && net > 0.0).then(|| self.results.iter().take(LISTED).sum::<f64>() / net)
    }

    /// Share of the trades that gained.
    pub fn winners(&self) -> Option<f64> {
        let won = self.results.iter().filter(|r| **r > 0.0).count();
        (self.count() > 0).then(|| won as f64 / self.count() as f64)
    }

    fn add(&mut self, trade: &Trade) {
        self.held.push(trade.to - trade.from);
        self.results.push(trade.pnl);
        self.gaps += u64::from(trade.gap);
        self.adverse.extend(trade.far.map(|far| far.0));
        self.favourable.extend(trade.far.map(|far| far.1));
        let (count, sum) = self.reasons.entry(trade.reason.clone()).or_default();
        (*count, *sum) = (*count + 1, *sum + trade.pnl);
    }
}

/// All trades of the best individual.
#[derive(Clone, Debug, Default)]
pub struct Trades {
    /// On the training rows.
    pub training: Part,
    /// On the holdout.
    pub holdout: Part,
    /// Trades and results by symbol and year (UTC) of the exit.
    pub years: BTreeMap<String, BTreeMap<i16, (u64, f64)>>,
    /// Those with the largest gain, falling.
    pub best: Vec<Trade>,
    /// Those with the largest loss, the largest first.
    pub worst: Vec<Trade>,
}

/// Reads the trades; `None` if the result has none.
///
/// # Errors
/// [`ReportError`].
pub fn read(path: &Path) -> Result<Option<Trades>, ReportError> {
    let Some(table) = Table::open(path)? else { return Ok(None) };
    let names = ["symbol", "part", "side", "entry_time", "exit_time", "reason", "pnl"];
    let mut places = [0; 7];
    for (place, name) in places.iter_mut().zip(names) {
        *place = table.needed(name)?;
    }
    let gap = table.column("gap");
    let far = table.column("adverse").zip(table.column("favourable"));
    let mut trades = Trades::default();
    table.each(|row| {
        let [symbol, part, side, from, to, reason, pnl] = places.map(|place| row[place]);
        let owned = str::to_owned;
        trades.add(Trade {
            symbol: owned(symbol),
            holdout: part == "holdout",
            side: owned(side),
            from: stamp(from)?,
            to: stamp(to)?,
            reason: owned(reason),
            gap: gap.is_some_and(|place| row[place] == "true"),
            pnl: Some(number(pnl)).filter(|pnl| pnl.is_finite()).unwrap_or(0.0),
            far: far
                .map(|(adverse, favourable)| (number(row[adverse]), number(row[favourable])))
                .filter(|far| far.0.is_finite() && far.1.is_finite()),
        });
        Ok(())
    })?;
    for part in [&mut trades.training, &mut trades.holdout] {
        part.held.sort_unstable();
        part.results.sort_by(|a, b| b.total_cmp(a));
        part.adverse.sort_by(f64::total_cmp);
        part.favourable.sort_by(|a, b| b.total_cmp(a));
    }
    Ok(Some(trades))
}

impl Trades {
    fn add(&mut self, trade: Trade) {
        if trade.holdout { &mut self.holdout } else { &mut self.training }.add(&trade);
        if let Some((year, _)) = calendar::month(trade.to) {
            let (count, sum) = self.years.entry(trade.symbol.clone()).or_default().entry(year).or_default();
            (*count, *sum) = (*count + 1, *sum + trade.pnl);
        }
        // A tie keeps the earlier one.
        let place = |list: &[Trade], before: &dyn Fn(f64) -> bool| list.partition_point(|t| before(t.pnl));
        if trade.pnl > 0.0 {
            let at = place(&self.best, &|pnl| pnl >= trade.pnl);
            self.best.insert(at, trade.clone());
            self.best.truncate(LISTED);
        } else if trade.pnl < 0.0 {
            let at = place(&self.worst, &|pnl| pnl <= trade.pnl);
            self.worst.insert(at, trade);
            self.worst.truncate(LISTED);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Results 10, -4, 3, 2, 1, 6, -2 in the training, 5 in the holdout; held 1 to 7 days, and 2.
    fn trades() -> Trades {
        let mut text =
            "symbol,part,side,entry_time,entry_price,exit_time,exit_price,reason,quantity,pnl,fees,level,gap,adverse,favourable\n"
                .to_owned();
        for (i, pnl) in [10, -4, 3, 2, 1, 6, -2].into_iter().enumerate() {
            let (day, reason) = (i + 2, if pnl < 0 { "stop" } else { "signal" });
            text += &format!(
                "A,training,long,2023-01-01T00:00:00Z,1,2023-01-0{day}T00:00:00Z,1,{reason},1,{pnl},0,,{},-0.0{i},0.1{i}\n",
                pnl < 0
            );
        }
        text += "B,holdout,short,2024-01-01T00:00:00Z,1,2024-01-03T00:00:00Z,1,final,1,5,0,,false,,\n";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trades.csv");
        std::fs::write(&path, text).unwrap();
        read(&path).unwrap().unwrap()
    }

    #[test]
    fn each_part_has_its_own_sums() {
        let Trades { training, holdout, .. } = trades();
        assert_eq!((training.count(), training.net(), holdout.count(), holdout.net()), (7, 16.0, 1, 5.0));
        // (10 + 6 + 3 + 2 + 1) / 16.
        assert_eq!((training.best_five_share(), holdout.best_five_share()), (Some(22.0 / 16.0), None));
        assert_eq!(training.winners(), Some(5.0 / 7.0));
        assert_eq!(training.median_held(), Some(4 * 86_400_000));
        assert_eq!((training.adverse[0], training.favourable[0]), (-0.06, 0.16));
        assert_eq!((training.adverse.len(), holdout.adverse.len()), (7, 0));
        assert_eq!((training.reasons["stop"], training.gaps, holdout.gaps), ((2, -6.0), 2, 0));
    }

    #[test]
    fn symbols_have_years_and_the_largest_trades_are_listed() {
        let trades = trades();
        assert_eq!(trades.years["A"][&2023], (7, 16.0));
        assert_eq!(trades.years["B"][&2024], (1, 5.0));
        let results = |list: &[Trade]| list.iter().map(|t| t.pnl).collect::<Vec<_>>();
        assert_eq!(results(&trades.best), [10.0, 6.0, 5.0, 3.0, 2.0]);
        assert_eq!(results(&trades.worst), [-4.0, -2.0]);
    }
}
