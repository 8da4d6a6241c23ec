//! What every page of this project is made in: a template, and the digests of what may act in it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

/// A template with each `{{name}}` replaced; what is put in is not looked at again.
pub fn filled(template: &str, value: &dyn Fn(&str) -> String) -> String {
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

/// Texts in elements of a name, one after the other.
pub fn elements(name: &str, texts: &[&str]) -> String {
    texts.iter().map(|text| format!("<{name}>{text}</{name}>\n")).collect()
}

/// Scripts or styles as a content security policy names them: by their digests.
pub fn sources(texts: &[&str]) -> String {
    let hash = |text: &&str| format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, text.as_bytes())));
    texts.iter().map(hash).collect::<Vec<_>>().join(" ")
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
    fn sources_are_named_by_their_digests() {
        assert_eq!(sources(&[""]), "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='");
        assert_eq!(sources(&["", ""]).matches("'sha256-").count(), 2);
    }
}
