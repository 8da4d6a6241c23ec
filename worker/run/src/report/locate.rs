//! Where a result lies, from what people name.

use std::path::{Path, PathBuf};

use super::error::ReportError;

/// The folder with `result.json`: of a run folder, of its folder `result`, or of the file itself.
///
/// # Errors
/// There is none.
pub fn result_folder(path: &Path) -> Result<PathBuf, ReportError> {
    let named = path.file_name().is_some_and(|name| name == "result.json");
    let of_the_file =
        path.parent().filter(|_| named).map(|p| if p == Path::new("") { Path::new(".") } else { p });
    let folders = [of_the_file.map(Path::to_owned), Some(path.to_owned()), Some(path.join("result"))];
    if let Some(folder) = folders.into_iter().flatten().find(|folder| folder.join("result.json").is_file()) {
        return Ok(folder);
    }
    // What every run folder has from its first second.
    let is_run = path.join("manifest.json").is_file() && path.join("epochs").is_dir();
    let path = path.to_owned();
    Err(if is_run { ReportError::Unfinished { path } } else { ReportError::NoResult { path } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_result_is_found_from_its_run_its_folder_and_its_file() {
        let run = tempfile::tempdir().unwrap();
        let result = run.path().join("result");
        fs::create_dir(&result).unwrap();
        fs::write(result.join("result.json"), "{}").unwrap();
        for named in [run.path(), &result, &result.join("result.json")] {
            assert_eq!(result_folder(named).unwrap(), result, "{}", named.display());
        }
    }

    #[test]
    fn a_run_that_has_not_ended_is_told_from_what_is_no_run() {
        let run = tempfile::tempdir().unwrap();
        let said = |path: &Path| result_folder(path).unwrap_err().to_string();
        assert!(said(run.path()).contains("is no result"), "{}", said(run.path()));
        fs::write(run.path().join("manifest.json"), "{}").unwrap();
        fs::create_dir(run.path().join("epochs")).unwrap();
        assert!(said(run.path()).contains("has not ended"), "{}", said(run.path()));
    }
}
