//! The upward half of a stream: a bounded queue that slots and session write to, and that can be cut off at any time,
//! so that no slot waits for a network that has gone silent.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures::Stream;
use galapagos_protocol::work::WorkerMessage;
use galapagos_protocol::work::worker_message::Message;
use tokio::sync::mpsc;

/// Nobody reads any more: the stream has ended.
#[derive(Debug)]
pub(super) struct StreamEnded;

/// Writes to a stream. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    queue: mpsc::Sender<Option<WorkerMessage>>,
    shared: Arc<Shared>,
}

/// What tonic reads from.
#[derive(Debug)]
pub(super) struct Upward(Arc<Shared>);

#[derive(Debug)]
struct Shared(Mutex<Receiving>);

#[derive(Debug)]
struct Receiving {
    queue: Option<mpsc::Receiver<Option<WorkerMessage>>>,
    reader: Option<Waker>,
}

/// A stream upward with room for `most` messages that nobody has read yet.
pub(super) fn channel(most: usize) -> (Outgoing, Upward) {
    let (queue, receiver) = mpsc::channel(most);
    let shared = Arc::new(Shared(Mutex::new(Receiving { queue: Some(receiver), reader: None })));
    (Outgoing { queue, shared: Arc::clone(&shared) }, Upward(shared))
}

impl Outgoing {
    /// Writes a message, waiting for room.
    pub async fn send(&self, message: Message) -> Result<(), StreamEnded> {
        self.queue.send(Some(WorkerMessage { message: Some(message) })).await.map_err(|_| StreamEnded)
    }

    /// The same from a thread outside of the runtime.
    pub fn send_from_slot(&self, message: Message) -> Result<(), StreamEnded> {
        self.queue.blocking_send(Some(WorkerMessage { message: Some(message) })).map_err(|_| StreamEnded)
    }

    /// Ends the stream after what was written so far.
    pub async fn finish(&self) -> Result<(), StreamEnded> {
        self.queue.send(None).await.map_err(|_| StreamEnded)
    }

    /// Ends the stream now. What nobody has read is lost, and whoever waits for room goes on.
    pub fn cut(&self) {
        let mut end = self.shared.end();
        end.queue = None;
        let reader = end.reader.take();
        drop(end);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl Shared {
    fn end(&self) -> MutexGuard<'_, Receiving> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream for Upward {
    type Item = WorkerMessage;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<WorkerMessage>> {
        let mut end = self.0.end();
        let Some(queue) = &mut end.queue else { return Poll::Ready(None) };
        match queue.poll_recv(context) {
            Poll::Ready(Some(Some(message))) => Poll::Ready(Some(message)),
            Poll::Ready(Some(None) | None) => {
                end.queue = None;
                Poll::Ready(None)
            }
            Poll::Pending => {
                end.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Upward {
    // The connection is gone: nobody may wait for room any more.
    fn drop(&mut self) {
        self.0.end().queue = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::StreamExt;
    use galapagos_protocol::work::HandBack;

    fn message(lease: u64) -> Message {
        Message::HandBack(HandBack { lease, epoch: 1 })
    }

    #[tokio::test]
    async fn a_finished_stream_ends_after_what_was_written() {
        let (outgoing, mut upward) = channel(4);
        outgoing.send(message(1)).await.unwrap();
        outgoing.finish().await.unwrap();
        assert_eq!(upward.next().await.unwrap().message, Some(message(1)));
        assert!(upward.next().await.is_none());
        assert!(outgoing.send(message(2)).await.is_err());
    }

    #[tokio::test]
    async fn a_cut_stream_frees_whoever_waits_at_either_end() {
        let (outgoing, mut upward) = channel(1);
        let reader = tokio::spawn(async move { upward.next().await });
        tokio::task::yield_now().await;
        outgoing.cut();
        assert!(reader.await.unwrap().is_none());

        let (outgoing, _upward) = channel(1);
        outgoing.send(message(1)).await.unwrap();
        let slot = outgoing.clone();
        let blocked = tokio::task::spawn_blocking(move || slot.send_from_slot(message(2)));
        outgoing.cut();
        assert!(blocked.await.unwrap().is_err());
    }
}
