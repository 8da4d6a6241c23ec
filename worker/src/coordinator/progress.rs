//! The service that the operator and the CLI watch.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use galapagos_crds::Decimal;
use galapagos_protocol::progress::progress_server::Progress;
use galapagos_protocol::progress::{Desired, Report, Request as Wish, request};
use galapagos_protocol::tls::{Role, server_config};
use galapagos_protocol::transport;
use galapagos_run::job::resolve::{Budget, stop_rules};
use galapagos_run::run::limits::Limits;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::reporter::News;
use super::work_server::{ServeError, ServeOptions, listen};

/// Least time between two reports of one stream.
const PAUSE: Duration = Duration::from_millis(200);
/// A report after this time even if nothing happened: throughput and workers change without an event.
const REFRESH: Duration = Duration::from_secs(2);

/// The service of one run: what operators and command lines watch, and what they may change.
#[derive(Clone, Debug)]
pub struct ProgressService {
    /// What there is to see.
    pub news: Arc<News>,
    /// What a watcher may change.
    pub limits: Arc<Mutex<Limits>>,
}

/// A service that is open: it closes when this is dropped.
#[derive(Debug)]
pub struct ProgressServer {
    address: SocketAddr,
    serving: JoinHandle<Result<(), tonic::transport::Error>>,
}

impl ProgressServer {
    /// The address where operators and command lines connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for ProgressServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Opens the service to operators.
///
/// # Errors
/// [`ServeError`].
pub async fn open(
    options: &ServeOptions<'_>,
    service: ProgressService,
) -> Result<ProgressServer, ServeError> {
    let tls = server_config(options.identity, options.uid, &[Role::Operator])?;
    let (listener, address) = listen(options.address).await?;
    let incoming = transport::incoming(listener, tls);
    let router = transport::server().add_service(transport::progress_server(service));
    Ok(ProgressServer { address, serving: tokio::spawn(router.serve_with_incoming(incoming)) })
}

#[tonic::async_trait]
impl Progress for ProgressService {
    type WatchStream = ReceiverStream<Result<Report, Status>>;

    async fn watch(&self, request: Request<Streaming<Wish>>) -> Result<Response<Self::WatchStream>, Status> {
        let (out, outbox) = mpsc::channel(2);
        let service = self.clone();
        tokio::spawn(async move {
            service.news.stream(true);
            service.serve(request.into_inner(), out).await;
            service.news.stream(false);
        });
        Ok(Response::new(ReceiverStream::new(outbox)))
    }
}

impl ProgressService {
    async fn serve(&self, mut wishes: Streaming<Wish>, out: mpsc::Sender<Result<Report, Status>>) {
        let mut changes = self.news.changes();
        let mut refresh = tokio::time::interval(REFRESH);
        let mut next = tokio::time::Instant::now();
        let mut listening = true;
        loop {
            changes.mark_unchanged();
            if out.send(Ok(self.news.report())).await.is_err() {
                return;
            }
            next = next.max(tokio::time::Instant::now()) + PAUSE;
            // Until there is something new to send: wishes are heard at once.
            loop {
                tokio::select! {
                    wish = wishes.message(), if listening => match wish {
                        Ok(Some(wish)) => if let Err(status) = self.hear(wish) {
                            let _ = out.send(Err(status)).await;
                            return;
                        },
                        // Half-closed: it only watches.
                        Ok(None) => listening = false,
                        Err(_) => return,
                    },
                    changed = changes.changed() => match changed {
                        Ok(()) => break,
                        Err(_) => return,
                    },
                    _ = refresh.tick() => break,
                    () = out.closed() => return,
                }
            }
            tokio::time::sleep_until(next).await;
        }
    }

