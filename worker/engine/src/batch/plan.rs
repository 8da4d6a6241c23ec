//! A genome as comparisons of shared series: which rows fulfil its conditions, 64 rows a word. What each strategy
//! compares stands in its own file.

use super::columns::Columns;
use super::key::Key;
use super::series::Table;
use crate::bars::Bars;
use crate::genes::Genome;

/// The form of a rule. Names as in the strategies; `x` are the plan's numbers, `s` its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    /// Crosses of s0 x x0 and s1 x x1.
    Cross,
    /// s0 newly beyond s1 x (x0, x1); leaves where they cross back.
    Band,
    /// s0 beyond (s1 x x0, s2 x x1); leaves with the close s4 below s3 or above the
    /// last series; s5 >= s6 x x2 if `filtered`.
    Channel,
    /// s0 below x0 / above x1 enters long / short; leaves at x2 from below, x3 from above.
    Revert,
    /// s0 above x0 / below x1 enters long / short; leaves at x2 from above, x3 from below.
    Follow,
    /// s0 crosses s1 while s1 is outside (x0, x1).
    Oscillator,
    /// Close s0 above mean s1 / x2 above mean s2 / x3, s3 beyond s4 x (x0, x1); leaves across the second mean.
    Trend,
    /// 4c = s0 beyond s1 and s2, s3 beyond s4; 2c = s5 across s4 leaves; s6 beyond s7 if `filtered`.
    Cloud,
    /// s0 beyond s1 x (x0, x1); leaves across s1.
    Kernel,
    /// `Revert` of s0 while s1 rises / falls from s2 and s3 >= s4 x x4.
    Vwap,
    /// s0 above s1 / below s2 enters, sized by x: risk, stop, trailing stop, rows of the average range.
    Sized,
    /// s0 above / below s1 while s2 <= s3 x x0; x1 over s2 a year is the exposure.
    Weighed,
    /// What stamps of funding decide; no series.
    Carry,
}

/// A strategy's batch form: the plan of a genome, or `None` where comparisons in f64 would not be exact.
pub(crate) type BatchForm = fn(&Genome, &Setting) -> Option<Plan>;

/// The rows at which a target changes, each with the new one, of a symbol whose stamps of funding are known from these rows
/// on, for a genome whose first decision is in the last.
pub(crate) type Turns = fn(&Bars, &[usize], &Genome, usize) -> Vec<(usize, i8)>;

/// Series of a plan at most.
pub(super) const MOST_SERIES: usize = 8;

/// Multiples of the exposure step that are compared one by one.
const MOST_STEPS: u32 = 64;

/// What a plan depends on besides the genome.
pub(crate) struct Setting<'a> {
    columns: &'a Columns<'a>,
    /// Conditions that end a short will be asked for.
    pub(crate) shorts: bool,
    exposure_steps: u32,
    /// Row of the first decision.
    pub(crate) first: usize,
}

impl Form {
    /// Whether its individuals are asked for targets close by close: targets that are sized, or that wait.
    pub(super) fn is_asked(self) -> bool {
        matches!(self, Form::Sized | Form::Weighed | Form::Carry)
    }
}

impl<'a> Setting<'a> {
    pub(super) fn new(
        columns: &'a Columns<'a>,
        shorts: bool,
        exposure_steps: u32,
        first: usize,
    ) -> Setting<'a> {
        Setting { columns, shorts, exposure_steps, first }
    }

    /// `None` unless deviations of `n` returns are exact, and a target of few enough multiples of the exposure step.
    pub(crate) fn weighs(&self, n: usize) -> Option<()> {
        let exact = self.columns.moments().is_some_and(|moments| moments.covers(n));
        (exact && self.exposure_steps <= MOST_STEPS).then_some(())
    }

    /// `None` unless products of ticks and factors up to `factor` in all are exact in f64.
    pub(crate) fn exact(&self, factor: f64) -> Option<()> {
        self.columns.exact(factor).then_some(())
    }

    /// `None` unless averages of n and m ticks can be compared as m S_n and n S_m.
    pub(crate) fn averages(&self, n: usize, m: usize) -> Option<()> {
        self.exact(n as f64 * m as f64)
    }

    /// Whether the symbol has volumes.
    pub(crate) fn has_volume(&self) -> bool {
        self.columns.volume.is_some()
    }
}

/// A genome ready to be evaluated on shared series.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(super) compared: Compared,
    keys: Vec<Key>,
    /// Where [`Form::Carry`] has its rows from.
    pub(super) turns: Option<Turns>,
}

/// What a plan compares: all that is read of it in each block of rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Compared {
    pub form: Form,
    pub filtered: bool,
    /// Whether the exit of a channel lies inside its entry.
    pub inside: bool,
    pub slots: [u32; MOST_SERIES],
    pub x: [f64; 5],
}

impl Plan {
    /// Bytes of a plan at most.
    pub(super) const BYTES: usize = size_of::<Plan>() + MOST_SERIES * size_of::<Key>();

    /// A plan of `form` on the series `keys` with the numbers `x`.
    pub(crate) fn new(form: Form, keys: &[Key], x: &[f64]) -> Plan {
        let mut numbers = [0.0; 5];
        numbers[..x.len()].copy_from_slice(x);
        let compared = Compared { form, filtered: false, inside: false, slots: [0; MOST_SERIES], x: numbers };
        Plan { compared, keys: keys.to_vec(), turns: None }
    }

    /// A plan whose targets change in the rows that `turns` tells.
    pub(crate) fn turning(turns: Turns) -> Plan {
        Plan { turns: Some(turns), ..Plan::new(Form::Carry, &[], &[]) }
    }

    /// Whether its entries need the confirmation that its form knows.
    pub(crate) fn filtered(mut self, filtered: bool) -> Plan {
        self.compared.filtered = filtered;
        self
    }

    /// Whether the exit of its channel lies inside the entry: who enters the other side has left this one.
    pub(crate) fn inside(mut self, inside: bool) -> Plan {
        self.compared.inside = inside;
        self
    }

    /// The series it reads. Individuals in this order read neighbouring series.
    pub(super) fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Looks up its series; `last` are those of the plan before and where they are.
    pub(super) fn resolve(&mut self, table: &Table, last: &mut [Option<(Key, u32)>; MOST_SERIES]) {
        for ((slot, last), &key) in self.compared.slots.iter_mut().zip(last).zip(&self.keys) {
            *slot = match *last {
                Some((same, slot)) if same == key => slot,
                _ => table.index(key),
            };
            *last = Some((key, *slot));
        }
    }
}
