//! Rows a second of the path from a CSV file to a published dataset, on one thread.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use galapagos_market::{
    CheckOptions, Dataset, ImportPlan, Input, Interval, LoadOptions, OwnedSeries, RandomWalk, import,
    load_file, random_walk,
};
use std::io::Write;
use std::path::Path;

const ROWS: usize = 500_000;

fn write_csv(path: &Path, series: &OwnedSeries) -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::fs::File::create(path)?);
    writeln!(out, "open_time,open,high,low,close,volume,close_time,quote_volume,count")?;
    let price = |t: i64| format!("{}.{:04}", t / 10_000, t % 10_000);
    let volume = series.volume.as_deref().unwrap_or_default();
    for i in 0..series.time_ms.len() {
        let [o, h, l, c] = [&series.open, &series.high, &series.low, &series.close].map(|x| price(x[i]));
        let t = series.time_ms[i];
        writeln!(
            out,
            "{t},{o},{h},{l},{c},{:.8},{},{:.8},{}",
            volume[i],
            t + 59_999,
            volume[i] * 100.0,
            i % 1000
        )?;
    }
    out.flush()
}

fn benches(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let walk = RandomWalk::parse(&format!("bars={ROWS},price=30000")).expect("a walk");
    let (series, _) = random_walk(&walk).expect("a walk").remove(0);
    let path = dir.path().join("RW.csv");
    write_csv(&path, &series).expect("a file");
    let check = CheckOptions { interval: Interval::parse("1m").ok(), ..CheckOptions::default() };
    let load = LoadOptions { check, ..LoadOptions::default() };
    let data_dir = dir.path().join("data");
    let plan = ImportPlan {
        inputs: vec![Input::new(&path)],
        data_dir: data_dir.clone(),
        dataset: "walk".into(),
        load: load.clone(),
        threads: 1,
        retries: 0,
        partial: true,
        append: false,
    };
    let mut group = c.benchmark_group("import");
    group.sample_size(10).throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("csv_to_series", |b| {
        b.iter(|| load_file(&Input::new(&path), &load).expect("good data"))
    });
    group.bench_function("csv_to_published_dataset", |b| {
        b.iter(|| {
            let _ = std::fs::remove_dir_all(&data_dir);
            import(&plan, &|_| ()).expect("good data")
        });
    });
    group.bench_function("open_with_digest", |b| {
        b.iter(|| Dataset::open(&data_dir, "walk", None).expect("a dataset"))
    });
    group.finish();
}

criterion_group!(import_rows, benches);
criterion_main!(import_rows);
