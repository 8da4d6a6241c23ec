//! A TCP proxy between workers and coordinator that does what networks do: delay, stall, fall silent without closing,
//! reset, break off in the middle. Its listening address stays while the target changes, as a Service's does.
//!
//! TCP repeats what is lost, so loss shows as a stall. A silent direction is not read at all: the sender's buffers
//! fill, nobody is told, and no end of the connection gets through either.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::random::Random;

/// Bytes of one step: a TLS record.
const CHUNK: usize = 16 * 1024;
/// Steps under way in one direction; with the chunk, the capacity of the line.
const LINE: usize = 64;

/// The state of the network. Changes hold at once for open connections too.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Of every step, each way.
    pub delay: Duration,
    /// Added to the delay, up to this.
    pub jitter: Duration,
    /// Probability that a step is lost, and how long the repetition takes.
    pub loss: (f64, Duration),
    /// Nothing goes from the workers to the coordinator.
    pub silent_up: bool,
    /// Nothing goes from the coordinator to the workers.
    pub silent_down: bool,
    /// New connections are reset.
    pub refuse: bool,
    /// A connection is reset after so many bytes of both directions together.
    pub cut_after: Option<u64>,
}

impl Network {
    /// Nothing is wrong.
    pub const FINE: Network = Network {
        delay: Duration::ZERO,
        jitter: Duration::ZERO,
        loss: (0.0, Duration::ZERO),
        silent_up: false,
        silent_down: false,
        refuse: false,
        cut_after: None,
    };

    /// Half-open: no direction works and nobody is told.
    pub const SILENT: Network = Network { silent_up: true, silent_down: true, ..Network::FINE };
}

/// What the connections look at.
#[derive(Clone)]
struct Line {
    network: watch::Receiver<Network>,
    /// Rises when all connections are to be reset.
    resets: watch::Receiver<u64>,
    target: watch::Receiver<Option<SocketAddr>>,
    random: Arc<Mutex<Random>>,
}

/// A running proxy. Dropped, it closes everything.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    network: watch::Sender<Network>,
    resets: watch::Sender<u64>,
    target: watch::Sender<Option<SocketAddr>>,
    _runtime: tokio::runtime::Runtime,
}

impl Proxy {
    /// Listens on a free port of the loopback; without a target, connections are reset.
    pub fn start(seed: u64) -> Proxy {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (network, network_seen) = watch::channel(Network::FINE);
        let (resets, resets_seen) = watch::channel(0);
        let (target, target_seen) = watch::channel(None);
        let random = Arc::new(Mutex::new(Random::new(seed)));
        let line = Line { network: network_seen, resets: resets_seen, target: target_seen, random };
        runtime.spawn(accept(listener, line));
        Proxy { address, network, resets, target, _runtime: runtime }
    }

    /// Where workers connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends new connections there.
    pub fn set_target(&self, target: SocketAddr) {
        self.target.send_replace(Some(target));
    }

    /// Changes the network.
    pub fn set(&self, network: Network) {
        self.network.send_replace(network);
    }

    /// Resets all open connections.
    pub fn reset_all(&self) {
        self.resets.send_modify(|n| *n += 1);
    }
}

async fn accept(listener: TcpListener, line: Line) {
    loop {
        let Ok((near, _)) = listener.accept().await else { continue };
        let target = *line.target.borrow();
        match target {
            Some(target) if !line.network.borrow().refuse => {
                tokio::spawn(connection(near, target, line.clone()));
            }
            _ => reset(near),
        }
    }
}

fn reset(stream: TcpStream) {
    // A failure means that the peer was faster.
    let _ = stream.set_zero_linger();
}

async fn connection(mut near: TcpStream, target: SocketAddr, mut line: Line) {
    line.resets.mark_unchanged();
    let Ok(mut far) = TcpStream::connect(target).await else { return reset(near) };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let carried = watch::channel(0u64).0;
    let orderly = {
        let ((near_in, near_out), (far_in, far_out)) = (near.split(), far.split());
        let mut resets = line.resets.clone();
        tokio::select! {
            _ = async {
                tokio::join!(
                    direction(near_in, far_out, &line, &carried, |n| n.silent_up),
                    direction(far_in, near_out, &line, &carried, |n| n.silent_down),
                )
            } => true,
            _ = resets.changed() => false,
            () = too_much(&line, &carried) => false,
        }
    };
    if !orderly {
        reset(near);
        reset(far);
    }
}

/// Returns when a connection has carried more than the network allows.
async fn too_much(line: &Line, carried: &watch::Sender<u64>) {
    let (mut network, mut carried) = (line.network.clone(), carried.subscribe());
    loop {
        let limit = network.borrow_and_update().cut_after;
        if limit.is_some_and(|limit| *carried.borrow_and_update() >= limit) {
            return;
        }
        tokio::select! {
            changed = network.changed() => if changed.is_err() { return },
            changed = carried.changed() => if changed.is_err() { return },
        }
    }
}

