//! The pages: `/v1/signals`, `/v1/champions`, `/openapi.json`. All answers are JSON.

use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::batch::{Batch, MOST_BYTES, Question};
use super::board::{Entry, Shown, document};
use crate::metrics::Answer;

/// The interface as clients read it.
const OPENAPI: &str = include_str!("openapi.json");

/// The pages over what is shown.
pub(super) fn router(shown: Shown) -> Router {
    Router::new()
        .route("/v1/signals", get(signal).post(batch))
        .route("/v1/champions", get(champions))
        .route("/openapi.json", get(openapi))
        .fallback(unknown)
        .method_not_allowed_fallback(other_method)
        .with_state(shown)
}

fn json_of(status: StatusCode, body: impl Into<Body>) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.into()).into_response()
}

fn refused(status: StatusCode, text: impl Into<String>) -> Response {
    json_of(status, json!({"error": text.into()}).to_string())
}

async fn unknown(uri: Uri) -> Response {
    let path: String = uri.path().chars().take(100).collect();
    let pages = "/v1/signals, /v1/champions, /openapi.json, /metrics, /live and /ready";
    refused(StatusCode::NOT_FOUND, format!("{path} is no page: there are {pages}"))
}

async fn other_method() -> Response {
    refused(StatusCode::METHOD_NOT_ALLOWED, "this page has GET, and /v1/signals POST besides")
}

async fn openapi() -> Response {
    json_of(StatusCode::OK, OPENAPI)
}

/// What one question is answered with: a body that lies ready, or one that is made for it.
enum Answered {
    Ready(Bytes),
    Made(StatusCode, Value),
}

impl Answered {
    fn status(&self) -> StatusCode {
        match self {
            Answered::Ready(_) => StatusCode::OK,
            Answered::Made(status, _) => *status,
        }
    }
}

fn names(entries: &[Entry]) -> String {
    entries.iter().map(|e| e.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn found<'a>(entries: &'a [Entry], asked: Option<&str>) -> Result<&'a Entry, Answered> {
    let wrong = |status, text: String| Err(Answered::Made(status, json!({"error": text})));
    match (asked, entries) {
        (_, []) => wrong(StatusCode::SERVICE_UNAVAILABLE, "the first signals are being computed".to_owned()),
        (None, [only]) => Ok(only),
        (None, _) => {
            let text = format!("there are several champions: say which, as champion={}", entries[0].name);
            wrong(StatusCode::BAD_REQUEST, text)
        }
        (Some(name), _) => entries.iter().find(|e| e.name == name).map_or_else(
            || {
                let name: String = name.chars().take(100).collect();
                wrong(StatusCode::NOT_FOUND, format!("no champion {name:?}: there are {}", names(entries)))
            },
            Ok,
        ),
    }
}

fn answered(shown: &Shown, entries: &[Entry], question: &Question) -> Answered {
    let entry = match found(entries, question.champion.as_deref()) {
        Ok(entry) => entry,
        Err(answer) => return answer,
    };
    let signal = &entry.current.signal;
    if let Some(symbol) = question.symbol.as_deref()
        && !signal.signals.iter().any(|s| s.symbol == symbol)
    {
        let symbol: String = symbol.chars().take(100).collect();
        let there: Vec<&str> = signal.signals.iter().map(|s| s.symbol.as_str()).collect();
        let text = format!("{} does not trade {symbol:?}: it trades {}", entry.name, there.join(", "));
        return Answered::Made(StatusCode::NOT_FOUND, json!({"error": text}));
    }
    if shown.is_stale(signal) {
        return Answered::Made(StatusCode::SERVICE_UNAVAILABLE, shown.stale(&entry.name, signal));
    }
    match question.symbol.as_deref() {
        None => Answered::Ready(entry.body.clone()),
        symbol => Answered::Made(StatusCode::OK, document(&entry.name, signal, symbol)),
    }
}

/// Counts an answer.
fn count(shown: &Shown, status: StatusCode, begun: Instant) {
    let answer = match status {
        StatusCode::OK => Answer::Ok,
        StatusCode::SERVICE_UNAVAILABLE => Answer::Stale,
        _ => Answer::Refused,
    };
    shown.metrics.answers.add(answer, 1);
    shown.metrics.answer_seconds.observe(begun.elapsed().as_secs_f64());
}

async fn signal(State(shown): State<Shown>, uri: Uri) -> Response {
    let begun = Instant::now();
    let (status, response) = match Question::parse(uri.query().unwrap_or_default()) {
        Err(text) => (StatusCode::BAD_REQUEST, refused(StatusCode::BAD_REQUEST, text)),
        Ok(question) => match answered(&shown, &shown.entries(), &question) {
            Answered::Ready(body) => (StatusCode::OK, json_of(StatusCode::OK, body)),
            Answered::Made(status, body) => (status, json_of(status, body.to_string())),
        },
    };
    count(&shown, status, begun);
    response
}

async fn batch(State(shown): State<Shown>, body: Body) -> Response {
    let begun = Instant::now();
    let (status, response) = match to_bytes(body, MOST_BYTES).await {
        Err(_) => {
            let status = StatusCode::PAYLOAD_TOO_LARGE;
            (status, refused(status, format!("the body has more than {MOST_BYTES} bytes, or broke off")))
        }
        Ok(bytes) => match Batch::parse(&bytes) {
            Err(text) => (StatusCode::BAD_REQUEST, refused(StatusCode::BAD_REQUEST, text)),
            Ok(batch) => answers(&shown, &batch),
        },
    };
    count(&shown, status, begun);
    response
}

/// The answers to a batch, each with a status of its own: 503 for all only where every one has it.
fn answers(shown: &Shown, batch: &Batch) -> (StatusCode, Response) {
    let entries = shown.entries();
    let mut text = String::from("{\"answers\":[");
    let mut all_stale = true;
    for (i, question) in batch.requests.iter().enumerate() {
        let answer = answered(shown, &entries, question);
        let status = answer.status();
        all_stale &= status == StatusCode::SERVICE_UNAVAILABLE;
        if i > 0 {
            text.push(',');
        }
        let body = match &answer {
            Answered::Ready(body) => String::from_utf8_lossy(body).into_owned(),
            Answered::Made(_, body) => body.to_string(),
        };
        text.push_str(&format!("{{\"status\":{},\"answer\":{body}}}", status.as_u16()));
    }
    text.push_str("]}");
    let status = if all_stale { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (status, json_of(status, text))
}

async fn champions(State(shown): State<Shown>) -> Response {
    let begun = Instant::now();
    let entries = shown.entries();
    let all: Vec<Value> = entries.iter().map(|e| e.summary(shown.is_stale(&e.current.signal))).collect();
    count(&shown, StatusCode::OK, begun);
    json_of(StatusCode::OK, json!({"champions": all}).to_string())
}
