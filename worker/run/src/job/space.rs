//! The one place where engine and genetics meet: a strategy's definition and its search space, and a genome of grid
//! indices as the engine's genome.

use std::collections::BTreeMap;
use std::sync::Arc;

use galapagos_crds::catalogue::GeneEntry;
use galapagos_crds::{Catalogue, GeneSpec, GeneValue, StrategySpec};
use galapagos_engine::bars::Bars;
use galapagos_engine::genes::{self as engine, STOP_GENES, Stops};
use galapagos_engine::rules::Own;
use galapagos_engine::strategies::{self, BuiltIn, Strategy};
use galapagos_genetics::{GeneSpace, Genome, Space};
use galapagos_manifest::{Finding, SearchSpace};
use galapagos_rules::{Market, WarmUp};

/// Where a strategy comes from.
#[derive(Clone)]
enum Origin {
    BuiltIn(&'static dyn BuiltIn),
    Own(Arc<Own>),
}

/// A strategy with its search space.
#[derive(Clone)]
pub struct SpeciesSpace {
    origin: Origin,
    search: SearchSpace<'static>,
}

impl std::fmt::Debug for SpeciesSpace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpeciesSpace").field("name", &self.name()).field("genes", &self.genes()).finish()
    }
}

impl SpeciesSpace {
    /// The space of the entry `index` of a manifest's strategies, a built-in one. `overruled` are genes that the data
    /// allow one value only.
    ///
    /// # Errors
    /// Names the field and what to write.
    pub fn new(
        index: usize,
        spec: &StrategySpec,
        overruled: &[(&str, GeneValue)],
    ) -> Result<SpeciesSpace, Finding> {
        let search = SearchSpace::new(index, spec, overruled, Catalogue::embedded())?;
        // A test compares the catalogue with the engine: a strategy of the one is one of the other.
        let strategy = strategies::find(&search.strategy.name).map(|found| found.strategy);
        let unknown = || {
            let path = format!("spec.strategies[{index}].name");
            galapagos_manifest::unknown_strategy(path, &spec.name, Catalogue::embedded())
        };
        let strategy = strategy.ok_or_else(unknown)?;
        Ok(SpeciesSpace { origin: Origin::BuiltIn(strategy), search })
    }

    /// The space of the entry `index` of a manifest's strategies, one with rules, on data with these symbols, traded or
    /// not, and with a volume of those that are traded or without.
    ///
    /// # Errors
    /// Names the field and what to write.
    pub fn own(
        index: usize,
        spec: &StrategySpec,
        symbols: &[String],
        volume: bool,
        interval_ms: i64,
    ) -> Result<SpeciesSpace, Finding> {
        let made = |market: &Market| SearchSpace::own(index, spec, market, Catalogue::embedded());
        let interval = u64::try_from(interval_ms / 1000).ok();
        let market = Market { symbols: Some(symbols.to_vec()), volume: None, interval, signals: None };
        let (mut search, mut rules) = made(&market)?;
        // Another symbol may have a volume where the traded ones have none.
        if !volume && rules.volumes().contains(&None) {
            (search, rules) = made(&Market { volume: Some(false), ..market })?;
        }
        Ok(SpeciesSpace { origin: Origin::Own(Arc::new(Own::new(rules))), search })
    }

    /// Whether its individuals train models.
    pub fn trains(&self) -> bool {
        self.strategy().built_in().is_some_and(|def| def.trains)
    }

    /// The strategy as the engine knows it.
    pub fn strategy(&self) -> &dyn Strategy {
        match &self.origin {
            Origin::BuiltIn(strategy) => *strategy,
            Origin::Own(own) => own.as_ref(),
        }
    }

    /// The checked rules of a strategy that the manifest writes itself.
    pub fn rules(&self) -> Option<&galapagos_rules::Strategy> {
        match &self.origin {
            Origin::BuiltIn(_) => None,
            Origin::Own(own) => Some(own.rules()),
        }
    }

    /// The canonical name of the strategy.
    pub fn name(&self) -> &str {
        &self.search.strategy.name
    }

    /// Genes in the order of the genome: the strategy's own, then stop genes that the manifest names.
    pub fn space(&self) -> &Space {
        &self.search.space
    }

    /// The same ranges as a manifest would say them, every default written out.
    pub fn genes(&self) -> &[GeneSpec] {
        &self.search.written
    }

