//! Whoever sees the future is found; whoever does not is left in peace.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::{resolve, series};
use galapagos_crds::EvolutionJob;
use galapagos_engine::bars::{Bars, FundingStamp};
use galapagos_engine::beside::{self, OwnedColumns};
use galapagos_engine::execution::{Execution, Fill, Funding, Side};
use galapagos_engine::genes::{Genome, Stops};
use galapagos_engine::prepared::Prepared;
use galapagos_engine::signals::Signals;
use galapagos_engine::strategies::{Context, Series, Strategy};
use galapagos_engine::window::Rows;
use galapagos_market::{
    CheckOptions, Input, Interval, LoadOptions, OwnedSeries, ReadOptions, load_file, publish,
};
use galapagos_run::job::problem::Problem;
use galapagos_run::validate::lookahead::{By, LookAhead, Subject, What, look_ahead, look_ahead_at};

/// Some cuts, the first and the last possible among them.
fn cuts(_: usize, first: usize, end: usize) -> Vec<usize> {
    let span = end - 1 - first;
    let mut all: Vec<usize> = [0, 1, 3, 4, 7].iter().map(|k| first + span * k / 8).collect();
    all.extend([first - 1, end - 2]);
    all.sort_unstable();
    all.dedup();
    all
}

/// The default genome of each species of a job.
fn defaults(data: &Path, manifest: &EvolutionJob) -> Vec<(String, LookAhead)> {
    let (market, job) = resolve(data, manifest);
    let problem = Problem::new(&job, market.bars(), market.others(&job.others)).unwrap();
    let all = job.species.iter().enumerate().map(|(at, species)| {
        let indices = species.indices("genome", &BTreeMap::new()).unwrap();
        let decoded = problem.decode(at, &indices).unwrap();
        let trades = problem.report(problem.training(), &decoded).per_symbol[0].trace.fills.len();
        assert!(trades > 2, "{} does not trade", species.name());
        let found = look_ahead_at(&problem, &decoded, cuts, 2).unwrap();
        assert_eq!(found, look_ahead_at(&problem, &decoded, cuts, 1).unwrap(), "{}", species.name());
        let drawn = look_ahead(&problem, &decoded, 2).unwrap();
        assert!(drawn.passed && drawn.cuts > 14 * market.bars().len() as u64, "{drawn:?}");
        (species.name().to_owned(), found)
    });
    all.collect()
}

