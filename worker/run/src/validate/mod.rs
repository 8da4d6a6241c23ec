//! What back-tests an individual once more after the run, to see what would break it. Pure but for the evaluations: no
//! files, and the same values for any number of `slots`, the threads that evaluate.
//!
//! - [`lookahead`]: does a decision change when the future is taken away?
//! - [`costs`]: what is it worth where trading costs more?
//! - [`neighbourhood`]: what are the genomes beside it worth?
//! - [`heat_map`]: two of its genes over a square of their grids;
//! - [`paired`]: is it better than another one on the same bars?
//! - [`entries`]: its trades as spans of rows, for entries at random;
//! - [`trades`]: its trades by year and by what they earned.

pub mod costs;
mod cut;
pub mod entries;
pub mod evaluate;
pub mod heat_map;
pub mod lookahead;
pub mod neighbourhood;
pub mod paired;
pub mod trades;
