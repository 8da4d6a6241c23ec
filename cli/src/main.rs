//! The binary `galapagos`; everything is in the library beside it.

use clap::Parser;
use galapagos::commands::cluster::{PLUGIN, Plugin};
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let called = std::env::args_os().next().unwrap_or_default();
    if Path::new(&called).file_name().is_some_and(|name| name == PLUGIN) {
        return galapagos::terminal::finish(Plugin::parse().execute());
    }
    let mut arguments = std::env::args_os();
    if arguments.nth(1).is_some_and(|first| first == galapagos::workers::VERB) {
        let name = OsString::from("galapagos-worker");
        return galapagos_worker::roles::main(std::iter::once(name).chain(arguments));
    }
    galapagos::terminal::finish(galapagos::args::Arguments::parse().execute())
}
