//! The conditions of a plan, 64 rows a word.

use super::kernels::{GE, GT, Isa, LE, LT};
use super::latch::{and, rising};
use super::plan::{Compared, Form};
use super::series::Table;
use super::singles::Beside;
use super::{BLOCK, Bits, WORDS};

/// The conditions of a block of rows (L+, L-, S+, S-).
pub(super) struct Conditions {
    pub enter_long: Bits,
    pub leave_long: Bits,
    pub enter_short: Bits,
    pub leave_short: Bits,
}

const NONE: Bits = [0; WORDS];

/// Comparisons of the series of a plan: in 32 bits where these can tell.
struct Compares<'a, I> {
    isa: I,
    table: &'a Table,
    slots: &'a [u32; 8],
}

impl<I: Isa> Compares<'_, I> {
    /// Rows in which `a` is above `b` times `factor`, or below it, where 32 bits tell.
    #[inline(always)]
    fn single<const BELOW: bool>(&self, a: u32, b: u32, factor: f64, out: &mut Bits) -> bool {
        match (self.table.singles::<I>(a), self.table.singles::<I>(b)) {
            (Some(a), Some(b)) => self.isa.single_order::<BELOW>(a, b, &Beside::series(a, b, factor), out),
            _ => false,
        }
    }

    /// Rows in which `a` stands like that to `b` times `factor`, where 32 bits tell.
    #[inline(always)]
    fn single_of<const OP: u8>(&self, a: u32, b: u32, factor: f64, out: &mut Bits) -> bool {
        match OP {
            GT | GE => self.single::<false>(a, b, factor, out),
            _ => self.single::<true>(a, b, factor, out),
        }
    }

    /// Rows in which `a` times `m` is above `b` times `n`, and rows in which it is below.
    #[inline(always)]
    fn order(&self, (a, m): (usize, f64), (b, n): (usize, f64)) -> (Bits, Bits) {
        let (a, b) = (self.slots[a], self.slots[b]);
        let mut above = NONE;
        if self.single::<false>(a, b, n / m, &mut above) {
            return (above, not(&above));
        }
        self.isa.order(self.table.rows(a), m, self.table.rows(b), n)
    }

    /// Rows in which `a` stands like that to `b` times `factor`.
    #[inline(always)]
    fn scaled<const OP: u8>(&self, a: usize, (b, factor): (usize, f64)) -> Bits {
        let (a, b) = (self.slots[a], self.slots[b]);
        let mut out = NONE;
        if !self.single_of::<OP>(a, b, factor, &mut out) {
            out = self.isa.scaled::<OP>(self.table.rows(a), self.table.rows(b), factor);
        }
        out
    }

    /// Rows in which `a` stands like that to `b`.
    #[inline(always)]
    fn pair<const OP: u8>(&self, a: usize, b: usize) -> Bits {
        let (a, b) = (self.slots[a], self.slots[b]);
        let mut out = NONE;
        if !self.single_of::<OP>(a, b, 1.0, &mut out) {
            out = self.isa.pair::<OP>(self.table.rows(a), self.table.rows(b));
        }
        out
    }

    /// Rows in which `a` stands like that to a level.
    #[inline(always)]
    fn level<const OP: u8>(&self, a: usize, level: f64) -> Bits {
        let a = self.slots[a];
        let mut out = NONE;
        let tells = self.table.singles::<I>(a).is_some_and(|a| {
            let by = Beside::level(a, level);
            match OP {
                GT | GE => self.isa.single_level::<false>(a, &by, &mut out),
                _ => self.isa.single_level::<true>(a, &by, &mut out),
            }
        });
        if !tells {
            out = self.isa.level::<OP>(self.table.rows(a), level);
        }
        out
    }
}

#[inline(always)]
fn not(x: &Bits) -> Bits {
    std::array::from_fn(|w| !x[w])
}

impl Compared {
    /// Whether what enters the short side never enters the long one and always leaves it: nobody who stays long or flat
    /// needs to know of it.
    #[inline(always)]
    fn leaves_first(&self) -> bool {
        let x = &self.x;
        match self.form {
            Form::Band | Form::Kernel => x[1] <= 1.0 && 1.0 <= x[0],
            Form::Revert | Form::Vwap => x[0] <= x[1] && x[2] <= x[1],
            Form::Follow => x[1] <= x[0] && x[1] <= x[2],
            Form::Trend => true,
            Form::Channel => self.inside,
            Form::Cross | Form::Oscillator | Form::Cloud => false,
            Form::Sized | Form::Weighed | Form::Carry => false,
        }
    }

