//! The role worker against a coordinator that does what each test says, over the real transport.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

#[path = "../../run/tests/common/mod.rs"]
mod common;
mod coordinator;
mod data;
mod leaving;
mod windows;
mod working;
