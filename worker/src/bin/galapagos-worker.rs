//! The binary `galapagos-worker`; everything is in the library beside it.

fn main() -> std::process::ExitCode {
    galapagos_worker::roles::main(std::env::args_os())
}