    fn hear(&self, wish: Wish) -> Result<(), Status> {
        match wish.request {
            Some(request::Request::Acknowledge(a)) => self.news.acknowledge(a.sequence),
            Some(request::Request::Desired(desired)) => {
                let (before, now) = {
                    let mut limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
                    let wanted = wanted(&limits, &desired).map_err(Status::invalid_argument)?;
                    (std::mem::replace(&mut *limits, wanted.clone()), wanted)
                };
                // What was spent comes every few seconds and is nothing to report.
                if before != (Limits { worker_seconds: before.worker_seconds, ..now.clone() }) {
                    self.news.change(|live| live.set_generations(now.stop.generations));
                    tracing::info!(generations = now.stop.generations, "limits as desired");
                }
            }
            None => {}
        }
        Ok(())
    }
}

/// The limits that a watcher wants.
fn wanted(now: &Limits, desired: &Desired) -> Result<Limits, String> {
    if desired.fields.is_empty() {
        return of_the_release_before(now, desired);
    }
    let fields: galapagos_crds::Desired = desired.fields.parse().map_err(|e| format!("fields: {e}"))?;
    Ok(Limits {
        stop: stop_rules(fields.generations, &fields.stop),
        budget: Budget::from_stop(&fields.stop),
        worker_seconds: desired.worker_seconds.unwrap_or(0),
        windows: now.windows,
    })
}

/// Of fields 1 to 7. Absent means none, but for `minDelta`, which always has a value.
fn of_the_release_before(now: &Limits, desired: &Desired) -> Result<Limits, String> {
    let decimal = |field: &str, text: &Option<String>| {
        text.as_ref()
            .map(|t| t.parse::<Decimal>().map(Decimal::to_f64).map_err(|e| format!("{field}: {e}")))
            .transpose()
    };
    let mut limits = now.clone();
    if desired.generations > 0 {
        limits.stop.generations = desired.generations;
    }
    limits.stop.patience = desired.patience.filter(|&p| p > 0);
    if let Some(min_delta) = decimal("min_delta", &desired.min_delta)? {
        limits.stop.min_delta = min_delta;
    }
    limits.stop.target = decimal("target", &desired.target)?;
    limits.stop.max_evaluations = desired.max_evaluations;
    limits.budget.max_duration_seconds = desired.max_duration_seconds.map(f64::from);
    limits.budget.max_cost = decimal("max_cost", &desired.max_cost)?;
    limits.worker_seconds = desired.worker_seconds.unwrap_or(0);
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use galapagos_genetics::StopRules;
    use galapagos_run::run::limits::Spent;

    fn limits() -> Limits {
        Limits {
            stop: StopRules::after(50),
            budget: Budget::default(),
            worker_seconds: 0,
            windows: Spent::default(),
        }
    }

    #[test]
    fn what_is_absent_is_no_limit() {
        let mut now = limits();
        now.stop.target = Some(3.0);
        let next = wanted(&now, &Desired { generations: 80, ..Desired::default() }).unwrap();
        assert_eq!(next, Limits { stop: StopRules::after(80), ..limits() });
    }

    #[test]
    fn decimals_are_those_of_the_manifest() {
        let desired =
            Desired { target: Some("2.5".into()), max_cost: Some("20".into()), ..Desired::default() };
        let next = wanted(&limits(), &desired).unwrap();
        assert_eq!((next.stop.target, next.budget.max_cost), (Some(2.5), Some(20.0)));
        let wrong = Desired { max_cost: Some("1e3".into()), ..Desired::default() };
        assert!(wanted(&limits(), &wrong).unwrap_err().starts_with("max_cost"));
    }

    #[test]
    fn all_that_may_change_is_read_as_from_the_manifest_and_nothing_else_is_looked_at() {
        let fields = r#"{"generations": 80, "stop": {"patience": 0, "minDelta": "0.5", "target": "2.5", "maxEvaluations": 7,
            "maxDurationSeconds": 9, "maxCost": "20"}}"#;
        let desired = Desired {
            fields: fields.into(),
            generations: 3,
            patience: Some(4),
            worker_seconds: Some(5),
            ..Desired::default()
        };
        let rules = StopRules {
            generations: 80,
            patience: None,
            min_delta: 0.5,
            target: Some(2.5),
            max_evaluations: Some(7),
        };
        let budget = Budget { max_duration_seconds: Some(9.0), max_cost: Some(20.0) };
        let expected = Limits { worker_seconds: 5, stop: rules, budget, ..limits() };
        assert_eq!(wanted(&limits(), &desired), Ok(expected));
        let wrong = Desired { fields: r#"{"generations": -1, "stop": {}}"#.into(), ..Desired::default() };
        assert!(wanted(&limits(), &wrong).unwrap_err().starts_with("fields: "));
    }

    #[test]
    fn what_was_spent_is_as_told_last_and_nothing_once_it_is_told_no_more() {
        let desired = Desired { worker_seconds: Some(u64::MAX), ..Desired::default() };
        let next = wanted(&limits(), &desired).unwrap();
        assert_eq!(next.worker_seconds, u64::MAX);
        assert_eq!(wanted(&next, &Desired::default()).unwrap().worker_seconds, 0);
    }
}
