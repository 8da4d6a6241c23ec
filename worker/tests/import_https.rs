//! Downloads over https, from a server of this test: what is accepted, what is refused, what is left behind.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use galapagos_worker::import::download::{Download, DownloadError, Fetcher, address};
use galapagos_worker::process::exit::Code;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use ring::digest::{SHA256, digest};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{Certificate, RootCerts};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

const HOST: &str = "data.example";
const LIMIT: u64 = 1000;

/// Every name is the server of the test.
#[derive(Debug)]
struct Names(SocketAddr);

impl Resolver for Names {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut found = self.empty();
        found.push(self.0);
        Ok(found)
    }
}

/// A server with a certificate of its own authority for [`HOST`].
struct Server {
    address: SocketAddr,
    root: Certificate<'static>,
    requests: Arc<AtomicU64>,
}

impl Server {
    /// Answers each path with its whole response; others with 404.
    fn new(answers: &[(&str, String)]) -> Server {
        let authority_key = KeyPair::generate().unwrap();
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = authority.self_signed(&authority_key).unwrap();
        let key = KeyPair::generate().unwrap();
        let issuer = Issuer::new(authority, authority_key);
        let leaf = CertificateParams::new([HOST.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answers: Arc<BTreeMap<String, String>> =
            Arc::new(answers.iter().map(|(path, answer)| ((*path).to_owned(), answer.clone())).collect());
        let requests = Arc::new(AtomicU64::new(0));
        let (config, counted) = (Arc::new(config), Arc::clone(&requests));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (config, answers, counted) =
                    (Arc::clone(&config), Arc::clone(&answers), Arc::clone(&counted));
                // A client that refuses the certificate leaves in the middle of the handshake.
                std::thread::spawn(move || drop(answer(stream.unwrap(), config, &answers, &counted)));
            }
        });
        Server { address, root: Certificate::from_der(root.der()).to_owned(), requests }
    }

    fn fetcher(&self) -> Fetcher {
        self.fetcher_with(|_| true, [self.root.clone()].into_iter().into())
    }

    fn fetcher_with(&self, allows: fn(IpAddr) -> bool, roots: RootCerts) -> Fetcher {
        Fetcher::new(Names(self.address), allows, roots, LIMIT)
    }
}

