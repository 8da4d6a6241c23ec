//! Probes and metrics over HTTP: `/live`, `/ready`, `/metrics`.

use std::net::SocketAddr;

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use galapagos_protocol::transport::serve_http;
use tokio::net::TcpListener;

use super::health::Health;
use super::stop::Stop;
use crate::metrics::Metrics;

/// What Prometheus is told the text of `/metrics` is.
pub const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Opens the port.
///
/// # Errors
/// The address is taken or not of this machine.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let hint =
        || format!("--http-address {address} cannot be opened: choose another, or an empty one for none");
    TcpListener::bind(address).await.with_context(hint)
}

/// Answers until the process ends, also while a role is leaving: a probe that fails then would only confuse. Ready is
/// over as soon as someone asked to leave.
pub async fn serve(listener: TcpListener, health: Health, metrics: Metrics, stop: Stop) {
    serve_http(listener, router(health, metrics, stop)).await;
}

/// The pages of every process, for those that have others beside them.
pub fn router(health: Health, metrics: Metrics, stop: Stop) -> Router {
    Router::new()
        .route("/live", get(live))
        .route("/ready", get(ready))
        .route("/metrics", get(exposition))
        .with_state(Answers { health, metrics, stop })
}

#[derive(Clone)]
struct Answers {
    health: Health,
    metrics: Metrics,
    stop: Stop,
}

async fn live(State(answers): State<Answers>) -> Response {
    let stale = answers.health.stale();
    if stale.is_empty() {
        return "live\n".into_response();
    }
    let line = |(name, silence): &(&str, std::time::Duration)| {
        tracing::warn!(loop_name = name, seconds = silence.as_secs_f64(), "no heartbeat");
        format!("{name}: no heartbeat for {:.1} s\n", silence.as_secs_f64())
    };
    (StatusCode::SERVICE_UNAVAILABLE, stale.iter().map(line).collect::<String>()).into_response()
}

async fn ready(State(answers): State<Answers>) -> Response {
    match (answers.health.is_ready(), answers.stop.is_asked()) {
        (true, false) => "ready\n".into_response(),
        (_, true) => (StatusCode::SERVICE_UNAVAILABLE, "leaving\n").into_response(),
        (false, false) => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response(),
    }
}

async fn exposition(State(answers): State<Answers>) -> Response {
    ([(header::CONTENT_TYPE, OPEN_METRICS)], answers.metrics.text()).into_response()
}
