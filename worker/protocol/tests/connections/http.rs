//! Probes and metrics, and those who would keep others from them.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use galapagos_protocol::transport::limits::{HTTP_CONNECTIONS, HTTP_GRACE, HTTP_REQUEST};
use galapagos_protocol::transport::serve_http;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tonic::codegen::http::{Request, Response};
use tower::service_fn;

const PATIENCE: Duration = Duration::from_secs(20);

async fn serving() -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let pages = service_fn(|request: Request<hyper::body::Incoming>| async move {
        Ok::<_, Infallible>(Response::new(format!("page {}\n", request.uri().path())))
    });
    (address, tokio::spawn(serve_http(listener, pages)))
}

/// What the server says to these bytes until it closes the connection.
async fn answer(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut said = Vec::new();
    // One that is reset has said what it said.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut said)).await.expect("the connection is not closed");
    String::from_utf8(said).unwrap()
}

async fn probe(address: SocketAddr) -> String {
    answer(address, b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n").await
}

#[tokio::test]
async fn a_request_is_answered_and_its_connection_closed() {
    let (address, _serving) = serving().await;
    let said = probe(address).await;
    assert!(said.starts_with("HTTP/1.1 200 OK\r\n") && said.ends_with("page /live\n"), "{said}");
    assert!(said.to_lowercase().contains("connection: close"), "{said}");
}

#[tokio::test]
async fn connections_that_say_nothing_or_never_come_to_an_end_keep_nobody_out() {
    let (address, _serving) = serving().await;
    let mut held = Vec::new();
    for i in 0..4 * HTTP_CONNECTIONS {
        let mut stream = TcpStream::connect(address).await.unwrap();
        if i % 2 == 0 {
            let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nX-A: b").await;
        }
        held.push(stream);
    }
    let began = Instant::now();
    // The listener's queue is served in its order: those before it have to give way first.
    let said = timeout(PATIENCE, probe(address)).await.expect("a probe is kept out");
    assert!(said.ends_with("page /live\n"), "{said}");
    assert!(began.elapsed() < HTTP_REQUEST * 2, "{:?}", began.elapsed());
    for mut stream in held {
        let ended = timeout(PATIENCE, stream.read(&mut [0; 512])).await.expect("it is still open");
        // Closed, reset, or told that it took too long.
        assert!(ended.is_err() || ended.unwrap() == 0);
    }
}

/// The kubelet gives a probe of which nothing else is said one second.
#[tokio::test]
async fn a_probe_is_answered_in_time_beside_some_hundred_connections() {
    let (address, _serving) = serving().await;
    let mut held = Vec::new();
    for _ in 0..800 {
        held.push(TcpStream::connect(address).await.unwrap());
    }
    let said = timeout(Duration::from_secs(1), probe(address)).await.expect("a probe is kept out");
    assert!(said.ends_with("page /live\n"), "{said}");
}

#[tokio::test]
async fn a_connection_takes_the_place_of_one_and_of_no_more() {
    let (address, _serving) = serving().await;
    let mut held = Vec::new();
    for _ in 0..HTTP_CONNECTIONS {
        held.push(TcpStream::connect(address).await.unwrap());
    }
    tokio::time::sleep(HTTP_GRACE * 3).await;
    assert!(probe(address).await.ends_with("page /live\n"));
    let mut ended = 0;
    for stream in &mut held {
        ended += usize::from(timeout(Duration::from_millis(1), stream.read(&mut [0; 64])).await.is_ok());
    }
    assert_eq!(ended, 1);
}

#[tokio::test]
async fn a_head_that_comes_a_byte_at_a_time_is_not_waited_for() {
    let (address, _serving) = serving().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let began = Instant::now();
    let dripping = async {
        loop {
            if stream.write_all(b"G").await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    timeout(PATIENCE, dripping).await.expect("it is still open");
    assert!(began.elapsed() < HTTP_REQUEST * 2, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_head_that_has_no_end_is_refused_at_once() {
    let (address, _serving) = serving().await;
    let began = Instant::now();
    let mut head = b"GET /live HTTP/1.1\r\nX-A: ".to_vec();
    head.resize(64 * 1024, b'y');
    let said = answer(address, &head).await;
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 431"), "{said}");
    assert!(began.elapsed() < HTTP_REQUEST, "{:?}", began.elapsed());
}

#[tokio::test]
async fn its_connections_end_with_it() {
    let (address, serving) = serving().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    assert!(probe(address).await.contains("200 OK"));
    serving.abort();
    let ended = timeout(HTTP_REQUEST / 2, stream.read(&mut [0; 64])).await.expect("it is still open");
    assert!(ended.is_err() || ended.unwrap() == 0);
}
