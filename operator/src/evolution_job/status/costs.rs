//! What a job has cost.

use galapagos_crds::Decimal;
use galapagos_crds::status::Cost;

/// Digits after the point of an amount.
const DIGITS: u32 = 4;
const SECONDS_PER_HOUR: i64 = 3600;

/// Worker-seconds and their price. Costs never fall: an attempt that starts from an earlier checkpoint has not earned
/// anything back.
pub(super) fn cost(
    before: Option<&Cost>,
    worker_seconds: Option<f64>,
    price: Option<Decimal>,
) -> Option<Cost> {
    let heard = worker_seconds.filter(|s| s.is_finite() && *s >= 0.0).map(|s| s.min(1e15) as i64);
    let worker_seconds = heard.max(before.map(|cost| cost.worker_seconds))?;
    let amount = price.and_then(|price| amount(worker_seconds, price));
    // A pool that is gone has no price; what was spent is spent.
    let amount = amount.or(before.and_then(|cost| cost.amount));
    Some(Cost { worker_seconds, amount })
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

    #[test]
    fn an_amount_is_exact_to_four_digits() {
        let cost = |seconds, per_hour| cost(None, Some(seconds), price(per_hour)).unwrap().amount.unwrap();
        assert_eq!(cost(3600.0, "0.04").to_string(), "0.04");
        assert_eq!(cost(30.9, "0.04").to_string(), "0.0003");
        assert_eq!(cost(0.0, "0.04").to_string(), "0");
        assert_eq!(cost(7200.0, "0").to_string(), "0");
    }

    #[test]
    fn costs_never_fall_and_outlive_the_price() {
        let before = cost(None, Some(7200.0), price("1")).unwrap();
        let after = cost(Some(&before), Some(10.0), None).unwrap();
        assert_eq!(after, before);
        assert_eq!(cost(Some(&before), None, price("2")).unwrap().amount, price("4"));
    }

    #[test]
    fn what_is_no_number_costs_nothing() {
        for strange in [f64::NAN, f64::INFINITY, -1.0] {
            assert_eq!(cost(None, Some(strange), price("1")), None);
        }
        assert_eq!(cost(None, None, price("1")), None);
        let most = cost(None, Some(f64::MAX), price("999999999999999")).unwrap();
        assert_eq!(most.amount, None, "more than a decimal can say");
    }
}
