//! `marketData.from` and `to`: which rows count, which only warm up, and which are never read.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::path::Path;

use common::{manifest, resolve, series};
use galapagos_crds::EvolutionJob;
use galapagos_engine::evaluation::Metric;
use galapagos_manifest::show_stamp;
use galapagos_market::{FundingStamp, Interval, OwnedSeries, publish};
use galapagos_run::job::market::Market;
use galapagos_run::job::problem::Problem;
use galapagos_run::job::resolve::ResolvedJob;
use proptest::prelude::*;

const DAY: i64 = 86_400_000;

/// The stamp of row `t`, as a manifest writes it.
fn stamp(t: usize) -> Option<String> {
    Some(show_stamp(t as i64 * DAY))
}

fn job(from: Option<usize>, to: Option<usize>, more: &str) -> EvolutionJob {
    let mut job = manifest(more);
    job.spec.market_data.from = from.and_then(stamp);
    job.spec.market_data.to = to.and_then(stamp);
    job
}

fn put(data: &Path, all: &[OwnedSeries]) {
    let borrowed: Vec<_> = all.iter().map(OwnedSeries::as_series).collect();
    publish(data, "walk", Interval::parse("1d").unwrap(), None, &borrowed).unwrap();
}

/// A folder with these series as dataset `walk`.
fn data(all: &[OwnedSeries]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), all);
    folder
}

/// Rows `start..end` of a series.
fn rows(of: &OwnedSeries, start: usize, end: usize) -> OwnedSeries {
    let cut = |column: &[i64]| column[start..end].to_vec();
    OwnedSeries {
        time_ms: cut(&of.time_ms),
        open: cut(&of.open),
        high: cut(&of.high),
        low: cut(&of.low),
        close: cut(&of.close),
        volume: of.volume.as_ref().map(|v| v[start..end].to_vec()),
        ..of.clone()
    }
}

/// Everything that a job's individuals are worth, to the bit: stamps, equity and sums of training and holdout.
fn accounts(data: &Path, job: &EvolutionJob) -> Vec<String> {
    let (market, job) = resolve(data, job);
    let problem = Problem::new(&job, market.bars(), Vec::new()).unwrap();
    let holdout = problem.holdout().unwrap();
    let mut out = Vec::new();
    for species in 0..job.species.len() {
        for shift in 0..3 {
            let lens = job.species[species].space().lens();
            let indices: Vec<u32> = lens.iter().map(|&n| (n - 1) * shift / 2).collect();
            let Some(decoded) = problem.decode(species, &indices) else { continue };
            let evaluation = problem.evaluate(species, &indices).unwrap();
            let report = problem.report(problem.training(), &decoded);
            assert_eq!((evaluation.s1, evaluation.s2), (report.evaluation.s1, report.evaluation.s2));
            out.push(format!("{:?} {:?}", report.total, report.evaluation));
            out.extend(holdout.iter().map(|part| format!("{:?}", problem.report(part, &decoded).total)));
        }
    }
    assert!(out.len() >= 6);
    out
}

#[test]
fn rows_at_or_after_the_last_date_might_as_well_not_be_there() {
    let whole = series("AAA", 500, 1);
    let other = series("AAA", 500, 99);
    let spoilt = OwnedSeries {
        open: [&whole.open[..400], &other.open[400..]].concat(),
        high: [&whole.high[..400], &other.high[400..]].concat(),
        low: [&whole.low[..400], &other.low[400..]].concat(),
        close: [&whole.close[..400], &other.close[400..]].concat(),
        ..whole.clone()
    };
    let cut = accounts(data(&[rows(&whole, 0, 400)]).path(), &job(None, None, ""));
    assert_eq!(accounts(data(&[whole]).path(), &job(None, Some(400), "")), cut);
    assert_eq!(accounts(data(&[spoilt]).path(), &job(None, Some(400), "")), cut);
}

