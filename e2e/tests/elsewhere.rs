//! Results delivered to a folder, to S3 and to PostgreSQL by `galapagos export --to`: whole or not at all, and once.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use galapagos_e2e::elsewhere::{Minio, Postgres};
use galapagos_e2e::jobs::{self, Job};
use galapagos_e2e::program::{galapagos, root, worker};
use galapagos_e2e::scratch::{self, Scratch};
use serde_json::Value;

/// A scratch folder with two finished runs below `results`, the second of two objectives.
struct Runs {
    scratch: Scratch,
    /// Where each lies at a destination, and the folder of its result.
    results: Vec<(String, PathBuf)>,
}

impl Runs {
    fn new() -> Runs {
        let scratch = Scratch::with_walk(3000);
        let single = Job::small(3).manifest();
        let several = single.replace("name: small", "name: front")
            + "  objectives: [{metric: sharpe, goal: Maximize}, {metric: max_drawdown, goal: Minimize}]\n";
        let mut results = Vec::new();
        for text in [single, several] {
            let job = jobs::write(scratch.path(), &text);
            let mut run = galapagos();
            run.arg("run").arg(job).arg("--data-dir").arg(scratch.data());
            let output = run.arg("--results-dir").arg(scratch.path().join("results")).output().unwrap();
            // 4: nothing was feasible on a random walk, which is a result too.
            assert!(matches!(output.status.code(), Some(0 | 4)), "{}", said(&output));
        }
        for file in scratch::files(&scratch.path().join("results"), "result.json") {
            let document: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            let text = |pointer: &str| document.pointer(pointer).unwrap().as_str().unwrap().to_owned();
            let digest = |pointer: &str| text(pointer).split_once(':').unwrap().1.to_owned();
            let place = format!(
                "local/{}/{}/{}",
                text("/job/name"),
                digest("/inputs_digest"),
                digest("/result_digest")
            );
            results.push((place, file.parent().unwrap().to_owned()));
        }
        assert_eq!(results.len(), 2);
        results.sort();
        Runs { scratch, results }
    }

