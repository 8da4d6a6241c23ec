//! The search space of one species: its genes, the rules between them, and the numbering of its points.

use std::sync::Arc;

use rust_decimal::Decimal;

use crate::condition::{Condition, SEARCHED};
use crate::grid::Grid;
use crate::repair::RepairRules;

/// Spaces up to this size are walked to their last genome.
pub(crate) const WALKABLE: u128 = 1 << 20;

/// Most genes of a space: the draws of one child fit its window with room to spare (see [`crate::draws`]).
pub const MAX_GENES: usize = 256;

/// Indices into the grids, one per gene. Candidates, tasks, records and survivors share them.
pub type Genome = Arc<[u32]>;

/// How the values of a gene are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeneKind {
    /// Whole numbers, ordered.
    Integer,
    /// Decimals, ordered.
    Real,
    /// Names without an order.
    Categorical,
    /// Off or on; bred like a category.
    Bool,
}

/// One gene: what it is called and which values it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneSpace {
    /// Name of the gene, used in errors only.
    pub name: String,
    /// How its values are meant; categorical and bool need a grid of categories, the others one of decimals.
    pub kind: GeneKind,
    /// The values that the gene can take, by index.
    pub grid: Grid,
    /// Index of the value it has while inactive (needed by [`Constraint::ActiveWhen`] and [`Constraint::ActiveIn`]).
    pub default: Option<u32>,
}

/// A categorical gene has a certain value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    /// Position of the categorical gene.
    pub gene: usize,
    /// The category, by its number in the strategy's own list.
    pub category: u32,
}

/// A rule between genes (given by position) that repair restores. Rules that concern an inactive gene rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Constraint {
    /// low < high: swapped if each value is on the other's grid; else high rises to its lowest value above low;
    /// else low falls to its highest below high; else low takes its lowest and high its highest value.
    Ordered {
        /// The gene that must be smaller.
        low: usize,
        /// The gene that must be larger.
        high: usize,
    },
    /// gene <= cap - margin while `when` holds: gene falls to its highest value allowed; else cap rises to its
    /// lowest; else gene takes its lowest and cap its highest value.
    Capped {
        /// The gene that is capped.
        gene: usize,
        /// The gene that caps it.
        cap: usize,
        /// Distance kept below the cap.
        margin: Decimal,
        /// When the cap holds; `None`: always.
        when: Option<When>,
    },
    /// gene is inactive, and set to its default, unless `when` holds.
    ActiveWhen {
        /// Position of the gene that may be inactive.
        gene: usize,
        /// When the gene is active.
        when: When,
    },
    /// gene is inactive, and set to its default, unless another one has one of some values. A gene may have several of these
    /// rules and those of [`Constraint::ActiveWhen`]: it is active where all hold.
    ActiveIn {
        /// Position of the gene that may be inactive.
        gene: usize,
        /// Position of the other one, which is never inactive itself.
        on: usize,
        /// Indices on its grid.
        values: Vec<u32>,
    },
    /// Values strictly between 0 and `below` become 0 (on a grid without 0: the lowest value from `below` on).
    ZeroBelow {
        /// Position of the gene, a numeric one.
        gene: usize,
        /// The smallest value kept besides 0.
        below: Decimal,
    },
}

/// Why genes and rules do not make a space.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpaceError {
    /// More than [`MAX_GENES`].
    #[error("{genes} genes; a species takes at most {MAX_GENES}")]
    Genes {
        /// How many were given.
        genes: usize,
    },
    /// Kind and grid disagree.
    #[error("gene {gene}: {problem}")]
    Gene {
        /// Name of the gene.
        gene: String,
        /// What is wrong and what to do.
        problem: &'static str,
    },
    /// A rule names a gene that does not exist, or one of the wrong kind.
    #[error("a rule between genes names gene number {gene}: {problem}")]
    Rule {
        /// Position of the gene that the rule names.
        gene: usize,
        /// Why the rule cannot hold for that gene, in words.
        problem: &'static str,
    },
    /// No value of `low` lies below one of `high`.
    #[error(
        "gene {low} must stay below {high}, but no value of {low} is small enough: lower min of {low} or raise max of {high}"
    )]
    Impossible {
        /// The gene that must be smaller.
        low: String,
        /// The gene that must be larger.
        high: String,
    },
    /// Rules form a circle.
    #[error("the rules between genes form a circle through {gene}")]
    Circle {
        /// One gene of the circle.
        gene: String,
    },
    /// Values too large or too fine to compare exactly with those of the other genes.
    #[error(
        "gene {gene}: values need more digits than can be compared exactly with the other genes; round them"
    )]
    Digits {
        /// Name of the gene.
        gene: String,
    },
    /// Hardly a genome keeps the conditions.
    #[error("of {SEARCHED} genomes drawn none keeps {text}: make the ranges of its genes fit it")]
    Rare {
        /// What the conditions say, one after another.
        text: String,
    },
    /// A genome does not fit.
    #[error("genome: {problem}")]
    Genome {
        /// What does not fit, in words: the number of genes, or an index outside its grid.
        problem: String,
    },
}

/// Genes and the rules between them, checked.
#[derive(Clone, Debug)]
pub struct Space {
    genes: Vec<GeneSpace>,
    constraints: Vec<Constraint>,
    pub(crate) lens: Box<[u32]>,
    categorical: Box<[bool]>,
    drawing: Box<[usize]>,
    pub(crate) rules: RepairRules,
    pub(crate) conditions: Vec<Condition>,
    /// A genome that keeps the conditions; empty without any.
    pub(crate) witness: Genome,
}

