//! The bound on the size of a status.

use galapagos_crds::EvolutionJobStatus;

/// Bytes of a status as JSON: with a hundred jobs and their watchers, this times 100 times the writes is what the API
/// server carries.
pub const LIMIT: usize = 16 * 1024;
/// Characters of a name that others chose: a bound of names in the spec.
pub(super) const MAX_NAME: usize = 63;
/// Bytes of a condition's message when nothing else helps.
const SHORT_MESSAGE: usize = 256;

/// The status with less in it, if it is too large: first without the oldest generations, then without the points of
/// the front, then without metrics, then without the genome, last with short messages.
pub(super) fn fit(mut status: EvolutionJobStatus) -> EvolutionJobStatus {
    while size(&status) > LIMIT && !status.history.is_empty() {
        status.history.remove(0);
    }
    if size(&status) > LIMIT
        && let Some(front) = &mut status.front
    {
        front.points.clear();
    }
    if size(&status) > LIMIT
        && let Some(best) = &mut status.best
    {
        best.holdout = None;
        best.metrics.clear();
    }
    if size(&status) > LIMIT
        && let Some(best) = &mut status.best
    {
        best.genome.clear();
    }
    if size(&status) > LIMIT {
        for condition in &mut status.conditions {
            condition.message = shorten(&condition.message, SHORT_MESSAGE);
        }
    }
    status
}

fn size(status: &EvolutionJobStatus) -> usize {
    // Cannot fail: every number is finite and every key a text.
    serde_json::to_vec(status).map_or(0, |json| json.len())
}

/// The beginning of a text within `limit` bytes of JSON, on one line.
pub(super) fn shorten(text: &str, limit: usize) -> String {
    // A line break or a quote would be two bytes and more.
    let plain = text.chars().map(|c| match c {
        c if c.is_control() => ' ',
        '"' | '\\' => '\'',
        c => c,
    });
    let mut short = String::new();
    for c in plain {
        if short.len() + c.len_utf8() > limit {
            let kept = short.trim_end().len().min(limit.saturating_sub(4));
            let kept = (0..=kept).rev().find(|&at| short.is_char_boundary(at)).unwrap_or(0);
            short.truncate(kept);
            short.push_str(" ...");
            return short;
        }
        short.push(c);
    }
    short.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_a_character_and_says_so() {
        assert_eq!(shorten("all of it", 20), "all of it");
        assert_eq!(shorten("a\n\"b\"\\c", 20), "a 'b''c");
        for limit in 4..40 {
            let short = shorten(&"é".repeat(40), limit);
            assert!(short.len() <= limit && short.ends_with("..."), "{limit}: {short}");
        }
    }
}
