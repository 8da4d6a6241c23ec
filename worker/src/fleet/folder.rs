//! What the children read: the job and their certificates, in a folder that only this user can open.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use galapagos_protocol::tls::issue::Authority;
use galapagos_protocol::tls::{Identity, JobUid, Role};
use galapagos_run::job::resolve::ResolvedJob;
use tempfile::TempDir;

use super::FleetError;

/// The folder; it is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    root: TempDir,
    /// Of the coordinator; its key is in no file.
    pub identity: Identity,
}

impl Folder {
    /// Writes everything. The manifest is the resolved one: it pins the dataset that is open here.
    pub fn write(job: &ResolvedJob, uid: &JobUid) -> Result<Folder, FleetError> {
        // Mode 0700 by tempfile.
        let root = tempfile::Builder::new()
            .prefix("galapagos-workers-")
            .tempdir()
            .map_err(FleetError::system("make a temporary folder"))?;
        let now = SystemTime::now();
        let authority = Authority::new(now)?;
        let own = authority.leaf(Role::Coordinator, uid, now)?;
        let identity = Identity::from_pem(authority.certificate_pem(), &own.certificate_pem, &own.key_pem)?;
        let worker = authority.leaf(Role::Worker, uid, now)?;
        worker.write(&authority, root.path())?;
        let folder = Folder { root, identity };
        fs::write(folder.job(), serde_json::to_string(&job.manifest)?)
            .map_err(FleetError::system("write a temporary file"))?;
        Ok(folder)
    }

    /// Where the certificates are.
    pub fn tls(&self) -> PathBuf {
        self.root.path().to_owned()
    }

    /// Where the job is.
    pub fn job(&self) -> PathBuf {
        self.root.path().join("job.json")
    }
}
