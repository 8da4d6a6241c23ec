//! `galapagos report` and the page that every run leaves: one file, no network, nothing of the data is markup.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{Sandbox, run_folder, small_job};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// The most that a page may have.
const MOST: usize = 1_000_000;

/// A small run, and its folder `result`.
fn ran(sandbox: &Sandbox, population: u32, generations: u32) -> PathBuf {
    sandbox.walk(3000, 5);
    sandbox.write("job.yaml", small_job(population, generations));
    sandbox.ok(&["run", "job.yaml", "--report", "copy.html"]);
    run_folder(&sandbox.path().join("results"), "small").join("result")
}

fn page(sandbox: &Sandbox, run: &Path) -> String {
    sandbox.ok(&["report", run.to_str().unwrap(), "-o", "-"]).stdout
}

/// Changes `result.json`.
fn change(result: &Path, change: impl FnOnce(&mut Value)) {
    let path = result.join("result.json");
    let mut document: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut document);
    fs::write(&path, document.to_string()).unwrap();
}

#[test]
fn every_run_leaves_one_page_and_the_command_makes_the_same_of_its_files() {
    let sandbox = Sandbox::new();
    let result = ran(&sandbox, 20, 5);
    let left = fs::read_to_string(result.join("report.html")).unwrap();
    assert_eq!(fs::read_to_string(sandbox.path().join("copy.html")).unwrap(), left);
    for named in [result.parent().unwrap(), &result, &result.join("result.json")] {
        assert!(page(&sandbox, named) == left, "{} gives another page", named.display());
    }
    let said = sandbox.ok(&["report", result.to_str().unwrap()]);
    assert_eq!(said.stdout, "report.html\n");
    assert!(fs::read_to_string(sandbox.path().join("report.html")).unwrap() == left);
    let again = sandbox.ok(&["run", "job.yaml"]).stdout;
    assert!(again.trim_end().ends_with("result/report.html"), "{again}");
    for part in [
        "verdict",
        "account",
        "species",
        "years",
        "map",
        "months",
        "trades",
        "costs",
        "search",
        "assumptions",
        "repeat",
    ] {
        assert!(left.contains(&format!("<section id=\"{part}\"")), "{part} is missing");
    }
}

#[test]
fn a_page_names_nothing_outside_itself_and_says_so() {
    let sandbox = Sandbox::new();
    let text = page(&sandbox, &ran(&sandbox, 16, 3));
    let policy = text.split("http-equiv=\"Content-Security-Policy\" content=\"").nth(1).unwrap();
    let policy = policy.split('"').next().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    for banned in ["unsafe", "http", "data:", "*", "blob:"] {
        assert!(!policy.contains(banned), "{policy}");
    }
    for banned in [
        "src=",
        "href=",
        "@import",
        "<link",
        "<iframe",
        "<img",
        "<base",
        "<form",
        " style=",
        " onload",
        " onclick",
        "fetch(",
        "XMLHttpRequest",
    ] {
        assert!(!text.contains(banned), "{banned}");
    }
    // Two names that nothing is fetched from: that of the language of pictures, and of the library's home in its licence.
    let known =
        text.replace("http://www.w3.org/2000/svg", "").replace("https://github.com/leeoniya/uPlot", "");
    assert!(!known.contains("://"), "{:?}", known.split("://").next().map(|t| t.len()));
}

#[test]
fn nothing_that_a_result_says_becomes_markup() {
    let sandbox = Sandbox::new();
    let result = ran(&sandbox, 16, 3);
    let evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'{{policy}}<!--";
    change(&result, |document| {
        for place in [
            "/job/name",
            "/stopped_by",
            "/reproduce",
            "/result_digest",
            "/data/dataset",
            "/best/strategy",
            "/data/symbols/0/symbol",
            "/data/holdout_from",
        ] {
            *document.pointer_mut(place).unwrap() = json!(evil);
        }
        document["best"]["genome"] = json!({ "fast_period": "5" });
        document["best"]["genome"][evil] = json!("7");
        for species in document["species"].as_array_mut().unwrap() {
            species["strategy"] = json!(evil);
            species["objective"] = json!(evil);
            species["objections"] = json!([evil]);
        }
        document["generations"][0]["strategy"] = json!(evil);
        document["excluded"] = json!([{ "by": evil, "individuals": 1, "undefined": 0 }]);
        let stitched = document["buy_and_hold"]["training"].clone();
        if let Some(validation) = document.get_mut("validation").filter(|v| v.is_object()) {
            validation["summary"] = json!(evil);
            validation["gates"] =
                json!([{ "name": evil, "value": 1.0, "threshold": 2.0, "passed": false, "sentence": evil }]);
            validation["walk_forward"] = json!({
                "windows": [{
                    "index": 0, "train": { "from": evil, "to": evil }, "test": { "from": evil, "to": evil, "account": null },
                    "strategy": evil, "genome": { evil: "5" }, "fitness": 1.0, "training": null, "evaluations": 1, "digest": evil,
                }],
                "stitched": stitched, "p": null, "efficiency": null, "sharpe_efficiency": null, "gene_stability": {},
                "species_changes": 0, "evaluations": 1,
            });
        }
    });
    let trades = fs::read_to_string(result.join("best/trades.csv")).unwrap();
    fs::write(result.join("best/trades.csv"), trades.replace("WALK", "<script>alert(3)</script>")).unwrap();
    let text = page(&sandbox, &result);
    for banned in ["<script>alert", "<img", "</script><"] {
        let found = text.find(banned).map(|at| &text[at..(at + 80).min(text.len())]);
        assert!(found.is_none(), "{found:?}");
    }
    assert_eq!(text.matches("<script").count(), 5);
    // Nor is it filled in as a template is.
    assert_eq!(text.matches("default-src").count(), 1);
    assert!(text.contains("&lt;script&gt;alert(3)"));
}

