//! Which pods of a pool must share a node.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use galapagos_crds::WorkerPool;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;

use super::observe::claims_of;
use crate::context::Context;

/// Which pods must share a node, because a volume can be mounted on one node at a time only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colocation {
    /// None.
    #[default]
    None,
    /// The pool's coordinators: their state is on such a volume.
    Coordinators,
    /// All pods of the pool: the market data are on such a volume.
    All,
}

/// Which pods of the pool must share a node, by the access modes of its claims.
///
/// # Errors
/// A claim cannot be read.
pub async fn colocation(ctx: &Context, pool: &WorkerPool) -> Result<Colocation, kube::Error> {
    let [market_data, state] = claims_of(ctx, pool).await?;
    Ok(required(market_data.as_deref(), state.as_deref()))
}

/// The same from the claims. Volumes that are no claims are taken to be mountable everywhere.
pub fn required(
    market_data: Option<&PersistentVolumeClaim>,
    state: Option<&PersistentVolumeClaim>,
) -> Colocation {
    if market_data.is_some_and(on_one_node) {
        Colocation::All
    } else if state.is_some_and(on_one_node) {
        Colocation::Coordinators
    } else {
        Colocation::None
    }
}

/// The modes that a bound claim has got, else those it asks for.
fn on_one_node(claim: &PersistentVolumeClaim) -> bool {
    let got = claim.status.as_ref().and_then(|s| s.access_modes.as_ref()).filter(|m| !m.is_empty());
    let asked = claim.spec.as_ref().and_then(|s| s.access_modes.as_ref());
    got.or(asked).is_some_and(|modes| {
        !modes.is_empty() && !modes.iter().any(|m| m == "ReadWriteMany" || m == "ReadOnlyMany")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claim(asked: &[&str], got: &[&str]) -> PersistentVolumeClaim {
        serde_json::from_value(json!({"spec": {"accessModes": asked}, "status": {"accessModes": got}}))
            .unwrap()
    }

    #[test]
    fn pods_share_a_node_only_where_a_volume_leaves_no_choice() {
        let (one, many) = (claim(&["ReadWriteOnce"], &[]), claim(&["ReadWriteMany"], &[]));
        assert_eq!(required(None, None), Colocation::None);
        assert_eq!(required(Some(&many), Some(&many)), Colocation::None);
        assert_eq!(required(Some(&many), Some(&one)), Colocation::Coordinators);
        assert_eq!(required(Some(&one), None), Colocation::All);
        assert_eq!(required(Some(&one), Some(&many)), Colocation::All);
    }

    #[test]
    fn a_bound_claim_counts_by_what_it_got() {
        assert_eq!(required(Some(&claim(&["ReadWriteOnce"], &["ReadWriteMany"])), None), Colocation::None);
        assert_eq!(
            required(Some(&claim(&["ReadWriteOncePod"], &["ReadWriteOncePod"])), None),
            Colocation::All
        );
        assert_eq!(required(Some(&claim(&["ReadWriteOnce", "ReadOnlyMany"], &[])), None), Colocation::None);
    }
}
