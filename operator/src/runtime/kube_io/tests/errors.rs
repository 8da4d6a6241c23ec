//! What the server says is sorted by what to do about it.

use serde_json::json;

use super::server::{Answer, Server, refusal};
use crate::runtime::ids::example::namespace;
use crate::runtime::kube_io::{Kind, WriteError};
use crate::runtime::leader::Fence;

async fn error_of(answer: Answer) -> WriteError {
    let body = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}});
    Server::new([answer])
        .io(Fence::open())
        .create(Kind::Job, &namespace("research"), &body)
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_wrong_body_stays_wrong() {
    for (code, reason) in [(400, "BadRequest"), (422, "Invalid")] {
        let error =
            error_of(refusal(code, reason, "strict decoding error: unknown field \"spec.tempate\"")).await;
        assert!(
            matches!(&error, WriteError::Invalid { message } if message.contains("tempate")),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_full_quota_is_told_from_a_missing_right() {
    let quota = "jobs.batch \"a\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=4, limited: pods=4";
    assert!(matches!(error_of(refusal(403, "Forbidden", quota)).await, WriteError::Quota { .. }));
    let right = "jobs.batch is forbidden: User \"x\" cannot create resource \"jobs\"";
    assert!(matches!(error_of(refusal(403, "Forbidden", right)).await, WriteError::Forbidden { .. }));
}

#[tokio::test]
async fn an_ending_namespace_is_told_from_a_missing_right() {
    let message = "jobs.batch \"a\" is forbidden: unable to create new content in namespace x because it is being terminated";
    assert!(matches!(error_of(refusal(403, "Forbidden", message)).await, WriteError::NamespaceEnding));
    let Answer::With(code, mut body) = refusal(403, "Forbidden", "in other words") else { unreachable!() };
    body["details"] =
        json!({"causes": [{"reason": "NamespaceTerminating", "message": "", "field": "metadata.namespace"}]});
    assert!(matches!(error_of(Answer::With(code, body)).await, WriteError::NamespaceEnding));
}

#[tokio::test]
async fn a_missing_namespace_or_kind_is_not_found() {
    let error = error_of(refusal(404, "NotFound", "namespaces \"research\" not found")).await;
    assert!(matches!(error, WriteError::NotFound { .. }), "{error:?}");
}

#[tokio::test]
async fn trouble_of_the_server_is_passed_on() {
    assert!(matches!(error_of(refusal(500, "InternalError", "etcd")).await, WriteError::Other(_)));
}
