//! A linear support vector classifier, refitted as time goes on.

use super::learning::{HORIZON, LEAST_ROWS, Standard, svm, training_rows};
use super::{BuiltIn, Context, Rule, Series, Strategy, StrategyDef, positions, start};
use crate::bars::Bars;
use crate::batch::learning::Machine;
use crate::batch::{Form, Key, Plan, Setting};
use crate::genes::{Gene, GeneDef, Genome};
use crate::indicators::features::{FIRST_ROW, Features};
use crate::interrupt::{Interrupt, ROWS};
use crate::signals::{Conditions, Signals};

static GENES: [GeneDef; 5] = [
    GeneDef::integer("lookback_window", "100", "1000", "50", "300")
        .hard("10", "100000")
        .help("Rows each model is trained on."),
    GeneDef::integer("feature_count", "3", "12", "1", "8")
        .hard("1", "12")
        .help("How many features of the list are used, from its start."),
    GeneDef::listed_real(
        "regularization",
        &["0.015625", "0.03125", "0.0625", "0.125", "0.25", "0.5", "1", "2", "4", "8", "16"],
        "1",
    )
    .hard("0.000001", "1000000")
    .help("Cost C of a misclassified row; smaller values shrink the weights more."),
    GeneDef::listed_integer("refit_interval", &["50", "100", "250", "500"], "250")
        .hard("1", "100000")
        .help("Rows between two trainings."),
    GeneDef::real("margin", "0", "0.5", "0.05", "0")
        .hard("0", "100")
        .help("How far the score must lie beyond 0 to open a position."),
];

const LOOKBACK_WINDOW: Gene = Gene::named(&GENES, "lookback_window");
const FEATURE_COUNT: Gene = Gene::named(&GENES, "feature_count");
const REGULARIZATION: Gene = Gene::named(&GENES, "regularization");
const REFIT_INTERVAL: Gene = Gene::named(&GENES, "refit_interval");
const MARGIN: Gene = Gene::named(&GENES, "margin");

static DEF: StrategyDef = StrategyDef {
    name: "linear_svc_classifier",
    summary: "Follows the direction a linear classifier predicts for the next 5 rows",
    rule: "Every refit_interval rows a squared-hinge support vector machine learns from the last lookback_window \
           rows whose 5-row outcome is known. Long when its score exceeds margin, until it is 0 or less; short \
           mirrored. Fewer than 50 rows or a single class: nothing is decided until the next training. Warm-up: \
           lookback_window + 105.",
    genes: &GENES,
    constraints: &[],
    batch: Some(batch),
    needs_funding: false,
    needs_volume: false,
    trains: true,
};

/// The strategy `linear_svc_classifier`.
#[derive(Clone, Copy, Debug)]
pub struct LinearSvcClassifier;

/// Columns of the rule.
#[derive(Clone, Debug)]
pub struct Columns {
    /// Score at each row; `None` before the first model and while there is none.
    pub score: Vec<Option<f64>>,
    /// Distance from 0 that opens a position.
    pub margin: f64,
}

/// The weights of one training, used until the next.
struct Model {
    standard: Standard,
    weights: Vec<f64>,
}

impl Model {
    /// The model of a refit at row `t`; `None` with too few rows or one class.
    fn fit(
        features: &Features,
        close: &[i64],
        t: usize,
        genome: &Genome,
        interrupt: Interrupt,
    ) -> Option<Model> {
        let rows = training_rows(t, genome.rows(LOOKBACK_WINDOW));
        if rows.len() < LEAST_ROWS {
            return None;
        }
        let standard = Standard::fit(features, genome.rows(FEATURE_COUNT), rows.clone());
        let label = |i: usize| if close[i + HORIZON] > close[i] { 1.0 } else { -1.0 };
        let labels: Vec<f64> = rows.clone().map(label).collect();
        if labels.iter().all(|&y| y == labels[0]) {
            return None;
        }
        let inputs: Vec<Vec<f64>> = rows.map(|i| input(&standard, features, i)).collect();
        Some(Model { weights: svm::train(&inputs, &labels, genome.f64(REGULARIZATION), interrupt), standard })
    }
}

/// The standardised features of a row and the bias.
fn input(standard: &Standard, features: &Features, t: usize) -> Vec<f64> {
    standard.apply(features, t).chain([1.0]).collect()
}

impl Columns {
    /// The columns of a genome with refits counted from row `first`.
    pub fn new(bars: &Bars, genome: &Genome, first: usize, interrupt: Interrupt) -> Columns {
        let features = Features::new(bars);
        let refit = genome.rows(REFIT_INTERVAL);
        let mut score = vec![None; bars.len()];
        let mut model = None;
        for (t, row) in score.iter_mut().enumerate().skip(first) {
            if (t - first).is_multiple_of(refit) {
                model = Model::fit(&features, bars.close, t, genome, interrupt);
            }
            if t.is_multiple_of(ROWS) && interrupt.is_asked() {
                break;
            }
            *row = model.as_ref().map(|m| svm::dot(&m.weights, &input(&m.standard, &features, t)));
        }
        Columns { score, margin: genome.f64(MARGIN) }
    }
}

impl Rule for Columns {
    fn conditions(&self, t: usize) -> Conditions {
        let Some(y) = self.score[t] else { return Conditions::default() };
        Conditions {
            enter_long: y > self.margin,
            leave_long: y <= 0.0,
            enter_short: y < -self.margin,
            leave_short: y >= 0.0,
        }
    }
}

/// The same rule on scores that individuals of a batch share.
fn batch(genome: &Genome, setting: &Setting) -> Option<Plan> {
    let machine = Machine {
        lookback: genome.rows(LOOKBACK_WINDOW),
        refit: genome.rows(REFIT_INTERVAL),
        features: genome.rows(FEATURE_COUNT),
        cost: genome.f64(REGULARIZATION).to_bits(),
        first: setting.first,
    };
    let margin = genome.f64(MARGIN);
    Some(Plan::new(Form::Follow, &[Key::Score(machine)], &[margin, -margin, 0.0, 0.0]))
}

impl BuiltIn for LinearSvcClassifier {
    fn def(&self) -> &'static StrategyDef {
        &DEF
    }
}

impl Strategy for LinearSvcClassifier {
    fn name(&self) -> &str {
        DEF.name
    }

    fn built_in(&self) -> Option<&'static StrategyDef> {
        Some(&DEF)
    }

    fn warm_up(&self, _: &Bars, _: &[Bars], genome: &Genome) -> usize {
        genome.rows(LOOKBACK_WINDOW) + HORIZON + FIRST_ROW
    }

    fn signals(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Signals {
        let first = start(ctx, self.warm_up(bars, ctx.others, genome));
        positions(&Columns::new(bars, genome, first, ctx.interrupt), bars.len(), first)
    }

    fn indicators(&self, bars: &Bars, genome: &Genome, ctx: Context) -> Vec<Series> {
        let first = start(ctx, self.warm_up(bars, ctx.others, genome));
        vec![("score".to_owned(), Columns::new(bars, genome, first, ctx.interrupt).score)]
    }
}
