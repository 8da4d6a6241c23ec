//! The page about a run: what it shows ([`view`]), where that is gathered while the run goes on ([`board`] and [`work`]), the
//! timeline of its batches ([`timeline`]), and the page itself ([`page`]). A report has the same of a run that is over ([`finished`]). There is no network here: who serves it asks for a
//! view and for the page. Nothing of it is part of a result, and no result depends on whether anybody looks.
//!
//! Everything is bounded, whatever the number of generations, workers and events.

pub mod board;
pub mod events;
pub mod finished;
pub mod moment;
pub mod page;
pub mod recent;
pub mod series;
pub mod slots;
pub mod timeline;
pub mod view;
pub mod work;
