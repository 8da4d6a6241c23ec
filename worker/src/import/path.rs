//! Paths of a job on the market data volume. They never leave it: no absolute path, no `..`, no symbolic link on the
//! way. A file that someone swaps for a link while it is imported is not covered: who can do that can also write the
//! data.

use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use galapagos_market::paths::{expand, is_pattern};
use galapagos_market::{Input, folder_entries};

use super::error::ImportError;

/// The file at `relative` below `data_dir`, every file of the folder there, or those that a pattern such as `raw/*.csv` fits,
/// in order of their names. Hidden files and folders in the folder are passed over.
pub(super) fn inputs(data_dir: &Path, relative: &str, symbols: &[String]) -> Result<Vec<Input>, ImportError> {
    let volume_path = VolumePath { data_dir, relative };
    if is_pattern(Path::new(relative)) && !data_dir.join(relative).exists() {
        return volume_path.expand();
    }
    let path = volume_path.resolve()?;
    let kind = volume_path.kind(&path)?;
    if kind.is_file() {
        return Ok(vec![input(&path, symbols)]);
    }
    let mut files = Vec::new();
    for path in folder_entries(&path).map_err(|e| volume_path.failed(e))? {
        if volume_path.kind(&path)?.is_file() {
            files.push(path);
        }
    }
    match files.is_empty() {
        true => Err(volume_path.missing("the folder has no files")),
        false => Ok(files.into_iter().map(Input::new).collect()),
    }
}

/// A single file. That of a job with one symbol is that symbol's.
pub(super) fn input(path: &Path, symbols: &[String]) -> Input {
    match symbols {
        [only] => Input::for_symbol(only, path),
        _ => Input::new(path),
    }
}

struct VolumePath<'a> {
    data_dir: &'a Path,
    relative: &'a str,
}

impl VolumePath<'_> {
    /// The files that the path fits as a pattern, each as one that is named.
    fn expand(&self) -> Result<Vec<Input>, ImportError> {
        // Nothing outside of the volume is even looked for.
        let steps = Path::new(self.relative).components();
        if !steps.into_iter().all(|step| matches!(step, Component::CurDir | Component::Normal(_))) {
            return self.resolve().map(|_| Vec::new());
        }
        let found = expand(&self.data_dir.join(self.relative)).map_err(|e| match e.kind() {
            ErrorKind::InvalidInput => self.refuse(&format!("is no pattern of names: {e}")),
            _ => self.failed(e),
        })?;
        let inputs = found.iter().map(|path| {
            let relative = path.strip_prefix(self.data_dir).unwrap_or(path).to_string_lossy().into_owned();
            VolumePath { data_dir: self.data_dir, relative: &relative }.resolve().map(Input::new)
        });
        match found.is_empty() {
            true => Err(self.missing("no file fits the pattern")),
            false => inputs.collect(),
        }
    }

    /// The path, every step of which exists and is no link.
    fn resolve(&self) -> Result<PathBuf, ImportError> {
        let mut path = self.data_dir.to_owned();
        for step in Path::new(self.relative).components() {
            match step {
                Component::CurDir => {}
                Component::Normal(name) => {
                    path.push(name);
                    self.kind(&path)?;
                }
                Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                    return Err(self.refuse(
                        "must be relative to the root of the volume and stay below it: no leading / and no ..",
                    ));
                }
            }
        }
        if self.relative.is_empty() {
            Err(self.refuse("is empty: name a file or a folder"))
        } else {
            Ok(path)
        }
    }

    /// A file or a folder; anything else is refused: a link may leave the volume, a pipe may never end.
    fn kind(&self, path: &Path) -> Result<std::fs::FileType, ImportError> {
        let kind = std::fs::symlink_metadata(path).map_err(|e| self.failed(e))?.file_type();
        let shown = path.strip_prefix(self.data_dir).unwrap_or(path).display();
        if kind.is_symlink() {
            Err(self.refuse(&format!(
                "{shown} is a symbolic link, which may leave the volume: put the file there"
            )))
        } else if !kind.is_file() && !kind.is_dir() {
            Err(self.refuse(&format!("{shown} is neither a file nor a folder")))
        } else {
            Ok(kind)
        }
    }

    fn refuse(&self, problem: &str) -> ImportError {
        ImportError::Path { path: self.relative.to_owned(), problem: problem.to_owned() }
    }

    fn missing(&self, problem: &'static str) -> ImportError {
        ImportError::SourceMissing {
            path: self.relative.to_owned(),
            problem,
            data_dir: self.data_dir.to_owned(),
        }
    }

    fn failed(&self, error: io::Error) -> ImportError {
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => self.missing("there is no such file or folder"),
            _ => ImportError::SourceUnreadable { path: self.relative.to_owned(), source: error },
        }
    }
}