impl Space {
    /// Checks genes and rules: kinds fit grids, and some genome obeys all rules that can ever hold.
    pub fn new(genes: Vec<GeneSpace>, constraints: Vec<Constraint>) -> Result<Space, SpaceError> {
        if genes.len() > MAX_GENES {
            return Err(SpaceError::Genes { genes: genes.len() });
        }
        for gene in &genes {
            let fail = |problem| Err(SpaceError::Gene { gene: gene.name.clone(), problem });
            let names = matches!(gene.kind, GeneKind::Categorical | GeneKind::Bool);
            if names != gene.grid.is_categorical() {
                return fail("categories need a list of names, numbers a range or a list of decimals");
            }
            if gene.grid.is_empty() || gene.grid.len() > crate::grid::MAX_VALUES {
                return fail("a gene takes at least one and at most 2^30 values");
            }
            if gene.default.is_some_and(|d| d >= gene.grid.len()) {
                return fail("the default is not one of its values");
            }
        }
        let rules = RepairRules::new(&genes, &constraints)?;
        let lens: Box<[u32]> = genes.iter().map(|g| g.grid.len()).collect();
        let categorical = genes.iter().map(|g| g.grid.is_categorical()).collect();
        let drawing = (0..lens.len()).filter(|&i| lens[i] > 1).collect();
        let (conditions, witness) = (Vec::new(), Genome::default());
        Ok(Space { genes, constraints, lens, categorical, drawing, rules, conditions, witness })
    }

    /// The genes, in the order of the genome.
    pub fn genes(&self) -> &[GeneSpace] {
        &self.genes
    }

    /// The rules, as given.
    pub fn constraints(&self) -> &[Constraint] {
        &self.constraints
    }

    /// Number of values per gene.
    pub fn lens(&self) -> &[u32] {
        &self.lens
    }

    /// Whether gene `i` is bred as a category.
    pub fn is_categorical(&self, i: usize) -> bool {
        self.categorical[i]
    }

    /// Positions of the genes with a choice, rising.
    pub(crate) fn drawing(&self) -> &[usize] {
        &self.drawing
    }

    /// Brings a genome whose indices are inside their grids into its canonical form: rules restored, inactive
    /// genes at their defaults. A canonical genome is left as it is.
    ///
    /// A condition that is broken moves its gene, once each in their order; the rules come before and after. What breaks
    /// one then stays as it is, and [`Space::allows`] refuses it.
    pub fn repair(&self, genome: &mut [u32]) {
        self.rules.repair(genome);
        if !self.allows(genome) {
            self.mend(genome);
        }
    }

    /// The canonical form of a genome.
    pub fn canonical(&self, genome: &[u32]) -> Result<Genome, SpaceError> {
        self.check(genome)?;
        let mut canonical = genome.to_vec();
        self.repair(&mut canonical);
        match self.broken(&canonical) {
            None => Ok(canonical.into()),
            Some(condition) => {
                Err(SpaceError::Genome { problem: format!("it breaks the condition {}", condition.text()) })
            }
        }
    }

    /// Length and bounds of a genome from outside.
    pub fn check(&self, genome: &[u32]) -> Result<(), SpaceError> {
        if genome.len() != self.lens.len() {
            let problem = format!("{} values for {} genes", genome.len(), self.lens.len());
            return Err(SpaceError::Genome { problem });
        }
        match (0..genome.len()).find(|&i| genome[i] >= self.lens[i]) {
            None => Ok(()),
            Some(i) => Err(SpaceError::Genome {
                problem: format!(
                    "gene {} has {} values, index {} does not exist",
                    self.genes[i].name, self.lens[i], genome[i]
                ),
            }),
        }
    }

    /// Points of the grid before rules (several may share one canonical form); u128::MAX where that overflows.
    pub fn points(&self) -> u128 {
        self.lens.iter().fold(1_u128, |product, &len| product.saturating_mul(u128::from(len)))
    }

    /// Position of a genome in mixed-radix order, the last gene the fastest; `None` where points overflow.
    pub fn index_of(&self, genome: &[u32]) -> Option<u128> {
        self.check(genome).ok()?;
        if self.points() == u128::MAX {
            return None;
        }
        Some(self.position(genome))
    }

    /// [`Space::index_of`] of a genome known to fit, where points do not overflow.
    pub(crate) fn position(&self, genome: &[u32]) -> u128 {
        genome.iter().zip(&self.lens).fold(0, |i, (&k, &len)| i * u128::from(len) + u128::from(k))
    }

    /// The genome at a position; `None` beyond the last.
    pub fn at(&self, mut index: u128) -> Option<Genome> {
        if index >= self.points() {
            return None;
        }
        let mut genome = vec![0; self.lens.len()];
        for (k, &len) in genome.iter_mut().zip(&self.lens).rev() {
            *k = (index % u128::from(len)) as u32;
            index /= u128::from(len);
        }
        Some(genome.into())
    }

    /// Moves to the next genome in mixed-radix order; false where it wrapped to the first.
    pub fn advance(&self, genome: &mut [u32]) -> bool {
        for (k, &len) in genome.iter_mut().zip(&self.lens).rev() {
            if *k + 1 < len {
                *k += 1;
                return true;
            }
            *k = 0;
        }
        false
    }
}
