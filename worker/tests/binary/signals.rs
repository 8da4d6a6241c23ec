//! Probes, metrics and signals of a running process.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, SystemTime};

use galapagos_protocol::tls::issue::Authority;
use galapagos_protocol::tls::{JobUid, Role};

use crate::sandbox::{Running, Sandbox, get};

const ADDRESS: [&str; 2] = ["--http-address", "127.0.0.1:0"];

/// An import that waits for its manifest for ever, as one on a dead network volume would.
fn stuck(sandbox: &Sandbox) -> Running {
    sandbox.start(&["import", "--job", "/dev/stdin", "--data-dir", "data", ADDRESS[0], ADDRESS[1]])
}

fn address(running: &mut Running) -> String {
    running.line("probes and metrics")["address"].as_str().unwrap().to_owned()
}

/// A coordinator that no worker ever visits.
fn lonely(sandbox: &Sandbox, more: &[&str]) -> Running {
    sandbox.job("[AAPL]", "    source: {path: raw/AAPL.csv}");
    assert_eq!(sandbox.import().code, Some(0));
    let (now, uid) = (SystemTime::now(), JobUid::new("u1").unwrap());
    let authority = Authority::new(now).unwrap();
    let leaf = authority.leaf(Role::Coordinator, &uid, now).unwrap();
    std::fs::create_dir(sandbox.path("tls")).unwrap();
    sandbox.write("tls/ca.crt", authority.certificate_pem());
    sandbox.write("tls/tls.crt", &leaf.certificate_pem);
    sandbox.write("tls/tls.key", &leaf.key_pem);
    std::fs::create_dir(sandbox.path("state")).unwrap();
    let arguments = [
        "coordinator",
        "--job",
        "job.yaml",
        "--job-uid",
        "u1",
        "--tls-dir",
        "tls",
        "--data-dir",
        "data",
        "--state-dir",
        "state",
        "--work-address",
        "127.0.0.1:0",
        "--progress-address",
        "127.0.0.1:0",
        ADDRESS[0],
        ADDRESS[1],
    ];
    sandbox.start(&[&arguments[..], more].concat())
}

#[test]
fn a_process_answers_probes_and_metrics_before_its_role_is_ready() {
    let sandbox = Sandbox::new();
    let mut running = stuck(&sandbox);
    let address = address(&mut running);
    assert_eq!(get(&address, "/live").0, 200);
    let (status, _, body) = get(&address, "/ready");
    assert_eq!((status, body.as_str()), (503, "not ready\n"));
    let (status, head, body) = get(&address, "/metrics");
    assert_eq!(status, 200);
    assert!(head.to_lowercase().contains("application/openmetrics-text; version=1.0.0"), "{head}");
    assert!(body.contains("galapagos_build_info{version=") && body.ends_with("# EOF\n"), "{body}");
    assert_eq!(get(&address, "/").0, 404);
}

#[test]
fn a_second_signal_ends_a_process_that_does_not_leave() {
    for (signals, code) in [(["TERM", "TERM"], 143), (["TERM", "INT"], 130), (["INT", "INT"], 130)] {
        let sandbox = Sandbox::new();
        let mut running = stuck(&sandbox);
        address(&mut running);
        running.signal(signals[0]);
        running.line("asked to leave");
        running.signal(signals[1]);
        let (ended, took) = running.end();
        assert_eq!(ended, Some(code));
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
}

#[test]
fn a_coordinator_is_ready_once_it_listens_and_leaves_within_five_seconds() {
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let sandbox = Sandbox::with_samples();
        let mut running = lonely(&sandbox, &[]);
        let address = address(&mut running);
        running.line("listening");
        let mut ready = get(&address, "/ready");
        for _ in 0..100 {
            if ready.0 == 200 {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
            ready = get(&address, "/ready");
        }
        assert_eq!(ready.0, 200);
        assert_eq!(get(&address, "/live").0, 200);
        assert!(get(&address, "/metrics").2.contains("\ngalapagos_generations "));
        running.signal(signal);
        let (ended, took) = running.end();
        assert_eq!(ended, Some(code));
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
}

#[test]
fn a_coordinator_that_is_asked_to_leave_does_not_wait_for_who_reads_its_page_slowly() {
    let sandbox = Sandbox::with_samples();
    let mut running = lonely(&sandbox, &["--ui-address", "127.0.0.1:0"]);
    let url = running.line("page")["url"].as_str().unwrap().to_owned();
    let page = url.trim_start_matches("http://").trim_end_matches('/');
    running.line("listening");
    // One that never ends its request.
    let mut slow = TcpStream::connect(page).unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: localh").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    running.signal("TERM");
    let (ended, took) = running.end();
    assert_eq!(ended, Some(143));
    assert!(took < Duration::from_millis(2500), "{took:?}");
}

#[test]
fn an_address_that_is_taken_is_a_fault() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = Sandbox::new().run(&["import", "--job", "x", "--data-dir", "y", "--http-address", &address]);
    assert_eq!(ended.code, Some(72));
    assert!(ended.message().contains("--http-address"), "{}", ended.message());
}
