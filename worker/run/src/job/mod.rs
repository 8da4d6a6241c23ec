//! A job as this process runs it: the manifest with every default written out, joined with the engine's
//! definitions and the data.
//!
//! * [`resolve`]: manifest -> [`resolve::ResolvedJob`], the only input of what follows.
//! * [`space`]: the one place that joins engine definitions with genetics; `galapagos-manifest` makes the grids.
//! * [`calendar`]: the one that a job began with, for its workers and later attempts.
//! * [`closes`]: what cannot be tested on closes alone.
//! * [`dates`]: from when to when it looks at the data.
//! * [`execution`]: the manifest's account options -> the engine's.
//! * [`market`]: an open dataset as the engine reads it.
//! * [`own_data`]: what rules ask of the rows.
//! * [`signals`]: files of signals beside the bars.
//! * [`problem`]: dataset + job -> what one genome is worth.
//! * [`walk_forward`]: the windows of walk-forward, and the job of each.
//! * [`measure`]: a metric, or an expression over metrics.
//! * [`cells`]: the cell of behaviour that an evaluation is in.
//! * [`fitness`]: evaluation + objective + limits -> class, violation, fitness.

pub mod calendar;
pub mod cells;
pub mod closes;
pub mod dates;
pub mod execution;
pub mod fitness;
pub mod inputs;
pub mod market;
mod market_error;
pub mod measure;
pub mod own_data;
pub mod problem;
pub mod resolve;
mod resolve_error;
pub mod signals;
pub mod space;
pub mod walk_forward;
