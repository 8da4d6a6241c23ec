//! Certificates of a job, as an operator issues them: one authority, one folder a role.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use galapagos_protocol::tls::issue::Authority;
use galapagos_protocol::tls::{JobUid, Role};

/// An authority and the folders of the three roles of one job.
#[derive(Debug)]
pub struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    /// A new authority; its leaves go below `folder`.
    pub fn issue(folder: &Path, uid: &str) -> Certificates {
        let uid: JobUid = uid.parse().unwrap();
        let now = SystemTime::now();
        let authority = Authority::new(now).unwrap();
        for (role, name) in ROLES {
            let leaf = authority.leaf(role, &uid, now).unwrap();
            let folder = folder.join(name);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("ca.crt"), authority.certificate_pem()).unwrap();
            std::fs::write(folder.join("tls.crt"), leaf.certificate_pem).unwrap();
            std::fs::write(folder.join("tls.key"), leaf.key_pem).unwrap();
        }
        Certificates { folder: folder.to_owned() }
    }

    /// The folder of the coordinator.
    pub fn coordinator(&self) -> PathBuf {
        self.folder.join("coordinator")
    }

    /// The folder of the workers.
    pub fn worker(&self) -> PathBuf {
        self.folder.join("worker")
    }

    /// The folder of whoever watches.
    pub fn operator(&self) -> PathBuf {
        self.folder.join("operator")
    }
}

const ROLES: [(Role, &str); 3] =
    [(Role::Coordinator, "coordinator"), (Role::Worker, "worker"), (Role::Operator, "operator")];
