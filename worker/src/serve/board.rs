//! What is answered: bytes that lie ready.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use galapagos_run::signal::age::MaxAge;
use galapagos_run::signal::document::SignalDocument;
use serde_json::{Map, Value, json};

use super::watched::{Current, Watched};
use crate::metrics::ServeMetrics;

/// A champion as it is answered.
#[derive(Debug)]
pub(super) struct Entry {
    /// What it is called.
    pub name: String,
    /// What it is and wants.
    pub current: Arc<Current>,
    /// The answer for all its symbols.
    pub body: Bytes,
}

/// The board and who changes it; clones share it.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    entries: Arc<RwLock<Arc<Vec<Entry>>>>,
    max_age: MaxAge,
    /// What the service shows of itself.
    pub metrics: ServeMetrics,
}

impl Shown {
    /// An empty board.
    pub fn new(max_age: MaxAge, metrics: ServeMetrics) -> Shown {
        Shown { entries: Arc::default(), max_age, metrics }
    }

    /// What lies ready now.
    pub fn entries(&self) -> Arc<Vec<Entry>> {
        Arc::clone(&self.entries.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at one champion; whether it has changed. What cannot be read is logged, and what was known stays.
    pub fn looked(&self, one: &mut Watched) -> bool {
        match one.look() {
            Ok(false) => false,
            Ok(true) => {
                self.metrics.reloads.inc();
                if let Some(current) = one.current() {
                    tracing::info!(
                        champion = one.name,
                        result = current.signal.result_digest,
                        dataset = current.signal.dataset_digest,
                        stamp = current.signal.stamp,
                        "a new result or new data"
                    );
                }
                true
            }
            Err(error) => {
                self.metrics.reload_failures.inc();
                tracing::warn!(champion = one.name, %error, "not readable; the last signal stays");
                false
            }
        }
    }

    /// Puts up what was read.
    pub fn put(&self, all: &[Watched]) {
        let entry = |one: &Watched| {
            let current = Arc::clone(one.current()?);
            let body = document(&one.name, &current.signal, None).to_string();
            Some(Entry { name: one.name.clone(), current, body: Bytes::from(body) })
        };
        let entries: Vec<Entry> = all.iter().filter_map(entry).collect();
        *self.entries.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(entries);
        self.measure();
    }

    /// Brings the gauges up to date.
    pub fn measure(&self) {
        let entries = self.entries();
        let stale = entries.iter().filter(|e| self.is_stale(&e.current.signal)).count();
        let oldest = entries.iter().map(|e| e.current.signal.closed_ms).min();
        self.metrics.champions.set(entries.len() as i64);
        self.metrics.champions_stale.set(stale as i64);
        self.metrics.last_close_seconds.set(oldest.map_or(0.0, |ms| ms as f64 / 1000.0));
    }

    /// Whether the data of a signal are too old.
    pub fn is_stale(&self, signal: &SignalDocument) -> bool {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.max_age.is_stale(signal, i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// What is said instead of a signal whose data are too old.
    pub fn stale(&self, name: &str, signal: &SignalDocument) -> Value {
        let allowed = self.max_age.allowed_ms(signal.interval_ms, signal.continuous);
        let text = format!("the data are stale: their last bar closed at {}", signal.closed);
        let mut all = identity(name, signal);
        all.insert("error".to_owned(), json!(text));
        all.insert("max_age_seconds".to_owned(), json!(allowed.map(|ms| ms / 1000)));
        Value::Object(all)
    }
}

/// Who answers and by which data: what every answer about a champion has.
fn identity(name: &str, signal: &SignalDocument) -> Map<String, Value> {
    let mut all = Map::new();
    for (field, value) in [
        ("champion", name),
        ("genome_digest", &signal.genome_digest),
        ("result_digest", &signal.result_digest),
        ("dataset_digest", &signal.dataset_digest),
        ("stamp", &signal.stamp),
        ("closed", &signal.closed),
    ] {
        all.insert(field.to_owned(), json!(value));
    }
    all
}

/// The signal of a champion, of one symbol if that is asked for.
pub(super) fn document(name: &str, signal: &SignalDocument, symbol: Option<&str>) -> Value {
    let mut one = signal.clone();
    if let Some(symbol) = symbol {
        one.signals.retain(|s| s.symbol == symbol);
    }
    // Its fields are texts and finite numbers: writing cannot fail.
    let mut value = serde_json::to_value(one).unwrap_or_default();
    value["champion"] = json!(name);
    value
}

impl Entry {
    /// The champion as the list of champions has it.
    pub fn summary(&self, stale: bool) -> Value {
        let (signal, result) = (&self.current.signal, &self.current.chosen.document);
        let champion = self.current.chosen.champion();
        let mut all = identity(&self.name, signal);
        let holdout = champion.holdout.as_ref().and_then(|h| h.metrics.get("sharpe").copied().flatten());
        for (field, value) in [
            ("job", json!(signal.job)),
            ("rank", json!(signal.rank)),
            ("strategy", json!(signal.strategy)),
            ("genome", json!(signal.genome)),
            ("dataset", json!(signal.dataset)),
            ("symbols", json!(signal.signals.iter().map(|s| &s.symbol).collect::<Vec<_>>())),
            ("class", json!(champion.class)),
            ("objective", json!(champion.objective)),
            ("fitness", json!(champion.fitness)),
            ("holdout_sharpe", json!(holdout)),
            ("validated", json!(result.validation.as_ref().map(|v| &v.validated))),
            ("stale", json!(stale)),
        ] {
            all.insert(field.to_owned(), value);
        }
        Value::Object(all)
    }
}
