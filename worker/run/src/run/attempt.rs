//! One attempt at a piece of work: a panic is caught, a time limit is kept, and it ends at once when the process wants
//! to leave.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use galapagos_engine::interrupt::{Interrupt, Interrupted};

use super::evaluator::Exception;
use super::watchdog::Deadline;

/// How an attempt ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Attempt<T> {
    /// With what it was asked for.
    Done(T),
    /// Without, and it would be worth another try.
    Failed(Exception),
    /// It was asked to stop: nothing is known.
    Stopped,
}

/// Does `work` within `seconds` times `share`. It sees the end of its time, and any flag of `stop`, in what it is given.
///
/// What it changes by reference must not matter after a panic.
pub(super) fn attempt<T>(
    seconds: u32,
    share: u32,
    stop: &[&AtomicBool],
    work: impl FnOnce(Interrupt<'_>) -> Result<T, Interrupted>,
) -> Attempt<T> {
    let deadline = Deadline::after(Duration::from_secs(u64::from(seconds) * u64::from(share)));
    let flags: Vec<&AtomicBool> = stop.iter().copied().chain([deadline.passed()]).collect();
    match catch_unwind(AssertUnwindSafe(|| work(Interrupt::any(&flags)))) {
        Ok(Ok(done)) => Attempt::Done(done),
        Ok(Err(Interrupted)) if Interrupt::any(stop).is_asked() => Attempt::Stopped,
        Ok(Err(Interrupted)) => Attempt::Failed(Exception::TimedOut { seconds }),
        Err(payload) => Attempt::Failed(Exception::Panicked(message(payload.as_ref()))),
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;
    use std::thread;
    use std::time::Instant;

    use super::*;

    /// Work that ends only when it is told to.
    fn endless(interrupt: Interrupt<'_>) -> Result<(), Interrupted> {
        loop {
            interrupt.check()?;
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn work_that_takes_too_long_is_timed_out() {
        let began = Instant::now();
        let ended = attempt(1, 1, &[], endless);
        assert_eq!(ended, Attempt::Failed(Exception::TimedOut { seconds: 1 }));
        assert!(began.elapsed() >= Duration::from_secs(1));
    }

    #[test]
    fn work_ends_at_once_when_the_process_leaves() {
        let (stop, began) = (AtomicBool::new(false), Instant::now());
        let ended = thread::scope(|scope| {
            let working = scope.spawn(|| attempt(3600, 1, &[&stop], endless));
            stop.store(true, Ordering::Relaxed);
            working.join().unwrap()
        });
        assert_eq!(ended, Attempt::Stopped);
        assert!(began.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn a_panic_is_an_exception_with_its_message() {
        let text: Attempt<()> = attempt(60, 1, &[], |_| panic!("a word"));
        assert_eq!(text, Attempt::Failed(Exception::Panicked("a word".to_owned())));
        let made: Attempt<()> = attempt(60, 1, &[], |_| panic!("{} words", 2));
        assert_eq!(made, Attempt::Failed(Exception::Panicked("2 words".to_owned())));
    }

    #[test]
    fn work_that_is_done_counts_even_if_a_flag_rose_meanwhile() {
        let stop = AtomicBool::new(false);
        let ended = attempt(60, 1, &[&stop], |_| {
            stop.store(true, Ordering::Relaxed);
            Ok(7)
        });
        assert_eq!(ended, Attempt::Done(7));
    }
}
