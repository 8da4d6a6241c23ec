//! Names of files with `*`, `?`, `[..]` and `**`, expanded where no shell has done it: in quotes, or in a manifest.

use crate::plan::folder_entries;
use glob::{MatchOptions, Pattern};
use std::io;
use std::path::{Component, Path, PathBuf};

/// As a shell does: hidden names are not meant.
const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// Whether a path has signs of a pattern.
pub fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

/// The files that `pattern` fits, in order of their names; `**` stands for folders at any depth. Symbolic links to folders
/// are not followed by `**`.
///
/// # Errors
/// A folder cannot be read, or the pattern is none: that is `InvalidInput`.
pub fn expand(pattern: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = vec![PathBuf::new()];
    for step in pattern.components() {
        let name = match step {
            Component::Normal(name) if is_pattern(Path::new(name)) => name.to_string_lossy(),
            literal => {
                found.iter_mut().for_each(|path| path.push(literal));
                continue;
            }
        };
        let mut next = Vec::new();
        if name == "**" {
            found.iter().try_for_each(|path| folders(path, &mut next))?;
        } else {
            let pattern = Pattern::new(&name).map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, e))?;
            for path in found.iter().filter(|path| here(path).is_dir()) {
                let fits = |entry: &PathBuf| {
                    entry.file_name().is_some_and(|n| pattern.matches_with(&n.to_string_lossy(), OPTIONS))
                };
                let names = folder_entries(here(path))?.into_iter().filter(fits);
                next.extend(names.filter_map(|entry| Some(path.join(entry.file_name()?))));
            }
        }
        // `**` finds a folder once for each way to split its depth.
        next.sort();
        next.dedup();
        found = next;
    }
    found.retain(|path| path.is_file());
    found.sort();
    found.dedup();
    Ok(found)
}

/// The folder of a path that has no step yet.
fn here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

/// `path` and the folders below it.
fn folders(path: &Path, out: &mut Vec<PathBuf>) -> io::Result<()> {
    if !here(path).is_dir() {
        return Ok(());
    }
    out.push(path.to_owned());
    for entry in folder_entries(here(path))? {
        if std::fs::symlink_metadata(&entry)?.is_dir()
            && let Some(name) = entry.file_name()
        {
            folders(&path.join(name), out)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stand_for_the_files_that_fit_in_order_of_their_names() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a.csv", ".hidden.csv", "c.json", "deep/d.csv", "deep/er/e.csv"] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let names = |pattern: &str| -> Vec<String> {
            let found = expand(&dir.path().join(pattern)).unwrap();
            found.iter().map(|p| p.strip_prefix(dir.path()).unwrap().display().to_string()).collect()
        };
        assert_eq!(names("*.csv"), ["a.csv", "b.csv"]);
        assert_eq!(names("[ab].csv"), ["a.csv", "b.csv"]);
        assert_eq!(names("?.json"), ["c.json"]);
        assert_eq!(names("d*/*.csv"), ["deep/d.csv"]);
        assert_eq!(names("**/*.csv"), ["a.csv", "b.csv", "deep/d.csv", "deep/er/e.csv"]);
        assert_eq!(names("**/**/*.csv"), names("**/*.csv"));
        assert_eq!(names("x*"), [""; 0]);
        assert_eq!(expand(&dir.path().join("[a")).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert!(!is_pattern(Path::new("a.csv")) && is_pattern(Path::new("*.csv")));
    }
}
