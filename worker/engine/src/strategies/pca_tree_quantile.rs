//! Bagged regression trees on principal components, traded at quantiles of their own predictions.

use super::learning::forest::{Draws, Samples, Tree, bin, edges};
use super::learning::quantile::{HISTORY, quantile, recent};
use super::learning::{HORIZON, LEAST_ROWS, Standard, jacobi, training_rows};
use super::{BuiltIn, Context, Rule, Series, Strategy, StrategyDef, positions, series, start};
use crate::bars::Bars;
use crate::batch::learning::Forest;
use crate::batch::{Form, Key, Plan, Setting};
use crate::genes::{Gene, GeneDef, Genome};
use crate::indicators::features::{FIRST_ROW, Features, NAMES};
use crate::interrupt::{Interrupt, ROWS};
use crate::q52::fx;
use crate::signals::{Conditions, Signals};

static GENES: [GeneDef; 6] = [
    GeneDef::integer("pca_components", "2", "8", "1", "4")
        .hard("1", "12")
        .help("Principal components of the features that the trees see."),
    GeneDef::integer("tree_depth", "2", "6", "1", "4").hard("1", "16").help("Splits from root to leaf."),
    GeneDef::integer("n_estimators", "5", "50", "5", "20")
        .hard("1", "1000")
        .help("Trees in the mean prediction."),
    GeneDef::real("signal_quantile", "0.55", "0.95", "0.05", "0.7")
        .hard("0.51", "0.99")
        .unit("0.01")
        .help("Quantile of the last 100 predictions beyond which a position opens."),
    GeneDef::integer("feature_window", "250", "2000", "250", "500")
        .hard("10", "100000")
        .help("Rows each model is trained on."),
    GeneDef::listed_integer("refit_interval", &["100", "250", "500"], "250")
        .hard("1", "100000")
        .help("Rows between two trainings."),
];

const PCA_COMPONENTS: Gene = Gene::named(&GENES, "pca_components");
const TREE_DEPTH: Gene = Gene::named(&GENES, "tree_depth");
const N_ESTIMATORS: Gene = Gene::named(&GENES, "n_estimators");
const SIGNAL_QUANTILE: Gene = Gene::named(&GENES, "signal_quantile");
const FEATURE_WINDOW: Gene = Gene::named(&GENES, "feature_window");
const REFIT_INTERVAL: Gene = Gene::named(&GENES, "refit_interval");

static DEF: StrategyDef = StrategyDef {
    name: "pca_tree_quantile",
    summary: "Follows unusually high or low predictions of trees grown on principal components",
    rule: "Every refit_interval rows bagged regression trees learn the 5-row return from the principal components \
           of twelve features. Long when the prediction exceeds the signal_quantile of the 100 predictions before, \
           until it falls below their median; short mirrored. Warm-up: feature_window + 205.",
    genes: &GENES,
    constraints: &[],
    batch: Some(batch),
    needs_funding: false,
    needs_volume: false,
    trains: true,
};

/// The strategy `pca_tree_quantile`.
#[derive(Clone, Copy, Debug)]
pub struct PcaTreeQuantile;

/// Quantiles of the predictions before a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// The quantile of the predictions at `signal_quantile`.
    pub high: f64,
    /// The median of the predictions.
    pub middle: f64,
    /// At 1 - signal_quantile.
    pub low: f64,
}

/// Columns of the rule.
#[derive(Clone, Debug)]
pub struct Columns {
    /// Prediction at each row; `None` where there is no model.
    pub prediction: Vec<Option<f64>>,
    /// Thresholds at each row; `None` while fewer than 100 predictions precede it.
    pub thresholds: Vec<Option<Thresholds>>,
}

/// The projection and trees of one training, used until the next.
struct Model {
    standard: Standard,
    components: Vec<Vec<f64>>,
    edges: Vec<Vec<f64>>,
    trees: Vec<Tree>,
}

impl Model {
    /// The model of refit `number` at row `t`; `None` with too few rows or a return out of range.
    fn fit(
        features: &Features,
        close: &[i64],
        t: usize,
        number: u64,
        genome: &Genome,
        interrupt: Interrupt,
    ) -> Option<Model> {
        let rows = training_rows(t, genome.rows(FEATURE_WINDOW));
        let n = rows.len();
        if n < LEAST_ROWS {
            return None;
        }
        let target = |i: usize| fx(close[i + HORIZON] as f64 / close[i] as f64 - 1.0);
        let targets: Vec<i64> = rows.clone().map(target).collect::<Option<_>>()?;
        let standard = Standard::fit(features, NAMES.len(), rows.clone());
        let z: Vec<Vec<f64>> = rows.map(|i| standard.apply(features, i).collect()).collect();
        let components: Vec<Vec<f64>> = jacobi::eigen(correlations(&z))
            .into_iter()
            .take(genome.rows(PCA_COMPONENTS))
            .map(|(_, v)| v)
            .collect();
        let projected: Vec<Vec<f64>> = z.iter().map(|z| project(&components, z)).collect();
        let edges: Vec<Vec<f64>> = (0..components.len())
            .map(|k| edges(&projected.iter().map(|p| p[k]).collect::<Vec<_>>()))
            .collect();
        let bins: Vec<Vec<u8>> = projected.iter().map(|p| binned(&edges, p)).collect();
        let samples = Samples { bins: &bins, targets: &targets };
        let trees = (0..genome.rows(N_ESTIMATORS) as u64)
            .take_while(|_| !interrupt.is_asked())
            .map(|tree| {
                let mut draws = Draws::new(DEF.name, number, tree);
                let chosen = (0..n).map(|_| draws.below(n)).collect();
                Tree::grow(&samples, chosen, genome.rows(TREE_DEPTH), interrupt)
            })
            .collect();
        Some(Model { standard, components, edges, trees })
    }

