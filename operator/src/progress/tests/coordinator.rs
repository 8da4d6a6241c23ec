//! A coordinator with nothing but its window.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use futures::{Stream, StreamExt as _};
use galapagos_protocol::progress::progress_server::{Progress, ProgressServer};
use galapagos_protocol::progress::{Report, Request as Wish, request};
use galapagos_protocol::tls::issue::Authority;
use galapagos_protocol::tls::{Identity, JobUid, Role, server_config};
use galapagos_protocol::transport::{self, HandshakeCounts};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio_stream::wrappers::WatchStream;
use tonic::{Request, Response, Status, Streaming};

use super::{eventually, report};

/// A running server. Dropping it ends its connections at once, as a killed process does.
pub struct Coordinator {
    pub address: SocketAddr,
    pub counts: Arc<HandshakeCounts>,
    /// What it reports; `None`: nothing, though it takes calls.
    pub reports: watch::Sender<Option<Report>>,
    window: FakeProgress,
    _stop: oneshot::Sender<()>,
}

#[derive(Clone)]
struct FakeProgress {
    reports: watch::Receiver<Option<Report>>,
    /// With the number of the stream it came on, from 1.
    heard: Arc<Mutex<Vec<(usize, request::Request)>>>,
    opened: Arc<AtomicUsize>,
    closed: Arc<AtomicUsize>,
}

/// Counts when it is dropped: a lost connection asks the stream nothing more.
struct Closing(Arc<AtomicUsize>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tonic::async_trait]
impl Progress for FakeProgress {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<Report, Status>> + Send>>;

    async fn watch(&self, request: Request<Streaming<Wish>>) -> Result<Response<Self::WatchStream>, Status> {
        let number = self.opened.fetch_add(1, Ordering::SeqCst) + 1;
        let (heard, closing) = (Arc::clone(&self.heard), Closing(Arc::clone(&self.closed)));
        let mut wishes = request.into_inner();
        tokio::spawn(async move {
            while let Ok(Some(wish)) = wishes.message().await {
                heard.lock().unwrap().extend(wish.request.map(|request| (number, request)));
            }
        });
        let reports = WatchStream::new(self.reports.clone()).filter_map(|report| async { report.map(Ok) });
        let reports = reports.inspect(move |_| {
            let _held = &closing;
        });
        Ok(Response::new(Box::pin(reports)))
    }
}

impl Coordinator {
    /// The coordinator of the job `uid`.
    pub async fn start(authority: &Authority, uid: &str, address: &str) -> Coordinator {
        Coordinator::showing(authority, uid, uid, address).await
    }

    /// The same with the certificate of the job `shown`.
    pub async fn showing(authority: &Authority, uid: &str, shown: &str, address: &str) -> Coordinator {
        let (uid, shown) = (JobUid::new(uid).unwrap(), JobUid::new(shown).unwrap());
        let leaf = authority.leaf(Role::Coordinator, &shown, SystemTime::now()).unwrap();
        let own =
            Identity::from_pem(authority.certificate_pem(), &leaf.certificate_pem, &leaf.key_pem).unwrap();
        let config = server_config(&own, &uid, &[Role::Operator]).unwrap();
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (reports, seen) = watch::channel(Some(report(1)));
        let window = FakeProgress {
            reports: seen,
            heard: Arc::default(),
            opened: Arc::default(),
            closed: Arc::default(),
        };
        let listener = listener.into_std().unwrap();
        let service = window.clone();
        let (_stop, stopped) = oneshot::channel::<()>();
        let (tell, counts) = oneshot::channel();
        // Tonic's connections outlive its server, so each server has a runtime of its own that ends with it.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let incoming = transport::incoming(TcpListener::from_std(listener).unwrap(), config);
                let _ = tell.send(incoming.counts());
                // Without its limits: whoever runs another image has none.
                let router = transport::server().add_service(ProgressServer::new(service));
                tokio::select! {
                    ended = router.serve_with_incoming(incoming) => ended.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Coordinator { address, counts: counts.await.unwrap(), reports, window, _stop }
    }

    pub fn says(&self, report: Report) {
        self.reports.send_replace(Some(report));
    }

    /// What came up, with the number of the stream.
    pub fn heard(&self) -> Vec<(usize, request::Request)> {
        self.window.heard.lock().unwrap().clone()
    }

    /// Generations of every Desired that came up.
    pub fn wishes(&self) -> Vec<(usize, u32)> {
        let generations = |(stream, request)| match request {
            request::Request::Desired(desired) => Some((stream, desired.generations)),
            request::Request::Acknowledge(_) => None,
        };
        self.heard().into_iter().filter_map(generations).collect()
    }

    /// Every acknowledgement that came up.
    pub fn acknowledged(&self) -> Vec<u64> {
        let sequence = |(_, request)| match request {
            request::Request::Desired(_) => None,
            request::Request::Acknowledge(acknowledge) => Some(acknowledge.sequence),
        };
        self.heard().into_iter().filter_map(sequence).collect()
    }

    pub fn opened(&self) -> usize {
        self.window.opened.load(Ordering::SeqCst)
    }

    pub fn closed(&self) -> usize {
        self.window.closed.load(Ordering::SeqCst)
    }

    /// Ends it and waits until its port is free again.
    pub async fn killed(self) -> SocketAddr {
        let address = self.address;
        drop(self);
        eventually("a free port", || std::net::TcpListener::bind(address).ok()).await;
        address
    }
}

/// Time in which something that must not happen would have happened.
pub async fn a_while() {
    tokio::time::sleep(Duration::from_millis(700)).await;
}
