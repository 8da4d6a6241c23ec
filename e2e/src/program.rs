//! The programs under test, as cargo built them beside this test.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The command of the user.
pub fn galapagos() -> Command {
    quiet(&built("galapagos"))
}

/// Coordinator, worker and import.
pub fn worker() -> Command {
    quiet(&built("galapagos-worker"))
}

/// The folder with the built programs: a test lies in `deps` below it, an example in `examples`.
pub fn folder() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows its own file");
    let folder = test.parent().expect("it lies in a folder");
    let below = folder.ends_with("deps") || folder.ends_with("examples");
    let above = if below { folder.parent() } else { None };
    above.unwrap_or(folder).to_owned()
}

/// The project's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder of the project").to_owned()
}

fn built(name: &str) -> PathBuf {
    let path = folder().join(name);
    assert!(
        path.is_file(),
        "{} is missing: run `make test` (or `make measure`), which builds it",
        path.display()
    );
    path
}

/// Without the settings of whoever runs the tests.
fn quiet(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("GALAPAGOS_") || text == "RUST_LOG" {
            command.env_remove(&name);
        }
    }
    command.stdin(std::process::Stdio::null());
    command
}
