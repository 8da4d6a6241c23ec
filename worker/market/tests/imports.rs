//! Several files and symbols at once, funding, and the random walk.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use common::*;
use galapagos_market::funding::read_funding_file;
use galapagos_market::*;
use std::sync::Mutex;

#[test]
fn a_failing_symbol_does_not_lose_the_others() {
    let dir = folder();
    let files = [
        write(dir.path(), "A.csv", good_csv(50)),
        write(dir.path(), "B.csv", good_csv(50).replace("101.25", "1.25")),
        dir.path().join("C.csv"),
        write(dir.path(), "D.csv", good_csv(40)),
    ];
    let events = Mutex::new(Vec::new());
    let plan = plan(&dir.path().join("data"), files.iter().map(Input::new).collect());
    let note = |event: ImportEvent<'_>| {
        events.lock().unwrap().push(match event {
            ImportEvent::Started { file } => format!("started {file}"),
            ImportEvent::Read { file, rows } => format!("read {file} {rows}"),
            ImportEvent::FileFailed { file, .. } => format!("failed {file}"),
            ImportEvent::Checked { report } => format!("checked {}", report.symbol),
            ImportEvent::SymbolFailed { symbol, .. } => format!("refused {symbol}"),
            _ => return,
        });
    };
    let summary = import(&plan, &note).unwrap();
    let passed: Vec<&str> = summary.symbols.iter().map(|r| r.symbol.as_str()).collect();
    assert_eq!(passed, ["A", "D"]);
    let failed: Vec<(ErrorKind, bool)> =
        summary.failed.iter().map(|f| (f.error.kind(), f.what == "B")).collect();
    assert_eq!(failed, [(ErrorKind::Missing, false), (ErrorKind::Invalid, true)]);
    assert_eq!(summary.worst(), Some(ErrorKind::Invalid));
    let events = events.into_inner().unwrap();
    for event in ["started 0", "read 0 50", "failed 2", "checked A", "checked D", "refused B"] {
        assert!(events.iter().any(|e| e == event), "{event}: {events:?}");
    }
    let dataset = Dataset::open(&plan.data_dir, "test", None).unwrap();
    assert_eq!(dataset.symbols().collect::<Vec<_>>(), ["A", "D"]);
}

#[test]
fn nothing_is_published_if_no_symbol_passes() {
    let dir = folder();
    let plan = plan(&dir.path().join("data"), vec![Input::new(dir.path().join("none.csv"))]);
    let summary = run(&plan);
    assert!(summary.published.is_none() && summary.worst() == Some(ErrorKind::Missing));
    assert!(Dataset::open(&plan.data_dir, "test", None).is_err());
}

#[test]
fn the_number_of_threads_does_not_change_the_dataset() {
    let dir = folder();
    let files: Vec<_> = (0..7).map(|i| write(dir.path(), &format!("S{i}.csv"), good_csv(30 + i))).collect();
    let digest = |threads| {
        let mut plan =
            plan(&dir.path().join(format!("data{threads}")), files.iter().map(Input::new).collect());
        plan.threads = threads;
        run(&plan).published.unwrap().digest
    };
    assert_eq!(digest(1), digest(4));
}

#[test]
fn one_file_may_hold_several_symbols() {
    let dir = folder();
    let mut text = String::from("symbol,time,open,high,low,close\n");
    for i in 0..20 {
        for (s, p) in [("BTC/USDT", 100), ("ETH/USDT", 7)] {
            text += &format!("{s},{},{p},{p},{p},{p}\n", START + i * HOUR);
        }
    }
    let path = write(dir.path(), "all.csv", text);
    let summary = run(&plan(&dir.path().join("data"), vec![Input::new(&path)]));
    let names: Vec<&str> = summary.symbols.iter().map(|r| r.symbol.as_str()).collect();
    assert_eq!(names, ["BTC-USDT", "ETH-USDT"]);
    assert!(summary.symbols[0].notes.iter().any(|n| n == "symbol \"BTC/USDT\" is called BTC-USDT here"));
    let one = load_file(&Input::for_symbol("ETH-USDT", &path), &hourly()).unwrap();
    assert_eq!((one.len(), one[0].0.close[0]), (1, 7));
}

