//! What goes up a stream: `Desired` first and at every change, and the acknowledgement of the final report.

use futures::{Stream, stream};
use galapagos_protocol::progress::{Acknowledge, Desired, Request, request};
use tokio::sync::{oneshot, watch};

use super::Wish;

/// The requests of one connection. Wishes are looked at when the connection has room: a slow one gets the newest wish,
/// not a queue of them. They end when the other end of `open` is dropped: a connection is not closed before its requests
/// have ended, even if nobody listens to the answers any more.
pub(super) fn requests(
    wish: watch::Receiver<Wish>,
    open: oneshot::Receiver<()>,
) -> impl Stream<Item = Request> + Send + 'static {
    stream::unfold(Sent { wish, open, desired: None, acknowledged: None }, |mut sent| async move {
        let request = sent.next().await?;
        Some((Request { request: Some(request) }, sent))
    })
}

struct Sent {
    wish: watch::Receiver<Wish>,
    open: oneshot::Receiver<()>,
    desired: Option<Desired>,
    acknowledged: Option<u64>,
}

impl Sent {
    async fn next(&mut self) -> Option<request::Request> {
        loop {
            {
                let wish = self.wish.borrow_and_update();
                if self.desired.as_ref() != Some(&wish.desired) {
                    let desired = self.desired.insert(wish.desired.clone()).clone();
                    return Some(request::Request::Desired(desired));
                }
                if let Some(sequence) = wish.acknowledged
                    && self.acknowledged < wish.acknowledged
                {
                    self.acknowledged = wish.acknowledged;
                    return Some(request::Request::Acknowledge(Acknowledge { sequence }));
                }
            }
            tokio::select! {
                changed = self.wish.changed() => changed.ok()?,
                _ = &mut self.open => return None,
            }
        }
    }
}
