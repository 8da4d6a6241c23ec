//! The page about a run (`galapagos run --ui`) over the real binary: what it answers and refuses, that the run does not care,
//! and what people see of it in a real browser.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use common::browser::{AXE, Browser, found};
use common::{Listening, Sandbox, listening, root, run_folder, small_job};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Child;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(120);

/// A run with a page, which ends with the value.
struct Run {
    child: Child,
    address: String,
    log: Option<JoinHandle<String>>,
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Run {
    fn start(sandbox: &Sandbox, arguments: &[&str]) -> Run {
        let command = sandbox.command(&[&["run"][..], arguments].concat());
        let Listening { child, address, mut log, said: mut all } = listening(command, "page: http://");
        // Somebody has to read on, or the run waits to be heard.
        let log = std::thread::spawn(move || {
            let _ = log.read_to_string(&mut all);
            all
        });
        Run { child, address, log: Some(log) }
    }

    fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Sends bytes over a connection of its own and reads to its end: status, head and body.
    fn send(&self, bytes: &[u8]) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // A server that refuses a request may reset the connection behind its answer.
        let _ = stream.write_all(bytes);
        let mut text = Vec::new();
        let _ = stream.read_to_end(&mut text);
        let text = String::from_utf8_lossy(&text).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        (status, head.to_lowercase(), body.to_owned())
    }

    fn ask(&self, method: &str, path: &str, host: &str) -> (u16, String, String) {
        self.send(format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())
    }

    fn view(&self) -> Value {
        let (status, _, body) = self.ask("GET", "/api/v1/run", "localhost");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap_or_else(|e| panic!("{e}: {body}"))
    }

