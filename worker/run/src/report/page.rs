//! The page: one file with everything in it. What it may do is written into it: no network, and no script or style but its
//! own, which it names by their digests.

use std::path::Path;

use super::data::Data;
use super::error::ReportError;
use super::frame::{elements, filled, sources};
use super::html::{escape, json};
use super::sections;
use crate::dashboard::{finished, page as dashboard};

/// Name of the report in the folder of a result.
pub const REPORT: &str = "report.html";

const PAGE: &str = include_str!("assets/page.html");
const STYLES: [&str; 3] =
    [include_str!("assets/uPlot.min.css"), include_str!("assets/report.css"), dashboard::STYLE];
const SCRIPTS: [&str; 3] =
    [include_str!("assets/uPlot.iife.min.js"), include_str!("assets/report.js"), dashboard::SCRIPT];

/// The report of the result in a folder.
///
/// # Errors
/// [`ReportError`].
pub fn of(folder: &Path) -> Result<String, ReportError> {
    let data = Data::read(folder)?;
    let job = &data.document.job;
    let content = sections::all(&data)?;
    Ok(filled(PAGE, &|name| match name {
        "policy" => policy(),
        "job" => escape(&job.name),
        "styles" => elements("style", &STYLES),
        "content" => content.clone(),
        "data" => json(&sections::charts::data(&data)),
        // Numbers and texts: there is nothing in it that JSON has not.
        "view" => json(&serde_json::to_value(finished::view(&data.document)).unwrap_or_default()),
        "scripts" => elements("script", &SCRIPTS),
        _ => String::new(),
    }))
}

fn policy() -> String {
    format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        sources(&SCRIPTS),
        sources(&STYLES)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_the_digests_of_what_is_in_the_page_and_nothing_else() {
        let policy = policy();
        assert_eq!(policy.matches("'sha256-").count(), 6, "{policy}");
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
        for text in STYLES.iter().chain(&SCRIPTS) {
            assert!(!text.contains("</s"), "it would end its element");
        }
    }
}
