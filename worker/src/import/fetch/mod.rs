//! Public market data of exchanges by their documented HTTP APIs: pages into a folder, the folder's files to the importer.
//!
//! Guarantees: no credentials; every page is bounded, checked and kept once it is there, so that the same question asks for
//! it only once, whatever ends the process; nothing is handed on before all pages of all symbols are there.

mod ask;
mod client;
mod endpoint;
mod error;
mod pages;
mod venue;
mod work;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use ask::{Kind, Window};
use client::{Client, Failure};
use work::Work;

pub use ask::{Ask, Market, Venue};
pub use error::FetchError;

/// A clock that is ahead by less than this takes no forming candle for one that has ended.
const SETTLED_MS: i64 = 10_000;

/// What to fetch, and how.
#[derive(Debug)]
pub struct Order<'a> {
    /// One for each symbol.
    pub asks: &'a [Ask],
    /// Whether to fetch funding too.
    pub funding: bool,
    /// Another host than the exchange's own.
    pub endpoint: Option<&'a str>,
    /// Root of the data, where the pages are kept.
    pub root: &'a Path,
    /// How often a page is asked for again.
    pub retries: u32,
    /// The time, UTC milliseconds.
    pub now_ms: i64,
    /// Raised to end it.
    pub stop: &'a AtomicBool,
}

/// What is reported while it runs. Numbers of symbols are positions in [`Order::asks`].
#[derive(Debug)]
pub enum FetchEvent<'a> {
    /// Pages are there.
    Pages {
        /// Position of the symbol.
        symbol: usize,
        /// Pages that are there.
        done: usize,
        /// Pages of the symbol, as far as it is known.
        total: usize,
    },
    /// The host is asked again later.
    Waits {
        /// Position of the symbol.
        symbol: usize,
        /// Who is waited for.
        host: &'a str,
        /// Why.
        problem: &'a str,
        /// How long.
        wait: Duration,
    },
}

/// All of one symbol, in files.
#[derive(Debug)]
pub struct Fetched {
    /// Its candles: time, open, high, low, close, volume.
    pub bars: PathBuf,
    /// Its funding: time, rate, and mark where all have one.
    pub funding: Option<PathBuf>,
    /// What was left out, in sentences.
    pub notes: Vec<String>,
    work: Work,
}

impl Fetched {
    /// Removes the files: what they held is published.
    ///
    /// # Errors
    /// The folder cannot be removed.
    pub fn remove(self) -> Result<(), FetchError> {
        Ok(self.work.remove()?)
    }
}

/// Fetches all symbols of an order.
///
/// # Errors
/// [`FetchError`]. Pages that are there stay, and the same order goes on with them.
pub fn fetch(order: &Order<'_>, observe: &dyn Fn(FetchEvent<'_>)) -> Result<Vec<Fetched>, FetchError> {
    for ask in order.asks {
        venue::check(ask, order.funding).map_err(FetchError::Question)?;
    }
    if let Some(endpoint) = order.endpoint {
        endpoint::check(endpoint).map_err(FetchError::Question)?;
    }
    let all = order.asks.iter().enumerate();
    all.map(|(at, ask)| Symbol::open(order, at, ask, observe)?.fetch()).collect()
}

/// One symbol on its way.
struct Symbol<'a> {
    order: &'a Order<'a>,
    at: usize,
    ask: &'a Ask,
    client: Client,
    work: Work,
    notes: Vec<String>,
    observe: &'a dyn Fn(FetchEvent<'_>),
}

