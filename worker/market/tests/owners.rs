//! Whose rows are whose, where a file says it badly.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use common::*;
use galapagos_market::*;

const ROWS: &str = "2017-07-01 11:00,105,106,104,105.5,3\n2017-07-01 12:00,105,107,105,106.5,2\n";

#[test]
fn a_title_that_begins_as_a_line_of_symbols_does_not_hide_the_header() {
    let head = "Date,Open,High,Low,Close,Volume";
    for title in [
        "Symbol: AAPL",
        "Symbol: AAPL,,,,,",
        "Symbol,AAPL,Exchange,NASDAQ,Currency,USD",
        "Ticker,AAPL,Interval,1h,Source,x",
    ] {
        let (series, report) = load(&format!("{title}\n{head}\n{ROWS}"));
        assert_eq!((series.symbol.as_str(), series.close), ("X", vec![1055, 1065]), "{title}");
        let notes = report.notes.join("\n");
        assert!(notes.contains("1 lines above the header") && notes.contains(title), "{notes}");
    }
    let rows: String = ROWS.lines().map(|l| format!("AAPL,{l}\n")).collect();
    let (series, _) = load(&format!("Symbol,AAPL,,,,,\nSymbol,{head}\n{rows}"));
    assert_eq!((series.symbol.as_str(), series.close), ("AAPL", vec![1055, 1065]));
    // One symbol above all columns still names it.
    assert_eq!(load(&format!("Symbol,AAPL,,,,\n{head}\n{ROWS}")).0.symbol, "AAPL");
}

/// Hourly rows with these cells as their name.
fn named(cells: &[&str]) -> String {
    let row = |(i, name): (usize, &&str)| format!("{},9,11,9,10,{name}\n", START + i as i64 * HOUR);
    format!("time,open,high,low,close,Name\n{}", cells.iter().enumerate().map(row).collect::<String>())
}

#[test]
fn a_column_of_names_with_empty_cells_is_left_out_and_named() {
    for cells in [["", "", "", ""], ["AAPL", "", "", "AAPL"], ["", "", "dividend", ""]] {
        let (series, report) = load(&named(&cells));
        assert_eq!((series.symbol.as_str(), series.close.len()), ("X", 4), "{cells:?}");
        let notes = report.notes.join("\n");
        let empty = cells.iter().filter(|c| c.is_empty()).count();
        assert!(notes.contains(&format!("\"Name\" is empty in {empty} of 4 rows")), "{notes}");
        assert!(notes.contains("columns left out: Name"), "{notes}");
    }
}

#[test]
fn empty_names_among_several_are_refused_with_both_remedies() {
    let text = named(&["AAPL", "", "MSFT", "AAPL"]);
    let error = refusal(&text);
    for part in ["line 3", "\"Name\"", "AAPL, MSFT", "--columns symbol=NAME", "--columns symbol="] {
        assert!(error.contains(part), "{error}");
    }
    let (series, _) = load_with("X.csv", &text, &with_columns("symbol=")).unwrap();
    assert_eq!(series.close.len(), 4);
    // What the user chose is not left out.
    let chosen = load_with("X.csv", named(&["", "A"]), &with_columns("symbol=Name")).unwrap_err();
    assert!(chosen.to_string().contains("is empty"), "{chosen}");
}

#[test]
fn a_long_symbol_is_refused_and_not_cut_to_that_of_another() {
    let long = "PERPETUAL-CONTRACT-OF-A-LONG-NAME";
    let dir = folder();
    let file = |n: u32| Input::new(write(dir.path(), &format!("{long}-{n}.csv"), good_csv(20)));
    let summary = run(&plan(&dir.path().join("data"), vec![file(1), file(2)]));
    assert_eq!((summary.failed.len(), summary.symbols.len()), (2, 0));
    let error = summary.failed[0].error.to_string();
    assert!(error.contains(long) && error.contains("--symbol") && error.contains("up to 32"), "{error}");
    assert!(
        load_file(&Input::for_symbol(long, dir.path().join(format!("{long}-1.csv"))), &hourly()).is_err()
    );
}

#[test]
fn symbols_of_two_files_that_would_share_a_name_are_not_joined() {
    let dir = folder();
    let text = good_csv(40);
    let lines: Vec<&str> = text.lines().collect();
    let part = |from: usize, to: usize| format!("{}\n{}\n", lines[0], lines[from..to].join("\n"));
    let early = write(dir.path(), "BTC USDT.csv", part(1, 21));
    let late = write(dir.path(), "BTC+USDT.csv", part(21, 41));
    let summary = run(&plan(&dir.path().join("data"), vec![Input::new(&early), Input::new(&late)]));
    let error = summary.failed[0].error.to_string();
    assert!(
        error.contains("BTC USDT") && error.contains("BTC+USDT") && error.contains("SYMBOL=FILE"),
        "{error}"
    );
    let said = vec![Input::for_symbol("BTC", early), Input::for_symbol("BTC", late)];
    assert_eq!(run(&plan(&dir.path().join("data"), said)).symbols[0].rows, 40);
}
