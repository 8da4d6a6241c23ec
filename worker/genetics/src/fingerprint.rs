//! What decides which genomes a run asks for, as one hash: a saved state goes on under the same one only.

use crate::config::{Config, Preset, Searcher};
use crate::grid::Grid;
use crate::islands::{Islands, Topology};
use crate::niche;
use crate::rank::Goal;
use crate::space::Constraint;
use crate::species::Species;

/// A hash over everything that decides which genomes a run asks for.
pub(crate) fn fingerprint(config: &Config, species: &[Species]) -> [u8; 32] {
    let mut h = Fields(blake3::Hasher::new());
    let Config { seed, population, searcher, breeding: b, goal, several, cells, islands } = config;
    h.text("galapagos.genetics.v1");
    h.number(*seed);
    h.number((*population).into());
    h.number(match searcher {
        Searcher::Evolution => 0,
        Searcher::Random => 1,
        Searcher::Grid => 2,
        Searcher::Sobol => 3,
        // 4 to 6 were theirs while they proposed otherwise.
        Searcher::Cmaes => 7,
        Searcher::Tpe => 8,
    });
    h.number(match goal {
        Goal::Maximise => 0,
        Goal::Minimise => 1,
    });
    h.number(match b.preset {
        Preset::Default => 0,
        Preset::Ray => 1,
        Preset::Pbt { .. } => 2,
    });
    if let Preset::Pbt { resample } = b.preset {
        h.number(resample.to_bits());
    }
    h.number(b.parents.map_or(0, |p| u64::from(p) + 1));
    for n in [b.tournament_size, b.restart_after_generations, b.extinct_after_generations] {
        h.number(n.into());
    }
    let (shares, rates) = (
        [b.sbx_share, b.sbx_eta, b.sbx_probability, b.uniform_share],
        [b.differential_share, b.mutation_eta, b.immigrants, b.min_share],
    );
    shares.iter().chain(&rates).for_each(|x| h.number(x.to_bits()));
    // A run with one objective has the fingerprint that it had before there were several.
    if let Some(crate::config::Several { further, reference, choice: _ }) = several {
        h.text("several");
        further.iter().for_each(|goal| h.number(if *goal == Goal::Maximise { 0 } else { 1 }));
        reference.iter().flatten().for_each(|value| h.number(value.to_bits()));
        if config.objectives() >= niche::FROM {
            h.text("directions");
        }
    }
    if let Some(share) = cells {
        h.text("cells");
        h.number(share.to_bits());
    }
    if let Some(Islands { count, migrate_every, migrants, topology }) = islands {
        h.text("islands");
        [count, migrate_every, migrants].into_iter().for_each(|n| h.number((*n).into()));
        h.number(if *topology == Topology::Ring { 0 } else { 1 });
    }
    for s in species {
        h.text(&s.name);
        h.number(s.space.genes().len() as u64);
        for gene in s.space.genes() {
            h.text(&gene.name);
            h.number(gene.default.map_or(0, |d| u64::from(d) + 1));
            h.grid(&gene.grid);
        }
        h.number(s.space.constraints().len() as u64);
        s.space.constraints().iter().for_each(|c| h.constraint(c));
        s.space.conditions().iter().for_each(|c| h.text(c.text()));
        h.number(s.initial.len() as u64);
        for genome in &s.initial {
            h.number(genome.len() as u64);
            genome.iter().for_each(|&k| h.number(k.into()));
        }
    }
    *h.0.finalize().as_bytes()
}

struct Fields(blake3::Hasher);

impl Fields {
    fn number(&mut self, n: u64) {
        self.0.update(&n.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    fn grid(&mut self, grid: &Grid) {
        let decimals: &[_] = match grid {
            Grid::Linear { min, step, count } => {
                self.number(0);
                self.number((*count).into());
                &[*min, *step]
            }
            Grid::Log(values) | Grid::Values(values) => {
                self.number(1);
                values
            }
            Grid::Fixed(value) => &[*value],
            Grid::Categories(ids) => {
                self.number(2);
                ids.iter().for_each(|&id| self.number(id.into()));
                &[]
            }
        };
        self.number(decimals.len() as u64);
        decimals.iter().for_each(|d| self.text(&d.normalize().to_string()));
    }

    fn constraint(&mut self, constraint: &Constraint) {
        let mut numbers = |ns: &[usize]| ns.iter().for_each(|&n| self.number(n as u64));
        match constraint {
            Constraint::Ordered { low, high } => numbers(&[0, *low, *high]),
            Constraint::Capped { gene, cap, margin, when } => {
                numbers(&[1, *gene, *cap]);
                numbers(&when.map_or([0, 0, 0], |w| [1, w.gene, w.category as usize]));
                self.text(&margin.normalize().to_string());
            }
            Constraint::ActiveWhen { gene, when } => numbers(&[2, *gene, when.gene, when.category as usize]),
            Constraint::ActiveIn { gene, on, values } => {
                numbers(&[4, *gene, *on, values.len()]);
                values.iter().for_each(|&k| self.number(k.into()));
            }
            Constraint::ZeroBelow { gene, below } => {
                numbers(&[3, *gene]);
                self.text(&below.normalize().to_string());
            }
        }
    }
}
