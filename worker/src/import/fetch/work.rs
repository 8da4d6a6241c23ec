//! The folder of one symbol while it is fetched: a file for each page, which is there whole or not at all. A later run of
//! the same question finds it, and asks for what is missing.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use galapagos_run::storage::{StorageError, atomic, lock::RunLock};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::error::FetchError;
use super::question::{Kind, Question, Row, Window};

/// Below the root of the data.
const FOLDER: &str = "galapagos/fetch";
const STATE: &str = "state.json";

/// The pages of one symbol.
#[derive(Debug)]
pub(super) struct Work {
    folder: PathBuf,
    state: State,
    /// Whether an earlier run began it.
    pub(super) resumed: bool,
    _lock: RunLock,
}

/// What the first run decided for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// Bars that end later are not asked for, now or when it goes on: they were forming.
    pub(super) ended_ms: i64,
    /// The first stamp that the exchange has, once it is known.
    pub(super) first_ms: Option<i64>,
}

impl Work {
    /// The folder of a question to `endpoint`; a new one begins at `now_ms`.
    pub(super) fn open(
        root: &Path,
        question: &Question,
        endpoint: &str,
        now_ms: i64,
    ) -> Result<Work, FetchError> {
        let folder = root.join(FOLDER).join(name(question, endpoint));
        fs::create_dir_all(&folder).map_err(StorageError::io("create", &folder))?;
        let lock = match RunLock::take(&folder.join("lock")) {
            Err(StorageError::Locked { .. }) => {
                return Err(FetchError::Busy { symbol: question.symbol.clone(), folder });
            }
            lock => lock?,
        };
        atomic::remove_leftovers(&folder)?;
        let known = fs::read(folder.join(STATE)).ok().and_then(|text| State::read(&text));
        let work = Work {
            folder,
            state: known.unwrap_or(State { ended_ms: now_ms, first_ms: None }),
            resumed: known.is_some(),
            _lock: lock,
        };
        if known.is_none() {
            // Pages without a state may be of other bars that had ended.
            work.forget()?;
        }
        Ok(work)
    }

    /// Where it is.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    /// Decides something for this run and those that go on with it.
    pub(super) fn keep(&mut self, state: State) -> Result<(), StorageError> {
        self.state = state;
        self.write()
    }

    /// Writes down what was decided before the first page is: a question without an answer is asked anew another time, of
    /// what has ended by then.
    fn begin(&self) -> Result<(), StorageError> {
        if self.folder.join(STATE).exists() { Ok(()) } else { self.write() }
    }

    fn write(&self) -> Result<(), StorageError> {
        let State { ended_ms, first_ms } = self.state;
        let text = json!({"endedMs": ended_ms, "firstMs": first_ms}).to_string();
        atomic::write(&self.folder.join(STATE), text.as_bytes())
    }

    /// Whether a page is there.
    pub(super) fn has(&self, kind: Kind, window: Window) -> bool {
        self.page(kind, window).exists()
    }

    /// Writes a page.
    pub(super) fn put(&self, kind: Kind, window: Window, rows: &[Row]) -> Result<(), StorageError> {
        self.begin()?;
        atomic::write_with(&self.page(kind, window), |out| {
            rows.iter().try_for_each(|row| writeln!(out, "{},{}", row.time_ms, row.cells.join(",")))
        })
    }

    /// Where the file of a month is, or will be.
    pub(super) fn month(&self, name: &str) -> PathBuf {
        self.folder.join(format!("bars-{name}.zip"))
    }

    /// Writes the file of a month.
    pub(super) fn put_month(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.begin()?;
        atomic::write(&self.month(name), bytes)
    }

    /// Joins the pages to one file; `None` if they have no row.
    pub(super) fn join(&self, kind: Kind, windows: &[Window]) -> Result<Option<Joined>, StorageError> {
        let (mut rows, mut without_mark) = (0_usize, 0_usize);
        let mut ends: Option<(i64, i64)> = None;
        for window in windows {
            for line in self.read(kind, *window)?.lines() {
                let time_ms = line.split(',').next().and_then(|time| time.parse().ok()).unwrap_or(0);
                ends = Some((ends.map_or(time_ms, |(first, _)| first), time_ms));
                without_mark += usize::from(line.ends_with(','));
                rows += 1;
            }
        }
        let Some((first_ms, last_ms)) = ends else { return Ok(None) };
        // Binance has marks since 2023; a series has them all, or none.
        let marked = kind != Kind::Funding || without_mark == 0;
        let path = self.folder.join(format!("{}.csv", word(kind)));
        atomic::write_with(&path, |out| {
            writeln!(out, "{}", header(kind, marked))?;
            for window in windows {
                for line in self.read(kind, *window).map_err(io::Error::other)?.lines() {
                    let without = line.rsplit_once(',').map_or(line, |(kept, _)| kept);
                    writeln!(out, "{}", if marked { line } else { without })?;
                }
            }
            Ok(())
        })?;
        Ok(Some(Joined { path, first_ms, last_ms, marks_left_out: !marked && rows > without_mark }))
    }

    fn read(&self, kind: Kind, window: Window) -> Result<String, StorageError> {
        let page = self.page(kind, window);
        fs::read_to_string(&page).map_err(StorageError::io("read", &page))
    }

    /// Removes the folder: what it held is published.
    pub(super) fn remove(self) -> Result<(), StorageError> {
        fs::remove_dir_all(&self.folder).map_err(StorageError::io("remove", &self.folder))
    }

    fn page(&self, kind: Kind, window: Window) -> PathBuf {
        self.folder.join(format!("{}-{}-{}.page", word(kind), window.start_ms, window.end_ms))
    }

    /// Removes the pages, and what was decided for them.
    pub(super) fn forget(&self) -> Result<(), StorageError> {
        let entries = fs::read_dir(&self.folder).map_err(StorageError::io("list", &self.folder))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_some_and(|e| e == "page" || e == "zip") || path.ends_with(STATE) {
                fs::remove_file(&path).map_err(StorageError::io("remove", &path))?;
            }
        }
        Ok(())
    }
}

/// All pages of a series as one file.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) path: PathBuf,
    pub(super) first_ms: i64,
    pub(super) last_ms: i64,
    /// Marks were left out, since some payments have none.
    pub(super) marks_left_out: bool,
}

impl State {
    fn read(text: &[u8]) -> Option<State> {
        let value: Value = serde_json::from_slice(text).ok()?;
        Some(State { ended_ms: value.get("endedMs")?.as_i64()?, first_ms: value.get("firstMs")?.as_i64() })
    }
}

fn word(kind: Kind) -> &'static str {
    if kind == Kind::Funding { "funding" } else { "bars" }
}

fn header(kind: Kind, marked: bool) -> &'static str {
    match (kind, marked) {
        (Kind::Bars | Kind::First, _) => "time,open,high,low,close,volume",
        (Kind::Funding, true) => "time,rate,mark",
        (Kind::Funding, false) => "time,rate",
    }
}

/// Another question is another folder.
fn name(question: &Question, endpoint: &str) -> String {
    let Question { venue, market, symbol, interval, from_ms, to_ms } = question;
    let question = format!("{venue} {market} {symbol} {interval} {from_ms} {to_ms:?} {endpoint}");
    let key: String =
        digest(&SHA256, question.as_bytes()).as_ref()[..4].iter().map(|b| format!("{b:02x}")).collect();
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    format!("{venue}-{market}-{}-{interval}-{key}", symbol.chars().map(plain).collect::<String>())
}
