//! The binary `galapagos`; everything is in the library beside it.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    galapagos::exit::finish(galapagos::args::Arguments::parse().execute())
}
