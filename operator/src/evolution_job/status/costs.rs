//! What a job has cost.

use galapagos_crds::Decimal;
use galapagos_crds::status::{Cost, EvolutionJobStatus};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::life::{Counted, Life};

/// Digits after the point of an amount.
const DIGITS: u32 = 4;
const SECONDS_PER_HOUR: i64 = 3600;

/// Seconds of pods and their price. `heard`: the seconds of generations that the coordinator counted, which is less, but
/// says what was spent while no operator looked. Costs never fall: an attempt that starts from an earlier checkpoint has
/// not earned anything back.
pub(super) fn cost(
    before: &EvolutionJobStatus,
    ends: bool,
    lives: &[Life],
    heard: Option<f64>,
    price: Option<Decimal>,
    now: Timestamp,
) -> Option<Cost> {
    let known = before.cost.as_ref();
    let heard = heard.filter(|s| s.is_finite() && *s >= 0.0).map(|s| s.min(1e15) as i64);
    if known.is_none() && heard.is_none() && lives.is_empty() {
        return None;
    }
    let recorded = known.map_or(0, |cost| cost.worker_seconds);
    let until = known.and_then(|cost| cost.counted_until.as_ref()).map(|at| at.0);
    let counted = match until {
        Some(_) => Counted { seconds: recorded, until }.on(lives, now),
        // It ended before pods were counted, and of some of them nobody knows any more: it stays as it was told.
        None if ends && before.completion_time.is_some() => Counted { seconds: recorded, until },
        // What was told until now is of pods that are there.
        None => Counted::default().on(lives, now),
    };
    let worker_seconds = counted.seconds.max(recorded).max(heard.unwrap_or(0));
    let amount = price.and_then(|price| amount(worker_seconds, price));
    // A pool that is gone has no price; what was spent is spent.
    let amount = amount.or(known.and_then(|cost| cost.amount));
    Some(Cost { worker_seconds, amount, counted_until: counted.until.map(Time) })
}

fn amount(worker_seconds: i64, price: Decimal) -> Option<Decimal> {
    let exact =
        price.to_decimal().checked_mul(worker_seconds.into())?.checked_div(SECONDS_PER_HOUR.into())?;
    exact.round_dp(DIGITS).normalize().to_string().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Option<Decimal> {
        Some(text.parse().unwrap())
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + seconds).unwrap()
    }

    fn life(start: i64, end: Option<i64>) -> Life {
        Life { start: at(start), end: end.map(at) }
    }

    fn with(cost: Option<Cost>) -> EvolutionJobStatus {
        EvolutionJobStatus { cost, ..EvolutionJobStatus::default() }
    }

    /// Of a job of which only its coordinator tells.
    fn told(before: Option<&Cost>, heard: Option<f64>, price: Option<Decimal>) -> Option<Cost> {
        cost(&with(before.cloned()), false, &[], heard, price, at(0))
    }

    fn seconds(cost: Option<&Cost>) -> i64 {
        cost.unwrap().worker_seconds
    }

    #[test]
    fn an_amount_is_exact_to_four_digits() {
        let cost = |seconds, per_hour| told(None, Some(seconds), price(per_hour)).unwrap().amount.unwrap();
        assert_eq!(cost(3600.0, "0.04").to_string(), "0.04");
        assert_eq!(cost(30.9, "0.04").to_string(), "0.0003");
        assert_eq!(cost(0.0, "0.04").to_string(), "0");
        assert_eq!(cost(7200.0, "0").to_string(), "0");
    }

    #[test]
    fn costs_never_fall_and_outlive_the_price() {
        let before = told(None, Some(7200.0), price("1")).unwrap();
        let after = told(Some(&before), Some(10.0), None).unwrap();
        assert_eq!(after, before);
        assert_eq!(told(Some(&before), None, price("2")).unwrap().amount, price("4"));
    }

    #[test]
    fn what_is_no_number_costs_nothing() {
        for strange in [f64::NAN, f64::INFINITY, -1.0] {
            assert_eq!(told(None, Some(strange), price("1")), None);
        }
        assert_eq!(told(None, None, price("1")), None);
        let most = told(None, Some(f64::MAX), price("999999999999999")).unwrap();
        assert_eq!(most.amount, None, "more than a decimal can say");
    }

    #[test]
    fn pods_cost_and_not_the_generations_in_them() {
        let workers = [life(0, Some(50)), life(0, Some(50)), life(0, Some(50))];
        let found = cost(&with(None), false, &workers, Some(13.0), price("36"), at(60)).unwrap();
        assert_eq!(found.worker_seconds, 150);
        assert_eq!(found.amount, price("1.5"));
        assert_eq!(found.counted_until, Some(Time(at(50))));
        assert_eq!(
            seconds(cost(&with(None), false, &workers, Some(151.0), None, at(60)).as_ref()),
            151,
            "nobody looked"
        );
    }

    #[test]
    fn a_cost_of_an_operator_that_did_not_count_pods_goes_on_as_the_more_of_both() {
        let old = |worker_seconds| with(Some(Cost { worker_seconds, ..Cost::default() }));
        let pods = [life(0, None), life(0, Some(20))];
        let more = cost(&old(500), false, &pods, None, None, at(30)).unwrap();
        assert_eq!((more.worker_seconds, more.counted_until.clone()), (500, Some(Time(at(30)))));
        let less = cost(&old(13), false, &pods, None, None, at(30)).unwrap();
        assert_eq!(less.worker_seconds, 50);
        assert_eq!(seconds(cost(&with(Some(less)), false, &pods, None, None, at(40)).as_ref()), 60);
        let ended = EvolutionJobStatus { completion_time: Some(Time(at(20))), ..old(13) };
        assert_eq!(cost(&ended, true, &pods, None, None, at(30)), ended.cost, "its other pods are long gone");
        assert_eq!(seconds(cost(&ended, false, &pods, None, None, at(30)).as_ref()), 50, "it goes on");
    }
}
