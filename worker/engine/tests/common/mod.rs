//! What several integration tests share.

#![allow(dead_code, reason = "every test file compiles this module and uses a part of it")]

pub mod market;
