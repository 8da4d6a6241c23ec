//! Ending an evaluation early. The engine has no clock: who wants an end raises a flag, and loops look at it.
//!
//! Code that sees the wish returns at once with whatever it has. That means nothing, so the functions people call ask
//! again at their end and answer [`Interrupted`] instead: a flag that was seen must therefore stay up until they have
//! returned.

use std::sync::atomic::{AtomicBool, Ordering};

/// Rows between two looks where one row costs little.
pub(crate) const ROWS: usize = 512;
/// The same where a row looks back at a whole window.
pub(crate) const SLOW_ROWS: usize = 64;

/// The wish that an evaluation ends: any of these flags is up. They are only ever read.
#[derive(Clone, Copy, Debug)]
pub struct Interrupt<'a>(&'a [&'a AtomicBool]);

impl<'a> Interrupt<'a> {
    /// Nobody wants an end.
    pub const NEVER: Interrupt<'static> = Interrupt(&[]);

    /// An end is wanted once any of `flags` is up.
    pub fn any(flags: &'a [&'a AtomicBool]) -> Interrupt<'a> {
        Interrupt(flags)
    }

    /// Whether an end is wanted.
    #[inline]
    pub fn is_asked(self) -> bool {
        self.0.iter().any(|flag| flag.load(Ordering::Relaxed))
    }

    /// The same as a result.
    ///
    /// # Errors
    /// An end is wanted.
    pub fn check(self) -> Result<(), Interrupted> {
        if self.is_asked() { Err(Interrupted) } else { Ok(()) }
    }
}

/// An evaluation was ended before it had a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the evaluation was interrupted")
    }
}

impl std::error::Error for Interrupted {}