#[test]
fn ten_thousand_evaluations_and_a_long_account_stay_below_a_megabyte() {
    let sandbox = Sandbox::new();
    let result = ran(&sandbox, 200, 50);
    let rows = 300_000_i64;
    let mut text = "time,part,equity,return,drawdown,market\n".to_owned();
    for row in 0..rows {
        let day = 1_000_000_000 + row * 60;
        let time = rfc3339(day);
        let part = if row < rows * 4 / 5 { "training" } else { "holdout" };
        let level = 10_000.0 + ((row * 7919) % 1013) as f64 * 3.7 + row as f64 / 50.0;
        text += &format!("{time},{part},{level},0,{},{}\n", (row % 97) as f64 / 300.0, level * 0.9);
    }
    fs::write(result.join("best/equity.csv"), text).unwrap();
    let text = page(&sandbox, &result);
    assert!(text.len() < MOST, "{} bytes", text.len());
    let data = text.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
    let data: Value = serde_json::from_str(data).unwrap();
    let shown = data["account"]["time"].as_array().unwrap().len();
    assert!((500..5000).contains(&shown), "{shown}");
}

/// RFC 3339 of seconds since 1970, by days and the civil calendar of Howard Hinnant.
fn rfc3339(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

#[test]
fn what_is_no_result_is_told_from_a_damaged_and_a_later_one() {
    let sandbox = Sandbox::new();
    let result = ran(&sandbox, 16, 2);
    let refused = |path: &Path, words: &str| {
        let ended = sandbox.run(&["report", path.to_str().unwrap(), "-o", "out.html"]);
        assert_eq!(ended.code, 2, "{}", ended.stderr);
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
        assert!(!sandbox.path().join("out.html").exists());
    };
    refused(sandbox.path(), "is no result: name the folder of a run");
    refused(&sandbox.path().join("nowhere"), "is no result");
    let unfinished = result.parent().unwrap().parent().unwrap().join("unfinished");
    fs::create_dir_all(unfinished.join("epochs")).unwrap();
    fs::copy(result.parent().unwrap().join("manifest.json"), unfinished.join("manifest.json")).unwrap();
    refused(&unfinished, "has not ended");

    let equity = fs::read_to_string(result.join("best/equity.csv")).unwrap();
    fs::write(result.join("best/equity.csv"), equity.replacen("Z,training", ",training", 1)).unwrap();
    refused(&result, "best/equity.csv, line 2:");
    fs::write(result.join("best/equity.csv"), &equity).unwrap();

    let evaluations = fs::read(result.join("evaluations.parquet")).unwrap();
    fs::write(result.join("evaluations.parquet"), &evaluations[..evaluations.len() / 2]).unwrap();
    refused(&result, "cannot be read as a table of evaluations");
    fs::write(result.join("evaluations.parquet"), &evaluations).unwrap();

    let folder = sandbox.run(&["report", result.to_str().unwrap(), "-o", "."]);
    assert_eq!(folder.code, 2, "{}", folder.stderr);
    change(&result, |document| document["schema"] = json!("galapagos.result/v9"));
    refused(&result, "galapagos.result/v9");
    fs::write(result.join("result.json"), "{\"schema\": 1").unwrap();
    refused(&result, "is not the JSON of a result");
}

#[test]
fn an_older_result_and_one_with_files_missing_still_have_a_page() {
    let sandbox = Sandbox::new();
    let result = ran(&sandbox, 16, 2);
    change(&result, |document| document["validation"] = Value::Null);
    assert!(page(&sandbox, &result).contains("This result has no verdict"));
    for file in ["best/equity.csv", "best/trades.csv", "evaluations.parquet", "job.yaml"] {
        fs::remove_file(result.join(file)).unwrap();
    }
    let text = page(&sandbox, &result);
    assert!(text.contains("<section id=\"species\"") && !text.contains("<section id=\"trades\""));
    change(&result, |document| document["best"] = Value::Null);
    assert!(page(&sandbox, &result).contains("No individual is feasible"));
}