    fn until(&self, is: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let view = self.view();
            if is(&view) {
                return view;
            }
            assert!(begun.elapsed() < PATIENCE, "{view}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn signal(&mut self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(std::process::Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Its exit code and its log.
    fn end(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        (code, self.log.take().unwrap().join().unwrap())
    }
}

/// A job that takes seconds at least.
fn long_job(sandbox: &Sandbox, generations: u32) -> String {
    sandbox.walk(20_000, 3);
    sandbox.write("job.yaml", small_job(400, generations)).display().to_string()
}

/// The spans of a timeline by their tracks, after what every viewer relies on: those of a track follow each other.
fn tracks(text: &str) -> BTreeMap<(u64, u64), Vec<Value>> {
    let file: Value = serde_json::from_str(text).unwrap();
    let mut tracks: BTreeMap<(u64, u64), Vec<Value>> = BTreeMap::new();
    for event in file["traceEvents"].as_array().unwrap().iter().filter(|e| e["ph"] == "X") {
        let number = |name: &str| event[name].as_u64().unwrap_or_else(|| panic!("{name}: {event}"));
        tracks.entry((number("pid"), number("tid"))).or_default().push(event.clone());
    }
    for (track, spans) in &mut tracks {
        spans.sort_by_key(|span| span["ts"].as_u64());
        for pair in spans.windows(2) {
            let end = pair[0]["ts"].as_u64().unwrap() + pair[0]["dur"].as_u64().unwrap();
            assert!(end <= pair[1]["ts"].as_u64().unwrap(), "{track:?}: {pair:?}");
        }
    }
    tracks
}

#[test]
fn the_result_has_the_same_bytes_with_and_without_a_page() {
    let results: Vec<Vec<Vec<u8>>> = [&[][..], &["--ui=127.0.0.1:0", "--timeline", "timeline.json"]]
        .into_iter()
        .map(|more| {
            let sandbox = Sandbox::new();
            sandbox.walk(600, 3);
            let job = sandbox.write("job.yaml", small_job(60, 12)).display().to_string();
            sandbox.ok(&[&["run", &job, "--slots", "2"][..], more].concat());
            let result = run_folder(&sandbox.path().join("results"), "small").join("result");
            if !more.is_empty() {
                let text = fs::read_to_string(sandbox.path().join("timeline.json")).unwrap();
                let tracks = tracks(&text);
                assert_eq!(tracks[&(1, 1)].len(), 12, "one span for each generation");
                let batches: u64 = tracks
                    .iter()
                    .filter(|((process, _), _)| *process > 1)
                    .flat_map(|(_, spans)| spans)
                    .map(|span| span["args"]["individuals"].as_u64().unwrap())
                    .sum();
                let document: Value =
                    serde_json::from_slice(&fs::read(result.join("result.json")).unwrap()).unwrap();
                assert_eq!(batches, document["evaluations"]["distinct"].as_u64().unwrap());
            }
            let files = [
                "DIGEST",
                "evaluations.parquet",
                "champions.yaml",
                "best/equity.csv",
                "report.html",
                "job.yaml",
            ];
            files.iter().map(|name| fs::read(result.join(name)).unwrap()).collect()
        })
        .collect();
    assert!(results[0] == results[1]);
}

#[test]
fn worker_processes_are_on_the_page_and_in_the_timeline() {
    let sandbox = Sandbox::new();
    let job = long_job(&sandbox, 60);
    let run = Run::start(&sandbox, &[&job, "--workers", "2", "--ui=127.0.0.1:0", "--timeline", "t.json"]);
    let view = run
        .until(|v| v["work"]["workers"].as_array().unwrap().len() == 2 && v["generation"].as_u64() > Some(2));
    let work = &view["work"];
    assert!(work["slots"].as_u64() >= Some(2) && work["queued"].is_u64(), "{work}");
    let texts = view["events"].to_string();
    assert!(texts.contains(" came with "), "{texts}");
    let (code, log) = run.end();
    assert_eq!(code, Some(0), "{log}");
    let tracks = tracks(&fs::read_to_string(sandbox.path().join("t.json")).unwrap());
    assert!(tracks.keys().filter(|(process, _)| *process > 1).count() >= 2, "{:?}", tracks.keys());
    // However soon workers come, the next run goes on behind what there is.
    for (more, all) in [("generations=62", 62), ("generations=65", 65)] {
        sandbox.ok(&["run", &job, "--workers", "2", "--timeline", "t.json", "--set", more]);
        let tracks = self::tracks(&fs::read_to_string(sandbox.path().join("t.json")).unwrap());
        assert_eq!(tracks[&(1, 1)].len(), all, "{more}");
    }
}

#[test]
fn what_the_page_does_not_have_is_refused_and_nobody_keeps_the_run_from_its_work() {
    let sandbox = Sandbox::new();
    let job = long_job(&sandbox, 100_000);
    let mut run = Run::start(&sandbox, &[&job, "--ui=127.0.0.1:0"]);
    run.until(|v| v["generation"].as_u64() > Some(1));

    let (status, head, body) = run.ask("GET", "/", "localhost:7402");
    assert_eq!(status, 200);
    assert!(body.starts_with("<!doctype html>") && body.contains("<title>small - Galapagos</title>"));
    for line in [
        "content-security-policy: default-src 'none'; script-src 'sha256-",
        "frame-ancestors 'none'",
        "x-content-type-options: nosniff",
        "cache-control: no-store",
        "referrer-policy: no-referrer",
    ] {
        assert!(head.contains(line), "{line}: {head}");
    }
    assert!(!head.contains("unsafe") && !head.contains("access-control"), "{head}");
    let (status, head, body) = run.ask("HEAD", "/", "127.0.0.1");
    assert!(status == 200 && body.is_empty() && head.contains("content-length: "), "{head}");

    // Other methods, other pages, other names.
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"] {
        let (status, head, _) = run.ask(method, "/api/v1/run", "localhost");
        assert!(status == 405 && head.contains("allow: get, head"), "{method}: {head}");
    }
    for path in [
        "/../../etc/passwd",
        "/%2e%2e/job.yaml",
        "//etc/passwd",
        "/api/v1/run/",
        "/index.html",
        "/report.html",
        "/metrics",
    ] {
        assert_eq!(run.ask("GET", path, "localhost").0, 404, "{path}");
    }
    for host in ["evil.example", "evil.example:80", "localhost.evil.example", ""] {
        let (status, _, body) = run.ask("GET", "/api/v1/run", host);
        assert!(status == 421 && !body.contains("generation"), "{host}: {status} {body}");
    }
    assert_eq!(run.ask("GET", "http://evil.example/api/v1/run", "localhost").0, 421);
    let two =
        b"GET /api/v1/run HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    assert!([400, 421].contains(&run.send(two).0));

    // Too much, and nothing that is a request.
    let long = format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "a".repeat(100_000));
    assert!(matches!(run.send(long.as_bytes()).0, 0 | 400 | 414 | 431));
    let headers = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X-A: b\r\n".repeat(20_000));
    assert!(matches!(run.send(headers.as_bytes()).0, 0 | 400 | 431));
    assert!(matches!(run.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n").0, 0 | 400));
    let body = format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\nConnection: close\r\n\r\n{}",
        "x".repeat(1_000_000)
    );
    assert!(matches!(run.send(body.as_bytes()).0, 0 | 200 | 400));

    // Many that say nothing, and many that do not read: the page answers others still, and the run goes on.
    let idle: Vec<TcpStream> = (0..300).filter_map(|_| TcpStream::connect(&run.address).ok()).collect();
    let deaf: Vec<TcpStream> = (0..100)
        .filter_map(|_| {
            let mut stream = TcpStream::connect(&run.address).ok()?;
            stream.write_all(&b"GET /api/v1/run HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(50)).ok()?;
            Some(stream)
        })
        .collect();
    assert!(idle.len() > 200 && deaf.len() > 50);
    let now = run.view()["generation"].as_u64();
    run.until(|v| v["generation"].as_u64() > now.map(|n| n + 5));
    drop((idle, deaf));

    run.signal("-TERM");
    let (code, log) = run.end();
    assert_eq!(code, Some(130), "{log}");
}

#[test]
fn an_address_that_cannot_be_had_ends_the_command_and_an_open_one_warns() {
    let sandbox = Sandbox::new();
    sandbox.walk(600, 3);
    let manifest = small_job(20, 2);
    let job = sandbox.write("job.yaml", &manifest).display().to_string();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let ended = sandbox.run(&["run", &job, &format!("--ui={address}")]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains(&format!("--ui={address} cannot be opened")), "{}", ended.stderr);
    // Nothing was begun.
    assert!(!sandbox.path().join("results").exists());
    assert_eq!(sandbox.run(&["run", &job, "--ui=localhost"]).code, 2);
    assert_eq!(sandbox.run(&["run", &job, "--ui", "--dry-run"]).code, 2);
    let ended = sandbox.run(&["run", &job, "--timeline", "nowhere/t.json"]);
    assert!(ended.code == 2 && ended.stderr.contains("a folder that exists"), "{}", ended.stderr);
    // Nobody's file is written over, and with --fresh none is removed.
    for more in [&[][..], &["--fresh"]] {
        let ended = sandbox.run(&[&["run", &job, "--timeline", "job.yaml"][..], more].concat());
        assert!(ended.code == 2 && ended.stderr.contains("a file of something else"), "{}", ended.stderr);
        assert_eq!(fs::read_to_string(sandbox.path().join("job.yaml")).unwrap(), manifest);
    }

    let ended = sandbox.ok(&["run", &job, "--ui=0.0.0.0:0"]);
    assert!(ended.stderr.contains("can read the page"), "{}", ended.stderr);
    // Without an address there is always one.
    for _ in 0..2 {
        let ended = sandbox.ok(&["run", &job, "--fresh", "--ui"]);
        assert!(ended.stderr.contains("page: http://127.0.0.1:"), "{}", ended.stderr);
        assert!(!ended.stderr.contains("can read the page"), "{}", ended.stderr);
    }
}

#[test]
fn the_commands_of_the_documentation_work_as_they_stand_there() {
    let sandbox = Sandbox::new();
    let example = |name: &str| root().join("deploy/examples").join(name).display().to_string();
    let dataset = ["--dataset", "us-stocks", "--interval", "1d", "--calendar", "sessions:252"];
    sandbox.ok(&[&["import", &example("data/AAPL.csv")][..], &dataset].concat());
    let page = fs::read_to_string(root().join("docs/dashboard.md")).unwrap();
    let block = page.split("```").nth(1).unwrap();
    // The port may be taken on this machine.
    let block = block
        .replace(":9000", ":0")
        .replace("deploy/examples/stocks-daily.yaml", &example("stocks-daily.yaml"));
    let commands: Vec<Vec<&str>> =
        block.lines().filter(|line| !line.is_empty()).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(commands.len(), 2);
    for words in &commands {
        assert_eq!(words[0], "galapagos");
        let ended = sandbox.ok(&words[1..]);
        assert!(ended.stderr.contains("page: http://127.0.0.1:"), "{}", ended.stderr);
    }
    tracks(&fs::read_to_string(sandbox.path().join("timeline.json")).unwrap());
}

/// The value of an attribute of the element that shows the run.
fn attribute(dom: &str, name: &str) -> String {
    let tag = dom.split("<div id=\"run\"").nth(1).unwrap().split('>').next().unwrap();
    let value = tag.split(&format!("data-{name}=\"")).nth(1).unwrap_or_else(|| panic!("no {name}: {tag}"));
    value.split('"').next().unwrap().to_owned()
}

/// More virtual time than any run takes: the page stops asking when the run is over.
const WHOLE: &str = "--virtual-time-budget=1000000000";

#[test]
fn a_browser_follows_a_run_from_its_middle_to_its_end() {
    let Some(browser) = Browser::find() else { return };
    let sandbox = Sandbox::new();
    let job = long_job(&sandbox, 100);
    let run = Run::start(&sandbox, &[&job, "--ui=127.0.0.1:0"]);
    run.until(|v| v["generation"].as_u64() > Some(3));

    let size = "--window-size=1000,2050";
    let (dom, console) = browser.visit(&run.url(), &["--dump-dom", "--virtual-time-budget=1500", size]);
    assert_eq!(console, Vec::<String>::new());
    assert_eq!(attribute(&dom, "state"), "running");
    assert_eq!(dom.matches("class=\"uplot").count(), 2, "fitness and quotas are drawn");
    for text in
        ["this process", "sma_crossover", "rsi_filter", "Best individual", "max_drawdown", "the run begins"]
    {
        assert!(dom.contains(text), "{text}");
    }
    let (_, console) =
        browser.visit(&run.url(), &["--screenshot=shot.png", "--virtual-time-budget=3000", size]);
    assert_eq!(console, Vec::<String>::new());
    assert!(fs::metadata(browser.file("shot.png")).unwrap().len() > 40_000);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::copy(browser.file("shot.png"), root().join("docs/images/dashboard.png")).unwrap();
    }

    let (dom, console) = browser.visit(&run.url(), &["--dump-dom", WHOLE]);
    assert_eq!(console, Vec::<String>::new());
    assert_eq!(attribute(&dom, "state"), "finished", "the page saw the end");
    assert_eq!(attribute(&dom, "generation"), "100");
    assert!(attribute(&dom, "views").parse::<u32>().unwrap() > 3, "it was asked again and again");
    assert_eq!(attribute(&dom, "lost"), "0");
    assert!(dom.contains("class=\"verdict no\"") || dom.contains("class=\"verdict yes\""));
    assert!(dom.contains("report.html</code>"), "where the report is");
    let (code, log) = run.end();
    assert_eq!(code, Some(0), "{log}");
}

#[test]
fn a_page_whose_run_is_killed_says_so_and_goes_on_with_the_next_one() {
    let Some(browser) = Browser::find() else { return };
    let sandbox = Sandbox::new();
    let job = long_job(&sandbox, 100);
    let mut run = Run::start(&sandbox, &[&job, "--ui=127.0.0.1:0"]);
    run.until(|v| v["generation"].as_u64() > Some(3));
    let (address, url) = (run.address.clone(), run.url());
    let watching = std::thread::spawn(move || browser.visit(&url, &["--dump-dom", WHOLE]));
    // Until the browser has the page: then the run is killed, and the same command goes on at the same address.
    std::thread::sleep(Duration::from_secs(2));
    run.signal("-KILL");
    drop(run);
    std::thread::sleep(Duration::from_millis(500));
    let next = Run::start(&sandbox, &[&job, &format!("--ui={address}")]);
    let (dom, _) = watching.join().unwrap();
    let (code, log) = next.end();
    assert_eq!(code, Some(0), "{log}");
    assert_eq!((attribute(&dom, "state"), attribute(&dom, "lost")), ("finished".to_owned(), "1".to_owned()));
    assert!(dom.contains("the run goes on after generation"), "an attempt that continues says so");
}

#[test]
fn people_who_see_hear_or_type_otherwise_can_use_the_page_on_any_screen() {
    let Some(browser) = Browser::find() else { return };
    let sandbox = Sandbox::new();
    let job = long_job(&sandbox, 100_000);
    let run = Run::start(&sandbox, &[&job, "--ui=127.0.0.1:0"]);
    let view = run.until(|v| v["generation"].as_u64() > Some(5));
    let page = run.ask("GET", "/", "localhost").2;
    drop(run);
    // A copy that is answered by itself, so that another script may look at it.
    let answered = |view: &Value| {
        let fetch = format!(
            "window.fetch = async () => ({{ ok: true, json: async () => ({}) }});",
            view.to_string().replace('<', "\\u003c")
        );
        page.replacen("<main>", &format!("<main><script>{fetch}</script>"), 1)
    };
    let probed = |page: &str, scripts: &[&str]| {
        let scripts: String = scripts.iter().map(|script| format!("<script>{script}</script>")).collect();
        page.replacen("</body>", &format!("{scripts}</body>"), 1)
    };
    // Only the copy has a heading that a probe can wait for.
    let wide = "setTimeout(() => { const pre = document.createElement('pre'); pre.id = 'found'; pre.textContent = JSON.stringify({ \
                wide: document.documentElement.scrollWidth - document.documentElement.clientWidth, \
                title: document.querySelector('h1').textContent, marks: document.querySelectorAll('b, img, iframe').length }); \
                document.body.append(pre); }, 700);";
    let mut hostile = view.clone();
    hostile["job"]["name"] = "<img src=x onerror=alert(1)><b>".into();
    hostile["best"]["strategy"] = "x".repeat(200).into();
    hostile["events"][0]["text"] = "<iframe></iframe>".into();
    for (name, view, size) in [
        ("wide.html", &view, "--window-size=1100,900"),
        ("phone.html", &view, "--window-size=500,900"),
        ("hostile.html", &hostile, "--window-size=500,900"),
    ] {
        let (dom, console) = browser.open(name, &probed(&answered(view), &[wide]), &["--dump-dom", size]);
        let seen = found(&dom);
        assert_eq!((&seen["wide"], &seen["marks"]), (&0.into(), &0.into()), "{name}: {seen}");
        assert_eq!(seen["title"], view["job"]["name"], "{name}");
        assert_eq!(console, Vec::<String>::new(), "{name}");
    }
    let Some(axe) = &browser.axe else { return };
    let light = answered(&view);
    let dark = light.replace("(prefers-color-scheme: dark)", "all");
    let delayed = format!("setTimeout(() => {{ {AXE} }}, 700);");
    for (name, page) in [("light.html", &light), ("dark.html", &dark)] {
        let (dom, _) =
            browser.open(name, &probed(page, &[axe, &delayed]), &["--dump-dom", "--window-size=1100,900"]);
        let seen = found(&dom);
        let violations = seen["violations"].as_array().unwrap();
        let grave: Vec<&Value> =
            violations.iter().filter(|v| v["impact"] == "serious" || v["impact"] == "critical").collect();
        assert!(grave.is_empty(), "{name}: {grave:#?}");
        assert!(seen["passes"].as_u64().unwrap() > 10, "{seen}");
    }
}
