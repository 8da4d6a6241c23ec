//! Jobs on a cluster: shown, steered and brought home. All of it goes through `kubectl`, so that contexts, credentials and
//! their helpers are those that a person uses anyway.
//!
//! * [`kubectl`]: runs it.
//! * [`view`]: jobs as tables and pages.
//! * [`reader`]: the pod through which a result leaves its volume.
//! * [`fetch`]: copies it.
//! * [`findings`]: what is wrong with a cluster, and what to do about it.

pub mod fetch;
pub mod findings;
pub mod kubectl;
pub mod reader;
pub mod view;