fn answer(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    answers: &BTreeMap<String, String>,
    requests: &AtomicU64,
) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? <= 2 {
            break;
        }
        lines.push(line);
    }
    requests.fetch_add(1, Ordering::Relaxed);
    let path = lines.first().and_then(|l| l.split(' ').nth(1)).unwrap_or("").to_owned();
    let missing = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned();
    let text = answers.get(&path).unwrap_or(&missing);
    let stream = stream.get_mut();
    stream.write_all(text.as_bytes())?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn redirect(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

fn sha256(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

fn fetch(fetcher: &Fetcher, path: &str, sha256: &str, folder: &Path) -> Result<Download, DownloadError> {
    fetcher.fetch(&format!("https://{HOST}{path}"), sha256, folder, &AtomicBool::new(false))
}

/// Fetches from a server with these answers, and checks that nothing is left in the folder.
fn failure(server: &Server, path: &str, sha256: &str) -> DownloadError {
    let folder = tempfile::tempdir().unwrap();
    let error = fetch(&server.fetcher(), path, sha256, folder.path()).unwrap_err();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    error
}

#[test]
fn a_file_is_fetched_through_redirects_and_kept_only_while_it_is_used() {
    let server = Server::new(&[
        ("/old/AAPL.csv?key=1", redirect("/new/there")),
        ("/new/there", redirect("other.csv")),
        ("/new/other.csv", ok("time,close\n")),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let digest = sha256("time,close\n").to_uppercase();
    let download = fetch(&server.fetcher(), "/old/AAPL.csv?key=1", &digest, folder.path()).unwrap();
    assert_eq!(std::fs::read_to_string(download.path()).unwrap(), "time,close\n");
    assert_eq!(download.path().file_name().unwrap(), "AAPL.csv");
    assert!(download.path().starts_with(folder.path()));
    drop(download);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_file_with_another_digest_is_refused() {
    let server = Server::new(&[("/x", ok("changed"))]);
    let error = failure(&server, "/x", &sha256("original"));
    assert_eq!(error.code(), Code::DataInvalid);
    assert!(error.to_string().contains(&sha256("changed")), "{error}");
}

#[test]
fn redirects_off_https_and_in_circles_are_refused() {
    let server = Server::new(&[
        ("/plain", redirect("http://data.example/x")),
        ("/circle", redirect("/circle")),
        ("/nowhere", redirect("")),
    ]);
    for (path, part) in
        [("/plain", "redirects to where it must not"), ("/circle", "more than 5"), ("/nowhere", "must not")]
    {
        let error = failure(&server, path, &sha256(""));
        assert_eq!(error.code(), Code::Spec);
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn a_file_that_is_too_large_is_refused_whether_it_says_so_or_not() {
    let large = "x".repeat(2000);
    let endless = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{large}");
    let server = Server::new(&[("/announced", ok(&large)), ("/endless", endless)]);
    for path in ["/announced", "/endless"] {
        let error = failure(&server, path, &sha256(&large));
        assert!(matches!(error, DownloadError::TooLarge { max_bytes: LIMIT }), "{error:?}");
    }
}

#[test]
fn a_download_that_breaks_off_is_a_fault() {
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\nshort".to_owned();
    let server = Server::new(&[("/cut", cut)]);
    let error = failure(&server, "/cut", &sha256("short"));
    assert_eq!(error.code(), Code::Internal, "{error:?}");
}

#[test]
fn what_the_server_does_not_give_is_missing_and_what_it_cannot_give_now_is_a_fault() {
    let busy = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned();
    let server = Server::new(&[("/busy", busy)]);
    let error = failure(&server, "/none?key=secret", &sha256(""));
    assert_eq!(error.code(), Code::DataMissing);
    assert!(error.to_string().contains("404") && !error.to_string().contains("secret"), "{error}");
    assert_eq!(failure(&server, "/busy", &sha256("")).code(), Code::Internal);
}

#[test]
fn a_server_that_the_roots_do_not_know_gets_no_request() {
    let server = Server::new(&[("/x", ok("x"))]);
    let stranger = Server::new(&[]).root;
    let folder = tempfile::tempdir().unwrap();
    for fetcher in [
        server.fetcher_with(|_| true, [stranger].into_iter().into()),
        server.fetcher_with(|_| true, RootCerts::WebPki),
    ] {
        let error = fetch(&fetcher, "/x", &sha256("x"), folder.path()).unwrap_err();
        assert!(matches!(error, DownloadError::Unreachable { .. }), "{error:?}");
    }
    // The certificate is for one name only.
    let other = server.fetcher().fetch(
        "https://other.example/x",
        &sha256("x"),
        folder.path(),
        &AtomicBool::new(false),
    );
    assert!(matches!(other, Err(DownloadError::Unreachable { .. })));
    assert_eq!(server.requests.load(Ordering::Relaxed), 0);
}

#[test]
fn a_name_that_means_a_private_address_gets_no_connection() {
    let server = Server::new(&[("/x", ok("x"))]);
    let fetcher = server.fetcher_with(address::is_public, [server.root.clone()].into_iter().into());
    let folder = tempfile::tempdir().unwrap();
    let error = fetch(&fetcher, "/x", &sha256("x"), folder.path()).unwrap_err();
    assert_eq!(error.code(), Code::Spec);
    assert!(error.to_string().contains("data.example is at 127.0.0.1"), "{error}");
    assert_eq!(server.requests.load(Ordering::Relaxed), 0);
}

#[test]
fn a_download_stops_when_it_is_asked_to() {
    let server = Server::new(&[("/x", ok("x"))]);
    let folder = tempfile::tempdir().unwrap();
    let asked = AtomicBool::new(true);
    let error = server
        .fetcher()
        .fetch(&format!("https://{HOST}/x"), &sha256("x"), folder.path(), &asked)
        .unwrap_err();
    assert_eq!(error.code(), Code::Terminated);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
