//! What is no bar is left out by its name, and a refusal names what is wrong and not something beside it.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use common::*;

#[test]
fn lines_below_the_data_are_named_and_other_tables_are_refused() {
    let head = "Date,Open,High,Low,Close,Volume\n";
    let data = rows(9, |i, [o, h, l, c, v]| format!("{},{o},{h},{l},{c},{v}\n", START + i * HOUR));
    for (below, words) in [
        ("Total,,,,,1234\n", "line 11, below the data, was passed over: \"Total\""),
        ("Average,1,2,0.5,1.5,9\n", "\"Average\""),
        ("Total:,9\n", "\"Total:\""),
        ("\nDate range,2024-01-01 to 2024-03-01\nSource: X\n", "2 lines from line 12 on"),
        ("Downloaded from example.com as of 1/2/2024\n", "\"Downloaded from"),
        (",,,,,\n,,,,,\n", "2 lines without any value"),
    ] {
        let (series, report) = load_with("X.csv", format!("{head}{data}{below}"), &hourly()).unwrap();
        holds(below, &series, START, HOUR, 9);
        said(&report, words);
    }
    for below in
        ["symbol,ask,bid\nX,1,2\n", "NaT,1,2,0.5,1.5,9\n", "2017-13-45,1,2,0.5,1.5,9\n", "149890,1\n"]
    {
        load_with("X.csv", format!("{head}{data}{below}"), &hourly()).expect_err(below);
    }
    let error = load_with("X.csv", format!("{head}Total,,,,,1\n{data}"), &hourly());
    assert!(error.is_ok(), "a line of units below the header: {error:?}");
    let middle = data.replacen("1498917600000", "Total,,,,,1\n1498917600000", 1);
    let error = load_with("X.csv", format!("{head}{middle}"), &hourly()).unwrap_err().to_string();
    assert!(error.contains("holds \"Total\", and rows follow"), "{error}");
}

#[test]
fn the_right_culprit_is_named() {
    let table = |header: &str, row: &dyn Fn(i64, [f64; 5]) -> String| format!("{header}\n{}", rows(9, row));
    let usual = |time: &dyn Fn(i64) -> String| {
        table("time,open,high,low,close,volume", &|i, [o, h, l, c, v]| {
            format!("{},{o},{h},{l},{c},{v}\n", time(i))
        })
    };
    for (text, words) in [
        (
            usual(&|i| ((START + i * HOUR) * 10_000 + 621_355_968_000_000_000).to_string()),
            "tenths of a microsecond, as those of .NET",
        ),
        (usual(&|i| (34_200_000 + i * HOUR).to_string()), "exactly a thousand times"),
        (
            table("Year,Month,Day,Open,High,Low,Close", &|i, [o, h, l, c, _]| {
                format!("2024,1,{},{o},{h},{l},{c}\n", i + 1)
            }),
            "year, month and day stand in columns of their own: join them",
        ),
        (
            table("time,open,high,low,close", &|i, [_, h, l, c, _]| {
                format!("{},0,{h},{l},{c}\n", START + i * HOUR)
            }),
            "column open, value \"0\": is no price: prices are above 0",
        ),
        (
            table("time           open     high     low      close", &|i, [o, h, l, c, _]| {
                format!("{}  {o}    {h}   {l}   {c}\n", START + i * HOUR)
            }),
            "is aligned with spaces",
        ),
    ] {
        let error = load_with("X.csv", &text, &hourly()).expect_err(&text).to_string();
        assert!(error.contains(words), "{words}: {error}");
    }
}

#[test]
fn no_column_is_taken_for_the_time_or_a_symbol_without_a_reason() {
    let text = |header: &str, row: &dyn Fn(i64) -> String| {
        format!("{header}\n{}", (0..9).map(row).collect::<String>())
    };
    let cells = |i: i64| {
        let [o, h, l, c, v] = bar(i);
        format!("{o},{h},{l},{c},{v}")
    };
    // The first column holds times, under a name of its own.
    let stamped = |i: i64| format!("{},{}\n", START + i * HOUR, cells(i));
    let (series, report) =
        load_with("X.csv", text("moment,open,high,low,close,volume", &stamped), &hourly()).unwrap();
    holds("moment", &series, START, HOUR, 9);
    said(&report, "\"moment\", which holds times, was read as the time");
    // It does not.
    let second = |i: i64| format!("AAPL,week {i},{}\n", cells(i));
    let error =
        load_with("X.csv", text("code,moment,open,high,low,close,volume", &second), &hourly()).unwrap_err();
    assert!(error.to_string().contains("but it lacks time: name the columns with --columns"), "{error}");
    // Units are no symbols.
    let units = "Date,Open (USD),High (USD),Low (USD),Close (USD),Volume (BTC)";
    let (series, _) = load_with("X.csv", text(units, &stamped), &hourly()).unwrap();
    assert_eq!(series.symbol, "X");
    holds("units", &series, START, HOUR, 9);
    let error =
        load_with("X.csv", text("Date,Open_USD,High_USD,Low_USD,Close_USD,Volume_BTC", &stamped), &hourly());
    let error = error.unwrap_err().to_string();
    assert!(error.ends_with("--columns open=Open_USD,high=High_USD,low=Low_USD,close=Close_USD"), "{error}");
    // A zone in the name of the column is said, since it is not used.
    let local = |i: i64| format!("2024-01-0{},{}\n", i + 1, cells(i));
    let header = "time (America/New_York),open,high,low,close,volume";
    let (_, report) = load_with("X.csv", text(header, &local), &daily()).unwrap();
    said(&report, "names a zone: if its times are of it, say --timezone America/New_York");
}
