//! Numbers of the wire. docs/protocol.md lists them.

use std::time::Duration;

/// Largest message in bytes, either way. A sender refuses a larger one itself.
pub const MAX_MESSAGE: usize = 4 * 1024 * 1024;

/// Default port of the service Work.
pub const WORK_PORT: u16 = 7400;
/// Default port of the service Progress.
pub const PROGRESS_PORT: u16 = 7401;
/// Default port of probes and metrics (plain HTTP).
pub const HTTP_PORT: u16 = 8080;

/// A ping is sent after this silence ...
pub const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(5);
/// ... and the connection is given up when it is not answered within this time. Together: a lost peer is noticed
/// within 10 s, so its work is queued again within 15 s.
pub const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// A server gives a new connection this long for its handshake.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Handshakes that a server has open at once.
pub const MAX_HANDSHAKES: usize = 128;
/// When all of them are taken, the oldest gives way to the next connection, once it has had this long. An honest
/// handshake takes milliseconds.
pub const HANDSHAKE_GRACE: Duration = Duration::from_secs(1);

/// Streams that a client may have open on one connection; a process needs one.
pub const MAX_STREAMS: u32 = 8;
/// Bytes of headers of one request.
pub const MAX_HEADERS: u32 = 8 * 1024;
/// Bytes under way on one stream before the sender waits: what a slow reader costs at most, per stream.
pub const STREAM_WINDOW: u32 = 1024 * 1024;
/// The same for one connection.
pub const CONNECTION_WINDOW: u32 = 2 * 1024 * 1024;

/// The same of a stream of progress, which carries reports alone ...
pub const PROGRESS_STREAM_WINDOW: u32 = 128 * 1024;
/// ... and of its connection.
pub const PROGRESS_CONNECTION_WINDOW: u32 = 256 * 1024;

/// How long to wait after the system refused to accept a connection, which is for lack of file descriptors or memory.
pub(super) const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Connections for probes and metrics that a process has open at once.
pub const HTTP_CONNECTIONS: usize = 256;
/// When all of them are taken, the oldest gives way to the next connection, once it has had this long. Those who wait in
/// the listener's queue, 1,024 at most, are before a probe: all of them together must take less than its time-out.
pub const HTTP_GRACE: Duration = Duration::from_millis(100);
/// Time for the head of a request ...
pub const HTTP_REQUEST: Duration = Duration::from_secs(5);
/// ... and for the whole of it and its answer.
pub const HTTP_WHOLE: Duration = Duration::from_secs(30);
/// How long a connection that carries many requests lasts; then its client connects anew, perhaps to another replica.
pub const HTTP_LONGEST: Duration = Duration::from_secs(120);
/// Time for the requests that are under way when the server leaves.
pub const HTTP_LEAVE: Duration = Duration::from_secs(5);
/// Bytes of a request's head.
pub const HTTP_HEADERS: usize = 16 * 1024;
