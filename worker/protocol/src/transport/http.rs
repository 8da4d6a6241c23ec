//! Probes and metrics over plain HTTP. Anybody in the network of a pod may connect, so nobody may keep a connection for
//! long, or all of them: axum's own server has neither time-outs nor limits.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tonic::codegen::http::{Request, Response};
use tower::Service;

use super::limits::{ACCEPT_PAUSE, HTTP_CONNECTIONS, HTTP_GRACE, HTTP_HEADERS, HTTP_REQUEST, HTTP_WHOLE};

/// Answers requests until it is dropped, which ends all connections. Each carries one request: a scraper or a probe
/// comes again. When all permits are taken, the oldest connection gives way once it had its time: probes get through
/// beside connections that say nothing. Who may connect at all is the network policies' to say.
pub async fn serve_http<S, B>(listener: TcpListener, pages: S)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let permits = Arc::new(Semaphore::new(HTTP_CONNECTIONS));
    let mut open = JoinSet::new();
    let mut ages: VecDeque<(Instant, AbortHandle)> = VecDeque::new();
    loop {
        let accepted = tokio::select! {
            Some(_) = open.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let mut free = pin!(Arc::clone(&permits).acquire_owned());
        let permit = tokio::select! {
            biased;
            permit = &mut free => permit,
            // Its permit is free in a moment: none but the oldest has to go for it.
            () = displace_oldest(&mut ages) => free.await,
        };
        // The semaphore is never closed.
        let Ok(permit) = permit else { return };
        let connection = open.spawn(answer(stream, pages.clone(), permit));
        ages.retain(|(_, connection)| !connection.is_finished());
        ages.push_back((Instant::now(), connection));
    }
}

/// Ends the oldest connection once it had its time.
async fn displace_oldest(ages: &mut VecDeque<(Instant, AbortHandle)>) {
    while ages.front().is_some_and(|(_, connection)| connection.is_finished()) {
        ages.pop_front();
    }
    match ages.front() {
        Some(&(since, ref connection)) => {
            sleep_until(since + HTTP_GRACE).await;
            tracing::debug!("a connection for probes or metrics gave way to a new one");
            connection.abort();
            ages.pop_front();
        }
        None => std::future::pending().await,
    }
}

async fn answer<S, B>(stream: TcpStream, pages: S, _place: OwnedSemaphorePermit)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HTTP_REQUEST)
        .max_buf_size(HTTP_HEADERS)
        .keep_alive(false);
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(pages));
    match timeout(HTTP_WHOLE, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection for probes or metrics broke"),
        Err(_) => tracing::debug!("a connection for probes or metrics took too long"),
    }
}
