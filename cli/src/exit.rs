//! How a command ends: the exit codes, and whether an error is the caller's or ours.

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub enum CommandError {
    /// The input is wrong: a file, a manifest, a flag. Exit code 2.
    Invalid(anyhow::Error),
    /// The machine or the program failed. Exit code 1.
    Internal(anyhow::Error),
    /// The command did its work, and what it looked at did not pass. Exit code 3.
    GatesFailed(String),
    /// The run ended, but no individual is feasible: there is no best. Exit code 4.
    NoneFeasible(String),
    /// Stopped at a safe point by a signal; the text says how to continue. Exit code 130.
    Interrupted(String),
}

/// What a command returns.
pub type CommandResult<T = ()> = Result<T, CommandError>;

/// Exit code of invalid input.
pub const INVALID: u8 = 2;
/// Exit code of what was looked at and did not pass.
pub const GATES_FAILED: u8 = 3;
/// Exit code of a run that ended without a feasible individual.
pub const NONE_FEASIBLE: u8 = 4;
/// Exit code of a run that was interrupted and can be continued.
pub const INTERRUPTED: u8 = 130;

impl CommandError {
    /// An error of the input, from a text.
    pub fn invalid(text: impl Into<String>) -> CommandError {
        CommandError::Invalid(anyhow::Error::msg(text.into()))
    }

    /// The exit code of this failure.
    pub fn code(&self) -> u8 {
        match self {
            CommandError::Invalid(_) => INVALID,
            CommandError::Internal(_) => 1,
            CommandError::GatesFailed(_) => GATES_FAILED,
            CommandError::NoneFeasible(_) => NONE_FEASIBLE,
            CommandError::Interrupted(_) => INTERRUPTED,
        }
    }

    /// What happened, in words.
    pub fn message(&self) -> String {
        match self {
            CommandError::Invalid(e) => format!("{e:#}"),
            CommandError::Internal(e) => format!("{e:#} (internal: the input is not at fault)"),
            CommandError::GatesFailed(text)
            | CommandError::NoneFeasible(text)
            | CommandError::Interrupted(text) => text.clone(),
        }
    }

    /// The text for people, without a trailing newline.
    pub fn text(&self) -> String {
        match self {
            CommandError::Invalid(_) | CommandError::Internal(_) => format!("error: {}", self.message()),
            CommandError::GatesFailed(_) | CommandError::NoneFeasible(_) | CommandError::Interrupted(_) => {
                self.message()
            }
        }
    }
}

/// Says whose fault an error is.
pub trait Blame<T> {
    /// The input's: exit code 2.
    fn invalid(self) -> CommandResult<T>;
    /// The machine's or the program's: exit code 1.
    fn internal(self) -> CommandResult<T>;
}

impl<T, E: Into<anyhow::Error>> Blame<T> for Result<T, E> {
    fn invalid(self) -> CommandResult<T> {
        self.map_err(|e| CommandError::Invalid(e.into()))
    }

    fn internal(self) -> CommandResult<T> {
        self.map_err(|e| CommandError::Internal(e.into()))
    }
}
