//! One symbol: which pages and files it needs, in which order they are asked for, and what is said of the rest.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::client::{Client, Failure};
use super::error::FetchError;
use super::months::{self, Part};
use super::order::{FetchEvent, Fetched, Order};
use super::question::{Kind, Question, Row, Unusable, Window};
use super::work::Work;
use super::{pages, venue};

/// A clock that is ahead by less than this takes no forming bar for one that has ended.
const SETTLED_MS: i64 = 10_000;

/// The hosts that an order asks, by their addresses: symbols share the pace of a host, and its wish to be left alone.
pub(super) type Hosts<'a> = BTreeMap<&'a str, Client>;

/// The hosts of an order.
pub(super) fn hosts<'a>(order: &'a Order<'a>) -> Hosts<'a> {
    let bars = order.questions.iter().map(|question| (host(order, question), order.endpoint.is_some()));
    let files = order.questions.iter().filter_map(|question| dumps(order, question));
    let all = bars.chain(files.map(|base| (base, base != venue::DUMPS)));
    all.map(|(base, is_named)| (base, Client::new(base, is_named && order.private, order.retries))).collect()
}

fn host<'a>(order: &Order<'a>, question: &Question) -> &'a str {
    order.endpoint.unwrap_or(venue::rules(question, Kind::Bars).host)
}

fn dumps<'a>(order: &Order<'a>, question: &Question) -> Option<&'a str> {
    order.dumps.filter(|_| venue::has_dumps(question))
}

/// One symbol on its way.
pub(super) struct Symbol<'a> {
    order: &'a Order<'a>,
    at: usize,
    question: &'a Question,
    client: &'a Client,
    /// Where the monthly files are, if there are any.
    dumps: Option<&'a Client>,
    work: Work,
    notes: Vec<String>,
    /// Pages that are there, and all.
    done: usize,
    total: usize,
    observe: &'a dyn Fn(FetchEvent<'_>),
}

