//! Probes, metrics and small answers over plain HTTP. Anybody in the network of a pod may connect, so nobody may keep a connection for
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
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tonic::codegen::http::{Request, Response};
use tower::Service;

use super::limits::{
    ACCEPT_PAUSE, HTTP_CONNECTIONS, HTTP_GRACE, HTTP_HEADERS, HTTP_LEAVE, HTTP_LONGEST, HTTP_REQUEST,
    HTTP_WHOLE,
};

/// How long a connection may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connections {
    /// One request, as scrapers and probes send.
    Single,
    /// Many requests one after the other, as clients of an interface send.
    Kept,
}

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
    serve_http_until(listener, pages, Connections::Single, std::future::pending()).await;
}

/// The same until `leaving` is ready: then nobody is let in any more, requests that are under way are answered, and idle
/// connections are closed.
pub async fn serve_http_until<S, B>(
    listener: TcpListener,
    pages: S,
    connections: Connections,
    leaving: impl Future<Output = ()>,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut leaving = pin!(leaving);
    let (left, leave) = watch::channel(false);
    let permits = Arc::new(Semaphore::new(HTTP_CONNECTIONS));
    let mut open = JoinSet::new();
    let mut ages: VecDeque<(Instant, AbortHandle)> = VecDeque::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut leaving => break,
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
        let connection = open.spawn(answer(stream, pages.clone(), connections, leave.clone(), permit));
        ages.retain(|(_, connection)| !connection.is_finished());
        ages.push_back((Instant::now(), connection));
    }
    drop(listener);
    left.send_replace(true);
    // What is not done then is dropped with the set.
    let _ = timeout(HTTP_LEAVE, async { while open.join_next().await.is_some() {} }).await;
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

async fn answer<S, B>(
    stream: TcpStream,
    pages: S,
    connections: Connections,
    mut leave: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let kept = connections == Connections::Kept;
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HTTP_REQUEST)
        .max_buf_size(HTTP_HEADERS)
        .keep_alive(kept);
    if kept {
        // Small answers are written at once.
        let _ = stream.set_nodelay(true);
    }
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(pages)));
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = sleep(if kept { HTTP_LONGEST } else { HTTP_WHOLE }) => None,
        _ = leave.wait_for(|left| *left) => None,
    };
    let ended = match ended {
        // The request that is under way is answered still; of one without an end nothing is.
        None if kept || *leave.borrow() => {
            connection.as_mut().graceful_shutdown();
            timeout(HTTP_LEAVE, connection).await.ok()
        }
        ended => ended,
    };
    match ended {
        Some(Ok(())) => {}
        Some(Err(error)) => tracing::debug!(%error, "a connection broke"),
        None => tracing::debug!("a connection took too long"),
    }
}
