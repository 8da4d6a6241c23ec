//! How the next generation is made.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::rules;

/// Selection, crossover, mutation. Fields without a value take those of the preset; see [`Breeding::resolved`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("self.preset == 'Default' || ![has(self.parents), has(self.tournamentSize), has(self.crossover), has(self.mutation), has(self.immigrants), has(self.restartAfterGenerations), has(self.species)].exists(x, x)")
        .message("presets Ray and PBT set the whole algorithm: they allow no other field"),
    validation = Rule::new("self.preset == 'PBT' || !has(self.resampleProbability)")
        .message("resampleProbability belongs to preset PBT")
)]
pub struct Breeding {
    /// The algorithm: Default, or one of those that many people come from.
    #[serde(default)]
    pub preset: Preset,
    /// Survivors of a species that may become parents. Absent: the larger of min(quota, 100) and a fifth of its
    /// quota.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 10_000))]
    pub parents: Option<u32>,
    /// Individuals drawn for one parent, of which the best is taken. Absent: 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub tournament_size: Option<u32>,
    /// Operators that make children from parents, by share. Absent: sbx 0.35, uniform 0.35, differential 0.3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crossover: Option<Crossover>,
    /// How children are changed. Absent: polynomial with eta 20.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutation: Option<Mutation>,
    /// Share of each quota that is drawn at random. Absent: 0.02.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::between("0.0", "1.0"))]
    pub immigrants: Option<Decimal>,
    /// Generations without a better individual after which half of a species is drawn at random once. 0: never.
    /// Absent: 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100_000))]
    pub restart_after_generations: Option<u32>,
    /// Preset PBT: how likely a gene is drawn anew in place of being moved by a fifth. Absent: 0.25.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::between("0.0", "1.0"))]
    pub resample_probability: Option<Decimal>,
    /// How strategies compete for shares of the population.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub species: Option<Species>,
    /// The point that the volume of several objectives is measured against, a value for each in their order. Absent: the
    /// worst feasible values of the first generation that has some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 4), extend("x-kubernetes-list-type" = "atomic"))]
    pub reference_point: Option<Vec<Decimal>>,
    /// Which individual of the front counts as the best. Absent: Knee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choose: Option<Choose>,
}

/// Which individual of the front of several objectives counts as the best.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Choose {
    /// The one farthest below the plane through the ends of the front.
    #[default]
    Knee,
    /// The one nearest to the best values of all objectives at once.
    Ideal,
}

/// A named algorithm that sets all operators and their shares at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Preset {
    /// Tournament, three crossovers, polynomial mutation, a few immigrants.
    #[default]
    Default,
    /// The best half is kept, children are means of two parents, a tenth of the genes changes.
    Ray,
    /// Population based training: three quarters are kept, the rest are copies of the best quarter with each gene moved by a
    /// fifth or drawn anew.
    #[serde(rename = "PBT")]
    Pbt,
}

/// Operators that make children from parents. An operator that is not named is not used; shares add up to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[(has(self.sbx) ? double(self.sbx.share) : 0.0) + (has(self.uniform) ? double(self.uniform.share) : 0.0) + (has(self.differential) ? double(self.differential.share) : 0.0)].exists(sum, sum > 0.999999999 && sum < 1.000000001)")
    .message("the shares must add up to 1"))]
pub struct Crossover {
    /// Simulated binary crossover: children lie near one of two parents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sbx: Option<Sbx>,
    /// Each gene comes from one of two parents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uniform: Option<Uniform>,
    /// Differential evolution: a parent moves towards one of the best and along a difference of two others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differential: Option<Differential>,
}

/// Simulated binary crossover: children lie near one of two parents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sbx {
    /// Share of the children.
    #[x_kube(validation = rules::between("0.0", "1.0"))]
    pub share: Decimal,
    /// Distribution index: the higher, the nearer to the parents. Absent: 15.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::between("1.0", "1000.0"))]
    pub eta: Option<Decimal>,
    /// Probability that two parents are crossed at all. Absent: 0.9.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::between("0.0", "1.0"))]
    pub probability: Option<Decimal>,
}

/// Uniform crossover: each gene comes from one of two parents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Uniform {
    /// Share of the children.
    #[x_kube(validation = rules::between("0.0", "1.0"))]
    pub share: Decimal,
}

/// Differential evolution: a parent moves towards one of the best and along a difference of two others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Differential {
    /// Share of the children.
    #[x_kube(validation = rules::between("0.0", "1.0"))]
    pub share: Decimal,
}