impl<'a> Symbol<'a> {
    fn open(
        order: &'a Order<'a>,
        at: usize,
        ask: &'a Ask,
        observe: &'a dyn Fn(FetchEvent<'_>),
    ) -> Result<Symbol<'a>, FetchError> {
        let base = order.endpoint.unwrap_or(venue::rules(ask, Kind::Bars).host);
        let work = Work::open(order.root, ask, base, order.now_ms - SETTLED_MS)?;
        let client = Client::new(base, order.endpoint.is_some(), order.retries);
        Ok(Symbol { order, at, ask, client, work, notes: Vec::new(), observe })
    }

    fn fetch(mut self) -> Result<Fetched, FetchError> {
        let range = self.range()?;
        let plan = |kind| {
            let page = venue::rules(self.ask, kind).page;
            pages::windows(kind, range, self.ask.interval.ms(), page).map_err(FetchError::Question)
        };
        let bars = plan(Kind::Bars)?;
        let funding = if self.order.funding { plan(Kind::Funding)? } else { Vec::new() };
        let todo = [(Kind::Bars, &bars), (Kind::Funding, &funding)];
        let total = bars.len() + funding.len();
        let mut done = 0;
        for (kind, windows) in todo {
            for window in windows {
                if !self.work.has(kind, *window) {
                    (self.observe)(FetchEvent::Pages { symbol: self.at, done, total });
                    self.page(kind, *window, (done, total))?;
                }
                done += 1;
            }
        }
        (self.observe)(FetchEvent::Pages { symbol: self.at, done, total });
        let Some(joined) = self.work.join(Kind::Bars, &bars)? else { return Err(self.empty(String::new())) };
        self.note_ends(range, joined.first_ms, joined.last_ms);
        let payments = self.work.join(Kind::Funding, &funding)?;
        if self.order.funding && payments.is_none() {
            return Err(self.empty(" with funding: leave --funding out".to_owned()));
        }
        if payments.as_ref().is_some_and(|p| p.marks_left_out) {
            self.notes
                .push("some funding payments have no mark price, so those of all were left out".to_owned());
        }
        let funding = payments.map(|p| p.path);
        Ok(Fetched { bars: joined.path, funding, notes: self.notes, work: self.work })
    }

    /// The part of the asked range that can be there.
    fn range(&mut self) -> Result<Window, FetchError> {
        let (ask, rules) = (self.ask, venue::rules(self.ask, Kind::Bars));
        let (step, ended) = (ask.interval.ms(), self.work.state().ended_ms);
        let mut range = Window { start_ms: ask.from_ms, end_ms: ask.to_ms.map_or(ended, |to| to.min(ended)) };
        if self.work.resumed {
            self.notes.push(format!("goes on with what was begun at {}", shown(ended + SETTLED_MS)));
        }
        if let Some(newest) = rules.newest_only {
            let oldest = ended.div_euclid(step) * step - (newest - 1) * step;
            if oldest > range.start_ms {
                self.notes.push(format!(
                    "{} gives the newest {newest} candles only: what is older than {} cannot be had there",
                    ask.venue,
                    shown(oldest)
                ));
                range.start_ms = oldest;
            }
        }
        if range.start_ms >= range.end_ms {
            let why = self.notes.pop().map_or(": none has ended yet".to_owned(), |note| format!(": {note}"));
            return Err(self.empty(why));
        }
        if rules.has_first && range.end_ms - range.start_ms > rules.page * step {
            range.start_ms = range.start_ms.max(self.first(range)?);
            if range.start_ms >= range.end_ms {
                return Err(self.empty(format!(": its first is that of {}", shown(range.start_ms))));
            }
        }
        Ok(range)
    }

    /// The oldest candle since the start of a range, which saves the pages before it.
    fn first(&mut self, range: Window) -> Result<i64, FetchError> {
        let mut state = self.work.state();
        if let Some(first) = state.first_ms {
            return Ok(first);
        }
        let rows = self.ask_for(Kind::First, range, (0, 1))?;
        let Some(first) = rows.first().map(|row| row.time_ms) else { return Err(self.empty(String::new())) };
        state.first_ms = Some(first);
        self.work.keep(state)?;
        Ok(first)
    }

    fn page(&mut self, kind: Kind, window: Window, progress: (usize, usize)) -> Result<(), FetchError> {
        let rows = self.ask_for(kind, window, progress)?;
        let (length, ended) = match kind {
            Kind::Funding => (0, i64::MAX),
            Kind::Bars | Kind::First => (self.ask.interval.ms(), self.work.state().ended_ms),
        };
        let full = kind == Kind::Funding && rows.len() as i64 >= venue::rules(self.ask, kind).page;
        let taken = pages::take(rows, window, length, ended);
        let taken = match taken {
            Ok(_) if full => Err("more payments than one an hour, so the page may be cut".to_owned()),
            Ok(taken) => Ok(taken),
            Err(unusable) => Err(match unusable {
                ask::Unusable::Passing(text)
                | ask::Unusable::Refused(text)
                | ask::Unusable::Strange(text) => text,
            }),
        };
        let taken = taken.map_err(|text| self.failed(Failure::Strange(text), progress))?;
        // What is newer than asked for comes with every answer of some exchanges.
        if taken.outside > 0 {
            tracing::debug!(
                symbol = self.ask.symbol,
                rows = taken.outside,
                "rows outside of the asked range left out"
            );
        }
        Ok(self.work.put(kind, window, &taken.rows)?)
    }

    fn ask_for(
        &self,
        kind: Kind,
        window: Window,
        progress: (usize, usize),
    ) -> Result<Vec<ask::Row>, FetchError> {
        let (rules, request) = (venue::rules(self.ask, kind), venue::request(self.ask, kind, window));
        let waits = |problem: &str, wait| {
            (self.observe)(FetchEvent::Waits { symbol: self.at, host: &self.client.host, problem, wait });
        };
        let read = |body: &[u8]| venue::rows(self.ask, kind, body);
        let answer = self.client.page(&request, &rules, self.order.stop, &read, &waits);
        answer.map_err(|failure| self.failed(failure, progress))
    }

    fn failed(&self, failure: Failure, (done, total): (usize, usize)) -> FetchError {
        let (symbol, host) = (self.ask.symbol.clone(), self.client.host.clone());
        match failure {
            Failure::Refused(answer) => FetchError::Refused { symbol, host, answer },
            Failure::Strange(answer) => FetchError::Strange { symbol, host, answer },
            Failure::Unreachable { problem, attempts } => {
                FetchError::Unreachable { symbol, host, problem, attempts, done, total }
            }
            Failure::Banned { status, wait } => FetchError::Banned { symbol, host, status, wait },
            Failure::Stopped => FetchError::Stopped,
        }
    }

    fn empty(&self, why: String) -> FetchError {
        FetchError::Empty { symbol: self.ask.symbol.clone(), host: self.client.host.clone(), why }
    }

    /// Names what the asked range has more than the bars.
    fn note_ends(&mut self, range: Window, first_ms: i64, last_ms: i64) {
        let (ask, step) = (self.ask, self.ask.interval.ms());
        if first_ms >= range.start_ms.max(ask.from_ms) + step || first_ms > ask.from_ms + step {
            self.notes.push(format!("the first bar that {} gives is that of {}", ask.venue, shown(first_ms)));
        }
        let ended = self.work.state().ended_ms;
        if ask.to_ms.is_none_or(|to| to > ended) {
            let last = shown(last_ms);
            self.notes
                .push(format!("the last bar is that of {last}: later ones have not ended and were left out"));
        } else if last_ms + 2 * step <= range.end_ms {
            self.notes.push(format!("the last bar that {} gives is that of {}", ask.venue, shown(last_ms)));
        }
    }
}

fn shown(ms: i64) -> String {
    galapagos_run::job::dates::show_stamp(ms)
}
