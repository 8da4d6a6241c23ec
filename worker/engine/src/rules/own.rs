//! A strategy that a manifest wrote.

use super::decisions::{Decisions, Side, sides};
use super::latched::{Latched, is_latched, latched};
use crate::bars::Bars;
use crate::genes::{GeneValue, Genome};
use crate::graph::{Columns, Market, Memo, Parts, Plan, PlanError, Slot};
use crate::signals::Signals;
use crate::strategies::{Context, Series, Strategy};
use galapagos_rules::{At, Calendar, Clause, StampCalendar, Stamps, WarmUp, needs_calendar};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A strategy that a manifest wrote, checked.
#[derive(Debug)]
pub struct Own {
    strategy: galapagos_rules::Strategy,
    /// Names of the genes that expressions know, in the order of the genome: that of the document, without those of
    /// C13.
    genes: Vec<String>,
    parts: Parts,
    /// An expression looks at another timeframe or symbol.
    needs_calendar: bool,
}

/// What a genome reads of the market, as slots of a plan, and what it does with them.
pub(crate) struct Lowered(Kind);

enum Kind {
    Exposure(Slot),
    /// Long, then short.
    Sides(Box<[Option<Side>; 2]>),
}

impl Lowered {
    /// The weight, where one is named.
    pub fn weight(&self) -> Option<Slot> {
        match self.0 {
            Kind::Exposure(slot) => Some(slot),
            Kind::Sides(_) => None,
        }
    }

    /// The conditions of a strategy that is latched.
    pub fn latched(&self) -> Option<Latched> {
        match &self.0 {
            Kind::Exposure(_) => None,
            Kind::Sides(sides) => latched(sides),
        }
    }
}

impl Own {
    /// The strategy of checked rules. The values of its genomes stand in the order of the document, without the stop
    /// genes, which any strategy may have ([`crate::genes::Stops`]); a word is the number of its place among the values.
    pub fn new(strategy: galapagos_rules::Strategy) -> Own {
        let mut genes: Vec<(usize, String)> = strategy
            .genes
            .iter()
            .filter(|(name, _)| !galapagos_rules::GUARDS.contains(&name.as_str()))
            .map(|(name, domain)| (domain.position, name.clone()))
            .collect();
        genes.sort_unstable();
        let needs_calendar = strategy.expressions.iter().any(|e| needs_calendar(&e.tree));
        let genes = genes.into_iter().map(|(_, name)| name).collect();
        Own { genes, parts: Parts::of(&strategy), needs_calendar, strategy }
    }

    /// The rules.
    pub fn rules(&self) -> &galapagos_rules::Strategy {
        &self.strategy
    }

    /// Names of the genes, in the order of the genome.
    pub fn genes(&self) -> &[String] {
        &self.genes
    }

    /// The values of a genome by name, as the language reads them.
    pub fn values(&self, genome: &Genome) -> galapagos_rules::Genome {
        let mut out = BTreeMap::new();
        for (name, value) in self.genes.iter().zip(&genome.values) {
            let text = match *value {
                GeneValue::Number(number) => number.normalize().to_string(),
                GeneValue::Category(place) => {
                    let words = self.strategy.genes.get(name).and_then(|domain| domain.words());
                    words.and_then(|words| words.get(place as usize)).cloned().unwrap_or_default()
                }
            };
            out.insert(name.clone(), text);
        }
        out
    }

    /// Rows needed before the first decision of any genome is the close of row `bound - 1`.
    pub fn warm_up_bound(&self, bars: &Bars, others: &[Bars]) -> usize {
        self.rows(At::Bounds, bars, others)
    }

    /// What causes it: the part of an expression, with the upper bounds of the genes of its periods.
    pub fn warm_up_cause(&self, bars: &Bars, others: &[Bars]) -> Option<WarmUp> {
        self.caused(At::Bounds, bars, others)
    }

    /// What causes the warm-up of one genome.
    pub fn warm_up_cause_of(&self, bars: &Bars, others: &[Bars], genome: &Genome) -> Option<WarmUp> {
        self.caused(At::Genome(&self.values(genome)), bars, others)
    }

    /// Whether its positions follow from conditions of the market alone, which a batch can share. With `guarded` also
    /// where a stop or the margin may close a position.
    pub fn is_latched(&self, guarded: bool) -> bool {
        is_latched(&self.strategy, guarded)
    }

