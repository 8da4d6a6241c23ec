//! One worker's stream: greeting, then batches down and results up until one of both leaves.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use galapagos_engine::ENGINE;
use galapagos_protocol::work::coordinator_message::Message as Down;
use galapagos_protocol::work::farewell::Reason as Goodbye;
use galapagos_protocol::work::worker_message::Message as Up;
use galapagos_protocol::work::{
    Batch, CoordinatorMessage, Farewell, Hello, Results, Welcome, Window, WorkerMessage,
};
use prost::Message as _;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tonic::{Status, Streaming};

use super::dispatcher::Dispatcher;
use crate::lease::{Delivery, Grant, WorkerId};
use crate::metrics::CoordinatorMetrics;
use crate::wire;

/// A worker says hello at once.
const HELLO: Duration = Duration::from_secs(10);
/// Opening the data may mean reading all of them from a slow volume.
const OPENING: Duration = Duration::from_secs(600);
/// Slots of one worker at most; more is a mistake.
const MOST_SLOTS: u32 = 1024;

/// What every session knows.
#[derive(Clone, Debug)]
pub struct SessionContext {
    /// Which worker evaluates what; shared by all sessions and the driver.
    pub dispatcher: Arc<Dispatcher>,
    /// Digest of the dataset.
    pub dataset: [u8; 32],
    /// Digest of the inputs.
    pub inputs: [u8; 32],
    /// The job's calendar, as on the wire.
    pub bars_per_year: Option<u32>,
    /// Digests of the inputs of its walk-forward windows.
    pub windows: Arc<[[u8; 32]]>,
    /// Set when the coordinator leaves.
    pub leaving: watch::Receiver<Option<Goodbye>>,
    /// Counters of the process.
    pub metrics: CoordinatorMetrics,
}

type Outbox = mpsc::Sender<Result<CoordinatorMessage, Status>>;

/// Why a session ends that is not the worker's own leaving.
#[derive(Debug)]
enum SessionEnd {
    /// The stream is gone.
    Gone(String),
    /// The coordinator says goodbye: the reason and a sentence.
    Farewell(Goodbye, String),
    /// The worker left in order.
    Left,
}

impl SessionContext {
    /// Serves a stream to its end.
    pub(super) async fn attend(self, mut inbound: Streaming<WorkerMessage>, out: Outbox) {
        let mut name = String::new();
        let end = match self.greet(&mut inbound, &out, &mut name).await {
            Err(end) => end,
            Ok(hello) => {
                let worker = self.dispatcher.join(&name, hello.slots);
                let Hello { slots, memory_limit_bytes, .. } = hello;
                tracing::info!(worker = name, slots, memory_limit_bytes, "worker ready");
                let end = self.work(worker, &mut inbound, &out).await;
                // What a worker did wrong must not be held against the individuals it had.
                match end {
                    SessionEnd::Gone(_) => self.dispatcher.leave(worker),
                    SessionEnd::Farewell(..) | SessionEnd::Left => self.dispatcher.dismiss(worker),
                }
                end
            }
        };
        match end {
            SessionEnd::Left => tracing::info!(worker = name, "worker left"),
            SessionEnd::Gone(why) => {
                tracing::warn!(worker = name, why, "worker lost; its work is given to others")
            }
            SessionEnd::Farewell(reason, message) => {
                tracing::info!(worker = name, ?reason, message, "worker sent away");
                let farewell = Down::Farewell(Farewell { reason: reason.into(), message });
                if send(&out, farewell).await.is_ok() {
                    // The worker closes its half once it has read this; ours must not be gone before.
                    let _ = timeout(Duration::from_secs(2), drain(&mut inbound)).await;
                }
            }
        }
    }

    async fn greet(
        &self,
        inbound: &mut Streaming<WorkerMessage>,
        out: &Outbox,
        name: &mut String,
    ) -> Result<Hello, SessionEnd> {
        let first = timeout(HELLO, next(inbound)).await;
        let hello = match first.map_err(|_| SessionEnd::Gone("it never said hello".into()))?? {
            Up::Hello(hello) if (1..=MOST_SLOTS).contains(&hello.slots) => hello,
            _ => return Err(protocol("the first message must be Hello with 1 to 1024 slots")),
        };
        *name = hello.name.chars().filter(|c| !c.is_control()).take(128).collect();
        if hello.engine != ENGINE {
            let text = format!("worker {name} has engine {}, this coordinator {ENGINE}", hello.engine);
            self.dispatcher.refused(text.clone());
            return Err(SessionEnd::Farewell(Goodbye::EngineMismatch, text));
        }
        if !hello.windows && !self.windows.is_empty() {
            // It would pass over Batch.window and answer with what an individual is worth on all rows.
            let text = format!("worker {name} is of a release without windows of walk-forward");
            self.dispatcher.refused(text.clone());
            return Err(SessionEnd::Farewell(Goodbye::EngineMismatch, text));
        }
        let welcome = Welcome {
            engine: ENGINE,
            epoch: self.dispatcher.epoch(),
            dataset_digest: self.dataset.to_vec(),
            inputs_digest: self.inputs.to_vec(),
            bars_per_year: self.bars_per_year,
        };
        send(out, Down::Welcome(welcome)).await?;
        let mut leaving = self.leaving.clone();
        let second = tokio::select! {
            second = timeout(OPENING, next(inbound)) => second,
            goodbye = said(&mut leaving) => return Err(SessionEnd::Farewell(goodbye, String::new())),
        };
        match second.map_err(|_| SessionEnd::Gone("it never got its data open".into()))?? {
            Up::Ready(ready)
                if ready.dataset_digest != self.dataset || ready.inputs_digest != self.inputs =>
            {
                Err(protocol("Ready names other data or another job than Welcome"))
            }
            Up::Ready(_) => Ok(hello),
            Up::Refusal(refusal) => {
                let text = format!("worker {name}: {}", refusal.message);
                self.dispatcher.refused(text.clone());
                Err(SessionEnd::Gone(text))
            }
            _ => Err(protocol("Welcome is answered by Ready or Refusal")),
        }
    }

