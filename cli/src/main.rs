//! The binary `galapagos`; everything is in the library beside it.

use clap::Parser;
use galapagos::commands::cluster::{COMPLETER, PLUGIN, Plugin, complete};
use galapagos_pages::LargePages;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: LargePages = LargePages;

fn main() -> ExitCode {
    let called = std::env::args_os().next().unwrap_or_default();
    let called = Path::new(&called).file_name().unwrap_or_default();
    if called == PLUGIN {
        return galapagos::terminal::finish(Plugin::parse().execute());
    }
    if called == COMPLETER {
        return galapagos::terminal::finish(complete(std::env::args_os().skip(1)));
    }
    let mut arguments = std::env::args_os();
    if arguments.nth(1).is_some_and(|first| first == galapagos::workers::VERB) {
        let name = OsString::from("galapagos-worker");
        return galapagos_worker::roles::main(std::iter::once(name).chain(arguments));
    }
    galapagos::terminal::finish(galapagos::args::Arguments::parse().execute())
}