#[test]
fn built_in_strategies_do_not_see_the_future() {
    let data = tempfile::tempdir().unwrap();
    let mut all = [series("AAA", 1200, 1), series("BBB", 1200, 2)];
    for (seed, own) in all.iter_mut().enumerate() {
        // Three payments a day whose rates wander between -.03 % and .03 %.
        own.funding = (0..3600)
            .map(|k: i64| galapagos_market::FundingStamp {
                time_ms: k * 28_800_000,
                rate_e9: (k / 40 + seed as i64) * 290_047 % 600_000 - 300_000,
                mark: None,
            })
            .collect();
    }
    let borrowed: Vec<_> = all.iter().map(OwnedSeries::as_series).collect();
    publish(data.path(), "walk", Interval::parse("1d").unwrap(), None, &borrowed).unwrap();
    for execution in [
        "{takerFee: \"0.001\"}",
        "{takerFee: \"0.001\", side: LongShort, fill: SameClose}",
        "{side: LongShort, leverage: \"3\", finalClose: false, funding: {constant: {rate: \"0.0001\", intervalHours: 8}}}",
        "{side: LongShort, funding: {series: {}}}",
        "{side: LongShort, window: Full}",
    ] {
        let funded = if execution.contains("series") { "  - name: funding_rate_carry\n" } else { "" };
        let text = format!(
            "apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {{name: demo}}
spec:
  marketData: {{dataset: walk, symbols: [AAA, BBB], interval: 1d, calendar: {{type: Sessions, barsPerYear: 252}}}}
  strategies:
  - name: sma_crossover
    genes: [{{name: fast_period, value: 5}}, {{name: slow_period, value: 20}}, {{name: stop_loss, value: \"0.05\"}}]
  - name: atr_stop_loss
  - name: rsi_filter
    genes: [{{name: rsi_period, value: 7}}]
  - name: donchian_breakout
  - name: bollinger_bands
{funded}  population: {{size: 80}}
  execution: {execution}
  validation: {{holdout: {{fraction: \"0.2\"}}}}
"
        );
        for (name, found) in defaults(data.path(), &serde_yaml::from_str(&text).unwrap()) {
            assert_eq!(found.difference, None, "{name} with {execution}");
            assert!(found.passed && found.cuts == 14, "{name}: {found:?}");
        }
    }
}

/// The example data, some rows of each.
fn publish_examples(data: &Path) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/examples/data");
    let load = |name: &str| {
        let input = Input { path: folder.join(format!("{name}.csv")), symbol: Some(name.to_owned()) };
        let check = CheckOptions { max_gap_share: 1.0, ..CheckOptions::default() };
        let options = LoadOptions { read: ReadOptions::default(), check, funding: Vec::new() };
        load_file(&input, &options).unwrap().remove(0).0
    };
    let put = |dataset: &str, interval: &str, all: &[OwnedSeries]| {
        let borrowed: Vec<_> = all.iter().map(OwnedSeries::as_series).collect();
        publish(data, dataset, Interval::parse(interval).unwrap(), None, &borrowed).unwrap();
    };
    put("us-stocks", "1d", &["AAPL", "IBM", "MSFT"].map(load));
    put("eurusd-hourly", "1h", &[load("EURUSD")]);
}

// Contract H16.
#[test]
fn rules_do_not_see_the_future_of_their_symbol_nor_of_another_nor_of_a_longer_bar() {
    let data = tempfile::tempdir().unwrap();
    publish_examples(data.path());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/examples/rules");
    for name in ["pair", "timeframes", "turtle", "risk", "supertrend", "volume-and-months", "exposure"] {
        let text = fs::read_to_string(folder.join(format!("{name}.yaml"))).unwrap();
        for (strategy, found) in defaults(data.path(), &serde_yaml::from_str(&text).unwrap()) {
            assert_eq!(found.difference, None, "{strategy} of {name}");
            assert!(found.passed && found.cuts >= 7, "{name}: {found:?}");
        }
    }
}

/// What a strategy peeks at.
#[derive(Clone, Copy, Debug)]
enum Peek {
    Nothing,
    /// The close of the row that lies this far ahead.
    Close(usize),
    /// The volume of the next row.
    Volume,
    /// How many rows there are.
    Length,
    /// The next close of another symbol.
    Other,
    /// The rate of the next funding stamp.
    Funding,
    /// The value of a file of signals for the next row.
    Signal,
    /// Sizes its stop by the next close.
    Stop,
}

impl Strategy for Peek {
    fn name(&self) -> &str {
        "peek"
    }

    fn warm_up(&self, _: &Bars, _: &[Bars], _: &Genome) -> usize {
        1
    }

    fn signals(&self, bars: &Bars, _: &Genome, context: Context) -> Signals {
        let n = bars.len();
        let ahead = |column: &[i64], t: usize, by: usize| {
            column.get(t + by).or(column.last()).is_some_and(|&x| x > column[t])
        };
        if let Peek::Stop = self {
            let atr = (0..n).map(|t| bars.close.get(t + 1).map_or(1.0, |&x| 1.0 + (x % 7) as f64)).collect();
            return Signals::Sized(galapagos_engine::signals::Sized {
                enter_long: (0..n).map(|t| t % 4 == 0).collect(),
                enter_short: vec![false; n],
                atr,
                stop: 2.0,
                trail: 0.0,
                size: vec![1.0; n],
            });
        }
        let long = |t: usize| match *self {
            Peek::Nothing | Peek::Stop => t > 0 && bars.close[t] > bars.close[t - 1],
            Peek::Close(by) => ahead(bars.close, t, by),
            Peek::Volume => bars.volume.is_some_and(|v| v.get(t + 1).is_some_and(|&x| x > v[t])),
            Peek::Length => (t + n).is_multiple_of(3),
            Peek::Other => context.others.iter().any(|o| t < o.len() && ahead(o.close, t, 1)),
            Peek::Signal => bars.signal("f.x").is_some_and(|f| f.get(t + 1).is_some_and(|&x| x > 0.0)),
            Peek::Funding => {
                let close = bars.time_ms[t] + bars.interval_ms;
                let next = bars.funding.iter().find(|stamp| stamp.time_ms > close);
                next.is_some_and(|stamp| stamp.rate_e9 > 50_000)
            }
        };
        Signals::Positions((0..n).map(|t| i8::from(long(t))).collect())
    }

    fn indicators(&self, _: &Bars, _: &Genome, _: Context) -> Vec<Series> {
        Vec::new()
    }
}

fn as_bars<'a>(series: &'a OwnedSeries, funding: &'a [FundingStamp]) -> Bars<'a> {
    galapagos_run::job::market::bars(&series.as_series(), funding)
}

// Contract H16.
#[test]
fn whoever_peeks_at_the_future_is_caught_wherever_it_looks() {
    let (own, other) = (series("AAA", 300, 1), series("BBB", 300, 2));
    let stamp = |t: i64| FundingStamp { time_ms: t * 28_800_000, rate_e9: t * 7919 % 100_000, mark: None };
    let stamps: Vec<FundingStamp> = (1..900).map(stamp).collect();
    let genome = Genome { values: Vec::new(), stops: Stops::default() };
    let others = [as_bars(&other, &[])];
    let columns =
        OwnedColumns(vec![("f.x".to_owned(), (0..300).map(|t| f64::from(t * 7 % 5 - 2)).collect())]);
    let found = |peek: &Peek, fill: Fill| {
        let exec = Execution {
            fill,
            funding: Funding::Series,
            side: Side::LongShort,
            final_close: false,
            ..Execution::default()
        };
        let subject = Subject {
            strategy: peek,
            genome: &genome,
            exec: &exec,
            bars: Bars { signals: Some(beside::Signals::new(&columns)), ..as_bars(&own, &stamps) },
            others: &others,
            rows: Rows::after_warm_up(20),
            capital: 1000.0,
        };
        let found = subject.first_difference(&cuts(0, 20, 300), 2).unwrap();
        assert_eq!(found, subject.first_difference(&cuts(0, 20, 300), 1).unwrap());
        found
    };
    for fill in [Fill::NextOpen, Fill::SameClose] {
        assert_eq!(found(&Peek::Nothing, fill), None);
        for peek in [
            Peek::Close(1),
            Peek::Close(200),
            Peek::Volume,
            Peek::Length,
            Peek::Other,
            Peek::Funding,
            Peek::Signal,
        ] {
            let difference = found(&peek, fill).unwrap_or_else(|| panic!("{peek:?} was not caught"));
            assert_eq!(difference.what, What::Target, "{peek:?}");
            assert!(difference.row < 300 && difference.full != difference.cut, "{peek:?}: {difference:?}");
            assert!(difference.time <= difference.after, "{difference:?}");
        }
        assert_eq!(found(&Peek::Stop, fill).unwrap().what, What::StopDistance);
    }
    // The rows end, so that even the number of rows is known.
    assert_eq!(found(&Peek::Length, Fill::NextOpen).unwrap().by, By::Truncation);
}

#[test]
fn a_rhythm_of_funding_that_changes_is_no_look_ahead() {
    // Every 4 hours for 8 days, then every 8: ten days after the beginning the 8 hours look like holes.
    let own = series("AAA", 200, 3);
    let hours = (0..48).map(|k| k * 4).chain((24..600).map(|k| k * 8));
    let stamps: Vec<FundingStamp> =
        hours.map(|h| FundingStamp { time_ms: h * 3_600_000, rate_e9: 10_000, mark: None }).collect();
    let exec = Execution { funding: Funding::Series, final_close: false, ..Execution::default() };
    let begun = Bars { funding: &stamps[..54], ..as_bars(&own, &[]) };
    assert!(Prepared::new(begun.truncate(10), &exec).is_err());
    let genome = Genome { values: Vec::new(), stops: Stops::default() };
    let subject = Subject {
        strategy: &Peek::Nothing,
        genome: &genome,
        exec: &exec,
        bars: as_bars(&own, &stamps),
        others: &[],
        rows: Rows::after_warm_up(2),
        capital: 1000.0,
    };
    assert_eq!(subject.first_difference(&[1, 9, 10, 120, 198], 1).unwrap(), None);
    // No stamp at all before the cuts.
    let late = Subject { bars: as_bars(&own, &stamps[500..]), ..subject };
    assert_eq!(late.first_difference(&[1, 120], 1).unwrap(), None);
}