    async fn work(
        &self,
        worker: WorkerId,
        inbound: &mut Streaming<WorkerMessage>,
        out: &Outbox,
    ) -> SessionEnd {
        let mut bell = self.dispatcher.bell();
        let mut leaving = self.leaving.clone();
        let mut granted = HashMap::new();
        loop {
            while let Some(grant) = self.dispatcher.next(worker) {
                granted.insert(grant.lease, Instant::now());
                let batch = self.batch(grant);
                self.metrics.sent_bytes.inc_by(batch.encoded_len() as u64);
                if let Err(end) = send(out, Down::Batch(batch)).await {
                    return end;
                }
            }
            tokio::select! {
                biased;
                goodbye = said(&mut leaving) => return SessionEnd::Farewell(goodbye, String::new()),
                message = inbound.message() => match message {
                    Ok(None) => return SessionEnd::Left,
                    Err(status) => return SessionEnd::Gone(status.to_string()),
                    Ok(Some(message)) => {
                        self.metrics.received_bytes.inc_by(message.encoded_len() as u64);
                        if let Some(began) = finished(&message).and_then(|lease| granted.remove(&lease)) {
                            self.metrics.batch_seconds.observe(began.elapsed().as_secs_f64());
                        }
                        if let Err(end) = self.take(worker, message) {
                            return end;
                        }
                    }
                },
                _ = bell.changed() => {}
                // A lost connection drops our half; its own half may never show it.
                () = out.closed() => return SessionEnd::Gone("its connection is gone".to_owned()),
            }
        }
    }

    fn batch(&self, grant: Grant) -> Batch {
        let digest = |index: u32| self.windows.get(index as usize).map(|d| d.to_vec()).unwrap_or_default();
        Batch {
            lease: grant.lease,
            epoch: self.dispatcher.epoch(),
            deadline_milliseconds: grant.deadline.as_millis() as u64,
            individuals: grant.tasks.iter().map(wire::task_to_wire).collect(),
            window: grant.window.map(|index| Window { index, inputs_digest: digest(index) }),
        }
    }

    fn take(&self, worker: WorkerId, message: WorkerMessage) -> Result<(), SessionEnd> {
        match message.message {
            Some(Up::Results(results)) => self.results(worker, results),
            Some(Up::HandBack(lease)) => {
                if lease.epoch == self.dispatcher.epoch() {
                    self.dispatcher.hand_back(worker, lease.lease);
                }
                Ok(())
            }
            Some(Up::Refusal(refusal)) => {
                // It has handed back what it had: nobody else's individuals are to blame.
                tracing::warn!(problem = refusal.message, "a worker cannot take part any more");
                self.dispatcher.refused(refusal.message);
                Err(SessionEnd::Left)
            }
            _ => Err(protocol("unexpected message")),
        }
    }

    fn results(&self, worker: WorkerId, results: Results) -> Result<(), SessionEnd> {
        if results.engine != ENGINE || results.dataset_digest != self.dataset {
            return Err(protocol("results of another engine or of other data"));
        }
        let Results { lease, epoch, last, busy_nanoseconds, largest_batch, .. } = results;
        let mut items = Vec::with_capacity(results.results.len());
        let mut hashes = Vec::with_capacity(results.results.len());
        for result in results.results {
            let received = wire::answer_from_wire(result).map_err(|e| protocol(&e.to_string()))?;
            hashes.push((received.index, received.genome_hash));
            items.push((received.index, received.answer));
        }
        let busy = Duration::from_nanos(busy_nanoseconds);
        let delivery = Delivery { lease, epoch, items, last, busy, largest_batch };
        self.dispatcher.deliver(worker, delivery, &hashes).map_err(|e| protocol(&e.to_string()))
    }
}

/// The lease that this message ends.
fn finished(message: &WorkerMessage) -> Option<u64> {
    match &message.message {
        Some(Up::Results(results)) if results.last => Some(results.lease),
        Some(Up::HandBack(lease)) => Some(lease.lease),
        _ => None,
    }
}

fn protocol(what: &str) -> SessionEnd {
    SessionEnd::Farewell(Goodbye::Protocol, what.to_owned())
}

/// Resolves when the coordinator leaves, with the words to say.
async fn said(leaving: &mut watch::Receiver<Option<Goodbye>>) -> Goodbye {
    match leaving.wait_for(Option::is_some).await {
        Ok(goodbye) => goodbye.unwrap_or(Goodbye::Leaving),
        Err(_) => Goodbye::Leaving,
    }
}

async fn next(inbound: &mut Streaming<WorkerMessage>) -> Result<Up, SessionEnd> {
    match inbound.message().await {
        Ok(Some(WorkerMessage { message: Some(message) })) => Ok(message),
        Ok(Some(_)) => Err(protocol("an empty message")),
        Ok(None) => Err(SessionEnd::Left),
        Err(status) => Err(SessionEnd::Gone(status.to_string())),
    }
}

async fn drain(inbound: &mut Streaming<WorkerMessage>) {
    while let Ok(Some(_)) = inbound.message().await {}
}

async fn send(out: &Outbox, message: Down) -> Result<(), SessionEnd> {
    let message = CoordinatorMessage { message: Some(message) };
    out.send(Ok(message)).await.map_err(|_| SessionEnd::Gone("its stream is closed".to_owned()))
}
