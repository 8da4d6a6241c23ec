//! The functions of the language as streams, a file for each family.

mod arithmetic;
mod averages;
mod bars;
mod blocked;
pub(super) mod clock;
mod conditions;
mod extremes;
mod history;
pub(super) mod lanes;
mod lines;
mod logic;
mod oscillators;
pub(super) mod pasts;
mod quantity;
mod scan;
mod since;
mod sums;
mod trends;
mod volume;
mod whole;
mod windows;

use super::column::{Column, Kind, Rows, Stream};
use super::op::{Op, Quantity};
use super::plan::Node;
use crate::batch::{InstructionSet, Loops};

/// What computes a node; nothing if it sees another frame or is computed with others ([`lanes`], [`pasts`]). `largest`: no tick of the frame is larger.
pub(super) fn stream(node: &Node, largest: i128) -> Option<Box<dyn Stream>> {
    let stream: Box<dyn Stream> = match node.op.clone() {
        Op::See { .. }
        | Op::Ema { .. }
        | Op::Rma { .. }
        | Op::WholeWindowSum { wide: false, .. }
        | Op::WholeDelay { wide: false, .. }
        | Op::WholeHighest { wide: false, .. }
        | Op::WholeLowest { wide: false, .. } => return None,
        Op::Field(field) => Box::new(bars::Field::new(field)),
        Op::Volume => Box::new(volume::volume),
        Op::Signal(name) => numbers(move |rows, out| {
            let out = out.numbers_mut(rows.len);
            match rows.bars.signal(&name) {
                Some(all) => out.copy_from_slice(&all[rows.from..rows.from + rows.len]),
                None => out.fill(f64::NAN),
            }
        }),
        Op::Flow(flow) => Box::new(volume::Flow::new(flow)),
        Op::Clock(clock) => Box::new(clock::Clock::new(clock)),
        Op::NewDay => Box::new(clock::NewDay),
        Op::NewMonth => Box::new(clock::NewMonth),
        Op::Number(constant) => numbers(move |rows, out| {
            if out.numbers.len() != rows.len {
                out.numbers_mut(rows.len).fill(constant.get());
            }
        }),
        Op::Truth(truth) => numbers(move |rows, out| out.set_conditions(rows.len, |_| truth)),
        Op::Numerator { value, wide: false } => Box::new(whole::Constant::<i64>::new(value)),
        Op::Numerator { value, wide: true } => Box::new(whole::Constant::<i128>::new(value)),
        Op::Rescale { factor, from_wide, wide } => whole::rescale(factor, from_wide, wide),
        Op::Sum { negative, wide: false } => whole::sum::<i64>(negative),
        Op::Sum { negative, wide: true } => whole::sum::<i128>(negative),
        Op::WholeMagnitude { wide: false } => whole::magnitude::<i64>(),
        Op::WholeMagnitude { wide: true } => whole::magnitude::<i128>(),
        Op::WholeExtreme { highest, wide: false } => whole::extreme::<i64>(highest),
        Op::WholeExtreme { highest, wide: true } => whole::extreme::<i128>(highest),
        Op::WholeWindowSum { n, .. } => Box::new(sums::Whole::<i128>::new(n)),
        Op::WholeHighest { n, .. } => widened(extremes::Whole::<i128, true>::new(n)),
        Op::WholeLowest { n, .. } => widened(extremes::Whole::<i128, false>::new(n)),
        Op::WholeDelay { k, .. } => Box::new(history::WholeDelay::<i128>::new(k)),
        Op::FromRowOne { wide: false } => whole::from_row_one::<i64>(),
        Op::FromRowOne { wide: true } => whole::from_row_one::<i128>(),
        Op::Rounded { denominator, wide: false } => whole::rounded::<i64>(denominator),
        Op::Rounded { denominator, wide: true } => whole::rounded::<i128>(denominator),
        Op::WholeDeviation { n, denominator } => widened(sums::Deviation::new(n, Some(denominator))),
        Op::WholeScore { n } => widened(sums::Deviation::new(n, None)),
        Op::CompareWhole { comparison, left, right } => conditions::whole(comparison, left, right, largest),
        Op::CompareLevel { comparison, level, wide: false } => conditions::narrow_level(comparison, level),
        Op::CompareLevel { comparison, level, wide: true } => conditions::wide_level(comparison, level),
        Op::Arithmetic(arithmetic) => arithmetic::two(arithmetic),
        Op::With { arithmetic, constant, first } => arithmetic::with(arithmetic, constant.get(), first),
        Op::Unary(unary) => arithmetic::one(unary),
        Op::From { row } => numbers(move |rows, out| {
            let lead = rows.lead(row);
            let out = out.numbers_mut(rows.len);
            out.copy_from_slice(rows.numbers(0));
            out[..lead].fill(f64::NAN);
        }),
        Op::WindowSum { n } => widened(sums::WindowSum::new(n)),
        Op::Highest { n } => widened(extremes::Numbers::<true>::new(n)),
        Op::Lowest { n } => widened(extremes::Numbers::<false>::new(n)),
        Op::Delay { k } => Box::new(history::Delay::new(k)),
        Op::Window { window, n } => windows::window(window, n),
        Op::WholeWindow { window, n, denominator } => Box::new(lines::Lines::new(window, n, denominator)),
        Op::Rsi { n } => Box::new(oscillators::Rsi::new(n)),
        Op::Stochastic => numbers(oscillators::stochastic),
        Op::Williams => numbers(oscillators::williams),
        Op::Channel => numbers(oscillators::channel),
        Op::Supertrend { factor, side } => Box::new(trends::Supertrend::new(factor.get(), side)),
        Op::HeikinOpen => Box::new(trends::HeikinOpen::default()),
        Op::VwapSince => Box::new(volume::VwapSince::default()),
        Op::Scan { steps } => Box::new(scan::Scan::new(steps)),
        Op::Compare(comparison) => conditions::numbers(comparison),
        Op::CompareWith { comparison, constant } => conditions::with(comparison, constant.get()),
        Op::CompareTimes { comparison, factor } => conditions::times(comparison, factor.get()),
        Op::Same => numbers(logic::same),
        Op::Not => numbers(logic::not),
        Op::And => numbers(logic::and),
        Op::Or => numbers(logic::or),
        Op::ConditionOrElse => numbers(logic::or_else),
        Op::ConditionIff => numbers(logic::iff),
        Op::ConditionDelay { k } => history::condition_delay(k),
        Op::Rising => Box::new(history::Rising::default()),
        Op::Quantity { quantity, n } => Box::new(quantity::Quantity::new(quantity == Quantity::Any, n)),
        Op::IsNa(Kind::Numbers) => numbers(logic::is_na_number),
        Op::IsNa(Kind::Conditions) => numbers(logic::is_na_condition),
        Op::IsNa(Kind::Narrow | Kind::Wide) => numbers(logic::is_na_whole),
        Op::Iff => numbers(logic::iff_numbers),
        Op::OrElse => numbers(logic::or_else_numbers),
        Op::Count { n } => Box::new(since::Count::new(n)),
        Op::BarsSince => Box::new(since::BarsSince::default()),
        Op::ValueWhen => Box::new(since::ValueWhen::default()),
        Op::ExtremeSince { highest } => Box::new(since::ExtremeSince::new(highest)),
    };
    Some(stream)
}

/// A node without memory.
fn numbers(f: impl FnMut(&Rows<'_>, &mut Column) + Send + 'static) -> Box<dyn Stream> {
    Box::new(f)
}

/// A stream that is compiled for each instruction set; its `fill` is `#[inline(always)]`.
struct Widened<S>(S, InstructionSet);

fn widened(stream: impl Stream + 'static) -> Box<dyn Stream> {
    Box::new(Widened(stream, InstructionSet::best()))
}

struct Fill<'f, 'r, S> {
    stream: &'f mut S,
    rows: &'f Rows<'r>,
    out: &'f mut Column,
}

impl<S: Stream> Loops for Fill<'_, '_, S> {
    #[inline(always)]
    fn run(self) {
        self.stream.fill(self.rows, self.out);
    }
}

impl<S: Stream> Stream for Widened<S> {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let Widened(stream, set) = self;
        set.widened(Fill { stream, rows, out });
    }
}

/// A result, or na if it is not finite.
#[inline(always)]
pub(crate) fn finite(x: f64) -> f64 {
    if x.is_finite() { x } else { f64::NAN }
}
