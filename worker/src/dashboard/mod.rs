//! Serves the page about a run, to people on this machine: on a cluster through `kubectl port-forward`, which arrives at the
//! loopback address of the pod. It answers questions and takes none of its own: GET and HEAD, no body, no state.
//!
//! It has a thread of its own, and what it reads lies behind locks that are held for moments: however many people look, and
//! however slowly, the run does not wait for them.

mod pages;
pub mod timeline_file;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use galapagos_protocol::transport::{Connections, serve_http_until};
use galapagos_run::dashboard::board::Dashboard;
use galapagos_run::dashboard::page::{TIMELINE, VIEW};
use tokio::sync::watch;

use pages::Pages;

/// Port of the page unless another is asked for.
pub const PORT: u16 = 7402;
/// How long the end waits for those who look to have seen it.
const FAREWELL: Duration = Duration::from_secs(3);
/// Who has not asked for so long does not look any more.
const LOOKING: Duration = Duration::from_secs(6);

/// Individuals that no worker holds, where that is known.
pub type Queued = Arc<dyn Fn() -> Option<u64> + Send + Sync>;

/// An address that is listened on; nobody is answered yet.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

impl Bound {
    /// Listens there; port 0: any.
    ///
    /// # Errors
    /// The address is taken or not of this machine.
    pub fn new(address: SocketAddr) -> std::io::Result<Bound> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Bound { listener, address })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers from now on.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn serve(self, dashboard: Arc<Dashboard>, queued: Queued) -> anyhow::Result<Server> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.context("the runtime of the page cannot be started")?;
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(self.listener).context("the page cannot be served")?
        };
        let pages = Pages::new(dashboard, queued);
        let (leave, mut left) = watch::channel(false);
        let router = pages.clone().router();
        let serving = std::thread::Builder::new().name("page".to_owned()).spawn(move || {
            let leaving = async move {
                // The sender goes last, or says it.
                let _ = left.wait_for(|left| *left).await;
            };
            runtime.block_on(serve_http_until(listener, router, Connections::Kept, leaving));
        });
        let serving = serving.context("the thread of the page cannot be started")?;
        Ok(Server { address: self.address, pages, leave, serving: Some(serving) })
    }
}

/// A page that is served; it goes when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    pages: Pages,
    leave: watch::Sender<bool>,
    serving: Option<JoinHandle<()>>,
}

impl Server {
    /// What to open in a browser.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Waits until those who look have seen how it ended, for three seconds at most; nobody: not at all.
    pub fn farewell(&self) {
        let begun = Instant::now();
        while begun.elapsed() < FAREWELL && self.pages.is_watched(LOOKING) && !self.pages.has_told_the_end() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Server {
    /// Answers nobody any more, and does not wait for those who are read slowly: the end of the process cuts them off.
    pub fn abandon(mut self) {
        self.leave.send_replace(true);
        self.serving.take();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.leave.send_replace(true);
        if let Some(serving) = self.serving.take() {
            // A thread that panicked has said so.
            let _ = serving.join();
        }
    }
}

/// The pages that are served, for who is told of others.
pub fn all() -> String {
    format!("/, {VIEW} and {TIMELINE}")
}