    /// The conditions of the first `rows` rows of the block that `table` holds; later bits mean nothing. `before`
    /// keeps what crosses need of the row before. Without `shorts` what ends a short means nothing, nor does what enters one
    /// where it adds nothing to what ends a long.
    #[inline(always)]
    pub(super) fn conditions<I: Isa>(
        &self,
        isa: I,
        table: &Table,
        before: &mut [u64; 2],
        rows: usize,
        shorts: bool,
    ) -> Conditions {
        let by = Compares { isa, table, slots: &self.slots };
        let x = &self.x;
        let last = rows - 1;
        let leaves = !shorts && self.leaves_first();
        match self.form {
            Form::Cross => {
                let (above, below) = by.order((0, x[0]), (1, x[1]));
                let above = rising(isa, &above, &mut before[0], last);
                let below = rising(isa, &below, &mut before[1], last);
                Conditions { enter_long: above, leave_long: below, enter_short: below, leave_short: above }
            }
            Form::Band => Conditions {
                enter_long: rising(isa, &by.scaled::<GT>(0, (1, x[0])), &mut before[0], last),
                leave_long: by.pair::<LT>(0, 1),
                enter_short: if leaves {
                    NONE
                } else {
                    rising(isa, &by.scaled::<LT>(0, (1, x[1])), &mut before[1], last)
                },
                leave_short: if shorts { by.pair::<GT>(0, 1) } else { NONE },
            },
            Form::Channel => {
                let confirmed = if self.filtered { by.scaled::<GE>(5, (6, x[2])) } else { [u64::MAX; WORDS] };
                Conditions {
                    enter_long: and(&by.scaled::<GT>(0, (1, x[0])), &confirmed),
                    leave_long: by.pair::<LT>(4, 3),
                    enter_short: if leaves { NONE } else { and(&by.scaled::<LT>(0, (2, x[1])), &confirmed) },
                    leave_short: if shorts {
                        by.pair::<GT>(4, if self.filtered { 7 } else { 5 })
                    } else {
                        NONE
                    },
                }
            }
            Form::Revert => Conditions {
                enter_long: by.level::<LT>(0, x[0]),
                leave_long: by.level::<GE>(0, x[2]),
                enter_short: if leaves { NONE } else { by.level::<GT>(0, x[1]) },
                leave_short: if shorts { by.level::<LE>(0, x[3]) } else { NONE },
            },
            Form::Follow => Conditions {
                enter_long: by.level::<GT>(0, x[0]),
                leave_long: by.level::<LE>(0, x[2]),
                enter_short: if leaves { NONE } else { by.level::<LT>(0, x[1]) },
                leave_short: if shorts { by.level::<GE>(0, x[3]) } else { NONE },
            },
            Form::Oscillator => {
                let (low, high) = (by.level::<LT>(1, x[0]), by.level::<GT>(1, x[1]));
                let (above, below) = by.order((0, 1.0), (1, 1.0));
                let above = rising(isa, &above, &mut before[0], last);
                let below = rising(isa, &below, &mut before[1], last);
                Conditions {
                    enter_long: and(&above, &low),
                    leave_long: high,
                    enter_short: and(&below, &high),
                    leave_short: low,
                }
            }
            Form::Trend => {
                let (above_fast, below_fast) = by.order((0, x[2]), (1, 1.0));
                let (above_slow, below_slow) = by.order((0, x[3]), (2, 1.0));
                let (rises, falls) = by.order((1, x[3]), (2, x[2]));
                Conditions {
                    enter_long: and(&and(&above_fast, &rises), &by.scaled::<GT>(3, (4, x[0]))),
                    leave_long: below_slow,
                    enter_short: if leaves {
                        NONE
                    } else {
                        and(&and(&below_fast, &falls), &by.scaled::<LT>(3, (4, x[1])))
                    },
                    leave_short: above_slow,
                }
            }
            Form::Cloud => {
                let (mut long, mut short) = (
                    and(&and(&by.pair::<GT>(0, 1), &by.pair::<GT>(0, 2)), &by.pair::<GT>(3, 4)),
                    and(&and(&by.pair::<LT>(0, 1), &by.pair::<LT>(0, 2)), &by.pair::<LT>(3, 4)),
                );
                if self.filtered {
                    long = and(&long, &by.pair::<GT>(6, 7));
                    short = and(&short, &by.pair::<LT>(6, 7));
                }
                Conditions {
                    enter_long: long,
                    leave_long: by.pair::<LT>(5, 4),
                    enter_short: short,
                    leave_short: if shorts { by.pair::<GT>(5, 4) } else { NONE },
                }
            }
            Form::Sized => Conditions {
                enter_long: by.pair::<GT>(0, 1),
                leave_long: NONE,
                enter_short: by.pair::<LT>(0, 2),
                leave_short: NONE,
            },
            Form::Weighed => {
                let calm = by.scaled::<LE>(2, (3, x[0]));
                Conditions {
                    enter_long: and(&by.pair::<GT>(0, 1), &calm),
                    leave_long: NONE,
                    enter_short: and(&by.pair::<LT>(0, 1), &calm),
                    leave_short: NONE,
                }
            }
            Form::Carry => {
                Conditions { enter_long: NONE, leave_long: NONE, enter_short: NONE, leave_short: NONE }
            }
            Form::Kernel => Conditions {
                enter_long: by.scaled::<GT>(0, (1, x[0])),
                leave_long: by.pair::<LT>(0, 1),
                enter_short: if leaves { NONE } else { by.scaled::<LT>(0, (1, x[1])) },
                leave_short: if shorts { by.pair::<GT>(0, 1) } else { NONE },
            },
            Form::Vwap => {
                let confirmed = by.scaled::<GE>(3, (4, x[4]));
                Conditions {
                    enter_long: and(&and(&by.level::<LT>(0, x[0]), &by.pair::<GT>(1, 2)), &confirmed),
                    leave_long: by.level::<GE>(0, x[2]),
                    enter_short: if leaves {
                        NONE
                    } else {
                        and(&and(&by.level::<GT>(0, x[1]), &by.pair::<LT>(1, 2)), &confirmed)
                    },
                    leave_short: if shorts { by.level::<LE>(0, x[3]) } else { NONE },
                }
            }
        }
    }
}

const _: () = assert!(BLOCK == 64 * WORDS);
