//! `galapagos serve` over the real binary: requests, what is refused, stale data, reload, leaving.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::{Listening, Sandbox, listening, run_folder, small_job};
use serde_json::{Value, json};
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const PATIENCE: Duration = Duration::from_secs(60);

/// A running service, which ends with the value.
struct Service {
    child: Child,
    address: String,
    log: BufReader<std::process::ChildStderr>,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Status and body of an answer.
type Answer = (u16, String);

impl Service {
    fn start(sandbox: &Sandbox, arguments: &[&str]) -> Service {
        let usual = ["serve", "--listen", "127.0.0.1:0", "--poll-seconds", "1"];
        let command = sandbox.command(&[&usual[..], arguments].concat());
        let Listening { child, address, log, .. } = listening(command, "listening on http://");
        Service { child, address, log }
    }

    /// Sends bytes over a connection of its own and reads to its end.
    fn send(&self, bytes: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(bytes).unwrap();
        let mut text = Vec::new();
        // A server that refuses a body may reset the connection behind its answer.
        let _ = stream.read_to_end(&mut text);
        let text = String::from_utf8(text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        (head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0), body.to_owned())
    }

    fn get(&self, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes())
    }

    fn json(&self, path: &str) -> (u16, Value) {
        let (status, body) = self.get(path);
        (status, serde_json::from_str(&body).unwrap_or_else(|e| panic!("{path}: {status} {e}: {body}")))
    }

