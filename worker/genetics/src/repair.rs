//! Restores the rules between genes (contract C12, C15), exactly and to a fixed point.

use crate::axis::{self, Axis};
use crate::space::{Constraint, GeneSpace, SpaceError, When};

/// Rounds of all rules before the smallest solution is taken instead. Two suffice for every built-in strategy
/// (ichimoku_cloud's chain needs the second); more only where overridden grids interlock.
const ROUNDS: usize = 8;

/// `low` + margin <= `high` in common units; strict orders have a margin of one unit.
#[derive(Clone, Debug)]
struct Bound {
    low: usize,
    high: usize,
    margin: i128,
    cap: bool,
    when: Option<When>,
}

#[derive(Clone, Debug)]
struct Hole {
    gene: usize,
    from: u32,
    to: u32,
    becomes: u32,
}

#[derive(Clone, Debug)]
struct Conditional {
    gene: usize,
    default: u32,
    condition: usize,
    /// Indices on the condition's grid under which the gene is active; none where that grid lacks them: never.
    is: Vec<u32>,
}

impl Conditional {
    fn holds(&self, genome: &[u32]) -> bool {
        self.is.contains(&genome[self.condition])
    }
}

/// Compiled rules of a space.
#[derive(Clone, Debug)]
pub(crate) struct RepairRules {
    axes: Vec<Axis>,
    bounds: Vec<(Bound, Option<(usize, u32)>)>,
    holes: Vec<Hole>,
    conditionals: Vec<Conditional>,
    /// The smallest genome that obeys every bound; only genes with a bound are used.
    smallest: Vec<u32>,
}

impl RepairRules {
    pub(crate) fn new(genes: &[GeneSpace], constraints: &[Constraint]) -> Result<RepairRules, SpaceError> {
        let mut digits = genes.iter().map(|g| axis::digits(&g.grid)).max().unwrap_or(0);
        for constraint in constraints {
            if let Constraint::Capped { margin: extra, .. } | Constraint::ZeroBelow { below: extra, .. } =
                constraint
            {
                digits = digits.max(extra.normalize().scale());
            }
        }
        let axes = genes
            .iter()
            .map(|g| Axis::new(&g.grid, digits).ok_or_else(|| SpaceError::Digits { gene: g.name.clone() }))
            .collect::<Result<Vec<_>, _>>()?;
        let mut rules = RepairRules {
            axes,
            bounds: vec![],
            holes: vec![],
            conditionals: vec![],
            smallest: vec![0; genes.len()],
        };
        for constraint in constraints {
            rules.add(genes, constraint.clone(), digits)?;
        }
        for c in &rules.conditionals {
            if rules.conditionals.iter().any(|other| other.gene == c.condition) {
                return Err(SpaceError::Rule {
                    gene: c.condition,
                    problem: "a condition must not itself be conditional",
                });
            }
        }
        // Rules are kept after it is known what is active: what an order moved afterwards could not decide that.
        let moves = |gene: usize| {
            rules.bounds.iter().any(|(b, _)| b.low == gene || b.high == gene)
                || rules.holes.iter().any(|h| h.gene == gene)
        };
        if let Some(c) = rules.conditionals.iter().find(|c| moves(c.condition)) {
            let problem = "a condition must not be on a gene that another rule moves";
            return Err(SpaceError::Rule { gene: c.condition, problem });
        }
        rules.drop_what_never_holds(genes);
        rules.solve(genes)?;
        Ok(rules)
    }

    fn add(&mut self, genes: &[GeneSpace], constraint: Constraint, digits: u32) -> Result<(), SpaceError> {
        let gene = |i: usize, categorical: bool| match genes.get(i) {
            None => Err(SpaceError::Rule { gene: i, problem: "there is no such gene" }),
            Some(g) if g.grid.is_categorical() != categorical => Err(SpaceError::Rule {
                gene: i,
                problem: if categorical {
                    "a condition needs categories"
                } else {
                    "only numbers have an order"
                },
            }),
            Some(g) => Ok(g),
        };
        let units = |i: usize, value| {
            axis::scaled(value, digits).ok_or_else(|| SpaceError::Digits { gene: genes[i].name.clone() })
        };
        match constraint {
            Constraint::Ordered { low, high } => {
                gene(low, false)?;
                gene(high, false)?;
                self.bounds.push((Bound { low, high, margin: 1, cap: false, when: None }, None));
            }
            Constraint::Capped { gene: low, cap: high, margin, when } => {
                gene(low, false)?;
                gene(high, false)?;
                let margin = units(low, margin)?;
                if let Some(when) = when {
                    gene(when.gene, true)?;
                }
                self.bounds.push((Bound { low, high, margin, cap: true, when }, None));
            }
            Constraint::ActiveWhen { gene: conditional, when } => {
                let is = gene(when.gene, true)?.grid.index_of_category(when.category);
                self.activate(genes, conditional, when.gene, is.into_iter().collect())?;
            }
            Constraint::ActiveIn { gene: conditional, on, values } => {
                let len = genes.get(on).map_or(0, |g| g.grid.len());
                if conditional == on || values.iter().any(|k| *k >= len) {
                    let problem = "a condition needs values of another gene";
                    return Err(SpaceError::Rule { gene: on, problem });
                }
                self.activate(genes, conditional, on, values)?;
            }
            Constraint::ZeroBelow { gene: i, below } => {
                gene(i, false)?;
                let below = units(i, below)?;
                let axis = &self.axes[i];
                let end = axis.lowest_above(below - 1).unwrap_or(axis.len());
                let from = axis.lowest_above(0).unwrap_or(axis.len());
                let becomes = axis.index_of(0).unwrap_or(end);
                // Neither 0 nor a large enough value: a fixed gene, kept as it was given.
                if from < end && becomes < axis.len() {
                    self.holes.push(Hole { gene: i, from, to: end, becomes });
                }
            }
        }
        Ok(())
    }

