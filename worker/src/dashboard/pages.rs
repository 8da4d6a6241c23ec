//! The pages: `/`, the view of the run as JSON, its timeline.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use galapagos_run::dashboard::board::Dashboard;
use galapagos_run::dashboard::page::{self, TIMELINE, VIEW};

use super::{Queued, all};

/// How old an answer may be: many who look cost no more than one.
const FRESH: Duration = Duration::from_millis(250);
/// The same of a timeline, which is larger.
const FRESH_TIMELINE: Duration = Duration::from_secs(2);

/// Bytes, and when they were made.
type Made = Option<(Instant, Bytes)>;

/// What is served.
#[derive(Clone)]
pub(super) struct Pages {
    dashboard: Arc<Dashboard>,
    queued: Queued,
    page: Bytes,
    policy: HeaderValue,
    state: Arc<Mutex<Looks>>,
}

#[derive(Default)]
struct Looks {
    view: Made,
    timeline: Made,
    /// When somebody asked last for the view.
    asked: Option<Instant>,
    /// Somebody has been told how it ended.
    told: bool,
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}

impl Pages {
    pub(super) fn new(dashboard: Arc<Dashboard>, queued: Queued) -> Pages {
        let page = Bytes::from(page::of(&dashboard.view(None).job.name));
        let policy = HeaderValue::try_from(page::policy());
        // Digests in base64 and words: there is nothing in it that a header may not have.
        let policy = policy.unwrap_or(HeaderValue::from_static("default-src 'none'"));
        Pages { dashboard, queued, page, policy, state: Arc::default() }
    }

    pub(super) fn router(self) -> Router {
        Router::new().fallback(answer).with_state(self)
    }

    fn looks(&self) -> MutexGuard<'_, Looks> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_watched(&self, within: Duration) -> bool {
        self.looks().asked.is_some_and(|asked| asked.elapsed() < within)
    }

    pub(super) fn has_told_the_end(&self) -> bool {
        self.looks().told
    }

    fn view(&self) -> Bytes {
        // Before the view is made: what ends between is told to the next one who asks.
        let ended = self.dashboard.has_ended();
        let mut looks = self.looks();
        let bytes = match looks.view.as_ref().filter(|(made, _)| made.elapsed() < FRESH && !ended) {
            Some((_, bytes)) => bytes.clone(),
            None => {
                let view = self.dashboard.view((self.queued)());
                // Numbers and texts: there is nothing in it that JSON has not.
                let bytes = Bytes::from(serde_json::to_vec(&view).unwrap_or_default());
                looks.view = Some((Instant::now(), bytes.clone()));
                bytes
            }
        };
        looks.asked = Some(Instant::now());
        looks.told |= ended;
        bytes
    }

    fn timeline(&self) -> Bytes {
        let mut looks = self.looks();
        if let Some((_, bytes)) = looks.timeline.as_ref().filter(|(made, _)| made.elapsed() < FRESH_TIMELINE)
        {
            return bytes.clone();
        }
        let bytes = Bytes::from(self.dashboard.timeline());
        looks.timeline = Some((Instant::now(), bytes.clone()));
        bytes
    }
}

async fn answer(State(pages): State<Pages>, request: Request) -> Response {
    let (method, uri, headers) = (request.method(), request.uri(), request.headers());
    let mut response = if !is_asked_here(uri, headers) {
        let text = "this page is for this machine: open it as localhost, or by its address in numbers\n";
        (StatusCode::MISDIRECTED_REQUEST, text).into_response()
    } else if method != Method::GET && method != Method::HEAD {
        let allow = [(header::ALLOW, "GET, HEAD")];
        (StatusCode::METHOD_NOT_ALLOWED, allow, "there is GET and HEAD\n").into_response()
    } else {
        match uri.path() {
            "/" => of("text/html; charset=utf-8", pages.page.clone()),
            VIEW => of("application/json", pages.view()),
            TIMELINE => of("application/json", pages.timeline()),
            _ => (StatusCode::NOT_FOUND, format!("there are {}\n", all())).into_response(),
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, pages.policy);
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn of(kind: &'static str, body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, kind)], body.into()).into_response()
}

/// Whether the request names this server as people on this machine do. A page of somebody else whose name suddenly means this
/// machine (DNS rebinding) has its own name in the request.
fn is_asked_here(uri: &Uri, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().unwrap_or_default(),
        _ => return false,
    };
    is_local(host) && uri.authority().is_none_or(|authority| is_local(authority.as_str()))
}

/// `localhost` or an address in numbers, with or without a port.
fn is_local(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((name, port)) => (name, port.strip_prefix(':').or((port.is_empty()).then_some("0"))),
            None => return false,
        },
        None => match host.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (host, Some("0")),
        },
    };
    let is_name = name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok();
    is_name && port.is_some_and(|port| port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_answered() {
        for good in [
            "localhost",
            "LOCALHOST:7402",
            "127.0.0.1",
            "127.0.0.1:80",
            "[::1]:7402",
            "[::1]",
            "10.0.0.7:7402",
        ] {
            assert!(is_local(good), "{good}");
        }
        for bad in [
            "",
            "evil.example",
            "evil.example:7402",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "[::1",
            "[::1]x",
            "localhost:",
            "localhost:99999",
            "localhost:1:2",
            "user@localhost",
            "::1",
        ] {
            assert!(!is_local(bad), "{bad}");
        }
    }
}
