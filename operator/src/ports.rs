//! Ports of the processes of a job. Pods, Services and network policies name the same.

/// Port on which a coordinator hands out work.
pub const WORK_PORT: u16 = 7400;
/// Port on which a coordinator tells the operator of its progress.
pub const PROGRESS_PORT: u16 = 7401;
/// Port of the page about a job, at the loopback address of its coordinator's pod: no Service, policy or peer has it.
pub const UI_PORT: u16 = 7402;
/// Port of probes and metrics.
pub const HTTP_PORT: u16 = 8080;
/// The same of the worker in the coordinator's pod, which shares its network.
pub const LOCAL_HTTP_PORT: u16 = 8081;
