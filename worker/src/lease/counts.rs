//! What happened to leases and results since the coordinator began.

/// Counters that only rise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Leases granted, copies included.
    pub granted: u64,
    /// Of these, second copies of slow batches.
    pub copied: u64,
    /// Leases whose last answer came in time.
    pub finished: u64,
    /// Leases given back by workers that leave.
    pub handed_back: u64,
    /// Leases that ended with the loss of their worker.
    pub lost: u64,
    /// Leases that ended at their deadline.
    pub expired: u64,
    /// Results that came after the end of their lease, too late to be of use.
    pub late: u64,
    /// Results that were there already: of a second copy, or delivered twice.
    pub duplicate: u64,
    /// Results of another epoch, of an unknown lease, or of an individual that is not in the lease.
    pub stale: u64,
    /// Individuals queued again after a failed attempt of their own.
    pub retried: u64,
    /// Individuals that no attempt could evaluate.
    pub quarantined: u64,
}
