//! Walk-forward: which rows each window trains on and which it is tested on, what becomes of the tests together, and
//! how far the windows agree (docs/contract/walk-forward.md).

mod outcome;
mod rows;
mod seed;
mod windows;

pub use outcome::{Stitched, efficiency, gene_stability, species_changes, stitch};
pub use rows::rows_of;
pub use seed::window_seed;
pub use windows::{Schedule, Train, Window, WindowTooShort, check, wf_cost, windows};
