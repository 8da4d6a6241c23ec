//! One stream to a coordinator, from Hello to the farewell of either side.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use galapagos_engine::ENGINE;
use galapagos_protocol::transport::work_client;
use galapagos_protocol::work::coordinator_message::Message as Down;
use galapagos_protocol::work::farewell::Reason as Goodbye;
use galapagos_protocol::work::worker_message::Message as Up;
use galapagos_protocol::work::{Batch, CoordinatorMessage, Farewell, Hello, Ready, Refusal, Welcome};
use tokio::sync::watch;
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic::{Status, Streaming};

use super::Worker;
use super::lease::HeldLeases;
use super::outgoing::{Outgoing, channel};
use super::prepared_job::{PreparedJob, SetupRequest};
use super::trouble::Trouble;
use crate::process::exit::with_causes;
use crate::wire::digest_from_wire;

/// A coordinator answers at once, or it is not one.
const GREETING: Duration = Duration::from_secs(10);
/// How long leaving in order may take: the process is gone 5 s after it was asked.
const PARTING: Duration = Duration::from_secs(2);
/// Leases at once per slot: one that runs and one that waits, so that no slot waits for a message.
const DEPTH: usize = 2;

/// How a stream ended.
#[derive(Debug)]
pub(super) enum StreamEnd {
    /// The job is done.
    Finished,
    /// This process was asked to leave.
    Stopped,
    /// There may be another coordinator soon. `served`: this one had work for us, or might have had.
    Again { why: String, served: bool },
    /// This worker cannot take part.
    Trouble(Arc<Trouble>),
    /// The coordinator says that this worker broke the protocol.
    Broke(String),
}

impl From<Trouble> for StreamEnd {
    fn from(trouble: Trouble) -> StreamEnd {
        StreamEnd::Trouble(Arc::new(trouble))
    }
}

fn again(why: impl Into<String>) -> StreamEnd {
    StreamEnd::Again { why: why.into(), served: false }
}

/// Attends to the coordinator behind `channel` until one of both leaves.
pub(super) async fn attend(worker: &mut Worker, channel_to: Channel) -> StreamEnd {
    // Room for what the slots finish together; beyond it a slot waits for the network.
    let (outgoing, upward) = channel(DEPTH * worker.context.slots + 2);
    let held = HeldLeases::new(DEPTH * worker.context.slots, outgoing.clone());
    let mut stream = None;
    let end = async {
        let hello = worker.hello();
        send(&outgoing, Up::Hello(hello)).await?;
        let mut client = work_client(channel_to);
        let opened = within(worker, "no answer to the call", client.attend(upward)).await?;
        let incoming = stream.insert(opened.map_err(broken)?.into_inner());
        let welcome = within(worker, "no welcome", incoming.message()).await?;
        let (request, epoch) = welcomed(welcome.map_err(broken)?)?;
        set_up(worker, request).await?;
        work(worker, incoming, &outgoing, &held, epoch).await
    }
    .await
    .unwrap_or_else(|end| end);
    worker.shell.health.set_ready(false);
    if let (StreamEnd::Stopped | StreamEnd::Trouble(_), Some(incoming)) = (&end, &mut stream) {
        // A coordinator that does not take it in time sees the stream end, which says the same.
        let _ = timeout(PARTING, part(&end, incoming, &outgoing, &held)).await;
    }
    held.abandon();
    if let Some(prepared) = &worker.prepared {
        prepared.queue().clear();
    }
    outgoing.cut();
    end
}

/// Prepares the job of `request`, or keeps the one at hand, if it is for the same and its data are still the same.
async fn set_up(worker: &mut Worker, request: SetupRequest) -> Result<(), StreamEnd> {
    if worker.prepared.as_ref().is_some_and(|prepared| prepared.request() != request) {
        worker.prepared = None;
    }
    if let Some(prepared) = &worker.prepared {
        return Ok(prepared.check()?);
    }
    tracing::info!(dataset = %request.dataset, inputs = %request.inputs, "opening the data");
    let prepared = tokio::select! {
        biased;
        () = worker.shell.stop.asked() => return Err(StreamEnd::Stopped),
        prepared = PreparedJob::open(&worker.context, request) => prepared?,
    };
    worker.prepared = Some(prepared);
    Ok(())
}

async fn work(
    worker: &Worker,
    incoming: &mut Streaming<CoordinatorMessage>,
    outgoing: &Outgoing,
    held: &Arc<HeldLeases>,
    epoch: u64,
) -> Result<StreamEnd, StreamEnd> {
    let Some(prepared) = &worker.prepared else { return Err(again("there is nothing to work at")) };
    let mut alarm = prepared.alarm();
    let SetupRequest { dataset, inputs, .. } = prepared.request();
    let ready = Ready {
        dataset_digest: dataset.bytes().to_vec(),
        inputs_digest: inputs.bytes().to_vec(),
        strategy_bars_per_second: prepared.bars_per_second(),
    };
    send(outgoing, Up::Ready(ready)).await?;
    worker.shell.health.set_ready(true);
    tracing::info!(epoch, slots = worker.context.slots, "ready");
    let stopped = worker.shell.stop.asked();
    tokio::pin!(stopped);
    loop {
        tokio::select! {
            biased;
            () = &mut stopped => return Ok(StreamEnd::Stopped),
            trouble = raised(&mut alarm) => return Ok(StreamEnd::Trouble(trouble)),
            message = incoming.message() => match message {
                Ok(Some(CoordinatorMessage { message: Some(Down::Batch(batch)) })) => {
                    take(prepared, held, batch, epoch)?;
                }
                Ok(Some(CoordinatorMessage { message: Some(Down::Farewell(farewell)) })) => {
                    return Ok(dismissed(farewell, true));
                }
                Ok(Some(_)) => return Ok(lost("a message that is neither a batch nor a farewell")),
                Ok(None) => return Ok(lost("the coordinator closed the stream")),
                Err(status) => return Ok(lost(status.message())),
            },
        }
    }
}

