//! What people write after `--to`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

use crate::error::DeliveryError;

/// Where results are delivered. Printed, it has no password.
#[derive(Clone, PartialEq, Eq)]
pub enum Destination {
    /// A folder.
    Folder(PathBuf),
    /// A bucket of S3 or of what speaks it.
    Bucket {
        /// Name of the bucket.
        bucket: String,
        /// Before every key, without slashes at its ends; may be empty.
        prefix: String,
    },
    /// A database of PostgreSQL.
    Database(Database),
}

/// A database of PostgreSQL.
#[derive(Clone, PartialEq, Eq)]
pub struct Database {
    /// The URL without the parameters that are read here.
    pub(crate) url: Url,
    /// `sslrootcert`: a file with the certificates that the server's must descend from; `None`: the public ones.
    pub(crate) roots: Option<PathBuf>,
}

const ALLOWED: &str = "write a folder, s3://BUCKET/PREFIX or postgres://USER@HOST/DATABASE";

impl FromStr for Destination {
    type Err = DeliveryError;

    fn from_str(text: &str) -> Result<Destination, DeliveryError> {
        let wrong = |problem: String| DeliveryError::Destination { text: without_password(text), problem };
        let Some((scheme, rest)) = text.split_once("://") else {
            return if text.is_empty() {
                Err(wrong(format!("it is empty; {ALLOWED}")))
            } else {
                Ok(Destination::Folder(PathBuf::from(text)))
            };
        };
        match scheme {
            "s3" => bucket(rest).map_err(wrong),
            "postgres" | "postgresql" => database(text).map_err(wrong),
            "file" => Err(wrong("write the path of the folder alone".to_owned())),
            _ => Err(wrong(format!("{scheme}:// is not known; {ALLOWED}"))),
        }
    }
}

fn bucket(rest: &str) -> Result<Destination, String> {
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    bucket_of(bucket)?;
    let prefix = prefix.trim_matches('/');
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    if prefix.len() > 512 || !prefix.is_empty() && !prefix.split('/').all(plain) {
        return Err("the prefix has an empty part, . or .., or more than 512 bytes".to_owned());
    }
    Ok(Destination::Bucket { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
}

/// Whether this is the name of a bucket.
pub(crate) fn bucket_of(name: &str) -> Result<(), String> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
    if name.len() < 3 || name.len() > 63 || !name.chars().all(good) {
        return Err(
            "the name of a bucket has 3 to 63 lower-case letters, digits, dots and hyphens: s3://BUCKET/PREFIX".to_owned()
        );
    }
    Ok(())
}

fn database(text: &str) -> Result<Destination, String> {
    let mut url = Url::parse(text).map_err(|e| format!("{e}; write postgres://USER@HOST:PORT/DATABASE"))?;
    let mut roots = None;
    let mut kept = Vec::new();
    for (name, value) in url.query_pairs() {
        match (name.as_ref(), value.as_ref()) {
            ("sslrootcert", file) => roots = Some(PathBuf::from(file)),
            // Certificates are always checked here, with the name of the host.
            ("sslmode", "verify-ca" | "verify-full") => {
                kept.push(("sslmode".to_owned(), "require".to_owned()))
            }
            (name, value) => kept.push((name.to_owned(), value.to_owned())),
        }
    }
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    if url.path().trim_matches('/').is_empty() && !url.query_pairs().any(|(name, _)| name == "dbname") {
        return Err("it names no database: postgres://USER@HOST:PORT/DATABASE".to_owned());
    }
    url.as_str().parse::<tokio_postgres::Config>().map_err(|e| {
        format!("{}; write postgres://USER@HOST:PORT/DATABASE?sslmode=require", crate::error::chain(&e))
    })?;
    Ok(Destination::Database(Database { url, roots }))
}

/// A text that may be a URL, without the password and the parameters that it may have.
fn without_password(text: &str) -> String {
    let hidden = match Url::parse(text) {
        Ok(mut url) if url.has_host() => {
            if url.password().is_some() {
                let _ = url.set_password(None);
            }
            url.set_query(None);
            url.to_string()
        }
        // What cannot be read is shown up to where a password may begin.
        _ => text.split('@').next_back().unwrap_or_default().split('?').next().unwrap_or_default().to_owned(),
    };
    hidden.chars().take(300).collect()
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Destination::Folder(folder) => write!(f, "{}", folder.display()),
            Destination::Bucket { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            Destination::Bucket { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
            Destination::Database(database) => f.write_str(&without_password(database.url.as_str())),
        }
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        text.parse::<Destination>().unwrap_err().to_string()
    }

    #[test]
    fn a_destination_is_a_folder_a_bucket_or_a_database() {
        let of = |text: &str| text.parse::<Destination>().unwrap();
        assert_eq!(of("out/runs"), Destination::Folder("out/runs".into()));
        let bucket = Destination::Bucket { bucket: "quants".into(), prefix: "a/b".into() };
        assert_eq!(of("s3://quants/a/b/"), bucket);
        assert_eq!(of("s3://quants").to_string(), "s3://quants");
        let Destination::Database(database) =
            of("postgresql://me@db:5433/runs?sslrootcert=/ca.pem&sslmode=verify-full&connect_timeout=3")
        else {
            panic!("no database")
        };
        assert_eq!(database.roots.as_deref(), Some(std::path::Path::new("/ca.pem")));
        assert_eq!(database.url.as_str(), "postgresql://me@db:5433/runs?sslmode=require&connect_timeout=3");
    }

    #[test]
    fn what_is_no_destination_is_refused_with_what_to_write() {
        assert!(said("").contains("s3://BUCKET/PREFIX"), "{}", said(""));
        assert!(said("gs://a/b").contains("gs:// is not known"), "{}", said("gs://a/b"));
        assert!(said("s3://A").contains("lower-case"), "{}", said("s3://A"));
        assert!(said("s3://abc/a/../b").contains(".."), "{}", said("s3://abc/a/../b"));
        assert!(said("postgres://me@db").contains("no database"), "{}", said("postgres://me@db"));
        assert!(
            said("postgres://me@db/x?sslmode=maybe").contains("sslmode"),
            "{}",
            said("postgres://me@db/x?sslmode=maybe")
        );
        assert!(said("file:///tmp").contains("path"), "{}", said("file:///tmp"));
    }

    #[test]
    fn no_password_is_ever_printed() {
        let texts = [
            "postgres://me:secret@db/runs",
            "postgres://me:secret@db",
            "mysql://me:secret@db/x?password=secret",
        ];
        for text in texts
            .into_iter()
            .chain(["postgres://me:secret@[/x", "postgres://db/x?password=secret&sslmode=no"])
        {
            let shown = match text.parse::<Destination>() {
                Ok(destination) => format!("{destination} {destination:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            assert!(!shown.contains("secret"), "{shown}");
        }
    }
}
