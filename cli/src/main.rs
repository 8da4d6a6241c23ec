//! The binary `galapagos`; everything is in the library beside it.

use clap::Parser;
use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    if arguments.nth(1).is_some_and(|first| first == galapagos::workers::VERB) {
        let name = OsString::from("galapagos-worker");
        return galapagos_worker::roles::main(std::iter::once(name).chain(arguments));
    }
    galapagos::terminal::finish(galapagos::args::Arguments::parse().execute())
}