    /// Adds what a genome reads of the market to a plan; `memo` is that of all genomes of the plan.
    pub(crate) fn lower<'e>(
        &'e self,
        genome: &Genome,
        plan: &mut Plan,
        memo: &mut Memo<'e>,
    ) -> Result<Lowered, PlanError> {
        let values = self.values(genome);
        memo.turn_to(&self.strategy, &self.parts, &values);
        let exposure = self.strategy.expressions.iter().find(|e| e.place == Clause::Exposure);
        let lowered = match exposure {
            Some(exposure) => {
                plan.add_plain_beside(&exposure.tree, &values, memo).map(|slot| Lowered(Kind::Exposure(slot)))
            }
            None => {
                sides(&self.strategy, &values, plan, memo).map(|sides| Lowered(Kind::Sides(Box::new(sides))))
            }
        };
        debug_assert!(lowered.is_ok(), "{} is checked: {:?}", self.strategy.name, lowered.err());
        lowered
    }

    /// What a genome decides from row `start` on.
    pub(crate) fn decide(&self, lowered: Lowered, columns: &Arc<Columns>, start: usize) -> Signals {
        match lowered.0 {
            Kind::Exposure(slot) => Signals::Exposure(targets(columns.numbers(slot), start)),
            Kind::Sides(sides) => {
                let rules = Decisions::new(&self.strategy, *sides, Some(columns.clone()), start);
                let positions = rules.positions(&self.strategy);
                positions.map_or_else(|| Signals::Rules(Arc::new(rules)), Signals::Positions)
            }
        }
    }

    /// The same, for whom the market is known block by block; `None`: no rules that ask the account.
    pub(crate) fn decide_in_blocks(&self, lowered: Lowered, start: usize) -> Option<Decisions> {
        match lowered.0 {
            Kind::Exposure(_) => None,
            Kind::Sides(sides) => Some(Decisions::new(&self.strategy, *sides, None, start)),
        }
    }

    /// Whether it has sides that ask the account, not a weight.
    pub(crate) fn has_sides(&self) -> bool {
        self.strategy.expressions.iter().all(|e| e.place != Clause::Exposure)
    }

    /// Whether its warm-up depends on the stamps of the bars, because an expression looks at another timeframe or
    /// symbol.
    pub(crate) fn needs_calendar(&self) -> bool {
        self.needs_calendar
    }

    /// Rows needed before the first decision of a genome; `calendar`: that of the bars, if it is needed.
    pub(crate) fn warm_up_by(&self, calendar: Option<&StampCalendar>, genome: &Genome) -> usize {
        self.rows_by(At::Genome(&self.values(genome)), calendar)
    }

    fn rows(&self, at: At<'_>, bars: &Bars, others: &[Bars]) -> usize {
        self.rows_by(at, self.calendar(bars, others).as_ref())
    }

    fn rows_by(&self, at: At<'_>, calendar: Option<&StampCalendar>) -> usize {
        let rows = self.strategy.warm_up_rows(at, calendar.map(|calendar| calendar as &dyn Calendar));
        rows.and_then(|rows| usize::try_from(rows).ok()).unwrap_or(usize::MAX)
    }

    fn caused(&self, at: At<'_>, bars: &Bars, others: &[Bars]) -> Option<WarmUp> {
        let calendar = self.calendar(bars, others);
        self.strategy.warm_up(at, calendar.as_ref().map(|calendar| calendar as &dyn Calendar))
    }

    fn calendar(&self, bars: &Bars, others: &[Bars]) -> Option<StampCalendar> {
        self.needs_calendar.then(|| calendar(bars, stamps(others)))
    }
}

fn seconds<'b>(bars: &'b Bars) -> impl Iterator<Item = i64> + use<'b> {
    bars.time_ms.iter().map(|ms| ms.div_euclid(1000))
}

/// The open times of symbols that expressions may look at, for the calendars of all symbols of a job.
pub fn stamps(others: &[Bars]) -> BTreeMap<String, Arc<[i64]>> {
    others.iter().map(|bars| (bars.symbol.to_owned(), seconds(bars).collect())).collect()
}

/// The calendar of the rows of a symbol and of those that expressions may look at.
pub fn calendar(bars: &Bars, others: BTreeMap<String, Arc<[i64]>>) -> StampCalendar {
    StampCalendar::new(Stamps { interval: bars.interval_ms / 1000, own: seconds(bars).collect(), others })
}

impl Strategy for Own {
    fn name(&self) -> &str {
        &self.strategy.name
    }

    fn warm_up(&self, bars: &Bars, others: &[Bars], genome: &Genome) -> usize {
        self.rows(At::Genome(&self.values(genome)), bars, others)
    }

    fn own(&self) -> Option<&Own> {
        Some(self)
    }

    fn signals(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Signals {
        let market = Market { bars: *bars, others: ctx.others };
        let mut plan = Plan::new(bars.decimals, market.decimals());
        match self.lower(genome, &mut plan, &mut Memo::default()) {
            Ok(lowered) => {
                let columns = Arc::new(Columns::compute(&plan, &market, ctx.interrupt));
                self.decide(lowered, &columns, ctx.first)
            }
            // What is checked can be evaluated; if not, it does nothing.
            Err(_) => Signals::Positions(vec![0; bars.len()]),
        }
    }

    fn indicators(&self, _bars: &Bars, _genome: &Genome, _ctx: Context) -> Vec<Series> {
        Vec::new()
    }
}

/// Targets of an exposure: na keeps the one before.
fn targets(weights: &[f64], start: usize) -> Vec<f64> {
    let mut last = 0.0;
    let target = |(t, &weight): (usize, &f64)| {
        if t >= start {
            last = held_weight(last, weight);
        }
        last
    };
    weights.iter().enumerate().map(target).collect()
}

/// The weight that is held after the one before.
#[inline(always)]
pub(crate) fn held_weight(last: f64, weight: f64) -> f64 {
    if weight.is_nan() { last } else { weight.clamp(-1.0, 1.0) }
}
