//! What a program is made from: the trees of four conditions, the values of the genes, the options that matter.

use std::collections::BTreeMap;

use galapagos_crds::{GeneValue, StrategySpec};
use galapagos_engine::execution::{Execution, Fill, Side, Window};
use galapagos_engine::genes::STOP_GENES;
use galapagos_market::Interval;
use galapagos_rules::{Clause, Expr, Strategy};

use super::error::ExportError;
use crate::as_rules::as_rules;
use crate::job::execution::to_engine;
use crate::job::space::SpeciesSpace;
use crate::signal::chosen::Chosen;

/// What a program is made from.
pub(super) struct Plan {
    /// Name of the strategy.
    pub strategy: String,
    /// The lines that say where it comes from.
    pub origin: Vec<String>,
    /// The values of the genes.
    pub genome: BTreeMap<String, GeneValue>,
    /// Options of the account.
    pub exec: Execution,
    /// First counted row of each symbol: the first decision is the close of the row before.
    pub warm_up: BTreeMap<String, u64>,
    /// Length of a bar, as manifests write it.
    pub interval: String,
    rules: Strategy,
}

/// The conditions of a latch, in this order.
pub(super) const CONDITIONS: [(&str, &str); 4] = [
    ("enter_long", "rules.long.enter"),
    ("leave_long", "rules.long.exit"),
    ("enter_short", "rules.short.enter"),
    ("leave_short", "rules.short.exit"),
];

impl Plan {
    /// Of a champion.
    ///
    /// # Errors
    /// Its strategy or account has what no program has.
    pub fn new(chosen: &Chosen) -> Result<Plan, ExportError> {
        let champion = chosen.champion();
        let strategy = champion.strategy.clone();
        let refuse = |what: String| Err(ExportError::Unsayable { strategy: strategy.clone(), what });
        let spec = chosen.manifest.spec.strategies.iter().find(|s| s.name == strategy);
        let written = match spec.filter(|s| s.rules.is_some()) {
            Some(own) => own.clone(),
            None => document(&strategy)?,
        };
        if written.signals.is_some() {
            return refuse("a file of signals".to_owned());
        }
        if let Some(gene) = STOP_GENES.iter().find(|gene| champion.genome.contains_key(**gene)) {
            return refuse(format!("the stop gene {gene}"));
        }
        let market = &chosen.manifest.spec.market_data;
        let interval = Interval::parse(&market.interval).map_err(|e| ExportError::Account(e.to_string()))?;
        let symbols = chosen.symbols();
        let space = SpeciesSpace::own(0, &written, &symbols, true, interval.ms())?;
        let Some(rules) = space.rules().cloned() else {
            return refuse("a strategy without rules".to_owned());
        };
        if let Some(clause) =
            rules.expressions.iter().find(|e| !matches!(e.place, Clause::Enter | Clause::Exit))
        {
            return refuse(clause.path.clone());
        }
        if rules.cooldown_bars > 0 || rules.max_bars.is_some() {
            return refuse("cooldownBars or maxBars".to_owned());
        }
        let bars_per_year = chosen.document.data.bars_per_year;
        let exec = to_engine(&chosen.manifest.spec.execution, bars_per_year)
            .map_err(|e| ExportError::Account(e.to_string()))?;
        for (wrong, what) in [
            (exec.fill != Fill::NextOpen, "execution.fill SameClose"),
            (exec.window != Window::AfterWarmUp, "execution.window Full"),
            (exec.leverage != 1.0, "execution.leverage"),
            (exec.lot.is_some(), "execution.lotSize"),
        ] {
            if wrong {
                return refuse(what.to_owned());
            }
        }
        let data = &chosen.document.data;
        let warm_up = data.symbols.iter().map(|s| (s.symbol.clone(), s.history + s.warm_up)).collect();
        let genes: Vec<String> =
            champion.genome.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let origin = vec![
            format!("{strategy}: {}", genes.join(", ")),
            format!("champion {} of job {}", chosen.rank, chosen.job()),
            format!("result  {}", chosen.document.result_digest),
            format!("dataset {} {}", data.dataset, chosen.document.dataset_digest),
        ];
        Ok(Plan {
            strategy,
            origin,
            genome: champion.genome.clone(),
            exec,
            warm_up,
            interval: market.interval.clone(),
            rules,
        })
    }

    /// The tree of a condition; `None`: the strategy has none.
    pub fn tree(&self, path: &str) -> Option<&Expr> {
        self.rules.expressions.iter().find(|e| e.path == path).map(|e| &e.tree)
    }

    /// The lowest and the highest target that the account takes.
    pub fn sides(&self) -> (i8, i8) {
        match self.exec.side {
            Side::Long => (0, 1),
            Side::Short => (-1, 0),
            Side::LongShort => (-1, 1),
        }
    }

    /// The longest warm-up of the symbols.
    pub fn longest_warm_up(&self) -> u64 {
        self.warm_up.values().copied().max().unwrap_or(1)
    }

    /// The refusal of a part of the rules.
    pub fn unsayable(&self, what: impl Into<String>) -> ExportError {
        ExportError::Unsayable { strategy: self.strategy.clone(), what: what.into() }
    }
}

/// The document of a built-in strategy.
fn document(strategy: &str) -> Result<StrategySpec, ExportError> {
    let no = |reason: &str| ExportError::NoRules { strategy: strategy.to_owned(), reason: reason.to_owned() };
    match as_rules(strategy) {
        // They are part of this program, and tested.
        Some(Ok(text)) => serde_yaml::from_str(text).map_err(|e| no(&e.to_string())),
        Some(Err(reason)) => Err(no(reason)),
        None => Err(no("there is no such strategy")),
    }
}