/// How children are changed. Exactly one member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::exactly_one(&["polynomial"]))]
pub struct Mutation {
    /// Bounded polynomial mutation of one gene on average.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polynomial: Option<Polynomial>,
}

/// Bounded polynomial mutation of one gene on average.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Polynomial {
    /// Distribution index: the higher, the smaller the change. Absent: 20.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::between("1.0", "1000.0"))]
    pub eta: Option<Decimal>,
}

/// How strategies compete for shares of the population.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Species {
    /// Share of an equal quota that a strategy always keeps, at least 4 individuals. Absent: 0.25.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::between("0.0", "1.0"))]
    pub min_share: Option<Decimal>,
    /// Generations without one of the best half of the population after which a strategy gets no more quota. 0 or absent:
    /// never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100_000))]
    pub extinct_after_generations: Option<u32>,
}

/// [`Breeding`] with every value filled in. What of it steers presets Ray and PBT is `preset`, `resampleProbability`
/// and the species alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResolvedBreeding {
    /// The algorithm that the other fields are set for.
    pub preset: Preset,
    /// Survivors per species; `None`: the larger of min(quota, 100) and a fifth of the quota.
    pub parents: Option<u32>,
    /// Individuals drawn for one parent.
    pub tournament_size: u32,
    /// Share of children by simulated binary crossover.
    pub sbx_share: Decimal,
    /// Distribution index of simulated binary crossover.
    pub sbx_eta: Decimal,
    /// Probability that simulated binary crossover crosses two parents at all.
    pub sbx_probability: Decimal,
    /// Share of children by uniform crossover.
    pub uniform_share: Decimal,
    /// Share of children by differential evolution.
    pub differential_share: Decimal,
    /// Distribution index of the polynomial mutation.
    pub mutation_eta: Decimal,
    /// Share of each quota drawn at random.
    pub immigrants: Decimal,
    /// How likely preset PBT draws a gene anew; `None`: another preset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resample_probability: Option<Decimal>,
    /// Generations without a better individual before a partial restart; 0: never.
    pub restart_after_generations: u32,
    /// Share of an equal quota that a strategy always keeps.
    pub species_min_share: Decimal,
    /// Generations at least quota before extinction; 0: never.
    pub species_extinct_after_generations: u32,
    /// The point that volumes are measured against. With one objective it is left out, as `choose` is: the digests of such jobs
    /// are those of releases that knew only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_point: Option<Vec<Decimal>>,
    /// Which individual of the front counts as the best.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choose: Option<Choose>,
}

impl Breeding {
    /// Every value, those of docs/evolution.md (contract G1, G2) where the manifest has none.
    pub fn resolved(&self) -> ResolvedBreeding {
        let default_crossover = Crossover {
            sbx: Some(Sbx { share: Decimal::new(35, 2), eta: None, probability: None }),
            uniform: Some(Uniform { share: Decimal::new(35, 2) }),
            differential: Some(Differential { share: Decimal::new(3, 1) }),
        };
        let Crossover { sbx, uniform, differential } = self.crossover.as_ref().unwrap_or(&default_crossover);
        let polynomial = self.mutation.as_ref().and_then(|m| m.polynomial.as_ref());
        let species = self.species.clone().unwrap_or_default();
        ResolvedBreeding {
            preset: self.preset,
            parents: self.parents,
            tournament_size: self.tournament_size.unwrap_or(3),
            sbx_share: sbx.as_ref().map_or(Decimal::ZERO, |s| s.share),
            sbx_eta: sbx.as_ref().and_then(|s| s.eta).unwrap_or(Decimal::new(15, 0)),
            sbx_probability: sbx.as_ref().and_then(|s| s.probability).unwrap_or(Decimal::new(9, 1)),
            uniform_share: uniform.as_ref().map_or(Decimal::ZERO, |u| u.share),
            differential_share: differential.as_ref().map_or(Decimal::ZERO, |d| d.share),
            mutation_eta: polynomial.and_then(|p| p.eta).unwrap_or(Decimal::new(20, 0)),
            immigrants: self.immigrants.unwrap_or(Decimal::new(2, 2)),
            resample_probability: (self.preset == Preset::Pbt)
                .then(|| self.resample_probability.unwrap_or(Decimal::new(25, 2))),
            restart_after_generations: self.restart_after_generations.unwrap_or(5),
            species_min_share: species.min_share.unwrap_or(Decimal::new(25, 2)),
            species_extinct_after_generations: species.extinct_after_generations.unwrap_or(0),
            reference_point: self.reference_point.clone(),
            choose: self.choose,
        }
    }
}
