//! Reads and shows the addresses of files.

use ureq::http::Uri;

use super::error::DownloadError;

/// An https URL without credentials.
pub(super) fn parse(text: &str) -> Result<Uri, DownloadError> {
    let refuse = |problem: &str| {
        let shown = text.split('?').next().unwrap_or("");
        Err(DownloadError::Url(format!("{shown:?} {problem}")))
    };
    let Ok(uri) = text.parse::<Uri>() else { return refuse("is no URL") };
    match (uri.scheme_str(), uri.authority()) {
        // Before anything is shown: what stands before the @ is a secret.
        (_, Some(authority)) if authority.as_str().contains('@') => {
            Err(DownloadError::Url("it holds credentials: manifests are no place for them".to_owned()))
        }
        (Some("https"), Some(authority)) if !authority.host().is_empty() => Ok(uri),
        _ => refuse("must begin with https:// and a host"),
    }
}

/// Where a redirect leads.
pub(super) fn redirect(from: &Uri, location: &str) -> Result<Uri, DownloadError> {
    let authority = from.authority().map_or("", |a| a.as_str());
    let target = match location {
        _ if location.starts_with("//") => format!("https:{location}"),
        _ if location.starts_with('/') => format!("https://{authority}{location}"),
        _ if location.contains("://") => location.to_owned(),
        // Relative to the folder, or a query alone.
        _ if location.is_empty() || location.starts_with(['?', '#']) => String::new(),
        _ => {
            let folder = from.path().rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("https://{authority}{folder}/{location}")
        }
    };
    parse(target.split('#').next().unwrap_or("")).map_err(|error| {
        DownloadError::Url(match error {
            DownloadError::Url(problem) => {
                format!("{} redirects to where it must not: {problem}", shown(from))
            }
            other => other.to_string(),
        })
    })
}

/// The URL without its query, which may hold a key.
pub(super) fn shown(uri: &Uri) -> String {
    format!("https://{}{}", uri.authority().map_or("", |a| a.as_str()), uri.path())
}

/// The last part of the path as the name of a file: letters, digits, `.`, `_` and `-`.
pub(super) fn file_name(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or("");
    let last = path.splitn(4, '/').nth(3).and_then(|p| p.rsplit('/').next()).unwrap_or("");
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let name: String = last.trim_start_matches('.').chars().map(plain).collect();
    // The end matters: it says what kind of file it is.
    match name[name.len().saturating_sub(100)..].trim_start_matches('.') {
        "" => "download".to_owned(),
        end => end.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_as_in_its_url() {
        for (url, name) in [
            ("https://data.example/raw/BTC.csv?key=x", "BTC.csv"),
            ("https://data.example/a%20b.parquet", "a_20b.parquet"),
            ("https://data.example", "download"),
            ("https://data.example/", "download"),
            ("https://data.example/x/..", "download"),
        ] {
            assert_eq!(file_name(url), name, "{url}");
        }
    }

    #[test]
    fn redirects_stay_on_https() {
        let from = parse("https://data.example/raw/file.csv").unwrap();
        for (location, target) in [
            ("https://other.example/x?y=1#z", "https://other.example/x?y=1"),
            ("//other.example/x", "https://other.example/x"),
            ("/x", "https://data.example/x"),
            ("x", "https://data.example/raw/x"),
        ] {
            assert_eq!(redirect(&from, location).unwrap().to_string(), target);
        }
        for location in
            ["", "http://other.example/x", "ftp://other.example/x", "file:///etc/passwd", "https://a@b/"]
        {
            let error = redirect(&from, location).unwrap_err().to_string();
            assert!(error.contains("redirects to where it must not"), "{error}");
        }
    }

    #[test]
    fn no_error_shows_a_secret() {
        for url in ["https://user:secret@data.example/x", "http://data.example/x?key=secret", "x?secret"] {
            let error = parse(url).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
