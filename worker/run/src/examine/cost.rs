//! What the columns of an own strategy cost, measured on made bars.

use galapagos_engine::bars::Bars;
use galapagos_engine::graph::{Columns, Market, Plan};
use galapagos_engine::interrupt::Interrupt;
use galapagos_rules::terms::{Phase, term};
use galapagos_rules::{Expr, ExprKind, Genome, Strategy, Type};
use std::time::{Duration, Instant};

/// Rows that are measured: several blocks, and little enough for the caches that a block of a real run has.
const ROWS: usize = 8_192;
/// How long a measurement lasts at least, and how often it is repeated: whatever else runs here only adds to it.
const LEAST: Duration = Duration::from_millis(2);
const REPEATS: u32 = 7;
/// Decimals of the made bars.
const DECIMALS: u8 = 2;

/// Nodes of the graph of a genome.
pub fn nodes(rules: &Strategy, genome: &Genome) -> usize {
    let mut plan = plan(rules);
    for expression in &rules.expressions {
        of_market(&expression.tree, &mut |tree| drop(plan.add(tree, genome)));
    }
    plan.nodes()
}

/// Nanoseconds a bar of each tree with all that it needs, for one genome; `None` where it has no column.
pub fn nanoseconds(rules: &Strategy, trees: &[&Expr], genome: &Genome) -> Vec<Option<f64>> {
    let made = Made::new();
    let symbols: Vec<String> = rules.symbols().into_iter().map(str::to_owned).collect();
    let others: Vec<Bars<'_>> = symbols.iter().map(|name| made.bars(name)).collect();
    let market = Market { bars: made.bars("MADE"), others: &others };
    let measure = |tree: &&Expr| {
        let mut plan = plan(rules);
        plan.add(tree, genome).ok()?;
        Some(timed(&plan, &market) / ROWS as f64)
    };
    trees.iter().map(measure).collect()
}

/// The same of all columns of a genome together, each once.
pub fn together(rules: &Strategy, genome: &Genome) -> f64 {
    let made = Made::new();
    let symbols: Vec<String> = rules.symbols().into_iter().map(str::to_owned).collect();
    let others: Vec<Bars<'_>> = symbols.iter().map(|name| made.bars(name)).collect();
    let market = Market { bars: made.bars("MADE"), others: &others };
    let mut plan = plan(rules);
    for expression in &rules.expressions {
        of_market(&expression.tree, &mut |tree| drop(plan.add(tree, genome)));
    }
    timed(&plan, &market) / ROWS as f64
}

fn plan(rules: &Strategy) -> Plan {
    Plan::new(DECIMALS, rules.symbols().into_iter().map(|name| (name.to_owned(), DECIMALS)).collect())
}

/// The largest parts of a tree that are columns of the market alone.
fn of_market<'a>(tree: &'a Expr, each: &mut dyn FnMut(&'a Expr)) {
    let mut alone = true;
    tree.walk(&mut |part| {
        alone &= match &part.kind {
            ExprKind::Name(name) => term(name).is_none_or(|term| term.phase == Phase::Market),
            ExprKind::Call(name, _) => name != "at_entry",
            _ => true,
        };
    });
    match tree.ty {
        Some(Type::Number(_) | Type::Condition) if alone => each(tree),
        Some(Type::Number(_) | Type::Condition) => {
            tree.parts().into_iter().for_each(|part| of_market(part, each));
        }
        _ => {}
    }
}

/// Nanoseconds of one computation, the least of several.
fn timed(plan: &Plan, market: &Market<'_>) -> f64 {
    let (start, mut least, mut done) = (Instant::now(), f64::INFINITY, 0);
    while done < REPEATS || start.elapsed() < LEAST {
        let begin = Instant::now();
        std::hint::black_box(Columns::compute(plan, market, Interrupt::NEVER));
        least = least.min(begin.elapsed().as_nanos() as f64);
        done += 1;
    }
    least
}

/// Bars of a minute that wander.
struct Made {
    time: Vec<i64>,
    prices: [Vec<i64>; 4],
    volume: Vec<f64>,
}

impl Made {
    fn new() -> Made {
        let mut state = 88_172_645_463_325_252_u64;
        let mut next = |below: i64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below.unsigned_abs()) as i64
        };
        let mut made = Made { time: Vec::new(), prices: Default::default(), volume: Vec::new() };
        let mut close = 100_000;
        for row in 0..ROWS {
            let open = close;
            close = (open + next(401) - 200).max(10_000);
            let (high, low) = (open.max(close) + next(100), open.min(close) - next(100));
            made.time.push(row as i64 * 60_000);
            made.volume.push(1_000.0 + next(1_000) as f64);
            made.prices.iter_mut().zip([open, high, low, close]).for_each(|(all, price)| all.push(price));
        }
        made
    }

    fn bars<'a>(&'a self, symbol: &'a str) -> Bars<'a> {
        let [open, high, low, close] = &self.prices;
        Bars {
            symbol,
            decimals: DECIMALS,
            interval_ms: 60_000,
            time_ms: &self.time,
            open,
            high,
            low,
            close,
            volume: Some(&self.volume),
            funding: &[],
            signals: None,
        }
    }
}