    fn export(&self, to: &str) -> Command {
        let mut command = galapagos();
        command.arg("export").arg(self.scratch.path().join("results")).args(["--to", to]);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("AWS_") || text.starts_with("PG") {
                command.env_remove(&name);
            }
        }
        command
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// What a command that succeeds says.
fn good(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

/// What a command says that ends with this code.
fn bad(command: &mut Command, code: i32) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{}", said(&output));
    said(&output)
}

/// The files below a folder as paths with `/`, and their bytes.
fn tree(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut out: Vec<_> = scratch::files(folder, "")
        .into_iter()
        .map(|path| (path.strip_prefix(folder).unwrap().display().to_string(), std::fs::read(&path).unwrap()))
        .collect();
    out.sort();
    out
}

#[test]
fn a_folder_gets_each_result_whole_and_once() {
    let runs = Runs::new();
    let to = runs.scratch.path().join("archive");
    let said = good(&mut runs.export(to.to_str().unwrap()));
    assert!(said.contains("2 delivered"), "{said}");
    for (place, result) in &runs.results {
        let mut there = tree(&to.join(place));
        let mark = there.iter().position(|(name, _)| name == "RESULT").unwrap();
        there.remove(mark);
        assert_eq!(there, tree(result), "{place}");
        // It is a result like that which it was copied from.
        good(galapagos().arg("report").arg(to.join(place)).args(["-o", "-"]));
    }
    // From there it can be delivered further.
    let further = runs.scratch.path().join("further");
    let mut again = galapagos();
    let said = good(again.arg("export").arg(&to).arg("--to").arg(&further));
    assert!(said.contains("2 delivered"), "{said}");
    assert_eq!(tree(&further), tree(&to));

    // What a kill left is removed, and what is there is left alone.
    let place = &runs.results[0].0;
    let parent = to.join(place).parent().unwrap().to_owned();
    std::fs::create_dir(parent.join("half.1234abcd.tmp")).unwrap();
    std::fs::remove_dir_all(to.join(place)).unwrap();
    let said = good(&mut runs.export(to.to_str().unwrap()));
    assert!(said.contains("1 delivered, 1 already there"), "{said}");
    assert_eq!(std::fs::read_dir(&parent).unwrap().count(), 1);
    // Something else of that name is never written over.
    std::fs::remove_file(to.join(place).join("RESULT")).unwrap();
    let said = bad(&mut runs.export(to.to_str().unwrap()), 2);
    assert!(said.contains("holds something else") && said.contains("move it away"), "{said}");
}

#[test]
fn only_what_has_ended_is_delivered() {
    let runs = Runs::new();
    let to = runs.scratch.path().join("archive");
    let result = &runs.results[0].1;
    std::fs::write(result.join("DIGEST"), "blake3:0\n").unwrap();
    let said = good(&mut runs.export(to.to_str().unwrap()));
    assert!(said.contains("1 delivered"), "{said}");
    // Named itself, it is an error that says what to do.
    let mut one = galapagos();
    one.arg("export").arg(result.parent().unwrap()).arg("--to").arg(&to);
    let said = bad(&mut one, 2);
    assert!(said.contains("the command that began it continues it"), "{said}");
    let mut none = galapagos();
    let said = bad(none.arg("export").arg(runs.scratch.data()).arg("--to").arg(&to), 2);
    assert!(said.contains("no finished run below"), "{said}");
}

#[test]
fn the_process_of_a_cluster_delivers_what_there_is_and_fails_where_it_cannot_look() {
    let runs = Runs::new();
    let results = runs.scratch.path().join("results");
    let once = |from: &Path, to: &Path| {
        let mut command = worker();
        command.arg("deliver").arg(from).arg("--to").arg(to).args(["--every-seconds", "0"]);
        command
    };
    // A path with a space is one destination.
    let to = runs.scratch.path().join("my archive");
    let said = good(&mut once(&results, &to));
    assert_eq!(said.matches("delivered").count(), 2, "{said}");
    for (place, _) in &runs.results {
        assert!(to.join(place).join("RESULT").exists(), "{place}");
    }
    good(&mut once(&results, &to));
    // A volume before its first run has nothing to deliver.
    good(&mut once(&runs.scratch.folder("empty"), &to));
    let said = bad(&mut once(&runs.scratch.path().join("nowhere"), &to), 72);
    assert!(said.contains("no runs are found") && said.contains("nowhere"), "{said}");
    let said = bad(&mut once(&results, Path::new("gs://quants")), 64);
    assert!(said.contains("gs:// is not known"), "{said}");
}

#[test]
fn a_bucket_gets_each_result_once_with_its_mark_last() {
    let runs = Runs::new();
    let Some(mut minio) = Minio::start(&runs.scratch) else { return };
    let to = format!("s3://{}/evolved/runs", Minio::BUCKET);
    let environment = minio.environment();
    let export = || {
        let mut command = runs.export(&to);
        command.envs(environment.clone());
        command
    };
    let said = good(&mut export());
    assert!(said.contains("2 delivered"), "{said}");
    let key = |place: &str, file: &str| format!("evolved/runs/{place}/{file}");
    for (place, result) in &runs.results {
        for (name, bytes) in tree(result) {
            assert_eq!(minio.get(&key(place, &name)).as_deref(), Some(bytes.as_slice()), "{place}/{name}");
        }
        let mark: Value = serde_json::from_slice(&minio.get(&key(place, "RESULT")).unwrap()).unwrap();
        assert_eq!(mark["digest"], format!("blake3:{}", place.rsplit('/').next().unwrap()));
    }
    let said = good(&mut export());
    assert!(said.contains("0 delivered, 2 already there"), "{said}");

    // An upload that was cut off before its mark: one object is missing, one is another's.
    let (place, result) = &runs.results[0];
    minio.remove(&key(place, "RESULT"));
    minio.remove(&key(place, "job.yaml"));
    minio.put(&key(place, "generations.csv"), "something else");
    let said = good(&mut export());
    assert!(said.contains("1 delivered, 1 already there"), "{said}");
    for (name, bytes) in tree(result) {
        assert_eq!(minio.get(&key(place, &name)).as_deref(), Some(bytes.as_slice()), "{name}");
    }

    // The mark of something else is not written over.
    minio.put(&key(place, "RESULT"), r#"{"digest":"blake3:1","generation":1,"stopped_by":"x"}"#);
    let said = bad(&mut export(), 2);
    assert!(said.contains("mark of another result"), "{said}");

    // A key that is wrong, a bucket that is not there, a server that is gone: each says what to do, and no secret.
    let said = bad(export().env("AWS_SECRET_ACCESS_KEY", "wrong-one"), 2);
    assert!(
        said.contains("refuses") && said.contains("AWS_ACCESS_KEY_ID") && !said.contains("wrong-one"),
        "{said}"
    );
    let mut other = runs.export("s3://nobodys-bucket");
    let said = bad(other.envs(environment.clone()), 2);
    assert!(said.contains("no such bucket"), "{said}");
    minio.stop();
    let folder = runs.scratch.path().join("archive");
    let said = bad(export().arg("--to").arg(&folder), 1);
    assert!(said.contains("cannot be used now"), "{said}");
    // A destination that is down keeps nothing from the others.
    assert!(folder.join(place).join("RESULT").exists(), "{said}");
}

/// Hourly bars of a symbol, some days long.
fn bars(first: u32) -> String {
    let row = |hour: u32| {
        let (day, hour, price) = (1 + hour / 24, hour % 24, first + hour % 7);
        format!("2026-01-{day:02}T{hour:02}:00:00Z,{price},{},{},{price},10\n", price + 1, price - 1)
    };
    "time,open,high,low,close,volume\n".to_owned() + &(0..240).map(row).collect::<String>()
}

#[test]
fn files_in_a_bucket_are_imported_as_files_here_are() {
    let scratch = Scratch::new();
    let Some(mut minio) = Minio::start(&scratch) else { return };
    let (bucket, environment) = (Minio::BUCKET, minio.environment());
    for (name, first) in [("BTC.csv", 100), ("ETH.csv", 50)] {
        minio.put(&format!("raw/{name}"), &bars(first));
        scratch.folder("raw");
        scratch.write(&format!("raw/{name}"), &bars(first));
    }
    minio.put("raw/deeper/SOL.csv", &bars(20));
    minio.put("raw/notes.txt", "nothing to import");
    let import = |files: &[&str], data: &str| {
        let mut command = galapagos();
        command.arg("import").args(files).args(["--dataset", "coins", "--interval", "1h", "-o", "json"]);
        command.arg("--data-dir").arg(scratch.path().join(data)).current_dir(scratch.path());
        command.envs(environment.clone()).env("TMPDIR", scratch.folder("tmp"));
        command
    };
    let imported = |files: &[&str], data: &str| -> Value {
        let output = import(files, data).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let here = imported(&["raw/BTC.csv", "raw/ETH.csv"], "here");
    let pattern = format!("s3://{bucket}/raw/*.csv");
    let there = imported(&[&pattern], "there");
    assert_eq!((&there["digest"], &there["symbols"]), (&here["digest"], &here["symbols"]));
    // One by its key, under another name.
    let one = imported(&[&format!("COIN=s3://{bucket}/raw/BTC.csv")], "one");
    assert_eq!(one["symbols"][0]["symbol"], "COIN");
    let folder = imported(&[&format!("s3://{bucket}/raw/deeper/")], "folder");
    assert_eq!(folder["symbols"].as_array().unwrap().len(), 1);
    // Packed, as files are.
    let packed = scratch.path().join("raw/BTC.csv");
    assert!(Command::new("gzip").arg("-kn").arg(&packed).status().unwrap().success());
    minio.put_file("packed/BTC.csv.gz", &packed.with_extension("csv.gz"));
    let packed = imported(&[&format!("s3://{bucket}/packed/BTC.csv.gz")], "packed");
    assert_eq!(packed["digest"], imported(&["raw/BTC.csv"], "alone")["digest"]);
    // Nothing is left of the copies.
    assert_eq!(std::fs::read_dir(scratch.folder("tmp")).unwrap().count(), 0);

    // What is wrong with a file is said of the object.
    minio.put("bad/BTC.csv", &bars(100).replace(",103,", ",x,"));
    let wrong = format!("s3://{bucket}/bad/BTC.csv");
    let told = bad(&mut import(&[&wrong], "bad"), 2);
    assert!(told.contains(&wrong) && !told.contains("galapagos-import-"), "{told}");
    // Nothing there, no such bucket, a key that is wrong, a server that is gone.
    let told = bad(&mut import(&[&format!("s3://{bucket}/none/*.csv")], "bad"), 2);
    assert!(told.contains("no object has a key like \"none/*.csv\""), "{told}");
    let told = bad(&mut import(&[&format!("s3://{bucket}/raw/none.csv")], "bad"), 2);
    assert!(told.contains("no object has a key like \"raw/none.csv\""), "{told}");
    for key in ["raw/BTC.csv", "raw/*.csv"] {
        let told = bad(&mut import(&[&format!("s3://nobodys-bucket/{key}")], "bad"), 2);
        assert!(told.contains("no such bucket"), "{told}");
    }
    let told = bad(import(&[&pattern], "bad").env("AWS_SECRET_ACCESS_KEY", "wrong-one"), 2);
    assert!(told.contains("AWS_ACCESS_KEY_ID") && !told.contains("wrong-one"), "{told}");
    minio.stop();
    let told = bad(&mut import(&[&pattern], "bad"), 1);
    assert!(told.contains("cannot be used now"), "{told}");
}

#[test]
fn a_database_gets_each_result_in_one_transaction() {
    let runs = Runs::new();
    let Some(mut postgres) = Postgres::start(&runs.scratch) else { return };
    let to = format!("{}?sslrootcert={}", postgres.url(), postgres.certificate.display());
    let export = || {
        let mut command = runs.export(&to);
        command.env("PGPASSWORD", Postgres::PASSWORD);
        command
    };

    // A table that breaks off leaves nothing of its run, and the other run is there.
    let table = runs.results[0].1.join("evaluations.parquet");
    let whole = std::fs::read(&table).unwrap();
    std::fs::write(&table, &whole[..whole.len() / 2]).unwrap();
    bad(&mut export(), 2);
    assert_eq!(postgres.ask("SELECT count(*), count(DISTINCT run) FROM galapagos.generations"), "12|1");
    std::fs::write(&table, &whole).unwrap();
    let said = good(&mut export());
    assert!(said.contains("1 delivered, 1 already there"), "{said}");

    // What PostgreSQL cannot hold is its own result's fault: the other one is delivered.
    postgres.ask("DELETE FROM galapagos.runs");
    let file = runs.results[0].1.join("result.json");
    let whole = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, whole.replacen("galapagos backtest", "galapagos\\u0000backtest", 1)).unwrap();
    let said = bad(&mut export(), 2);
    assert!(said.contains("does not take local/") && said.contains("1 delivered"), "{said}");
    std::fs::write(&file, &whole).unwrap();
    good(&mut export());

    for (place, result) in &runs.results {
        let document: Value =
            serde_json::from_slice(&std::fs::read(result.join("result.json")).unwrap()).unwrap();
        let digest = place.rsplit('/').next().unwrap();
        let ask = |query: &str| {
            postgres.ask(&query.replace(
                "RUN",
                &format!("(SELECT run FROM galapagos.runs WHERE result_digest = 'blake3:{digest}')"),
            ))
        };
        let lines = std::fs::read_to_string(result.join("generations.csv")).unwrap().lines().count() - 1;
        assert_eq!(ask("SELECT count(*) FROM galapagos.generations WHERE run = RUN"), lines.to_string());
        // Each individual of each generation, those that were known included.
        assert_eq!(
            ask("SELECT count(*) FROM galapagos.evaluations WHERE run = RUN"),
            (24 * lines).to_string()
        );
        let distinct = document["evaluations"]["distinct"].to_string();
        assert_eq!(
            ask("SELECT count(*) FROM galapagos.evaluations WHERE run = RUN AND NOT cached"),
            distinct
        );
        assert_eq!(ask("SELECT distinct_evaluations FROM galapagos.runs WHERE run = RUN"), distinct);
        assert_eq!(
            ask("SELECT count(*) FROM galapagos.champions WHERE run = RUN"),
            document["species"].as_array().unwrap().len().to_string()
        );
        let champion = &document["species"][0];
        let (strategy, fitness) = (champion["strategy"].as_str().unwrap(), champion["fitness"].to_string());
        let row = ask(&format!(
            "SELECT fitness, metrics->>'sharpe', genome::text FROM galapagos.champions WHERE run = RUN AND strategy = '{strategy}'"
        ));
        let mut row = row.split('|');
        assert_eq!(row.next().unwrap(), fitness);
        assert_eq!(row.next().unwrap(), champion["metrics"]["sharpe"].to_string());
        assert_eq!(serde_json::from_str::<Value>(row.next().unwrap()).unwrap(), champion["genome"]);
        let points = document["front"]["points"].as_array().map_or(0, Vec::len);
        assert_eq!(ask("SELECT count(*) FROM galapagos.fronts WHERE run = RUN"), points.to_string());
        // The document is there whole, but for the generations.
        let stored: Value =
            serde_json::from_str(&ask("SELECT document FROM galapagos.runs WHERE run = RUN")).unwrap();
        let mut expected = document.clone();
        expected.as_object_mut().unwrap().remove("generations");
        assert_eq!(stored["species"], expected["species"]);
        assert_eq!(stored.as_object().unwrap().len(), expected.as_object().unwrap().len());
    }
    // What is infinite can be computed with.
    postgres.ask("SELECT max((metrics->>'profit_factor')::float8) FROM galapagos.evaluations");
    assert_eq!(postgres.ask("SELECT count(*) FROM galapagos.latest"), "2");

    // The queries of the page find something.
    let page = std::fs::read_to_string(root().join("docs/delivery.md")).unwrap();
    let queries: Vec<&str> = page.split("```sql\n").skip(1).map(|q| q.split("```").next().unwrap()).collect();
    assert_eq!(queries.len(), 3);
    let shown =
        std::fs::read_to_string(root().join("charts/galapagos/files/dashboards/results.json")).unwrap();
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let panels = shown["panels"].as_array().unwrap().iter().flat_map(|p| p["targets"].as_array().unwrap());
    let panels: Vec<String> = panels
        .map(|target| target["rawSql"].as_str().unwrap().replace("${job:sqlstring}", "'small', 'front'"))
        .chain([shown["templating"]["list"][1]["query"].as_str().unwrap().to_owned()])
        .collect();
    assert!(panels.len() > 5);
    for query in queries.into_iter().chain(panels.iter().map(String::as_str)) {
        assert!(!postgres.ask(query).is_empty(), "{query}");
    }

    let said = good(&mut export());
    assert!(said.contains("0 delivered, 2 already there"), "{said}");
    // Two at a time are each once.
    postgres.ask("DELETE FROM galapagos.runs");
    assert_eq!(postgres.ask("SELECT count(*) FROM galapagos.evaluations"), "0");
    let both: Vec<_> = (0..2).map(|_| export().spawn().unwrap()).collect();
    for mut child in both {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(postgres.ask("SELECT count(*) FROM galapagos.runs"), "2");

    // What stands in the way is named, and no password.
    let said = bad(export().env("PGPASSWORD", "wrong-one"), 2);
    assert!(said.contains("PGPASSWORD") && !said.contains("wrong-one"), "{said}");
    let mut stranger = runs.export(&postgres.url());
    let said = bad(stranger.env("PGPASSWORD", Postgres::PASSWORD), 2);
    assert!(said.contains("certificate") && said.contains("sslrootcert"), "{said}");
    let mut open = runs.export(&format!("{}?sslmode=disable", postgres.url()));
    let said = good(open.env("PGPASSWORD", Postgres::PASSWORD));
    assert!(said.contains("2 already there"), "{said}");
    let mut other = runs.export(&to.replace("/results?", "/nobodys?"));
    let said = bad(other.env("PGPASSWORD", Postgres::PASSWORD), 2);
    assert!(said.contains("createdb"), "{said}");
    postgres.ask("INSERT INTO galapagos.migrations (step) VALUES (99)");
    let said = bad(&mut export(), 2);
    assert!(said.contains("step 99") && said.contains("later"), "{said}");
    postgres.stop();
    let said = bad(&mut export(), 1);
    assert!(said.contains("cannot be used now"), "{said}");
}
