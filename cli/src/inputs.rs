//! `FILE` or `SYMBOL=FILE`, as verbs that read market data take it.

use galapagos_run::market::Input;
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