    /// A gene that is active under some values of another one.
    fn activate(
        &mut self,
        genes: &[GeneSpace],
        gene: usize,
        condition: usize,
        is: Vec<u32>,
    ) -> Result<(), SpaceError> {
        let Some(g) = genes.get(gene) else {
            return Err(SpaceError::Rule { gene, problem: "there is no such gene" });
        };
        let Some(default) = g.default else {
            let problem = "a conditional gene needs a default among its values";
            return Err(SpaceError::Gene { gene: g.name.clone(), problem });
        };
        self.conditionals.push(Conditional { gene, default, condition, is });
        Ok(())
    }

    /// Resolves conditions to indices and removes bounds that no genome can meet the condition of.
    fn drop_what_never_holds(&mut self, genes: &[GeneSpace]) {
        for (bound, condition) in &mut self.bounds {
            if let Some(when) = bound.when {
                *condition = genes[when.gene].grid.index_of_category(when.category).map(|k| (when.gene, k));
            }
        }
        let never = |gene: usize| self.conditionals.iter().any(|c| c.gene == gene && c.is.is_empty());
        self.bounds.retain(|(b, condition)| {
            (b.when.is_none() || condition.is_some()) && !never(b.low) && !never(b.high)
        });
    }

    /// The smallest genome that obeys all bounds at once, by pushing values up from below.
    fn solve(&mut self, genes: &[GeneSpace]) -> Result<(), SpaceError> {
        for i in 0..self.axes.len() {
            self.smallest[i] = self.skip_hole(i, 0);
        }
        // Without a circle the longest chain has fewer links than there are bounds.
        for round in 0..=self.bounds.len() {
            let mut settled = true;
            for (b, _) in &self.bounds {
                let least = self.axes[b.low].value(self.smallest[b.low]) + b.margin;
                if self.axes[b.high].value(self.smallest[b.high]) >= least {
                    continue;
                }
                if round == self.bounds.len() {
                    return Err(SpaceError::Circle { gene: genes[b.low].name.clone() });
                }
                let k = self.axes[b.high].lowest_above(least - 1).map(|k| self.skip_hole(b.high, k));
                let Some(k) = k else {
                    let name = |i: usize| genes[i].name.clone();
                    return Err(SpaceError::Impossible { low: name(b.low), high: name(b.high) });
                };
                self.smallest[b.high] = k;
                settled = false;
            }
            if settled {
                break;
            }
        }
        Ok(())
    }

    /// Index k, or where that becomes 0 the first index above the hole.
    fn skip_hole(&self, gene: usize, k: u32) -> u32 {
        match self.holes.iter().find(|h| h.gene == gene && (h.from..h.to).contains(&k)) {
            Some(h) if h.to < self.axes[gene].len() => h.to,
            _ => k,
        }
    }

    /// Brings a genome inside its grids to canonical form.
    pub(crate) fn repair(&self, genome: &mut [u32]) {
        for c in &self.conditionals {
            if !c.holds(genome) {
                genome[c.gene] = c.default;
            }
        }
        for _ in 0..ROUNDS {
            if !self.round(genome) {
                return;
            }
        }
        for (b, _) in &self.bounds {
            for gene in [b.low, b.high] {
                if self.is_active(gene, genome) {
                    genome[gene] = self.smallest[gene];
                }
            }
        }
        self.round(genome);
    }

    /// One pass over holes and bounds; whether anything changed.
    fn round(&self, genome: &mut [u32]) -> bool {
        let mut changed = false;
        for h in &self.holes {
            if (h.from..h.to).contains(&genome[h.gene]) && self.is_active(h.gene, genome) {
                genome[h.gene] = h.becomes;
                changed = true;
            }
        }
        for (b, condition) in &self.bounds {
            let holds = condition.is_none_or(|(gene, k)| genome[gene] == k);
            if holds && self.is_active(b.low, genome) && self.is_active(b.high, genome) {
                changed |= self.restore(b, genome);
            }
        }
        changed
    }

    pub(crate) fn is_active(&self, gene: usize, genome: &[u32]) -> bool {
        self.conditionals.iter().all(|c| c.gene != gene || c.holds(genome))
    }

    fn restore(&self, b: &Bound, genome: &mut [u32]) -> bool {
        let (low, high) = (&self.axes[b.low], &self.axes[b.high]);
        let (x, y) = (low.value(genome[b.low]), high.value(genome[b.high]));
        if x + b.margin <= y {
            return false;
        }
        let raise = high.lowest_above(x + b.margin - 1);
        let lower = low.highest_below(y - b.margin + 1);
        if !b.cap
            && x > y
            && let (Some(i), Some(j)) = (low.index_of(y), high.index_of(x))
        {
            (genome[b.low], genome[b.high]) = (i, j);
            return true;
        }
        match (b.cap, raise, lower) {
            (false, Some(k), _) | (true, Some(k), None) => genome[b.high] = k,
            (_, _, Some(k)) => genome[b.low] = k,
            (_, None, None) => (genome[b.low], genome[b.high]) = (0, high.len() - 1),
        }
        true
    }
}