fn take(prepared: &PreparedJob, held: &Arc<HeldLeases>, batch: Batch, epoch: u64) -> Result<(), StreamEnd> {
    if batch.epoch != epoch {
        return Err(lost(&format!("a batch of epoch {}, welcomed by {epoch}", batch.epoch)));
    }
    // Not handed back: that would say that this worker leaves. The end of the stream says it all.
    let lease = held.take(batch).ok_or_else(|| lost("more batches than this worker can hold"))?;
    prepared.queue().put(lease);
    Ok(())
}

/// Says why, and that nothing more comes; waits until the coordinator has taken it.
async fn part(
    end: &StreamEnd,
    incoming: &mut Streaming<CoordinatorMessage>,
    outgoing: &Outgoing,
    held: &HeldLeases,
) {
    let reason = match end {
        StreamEnd::Trouble(trouble) => trouble.reason().map(|reason| (reason, with_causes(trouble.as_ref()))),
        _ => None,
    };
    for handed_back in held.abandon() {
        if outgoing.send(Up::HandBack(handed_back)).await.is_err() {
            return;
        }
    }
    if let Some((reason, message)) = reason {
        let refusal = Refusal { reason: reason.into(), message };
        if outgoing.send(Up::Refusal(refusal)).await.is_err() {
            return;
        }
    }
    if outgoing.finish().await.is_ok() {
        while let Ok(Some(_)) = incoming.message().await {}
    }
}

fn welcomed(message: Option<CoordinatorMessage>) -> Result<(SetupRequest, u64), StreamEnd> {
    match message.and_then(|m| m.message) {
        Some(Down::Welcome(Welcome { engine, epoch, dataset_digest, inputs_digest, bars_per_year })) => {
            if engine != ENGINE {
                return Err(Trouble::Engine { ours: ENGINE, theirs: engine }.into());
            }
            let digest =
                |field, bytes: &[u8]| digest_from_wire(field, bytes).map_err(|e| again(e.to_string()));
            let dataset = digest("dataset_digest", &dataset_digest)?;
            let inputs = digest("inputs_digest", &inputs_digest)?;
            Ok((SetupRequest { dataset, inputs, bars_per_year }, epoch))
        }
        Some(Down::Farewell(farewell)) => Err(dismissed(farewell, false)),
        Some(Down::Batch(_)) => Err(again("a batch before the welcome")),
        None => Err(again("no welcome")),
    }
}

fn dismissed(farewell: Farewell, served: bool) -> StreamEnd {
    let Farewell { reason, message } = farewell;
    match Goodbye::try_from(reason) {
        Ok(Goodbye::Finished) => StreamEnd::Finished,
        Ok(Goodbye::EngineMismatch) => Trouble::Dismissed(message).into(),
        Ok(Goodbye::Protocol) => StreamEnd::Broke(message),
        Ok(Goodbye::Leaving) => StreamEnd::Again { why: "the coordinator leaves".to_owned(), served },
        Ok(Goodbye::Unspecified) | Err(_) => {
            StreamEnd::Again { why: format!("farewell {reason}: {message}"), served }
        }
    }
}

fn lost(why: &str) -> StreamEnd {
    StreamEnd::Again { why: why.to_owned(), served: true }
}

fn broken(status: Status) -> StreamEnd {
    again(format!("{}: {}", status.code(), status.message()))
}

async fn send(outgoing: &Outgoing, message: Up) -> Result<(), StreamEnd> {
    outgoing.send(message).await.map_err(|_| again("the stream has ended"))
}

/// What `future` gives, unless it takes too long for a greeting or this process is asked to leave.
async fn within<T>(worker: &Worker, silence: &str, future: impl Future<Output = T>) -> Result<T, StreamEnd> {
    tokio::select! {
        biased;
        () = worker.shell.stop.asked() => Err(StreamEnd::Stopped),
        done = timeout(GREETING, future) => done.map_err(|_| again(silence)),
    }
}

async fn raised(alarm: &mut watch::Receiver<Option<Arc<Trouble>>>) -> Arc<Trouble> {
    match alarm.wait_for(Option::is_some).await.map(|trouble| trouble.clone()) {
        Ok(Some(trouble)) => trouble,
        // The prepared job is gone, which only this session could do.
        _ => std::future::pending().await,
    }
}

impl Worker {
    fn hello(&self) -> Hello {
        Hello {
            engine: ENGINE,
            slots: self.context.slots as u32,
            name: self.name.clone(),
            memory_limit_bytes: self.context.memory.now().limit.unwrap_or(0),
            windows: true,
        }
    }
}
