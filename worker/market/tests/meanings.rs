//! Columns whose values cannot be what they are called, checked over all rows.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use common::*;
use galapagos_market::*;

fn notes(report: &SymbolReport) -> String {
    report.notes.join("\n")
}

/// Four hours with the given cells after the time.
fn rows(cells: [&str; 4]) -> String {
    cells.iter().enumerate().map(|(i, c)| format!("{},{c}\n", START + i as i64 * HOUR)).collect()
}

const VWAP: [&str; 4] = [
    "105,106,104,105.5,105.2,30,7",
    "105,107,105,106.5,106.1,20,9",
    "106,107,103,104.5,105.9,40,3",
    "104,106,104,105.5,104.8,10,5",
];

#[test]
fn an_average_price_is_not_taken_as_volume_by_position() {
    let (series, report) = load(&rows(VWAP));
    assert_eq!(series.volume, Some(vec![30.0, 20.0, 40.0, 10.0]));
    assert!(notes(&report).contains("\"#6\" lies between low and high") && notes(&report).contains("\"#7\""));
    // An hour without a trade has no average price.
    let [a, b, c, _] = VWAP;
    let (series, _) = load(&rows([a, b, c, "105,105,105,105,0,0,0"]));
    assert_eq!(series.volume, Some(vec![30.0, 20.0, 40.0, 0.0]));
    let json: Vec<String> = rows(VWAP).lines().map(|l| format!("[{l}]")).collect();
    let text = format!(r#"{{"error":[],"result":{{"XXBTZUSD":[{}],"last":1}}}}"#, json.join(","));
    let (series, _) = load_with("X.json", text, &hourly()).unwrap();
    assert_eq!(series.volume, Some(vec![30.0, 20.0, 40.0, 10.0]));
}

#[test]
fn an_average_price_called_volume_is_refused_unless_it_is_chosen() {
    let text = format!("time,open,high,low,close,volume,x,y\n{}", rows(VWAP));
    let error = refusal(&text);
    assert!(
        error.contains("\"volume\" lies between low and high") && error.contains("--columns volume="),
        "{error}"
    );
    let (_, report) = load_with("X.csv", &text, &with_columns("volume=volume")).unwrap();
    assert!(notes(&report).contains("it was chosen"), "{report:?}");
    assert!(load_with("X.csv", &text, &with_columns("volume=")).unwrap().0.volume.is_none());
    // A volume that never changes is no average price.
    load(&rows(["9,11,9,10,10", "9,11,9,10,10", "9,11,9,10,10", "9,11,9,10,10"]));
}

#[test]
fn a_volatility_is_no_volume() {
    for name in ["Volatility", "ImpliedVol", "hist_vol"] {
        let text = format!(
            "time,open,high,low,close,volume,{name}\n{}",
            rows(["9,11,9,10,0,0.2", "9,11,9,10,0,0.3", "9,11,9,10,0,0.4", "9,11,9,10,0,0.2"])
        );
        let (series, _) = load(&text);
        assert!(series.volume.iter().flatten().all(|v| *v == 0.0), "{name}: {:?}", series.volume);
        let (series, _) = load(&text.replace("volume,", "x,"));
        assert_eq!(series.volume, None, "{name}");
    }
}

#[test]
fn a_volume_of_zeros_gives_way_to_one_that_has_numbers() {
    let text = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n\
        2017.07.01\t11:00:00\t105\t106\t104\t105.5\t7\t0\t1\n2017.07.01\t12:00:00\t105\t107\t105\t106.5\t9\t0\t1\n";
    let (series, report) = load(text);
    assert_eq!(series.volume, Some(vec![7.0, 9.0]));
    assert!(
        notes(&report).contains("\"<VOL>\" holds no volume") && notes(&report).contains("\"<TICKVOL>\""),
        "{report:?}"
    );
    let (series, _) = load_with("X.csv", text, &with_columns("volume=<VOL>")).unwrap();
    assert_eq!(series.volume, Some(vec![0.0, 0.0]));
}

#[test]
fn orders_of_exchange_arrays_are_told_by_all_rows() {
    for (cells, order) in [
        (
            ["105,105.5,106,104", "105,106.5,107,105", "106,104.5,107,103", "104,105.5,106,104"],
            "open, close, high, low",
        ),
        (
            ["104,106,105,105.5", "105,107,105,106.5", "103,107,106,104.5", "104,106,104,105.5"],
            "low, high, open, close",
        ),
    ] {
        let (series, report) = load(&rows(cells));
        assert_eq!(series.open, [1050, 1050, 1060, 1040]);
        assert_eq!(series.high, [1060, 1070, 1070, 1060]);
        assert_eq!(series.low, [1040, 1050, 1030, 1040]);
        assert_eq!(series.close, [1055, 1065, 1045, 1055]);
        assert!(notes(&report).contains(order), "{report:?}");
    }
    let error =
        refusal(&rows(["105,104,106,105.5", "105,107,105,106.5", "106,107,103,104.5", "104,106,104,105.5"]));
    assert!(error.contains("line 1"), "{error}");
}

#[test]
fn integers_of_a_billionth_are_scaled_where_the_schema_is_known() {
    let head = "ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume\n";
    let row = |i: i64| {
        format!(
            "{},34,1,7,105250000000,106000000000,104000000000,105500000000,{i}\n",
            (START + i * HOUR) * 1_000_000
        )
    };
    let (series, report) = load(&format!("{head}{}{}{}", row(0), row(1), row(2)));
    assert_eq!((series.open[0], series.close[0], series.decimals), (10_525, 10_550, 2));
    assert!(notes(&report).contains("were scaled"), "{report:?}");
    let p = "5000000000,5000000001,5000000000,5000000000";
    let (series, report) = load(&rows([p; 4]));
    assert_eq!(series.open[0], 5_000_000_000);
    assert!(notes(&report).contains("taken as written"), "{report:?}");
}

#[test]
fn stamps_of_the_close_are_not_taken_as_those_of_the_open() {
    let line = |i: i64| format!("{},{},10,11,9,10\n", START + (i + 1) * HOUR - 1, START + i * HOUR);
    let lines = [0, 1, 2].map(line).concat();
    let (series, report) = load(&format!("timestamp,start,open,high,low,close\n{lines}"));
    assert_eq!(series.time_ms[0], START);
    assert!(notes(&report).contains("the time is column \"start\""), "{report:?}");
    let text = format!("timestamp,x,open,high,low,close\n{lines}");
    let error = refusal(&text);
    assert!(error.contains("\"timestamp\"") && error.contains("names the open"), "{error}");
    let (series, _) = load_with("X.csv", &text, &with_columns("time=timestamp")).unwrap();
    assert_eq!(series.time_ms[0], START + HOUR - 1);
}

#[test]
fn days_that_do_not_meet_are_refused() {
    let dir = folder();
    let daily = |hour: i64| {
        let row = |i: i64| format!("{},1,1,1,1\n", START + (13 + hour + 24 * i) * HOUR);
        format!("time,open,high,low,close\n{}", (0..30).map(row).collect::<String>())
    };
    let a = write(dir.path(), "A.csv", daily(0));
    let b = write(dir.path(), "B.csv", daily(5));
    let c = write(dir.path(), "C.csv", daily(24));
    let mut plan = plan(&dir.path().join("data"), [a, b, c].map(Input::new).to_vec());
    plan.load.check.interval = Some(Interval::parse("1d").unwrap());
    let summary = run(&plan);
    let symbols: Vec<&str> = summary.symbols.iter().map(|s| s.symbol.as_str()).collect();
    assert_eq!(symbols, ["A", "C"]);
    let error = summary.failed[0].error.to_string();
    assert!(
        error.starts_with("B: ") && error.contains("those of A") && error.contains("30 of 30"),
        "{error}"
    );
}

#[test]
fn a_shift_of_half_a_bar_after_a_gap_is_refused_or_told() {
    let at = |halves: i64| format!("{},1,1,1,1\n", START + halves * HOUR / 2);
    let body: String = [0, 2, 4, 6, 8, 11, 13, 15, 17, 19].map(at).concat();
    let text = format!("time,open,high,low,close\n{body}");
    let error = refusal(&text);
    assert!(
        error.contains("from 2017-07-01T15:00:00Z to 2017-07-01T16:30:00Z") && error.contains("--repair"),
        "{error}"
    );
    for options in [repair(), {
        let mut options = hourly();
        options.check.calendar = Some(Calendar::Sessions { bars_per_year: 6000 });
        options
    }] {
        let (_, report) = load_with("X.csv", &text, &options).unwrap();
        assert!(notes(&report).contains("1 steps are no multiple of the interval 1h"), "{report:?}");
    }
}

// Contract X27.
#[test]
fn outliers_are_listed_and_splits_are_named() {
    // Apple's shares as they were traded around the split of 28 February 2005.
    let (mut before, mut text) = (Vec::new(), String::from("time,open,high,low,close\n"));
    for i in 0..60 {
        before.push(format!("{c},{c},{c},{c}", c = 88.0 + f64::from(i % 3)));
    }
    before.push("89.62,89.91,88.19,88.99".into());
    before.push("44.68,45.14,43.96,44.86".into());
    before.push("44.99,45.11,44.16,44.50".into());
    for (i, cells) in before.iter().enumerate() {
        text += &format!("{},{cells}\n", START + i as i64 * HOUR);
    }
    let (_, report) = load(&text);
    let notes = notes(&report);
    assert!(
        notes.contains("looks like a 2:1 split at 2017-07-04T00:00:00Z: close 88.99, then open 44.68"),
        "{notes}"
    );
    assert!(notes.contains("2017-07-04T00:00:00Z close 44.86 (x0.5041)"), "{notes}");
    let reverse: String = (0..40)
        .map(|i| {
            let p = if i < 20 { 2.0 } else { 20.1 } + f64::from(i % 2) / 100.0;
            format!("{},{p},{p},{p},{p}\n", START + i64::from(i) * HOUR)
        })
        .collect();
    let (_, report) = load(&format!("time,open,high,low,close\n{reverse}"));
    assert!(report.notes.iter().any(|n| n.contains("looks like a 1:10 split")), "{report:?}");
    // A crash that goes on inside the bar is none.
    let (_, report) = load(&text.replace("44.68,45.14,43.96,44.86", "70.10,71.00,44.00,44.86"));
    assert!(!report.notes.iter().any(|n| n.contains("split")), "{report:?}");
}
