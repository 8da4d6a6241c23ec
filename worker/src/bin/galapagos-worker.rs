//! The binary `galapagos-worker`; everything is in the library beside it.

use galapagos_pages::LargePages;

#[global_allocator]
static ALLOCATOR: LargePages = LargePages;

fn main() -> std::process::ExitCode {
    galapagos_worker::roles::main(std::env::args_os())
}
