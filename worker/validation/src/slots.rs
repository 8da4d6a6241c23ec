//! Work in equal parts on several threads, with results in the order of the parts.

use std::ops::Range;

/// `work` of each of at most `slots` ranges that make up 0..count, in their order; on as many threads as there are
/// ranges. What a range gives must not depend on where ranges begin.
pub(crate) fn in_parts<R: Send>(
    count: usize,
    slots: usize,
    work: impl Fn(Range<usize>) -> R + Sync,
) -> Vec<R> {
    let parts = slots.clamp(1, 1_024).min(count.max(1));
    let range = |i: usize| i * count / parts..(i + 1) * count / parts;
    if parts == 1 {
        return vec![work(0..count)];
    }
    let work = &work;
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..parts).map(|i| scope.spawn(move || work(range(i)))).collect();
        let joined = running.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined.map(|part| part.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_up_the_whole_in_order() {
        for (count, slots) in [(0, 3), (1, 0), (7, 3), (7, 100), (1_000, 8)] {
            let all: Vec<usize> = in_parts(count, slots, |range| range.collect::<Vec<_>>()).concat();
            assert_eq!(all, (0..count).collect::<Vec<_>>());
        }
    }
}
