//! The task of one job: dials its coordinator, listens, dials again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use galapagos_crds::EvolutionJob;
use galapagos_protocol::bounds::bounded;
use galapagos_protocol::progress::Report;
use galapagos_protocol::tls::{JobUid, TlsError};
use galapagos_protocol::transport::{self, ConnectError};
use kube::runtime::reflector::ObjectRef;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use super::alarm::Alarm;
use super::backoff::Backoff;
use super::requests::requests;
use super::trigger::trigger;
use super::{Credentials, Heard, SILENCE, Seen, Wish};
use crate::runtime::ids::Identity;

/// Least time between two reports that are read. Whoever sends more must not keep the operator busy with reading.
const READING: Duration = Duration::from_millis(20);
/// Least time between two reports that are passed on: five a second.
const PASSING: Duration = Duration::from_millis(200);

/// How patient a stream is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// For a connection, and then for the answer to the call.
    pub dial: Duration,
    /// Between two reports.
    pub silence: Duration,
    /// A connection that lasted so long was a good one: the next dial is soon.
    pub settled: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience { dial: Duration::from_secs(5), silence: SILENCE, settled: Duration::from_secs(5) }
    }
}

/// All that the task of one job needs.
pub(super) struct Stream {
    pub job: Identity,
    pub credentials: Arc<dyn Credentials>,
    pub wish: watch::Receiver<Wish>,
    pub hear: watch::Sender<Heard>,
    pub triggers: mpsc::UnboundedSender<ObjectRef<EvolutionJob>>,
    pub count: watch::Receiver<usize>,
    pub patience: Patience,
}

/// How a connection ended, or why there was none.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("no certificate for it: {0}")]
    Certificate(#[from] TlsError),
    #[error("{0}")]
    Connect(#[from] ConnectError),
    #[error("{address} did not answer within {} s", .patience.as_secs_f64())]
    NoAnswer { address: SocketAddr, patience: Duration },
    #[error("{address} sent no report for {} s", .patience.as_secs_f64())]
    Silent { address: SocketAddr, patience: Duration },
    #[error("{address} ended the stream: {}", .status.message())]
    Status { address: SocketAddr, status: Box<tonic::Status> },
    #[error("{address} closed the stream")]
    Closed { address: SocketAddr },
}

impl Ended {
    /// Whether the same will happen until somebody changes something.
    fn lasts(&self) -> bool {
        match self {
            Ended::Certificate(_) => true,
            Ended::Connect(error) => error.is_about_identity(),
            // The second: its reports are too large.
            Ended::Status { status, .. } => {
                matches!(status.code(), tonic::Code::InvalidArgument | tonic::Code::OutOfRange)
            }
            Ended::NoAnswer { .. } | Ended::Silent { .. } | Ended::Closed { .. } => false,
        }
    }
}

/// Runs until the task is aborted.
pub(super) async fn run(stream: Stream) {
    let triggering = trigger(
        &stream.job,
        stream.hear.subscribe(),
        stream.triggers.clone(),
        stream.count.clone(),
        stream.patience.silence,
    );
    let Ok(job) = JobUid::new(stream.job.uid.as_str()) else {
        tracing::error!(uid = stream.job.uid.as_str(), "this UID cannot stand in a certificate: no progress");
        return;
    };
    tokio::select! {
        () = attend(&stream, &job) => {}
        () = triggering => {}
    }
}

async fn attend(stream: &Stream, job: &JobUid) {
    let mut wish = stream.wish.clone();
    let mut backoff = Backoff::new();
    let mut alarm: Option<(Target, Alarm)> = None;
    loop {
        let target = Target::from_wish(&wish.borrow_and_update());
        let began = Instant::now();
        let ended = tokio::select! {
            Err(ended) = listen(stream, job, target) => Some(ended),
            still = moved(&mut wish, target) => if still { None } else { return },
        };
        let Some(ended) = ended else {
            // Not the coordinator's fault, and not a sign of anything.
            stream.lost(None);
            backoff.reset();
            continue;
        };
        let (_, alarm) = match &mut alarm {
            Some(known) if known.0 == target => known,
            other => other.insert((target, Alarm::new(began))),
        };
        stream.log(&ended, target, alarm);
        stream.lost(Some(ended.to_string()));
        if began.elapsed() >= stream.patience.settled {
            backoff.reset();
        }
        if ended.lasts() {
            backoff.slow_down();
        }
        let wait = backoff.next(rand::random());
        let still = if stream.is_over(target) {
            // It was told that it may leave, and it left.
            moved(&mut wish, target).await
        } else {
            tokio::select! {
                () = tokio::time::sleep(wait) => continue,
                still = moved(&mut wish, target) => still,
            }
        };
        if !still {
            return;
        }
        backoff.reset();
    }
}

/// Which coordinator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Target {
    address: SocketAddr,
    attempt: u32,
}

impl Target {
    fn from_wish(wish: &Wish) -> Target {
        Target { address: wish.address, attempt: wish.attempt }
    }
}