    /// Definitions of the genes, in the order of the genome.
    pub fn defs(&self) -> impl Iterator<Item = &GeneEntry> + '_ {
        self.search.genes.iter().map(AsRef::as_ref)
    }

    /// Which stop genes the genome has after the strategy's own.
    fn stops(&self) -> impl Iterator<Item = usize> + '_ {
        let added = self.search.genes.iter().skip(self.search.strategy.genes.len());
        added.filter_map(|gene| STOP_GENES.iter().position(|&stop| stop == gene.name))
    }

    /// The engine's genome of grid indices; indices outside their grids give `None`.
    pub fn genome(&self, indices: &[u32]) -> Option<engine::Genome> {
        let genes = self.space().genes();
        if indices.len() != genes.len() {
            return None;
        }
        let value = |(gene, &k): (&GeneSpace, &u32)| {
            let number = gene.grid.value(k).map(engine::GeneValue::Number);
            number.or_else(|| gene.grid.category(k).map(engine::GeneValue::Category))
        };
        let mut values = genes.iter().zip(indices).map(value).collect::<Option<Vec<_>>>()?;
        let mut stops = [None; STOP_GENES.len()];
        let own = self.search.strategy.genes.len();
        for (stop, value) in self.stops().zip(values.drain(own..)) {
            if let engine::GeneValue::Number(x) = value {
                stops[stop] = Some(x);
            }
        }
        let [stop_loss, take_profit, trailing_stop] = stops;
        Some(engine::Genome { values, stops: Stops { stop_loss, take_profit, trailing_stop } })
    }

    /// Names and values of a genome, as manifests write them.
    pub fn named(&self, indices: &[u32]) -> Vec<(String, GeneValue)> {
        self.genome(indices).map(|genome| self.names(&genome)).unwrap_or_default()
    }

    /// The same of one that is decoded.
    pub fn names(&self, genome: &engine::Genome) -> Vec<(String, GeneValue)> {
        let pairs = match &self.origin {
            Origin::BuiltIn(strategy) => genome.pairs(strategy.def()),
            Origin::Own(own) => own_pairs(own, genome),
        };
        pairs.into_iter().filter_map(|(name, text)| Some((name, text.parse().ok()?))).collect()
    }

    /// The canonical indices of named values, which stand at `path`; genes not named take their defaults, or the nearest
    /// value of the grid.
    ///
    /// # Errors
    /// An unknown gene, or a value that is not on its grid.
    pub fn indices(&self, path: &str, values: &BTreeMap<String, GeneValue>) -> Result<Genome, Finding> {
        self.search.indices(path, values)
    }

    /// Rows that the warm-up of any genome takes at most.
    pub fn warm_up_bound(&self, bars: &Bars<'_>, others: &[Bars<'_>]) -> usize {
        match &self.origin {
            Origin::BuiltIn(strategy) => {
                let needs = self.bounds().iter().map(|genome| strategy.warm_up(bars, others, genome)).max();
                needs.unwrap_or(1)
            }
            Origin::Own(own) => own.warm_up_bound(bars, others),
        }
    }

    /// What causes that in rules of a manifest.
    pub fn warm_up_cause(&self, bars: &Bars<'_>, others: &[Bars<'_>]) -> Option<WarmUp> {
        match &self.origin {
            Origin::BuiltIn(_) => None,
            Origin::Own(own) => own.warm_up_cause(bars, others),
        }
    }

    /// Genomes whose warm-up bounds that of every genome: numbers at their highest, one for each category.
    pub fn bounds(&self) -> Vec<engine::Genome> {
        let space = self.space();
        let highest: Vec<u32> = space.lens().iter().map(|n| n - 1).collect();
        let mut out: Vec<engine::Genome> = self.genome(&highest).into_iter().collect();
        for i in (0..highest.len()).filter(|&i| space.is_categorical(i)) {
            for k in 0..highest[i] {
                let mut indices = highest.clone();
                indices[i] = k;
                out.extend(self.genome(&indices));
            }
        }
        out
    }
}

/// Names and texts of all values, stop genes last and only where they are on.
fn own_pairs(own: &Own, genome: &engine::Genome) -> Vec<(String, String)> {
    let mut values = own.values(genome);
    let genes = own.genes().iter().filter_map(|name| Some((name.clone(), values.remove(name)?)));
    let Stops { stop_loss, take_profit, trailing_stop } = genome.stops;
    let stops = STOP_GENES.iter().zip([stop_loss, take_profit, trailing_stop]);
    let stops = stops.filter_map(|(name, x)| Some(((*name).to_owned(), x?.normalize().to_string())));
    genes.chain(stops).collect()
}
