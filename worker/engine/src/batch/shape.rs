//! Skew and kurtosis of held accounts: the powers of their returns' distances from means that are known when accounts have
//! come to their end, from what each has kept (`held/kept.rs`). Eight accounts are summed side by side, as in `per_bar`.

use super::BLOCK;
use super::held::{HeldAccount, KeptReturns, Place, Tables};
use super::instructions::Loops;
use super::pass::Pass;
use super::per_bar::{LANES, add_moments};
use std::cell::Cell;

/// Bytes that the accounts of a pass may keep.
const ROOM: usize = 64 << 20;

/// Members of a pass of which it is not known yet how much they keep, and the fewest that are worth their series.
const MEMBERS: (usize, usize) = (256, 4 * LANES);

/// What the accounts of a pass keep.
#[derive(Default)]
pub(super) struct Keeping {
    /// They had no room for all their returns.
    is_full: Cell<bool>,
    /// Bytes of an account, on average.
    bytes: Cell<usize>,
}

impl Keeping {
    /// Looks at what accounts keep of the first `done` of so many rows. Answers whether they may go on.
    pub(super) fn goes_on<'a>(
        &self,
        accounts: impl Iterator<Item = &'a HeldAccount>,
        (done, rows): (usize, usize),
    ) -> bool {
        let (mut count, mut bytes) = (0, 0);
        for account in accounts {
            count += 1;
            bytes += account.kept.as_ref().map_or(0, |kept| kept.bytes());
        }
        // What is left keeps about as much.
        self.bytes.set(bytes / count.max(1) * rows / done.max(1));
        self.is_full.set(bytes > ROOM);
        !self.is_full.get()
    }

    pub(super) fn is_full(&self) -> bool {
        self.is_full.get()
    }

    /// Bytes of an account, on average.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.get()
    }
}

/// Members of a pass whose accounts keep so many bytes each; 0: that is not known yet.
pub(super) fn members(bytes: usize) -> usize {
    let (unknown, fewest) = MEMBERS;
    ROOM.checked_div(bytes).map_or(unknown, |members| members.max(fewest))
}

/// Bytes of one member of a large pass over so many rows, at most.
pub(super) fn bytes_of_member(rows: usize) -> usize {
    (rows * size_of::<[f64; 5]>()).min(ROOM / MEMBERS.0)
}

/// The second to fourth powers of each member, whose returns have a mean. They mean nothing if the pass is interrupted.
pub(super) fn moments(pass: &Pass, tables: &Tables, members: &[(&KeptReturns, f64)]) -> Vec<[f64; 3]> {
    let rows = pass.close.len();
    let mut groups: Vec<Group> = members.chunks(LANES).map(Group::new).collect();
    let (mut market, mut lanes) = ([0.0; BLOCK], Box::new([[0.0; BLOCK]; LANES]));
    for from in (pass.first_counted()..rows).step_by(BLOCK) {
        if pass.interrupt.is_asked() {
            break;
        }
        let to = if from + BLOCK < rows { from + BLOCK } else { rows };
        // A row without one before it has no return of the market.
        let first = if from == 0 { 1 } else { from };
        for (row, r) in (first..to).zip(&mut market[first - from..]) {
            *r = pass.close[row] / pass.close[row - 1] - 1.0;
        }
        let (groups, market, lanes) = (&mut groups, &market[..to - from], &mut *lanes);
        pass.set.widened(Summed { groups, members, market, tables, from, lanes });
    }
    let of_one = |i: usize| std::array::from_fn(|m| groups[i / LANES].sums[m][i % LANES]);
    (0..members.len()).map(of_one).collect()
}

/// Eight accounts between two blocks.
struct Group {
    places: [Place; LANES],
    means: [f64; LANES],
    sums: [[f64; LANES]; 3],
}

impl Group {
    fn new(members: &[(&KeptReturns, f64)]) -> Group {
        let means = std::array::from_fn(|l| members.get(l).map_or(0.0, |member| member.1));
        Group { places: [Place::default(); LANES], means, sums: [[0.0; LANES]; 3] }
    }
}

struct Summed<'a> {
    groups: &'a mut [Group],
    members: &'a [(&'a KeptReturns, f64)],
    /// The market's returns in the rows of the block.
    market: &'a [f64],
    tables: &'a Tables<'a>,
    from: usize,
    lanes: &'a mut [[f64; BLOCK]; LANES],
}

impl Loops for Summed<'_> {
    #[inline(always)]
    fn run(self) {
        let Summed { groups, members, market, tables, from, lanes } = self;
        for (group, members) in groups.iter_mut().zip(members.chunks(LANES)) {
            for (((kept, _), place), lane) in members.iter().zip(&mut group.places).zip(&mut *lanes) {
                kept.write(place, from, market, tables, lane);
            }
            let returns =
                lanes.each_mut().map(|lane| Cell::from_mut(&mut lane[..market.len()]).as_slice_of_cells());
            add_moments(&mut group.sums, &group.means, &returns);
        }
    }
}