/// Resolves when another coordinator is wanted (true), or nobody wants any (false).
async fn moved(wish: &mut watch::Receiver<Wish>, from: Target) -> bool {
    wish.wait_for(|wish| Target::from_wish(wish) != from).await.is_ok()
}

/// One connection, from the dial to its end, which is the only thing it returns with.
async fn listen(stream: &Stream, job: &JobUid, target: Target) -> Result<(), Ended> {
    let Target { address, attempt } = target;
    let Patience { dial, silence, .. } = stream.patience;
    let config = stream.credentials.client_config(job)?;
    let no_answer = |_| Ended::NoAnswer { address, patience: dial };
    let ended = |status| Ended::Status { address, status: Box::new(status) };
    let text = address.to_string();
    let connecting = transport::connect_for_progress(&text, config, job, dial);
    let channel = timeout(dial, connecting).await.map_err(no_answer)??;
    let mut client = transport::progress_client(channel);
    let (_open, is_open) = oneshot::channel();
    let calling = client.watch(requests(stream.wish.clone(), is_open));
    let mut reports = timeout(dial, calling).await.map_err(no_answer)?.map_err(ended)?.into_inner();
    tracing::debug!(job = stream.job.name(), namespace = stream.job.namespace(), attempt, %address, "stream of progress open");
    let mut pace = Pace::new();
    let mut newest = None;
    loop {
        let next = tokio::select! {
            // What was read is passed on before more is read.
            biased;
            () = tokio::time::sleep_until(pace.passing.into()), if newest.is_some() => None,
            next = pace.next(&mut reports, silence) => Some(next),
        };
        match next {
            None => {}
            Some(Ok(Ok(Some(report)))) => {
                newest = Some(report);
                continue;
            }
            Some(end) => {
                // Often the final one.
                newest.take().into_iter().for_each(|report| stream.heard(report, target));
                return Err(match end {
                    Ok(Ok(_)) => Ended::Closed { address },
                    Ok(Err(status)) => ended(status),
                    Err(_) => Ended::Silent { address, patience: silence },
                });
            }
        }
        newest.take().into_iter().for_each(|report| stream.heard(report, target));
        pace.passed();
    }
}

/// How often reports of one coordinator are taken. Those that come faster than they are passed on replace each other;
/// those that come faster than they are read wait at the coordinator, for lack of window.
struct Pace {
    /// When the next one is read, and passed on, at the earliest.
    reading: Instant,
    passing: Instant,
    /// When the last one came.
    heard: Instant,
}

impl Pace {
    fn new() -> Pace {
        let now = Instant::now();
        Pace { reading: now, passing: now, heard: now }
    }

    /// The next report, or how the stream ended; an error after a silence of that length. May be dropped at any time.
    async fn next(
        &mut self,
        reports: &mut tonic::Streaming<Report>,
        silence: Duration,
    ) -> Result<Result<Option<Report>, tonic::Status>, tokio::time::error::Elapsed> {
        tokio::time::sleep_until(self.reading.into()).await;
        let next = tokio::time::timeout_at((self.heard + silence).into(), reports.message()).await;
        self.heard = Instant::now();
        self.reading = self.heard + READING;
        next
    }

    fn passed(&mut self) {
        self.passing = Instant::now() + PASSING;
    }
}

impl Stream {
    fn heard(&self, report: Report, Target { address, attempt }: Target) {
        let (report, address, at) = (Arc::new(bounded(report)), address.ip(), Instant::now());
        let seen = Seen { report, attempt, address, at, connected: true };
        self.hear.send_replace(Heard { seen: Some(seen), problem: None });
    }

    fn lost(&self, problem: Option<String>) {
        self.hear.send_modify(|heard| {
            if let Some(seen) = &mut heard.seen {
                seen.connected = false;
            }
            heard.problem = problem;
        });
    }

    /// Whether the final report of this coordinator was heard and acknowledged.
    fn is_over(&self, target: Target) -> bool {
        let (wish, heard) = (self.wish.borrow(), self.hear.borrow());
        heard.seen.as_ref().is_some_and(|seen| {
            let last = seen.attempt == target.attempt && seen.report.r#final.is_some();
            last && wish.acknowledged >= Some(seen.report.sequence)
        })
    }

    fn log(&self, ended: &Ended, target: Target, alarm: &mut Alarm) {
        let (namespace, name, attempt) = (self.job.namespace(), self.job.name(), target.attempt);
        // Over the connection that ended just now: no other leaves this true.
        let heard = self.hear.borrow().seen.as_ref().is_some_and(|seen| seen.connected);
        if !self.is_over(target) && alarm.is_loud(heard, ended.lasts(), Instant::now()) {
            tracing::warn!(job = name, namespace, attempt, problem = %ended, "no progress from the coordinator; dialling again");
        } else {
            tracing::debug!(job = name, namespace, attempt, problem = %ended, "no progress from the coordinator yet");
        }
    }
}