#[test]
fn a_symbol_that_is_typed_as_exchanges_write_it_is_renamed_and_said_so() {
    let dir = folder();
    let path = write(dir.path(), "x.csv", good_csv(20));
    let loaded = load_file(&Input::for_symbol("BTC/USDT", &path), &hourly()).unwrap();
    assert_eq!(loaded[0].0.symbol, "BTC-USDT");
    let said = "symbol \"BTC/USDT\" is called BTC-USDT here";
    assert!(loaded[0].1.notes.iter().any(|n| n == said), "{:?}", loaded[0].1.notes);
    let summary = run(&plan(
        &dir.path().join("data"),
        vec![Input::for_symbol("BTC/USDT", "none.csv"), Input::for_symbol("BTC/USDT", &path)],
    ));
    assert_eq!((summary.failed[0].what.as_str(), summary.symbols.len()), ("BTC-USDT", 0));
    let error = load_file(&Input::for_symbol("/", &path), &hourly()).unwrap_err().to_string();
    assert!(error.contains("is no symbol"), "{error}");
}

#[test]
fn several_files_may_belong_to_one_symbol() {
    let dir = folder();
    let text = good_csv(40);
    let lines: Vec<&str> = text.lines().collect();
    let part = |from: usize, to: usize| format!("{}\n{}\n", lines[0], lines[from..to].join("\n"));
    let whole = load(&text).0;
    let late = write(dir.path(), "late.csv", part(21, 41));
    let early = write(dir.path(), "early.csv", part(1, 21));
    let inputs = || vec![Input::for_symbol("X", &late), Input::for_symbol("X", &early)];
    run(&plan(&dir.path().join("data"), inputs()));
    assert_eq!(
        Dataset::open(&dir.path().join("data"), "test", None).unwrap().symbol("X").unwrap().to_owned(),
        whole
    );
    // Files that overlap need --repair.
    write(dir.path(), "early.csv", part(1, 25));
    let mut overlapping = plan(&dir.path().join("data2"), inputs());
    assert!(run(&overlapping).failed[0].error.to_string().contains("--repair"));
    overlapping.load.check.repair = true;
    let summary = run(&overlapping);
    assert_eq!(summary.symbols[0].duplicates_dropped, 4);
    assert_eq!(
        Dataset::open(&dir.path().join("data2"), "test", None).unwrap().symbol("X").unwrap().to_owned(),
        whole
    );
    // A missing part would be a hole: the symbol fails.
    std::fs::remove_file(&early).unwrap();
    assert!(run(&overlapping).published.is_none());
}

#[test]
fn a_dataset_has_one_interval() {
    let dir = folder();
    let a = write(dir.path(), "A.csv", good_csv(20));
    let b = write(
        dir.path(),
        "B.csv",
        "date,open,high,low,close\n2020-01-01,1,1,1,1\n2020-01-02,1,1,1,1\n2020-01-03,1,1,1,1\n",
    );
    let mut plan = plan(&dir.path().join("data"), vec![Input::new(a), Input::new(b)]);
    plan.load.check.interval = None;
    let summary = run(&plan);
    assert!(
        summary.failed[0].error.to_string().contains("has bars of 1d, A has bars of 1h"),
        "{:?}",
        summary.failed
    );
}

fn funding(text: &str, repair: bool) -> Result<Vec<FundingStamp>> {
    let dir = folder();
    read_funding_file(&write(dir.path(), "f.csv", text), repair).map(|(stamps, _)| stamps)
}

