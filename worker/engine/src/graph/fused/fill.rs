//! The conditions of a member in a block of rows.

use super::super::ROWS;
use super::super::column::{Column, Rows};
use super::code::{Code, Cold, Hot, Linked};
use super::program::{Level, Single, Step};
use crate::bars::Bars;
use crate::batch::{Beside, Bits, Isa, WORDS, Work};

/// The rows in which a condition is true, and those in which it is false.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Planes {
    truth: Bits,
    falsehood: Bits,
}

const NONE: Planes = Planes { truth: [0; WORDS], falsehood: [0; WORDS] };

/// What programs write into, used again by each.
#[derive(Default)]
pub(crate) struct Scratch {
    values: Vec<Planes>,
    column: Column,
}

/// The block of rows at hand.
#[derive(Clone, Copy)]
pub(crate) struct Block<'f> {
    /// The columns of the frame.
    pub columns: &'f [Box<Column>],
    /// The first row of the block in the frame, and how many it has.
    pub from: usize,
    pub len: usize,
    /// All bars of the frame.
    pub bars: &'f Bars<'f>,
}

/// Programs and the block that they are to compute.
pub(crate) struct Fill<'f> {
    pub code: &'f mut Code,
    pub programs: &'f [Linked],
    pub block: Block<'f>,
    pub scratch: &'f mut Scratch,
    /// What is found for each member.
    pub out: &'f mut [[Bits; 4]],
}

impl Work for Fill<'_> {
    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let Fill { code, programs, block, scratch, out } = self;
        for program in programs {
            code.fill(isa, program, &block, scratch, &mut out[program.member]);
        }
    }
}

impl Code {
    #[inline(always)]
    fn fill<I: Isa>(
        &mut self,
        isa: I,
        program: &Linked,
        block: &Block<'_>,
        scratch: &mut Scratch,
        out: &mut [Bits; 4],
    ) {
        let columns = block.columns;
        let spare = program.spare.as_ref().filter(|spare| block.len == ROWS && spare.is_given(columns));
        let (end, spared) =
            spare.map_or((program.end, None), |spare| (program.first + spare.first, Some(spare.asked)));
        for i in end..program.end {
            if let Step::Rising(x, state, _) = self.steps[i] {
                self.states[state as usize] = self.last(program.first, x, columns);
            }
        }
        let Code { steps, hot, cold, states } = self;
        let steps = &steps[program.first..end];
        let Scratch { values, column } = scratch;
        if values.len() < steps.len() {
            values.resize(steps.len(), NONE);
        }
        for (i, step) in steps.iter().enumerate() {
            let (values, rest) = values.split_at_mut(i);
            let Some(value) = rest.first_mut() else { return };
            match *step {
                Step::Column(column) => planes(&columns[column as usize], value),
                Step::Leaf(leaf) => {
                    let (hot, cold) = (&mut hot[leaf as usize], &mut cold[leaf as usize]);
                    compared(isa, hot, cold, block, column, value);
                }
                Step::Again { other, same, step, .. } if hot[other as usize].told => {
                    let Planes { truth, falsehood } = &values[step as usize];
                    (value.truth, value.falsehood) =
                        if same { (*truth, *falsehood) } else { (*falsehood, *truth) };
                }
                Step::Again { leaf, .. } => exactly(&mut cold[leaf as usize], block, column, value),
                Step::Not(x) => {
                    let Planes { truth, falsehood } = &values[x as usize];
                    (value.truth, value.falsehood) = (*falsehood, *truth);
                }
                Step::And(x, y) => {
                    let (x, y) = (&values[x as usize], &values[y as usize]);
                    value.truth = both(&x.truth, &y.truth);
                    value.falsehood = either(&x.falsehood, &y.falsehood);
                }
                Step::Or(x, y) => {
                    let (x, y) = (&values[x as usize], &values[y as usize]);
                    value.truth = either(&x.truth, &y.truth);
                    value.falsehood = both(&x.falsehood, &y.falsehood);
                }
                Step::Rising(x, state, is_asked) => {
                    let (x, [was, was_not]) = (&values[x as usize], &mut states[state as usize]);
                    value.truth = both(&x.truth, &isa.earlier(&x.falsehood, *was_not));
                    if is_asked {
                        value.falsehood = either(&x.falsehood, &isa.earlier(&x.truth, *was));
                    }
                    let last = block.len - 1;
                    (*was, *was_not) = (bit(&x.truth, last), bit(&x.falsehood, last));
                }
            }
        }
        for (i, (out, step)) in out.iter_mut().zip(program.asked).enumerate() {
            if spared == Some(i) {
                *out = [0; WORDS];
            } else if let Some(step) = step {
                *out = values[step as usize].truth;
            }
        }
    }
}

#[inline(always)]
fn bit(x: &Bits, row: usize) -> u64 {
    x[row / 64] >> (row % 64) & 1
}

#[inline(always)]
fn both(x: &Bits, y: &Bits) -> Bits {
    std::array::from_fn(|w| x[w] & y[w])
}

#[inline(always)]
fn either(x: &Bits, y: &Bits) -> Bits {
    std::array::from_fn(|w| x[w] | y[w])
}

#[inline(always)]
fn not(x: &Bits) -> Bits {
    std::array::from_fn(|w| !x[w])
}

#[inline(always)]
fn planes(column: &Column, out: &mut Planes) {
    if let (Ok(truth), Ok(known)) = (Bits::try_from(&*column.truth), Bits::try_from(&*column.known)) {
        out.truth = truth;
        out.falsehood = both(&known, &not(&truth));
        return;
    }
    *out = NONE;
    let words = out.truth.iter_mut().zip(&mut out.falsehood);
    for ((truth, falsehood), (is, known)) in words.zip(column.truth.iter().zip(&column.known)) {
        (*truth, *falsehood) = (*is, known & !is);
    }
}

#[inline(always)]
fn compared<I: Isa>(
    isa: I,
    hot: &mut Hot,
    cold: &mut Cold,
    block: &Block<'_>,
    column: &mut Column,
    out: &mut Planes,
) {
    let columns = hot.columns;
    hot.told = hot.single.is_some_and(|single| told(isa, &single, columns, block.columns, &mut out.truth));
    if hot.told {
        out.falsehood = not(&out.truth);
    } else {
        exactly(cold, block, column, out);
    }
}

#[inline(never)]
fn exactly(cold: &mut Cold, block: &Block<'_>, column: &mut Column, out: &mut Planes) {
    let Block { columns, from, len, bars } = *block;
    cold.stream.fill(&Rows { columns, inputs: &cold.inputs, from, len, bars: *bars }, column);
    planes(column, out);
}

/// Writes what 32 bits tell of a complete block whose rows are all known. Answers whether they do.
#[inline(always)]
fn told<I: Isa>(isa: I, single: &Single, columns: [u32; 2], all: &[Box<Column>], out: &mut Bits) -> bool {
    let column = |i: usize| &all[columns[i] as usize];
    let Some(x) = column(0).rounded() else { return false };
    match single.level {
        Level::Number(level) => {
            let by = Beside::level(x, level);
            if single.below {
                isa.single_level::<true>(x, &by, out)
            } else {
                isa.single_level::<false>(x, &by, out)
            }
        }
        Level::Times(factor) => {
            let second = column(1);
            // A product that overflows is na.
            let Some(y) = second.rounded().filter(|_| factor == 1.0 || second.tame) else { return false };
            let by = Beside::series(x, y, factor);
            if single.below {
                isa.single_order::<true>(x, y, &by, out)
            } else {
                isa.single_order::<false>(x, y, &by, out)
            }
        }
    }
}
