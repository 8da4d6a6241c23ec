//! The cells of behaviour whose best individuals a job keeps.

use galapagos_crds::catalogue::Catalogue;
use galapagos_crds::{CellAxis, Decimal, EvolutionJobSpec, Preset, Searcher};

use crate::finding::Finding;
use crate::measures::{self, Measure};
use crate::suggest::meant_or_all;

/// Share of the children whose parents are the best of cells, where the manifest says none.
const SHARE: (i64, u32) = (25, 2);

/// A number that is cut into ranges, and where each ends and the next begins.
pub type Axis = (Measure, Vec<Decimal>);

/// The numbers that cells are ranges of; nothing without an archive.
///
/// # Errors
/// The first that is wrong.
pub fn cells(spec: &EvolutionJobSpec, catalogue: &Catalogue) -> Result<Vec<Axis>, Finding> {
    let Some(archive) = &spec.archive else { return Ok(Vec::new()) };
    let mut out: Vec<Axis> = Vec::new();
    if !(1..=2).contains(&archive.cells.len()) {
        return Err(Finding::invalid("spec.archive.cells", "must have 1 or 2 items"));
    }
    for (i, CellAxis { metric, edges }) in archive.cells.iter().enumerate() {
        let path = format!("spec.archive.cells[{i}]");
        let measure = measure(&format!("{path}.metric"), metric, spec, catalogue)?;
        if out.iter().any(|(other, _)| other.name() == measure.name()) {
            let text = format!("{metric:?} cuts the cells already");
            return Err(Finding::invalid(format!("{path}.metric"), text).advise("name each number once"));
        }
        if edges.is_empty() || edges.windows(2).any(|w| w[0].to_decimal() >= w[1].to_decimal()) {
            let text = "the edges must rise from one to the next";
            return Err(Finding::invalid(format!("{path}.edges"), text).advise("write them as [10, 50, 100]"));
        }
        out.push((measure, edges.clone()));
    }
    Ok(out)
}

/// Share of the children whose parents are the best of cells; `None` without an archive.
pub fn share(spec: &EvolutionJobSpec) -> Option<Decimal> {
    let archive = spec.archive.as_ref()?;
    let steers = spec.searcher == Searcher::Evolution && spec.breeding.preset == Preset::Default;
    let default = if steers { Decimal::new(SHARE.0, SHARE.1) } else { Decimal::ZERO };
    Some(archive.share.unwrap_or(default))
}

/// Cells with what is wrong with them.
pub(crate) fn checked(spec: &EvolutionJobSpec, catalogue: &Catalogue, findings: &mut Vec<Finding>) {
    findings.extend(cells(spec, catalogue).err());
    let Some(given) = spec.archive.as_ref().and_then(|archive| archive.share) else { return };
    let path = "spec.archive.share";
    if !(0.0..=1.0).contains(&given.to_f64()) {
        findings.push(Finding::invalid(path, "must be between 0 and 1"));
    } else if given.to_f64() > 0.0 && spec.searcher != Searcher::Evolution {
        let text = "only the searcher Evolution has parents";
        findings.push(Finding::invalid(path, text).advise("leave it out: the cells are kept all the same"));
    } else if given.to_f64() > 0.0 && spec.breeding.preset != Preset::Default {
        let text = "presets Ray and PBT set the whole algorithm, its parents too";
        findings.push(Finding::invalid(path, text).advise("leave it out: the cells are kept all the same"));
    }
}

fn measure(
    path: &str,
    name: &str,
    spec: &EvolutionJobSpec,
    catalogue: &Catalogue,
) -> Result<Measure, Finding> {
    let metrics = &catalogue.metrics;
    if metrics.is_empty() || metrics.iter().any(|metric| metric == name) {
        return Ok(Measure::Metric(name.to_owned()));
    }
    // What is wrong with an expression is said where it stands.
    let own: Vec<Measure> = [measures::objectives(spec, catalogue), measures::limits(spec, catalogue)]
        .into_iter()
        .filter_map(Result::ok)
        .flatten()
        .filter(|measure| matches!(measure, Measure::Own { .. }))
        .collect();
    own.iter().find(|measure| measure.name() == name).cloned().ok_or_else(|| {
        let known = metrics.iter().map(String::as_str).chain(own.iter().map(Measure::name));
        let advice = meant_or_all(name, known, "the metrics are");
        Finding::invalid(path, format!("unknown metric {name:?}")).advise(advice)
    })
}
