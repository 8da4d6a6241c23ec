//! The page itself: one file that fetches nothing but the view of its run.

use super::events::bounded;
use crate::report::frame::{elements, filled, sources};
use crate::report::html::escape;

/// Where the page asks for the view.
pub const VIEW: &str = "/api/v1/run";
/// Where the timeline is.
pub const TIMELINE: &str = "/timeline.json";

const PAGE: &str = include_str!("assets/dashboard.html");
const STYLES: [&str; 3] =
    [include_str!("../report/assets/uPlot.min.css"), include_str!("../report/assets/report.css"), STYLE];
const SCRIPTS: [&str; 3] =
    [include_str!("../report/assets/uPlot.iife.min.js"), SCRIPT, include_str!("assets/live.js")];

/// How a run looks.
pub const STYLE: &str = include_str!("assets/dashboard.css");
/// What shows it; it asks nobody.
pub const SCRIPT: &str = include_str!("assets/dashboard.js");

/// The page of a job.
pub fn of(job: &str) -> String {
    filled(PAGE, &|name| match name {
        "job" => escape(&bounded(job, 256)),
        "styles" => elements("style", &STYLES),
        "scripts" => elements("script", &SCRIPTS),
        _ => String::new(),
    })
}

/// What the page may do: run its own scripts, ask its own server, and nothing else; no other page shows it inside.
pub fn policy() -> String {
    format!(
        "default-src 'none'; script-src {}; style-src {}; connect-src 'self'; img-src data:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
        sources(&SCRIPTS),
        sources(&STYLES)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_everything_in_it_and_fetches_nothing() {
        let page = of("</title><script>alert(1)</script>");
        assert!(!page.contains("alert(1)</script>") && page.contains("&lt;/title&gt;"));
        for outside in ["src=", "http:", "@import", "url("] {
            let own = page.replace("http://www.w3.org", "");
            assert!(!own.contains(outside), "{outside}");
        }
        // Names of manifests become text alone.
        for markup in ["innerHTML", "insertAdjacentHTML", "document.write", "eval(", "DOMParser"] {
            assert!(!SCRIPT.contains(markup), "{markup}");
        }
        assert!(PAGE.contains(&format!("data-source=\"{}\"", &VIEW[1..])));
        assert!(PAGE.contains(&format!("data-timeline=\"{}\"", &TIMELINE[1..])));
        for text in STYLES.iter().chain(&SCRIPTS) {
            assert!(!text.contains("</s"), "it would end its element");
        }
        assert!(policy().starts_with("default-src 'none'; ") && !policy().contains("unsafe"));
    }
}