/// Rules may look at a symbol that is not traded.
#[test]
fn another_symbol_that_rules_look_at_ends_with_the_dates_too() {
    let own = |from, to| {
        let mut job = job(from, to, "");
        let strategy = "{name: mine, rules: {language: 1, long: {enter: \"of(BBB, sma(close, 9)) > of(BBB, close)\", exit: \"of(BBB, sma(close, 9)) < of(BBB, close)\"}}}";
        job.spec.strategies = vec![serde_yaml::from_str(strategy).unwrap()];
        job
    };
    let evaluation = |all: &[OwnedSeries], job: EvolutionJob| {
        let folder = data(all);
        let (market, job) = resolve(folder.path(), &job);
        let others = market.others(&job.others);
        let last = others[0].time_ms.last().copied();
        let problem = Problem::new(&job, market.bars(), others).unwrap();
        let report = problem.report(problem.training(), &problem.decode(0, &[]).unwrap());
        assert!(report.evaluation.metrics.get(Metric::Trades).unwrap() > 3.0);
        (last, format!("{:?} {:?}", report.total, report.evaluation))
    };
    let (a, b) = (series("AAA", 500, 1), series("BBB", 500, 2));
    let both = |end: usize| [rows(&a, 0, end), rows(&b, 0, end)];
    let cut = evaluation(&both(400), own(Some(100), None));
    assert_eq!(cut.0, Some(399 * DAY));
    assert_eq!(evaluation(&both(500), own(Some(100), Some(400))), cut);
    let inside = [rows(&a, 100, 400), rows(&b, 100, 400)];
    let dated = evaluation(&both(500), full(own(Some(100), Some(400))));
    assert_eq!(dated, evaluation(&inside, full(own(None, None))));
}

#[test]
fn dates_that_leave_nothing_out_change_no_account() {
    let folder = data(&[series("AAA", 300, 1), rows(&series("BBB", 300, 2), 20, 300)]);
    for more in ["", "  validation: {holdout: {fraction: 0}}\n"] {
        let two = |from, to| {
            let mut job = job(from, to, more);
            job.spec.market_data.symbols = vec!["AAA".into(), "BBB".into()];
            accounts(folder.path(), &job)
        };
        assert_eq!(two(Some(0), Some(300)), two(None, None));
    }
}

#[test]
fn rows_before_the_first_date_warm_up_and_the_first_bar_of_the_dates_counts() {
    let whole = series("AAA", 500, 1);
    let folder = data(std::slice::from_ref(&whole));
    let (market, job) =
        resolve(folder.path(), &job(Some(200), Some(400), "  validation: {holdout: {fraction: \"0.25\"}}\n"));
    let problem = Problem::new(&job, market.bars(), Vec::new()).unwrap();
    let warm_up = &problem.warm_ups()[0];
    assert_eq!((warm_up.rows, warm_up.history, warm_up.first()), (76, 200, 200));
    assert_eq!(problem.counted_bars(), 150);
    assert_eq!(problem.split().from_ms, Some(350 * DAY), "a quarter of the 200 bars between the dates");
    let decoded = problem.decode(0, &[5, 30]).unwrap();
    let report = problem.report(problem.training(), &decoded);
    assert_eq!(report.total.start_ms, 199 * DAY);
    assert_eq!(report.total.time_ms, (200..350).map(|t| t * DAY).collect::<Vec<_>>());
    let held = report.evaluation.metrics.get(Metric::BuyAndHoldReturn).unwrap();
    // Bought at the open of the first bar with 0.1 % and a slippage of 0.02 %, sold at the last close likewise.
    let (bought, sold) = (whole.open[200] as f64 * 1.0002, whole.close[349] as f64 * 0.9998);
    assert!((held - (sold * 0.999 / (bought * 1.001) - 1.0)).abs() < 1e-12, "{held}");
    let holdout = problem.report(&problem.holdout().unwrap().unwrap(), &decoded);
    assert_eq!(holdout.total.time_ms, (350..400).map(|t| t * DAY).collect::<Vec<_>>());
}

