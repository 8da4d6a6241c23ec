//! No bytes make the readers panic.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use common::*;
use galapagos_market::*;
use proptest::prelude::*;

fn any_options() -> LoadOptions {
    let mut options = repair();
    options.check.interval = None;
    options
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in "(time|t|Date|open|o,h,l,c|high,low|[-0-9.eE:/ TZ+]{0,12}|[,;\t|\"\n#\\[{}\\]]){0,60}") {
        let _ = load_with("X.csv", text, &any_options());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = load_with("X.csv", bytes, &any_options());
    }

    #[test]
    fn a_good_csv_with_changed_bytes_is_read_or_refused(at in prop::collection::vec((0usize..2000, any::<u8>()), 1..6)) {
        let mut text = good_csv(40).into_bytes();
        for (i, byte) in at {
            let i = i % text.len();
            text[i] = byte;
        }
        let _ = load_with("X.csv", text, &any_options());
    }

    #[test]
    fn rows_of_any_numbers_are_read_or_refused(rows in prop::collection::vec((any::<i64>(), any::<f64>(), any::<f64>()), 1..20)) {
        let mut text = String::from("t,o,h,l,c,v\n");
        for (t, p, v) in rows {
            text += &format!("{t},{p},{p},{p},{p},{v}\n");
        }
        let _ = load_with("X.csv", text, &any_options());
    }

    #[test]
    fn any_manifest_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0usize..800, byte: u8) {
        let _ = manifest::Manifest::parse(&bytes);
        let dir = folder();
        let dataset = published(dir.path());
        let mut good = std::fs::read(dataset.folder().join("manifest.json")).unwrap();
        let at = at % good.len();
        let before = good[at];
        good[at] = byte;
        let parsed = manifest::Manifest::parse(&good);
        prop_assert!(before == byte || parsed.is_err() || parsed.unwrap() == *dataset.manifest());
    }

    #[test]
    fn any_changed_arrow_file_is_refused_or_harmless(at in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), cut: Option<prop::sample::Index>, tail: bool) {
        let dir = folder();
        let dataset = published(dir.path());
        let path = dataset.folder().join("A.arrow");
        let before = dataset.symbol("A").unwrap().to_owned();
        let mut bytes = std::fs::read(&path).unwrap();
        for (i, byte) in at {
            // Half of the time in the footer, where the offsets are.
            let n = bytes.len();
            let i = if tail { n - 1 - i.index(1500.min(n)) } else { i.index(n) };
            bytes[i] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        drop(dataset);
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, bytes).unwrap();
        if let Ok(opened) = Dataset::open(&dir.path().join("data"), "test", None) {
            prop_assert_eq!(opened.symbol("A").unwrap().to_owned(), before);
        }
        let _ = load_file(&Input::new(&path), &any_options());
    }

    #[test]
    fn any_json_is_read_or_refused(text in r#"[\[{]([\[\]{},:"]|"[tohlcv]":|[0-9.e-]{1,8}|null|true|"x"){0,60}"#) {
        let _ = load_with("X.json", text, &any_options());
    }
}

#[test]
fn nested_values_cost_no_more_time_than_they_have_bytes() {
    // Each level looks like a row until its children are known: twice the work a level would never end.
    let depth = 60;
    let text = format!("{}1{}", r#"{"a":1,"b":1,"c":1,"d":1,"e":1,"x":["#.repeat(depth), "]}".repeat(depth));
    let dir = folder();
    let path = write(dir.path(), "X.json", &text);
    assert!(load_file(&Input::new(path), &hourly()).is_err());
}
