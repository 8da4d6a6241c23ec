//! What an individual is worth, as a message: metrics by their numbers, sums as exact integers.

use galapagos_engine::evaluation::{BLOCKS, BlockSum, Evaluation, Metric, Metrics, Reason};
use galapagos_protocol::work;

use super::{WireError, array};

/// The message of an evaluation.
pub fn to_wire(evaluation: &Evaluation) -> work::Evaluation {
    let Evaluation { metrics, reason, returns, s1, s2, blocks, open_position } = evaluation;
    // A failed individual has no block sums: 256 bytes of zeros need not travel.
    let blocks = if blocks.iter().all(|b| *b == BlockSum::default()) { &[][..] } else { &blocks[..] };
    work::Evaluation {
        metrics_present: u64::from(metrics.known().0),
        metrics: Metric::ALL.into_iter().filter_map(|m| metrics.extended(m)).collect(),
        reason: reason.map_or(0, |r| r as u32),
        returns: *returns,
        s1: s1.to_le_bytes().to_vec(),
        s2: s2.to_le_bytes().to_vec(),
        block_s1: blocks.iter().map(|b| b.s1).collect(),
        block_s2: blocks.iter().map(|b| b.s2).collect(),
        open_position: *open_position,
    }
}

/// The evaluation of a message, the same to the bit as the one that was sent.
///
/// # Errors
/// [`WireError`] for anything that [`to_wire`] cannot have made.
pub fn from_wire(message: &work::Evaluation) -> Result<Evaluation, WireError> {
    let reason = match message.reason {
        0 => None,
        n => {
            let known = u8::try_from(n).ok().and_then(Reason::from_number);
            Some(known.ok_or(WireError::Unknown { field: "reason", found: u64::from(n) })?)
        }
    };
    let blocks = blocks(message)?;
    if reason.is_some_and(Reason::is_failed) && blocks.iter().any(|b| *b != BlockSum::default()) {
        return Err(WireError::Contradiction { problem: "a failed individual has block sums" });
    }
    Ok(Evaluation {
        metrics: metrics(message)?,
        reason,
        returns: message.returns,
        s1: i128::from_le_bytes(array("s1", &message.s1)?),
        s2: i128::from_le_bytes(array("s2", &message.s2)?),
        blocks,
        open_position: message.open_position,
    })
}

fn metrics(message: &work::Evaluation) -> Result<Metrics, WireError> {
    let present = message.metrics_present;
    if present >> Metric::ALL.len() != 0 {
        return Err(WireError::Unknown { field: "metrics_present", found: present });
    }
    let (found, expected) = (message.metrics.len(), present.count_ones() as usize);
    if found != expected {
        return Err(WireError::Length { field: "metrics", found, expected });
    }
    let mut metrics = Metrics::NONE;
    let numbers = Metric::ALL.into_iter().filter(|&m| present >> m as u8 & 1 == 1);
    for (metric, &value) in numbers.zip(&message.metrics) {
        // `Metrics::set` would quietly drop the one and turn the other: what was sent is what is read, or nothing.
        metrics.set(metric, Some(value));
        if metrics.extended(metric).map(f64::to_bits) != Some(value.to_bits()) {
            return Err(WireError::Metric { metric: metric.name(), bits: value.to_bits() });
        }
    }
    Ok(metrics)
}