/// The same decisions as in a run over all data: a genome found earlier can be looked at in other years.
#[test]
fn a_signal_does_not_depend_on_the_first_date() {
    let folder = data(&[series("AAA", 500, 1)]);
    let signals = |from| {
        let (market, job) = resolve(folder.path(), &job(from, None, ""));
        let problem = Problem::new(&job, market.bars(), Vec::new()).unwrap();
        let decoded = problem.decode(0, &[5, 30]).unwrap();
        let report = problem.report(problem.training(), &decoded);
        let galapagos_engine::signals::Signals::Positions(all) = report.per_symbol[0].signals.clone() else {
            panic!("positions")
        };
        all
    };
    let (whole, dated) = (signals(None), signals(Some(250)));
    // Both sides start flat; from the first crossing on they agree.
    let first = (249..400).find(|&t| dated[t] != dated[249]).unwrap();
    assert_eq!(whole[first..400], dated[first..400]);
}

#[test]
fn what_the_history_lacks_is_taken_from_the_rows_between_the_dates() {
    let folder = data(&[series("AAA", 500, 1)]);
    let first = |from, to| {
        let (market, job) = resolve(folder.path(), &job(Some(from), Some(to), ""));
        Problem::new(&job, market.bars(), Vec::new()).map(|p| (p.warm_ups()[0].first(), p.counted_bars()))
    };
    assert_eq!(first(30, 300).unwrap(), (76, 30 + 216 - 76));
    assert_eq!(first(76, 300).unwrap().0, 76);
    assert_eq!(first(77, 300).unwrap().0, 77);
    let error = first(20, 80).unwrap_err().to_string();
    for part in
        ["rsi_filter", "76 rows", "`AAA`", "20 lie before marketData.from", "48 rows", "1970-01-01T00:00:00Z"]
    {
        assert!(error.contains(part), "{part}: {error}");
    }
}

/// Other programs know no bar before the first that they are given.
#[test]
fn a_full_window_begins_at_the_first_date_as_if_there_were_no_row_before() {
    let whole = series("AAA", 500, 1);
    let dated = accounts(data(std::slice::from_ref(&whole)).path(), &full(job(Some(150), Some(450), "")));
    let cut = accounts(data(&[rows(&whole, 150, 450)]).path(), &full(job(None, None, "")));
    assert_eq!(dated, cut);
}

fn full(mut job: EvolutionJob) -> EvolutionJob {
    job.spec.execution.window = galapagos_crds::execution::Window::Full;
    job
}

#[test]
fn a_portfolio_begins_at_the_first_date_even_where_a_symbol_had_a_gap_before() {
    let (a, b) = (series("AAA", 500, 1), series("BBB", 500, 2));
    let b = OwnedSeries {
        // Nothing between rows 180 and 220.
        time_ms: [&b.time_ms[..180], &b.time_ms[220..]].concat(),
        open: [&b.open[..180], &b.open[220..]].concat(),
        high: [&b.high[..180], &b.high[220..]].concat(),
        low: [&b.low[..180], &b.low[220..]].concat(),
        close: [&b.close[..180], &b.close[220..]].concat(),
        volume: b.volume.as_ref().map(|v| [&v[..180], &v[220..]].concat()),
        ..b
    };
    let folder = data(&[a, b]);
    let mut job = job(Some(200), None, "");
    job.spec.market_data.symbols = vec!["AAA".into(), "BBB".into()];
    let (market, job) = resolve(folder.path(), &job);
    let problem = Problem::new(&job, market.bars(), Vec::new()).unwrap();
    let report = problem.report(problem.training(), &problem.decode(0, &[5, 30]).unwrap());
    assert_eq!(report.total.start_ms, 199 * DAY);
    assert_eq!(report.total.time_ms[..2], [200 * DAY, 201 * DAY]);
    assert_eq!(report.total.time_ms.len(), 240);
}

