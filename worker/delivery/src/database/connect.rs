//! A connection to PostgreSQL, with TLS where the server has it.

use std::time::Duration;

use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::To;
use crate::destination::Database;
use crate::error::DeliveryError;
use crate::trust;

/// A server that does not answer for this long is given up, unless the URL says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connects. The password is that of the URL or of `PGPASSWORD`.
pub async fn connect(to: &To, database: &Database) -> Result<Client, DeliveryError> {
    let mut config: Config =
        database.url.as_str().parse().map_err(|e: tokio_postgres::Error| to.refused(e.to_string()))?;
    if config.get_password().is_none()
        && let Ok(password) = std::env::var("PGPASSWORD")
    {
        config.password(password);
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(PATIENCE);
    }
    if config.get_application_name().is_none() {
        config.application_name("galapagos");
    }
    // A file of certificates says that the server must be one of theirs.
    if database.roots.is_some() && config.get_ssl_mode() == SslMode::Prefer {
        config.ssl_mode(SslMode::Require);
    }
    let tls = trust::client(database.roots.as_deref()).map_err(|problem| to.refused(problem))?;
    let connected = config.connect(MakeRustlsConnect::new(tls)).await;
    let (client, connection) = connected.map_err(|e| match e.as_db_error() {
        None if crate::error::chain(&e).contains("certificate") => to.refused(format!(
            "{}; name the authority of the server by ?sslrootcert=FILE, or write ?sslmode=disable in a network that is yours alone",
            crate::error::chain(&e)
        )),
        _ => to.failed(&e),
    })?;
    // Ends with the client; what breaks it is told by the call that it breaks.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(client)
}
