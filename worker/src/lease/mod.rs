//! Who evaluates what next: the coordinator's book of leases. Pure: no clock, no I/O.
