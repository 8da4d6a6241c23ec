//! Packed files and other encodings of a text hold the same bars.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use common::*;
use galapagos_market::*;
use std::io::{Cursor, Write};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        out.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(bytes).unwrap();
    }
    out.finish().unwrap().into_inner()
}

/// UTF-16 in either order of bytes, with or without a mark.
fn utf16(text: &str, little: bool, mark: bool) -> Vec<u8> {
    let unit = |u: u16| if little { u.to_le_bytes() } else { u.to_be_bytes() };
    let marked = mark.then_some(0xfeff);
    marked.into_iter().chain(text.encode_utf16()).flat_map(unit).collect()
}

fn refusal_of(name: &str, bytes: Vec<u8>) -> String {
    load_with(name, bytes, &hourly()).unwrap_err().to_string()
}

#[test]
fn any_packing_and_any_encoding_of_a_text_holds_the_same_bars() {
    let text = good_csv(60);
    let (expected, _) = load(&text);
    let plain = text.as_bytes();
    let (front, back) = plain.split_at(700);
    for (name, bytes) in [
        ("X.csv.gz", gzip(plain)),
        // Logs that rotate are joined as they are.
        ("X.csv.gz", [gzip(front), gzip(back)].concat()),
        ("X.csv.zst", zstd(plain)),
        ("X.csv.zst", [zstd(front), zstd(back)].concat()),
        ("X.zip", zip(&[("a-name-of-its-own.csv", plain)])),
        ("X.csv.zip", zip(&[("X.csv", plain), ("__MACOSX/X.csv", b"?"), ("X.csv.CHECKSUM", b"0 X.csv")])),
        ("X.csv.gz", gzip(&zip(&[("X.csv", plain)]))),
        ("X.csv", [b"\xef\xbb\xbf", plain].concat()),
        ("X.csv", utf16(&text, true, true)),
        ("X.csv", utf16(&text, false, true)),
        ("X.csv", utf16(&text, true, false)),
        ("X.csv", utf16(&text, false, false)),
        ("X.csv.GZ", gzip(&utf16(&text, true, true))),
        ("X.csv", text.replace('\n', "\r\n").into_bytes()),
    ] {
        let (series, _) = load_with(name, bytes, &hourly()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(series, expected, "{name}");
    }
}

#[test]
fn a_packed_file_of_another_format_is_read_too() {
    let rows: Vec<String> = (0..5).map(|i| format!("[{}, 2, 3, 1, 2, {i}]", START + i * HOUR)).collect();
    let text = format!("[{}]", rows.join(","));
    let (series, _) = load_with("X.json.gz", gzip(text.as_bytes()), &hourly()).unwrap();
    assert_eq!((series.symbol.as_str(), series.close), ("X", vec![2; 5]));
}

#[test]
fn an_archive_of_several_files_is_refused_with_their_names() {
    let text = good_csv(20);
    let error = refusal_of("X.zip", zip(&[("A.csv", text.as_bytes()), ("B.csv", text.as_bytes())]));
    assert!(error.contains("2 files (A.csv, B.csv)"), "{error}");
    let error = refusal_of("X.xlsx", zip(&[("[Content_Types].xml", b"<x/>"), ("xl/sheet1.xml", b"<x/>")]));
    assert!(error.contains("is a spreadsheet: save it as CSV"), "{error}");
    assert!(refusal_of("X.zip", zip(&[])).contains("without a file"));
}

#[test]
fn what_grows_without_end_when_it_is_unpacked_is_refused() {
    let zeros = vec![b' '; 80 << 20];
    for (name, bytes) in
        [("X.csv.gz", gzip(&zeros)), ("X.csv.zst", zstd(&zeros)), ("X.zip", zip(&[("X.csv", &zeros)]))]
    {
        let error = refusal_of(name, bytes);
        assert!(error.contains("more than 200 times its size"), "{error}");
    }
}

#[test]
fn a_cut_packing_is_refused_as_cut() {
    let text = good_csv(500);
    for (name, bytes) in [
        ("X.csv.gz", gzip(text.as_bytes())),
        ("X.csv.zst", zstd(text.as_bytes())),
        ("X.zip", zip(&[("X.csv", text.as_bytes())])),
    ] {
        for part in [1, 2, 3] {
            let error = refusal_of(name, bytes[..bytes.len() * part / 4].to_vec());
            assert!(error.contains("it may be cut"), "{name}: {error}");
        }
    }
    let odd = [utf16(&text, true, true), vec![b'7']].concat();
    assert!(refusal_of("X.csv", odd).contains("is no valid UTF-16"));
}

#[test]
fn a_dataset_of_packed_files_has_the_digest_of_the_plain_ones() {
    let digest = |name: &str, bytes: Vec<u8>| {
        let dir = folder();
        let input = Input::new(write(dir.path(), name, bytes));
        run(&plan(&dir.path().join("data"), vec![input])).published.unwrap().digest
    };
    let text = good_csv(60).into_bytes();
    assert_eq!(digest("X.csv", text.clone()), digest("X.csv.gz", gzip(&text)));
}
