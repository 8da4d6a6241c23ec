//! How often the holdout of a run was shown. Each result that shows further generations is a further look: whoever
//! raises `generations` until the holdout pleases has searched on the holdout too.

use std::path::Path;

use super::document::ResultDocument;

/// Looks after a result with this digest has shown `looks` individuals. The result in `published` is the one before
/// it: shown earlier, or left there by a kill before its mark was written, and then it is the same showing.
pub fn total(published: &Path, digest: &str, looks: u32) -> u32 {
    let bytes = std::fs::read(published.join("result.json")).ok();
    let earlier = bytes.and_then(|b| serde_json::from_slice::<ResultDocument>(&b).ok());
    match earlier {
        Some(earlier) if earlier.result_digest == digest => earlier.luck.holdout_looks,
        Some(earlier) => earlier.luck.holdout_looks.saturating_add(looks),
        None => looks,
    }
}
