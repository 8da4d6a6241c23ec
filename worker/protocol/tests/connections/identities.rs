//! Certificates from files, and what they are refused for before anybody connects.

use super::forge::{authority, identity, job, now, other_job, params, signed};
use galapagos_protocol::tls::issue::{AUTHORITY_VALIDITY, Authority};
use galapagos_protocol::tls::{Identity, Role, TlsError, server_config};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

fn written(dir: &Path, authority: &Authority, role: Role) {
    authority.leaf(role, &job(), now()).unwrap().write(authority, dir).unwrap();
}

#[test]
fn an_identity_is_read_from_the_three_files_of_a_secret() {
    let dir = tempfile::tempdir().unwrap();
    written(dir.path(), &authority(), Role::Worker);
    let identity = Identity::load(dir.path()).unwrap();
    identity.check(Role::Worker, &job()).unwrap();
}

#[test]
fn a_written_key_is_for_its_owner_only_whatever_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let (inside, authority) = (dir.path().join("a/b"), authority());
    written(&inside, &authority, Role::Worker);
    let key = inside.join("tls.key");
    let mode = || fs::metadata(&key).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&key, Permissions::from_mode(0o666)).unwrap();
    written(&inside, &authority, Role::Coordinator);
    assert_eq!(mode(), 0o600);
    Identity::load(&inside).unwrap().check(Role::Coordinator, &job()).unwrap();
    assert!(
        authority.leaf(Role::Worker, &job(), now()).unwrap().write(&authority, &key).is_err(),
        "a file, not a folder"
    );
}

#[test]
fn a_missing_file_is_named() {
    for missing in ["ca.crt", "tls.crt", "tls.key"] {
        let dir = tempfile::tempdir().unwrap();
        written(dir.path(), &authority(), Role::Worker);
        fs::remove_file(dir.path().join(missing)).unwrap();
        let error = Identity::load(dir.path()).unwrap_err();
        assert!(matches!(&error, TlsError::Read { path, .. } if path.ends_with(missing)), "{error}");
        assert!(error.to_string().contains(missing));
    }
}

#[test]
fn a_file_without_its_content_is_named() {
    for (empty, what) in [("ca.crt", "certificate"), ("tls.crt", "certificate"), ("tls.key", "private key")] {
        let dir = tempfile::tempdir().unwrap();
        written(dir.path(), &authority(), Role::Worker);
        fs::write(dir.path().join(empty), "nothing of use\n").unwrap();
        let error = Identity::load(dir.path()).unwrap_err();
        assert_eq!(error.to_string(), format!("{empty} holds no {what}"));
    }
}

#[test]
fn damaged_files_are_errors_and_never_a_panic() {
    let (authority, own) = (authority(), authority().leaf(Role::Worker, &job(), now()).unwrap());
    let (ca, crt, key) = (authority.certificate_pem(), own.certificate_pem.as_str(), own.key_pem.as_str());
    Identity::from_pem(ca, crt, key).unwrap();
    let damaged = |text: &str, at: usize| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        bytes
    };
    for at in (0..crt.len()).step_by(7) {
        // Damage of the signature shows in the handshake only; anywhere else it may show here.
        let _ = Identity::from_pem(ca, damaged(crt, at), key)
            .map(|identity| identity.check(Role::Worker, &job()));
    }
    for at in (0..key.len()).step_by(7) {
        let _ = Identity::from_pem(ca, crt, damaged(key, at));
    }
    for at in (0..ca.len()).step_by(7) {
        let _ = Identity::from_pem(damaged(ca, at), crt, key);
    }
    assert!(Identity::from_pem(ca, &crt[..crt.len() / 2], key).is_err());
    assert!(Identity::from_pem(ca, crt, &key[..key.len() / 2]).is_err());
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let authority = authority();
    let one = authority.leaf(Role::Worker, &job(), now()).unwrap();
    let two = authority.leaf(Role::Worker, &job(), now()).unwrap();
    let mixed = Identity::from_pem(authority.certificate_pem(), &one.certificate_pem, &two.key_pem);
    assert!(matches!(mixed.unwrap_err(), TlsError::KeyMismatch));
}

#[test]
fn a_process_notices_that_it_was_given_the_certificates_of_another() {
    let worker = identity(&authority(), Role::Worker);
    worker.check(Role::Worker, &job()).unwrap();
    for (role, job) in [(Role::Coordinator, job()), (Role::Operator, job()), (Role::Worker, other_job())] {
        let error = worker.check(role, &job).unwrap_err();
        assert!(matches!(error, TlsError::OtherIdentity { .. }), "{error}");
    }
    let authority = authority();
    let mut unnamed = params(Role::Worker);
    unnamed.subject_alt_names.clear();
    let leaf = signed(&authority, &unnamed);
    let nobody = super::forge::trusting(&authority, &leaf);
    assert!(nobody.check(Role::Worker, &job()).unwrap_err().to_string().contains("names nobody"));
}

#[test]
fn a_server_that_accepts_nobody_is_not_made() {
    let own = identity(&authority(), Role::Coordinator);
    assert!(matches!(server_config(&own, &job(), &[]).unwrap_err(), TlsError::NobodyAccepted));
}

#[test]
fn an_authority_read_again_signs_as_before() {
    let first = authority();
    let again = Authority::from_pem(first.certificate_pem(), first.key_pem()).unwrap();
    assert_eq!(again.certificate_pem(), first.certificate_pem());
    let leaf = again.leaf(Role::Operator, &job(), now()).unwrap();
    Identity::from_pem(first.certificate_pem(), &leaf.certificate_pem, &leaf.key_pem).unwrap();
}

#[test]
fn what_is_no_authority_cannot_become_one() {
    let (one, two) = (authority(), authority());
    assert!(Authority::from_pem(one.certificate_pem(), two.key_pem()).is_err(), "another's key");
    let leaf = one.leaf(Role::Worker, &job(), now()).unwrap();
    assert!(Authority::from_pem(&leaf.certificate_pem, &leaf.key_pem).is_err(), "a leaf");
    assert!(Authority::from_pem("", one.key_pem()).is_err());
    assert!(Authority::from_pem(one.certificate_pem(), "").is_err());
}

#[test]
fn no_clock_makes_the_issuer_panic() {
    let epoch = SystemTime::UNIX_EPOCH;
    assert!(Authority::new(epoch - Duration::from_secs(1)).is_err());
    assert!(Authority::new(epoch).is_err(), "ten minutes before it is before 1970");
    assert!(Authority::new(epoch + Duration::from_secs(3600)).is_ok());
    let far = epoch + Duration::from_secs(253_402_300_799);
    assert!(Authority::new(far).is_err(), "the end of the year 9999");
    assert!(Authority::new(far - AUTHORITY_VALIDITY).is_ok());
}

#[test]
fn keys_do_not_appear_in_debug_output() {
    let authority = authority();
    let leaf = authority.leaf(Role::Worker, &job(), now()).unwrap();
    let identity = super::forge::trusting(&authority, &leaf);
    let secrets = [authority.key_pem(), leaf.key_pem.as_str()];
    for shown in [format!("{authority:?}"), format!("{leaf:?}"), format!("{identity:?}")] {
        assert!(!shown.contains("PRIVATE"));
        for secret in secrets {
            assert!(!shown.contains(secret.lines().nth(1).unwrap()));
        }
    }
}
