//! How a role of this binary ends. Codes and reasons are of the wire (`galapagos_protocol::ends`): the operator reads
//! them.

use std::fmt;

use galapagos_market::ErrorKind;

pub use galapagos_protocol::ends::{Code, Failure};

/// The code of an error of the data.
pub fn code_of(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::Spec => Code::Spec,
        ErrorKind::Invalid => Code::DataInvalid,
        ErrorKind::Missing => Code::DataMissing,
        ErrorKind::Io => Code::Internal,
    }
}

/// An end that is not success.
#[derive(Debug)]
pub struct Exit {
    /// The exit code of the process.
    pub code: Code,
    /// Why, for logs and the termination message.
    pub error: anyhow::Error,
}

impl Exit {
    /// The reason of a condition that this end leads to: that of its code, unless more is known.
    pub fn reason(&self) -> Failure {
        match self.error.downcast_ref::<galapagos_market::Error>() {
            Some(galapagos_market::Error::Damaged { .. }) => Failure::DataChanged,
            _ => self.code.reason(),
        }
    }

    /// An end with a code and its error.
    pub fn new(code: Code, error: impl Into<anyhow::Error>) -> Exit {
        Exit { code, error: error.into() }
    }

    /// Stopped by a signal.
    pub fn terminated() -> Exit {
        Exit {
            code: Code::Terminated,
            error: anyhow::anyhow!("stopped by a signal; the next attempt continues"),
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:#}", self.reason(), self.error)
    }
}

/// An error with its causes in one line.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_page_and_the_help_name_every_exit_code_and_whether_another_attempt_helps() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/worker.md");
        let page = std::fs::read_to_string(page).unwrap();
        let help = crate::process::args::Arguments::command().render_long_help().to_string();
        for code in Code::ALL {
            let number = code.number().to_string();
            let row = page.lines().find(|line| line.starts_with(&format!("| {number}")));
            let row = row.unwrap_or_else(|| panic!("docs/worker.md has no row for {number}"));
            assert!(row.contains(&format!("`{}`", code.reason())), "{row}");
            assert_eq!(row.ends_with("| ends the same way |"), code.is_permanent(), "{row}");
            assert!(help.contains(&format!("{number} ")), "the help does not name {number}");
        }
    }
}
