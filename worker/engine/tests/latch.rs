//! The latch in the form kernels use: two independent set/reset latches are the rule of the contract.

#[path = "common/market.rs"]
mod market;

use galapagos_engine::signals::{Conditions, latch};
use market::Draws;

// Contract C10.
#[test]
fn two_set_reset_latches_are_the_rule() {
    let mut draws = Draws(7);
    let (mut target, mut long, mut short) = (0_i8, false, false);
    for _ in 0..1_000_000 {
        let bits = draws.next();
        let c = Conditions {
            enter_long: bits & 3 == 0,
            leave_long: bits & 4 == 0,
            enter_short: bits & 24 == 0,
            leave_short: bits & 32 == 0,
        };
        target = latch(target, c);
        let set_long = c.enter_long && !c.enter_short;
        let set_short = c.enter_short && !c.enter_long;
        let reset_long = !set_long && (set_short || c.leave_long);
        let reset_short = !set_short && (set_long || c.leave_short);
        long = set_long || (long && !reset_long);
        short = set_short || (short && !reset_short);
        assert_eq!(target, i8::from(long) - i8::from(short));
    }
}

// Contract C10.
#[test]
fn both_entries_at_once_change_nothing() {
    let both = Conditions { enter_long: true, enter_short: true, ..Conditions::default() };
    for target in [-1, 0, 1] {
        assert_eq!(latch(target, both), target);
    }
}
