//! The conditions of a plan, 64 rows a word.

use super::kernels::{GE, GT, Isa, LE, LT};
use super::latch::{and, rising};
use super::plan::{Form, Plan};
use super::series::Table;
use super::{BLOCK, Bits, WORDS};

/// The conditions of a block of rows (L+, L-, S+, S-).
pub(super) struct Conditions {
    pub enter_long: Bits,
    pub leave_long: Bits,
    pub enter_short: Bits,
    pub leave_short: Bits,
}

const NONE: Bits = [0; WORDS];

impl Plan {
    /// The conditions of the first `rows` rows of the block that `table` holds; later bits mean nothing. `before`
    /// keeps what crosses need of the row before. Without `SHORTS` what ends a short means nothing.
    #[inline(always)]
    pub(super) fn conditions<I: Isa, const SHORTS: bool>(
        &self,
        isa: I,
        table: &Table,
        before: &mut [u64; 2],
        rows: usize,
    ) -> Conditions {
        let s = |i: usize| table.rows(self.slots[i]);
        let x = &self.x;
        let last = rows - 1;
        match self.form {
            Form::Cross => {
                let (above, below) = isa.order(s(0), x[0], s(1), x[1]);
                let above = rising(&above, &mut before[0], last);
                let below = rising(&below, &mut before[1], last);
                Conditions { enter_long: above, leave_long: below, enter_short: below, leave_short: above }
            }
            Form::Band => Conditions {
                enter_long: rising(&isa.scaled::<GT>(s(0), s(1), x[0]), &mut before[0], last),
                leave_long: isa.pair::<LT>(s(0), s(1)),
                enter_short: rising(&isa.scaled::<LT>(s(0), s(1), x[1]), &mut before[1], last),
                leave_short: if SHORTS { isa.pair::<GT>(s(0), s(1)) } else { NONE },
            },
            Form::Channel => {
                let confirmed =
                    if self.filtered { isa.scaled::<GE>(s(5), s(6), x[2]) } else { [u64::MAX; WORDS] };
                Conditions {
                    enter_long: and(&isa.scaled::<GT>(s(0), s(1), x[0]), &confirmed),
                    leave_long: isa.pair::<LT>(s(4), s(3)),
                    enter_short: and(&isa.scaled::<LT>(s(0), s(2), x[1]), &confirmed),
                    leave_short: if SHORTS {
                        isa.pair::<GT>(s(4), s(if self.filtered { 7 } else { 5 }))
                    } else {
                        NONE
                    },
                }
            }
            Form::Revert => Conditions {
                enter_long: isa.level::<LT>(s(0), x[0]),
                leave_long: isa.level::<GE>(s(0), x[2]),
                enter_short: isa.level::<GT>(s(0), x[1]),
                leave_short: if SHORTS { isa.level::<LE>(s(0), x[3]) } else { NONE },
            },
            Form::Follow => Conditions {
                enter_long: isa.level::<GT>(s(0), x[0]),
                leave_long: isa.level::<LE>(s(0), x[2]),
                enter_short: isa.level::<LT>(s(0), x[1]),
                leave_short: if SHORTS { isa.level::<GE>(s(0), x[3]) } else { NONE },
            },
            Form::Oscillator => {
                let (low, high) = (isa.level::<LT>(s(1), x[0]), isa.level::<GT>(s(1), x[1]));
                let above = rising(&isa.pair::<GT>(s(0), s(1)), &mut before[0], last);
                let below = rising(&isa.pair::<LT>(s(0), s(1)), &mut before[1], last);
                Conditions {
                    enter_long: and(&above, &low),
                    leave_long: high,
                    enter_short: and(&below, &high),
                    leave_short: low,
                }
            }
            Form::Trend => {
                let (above_fast, below_fast) = isa.order(s(0), x[2], s(1), 1.0);
                let (above_slow, below_slow) = isa.order(s(0), x[3], s(2), 1.0);
                let (rises, falls) = isa.order(s(1), x[3], s(2), x[2]);
                Conditions {
                    enter_long: and(&and(&above_fast, &rises), &isa.scaled::<GT>(s(3), s(4), x[0])),
                    leave_long: below_slow,
                    enter_short: and(&and(&below_fast, &falls), &isa.scaled::<LT>(s(3), s(4), x[1])),
                    leave_short: above_slow,
                }
            }
            Form::Cloud => {
                let (mut long, mut short) = (
                    and(
                        &and(&isa.pair::<GT>(s(0), s(1)), &isa.pair::<GT>(s(0), s(2))),
                        &isa.pair::<GT>(s(3), s(4)),
                    ),
                    and(
                        &and(&isa.pair::<LT>(s(0), s(1)), &isa.pair::<LT>(s(0), s(2))),
                        &isa.pair::<LT>(s(3), s(4)),
                    ),
                );
                if self.filtered {
                    long = and(&long, &isa.pair::<GT>(s(6), s(7)));
                    short = and(&short, &isa.pair::<LT>(s(6), s(7)));
                }
                Conditions {
                    enter_long: long,
                    leave_long: isa.pair::<LT>(s(5), s(4)),
                    enter_short: short,
                    leave_short: if SHORTS { isa.pair::<GT>(s(5), s(4)) } else { NONE },
                }
            }
            Form::Sized => Conditions {
                enter_long: isa.pair::<GT>(s(0), s(1)),
                leave_long: NONE,
                enter_short: isa.pair::<LT>(s(0), s(2)),
                leave_short: NONE,
            },
            Form::Weighed => {
                let calm = isa.scaled::<LE>(s(2), s(3), x[0]);
                Conditions {
                    enter_long: and(&isa.pair::<GT>(s(0), s(1)), &calm),
                    leave_long: NONE,
                    enter_short: and(&isa.pair::<LT>(s(0), s(1)), &calm),
                    leave_short: NONE,
                }
            }
            Form::Carry => {
                Conditions { enter_long: NONE, leave_long: NONE, enter_short: NONE, leave_short: NONE }
            }
            Form::Kernel => Conditions {
                enter_long: isa.scaled::<GT>(s(0), s(1), x[0]),
                leave_long: isa.pair::<LT>(s(0), s(1)),
                enter_short: isa.scaled::<LT>(s(0), s(1), x[1]),
                leave_short: if SHORTS { isa.pair::<GT>(s(0), s(1)) } else { NONE },
            },
            Form::Vwap => {
                let confirmed = isa.scaled::<GE>(s(3), s(4), x[4]);
                Conditions {
                    enter_long: and(
                        &and(&isa.level::<LT>(s(0), x[0]), &isa.pair::<GT>(s(1), s(2))),
                        &confirmed,
                    ),
                    leave_long: isa.level::<GE>(s(0), x[2]),
                    enter_short: and(
                        &and(&isa.level::<GT>(s(0), x[1]), &isa.pair::<LT>(s(1), s(2))),
                        &confirmed,
                    ),
                    leave_short: if SHORTS { isa.level::<LE>(s(0), x[3]) } else { NONE },
                }
            }
        }
    }
}

const _: () = assert!(BLOCK == 64 * WORDS);
