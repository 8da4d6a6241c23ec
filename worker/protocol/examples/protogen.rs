//! Writes the generated code of the protocol.

use anyhow::Context as _;
use std::path::{Path, PathBuf};

fn main() -> anyhow::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let proto = here.join("proto");
    let files: Vec<PathBuf> = ["galapagos/work/v1/work.proto", "galapagos/progress/v1/progress.proto"]
        .iter()
        .map(|f| proto.join(f))
        .collect();
    let set = protox::compile(&files, [&proto]).context("the .proto files do not compile")?;
    let out = here.join("src/generated");
    tonic_prost_build::configure().out_dir(&out).compile_fds(set)?;
    Ok(())
}
