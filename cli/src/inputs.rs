//! `FILE`, `FOLDER` or `SYMBOL=FILE`, as verbs that read market data take it.

use galapagos_run::market::{Input, folder_entries};
use std::path::PathBuf;

/// `FILE` or `SYMBOL=FILE`; a path that exists as written is a file. `BTC/USDT=FILE` is a symbol if FILE is there,
/// else it is a path.
pub fn input(text: &str, symbol: Option<&str>) -> Input {
    let exists = |path: &str| PathBuf::from(path).exists();
    match text.split_once('=') {
        Some((name, path)) if !exists(text) && (!name.contains(['/', '\\']) || exists(path)) => {
            Input::for_symbol(name, path)
        }
        _ => Input { path: text.into(), symbol: symbol.map(str::to_owned) },
    }
}

/// The files that `text` names: a file, or those of a folder in order of their names. Hidden ones and the folders in it are
/// passed over, as on a cluster.
///
/// # Errors
/// The folder cannot be read or has no files.
pub fn inputs(text: &str, symbol: Option<&str>) -> Result<Vec<Input>, String> {
    let one = input(text, symbol);
    if !one.path.is_dir() {
        return Ok(vec![one]);
    }
    let shown = one.path.display();
    let entries = folder_entries(&one.path).map_err(|e| format!("{shown}: cannot read the folder: {e}"))?;
    let files: Vec<PathBuf> = entries.into_iter().filter(|path| path.is_file()).collect();
    match files.is_empty() {
        true => Err(format!("{shown}: the folder has no files")),
        false => Ok(files.into_iter().map(|path| Input { path, symbol: one.symbol.clone() }).collect()),
    }
}