fn blocks(message: &work::Evaluation) -> Result<[BlockSum; BLOCKS], WireError> {
    let mut blocks = [BlockSum::default(); BLOCKS];
    let lengths = (message.block_s1.len(), message.block_s2.len());
    if lengths == (0, 0) {
        return Ok(blocks);
    }
    for (field, found) in [("block_s1", lengths.0), ("block_s2", lengths.1)] {
        if found != BLOCKS {
            return Err(WireError::Length { field, found, expected: BLOCKS });
        }
    }
    for (block, (&s1, &s2)) in blocks.iter_mut().zip(message.block_s1.iter().zip(&message.block_s2)) {
        *block = BlockSum { s1, s2 };
    }
    Ok(blocks)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::option::of;
    use proptest::prelude::*;

    /// Any evaluation at all, metrics and sums of any size.
    pub(crate) fn any_evaluation() -> impl Strategy<Value = Evaluation> {
        let metrics = vec(of(any::<f64>()), Metric::ALL.len());
        let blocks = vec(any::<(i64, i64)>(), BLOCKS);
        (metrics, 0u8..=5, any::<u64>(), any::<i128>(), any::<i128>(), blocks, any::<bool>()).prop_map(
            |(values, reason, returns, s1, s2, sums, open_position)| {
                let mut metrics = Metrics::NONE;
                Metric::ALL.into_iter().zip(values).for_each(|(m, v)| metrics.set(m, v));
                let reason = Reason::from_number(reason);
                let mut blocks = [BlockSum::default(); BLOCKS];
                if !reason.is_some_and(Reason::is_failed) {
                    blocks.iter_mut().zip(sums).for_each(|(b, (s1, s2))| *b = BlockSum { s1, s2 });
                }
                Evaluation { metrics, reason, returns, s1, s2, blocks, open_position }
            },
        )
    }

    /// Any message at all, as a hostile worker might send it.
    pub(crate) fn any_message() -> impl Strategy<Value = work::Evaluation> {
        let sums = || vec(any::<i64>(), 0..20);
        let parts = (any::<u64>(), vec(any::<f64>(), 0..24), any::<u32>(), any::<u64>());
        (parts, vec(any::<u8>(), 0..20), vec(any::<u8>(), 0..20), sums(), sums(), any::<bool>()).prop_map(
            |((metrics_present, metrics, reason, returns), s1, s2, block_s1, block_s2, open_position)| {
                work::Evaluation {
                    metrics_present,
                    metrics,
                    reason,
                    returns,
                    s1,
                    s2,
                    block_s1,
                    block_s2,
                    open_position,
                }
            },
        )
    }

    fn message() -> work::Evaluation {
        let mut metrics = Metrics::NONE;
        metrics.set(Metric::Sharpe, Some(-1.5));
        metrics.set(Metric::Trades, Some(3.0));
        metrics.set(Metric::ProfitFactor, Some(f64::INFINITY));
        let mut blocks = [BlockSum::default(); BLOCKS];
        blocks[15] = BlockSum { s1: -1, s2: i64::MAX };
        let (reason, returns, s1, s2) = (None, 9, -(1 << 90), i128::MAX);
        to_wire(&Evaluation { metrics, reason, returns, s1, s2, blocks, open_position: true })
    }

    #[test]
    fn what_no_evaluation_has_is_refused() {
        let spoilt = |change: fn(&mut work::Evaluation)| {
            let mut m = message();
            change(&mut m);
            from_wire(&m)
        };
        assert!(spoilt(|_| {}).is_ok());
        for value in [f64::NAN, -f64::NAN, f64::from_bits(0x7ff0_0000_0000_0001), f64::INFINITY, -0.0] {
            let mut m = message();
            m.metrics[1] = value;
            let expected = WireError::Metric { metric: "trades", bits: value.to_bits() };
            assert_eq!(from_wire(&m), Err(expected));
        }
        let changes: [fn(&mut work::Evaluation); 9] = [
            |m| m.metrics_present |= 1 << 19,
            |m| m.metrics_present |= 1 << 63,
            |m| m.metrics_present |= 1 << 4,
            |m| m.metrics.push(1.0),
            |m| m.reason = 6,
            |m| m.reason = 256 + 4,
            |m| m.s1.push(0),
            |m| m.s2.clear(),
            |m| m.block_s2.clear(),
        ];
        for (i, change) in changes.into_iter().enumerate() {
            assert!(spoilt(change).is_err(), "change {i}");
        }
        assert!(spoilt(|m| m.reason = Reason::Ruined as u32).is_err());
    }

    proptest! {
        #[test]
        fn an_evaluation_arrives_to_the_bit(evaluation in any_evaluation()) {
            prop_assert_eq!(from_wire(&to_wire(&evaluation)), Ok(evaluation));
        }

        #[test]
        fn any_message_is_an_evaluation_or_an_error(message in any_message()) {
            if let Ok(evaluation) = from_wire(&message) {
                prop_assert_eq!(from_wire(&to_wire(&evaluation)), Ok(evaluation));
            }
        }
    }
}
