//! The page: one file with everything in it. What it may do is written into it: no network, and no script or style but its
//! own, which it names by their digests.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

use super::data::Data;
use super::error::ReportError;
use super::html::{escape, json};
use super::sections;

/// Name of the report in the folder of a result.
pub const REPORT: &str = "report.html";

const PAGE: &str = include_str!("assets/page.html");
const STYLES: [&str; 2] = [include_str!("assets/uPlot.min.css"), include_str!("assets/report.css")];
const SCRIPTS: [&str; 2] = [include_str!("assets/uPlot.iife.min.js"), include_str!("assets/report.js")];

/// The report of the result in a folder.
///
/// # Errors
/// [`ReportError`].
pub fn of(folder: &Path) -> Result<String, ReportError> {
    let data = Data::read(folder)?;
    let job = &data.document.job;
    let element = |name: &str, text: &str| format!("<{name}>{text}</{name}>\n");
    let all = |name: &str, texts: &[&str]| texts.iter().map(|text| element(name, text)).collect::<String>();
    let content = sections::all(&data)?;
    Ok(filled(PAGE, &|name| match name {
        "policy" => policy(),
        "job" => escape(&job.name),
        "styles" => all("style", &STYLES),
        "content" => content.clone(),
        "data" => json(&sections::charts::data(&data)),
        "scripts" => all("script", &SCRIPTS),
        _ => String::new(),
    }))
}

/// A template with each `{{name}}` replaced; what is put in is not looked at again.
fn filled(template: &str, value: &dyn Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, behind) = after.split_once("}}").unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(&value(name));
        rest = behind;
    }
    out.push_str(rest);
    out
}

fn policy() -> String {
    let sources = |texts: &[&str]| {
        let hash = |text: &&str| format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, text.as_bytes())));
        texts.iter().map(hash).collect::<Vec<_>>().join(" ")
    };
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
    fn what_is_put_into_a_template_is_not_looked_at_again() {
        let text =
            filled("<{{a}}|{{b}}>", &|name| if name == "a" { "{{b}}".to_owned() } else { name.to_owned() });
        assert_eq!(text, "<{{b}}|b>");
    }

    // `printf '' | openssl dgst -sha256 -binary | base64`.
    #[test]
    fn the_policy_names_the_digests_of_what_is_in_the_page_and_nothing_else() {
        let empty = STANDARD.encode(digest(&SHA256, b""));
        assert_eq!(empty, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        let policy = policy();
        assert_eq!(policy.matches("'sha256-").count(), 4, "{policy}");
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
        for text in STYLES.iter().chain(&SCRIPTS) {
            assert!(!text.contains("</s"), "it would end its element");
        }
    }
}