#[test]
fn funding_stamps_are_snapped_to_the_nearest_minute_half_up() {
    let stamps = funding(
        "time,rate,mark\n1498906800012,0.0001,100.5\n1498935630000,-0.00025,101\n1498964429999,1e-9,102\n",
        true,
    )
    .unwrap();
    let minutes: Vec<i64> = stamps.iter().map(|s| (s.time_ms - START) / 60_000).collect();
    assert_eq!(minutes, [0, 481, 960]);
    assert_eq!(stamps.iter().map(|s| s.rate_e9).collect::<Vec<_>>(), [100_000, -250_000, 1]);
    assert_eq!(stamps[0].mark, Some(100.5));
    let stamps =
        funding("fundingTime;fundingRate\n2017-07-01 19:00;0.0002\n2017-07-01 11:00;0.0001\n", false)
            .unwrap();
    assert_eq!((stamps[0].time_ms, stamps[0].rate_e9, stamps[0].mark), (START, 100_000, None));
}

#[test]
fn a_stamp_missing_inside_the_cadence_is_an_error() {
    let row = |h: i64| format!("{},0.0001\n", START + h * HOUR);
    let text = format!("time,rate\n{}{}{}{}", row(0), row(8), row(16), row(32));
    let error = funding(&text, false).unwrap_err().to_string();
    assert!(error.contains("missing in 1 places") && error.contains("every 480 minutes"), "{error}");
    assert_eq!(funding(&text, true).unwrap().len(), 4);
}

#[test]
fn wrong_funding_is_refused_with_its_line() {
    for (text, part) in [
        ("time,rate\n1498906800,x\n", "line 2, column rate, value \"x\""),
        ("time,rate\n1498906800,1.5\n", "write 0.0001 for 0.01 %"),
        ("time,rate\nnever,0.1\n", "line 2, column time"),
        ("time,rate,mark\n1498906800,0.1,0\n", "line 2, column mark"),
        ("time,rate,mark\n1498906800,0.1,5\n1498910400,0.1,\n", "fill it in all or in none"),
        ("time,rate\n1498906800,0.1\n1498906801,0.1\n1498910400,0.1\n", "line 3, column time"),
        ("open,close\n1,2\n", "is no funding series"),
        ("time,rate\n", "has no funding stamps"),
    ] {
        let error = funding(text, false).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_random_walk_is_the_same_on_every_machine() {
    let dir = folder();
    let walk = RandomWalk::parse("bars=1000,seed=42,interval=1h,symbols=2").unwrap();
    let (published, reports) = publish_random_walk(dir.path(), "walk", &walk).unwrap();
    assert_eq!(published.digest, "1d76d8e6f3a1d4a3ad56ebc77cb199af40a1bae46102dfff1c2263f98e1a8502");
    assert_eq!((reports.len(), reports[0].rows, reports[0].gaps.missing_bars), (2, 1000, 0));
    let dataset = Dataset::open(dir.path(), "walk", None).unwrap();
    let s = dataset.symbol("RW1").unwrap();
    for i in 0..s.len() {
        assert!(
            s.low[i] <= s.open[i].min(s.close[i]) && s.high[i] >= s.open[i].max(s.close[i]) && s.low[i] > 0
        );
        assert!(i == 0 || s.open[i] == s.close[i - 1]);
    }
    assert_ne!(s.close, dataset.symbol("RW2").unwrap().close);
    let other = RandomWalk { seed: 43, ..walk };
    assert_ne!(publish_random_walk(dir.path(), "walk", &other).unwrap().0.digest, published.digest);
}

#[test]
fn a_random_walk_of_nonsense_is_refused() {
    for text in [
        "",
        "bars=1",
        "bars=x",
        "bars=10,price=0",
        "bars=10,volatility=nan",
        "bars=10,decimals=19,price=1e-9",
        "bars=10,foo=1",
        "bars=99999999999999",
    ] {
        assert_eq!(RandomWalk::parse(text).unwrap_err().kind(), ErrorKind::Spec, "{text}");
    }
}