    fn predict(&self, features: &Features, t: usize) -> f64 {
        let z: Vec<f64> = self.standard.apply(features, t).collect();
        let bins = binned(&self.edges, &project(&self.components, &z));
        let mut sum = 0.0;
        for tree in &self.trees {
            sum += tree.value(&bins);
        }
        sum / self.trees.len() as f64
    }
}

/// The correlation matrix of standardised rows.
fn correlations(z: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let d = NAMES.len();
    let mut a = vec![vec![0.0; d]; d];
    for i in 0..d {
        for j in i..d {
            let mut sum = 0.0;
            for row in z {
                sum += row[i] * row[j];
            }
            a[i][j] = sum / z.len() as f64;
            a[j][i] = a[i][j];
        }
    }
    a
}

fn project(components: &[Vec<f64>], z: &[f64]) -> Vec<f64> {
    components
        .iter()
        .map(|v| {
            let mut sum = 0.0;
            for (z, v) in z.iter().zip(v) {
                sum += z * v;
            }
            sum
        })
        .collect()
}

fn binned(edges: &[Vec<f64>], projected: &[f64]) -> Vec<u8> {
    edges.iter().zip(projected).map(|(e, &x)| bin(e, x)).collect()
}

impl Columns {
    /// The columns of a genome whose first decision is at row `first`: refits start a hundred rows earlier, so
    /// that a hundred predictions precede it.
    pub fn new(bars: &Bars, genome: &Genome, first: usize, interrupt: Interrupt) -> Columns {
        let features = Features::new(bars);
        let from = first.saturating_sub(HISTORY);
        let (refit, percent) = (genome.rows(REFIT_INTERVAL), genome.scaled(SIGNAL_QUANTILE, 2) as usize);
        let mut columns = Columns { prediction: vec![None; bars.len()], thresholds: vec![None; bars.len()] };
        let (mut model, mut history) = (None, Vec::new());
        for t in from..bars.len() {
            if (t - from).is_multiple_of(refit) {
                let number = ((t - from) / refit) as u64;
                model = Model::fit(&features, bars.close, t, number, genome, interrupt);
            }
            if t.is_multiple_of(ROWS) && interrupt.is_asked() {
                break;
            }
            if let Some(model) = &model {
                columns.thresholds[t] = recent(&history).map(|sorted| Thresholds {
                    high: quantile(&sorted, percent),
                    middle: quantile(&sorted, 50),
                    low: quantile(&sorted, 100 - percent),
                });
                let y = model.predict(&features, t);
                columns.prediction[t] = Some(y);
                history.push(y);
            }
        }
        columns
    }
}

impl Rule for Columns {
    fn conditions(&self, t: usize) -> Conditions {
        let (Some(y), Some(q)) = (self.prediction[t], self.thresholds[t]) else {
            return Conditions::default();
        };
        Conditions {
            enter_long: y > q.high,
            leave_long: y < q.middle,
            enter_short: y < q.low,
            leave_short: y > q.middle,
        }
    }
}

/// The same rule on predictions that individuals of a batch share.
fn batch(genome: &Genome, setting: &Setting) -> Option<Plan> {
    let forest = Forest {
        window: genome.rows(FEATURE_WINDOW),
        refit: genome.rows(REFIT_INTERVAL),
        components: genome.rows(PCA_COMPONENTS),
        depth: genome.rows(TREE_DEPTH),
        trees: genome.rows(N_ESTIMATORS),
        first: setting.first,
        strategy: DEF.name,
    };
    let percent = genome.scaled(SIGNAL_QUANTILE, 2) as usize;
    let quantile = |percent| Key::Quantile(forest, percent);
    let (high, middle, low) = (quantile(percent), quantile(50), quantile(100 - percent));
    let prediction = Key::Prediction(forest);
    Some(Plan::new(Form::Channel, &[prediction, high, low, middle, prediction, middle], &[1.0, 1.0]))
}

impl BuiltIn for PcaTreeQuantile {
    fn def(&self) -> &'static StrategyDef {
        &DEF
    }
}

impl Strategy for PcaTreeQuantile {
    fn name(&self) -> &str {
        DEF.name
    }

    fn built_in(&self) -> Option<&'static StrategyDef> {
        Some(&DEF)
    }

    fn warm_up(&self, _: &Bars, _: &[Bars], genome: &Genome) -> usize {
        genome.rows(FEATURE_WINDOW) + HORIZON + FIRST_ROW + HISTORY
    }

    fn signals(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Signals {
        let first = start(ctx, self.warm_up(bars, ctx.others, genome));
        positions(&Columns::new(bars, genome, first, ctx.interrupt), bars.len(), first)
    }

    fn indicators(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Vec<Series> {
        let first = start(ctx, self.warm_up(bars, ctx.others, genome));
        let columns = Columns::new(bars, genome, first, ctx.interrupt);
        let quantile = |name, value: fn(Thresholds) -> f64| {
            series(name, bars.len(), 0, |t| columns.thresholds[t].map_or(f64::NAN, value))
        };
        vec![
            quantile("upper_quantile", |q| q.high),
            quantile("median", |q| q.middle),
            quantile("lower_quantile", |q| q.low),
            ("prediction".to_owned(), columns.prediction.clone()),
        ]
    }
}
