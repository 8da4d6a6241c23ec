//! Asks a host for one page: in its own pace, again after a fault, and never more of the answer than a page can have.

use std::cell::Cell;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ureq::http::{HeaderMap, Response, Uri};
use ureq::tls::RootCerts;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::{Agent, Body};

use super::question::{Request, Unusable};
use super::venue::Rules;
use crate::import::download::address;
use crate::import::download::agent::{Reach, agent};

/// One request at most.
const WHOLE: Duration = Duration::from_secs(120);
/// The first wait after a fault, doubled by each further one.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// What an exchange may ask for: a ban of two minutes is waited for, one of days is not.
const LONGEST_REST: Duration = Duration::from_secs(600);
/// How soon a wish to stop is seen.
const SLICE: Duration = Duration::from_millis(50);

/// A host that answers pages.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    base: String,
    /// As messages name it.
    pub(super) host: String,
    retries: u32,
    /// Before this the host is left alone.
    next: Cell<Option<Instant>>,
}

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Failure {
    /// It is not there.
    Absent(String),
    Refused(String),
    Strange(String),
    Unreachable {
        problem: String,
        attempts: u32,
    },
    Banned {
        status: u16,
        wait: Duration,
    },
    Stopped,
}

/// A fault that may pass.
struct Fault {
    problem: String,
    /// What the host asks for, with the status that says so.
    rest: Option<(u16, Duration)>,
}

enum Attempt {
    Again(Fault),
    Never(Failure),
}

impl Client {
    /// For the host of an exchange, or the one that the user names, which may be `private`: in a network that is none of
    /// the world's.
    pub(super) fn new(base: &str, private: bool, retries: u32) -> Client {
        let allows = if private { |_| true } else { address::is_public };
        let reach = Reach { allows, plain: base.starts_with("http://"), whole: WHOLE };
        let host = base.parse::<Uri>().ok().and_then(|uri| uri.authority().map(|a| a.to_string()));
        Client {
            agent: agent(DefaultResolver::default(), RootCerts::WebPki, reach),
            base: base.trim_end_matches('/').to_owned(),
            host: host.unwrap_or_default(),
            retries,
            next: Cell::new(None),
        }
    }

