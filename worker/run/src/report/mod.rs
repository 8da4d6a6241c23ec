//! `report.html`: one file that shows a result to people, opens from disk and fetches nothing.
//!
//! [`page::of`] reads the files of a result and gives the page. The same files give the same bytes: there is no clock in it.
//! The files are bounded, checked and never believed: what they say is text in the page, never markup or script.
//!
//! * [`data`], [`table`], [`account`], [`trades`], [`years`], [`stitched`], [`ledger`]: the files of a result, read as streams.
//! * [`band`], [`thin`], [`calendar`], [`heat`]: what is computed of them; pure.
//! * [`frame`], [`html`], [`sections`], [`page`]: how it looks. `assets` holds what is the same in every report.

pub mod account;
pub mod band;
pub mod calendar;
pub mod data;
pub mod error;
pub mod frame;
pub mod heat;
pub mod html;
pub mod ledger;
pub mod locate;
pub mod page;
pub mod sections;
pub mod stitched;
pub mod table;
pub mod text;
pub mod thin;
pub mod trades;
pub mod years;