impl<'a> Symbol<'a> {
    pub(super) fn open(
        order: &'a Order<'a>,
        at: usize,
        hosts: &'a Hosts<'a>,
        observe: &'a dyn Fn(FetchEvent<'_>),
    ) -> Result<Symbol<'a>, FetchError> {
        let question = &order.questions[at];
        let base = host(order, question);
        let work = Work::open(order.root, question, base, order.now_ms - SETTLED_MS)?;
        let client = &hosts[base];
        let dumps = dumps(order, question).map(|base| &hosts[base]);
        Ok(Symbol { order, at, question, client, dumps, work, notes: Vec::new(), done: 0, total: 1, observe })
    }

    pub(super) fn fetch(mut self) -> Result<Fetched, FetchError> {
        let range = self.range()?;
        let rules = venue::rules(self.question, Kind::Bars);
        let step = self.question.interval.ms();
        let parts = match &self.dumps {
            Some(_) => months::parts(range, rules.page * step),
            None => vec![Part::Pages(range)],
        };
        let payments = if self.order.funding { self.windows(Kind::Funding, range)? } else { Vec::new() };
        self.total = payments.len();
        for part in &parts {
            self.total += match part {
                Part::Pages(window) => self.windows(Kind::Bars, *window)?.len(),
                Part::Month { .. } => 1,
            };
        }
        let (mut bars, mut windows) = (Vec::new(), Vec::new());
        for part in &parts {
            let rest = match part {
                Part::Pages(window) => *window,
                Part::Month { name, window } => match self.month(name)? {
                    Some(path) => {
                        bars.push(path);
                        continue;
                    }
                    None => {
                        self.total += self.windows(Kind::Bars, *window)?.len() - 1;
                        *window
                    }
                },
            };
            let pages = self.windows(Kind::Bars, rest)?;
            self.pages(Kind::Bars, &pages)?;
            windows.extend(pages);
        }
        self.pages(Kind::Funding, &payments)?;
        (self.observe)(FetchEvent::Pages { symbol: self.at, done: self.done, total: self.total });
        let joined = self.work.join(Kind::Bars, &windows)?;
        if joined.is_none() && bars.is_empty() {
            // Another time there may be some.
            self.work.forget()?;
            return Err(self.empty(String::new()));
        }
        if let Some(joined) = joined {
            let is_month = |part: Option<&Part>| matches!(part, Some(Part::Month { .. }));
            // What a monthly file has is known to the importer alone.
            let first = (bars.is_empty() || !is_month(parts.first())).then_some(joined.first_ms);
            let last = (bars.is_empty() || !is_month(parts.last())).then_some(joined.last_ms);
            self.note_ends(range, first, last);
            bars.push(joined.path);
        }
        let joined = self.work.join(Kind::Funding, &payments)?;
        if self.order.funding && joined.is_none() {
            return Err(self.empty(" with funding: leave --funding out".to_owned()));
        }
        if joined.as_ref().is_some_and(|p| p.marks_left_out) {
            self.notes
                .push("some funding payments have no mark price, so those of all were left out".to_owned());
        }
        Ok(Fetched { bars, funding: joined.map(|p| p.path), notes: self.notes, work: self.work })
    }

    fn windows(&self, kind: Kind, range: Window) -> Result<Vec<Window>, FetchError> {
        let page = venue::rules(self.question, kind).page;
        pages::windows(kind, range, self.question.interval.ms(), page).map_err(FetchError::Question)
    }

    /// The part of the asked range that can be there.
    fn range(&mut self) -> Result<Window, FetchError> {
        let (question, rules) = (self.question, venue::rules(self.question, Kind::Bars));
        let (step, ended) = (question.interval.ms(), self.work.state().ended_ms);
        let end_ms = question.to_ms.map_or(ended, |to| to.min(ended));
        let mut range = Window { start_ms: question.from_ms, end_ms };
        if self.work.resumed {
            let (begun, folder) = (shown(ended + SETTLED_MS), self.work.folder().display());
            self.notes
                .push(format!("goes on with what was begun at {begun}; to begin anew, delete {folder}"));
        }
        if let Some(newest) = rules.newest_only {
            let oldest = ended.div_euclid(step) * step - (newest - 1) * step;
            if oldest > range.start_ms {
                self.notes.push(format!(
                    "{} gives the newest {newest} bars only: what is older than {} cannot be had there",
                    question.venue,
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

    /// The oldest bar since the start of a range, which saves the pages before it.
    fn first(&mut self, range: Window) -> Result<i64, FetchError> {
        let mut state = self.work.state();
        if let Some(first) = state.first_ms {
            return Ok(first);
        }
        let rows = self.rows(Kind::First, range)?;
        let Some(first) = rows.first().map(|row| row.time_ms) else { return Err(self.empty(String::new())) };
        state.first_ms = Some(first);
        self.work.keep(state)?;
        Ok(first)
    }

    /// The file of a month, whose SHA-256 is right; `None` if there is none.
    fn month(&mut self, name: &str) -> Result<Option<PathBuf>, FetchError> {
        let path = self.work.month(name);
        let Some(client) = self.dumps.filter(|_| !path.exists()) else {
            self.done += 1;
            return Ok(Some(path));
        };
        self.tell();
        let dump = venue::dump(self.question, name);
        let waits = |problem: &str, wait| self.waits(client, problem, wait);
        let sum = client.page(&dump.sum, &dump.rules, self.order.stop, &venue::sum, &waits);
        let sum = match sum {
            Err(Failure::Absent(_)) => return Ok(None),
            sum => sum.map_err(|failure| self.failed(client, failure))?,
        };
        let read = |body: &[u8]| venue::whole(body, &sum);
        let file = client.page(&dump.file, &dump.rules, self.order.stop, &read, &waits);
        let file = file.map_err(|failure| self.failed(client, failure))?;
        self.work.put_month(name, &file)?;
        self.done += 1;
        Ok(Some(path))
    }

    fn pages(&mut self, kind: Kind, windows: &[Window]) -> Result<(), FetchError> {
        for window in windows {
            if !self.work.has(kind, *window) {
                self.tell();
                self.page(kind, *window)?;
            }
            self.done += 1;
        }
        Ok(())
    }

    fn page(&mut self, kind: Kind, window: Window) -> Result<(), FetchError> {
        let rows = self.rows(kind, window)?;
        let (length, ended) = match kind {
            Kind::Funding => (0, i64::MAX),
            Kind::Bars | Kind::First => (self.question.interval.ms(), self.work.state().ended_ms),
        };
        let full = kind == Kind::Funding && rows.len() as i64 >= venue::rules(self.question, kind).page;
        let taken = match pages::take(rows, window, length, ended) {
            Ok(_) if full => Err("more payments than one an hour, so the page may be cut".to_owned()),
            Ok(taken) => Ok(taken),
            Err(Unusable::Passing(text) | Unusable::Refused(text) | Unusable::Strange(text)) => Err(text),
        };
        let taken = taken.map_err(|text| self.failed(self.client, Failure::Strange(text)))?;
        // What is newer than asked for comes with every answer of some exchanges.
        if taken.outside > 0 {
            let (symbol, rows) = (&self.question.symbol, taken.outside);
            tracing::debug!(symbol, rows, "rows outside of the asked range left out");
        }
        Ok(self.work.put(kind, window, &taken.rows)?)
    }

    fn rows(&self, kind: Kind, window: Window) -> Result<Vec<Row>, FetchError> {
        let (rules, request) =
            (venue::rules(self.question, kind), venue::request(self.question, kind, window));
        let waits = |problem: &str, wait| self.waits(self.client, problem, wait);
        let read = |body: &[u8]| venue::rows(self.question, kind, body);
        let answer = self.client.page(&request, &rules, self.order.stop, &read, &waits);
        answer.map_err(|failure| self.failed(self.client, failure))
    }

    fn tell(&self) {
        (self.observe)(FetchEvent::Pages { symbol: self.at, done: self.done, total: self.total });
    }

    fn waits(&self, client: &Client, problem: &str, wait: std::time::Duration) {
        (self.observe)(FetchEvent::Waits { symbol: self.at, host: &client.host, problem, wait });
    }

    fn failed(&self, client: &Client, failure: Failure) -> FetchError {
        let (symbol, host) = (self.question.symbol.clone(), client.host.clone());
        match failure {
            Failure::Absent(answer) | Failure::Refused(answer) => {
                FetchError::Refused { symbol, host, answer }
            }
            Failure::Strange(answer) => FetchError::Strange { symbol, host, answer },
            Failure::Unreachable { problem, attempts } => {
                let (done, total) = (self.done, self.total);
                FetchError::Unreachable { symbol, host, problem, attempts, done, total }
            }
            Failure::Banned { status, wait } => FetchError::Banned { symbol, host, status, wait },
            Failure::Stopped => FetchError::Stopped,
        }
    }

    fn empty(&self, why: String) -> FetchError {
        FetchError::Empty { symbol: self.question.symbol.clone(), host: self.client.host.clone(), why }
    }

    /// Names what the asked range has more than the bars.
    fn note_ends(&mut self, range: Window, first_ms: Option<i64>, last_ms: Option<i64>) {
        let (question, step) = (self.question, self.question.interval.ms());
        if let Some(first) = first_ms.filter(|first| *first > question.from_ms + step) {
            self.notes.push(format!(
                "the first bar that {} gives is that of {}",
                question.venue,
                shown(first)
            ));
        }
        let Some(last) = last_ms else { return };
        let ended = self.work.state().ended_ms;
        if question.to_ms.is_none_or(|to| to > ended) {
            let last = shown(last);
            self.notes
                .push(format!("the last bar is that of {last}: later ones had not ended and were left out"));
        } else if last + 2 * step <= range.end_ms {
            self.notes.push(format!("the last bar that {} gives is that of {}", question.venue, shown(last)));
        }
    }
}

fn shown(ms: i64) -> String {
    galapagos_run::job::dates::show_stamp(ms)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::super::question::{Market, Venue};
    use super::*;

    #[test]
    fn symbols_share_the_pace_of_their_host() {
        let question = |symbol: &str| Question {
            venue: Venue::Kraken,
            market: Market::Spot,
            symbol: symbol.to_owned(),
            interval: galapagos_market::Interval::parse("1h").unwrap(),
            from_ms: 0,
            to_ms: None,
        };
        let (questions, stop) = ([question("XBTUSD"), question("ETHUSD")], AtomicBool::new(false));
        let order = Order {
            questions: &questions,
            funding: false,
            endpoint: None,
            private: false,
            dumps: None,
            root: std::path::Path::new("x"),
            retries: 0,
            now_ms: 0,
            stop: &stop,
        };
        assert_eq!(hosts(&order).len(), 1);
    }
}
