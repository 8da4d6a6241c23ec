//! Publishing and opening: immutable, found by digest, and never a changed value unnoticed.
#![allow(clippy::unwrap_used)] // tests, in their own crate: the lint does not see it

mod common;

use common::*;
use galapagos_market::*;
use std::path::Path;

fn entries(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_was_imported_is_what_is_opened() {
    let dir = folder();
    let dataset = published(dir.path());
    let mut options = hourly();
    options.funding = vec![Input::new(dir.path().join("A-funding.csv"))];
    let (loaded, _) = load_file(&Input::new(dir.path().join("A.csv")), &options).unwrap().remove(0);
    assert_eq!(dataset.symbol("A").unwrap().to_owned(), loaded);
    assert_eq!(dataset.symbols().collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(dataset.symbol("A").unwrap().funding.len(), 12);
    assert!(dataset.symbol("C").unwrap_err().to_string().contains("it has A, B"));
    let series: Vec<Series<'_>> = dataset.iter().collect();
    assert_eq!(dataset_digest(HOUR, &series), dataset.digest());
}

#[test]
fn the_folder_is_laid_out_as_documented() {
    let dir = folder();
    let dataset = published(dir.path());
    let root = dir.path().join("data/galapagos");
    assert_eq!(std::fs::read_to_string(root.join("FORMAT")).unwrap(), "1\n");
    assert_eq!(entries(&root.join("datasets/test")), [dataset.digest(), "LATEST"]);
    assert_eq!(std::fs::read_to_string(root.join("datasets/test/LATEST")).unwrap().trim(), dataset.digest());
    assert_eq!(entries(dataset.folder()), ["A.arrow", "A.funding.arrow", "B.arrow", "manifest.json"]);
}

#[test]
fn columns_are_mapped_without_copying_at_multiples_of_64_bytes() {
    let dir = folder();
    let dataset = published(dir.path());
    for s in dataset.iter() {
        for column in [s.time_ms, s.open, s.high, s.low, s.close] {
            assert_eq!(column.as_ptr() as usize % 64, 0);
        }
        assert_eq!(s.volume.unwrap().as_ptr() as usize % 64, 0);
    }
    #[cfg(target_os = "linux")]
    {
        let address = dataset.symbol("A").unwrap().close.as_ptr() as usize;
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let inside = |line: &&str| {
            let (from, to) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
            (usize::from_str_radix(from, 16).unwrap()..usize::from_str_radix(to, 16).unwrap())
                .contains(&address)
        };
        assert!(maps.lines().find(inside).unwrap().ends_with("A.arrow"));
    }
}

#[test]
fn other_programs_can_read_the_files() {
    let dir = folder();
    let dataset = published(dir.path());
    let file = std::fs::File::open(dataset.folder().join("A.arrow")).unwrap();
    let mut reader = arrow::ipc::reader::FileReader::try_new(file, None).unwrap();
    let schema = reader.schema();
    let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    assert_eq!(
        names,
        [
            "time",
            "open",
            "high",
            "low",
            "close",
            "volume",
            "open_ticks",
            "high_ticks",
            "low_ticks",
            "close_ticks"
        ]
    );
    assert_eq!(schema.field(0).data_type().to_string(), "Timestamp(ms, \"UTC\")");
    assert_eq!((schema.metadata()["decimals"].as_str(), schema.metadata()["interval"].as_str()), ("2", "1h"));
    let batch = reader.next().unwrap().unwrap();
    assert!(reader.next().is_none(), "one record batch");
    use arrow::array::AsArray;
    let opens = batch.column(1).as_primitive::<arrow::datatypes::Float64Type>();
    assert_eq!(opens.value(0), 100.5);
    // The file of a dataset is a candle file like any other.
    let (again, _) = load_file(&Input::new(dataset.folder().join("B.arrow")), &hourly()).unwrap().remove(0);
    assert_eq!(again, dataset.symbol("B").unwrap().to_owned());
}

#[test]
fn the_same_data_again_is_a_no_op_that_says_so() {
    let dir = folder();
    let first = published(dir.path());
    let before = std::fs::metadata(first.folder().join("A.arrow")).unwrap().modified().unwrap();
    let series: Vec<Series<'_>> = first.iter().collect();
    let hour = Interval::parse("1h").unwrap();
    let data = dir.path().join("data");
    let again = publish(&data, "test", hour, None, &series).unwrap();
    assert_eq!((again.outcome, again.digest.as_str()), (PublishOutcome::Unchanged, first.digest()));
    assert_eq!(std::fs::metadata(first.folder().join("A.arrow")).unwrap().modified().unwrap(), before);
    first.check_unchanged().unwrap();
    // A calendar is a suggestion beside the data, not part of it.
    let dressed = publish(&data, "test", hour, Some(Calendar::Continuous), &series).unwrap();
    assert_eq!((dressed.outcome, dressed.digest.as_str()), (PublishOutcome::Updated, first.digest()));
    assert_eq!(Dataset::open(&data, "test", None).unwrap().calendar(), Some(Calendar::Continuous));
}

#[test]
fn a_new_version_leaves_the_old_one_as_it_was() {
    let dir = folder();
    let old = published(dir.path());
    let a = write(dir.path(), "A.csv", good_csv(101));
    let new = run(&plan(&dir.path().join("data"), vec![Input::new(a)])).published.unwrap();
    assert_eq!(new.outcome, PublishOutcome::New);
    let data = dir.path().join("data");
    assert_eq!(Dataset::open(&data, "test", None).unwrap().digest(), new.digest);
    assert_eq!(Dataset::open(&data, "test", Some(old.digest())).unwrap().symbol("B").unwrap().len(), 90);
    assert_eq!(Dataset::open(&data, "test", Some(&old.digest()[..12])).unwrap().digest(), old.digest());
    old.check_unchanged().unwrap();
}

#[test]
fn what_is_not_there_is_said_with_what_is() {
    let dir = folder();
    let data = dir.path().join("data");
    assert_eq!(Dataset::open(&data, "test", None).unwrap_err().kind(), ErrorKind::Missing);
    published(dir.path());
    let error = Dataset::open(&data, "tset", None).unwrap_err();
    assert!(error.kind() == ErrorKind::Missing && error.to_string().contains("there are test"), "{error}");
    let error = Dataset::open(&data, "test", Some(&"0".repeat(64))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Missing);
    assert_eq!(Dataset::open(&data, "../x", None).unwrap_err().kind(), ErrorKind::Spec);
    assert_eq!(Dataset::open(&data, "test", Some("../../x")).unwrap_err().kind(), ErrorKind::Spec);
}

/// Opens after `change`; the error, if there is one.
fn opened_after(change: impl FnOnce(&Path)) -> Option<Error> {
    let dir = folder();
    let folder = published(dir.path()).folder().to_owned();
    change(&folder);
    Dataset::open(&dir.path().join("data"), "test", None).err()
}

#[test]
fn a_cut_file_is_found() {
    for keep in [0, 1, 7, 100, 1000, 5000] {
        for name in ["A.arrow", "A.funding.arrow", "manifest.json"] {
            let error = opened_after(|f| {
                let bytes = std::fs::read(f.join(name)).unwrap();
                std::fs::write(f.join(name), &bytes[..keep.min(bytes.len() - 3)]).unwrap();
            });
            assert_eq!(error.unwrap_or_else(|| panic!("{name} {keep}")).kind(), ErrorKind::Invalid);
        }
    }
}

#[test]
fn swapped_files_are_found() {
    let error = opened_after(|f| {
        std::fs::rename(f.join("A.arrow"), f.join("C")).unwrap();
        std::fs::rename(f.join("B.arrow"), f.join("A.arrow")).unwrap();
        std::fs::rename(f.join("C"), f.join("B.arrow")).unwrap();
    });
    assert!(error.unwrap().to_string().contains("files were swapped"));
}

#[test]
fn a_missing_file_is_found() {
    let error = opened_after(|f| std::fs::remove_file(f.join("A.funding.arrow")).unwrap());
    assert_eq!(error.unwrap().kind(), ErrorKind::Missing);
}

#[test]
fn a_changed_manifest_is_found() {
    for (from, to) in [
        ("\"1h\"", "\"2h\""),
        ("\"rows\": 100", "\"rows\": 99"),
        ("\"test\"", "\"tent\""),
        ("\"decimals\": 2", "\"decimals\": 1"),
    ] {
        let error = opened_after(|f| {
            let text = std::fs::read_to_string(f.join("manifest.json")).unwrap();
            assert!(text.contains(from));
            std::fs::write(f.join("manifest.json"), text.replace(from, to)).unwrap();
        });
        assert!(error.unwrap().to_string().contains("changed"));
    }
}

#[test]
fn a_flipped_bit_is_found_or_changes_nothing() {
    let dir = folder();
    let dataset = published(dir.path());
    let before: Vec<OwnedSeries> = dataset.iter().map(|s| s.to_owned()).collect();
    let mut found = 0;
    for name in ["A.arrow", "A.funding.arrow", "manifest.json"] {
        let path = dataset.folder().join(name);
        let good = std::fs::read(&path).unwrap();
        for at in (0..good.len()).step_by(if name == "A.arrow" { 7 } else { 3 }) {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            std::fs::write(&path, &bad).unwrap();
            match Dataset::open(&dir.path().join("data"), "test", None) {
                Err(error) => {
                    assert!(matches!(error.kind(), ErrorKind::Invalid), "{error}");
                    found += 1;
                }
                Ok(opened) => {
                    let after: Vec<OwnedSeries> = opened.iter().map(|s| s.to_owned()).collect();
                    assert_eq!(after, before, "{name} byte {at}");
                }
            }
        }
        std::fs::write(&path, &good).unwrap();
    }
    assert!(found > 500, "{found}");
}

#[test]
fn a_value_changed_during_use_is_found_before_results_count() {
    for in_place in [true, false] {
        let dir = folder();
        let dataset = published(dir.path());
        assert_eq!(dataset.check_unchanged().unwrap(), None);
        let files = std::sync::Arc::clone(dataset.files());
        let path = dataset.folder().join("B.arrow");
        let other = {
            let dir = folder();
            let a = write(dir.path(), "B.csv", good_csv(90).replace("100.5", "100.6"));
            let other = run(&plan(&dir.path().join("data"), vec![Input::new(a)])).published.unwrap();
            std::fs::read(other.folder.join("B.arrow")).unwrap()
        };
        assert_eq!(other.len() as u64, std::fs::metadata(&path).unwrap().len());
        if in_place {
            std::fs::write(&path, &other).unwrap();
        } else {
            std::fs::write(path.with_extension("new"), &other).unwrap();
            std::fs::rename(path.with_extension("new"), &path).unwrap();
        }
        // Told again each time, to whoever looks.
        for error in [dataset.check_unchanged(), files.check_unchanged(), dataset.check_unchanged()] {
            let text = error.unwrap_err().to_string();
            assert!(text.contains("changed while it was in use"), "{text}");
        }
    }
}

#[test]
fn a_touched_file_with_the_same_values_changes_nothing() {
    let dir = folder();
    let dataset = published(dir.path());
    let files = std::sync::Arc::clone(dataset.files());
    let path = dataset.folder().join("B.arrow");
    let bytes = std::fs::read(&path).unwrap();
    let series: Vec<OwnedSeries> = dataset.iter().map(|s| s.to_owned()).collect();
    let data = dir.path().join("data");
    let touches: [(&str, &dyn Fn()); 5] = [
        ("B.arrow", &|| std::fs::hard_link(&path, path.with_extension("link")).unwrap()),
        ("B.arrow", &|| {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o640);
            std::fs::set_permissions(&path, mode).unwrap();
        }),
        ("B.arrow", &|| {
            let file = std::fs::File::options().append(true).open(&path).unwrap();
            file.set_modified(std::time::UNIX_EPOCH).unwrap();
        }),
        ("B.arrow", &|| {
            std::fs::write(path.with_extension("new"), &bytes).unwrap();
            std::fs::rename(path.with_extension("new"), &path).unwrap();
        }),
        ("manifest.json", &|| {
            let rows: Vec<Series<'_>> = series.iter().map(OwnedSeries::as_series).collect();
            let calendar = Some(Calendar::Sessions { bars_per_year: 252 });
            let hour = Interval::parse("1h").unwrap();
            assert_eq!(
                publish(&data, "test", hour, calendar, &rows).unwrap().outcome,
                PublishOutcome::Updated
            );
        }),
    ];
    for (name, touch) in touches {
        touch();
        let expected = Some(dataset.folder().join(name));
        assert_eq!(dataset.check_unchanged().unwrap(), expected);
        // One look is enough for all: the new shape is remembered.
        assert_eq!((dataset.check_unchanged().unwrap(), files.check_unchanged().unwrap()), (None, None));
    }
    assert_eq!(dataset.calendar(), None, "an open dataset keeps the calendar it was opened with");
}

#[test]
fn importing_again_replaces_a_damaged_version() {
    let dir = folder();
    let dataset = published(dir.path());
    let series: Vec<OwnedSeries> = dataset.iter().map(|s| s.to_owned()).collect();
    let rows: Vec<Series<'_>> = series.iter().map(OwnedSeries::as_series).collect();
    let path = dataset.folder().join("A.arrow");
    drop(dataset);
    std::fs::write(&path, b"gone").unwrap();
    let data = dir.path().join("data");
    let again = publish(&data, "test", Interval::parse("1h").unwrap(), None, &rows).unwrap();
    assert_eq!(again.outcome, PublishOutcome::Repaired);
    assert_eq!(Dataset::open(&data, "test", None).unwrap().symbol("A").unwrap().to_owned(), series[0]);
}

#[test]
fn list_show_and_check_tell_what_is_there() {
    let dir = folder();
    let dataset = published(dir.path());
    let data = dir.path().join("data");
    let list = catalogue::list(&data).unwrap();
    assert_eq!((list.len(), list[0].latest, list[0].rows), (1, true, 190));
    let shown = catalogue::show(&data, "test", None).unwrap();
    assert_eq!(shown.version, list[0]);
    assert_eq!(
        (shown.symbols[0].rows, shown.symbols[0].funding_stamps, shown.memory_bytes),
        (100, 12, memory::of_run(190, 2))
    );
    assert_eq!((shown.symbols[0].gaps.missing_bars, shown.symbols[0].volume), (0, true));
    assert!(catalogue::check(&data, None).unwrap().iter().all(|c| c.problem.is_none()));
    std::fs::write(dataset.folder().join("manifest.json"), b"{}").unwrap();
    assert!(catalogue::list(&data).unwrap()[0].problem.is_some());
    assert!(catalogue::check(&data, Some("test")).unwrap()[0].problem.is_some());
    assert_eq!(catalogue::check(&data, Some("none")).unwrap_err().kind(), ErrorKind::Missing);
}

#[test]
fn a_data_directory_of_another_format_is_refused() {
    let dir = folder();
    published(dir.path());
    std::fs::write(dir.path().join("data/galapagos/FORMAT"), "2\n").unwrap();
    let error = Dataset::open(&dir.path().join("data"), "test", None).unwrap_err().to_string();
    assert!(error.contains("is format \"2\""), "{error}");
}
