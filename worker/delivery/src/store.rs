//! How to reach object storage: S3 and what speaks it. Results are delivered there, and files are imported from there.

use std::path::Path;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{BackoffConfig, Certificate, ClientOptions, Error, RetryConfig};

use crate::error::{DeliveryError, chain};
use crate::trust;

/// A server that does not answer for this long is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is said of a bucket that is not there.
pub const NO_BUCKET: &str = "there is no such bucket: make it, or name another";

/// Reads how to reach a bucket from the environment, as every program that knows S3 does: `AWS_ACCESS_KEY_ID`,
/// `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_CA_BUNDLE`, and what a pod or a machine of AWS has. `name` is
/// what errors call it.
pub fn open(name: &str, bucket: &str) -> Result<AmazonS3, DeliveryError> {
    let refused = |problem: String| DeliveryError::Refused { to: name.to_owned(), problem };
    // Whoever has chosen one before has chosen the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let retry = RetryConfig { backoff: BackoffConfig::default(), max_retries: 4, retry_timeout: PATIENCE };
    let endpoint = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];
    let endpoint = endpoint.iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default();
    AmazonS3Builder::from_env()
        .with_bucket_name(bucket)
        .with_client_options(options(&endpoint).map_err(refused)?)
        .with_retry(retry)
        .build()
        .map_err(|e| refused(chain(&e)))
}

/// How to speak to the server: trusts the authorities of `AWS_CA_BUNDLE` or the public ones, and speaks without TLS only to an
/// endpoint that was named so.
fn options(endpoint: &str) -> Result<ClientOptions, String> {
    let mut options = ClientOptions::new()
        .with_allow_http(endpoint.starts_with("http://"))
        .with_connect_timeout(Duration::from_secs(5))
        .with_timeout(PATIENCE * 4)
        .with_no_system_certificates(true);
    let roots = match std::env::var_os("AWS_CA_BUNDLE") {
        Some(file) => trust::certificates(Path::new(&file))?,
        None => webpki_root_certs::TLS_SERVER_ROOT_CERTS.to_vec(),
    };
    for root in roots {
        options = options.with_root_certificate(Certificate::from_der(&root).map_err(|e| chain(&e))?);
    }
    Ok(options)
}

/// Whether what is missing is the bucket: that is answered like an object that is.
pub fn lacks_the_bucket(error: &(dyn std::error::Error + 'static)) -> bool {
    chain(error).contains("NoSuchBucket")
}

/// What an error of the library means to whoever named the bucket.
pub fn failed(name: &str, error: &Error) -> DeliveryError {
    let refused = |problem: String| DeliveryError::Refused { to: name.to_owned(), problem };
    let problem = chain(error);
    let keys =
        "look at AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and what the key may do in the bucket";
    match error {
        // Where a machine of AWS has the keys of its role, which is asked when there are no others.
        _ if problem.contains("169.254.169.254") => refused(format!(
            "no key is set, and this machine has no role of its own: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY ({problem})"
        )),
        // A listing says so as an error of no kind.
        _ if lacks_the_bucket(error) => refused(NO_BUCKET.to_owned()),
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            refused(format!("{problem}; {keys}"))
        }
        _ if problem.contains("403 Forbidden") => refused(format!("{problem}; {keys}")),
        Error::NotFound { .. } | Error::NotSupported { .. } | Error::NotImplemented { .. } => {
            refused(problem)
        }
        _ => DeliveryError::Unavailable { to: name.to_owned(), problem },
    }
}
