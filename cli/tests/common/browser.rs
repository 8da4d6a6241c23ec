//! A real browser without a screen, for pages.

use super::root;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What a page must be looked at with.
pub struct Browser {
    chromium: PathBuf,
    /// The script that looks for what people with other senses cannot use.
    pub axe: Option<String>,
    folder: tempfile::TempDir,
}

impl Browser {
    /// `None`, and a loud word, on a machine that has none and may not install one.
    pub fn find() -> Option<Browser> {
        let output = Command::new(root().join("e2e/browser/get.sh")).stdin(Stdio::null()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        if output.status.code() == Some(3) {
            eprintln!("\n!!! NO PAGE WAS OPENED IN A BROWSER: {stderr}!!!\n");
            return None;
        }
        assert!(output.status.success(), "{stderr}");
        let stdout = String::from_utf8(output.stdout).unwrap();
        let mut lines = stdout.lines();
        let chromium = PathBuf::from(lines.next().unwrap());
        let axe = lines.next().filter(|path| !path.is_empty()).map(|path| fs::read_to_string(path).unwrap());
        if axe.is_none() {
            eprintln!("\n!!! NO PAGE WAS LOOKED AT BY AXE-CORE: {stderr}!!!\n");
        }
        Some(Browser { chromium, axe, folder: tempfile::tempdir().unwrap() })
    }

    /// Opens a page with arguments; what it prints, and what the page said on its console.
    pub fn open(&self, name: &str, page: &str, arguments: &[&str]) -> (String, Vec<String>) {
        let file = self.file(name);
        fs::write(&file, page).unwrap();
        let url = format!("file://{}", file.display());
        self.visit(&url, &[&["--virtual-time-budget=5000"][..], arguments].concat())
    }

    /// The same with what a server answers. With a budget of virtual time waiting takes no time, but answers do.
    pub fn visit(&self, url: &str, arguments: &[&str]) -> (String, Vec<String>) {
        let profile = tempfile::tempdir_in(self.folder.path()).unwrap();
        let output = Command::new(&self.chromium)
            // As root there is no other way, and the page is our own.
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--enable-logging=stderr",
            ])
            .args(["--no-first-run", "--disable-extensions"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(arguments)
            .arg(url)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{stderr}");
        let console = stderr.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect();
        (String::from_utf8_lossy(&output.stdout).into_owned(), console)
    }

    /// A file that the browser has, or writes.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// The JSON that a probe left.
pub fn found(dom: &str) -> Value {
    let text = dom
        .split("<pre id=\"found\">")
        .nth(1)
        .unwrap_or_else(|| panic!("the probe left nothing: {}", dom.len()));
    let text = text.split("</pre>").next().unwrap();
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// A probe that leaves what axe-core finds.
pub const AXE: &str = "
axe.run(document, { resultTypes: ['violations'] }).then(r => {
  const pre = document.createElement('pre'); pre.id = 'found';
  pre.textContent = JSON.stringify({ passes: r.passes.length, violations: r.violations.map(v => ({ id: v.id, impact: v.impact, nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 150) + ' ' + n.failureSummary) })) });
  document.body.append(pre);
});";
