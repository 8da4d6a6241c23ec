//! `galapagos completions`: a script that completes verbs, flags and values in a shell.

use crate::exit::CommandResult;
use crate::terminal;
use clap::Command;
use clap_complete::Shell;

/// Print a script that completes this command in your shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  source <(galapagos completions bash)
  galapagos completions zsh > ~/.zfunc/_galapagos
  galapagos completions fish > ~/.config/fish/completions/galapagos.fish")]
pub struct Arguments {
    /// The shell
    pub shell: Shell,
}

/// Prints the script for `command`.
pub fn execute(arguments: Arguments, command: &mut Command) -> CommandResult {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, command, "galapagos", &mut script);
    terminal::print(&String::from_utf8_lossy(&script))
}