#[test]
fn funding_ends_with_the_close_of_the_last_bar() {
    let mut whole = series("AAA", 300, 1);
    let stamps =
        (0..900).map(|n| FundingStamp { time_ms: n * DAY / 3, rate_e9: 100_000 * (n % 7), mark: None });
    whole.funding = stamps.collect();
    let mut cut = rows(&whole, 0, 200);
    cut.funding = whole.funding[..=600].to_vec();
    let funded = |job: EvolutionJob| {
        let mut job = job;
        job.spec.execution.funding = serde_yaml::from_str("{series: {}}").unwrap();
        job
    };
    let folder = data(&[whole]);
    let open = Market::open(folder.path(), &job(None, Some(200), "").spec.market_data).unwrap();
    assert_eq!(open.bars()[0].funding.last().unwrap().time_ms, 200 * DAY);
    assert_eq!(
        accounts(folder.path(), &funded(job(None, Some(200), ""))),
        accounts(data(&[cut]).path(), &funded(job(None, None, "")))
    );
}

#[test]
fn dates_without_a_bar_name_the_field_and_what_there_is() {
    let folder = data(&[series("AAA", 100, 1)]);
    let error = |from: &str, to: &str| {
        let mut data = manifest("").spec.market_data;
        data.from = (!from.is_empty()).then(|| from.to_owned());
        data.to = (!to.is_empty()).then(|| to.to_owned());
        Market::open(folder.path(), &data).unwrap_err().to_string()
    };
    let late = error("1970-06-01", "");
    assert!(late.contains("marketData.from: AAA has no bar from 1970-06-01T00:00:00Z on"), "{late}");
    assert!(late.contains("reach from 1970-01-01T00:00:00Z to 1970-04-10T00:00:00Z"), "{late}");
    assert!(late.contains("write an earlier marketData.from"), "{late}");
    let early = error("", "1970-01-01");
    assert!(early.contains("write a later marketData.to"), "{early}");
    let between = error("1970-01-02T01:00:00Z", "1970-01-02T02:00:00Z");
    assert!(between.contains("from 1970-01-02T01:00:00Z to 1970-01-02T02:00:00Z"), "{between}");
    let order = error("1970-02-01", "1970-02-01");
    assert!(order.starts_with("spec.marketData.to: 1970-02-01T00:00:00Z is not after from"), "{order}");
}

#[test]
fn two_spellings_of_an_instant_are_one_input_and_another_instant_is_another() {
    let folder = data(&[series("AAA", 500, 1)]);
    let digest = |from: &str, to: &str| {
        let mut job = manifest("");
        job.spec.market_data.from = (!from.is_empty()).then(|| from.to_owned());
        job.spec.market_data.to = (!to.is_empty()).then(|| to.to_owned());
        let (market, resolved) = resolve(folder.path(), &job);
        let again = ResolvedJob::new(&resolved.manifest, &market.facts()).unwrap();
        assert_eq!(again.digest, resolved.digest);
        resolved.digest.to_string()
    };
    let plain = digest("1970-03-01", "1971-01-01");
    assert_eq!(digest("1970-03-01T00:00:00Z", "1971-01-01T02:00:00+02:00"), plain);
    assert_eq!(digest("1970-02-28T19:30:00.000-04:30", "1971-01-01"), plain);
    let all = ["", "1970-03-01", "1970-03-02", "1970-03-01T00:00:00.001Z"].map(|from| digest(from, ""));
    let mut all = [&all[..], &[plain, digest("", "1971-01-01"), digest("", "1970-12-31")]].concat();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 7);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whatever the dates, every counted stamp lies between them, and a job of the data cut at the last date says the
    /// same to the bit.
    #[test]
    fn no_counted_stamp_lies_outside_the_dates(from in 0usize..300, length in 80usize..200) {
        let whole = series("AAA", 500, 3);
        let to = from + length;
        let (all, cut) = (data(std::slice::from_ref(&whole)), data(&[rows(&whole, 0, to)]));
        let (market, dated) = resolve(all.path(), &job(Some(from), Some(to), ""));
        let Ok(problem) = Problem::new(&dated, market.bars(), Vec::new()) else { return Ok(()) };
        let report = problem.report(problem.training(), &problem.decode(0, &[3, 30]).unwrap());
        prop_assert!(report.total.time_ms.iter().all(|&t| t >= from as i64 * DAY && t < to as i64 * DAY));
        prop_assert_eq!(
            accounts(all.path(), &job(Some(from), Some(to), "")),
            accounts(cut.path(), &job(Some(from), None, ""))
        );
    }
}
