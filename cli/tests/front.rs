//! Several objectives with the real program: `galapagos front`, what the result has of a front, and worker processes.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{Sandbox, run_folder, small_job};
use serde_json::Value;
use std::fs;

const OBJECTIVES: &str = "  objectives: [{metric: sharpe}, {metric: max_drawdown, goal: Minimize}]\n";

fn ran() -> (Sandbox, Value, String) {
    let sandbox = Sandbox::new();
    sandbox.walk(3000, 5);
    sandbox.write("job.yaml", small_job(40, 8) + OBJECTIVES);
    sandbox.ok(&["run", "job.yaml"]);
    let (result, folder) = document(&sandbox);
    (sandbox, result, folder)
}

/// `result.json` of the run, and the folder that it lies in.
fn document(sandbox: &Sandbox) -> (Value, String) {
    let folder = run_folder(&sandbox.path().join("results"), "small").join("result").display().to_string();
    let text = fs::read(format!("{folder}/result.json")).unwrap();
    (serde_json::from_slice(&text).unwrap(), folder)
}

/// The values of the objectives of points.
fn values(points: &Value) -> Vec<[f64; 2]> {
    let of = |p: &Value| [p["values"][0].as_f64().unwrap(), p["values"][1].as_f64().unwrap()];
    points.as_array().unwrap().iter().map(of).collect()
}

#[test]
fn the_first_of_a_front_is_the_best_of_its_result_and_each_output_says_the_same() {
    let (sandbox, result, folder) = ran();
    let shown = sandbox.json(&["front", &folder, "--top", "200", "-o", "json"]);
    let points = &shown["points"];
    assert!(points.as_array().unwrap().len() > 2, "{shown}");
    assert_eq!(points[0]["genome"], result["best"]["genome"]);
    assert_eq!(points[0]["strategy"], result["best"]["strategy"]);
    for field in ["objectives", "count", "hypervolume"] {
        assert_eq!(shown[field], result["front"][field]);
    }
    // Each point is told apart from luck, and shown on the holdout.
    for point in points.as_array().unwrap() {
        assert!(point["deflated_sharpe"].is_number() && point["holdout"][1].is_number(), "{point}");
    }
    let csv = sandbox.ok(&["front", &folder, "--top", "200", "-o", "csv"]).stdout;
    let first: Vec<&str> = csv.lines().nth(1).unwrap().split(',').collect();
    assert!(csv.starts_with("strategy,class,violation,training_sharpe,holdout_sharpe,"), "{csv}");
    assert_eq!(csv.lines().count(), points.as_array().unwrap().len() + 1);
    assert_eq!(first[3].parse::<f64>().unwrap(), values(points)[0][0]);
    let text = sandbox.ok(&["front", &folder, "--top", "1"]).stdout;
    assert!(text.contains("individuals that no other dominates") && text.contains("DSR"), "{text}");
    assert_eq!(text.lines().filter(|l| l.starts_with("sma_") || l.starts_with("rsi_")).count(), 1, "{text}");
}

#[test]
fn weights_and_limits_choose_other_points_and_what_is_wrong_is_named() {
    let (sandbox, _, folder) = ran();
    let shown = |more: &[&str]| {
        let arguments = [&["front", &folder, "--top", "200", "-o", "json"], more].concat();
        values(&sandbox.json(&arguments)["points"])
    };
    let all = shown(&[]);
    let best = |m: usize, better: fn(f64, f64) -> bool| {
        all.iter().map(|v| v[m]).reduce(|a, b| if better(b, a) { b } else { a }).unwrap()
    };
    let weighed =
        |weight: &str, other: &str| shown(&["--method", "utility", "--weight", weight, "--weight", other]);
    assert_eq!(weighed("sharpe=1", "max_drawdown=0")[0][0], best(0, |a, b| a > b));
    assert_eq!(weighed("sharpe=0", "max_drawdown=1")[0][1], best(1, |a, b| a < b));
    let bound = all.iter().map(|v| v[1]).sum::<f64>() / all.len() as f64;
    let kept = shown(&["--limit", &format!("max_drawdown<={bound}")]);
    assert!(!kept.is_empty() && kept.len() < all.len() && kept.iter().all(|v| v[1] <= bound));
    for (arguments, code, said) in [
        (&["--limit", "calmar>=1"][..], 2, "does not compute calmar"),
        (&["--limit", "max_drawdown<=-1"], 4, "no point of the front keeps"),
        (&["--weight", "sharpe=2"], 2, "only --method utility weighs"),
    ] {
        let ended = sandbox.run(&[&["front", &folder], arguments].concat());
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
        assert_eq!(ended.code, code, "{arguments:?}: {}", ended.stderr);
    }
    sandbox.write("one.yaml", small_job(20, 2).replace("name: small", "name: one"));
    sandbox.ok(&["run", "one.yaml"]);
    let folder = run_folder(&sandbox.path().join("results"), "one").display().to_string();
    let ended = sandbox.run(&["front", &format!("{folder}/result")]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("has one objective"), "{}", ended.stderr);
}

#[test]
fn a_result_with_a_front_has_its_table_its_picture_and_its_part_of_the_report() {
    let (_sandbox, result, folder) = ran();
    let picture = fs::read_to_string(format!("{folder}/front.svg")).unwrap();
    let points = result["front"]["points"].as_array().unwrap();
    let held = points.iter().filter(|p| p["holdout"][0].is_number()).count();
    assert!(held > 1, "{points:?}");
    // A dot on the training rows and a ring on the holdout for each, two of the legend, and the best with its legend.
    assert_eq!(picture.matches("<circle").count(), points.len() + held + 4);
    let table = fs::read(format!("{folder}/front.parquet")).unwrap();
    assert_eq!(&table[..4], b"PAR1");
    let page = fs::read_to_string(format!("{folder}/report.html")).unwrap();
    assert!(page.contains("<section id=\"front\"") && page.contains("sharpe (along) and max_drawdown (up)"));
}

// Contract C5.
#[test]
fn worker_processes_give_the_front_of_threads() {
    let (sandbox, threads, _) = ran();
    sandbox.ok(&["run", "job.yaml", "--workers", "2", "--fresh"]);
    let (processes, _) = document(&sandbox);
    for field in ["result_digest", "best", "front", "evaluations"] {
        assert_eq!(processes[field], threads[field], "{field}");
    }
}
