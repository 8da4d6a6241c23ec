//! What the tables of functions and terms say, for people and programs: the page `docs/rules-reference.md` and
//! `galapagos functions` are both made of it.

mod entries;
mod formula;
mod page;

pub use entries::{FunctionEntry, OutputEntry, ParameterEntry, TermEntry, functions, terms};
pub use page::page;
