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
use super::bench::{Bench, Order};
use super::lease::Held;
use super::outgoing::{Outgoing, channel};
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
pub(super) enum End {
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

impl From<Trouble> for End {
    fn from(trouble: Trouble) -> End {
        End::Trouble(Arc::new(trouble))
    }
}

fn again(why: impl Into<String>) -> End {
    End::Again { why: why.into(), served: false }
}

/// Attends to the coordinator behind `channel` until one of both leaves.
pub(super) async fn attend(worker: &mut Worker, channel_to: Channel) -> End {
    // Room for what the slots finish together; beyond it a slot waits for the network.
    let (outgoing, upward) = channel(DEPTH * worker.site.slots + 2);
    let held = Held::new(DEPTH * worker.site.slots, outgoing.clone());
    let mut stream = None;
    let end = async {
        let hello = worker.hello();
        send(&outgoing, Up::Hello(hello)).await?;
        let mut client = work_client(channel_to);
        let opened = within(worker, "no answer to the call", client.attend(upward)).await?;
        let incoming = stream.insert(opened.map_err(broken)?.into_inner());
        let welcome = within(worker, "no welcome", incoming.message()).await?;
        let (order, epoch) = welcomed(welcome.map_err(broken)?)?;
        set_up(worker, order).await?;
        work(worker, incoming, &outgoing, &held, epoch).await
    }
    .await
    .unwrap_or_else(|end| end);
    worker.shell.health.set_ready(false);
    if let (End::Stopped | End::Trouble(_), Some(incoming)) = (&end, &mut stream) {
        // A coordinator that does not take it in time sees the stream end, which says the same.
        let _ = timeout(PARTING, part(&end, incoming, &outgoing, &held)).await;
    }
    held.abandon();
    if let Some(bench) = &worker.bench {
        bench.queue().clear();
    }
    outgoing.cut();
    end
}

/// The bench for `order`: the one at hand, if it is for the same and its data are still the same.
async fn set_up(worker: &mut Worker, order: Order) -> Result<(), End> {
    if worker.bench.as_ref().is_some_and(|bench| bench.order() != order) {
        worker.bench = None;
    }
    if let Some(bench) = &worker.bench {
        return Ok(bench.check()?);
    }
    tracing::info!(dataset = %order.dataset, inputs = %order.inputs, "opening the data");
    let bench = tokio::select! {
        biased;
        () = worker.shell.stop.asked() => return Err(End::Stopped),
        bench = Bench::open(&worker.site, order) => bench?,
    };
    worker.bench = Some(bench);
    Ok(())
}

async fn work(
    worker: &Worker,
    incoming: &mut Streaming<CoordinatorMessage>,
    outgoing: &Outgoing,
    held: &Arc<Held>,
    epoch: u64,
) -> Result<End, End> {
    let Some(bench) = &worker.bench else { return Err(again("there is nothing to work at")) };
    let mut alarm = bench.alarm();
    let Order { dataset, inputs, .. } = bench.order();
    let ready = Ready {
        dataset_digest: dataset.bytes().to_vec(),
        inputs_digest: inputs.bytes().to_vec(),
        strategy_bars_per_second: bench.bars_per_second(),
    };
    send(outgoing, Up::Ready(ready)).await?;
    worker.shell.health.set_ready(true);
    tracing::info!(epoch, slots = worker.site.slots, "ready");
    let stopped = worker.shell.stop.asked();
    tokio::pin!(stopped);
    loop {
        tokio::select! {
            biased;
            () = &mut stopped => return Ok(End::Stopped),
            trouble = raised(&mut alarm) => return Ok(End::Trouble(trouble)),
            message = incoming.message() => match message {
                Ok(Some(CoordinatorMessage { message: Some(Down::Batch(batch)) })) => {
                    take(bench, held, batch, epoch)?;
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

fn take(bench: &Bench, held: &Arc<Held>, batch: Batch, epoch: u64) -> Result<(), End> {
    if batch.epoch != epoch {
        return Err(lost(&format!("a batch of epoch {}, welcomed by {epoch}", batch.epoch)));
    }
    // Not handed back: that would say that this worker leaves. The end of the stream says it all.
    let lease = held.take(batch).ok_or_else(|| lost("more batches than this worker can hold"))?;
    bench.queue().put(lease);
    Ok(())
}

/// Says why, and that nothing more comes; waits until the coordinator has taken it.
async fn part(end: &End, incoming: &mut Streaming<CoordinatorMessage>, outgoing: &Outgoing, held: &Held) {
    let reason = match end {
        End::Trouble(trouble) => trouble.reason().map(|reason| (reason, with_causes(trouble.as_ref()))),
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

fn welcomed(message: Option<CoordinatorMessage>) -> Result<(Order, u64), End> {
    match message.and_then(|m| m.message) {
        Some(Down::Welcome(Welcome { engine, epoch, dataset_digest, inputs_digest, bars_per_year })) => {
            if engine != ENGINE {
                return Err(Trouble::Engine { ours: ENGINE, theirs: engine }.into());
            }
            let digest =
                |field, bytes: &[u8]| digest_from_wire(field, bytes).map_err(|e| again(e.to_string()));
            let dataset = digest("dataset_digest", &dataset_digest)?;
            let inputs = digest("inputs_digest", &inputs_digest)?;
            Ok((Order { dataset, inputs, bars_per_year }, epoch))
        }
        Some(Down::Farewell(farewell)) => Err(dismissed(farewell, false)),
        Some(Down::Batch(_)) => Err(again("a batch before the welcome")),
        None => Err(again("no welcome")),
    }
}

fn dismissed(farewell: Farewell, served: bool) -> End {
    let Farewell { reason, message } = farewell;
    match Goodbye::try_from(reason) {
        Ok(Goodbye::Finished) => End::Finished,
        Ok(Goodbye::EngineMismatch) => Trouble::Dismissed(message).into(),
        Ok(Goodbye::Protocol) => End::Broke(message),
        Ok(Goodbye::Leaving) => End::Again { why: "the coordinator leaves".to_owned(), served },
        Ok(Goodbye::Unspecified) | Err(_) => {
            End::Again { why: format!("farewell {reason}: {message}"), served }
        }
    }
}

fn lost(why: &str) -> End {
    End::Again { why: why.to_owned(), served: true }
}

fn broken(status: Status) -> End {
    again(format!("{}: {}", status.code(), status.message()))
}

async fn send(outgoing: &Outgoing, message: Up) -> Result<(), End> {
    outgoing.send(message).await.map_err(|_| again("the stream has ended"))
}

/// What `future` gives, unless it takes too long for a greeting or this process is asked to leave.
async fn within<T>(worker: &Worker, silence: &str, future: impl Future<Output = T>) -> Result<T, End> {
    tokio::select! {
        biased;
        () = worker.shell.stop.asked() => Err(End::Stopped),
        done = timeout(GREETING, future) => done.map_err(|_| again(silence)),
    }
}

async fn raised(alarm: &mut watch::Receiver<Option<Arc<Trouble>>>) -> Arc<Trouble> {
    match alarm.wait_for(Option::is_some).await.map(|trouble| trouble.clone()) {
        Ok(Some(trouble)) => trouble,
        // The bench is gone, which only this session could do.
        _ => std::future::pending().await,
    }
}

impl Worker {
    fn hello(&self) -> Hello {
        Hello {
            engine: ENGINE,
            slots: self.site.slots as u32,
            name: self.name.clone(),
            memory_limit_bytes: self.site.memory.now().limit.unwrap_or(0),
        }
    }
}
