//! The flag `--data-dir`.

use std::path::PathBuf;

/// Where datasets lie.
#[derive(Clone, Debug, clap::Args)]
pub struct DataDir {
    /// Folder of the datasets
    #[arg(
        long,
        value_name = "DIR",
        default_value = "./data",
        env = "GALAPAGOS_DATA_DIR",
        hide_env_values = true
    )]
    pub data_dir: PathBuf,
}
