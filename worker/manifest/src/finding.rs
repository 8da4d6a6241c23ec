//! One thing that is wrong with a manifest.

use galapagos_crds::conditions::StalledReason;

/// One thing that is wrong with a manifest: where, what, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}{}: {text}{}", at(.column), behind(.advice))]
pub struct Finding {
    /// The field, as `spec.strategies[0].genes[1].min`.
    pub path: String,
    /// The character at fault in an expression, from 1; 0 if the field as a whole is.
    pub column: usize,
    /// How many characters of the expression are at fault.
    pub length: usize,
    /// The reason of the condition that an operator sets.
    pub reason: StalledReason,
    /// Whether the job can be run nevertheless.
    pub weight: Weight,
    /// What is wrong, in words that do not name the field again.
    pub text: String,
    /// What would be right, or what was meant, if it can be told.
    pub advice: Option<String>,
}

/// Whether a job can be run nevertheless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// There is no way to run the job.
    Impossible,
    /// The job can be run, but not as it reads: a part of it is passed over. New jobs are refused; a job that an
    /// earlier release has let in goes on.
    Misleading,
}

impl Finding {
    /// Whether there is no way to run the job.
    pub fn is_impossible(&self) -> bool {
        self.weight == Weight::Impossible
    }

    /// What makes the job impossible.
    pub fn invalid(path: impl Into<String>, text: impl Into<String>) -> Finding {
        Finding {
            path: path.into(),
            column: 0,
            length: 0,
            reason: StalledReason::InvalidSpec,
            weight: Weight::Impossible,
            text: text.into(),
            advice: None,
        }
    }

    pub(crate) fn misleading(path: impl Into<String>, text: impl Into<String>) -> Finding {
        Finding { weight: Weight::Misleading, ..Finding::invalid(path, text) }
    }

    /// The same with what would be right.
    pub fn advise(self, advice: impl Into<String>) -> Finding {
        Finding { advice: Some(advice.into()), ..self }
    }

    /// The same about characters of an expression.
    pub(crate) fn at(self, column: usize, length: usize) -> Finding {
        Finding { column, length, ..self }
    }

    pub(crate) fn reason(self, reason: StalledReason) -> Finding {
        Finding { reason, ..self }
    }
}

fn at(column: &usize) -> String {
    if *column == 0 { String::new() } else { format!(":{column}") }
}

fn behind(advice: &Option<String>) -> String {
    advice.as_ref().map(|a| format!("; {a}")).unwrap_or_default()
}

/// The first finding that makes something impossible.
pub(crate) fn first(path: &str, findings: Vec<Finding>) -> Finding {
    let first = findings.into_iter().find(Finding::is_impossible);
    first.unwrap_or_else(|| Finding::invalid(path, "cannot be used"))
}