/// Carries one direction to its end, at the pace of the network.
async fn direction(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    line: &Line,
    carried: &watch::Sender<u64>,
    silent: fn(&Network) -> bool,
) {
    let (sender, mut receiver) = mpsc::channel::<(Instant, Vec<u8>)>(LINE);
    let read = async move {
        let mut buffer = vec![0; CHUNK];
        let mut arrival = Instant::now();
        loop {
            line.until_not(silent).await;
            let count = from.read(&mut buffer).await.unwrap_or(0);
            // What a lost step holds back holds back what follows: TCP keeps the order.
            arrival = arrival.max(Instant::now() + line.pause());
            if count == 0 || sender.send((arrival, buffer[..count].to_vec())).await.is_err() {
                return;
            }
        }
    };
    let write = async move {
        while let Some((arrival, bytes)) = receiver.recv().await {
            tokio::time::sleep_until(arrival).await;
            line.until_not(silent).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
            carried.send_modify(|n| *n += bytes.len() as u64);
        }
        line.until_not(silent).await;
        let _ = to.shutdown().await;
    };
    tokio::join!(read, write);
}

impl Line {
    /// Waits until a direction is not silent.
    async fn until_not(&self, silent: fn(&Network) -> bool) {
        let mut network = self.network.clone();
        // An error means that the proxy is being dropped.
        let _ = network.wait_for(|n| !silent(n)).await;
    }

    /// How long the next step takes.
    fn pause(&self) -> Duration {
        let network = self.network.borrow();
        let mut random = self.random.lock().unwrap();
        let (probability, repetition) = network.loss;
        let lost = if random.chance(probability) { repetition } else { Duration::ZERO };
        network.delay + random.duration(network.jitter) + lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{ErrorKind, Read, Write};
    use std::net::{TcpListener, TcpStream};

    const SHORT: Duration = Duration::from_millis(100);

    /// A proxy with one connection through it: the client's end and the server's.
    fn connected() -> (Proxy, TcpStream, TcpStream) {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Proxy::start(1);
        proxy.set_target(server.local_addr().unwrap());
        let near = TcpStream::connect(proxy.address()).unwrap();
        let (far, _) = server.accept().unwrap();
        for stream in [&near, &far] {
            stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        }
        (proxy, near, far)
    }

    fn arrives(from: &mut TcpStream, to: &mut TcpStream, text: &[u8]) {
        from.write_all(text).unwrap();
        let mut got = vec![0; text.len()];
        to.read_exact(&mut got).unwrap();
        assert_eq!(got, text);
    }

    #[test]
    fn bytes_and_ends_go_both_ways() {
        let (_proxy, mut near, mut far) = connected();
        arrives(&mut near, &mut far, b"up");
        arrives(&mut far, &mut near, b"down");
        near.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(far.read(&mut [0; 8]).unwrap(), 0);
        arrives(&mut far, &mut near, b"still down");
    }

    #[test]
    fn a_silent_direction_keeps_what_it_has_for_later() {
        let (proxy, mut near, mut far) = connected();
        arrives(&mut near, &mut far, b"first");
        proxy.set(Network { silent_up: true, ..Network::FINE });
        near.write_all(b"late").unwrap();
        far.set_read_timeout(Some(SHORT)).unwrap();
        assert_eq!(far.read(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
        arrives(&mut far, &mut near, b"down");
        proxy.set(Network::FINE);
        far.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut got = [0; 4];
        far.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"late");
    }

    #[test]
    fn a_reset_is_seen_as_one_on_both_sides() {
        let (proxy, mut near, mut far) = connected();
        arrives(&mut near, &mut far, b"a");
        proxy.reset_all();
        for stream in [&mut near, &mut far] {
            assert_eq!(stream.read(&mut [0; 8]).unwrap_err().kind(), ErrorKind::ConnectionReset);
        }
    }

    #[test]
    fn a_cut_comes_after_so_many_bytes() {
        let (proxy, mut near, mut far) = connected();
        proxy.set(Network { cut_after: Some(6), ..Network::FINE });
        arrives(&mut near, &mut far, b"12345");
        near.write_all(b"6").unwrap();
        assert_eq!(near.read(&mut [0; 8]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    }

    #[test]
    fn a_delay_is_kept_and_the_order_too() {
        let (proxy, mut near, mut far) = connected();
        proxy.set(Network { delay: SHORT, jitter: SHORT, ..Network::FINE });
        let began = std::time::Instant::now();
        near.write_all(b"one").unwrap();
        std::thread::sleep(Duration::from_millis(10));
        near.write_all(b"two").unwrap();
        let mut got = [0; 6];
        far.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"onetwo");
        assert!(began.elapsed() >= SHORT);
    }

    #[test]
    fn without_a_target_or_refused_a_connection_is_reset() {
        let proxy = Proxy::start(1);
        let mut near = TcpStream::connect(proxy.address()).unwrap();
        near.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        assert!(near.read(&mut [0; 8]).is_err());
    }
}
