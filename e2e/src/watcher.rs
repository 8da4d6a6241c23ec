//! Somebody who watches a job as the operator does: one stream, all reports, an acknowledgement of the last one.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use galapagos_protocol::progress::{Acknowledge, Desired, Report, Request, request};
use galapagos_protocol::tls::{Identity, Role, client_config};
use galapagos_protocol::transport;
use tokio_stream::wrappers::ReceiverStream;

use crate::cluster::UID;

/// A connection cannot take longer.
const CONNECT: Duration = Duration::from_secs(10);

/// A stream of reports, read until it ends or the value is dropped.
#[derive(Debug)]
pub struct Watcher {
    reports: Arc<Mutex<Vec<Report>>>,
    _runtime: tokio::runtime::Runtime,
}

impl Watcher {
    /// Dials a coordinator with the certificates of an operator and wants this of it. A coordinator that is killed
    /// meanwhile just ends the stream.
    pub fn start(address: SocketAddr, certificates: &Path, generations: u32) -> Watcher {
        let fields =
            serde_json::json!({"generations": generations, "stop": {"patience": 100_000}}).to_string();
        let desired = Desired { fields, ..Desired::default() };
        Watcher::wanting(address, certificates, desired)
    }

    /// The same with whatever is wanted, also as operators of the release before say it.
    pub fn wanting(address: SocketAddr, certificates: &Path, desired: Desired) -> Watcher {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let reports = Arc::new(Mutex::new(Vec::new()));
        let identity = Identity::load(certificates).unwrap();
        runtime.spawn(watch(address, identity, desired, reports.clone()));
        Watcher { reports, _runtime: runtime }
    }

    /// What was reported until now.
    pub fn reports(&self) -> Vec<Report> {
        self.reports.lock().unwrap().clone()
    }
}

async fn watch(address: SocketAddr, identity: Identity, desired: Desired, reports: Arc<Mutex<Vec<Report>>>) {
    let (job, config) = (UID.parse().unwrap(), client_config(&identity).unwrap());
    let Ok(channel) =
        transport::connect(&address.to_string(), config, Role::Coordinator, &job, CONNECT).await
    else {
        return;
    };
    let (sender, receiver) = tokio::sync::mpsc::channel(4);
    let send = async |request| sender.send(Request { request: Some(request) }).await.is_ok();
    send(request::Request::Desired(desired)).await;
    let Ok(stream) = transport::progress_client(channel).watch(ReceiverStream::new(receiver)).await else {
        return;
    };
    let mut stream = stream.into_inner();
    while let Ok(Some(report)) = stream.message().await {
        let (sequence, last) = (report.sequence, report.r#final.is_some());
        reports.lock().unwrap().push(report);
        if last {
            send(request::Request::Acknowledge(Acknowledge { sequence })).await;
        }
    }
}
