//! A condition that is about to be written, and how one is found.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// A condition before it is compared with the one before.
pub(super) struct Draft {
    pub type_: &'static str,
    /// `None`: not known.
    pub holds: Option<bool>,
    pub reason: &'static str,
    pub message: String,
}

/// The condition of a type.
pub(super) fn find<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a Condition> {
    conditions.iter().find(|c| c.type_ == type_)
}
