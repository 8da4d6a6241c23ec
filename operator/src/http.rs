//! `/live`, `/ready` and `/metrics`.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use galapagos_protocol::transport::serve_http;
use tokio::net::TcpListener;

use crate::metrics::Metrics;
use crate::runtime::watches::Health;

#[derive(Clone)]
struct Probes {
    health: Health,
    metrics: Arc<Metrics>,
}

/// Listens. What is returned serves until it is dropped.
pub async fn serve(
    address: SocketAddr,
    health: Health,
    metrics: Arc<Metrics>,
) -> io::Result<impl Future<Output = ()>> {
    let listener = TcpListener::bind(address).await?;
    Ok(serve_http(listener, router(health, metrics)))
}

/// The pages.
pub fn router(health: Health, metrics: Arc<Metrics>) -> Router {
    Router::new()
        .route("/live", get(live))
        .route("/ready", get(ready))
        .route("/metrics", get(text))
        .with_state(Probes { health, metrics })
}

/// Fails only if a restart would help.
async fn live(State(probes): State<Probes>) -> Response {
    let stuck = probes.health.stuck();
    if stuck.is_empty() {
        return (StatusCode::OK, "alive\n").into_response();
    }
    let names: Vec<&str> = stuck.iter().map(|watch| watch.name).collect();
    let text =
        format!("nothing heard on these watches although the API server answers: {}\n", names.join(", "));
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}

/// Every cache is filled, on the leader as on the others.
async fn ready(State(probes): State<Probes>) -> Response {
    match probes.health.ready() {
        Ok(()) => (StatusCode::OK, "ready\n").into_response(),
        Err(missing) => (StatusCode::SERVICE_UNAVAILABLE, missing.to_string()).into_response(),
    }
}

async fn text(State(probes): State<Probes>) -> Response {
    match probes.metrics.text() {
        Ok(text) => {
            let content =
                [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
            (content, text).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
