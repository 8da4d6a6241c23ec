//! Where datasets lie: `<data>/galapagos/FORMAT`, `datasets/<name>/<digest>/`, `datasets/<name>/LATEST`.

use crate::error::{Error, Result};
use crate::names::{check_dataset_name, is_digest};
use std::io::Write;
use std::path::{Path, PathBuf};

const FORMAT: &str = "1";

/// The folder tree of a data directory.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    root: PathBuf,
}

/// File of a symbol's bars inside a dataset's folder.
pub(crate) fn bars_file(symbol: &str) -> String {
    format!("{symbol}.arrow")
}

/// File of a symbol's funding stamps inside a dataset's folder.
pub(crate) fn funding_file(symbol: &str) -> String {
    format!("{symbol}.funding.arrow")
}

/// Makes the names inside a folder durable.
pub(crate) fn sync_folder(path: &Path) -> Result<()> {
    let result = std::fs::File::open(path).and_then(|f| f.sync_all());
    // Some systems cannot open or sync folders; there the rename is all there is.
    if cfg!(unix) { result.map_err(|e| Error::io("write", path, e)) } else { Ok(()) }
}

/// Replaces the file `folder/name` by `bytes` in one step.
pub(crate) fn replace_file(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path = folder.join(name);
    let failed = |e| Error::io("write", &path, e);
    let mut file = tempfile::Builder::new().prefix(".tmp-").tempfile_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    make_readable(file.path()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(&path).map_err(|e| failed(e.error))?;
    sync_folder(folder)
}

/// Temporary files and folders are made for their owner alone; published ones are for every reader.
#[cfg(unix)]
pub(crate) fn make_readable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = if path.is_dir() { 0o755 } else { 0o644 };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

/// Nothing to do where there are no modes.
#[cfg(not(unix))]
pub(crate) fn make_readable(_: &Path) -> std::io::Result<()> {
    Ok(())
}

impl Layout {
    /// The tree under `data_dir`, for reading. A tree of another format is refused.
    pub(crate) fn open(data_dir: &Path) -> Result<Self> {
        let root = data_dir.join("galapagos");
        let path = root.join("FORMAT");
        match std::fs::read_to_string(&path) {
            Ok(text) if text.trim() == FORMAT => Ok(Self { root }),
            Ok(text) => {
                let found: String = text.trim().chars().take(20).collect();
                Err(Error::layout(&path, format!("is format {found:?}, this program reads {FORMAT}")))
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(Error::Missing {
                what: format!("a data directory at {}", data_dir.display()),
                hint: "import a dataset first, or name the folder with --data-dir".into(),
            }),
            Err(e) => Err(Error::io("read", &path, e)),
        }
    }

    /// The tree under `data_dir`, made where it is missing.
    pub(crate) fn create(data_dir: &Path) -> Result<Self> {
        let root = data_dir.join("galapagos");
        if !root.join("FORMAT").exists() {
            std::fs::create_dir_all(&root).map_err(|e| Error::io("write", &root, e))?;
            replace_file(&root, "FORMAT", format!("{FORMAT}\n").as_bytes())?;
        }
        Self::open(data_dir)
    }

    /// The folder of all datasets.
    pub(crate) fn datasets(&self) -> PathBuf {
        self.root.join("datasets")
    }

    /// The folder of one dataset with all its versions.
    pub(crate) fn dataset(&self, name: &str) -> PathBuf {
        self.datasets().join(name)
    }

    /// The folder of one version.
    pub(crate) fn folder(&self, name: &str, digest: &str) -> PathBuf {
        self.dataset(name).join(digest)
    }

    /// Digests of the versions of `name`, ascending.
    pub(crate) fn versions(&self, name: &str) -> Result<Vec<String>> {
        let mut found = folder_names(&self.dataset(name))?;
        found.retain(|d| is_digest(d));
        Ok(found)
    }

    /// Checks that version `digest` is there; a prefix of at least 8 digits is enough if only one fits.
    pub(crate) fn version(&self, name: &str, digest: &str) -> Result<String> {
        check_dataset_name(name)?;
        let hex = digest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if digest.len() < 8 || digest.len() > 64 || !hex {
            return Err(Error::option(
                "digest",
                digest,
                "is no digest: write 64 (at least 8) lower-case hex digits",
            ));
        }
        let versions = self.versions(name)?;
        let fitting: Vec<&String> = versions.iter().filter(|v| v.starts_with(digest)).collect();
        match fitting[..] {
            [one] => Ok(one.clone()),
            [] => Err(Error::Missing {
                what: format!("version {digest} of dataset {name}"),
                hint: if versions.is_empty() {
                    self.hint()?
                } else {
                    format!("there are {}", versions.join(", "))
                },
            }),
            _ => Err(Error::option("digest", digest, "fits several versions: write more of it")),
        }
    }

    /// The digest in `LATEST`.
    pub(crate) fn latest(&self, name: &str) -> Result<String> {
        check_dataset_name(name)?;
        let path = self.dataset(name).join("LATEST");
        match std::fs::read(&path) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes);
                let digest = text.trim();
                if is_digest(digest) {
                    return Ok(digest.to_owned());
                }
                Err(Error::Damaged {
                    dataset: name.into(),
                    file: path,
                    problem: "is not 64 hex digits; import the data again".into(),
                })
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                Err(Error::Missing { what: format!("dataset {name}"), hint: self.hint()? })
            }
            Err(e) => Err(Error::io("read", &path, e)),
        }
    }

    /// Names of all datasets, ascending.
    pub(crate) fn names(&self) -> Result<Vec<String>> {
        let mut names = folder_names(&self.datasets())?;
        names.retain(|n| check_dataset_name(n).is_ok());
        Ok(names)
    }

    fn hint(&self) -> Result<String> {
        let names = self.names()?;
        Ok(if names.is_empty() {
            "import one first".into()
        } else {
            format!("there are {}", names.join(", "))
        })
    }
}

fn folder_names(path: &Path) -> Result<Vec<String>> {
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Error::io("read", path, e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| Error::io("read", path, e))?;
        if entry.file_type().is_ok_and(|t| t.is_dir())
            && let Ok(name) = entry.file_name().into_string()
        {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