    /// What `read` makes of the answer. `waits` hears of each wait that is longer than the pace.
    pub(super) fn page<T>(
        &self,
        request: &Request,
        rules: &Rules,
        stop: &AtomicBool,
        read: &dyn Fn(&[u8]) -> Result<T, Unusable>,
        waits: &dyn Fn(&str, Duration),
    ) -> Result<T, Failure> {
        let (mut attempts, mut wait) = (0, FIRST_WAIT);
        loop {
            if let Some(next) = self.next.get() {
                sleep(next.saturating_duration_since(Instant::now()), stop)?;
            }
            let fault = match self.attempt(request, rules, read) {
                Ok(page) => return Ok(page),
                Err(Attempt::Never(failure)) => return Err(failure),
                Err(Attempt::Again(fault)) => fault,
            };
            if let Some((status, wait)) = fault.rest.filter(|(_, rest)| *rest > LONGEST_REST) {
                return Err(Failure::Banned { status, wait });
            }
            attempts += 1;
            if attempts > self.retries {
                return Err(Failure::Unreachable { problem: fault.problem, attempts });
            }
            let pause = fault.rest.map_or(wait, |(_, rest)| rest.max(wait));
            waits(&fault.problem, pause);
            sleep(pause, stop)?;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    fn attempt<T>(
        &self,
        request: &Request,
        rules: &Rules,
        read: &dyn Fn(&[u8]) -> Result<T, Unusable>,
    ) -> Result<T, Attempt> {
        let again = |problem: String| Attempt::Again(Fault { problem, rest: None });
        self.next.set(Some(Instant::now() + rules.pause));
        let url = format!("{}{}", self.base, request.path);
        let answer = match &request.body {
            Some(body) => self.agent.post(&url).content_type("application/json").send(body.as_str()),
            None => self.agent.get(&url).call(),
        };
        let mut response = answer.map_err(|error| match address::refused(&error) {
            Some(address) => Attempt::Never(Failure::Refused(format!(
                "its name leads to {address}, which is not a public address; name a mirror of your own with --endpoint or --dumps; on a cluster only public ones can be named"
            ))),
            None => again(format!("cannot be reached ({error})")),
        })?;
        if let Some(rest) = rules.most_weight.and_then(|most| rest_of_minute(response.headers(), most)) {
            self.next.set(Some(Instant::now() + rest));
        }
        let status = response.status();
        if status.is_success() {
            let body =
                body(&mut response, rules.most_bytes).map_err(|e| again(format!("breaks off ({e})")))?;
            if body.len() as u64 > rules.most_bytes {
                return Err(Attempt::Never(Failure::Strange(format!(
                    "more than {} bytes",
                    rules.most_bytes
                ))));
            }
            return read(&body).map_err(|unusable| match unusable {
                Unusable::Passing(problem) => again(problem),
                Unusable::Refused(text) => Attempt::Never(Failure::Refused(text)),
                Unusable::Strange(text) => Attempt::Never(Failure::Strange(text)),
            });
        }
        let code = status.as_u16();
        if status.is_server_error() || [408, 418, 425, 429].contains(&code) {
            let rest = seconds(response.headers(), "retry-after").map(|s| (code, Duration::from_secs(s)));
            return Err(Attempt::Again(Fault { problem: format!("answers with status {code}"), rest }));
        }
        if status.is_redirection() {
            return Err(Attempt::Never(Failure::Strange(format!("status {code}, which leads elsewhere"))));
        }
        let text = body(&mut response, 2000).unwrap_or_default();
        let text = refusal(code, &text);
        Err(Attempt::Never(if code == 404 { Failure::Absent(text) } else { Failure::Refused(text) }))
    }
}

/// At most one byte more than `most`, so that the caller sees that there are more.
fn body(response: &mut Response<Body>, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    response.body_mut().with_config().limit(u64::MAX).reader().take(most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What a host says against a request, without what a terminal would obey.
fn refusal(status: u16, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let plain: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
    let hint = match status {
        403 | 451 => {
            "; it may not serve the place where you are: name another host that speaks the same with --endpoint, a job in source.fetch.endpoint"
        }
        _ => "",
    };
    format!("status {status} {plain}{hint}").trim_end().to_owned()
}

fn seconds(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// How long this minute still is, if the weight that Binance counts in it is used up.
fn rest_of_minute(headers: &HeaderMap, most: u64) -> Option<Duration> {
    seconds(headers, "x-mbx-used-weight-1m").filter(|used| *used >= most)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Some(Duration::from_secs(60 - now.as_secs() % 60))
}

fn sleep(time: Duration, stop: &AtomicBool) -> Result<(), Failure> {
    let until = Instant::now() + time;
    loop {
        if stop.load(Ordering::Relaxed) {
            return Err(Failure::Stopped);
        }
        match until.saturating_duration_since(Instant::now()) {
            Duration::ZERO => return Ok(()),
            left => std::thread::sleep(left.min(SLICE)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_whose_weight_is_used_up_is_waited_for() {
        let mut headers = HeaderMap::new();
        assert_eq!(rest_of_minute(&headers, 4800), None);
        headers.insert("X-MBX-USED-WEIGHT-1M", "4799".parse().unwrap());
        assert_eq!(rest_of_minute(&headers, 4800), None);
        headers.insert("X-MBX-USED-WEIGHT-1M", "4800".parse().unwrap());
        let rest = rest_of_minute(&headers, 4800).unwrap();
        assert!((1..=60).contains(&rest.as_secs()), "{rest:?}");
    }

    #[test]
    fn what_a_host_says_is_short_and_moves_no_cursor() {
        let said = refusal(451, format!("\u{1b}[2Jno{}", "x".repeat(5000)).as_bytes());
        assert!(!said.contains('\u{1b}') && said.len() < 400 && said.contains("--endpoint"), "{said}");
    }
}