    fn post(&self, body: &str) -> (u16, Value) {
        let head = format!(
            "POST /v1/signals HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let (status, answer) = self.send(&[head.as_bytes(), body.as_bytes()].concat());
        (status, serde_json::from_str(&answer).unwrap_or_else(|e| panic!("{status} {e}: {answer}")))
    }

    /// Waits until the signal of a champion is another.
    fn until(&self, path: &str, is: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let (_, value) = self.json(path);
            if is(&value) {
                return value;
            }
            assert!(begun.elapsed() < PATIENCE, "{path}: {value}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Asks it to leave, and answers its exit code and the rest of its log.
    fn leave(mut self) -> (Option<i32>, String) {
        let pid = self.child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let mut text = String::new();
        self.log.read_to_string(&mut text).unwrap();
        (self.child.wait().unwrap().code(), text)
    }
}

/// Hourly bars that end with the hour before `end_ms`, as a CSV file.
fn hours(bars: i64, end_ms: i64) -> String {
    let mut text = String::from("time,open,high,low,close,volume\n");
    let first = end_ms.div_euclid(3_600_000) - bars;
    let mut close = 10_000_i64;
    for i in 0..bars {
        let open = close;
        // Waves of several lengths: averages cross now and then.
        close = 10_000
            + (f64::from(i as i32) / 17.0).sin().mul_add(300.0, (f64::from(i as i32) / 41.0).cos() * 500.0)
                as i64
            + i % 7;
        let (high, low) = (open.max(close) + 5, open.min(close) - 5);
        text.push_str(&format!("{},{open},{high},{low},{close},{}\n", (first + i) * 3600, 100 + i % 11));
    }
    text
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

/// Hourly bars up to now as dataset `walk`, and a run on them.
fn ran(sandbox: &Sandbox) {
    publish(sandbox, 1200, now_ms());
    sandbox.write("job.yaml", small_job(20, 2));
    let ended = sandbox.run(&["run", "job.yaml"]);
    assert!([0, 4].contains(&ended.code), "{}", ended.stderr);
}

fn publish(sandbox: &Sandbox, bars: i64, end_ms: i64) {
    let file = sandbox.write("WALK.csv", hours(bars, end_ms)).display().to_string();
    sandbox.ok(&["import", &file, "--dataset", "walk", "--interval", "1h", "--calendar", "continuous"]);
}

const RUNS: &str = "results/galapagos/runs/local/small";

#[test]
fn a_champion_is_served_as_the_command_prints_its_signal() {
    let sandbox = Sandbox::new();
    ran(&sandbox);
    let second = format!("second={RUNS}#2");
    let service = Service::start(&sandbox, &[RUNS, &second]);
    let run = run_folder(&sandbox.path().join("results"), "small").display().to_string();
    for (name, rank) in [("small", 1), ("second", 2)] {
        let mut printed = sandbox.json(&["signal", &format!("{run}#{rank}"), "-o", "json"]);
        printed["champion"] = json!(name);
        assert_eq!(service.json(&format!("/v1/signals?champion={name}")), (200, printed.clone()));
        assert_eq!(service.json(&format!("/v1/signals?champion={name}&symbol=WALK")), (200, printed));
    }
    let (status, list) = service.json("/v1/champions");
    assert_eq!(status, 200);
    let all = list["champions"].as_array().unwrap();
    assert_eq!(all.iter().map(|c| c["champion"].as_str().unwrap()).collect::<Vec<_>>(), ["small", "second"]);
    for champion in all {
        assert!(champion["genome_digest"].as_str().unwrap().starts_with("blake3:"), "{champion}");
        assert!(champion["stamp"].as_str().unwrap().ends_with('Z'), "{champion}");
        assert_eq!(champion["stale"], false);
    }
    let batch = json!({"requests": [{"champion": "second"}, {"champion": "third"}, {"champion": "small", "symbol": "X"}, {"champion": "small", "symbol": "WALK"}]});
    let (status, answers) = service.post(&batch.to_string());
    let statuses: Vec<u64> =
        answers["answers"].as_array().unwrap().iter().map(|a| a["status"].as_u64().unwrap()).collect();
    assert_eq!((status, statuses), (200, vec![200, 404, 404, 200]));
    assert_eq!(answers["answers"][0]["answer"]["champion"], "second");
    assert!(answers["answers"][1]["answer"]["error"].as_str().unwrap().contains("small, second"));
    assert_eq!(service.get("/live"), (200, "live\n".to_owned()));
    assert_eq!(service.get("/ready"), (200, "ready\n".to_owned()));
    let metrics = service.get("/metrics").1;
    for line in [
        "galapagos_serve_champions 2",
        "galapagos_serve_answers_total{answer=\"ok\"} 6",
        "galapagos_serve_champions_stale 0",
    ] {
        assert!(metrics.contains(line), "{line}:\n{metrics}");
    }
    assert_eq!(service.leave().0, Some(0));
}

/// Whether every field of `value` is one of the schema, and none is missing.
fn fits(document: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let schema = document.pointer(name.trim_start_matches('#')).unwrap_or_else(|| panic!("{name}"));
        return fits(document, schema, value, at);
    }
    if let Some(properties) = schema["properties"].as_object() {
        let there = value.as_object().unwrap_or_else(|| panic!("{at}: {value}"));
        for field in schema["required"].as_array().unwrap() {
            assert!(there.contains_key(field.as_str().unwrap()), "{at} has no {field}: {value}");
        }
        for (field, value) in there {
            let schema = properties.get(field).unwrap_or_else(|| panic!("{at}.{field} is not described"));
            fits(document, schema, value, &format!("{at}.{field}"));
        }
    }
    if schema["type"] == "array" {
        value.as_array().unwrap().iter().for_each(|item| fits(document, &schema["items"], item, at));
    }
    if let Some(all) = schema["enum"].as_array() {
        assert!(all.contains(value), "{at}: {value}");
    }
}

#[test]
fn every_answer_is_what_the_openapi_file_describes() {
    let sandbox = Sandbox::new();
    ran(&sandbox);
    let service = Service::start(&sandbox, &[RUNS]);
    let (_, document) = service.json("/openapi.json");
    assert_eq!(document["openapi"], "3.1.0");
    for path in document["paths"].as_object().unwrap().keys() {
        assert_eq!(service.get(path).0, 200, "{path}");
    }
    let schema = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    fits(&document, &schema("Signal"), &service.json("/v1/signals").1, "signal");
    fits(&document, &schema("Champions"), &service.json("/v1/champions").1, "champions");
    fits(&document, &schema("Error"), &service.json("/v1/nothing").1, "error");
    let (_, answers) = service.post(r#"{"requests": [{}]}"#);
    fits(&document, &schema("Answers"), &answers, "answers");
    fits(&document, &schema("Signal"), &answers["answers"][0]["answer"], "answer");
    drop(service);
    let stale = Service::start(&sandbox, &[RUNS, "--max-age", "1s"]);
    let (status, answer) = stale.json("/v1/signals");
    assert_eq!(status, 503);
    fits(&document, &schema("Stale"), &answer, "stale");
}

#[test]
fn wrong_requests_are_refused_in_words_and_large_ones_are_not_read() {
    let sandbox = Sandbox::new();
    ran(&sandbox);
    let service = Service::start(&sandbox, &[RUNS, &format!("other={RUNS}")]);
    let said = |(status, answer): (u16, Value), wanted: u16, word: &str| {
        assert_eq!(status, wanted, "{answer}");
        assert!(answer["error"].as_str().unwrap().contains(word), "{word}: {answer}");
    };
    said(service.json("/v1/signals"), 400, "champion=small");
    said(service.json("/v1/signals?champion=x"), 404, "small, other");
    said(service.json("/v1/signals?champion=small&symbol=AAPL"), 404, "WALK");
    said(service.json("/v1/signals?symbl=AAPL"), 400, "symbl");
    said(service.json("/v2"), 404, "/v1/signals");
    said(service.post("nothing"), 400, "requests");
    said(service.post("{\"requests\": []}"), 400, "is empty");
    said(service.post(&json!({"requests": vec![json!({}); 257]}).to_string()), 400, "at most 256");
    said(service.post(&" ".repeat(70_000)), 413, "65536");
    let (status, answer) = service.send(b"PUT /v1/signals HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_eq!(status, 405, "{answer}");
    // A head without an end, and one that is too long.
    let long = format!("GET /v1/signals?champion={} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(40_000));
    assert!([0, 431].contains(&service.send(long.as_bytes()).0));
    assert_eq!(service.send(b"no HTTP at all\r\n\r\n").0, 400);
    assert_eq!(service.get("/live").0, 200);
    assert!(service.get("/metrics").1.contains("galapagos_serve_answers_total{answer=\"refused\"} 8"));
}

#[test]
fn stale_data_are_answered_with_503_until_a_new_version_comes() {
    let sandbox = Sandbox::new();
    ran(&sandbox);
    publish(&sandbox, 1100, now_ms() - 10 * 3_600_000);
    let service = Service::start(&sandbox, &[RUNS, "--max-age", "5h"]);
    let (status, answer) = service.json("/v1/signals");
    assert_eq!(status, 503, "{answer}");
    for field in ["stamp", "closed", "genome_digest", "dataset_digest"] {
        assert!(answer[field].is_string(), "{field}: {answer}");
    }
    assert_eq!(answer["max_age_seconds"], 5 * 3600);
    assert!(answer["error"].as_str().unwrap().contains(answer["closed"].as_str().unwrap()), "{answer}");
    let (status, answers) = service.post(r#"{"requests": [{}, {"symbol": "WALK"}]}"#);
    assert_eq!((status, &answers["answers"][1]["status"]), (503, &json!(503)));
    assert_eq!(service.json("/v1/champions").1["champions"][0]["stale"], true);
    assert!(service.get("/metrics").1.contains("galapagos_serve_champions_stale 1"));
    // Stale data are no reason to take the service away.
    assert_eq!(service.get("/ready").0, 200);
    publish(&sandbox, 1150, now_ms());
    let fresh = service.until("/v1/signals", |answer| answer["signals"].is_array());
    assert_eq!(fresh["genome_digest"], answer["genome_digest"]);
    assert_ne!(fresh["dataset_digest"], answer["dataset_digest"]);
    assert!(service.get("/metrics").1.contains("galapagos_serve_reloads_total 1"));
}

#[test]
fn a_new_result_is_served_and_a_broken_one_leaves_the_last_in_place() {
    let sandbox = Sandbox::new();
    ran(&sandbox);
    let service = Service::start(&sandbox, &[RUNS]);
    let (_, first) = service.json("/v1/signals");
    sandbox.write("job.yaml", small_job(20, 2).replace("seed: 9", "seed: 10"));
    let ended = sandbox.run(&["run", "job.yaml"]);
    assert!([0, 4].contains(&ended.code), "{}", ended.stderr);
    let second = service.until("/v1/signals", |answer| answer["result_digest"] != first["result_digest"]);
    let of = |digest: &Value| {
        let runs = std::fs::read_dir(sandbox.path().join(RUNS)).unwrap().flatten().map(|e| e.path());
        let has = |run: &Path| {
            let text = std::fs::read_to_string(run.join("result/DIGEST")).unwrap_or_default();
            text.trim() == digest.as_str().unwrap()
        };
        runs.into_iter().find(|run| has(run)).unwrap()
    };
    std::fs::write(of(&second["result_digest"]).join("result/result.json"), "{").unwrap();
    let begun = Instant::now();
    while !service.get("/metrics").1.contains("galapagos_serve_reload_failures_total 1") {
        assert!(begun.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(service.json("/v1/signals").1, second);
    assert_eq!(service.leave().0, Some(0));
}

#[test]
fn a_request_that_is_under_way_is_answered_when_the_service_leaves() {
    let sandbox = Sandbox::new();
    ran(&sandbox);
    let service = Service::start(&sandbox, &[RUNS]);
    let body = r#"{"requests": [{}]}"#;
    let mut stream = TcpStream::connect(&service.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!("POST /v1/signals HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).unwrap();
    // Two requests on one connection: the first is answered, the second begun.
    let mut kept = TcpStream::connect(&service.address).unwrap();
    kept.write_all(b"GET /live HTTP/1.1\r\nHost: x\r\n\r\nGET /live HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answers = [0; 4096];
    let mut text = String::new();
    while text.matches("live\n").count() < 2 {
        let read = kept.read(&mut answers).unwrap();
        assert!(read > 0, "{text}");
        text.push_str(std::str::from_utf8(&answers[..read]).unwrap());
    }
    let sender = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(500));
        stream.write_all(body.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    });
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(service.leave().0, Some(0));
    let text = sender.join().unwrap();
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("genome_digest"), "{text}");
}

#[test]
fn what_cannot_be_served_ends_at_the_start_and_says_why() {
    let sandbox = Sandbox::new();
    ran(&sandbox);
    let refused = |arguments: &[&str], words: &[&str]| {
        let ended = sandbox.run(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat());
        assert_eq!(ended.code, 2, "{arguments:?}: {}", ended.stderr);
        for word in words {
            assert!(ended.stderr.contains(word), "{arguments:?}: {word:?} is not in\n{}", ended.stderr);
        }
    };
    refused(&[RUNS, RUNS], &["two champions", "small", "NAME="]);
    refused(&["nowhere"], &["nowhere is no result"]);
    refused(&[&format!("{RUNS}#7")], &["#7", "2 champions"]);
    refused(&[RUNS, "--dataset", "wlk"], &["small", "wlk", "walk"]);
    refused(&[RUNS, "--max-age", "soon"], &["--max-age", "36h"]);
    let service = Service::start(&sandbox, &[RUNS]);
    let taken = sandbox.run(&["serve", RUNS, "--listen", &service.address]);
    assert_eq!(taken.code, 1, "{}", taken.stderr);
    assert!(taken.stderr.contains("--listen") && taken.stderr.contains("choose another"), "{}", taken.stderr);
}

/// The commands of docs/serve.md with continued lines joined, by their first word.
fn commands(first: &str) -> Vec<Vec<String>> {
    let page = std::fs::read_to_string(common::root().join("docs/serve.md")).unwrap().replace("\\\n", " ");
    let lines = page.split("```").skip(1).step_by(2).flat_map(str::lines);
    let found = lines.filter(|line| line.split(' ').next() == Some(first));
    found.map(|line| line.split_whitespace().skip(1).map(str::to_owned).collect()).collect()
}

#[test]
fn the_commands_of_the_page_work_as_they_stand_there() {
    let sandbox = Sandbox::new();
    let examples = common::root().join("deploy/examples");
    let files = ["AAPL", "IBM", "MSFT"].map(|s| examples.join(format!("data/{s}.csv")).display().to_string());
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let stocks = ["--dataset", "us-stocks", "--interval", "1d", "--calendar", "sessions:252"];
    sandbox.ok(&[&["import"], &files[..], &stocks[..]].concat());
    let job = examples.join("stocks-daily.yaml").display().to_string();
    sandbox.run(&["run", &job, "--set", "generations=2"]);
    let run = run_folder(&sandbox.path().join("results"), "stocks-daily");
    let name = run.file_name().unwrap().to_str().unwrap();
    // What a shell makes of the star, and the samples from where the page is read.
    let typed = |words: &Vec<String>| -> Vec<String> {
        let place = format!("{}/data", examples.display());
        words.iter().map(|w| w.replace('*', name).replace("deploy/examples/data", &place)).collect()
    };
    let signals = commands("galapagos");
    let (signals, served): (Vec<_>, Vec<_>) =
        signals.iter().map(typed).partition(|words| words[0] == "signal");
    assert_eq!((signals.len(), served.len()), (3, 1));
    for words in &signals {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let said = sandbox.ok(&words).stdout;
        assert!(said.contains("AAPL") && said.contains("2013-03-01"), "{words:?}\n{said}");
    }
    let words: Vec<&str> = served[0][1..].iter().map(String::as_str).collect();
    let service = Service::start(&sandbox, &words);
    let asked = commands("curl");
    assert_eq!(asked.len(), 4);
    for words in asked {
        let line = words.join(" ").replace('\'', "");
        let (address, body) = match line.split_once(" -d ") {
            Some((address, body)) => (address, Some(body)),
            None => (line.as_str(), None),
        };
        let path = address.strip_prefix("localhost:8080").unwrap();
        let (status, answer) = body.map_or_else(|| service.json(path), |body| service.post(body));
        assert_eq!(status, 200, "{line}: {answer}");
        assert!(answer.to_string().contains("\"stamp\":\"2013-03-01T00:00:00Z\""), "{line}: {answer}");
    }
}
