//! What a champion wants after the last closed bar: the hand-over from a result to whoever trades it.
//!
//! The signal is the last decision of a back-test over all rows that are there: the account begins where that of the
//! training rows begins, and goes on through the holdout and whatever came after it. Nothing is decided twice: it is the
//! simulator that decides.

pub mod age;
pub mod chosen;
pub mod decide;
pub mod document;
pub mod error;
