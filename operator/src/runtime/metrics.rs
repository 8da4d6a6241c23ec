//! What the runtime counts: writes, watches, leadership, events. Labels come from closed lists: never an object's name, a
//! namespace or the text of an error.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// A closed list of label values.
macro_rules! label {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// The label's value.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)+
                }
            }
        }

        impl prometheus_client::encoding::EncodeLabelValue for $name {
            fn encode(
                &self,
                encoder: &mut prometheus_client::encoding::LabelValueEncoder,
            ) -> Result<(), std::fmt::Error> {
                std::fmt::Write::write_str(encoder, self.as_str())
            }
        }
    };
}
pub(crate) use label;

label! {
    /// What a write does.
    Verb {
        /// POST.
        Create = "create",
        /// Server-side apply.
        Apply = "apply",
        /// Server-side apply of a status.
        Status = "status",
        /// DELETE.
        Delete = "delete",
        /// An event, new or repeated.
        Event = "event",
    }
}

label! {
    /// How a write ended.
    WriteOutcome {
        /// The server did it.
        Done = "done",
        /// Nothing to do: an equal body had been applied, or what was to be created or deleted was or was not there.
        Unchanged = "unchanged",
        /// Not sent, or given up: this process does not lead.
        NotLeader = "not_leader",
        /// 409.
        Conflict = "conflict",
        /// 400, 403, 404, 422: the server said no.
        Refused = "refused",
        /// No answer in time.
        Timeout = "timeout",
        /// Anything else.
        Failed = "failed",
    }
}

label! {
    /// Why a watch broke.
    WatchFailure {
        /// The kind is not installed.
        Missing = "missing",
        /// No right to list or watch.
        Forbidden = "forbidden",
        /// Its place in the history is gone: everything is listed again.
        Expired = "expired",
        /// The server answered with another error.
        Refused = "refused",
        /// No connection, or no answer in time.
        Unreachable = "unreachable",
        /// An object could not be read; it is left out.
        Unreadable = "unreadable",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WriteLabels {
    verb: Verb,
    kind: &'static str,
    outcome: WriteOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WatchLabels {
    watch: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WatchFailureLabels {
    watch: &'static str,
    failure: WatchFailure,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

/// The counters and gauges of the runtime. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    writes: Family<WriteLabels, Counter>,
    watch_failures: Family<WatchFailureLabels, Counter>,
    watch_up: Family<WatchLabels, Gauge>,
    kind_missing: Family<WatchLabels, Gauge>,
    leading: Gauge,
    events: Family<ReasonLabels, Counter>,
    events_dropped: Counter,
}

impl Metrics {
    /// All of them at zero.
    pub fn new() -> Metrics {
        Metrics::default()
    }

    /// Has them shown with what else is counted.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "writes",
            "Writes to the API server by verb, kind and outcome",
            self.writes.clone(),
        );
        registry.register("watch_failures", "Broken watches by cause", self.watch_failures.clone());
        registry.register(
            "watch_up",
            "1 while a watch has its objects and follows them",
            self.watch_up.clone(),
        );
        registry.register(
            "kind_missing",
            "1 while the watched kind is not installed",
            self.kind_missing.clone(),
        );
        registry.register("leading", "1 while this replica leads", self.leading.clone());
        registry.register("events", "Events told, by reason", self.events.clone());
        registry.register(
            "events_dropped",
            "Events not told for lack of room in the queue",
            self.events_dropped.clone(),
        );
    }

    /// A write ended.
    pub fn wrote(&self, verb: Verb, kind: &'static str, outcome: WriteOutcome) {
        self.writes.get_or_create(&WriteLabels { verb, kind, outcome }).inc();
    }

    /// A watch broke.
    pub fn watch_failed(&self, watch: &'static str, failure: WatchFailure) {
        self.watch_failures.get_or_create(&WatchFailureLabels { watch, failure }).inc();
    }

    /// Whether a watch has its objects and follows them.
    pub fn watch_up(&self, watch: &'static str, up: bool) {
        self.watch_up.get_or_create(&WatchLabels { watch }).set(i64::from(up));
    }

    /// Whether the watched kind is not installed.
    pub fn kind_missing(&self, watch: &'static str, missing: bool) {
        self.kind_missing.get_or_create(&WatchLabels { watch }).set(i64::from(missing));
    }

    /// Whether this replica leads.
    pub fn leading(&self, leads: bool) {
        self.leading.set(i64::from(leads));
    }

    /// An event was told.
    pub fn event(&self, reason: &'static str) {
        self.events.get_or_create(&ReasonLabels { reason }).inc();
    }

    /// There was no room for an event.
    pub fn event_dropped(&self) {
        self.events_dropped.inc();
    }
}
