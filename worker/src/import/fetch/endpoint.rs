//! Which hosts may stand in for an exchange.

use std::net::IpAddr;

use ureq::http::Uri;

/// Checks that nothing but data goes over the wire in the clear, and only within this machine.
pub(super) fn check(text: &str) -> Result<(), String> {
    let refuse = |problem: &str| Err(problem.to_owned());
    let Ok(uri) = text.parse::<Uri>() else { return refuse("it is no URL, as https://api.example is one") };
    let Some(authority) = uri.authority() else { return refuse("it has no host; write https://api.example") };
    // Nothing of it is shown: what stands before the @ is a secret.
    if authority.as_str().contains('@') {
        return refuse("it holds credentials, and public data need none");
    }
    if uri.query().is_some() {
        return refuse(&format!("{authority}: it must have no query"));
    }
    let host = authority.host().trim_matches(['[', ']']);
    let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if is_here => Ok(()),
        _ => refuse(&format!("{authority}: it must begin with https://; http:// is for this machine alone")),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn plain_http_stays_on_this_machine() {
        for good in [
            "https://data-api.binance.vision",
            "http://127.0.0.1:8080",
            "http://[::1]:1/x",
            "http://localhost",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for wrong in ["http://api.example", "ftp://localhost", "api.example", "https://a.example/?x=1", "x y"]
        {
            assert!(check(wrong).is_err(), "{wrong}");
        }
        let error = check("https://me:secret@a.example").unwrap_err();
        assert!(!error.contains("secret"), "{error}");
    }
}
