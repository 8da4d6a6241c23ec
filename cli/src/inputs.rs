//! `FILE`, `FOLDER`, `'FILES*'` or `SYMBOL=FILE`, as verbs that read market data take it.

use galapagos_run::market::paths::{expand, is_pattern};
use galapagos_run::market::{Input, folder_entries};
use std::path::{Path, PathBuf};

/// `FILE` or `SYMBOL=FILE`; a path that exists as written is a file. `BTC/USDT=FILE` is a symbol if FILE is there,
/// else it is a path.
pub fn input(text: &str, symbol: Option<&str>) -> Input {
    let exists = |path: &str| Path::new(path).exists() || is_pattern(Path::new(path));
    match text.split_once('=') {
        Some((name, path)) if !Path::new(text).exists() && (!name.contains(['/', '\\']) || exists(path)) => {
            Input::for_symbol(name, path)
        }
        _ => Input { path: text.into(), symbol: symbol.map(str::to_owned) },
    }
}

/// The files that `text` names: a file, those of a folder in order of their names, or those that a pattern such as `data/*.csv`
/// fits where no shell has expanded it. Hidden ones and the folders in a folder are passed over, as on a cluster.
///
/// # Errors
/// The folder cannot be read or has no files, or no file fits the pattern.
pub fn inputs(text: &str, symbol: Option<&str>) -> Result<Vec<Input>, String> {
    let one = input(text, symbol);
    let shown = one.path.display();
    let all = |files: Vec<PathBuf>| {
        files.into_iter().map(|path| Input { path, symbol: one.symbol.clone() }).collect::<Vec<Input>>()
    };
    if is_pattern(&one.path) && !one.path.exists() {
        return match expand(&one.path) {
            Ok(files) if files.is_empty() => Err(format!("{shown}: no file fits the pattern")),
            Ok(files) => Ok(all(files)),
            Err(e) => Err(format!("{shown}: cannot be expanded: {e}")),
        };
    }
    if !one.path.is_dir() {
        return Ok(vec![one]);
    }
    let entries = folder_entries(&one.path).map_err(|e| format!("{shown}: cannot read the folder: {e}"))?;
    let files: Vec<PathBuf> = entries.into_iter().filter(|path| path.is_file()).collect();
    match files.is_empty() {
        true => Err(format!("{shown}: the folder has no files")),
        false => Ok(all(files)),
    }
}
