//! The winner against what as many trials without skill would have found (contract H7 to H12).

use galapagos_engine::evaluation::{BLOCKS, Metric};
use galapagos_validation::NullReason;
use galapagos_validation::confidence::confidence;
use galapagos_validation::cscv::{Matrix, pbo};
use galapagos_validation::find::{Holdout, p_out_of_sample, p_training, required_sharpe};
use galapagos_validation::leaders::{Likeness, Trial, leaders};
use galapagos_validation::reality::{RealityCheck, SAMPLES};
use galapagos_validation::series::measure;
use galapagos_validation::sharpe::{Moments, minimum_backtest_years, minimum_track_record, probabilistic};
use galapagos_validation::timing::Timing;
use galapagos_validation::{random_genomes, trials};

use super::document::{Confidence, Pbo, RandomGenomes, SharpeParts, Test, Windows};
use super::find::{Find, Window};

/// Probability of the minimum track record.
const SURE: f64 = 0.95;

/// A find among its trials.
pub(super) struct Against<'a, 'f> {
    find: &'f Find<'a>,
    effective: u64,
    /// Trials that no selection has touched, as positions; or why there are none.
    untouched: Result<Vec<usize>, NullReason>,
}

impl<'a, 'f> Against<'a, 'f> {
    pub fn new(find: &'f Find<'a>) -> Against<'a, 'f> {
        let candidates = &find.among.trials.candidates;
        let list: Vec<Trial<'_>> =
            candidates.iter().map(|t| Trial { blocks: &t.blocks, hash: t.hash }).collect();
        let effective = leaders(&list, returns(find), find.riskless(), Likeness::default()).effective;
        let record = |t: &crate::results::luck::CandidateTrial| trials::Record {
            hash: t.hash,
            generation: t.generation,
            feasible: true,
            initial: t.initial,
        };
        let records: Vec<trials::Record> = candidates.iter().map(record).collect();
        let most = find.spec().pbo.trials as usize;
        Against { find, effective, untouched: trials::choose(&records, find.among.untouched, most) }
    }

    /// Different strategies, those of earlier jobs included; the winner is one.
    pub fn different(&self) -> u64 {
        self.effective.max(1).saturating_add(self.find.spec().prior_trials)
    }

    pub fn confidence(&self) -> Result<Confidence, NullReason> {
        let (find, spec) = (self.find, self.find.spec());
        let timed = find.training.timing.as_ref().map_err(|&reason| reason)?;
        let p_of_training = p_training(&timed.returns, self.different())?;
        // An account that is ruined there counts whether or not its returns have a rest beside the market's.
        let out = find.holdout.as_ref().map(|window| Holdout {
            timing: window.timing.as_ref().map_or(&window.report.total.returns, |t| &t.returns),
            traded: window.report.total.exposed > 0,
            ruined: window.report.total.ruined,
        });
        let length = out.as_ref().map_or(0, |o| o.timing.len() as u64);
        let p_out = p_out_of_sample(out, u64::from(spec.prior_looks));
        let returns = timed.returns.len() as u64;
        let judged = confidence(p_of_training, returns, p_out.ok().map(|p| (p, length)));
        let of = |f: fn(&Find<'a>, &Window<'a>) -> Option<f64>| Windows {
            training: f(find, &find.training),
            holdout: find.holdout.as_ref().and_then(|w| f(find, w)),
        };
        Ok(Confidence {
            value: judged.value,
            z: judged.z,
            p_training: p_of_training,
            p_out_of_sample: p_out.ok(),
            p_out_of_sample_reason: p_out.err().map(|reason| reason.name().to_owned()),
            timing_sharpe: of(timing_sharpe),
            beta: of(|_, window| window.timing.as_ref().ok().map(|t| t.beta)),
            effective_trials: self.effective,
            prior_trials: spec.prior_trials,
            prior_looks: spec.prior_looks,
            required_sharpe: required_sharpe(self.different(), returns, find.bars_per_year())
                .ok_or(NullReason::TooShort)?,
        })
    }

    pub fn pbo(&self) -> Result<Pbo, NullReason> {
        let untouched = self.untouched.as_ref().map_err(|&reason| reason)?;
        let mut matrix = Matrix::new(BLOCKS, returns(self.find)).ok_or(NullReason::TooShort)?;
        for &at in untouched {
            matrix.push(&self.find.among.trials.candidates[at].blocks);
        }
        let found = pbo(&matrix, self.find.riskless(), self.find.slots)?;
        Ok(Pbo {
            value: found.pbo,
            trials: found.trials,
            splits: found.splits,
            median_logit: found.median_logit,
            probability_of_loss: found.probability_of_loss,
            slope: found.slope,
            metric: Metric::Sharpe.name().to_owned(),
        })
    }

    pub fn reality_check(&self) -> Result<Test, NullReason> {
        let mut check = RealityCheck::new(BLOCKS, returns(self.find));
        for trial in &self.find.among.trials.candidates {
            check.push(&trial.blocks);
        }
        let winner = &self.find.training.report.evaluation.blocks;
        let found = check.test(winner, self.find.seed(), SAMPLES, self.find.slots)?;
        Ok(Test { p: found.hits.p(), hits: found.hits.hits, samples: found.hits.samples, of: found.trials })
    }

    pub fn random_genomes(&self) -> Result<RandomGenomes, NullReason> {
        let untouched = self.untouched.as_ref().map_err(|&reason| reason)?;
        let sharpes: Vec<f64> =
            untouched.iter().filter_map(|&at| self.find.among.trials.candidates[at].sharpe).collect();
        let found = random_genomes::random_genomes(&sharpes)?;
        Ok(RandomGenomes {
            trials: found.trials,
            lower_quartile: found.lower_quartile,
            median: found.median,
            upper_quartile: found.upper_quartile,
            positive: found.share_positive,
        })
    }

    /// What Sharpe ratios say by themselves.
    pub fn sharpe(&self) -> SharpeParts {
        let training = raw(&self.find.training.report.total.returns);
        let holdout = self.find.holdout.as_ref().and_then(|w| raw(&w.report.total.returns));
        let against_cash = |(sharpe, moments): (f64, Moments)| probabilistic(sharpe, 0.0, moments);
        let annual = training.map(|(sharpe, _)| sharpe * self.find.bars_per_year().sqrt());
        let years = annual.filter(|a| *a > 0.0).map(|a| minimum_backtest_years(self.find.among.distinct, a));
        SharpeParts {
            probabilistic: Windows {
                training: training.and_then(against_cash),
                holdout: holdout.and_then(against_cash),
            },
            minimum_track_record_bars: training
                .and_then(|(sharpe, moments)| minimum_track_record(sharpe, 0.0, moments, SURE)),
            minimum_backtest_years: years,
        }
    }
}

/// The annual Sharpe ratio of a window's timing returns.
pub(super) fn timing_sharpe(find: &Find<'_>, window: &Window<'_>) -> Option<f64> {
    let Timing { returns, .. } = window.timing.as_ref().ok()?;
    Some(measure(returns).ok()?.sharpe * find.bars_per_year().sqrt())
}

/// Sharpe ratio per bar against 0 and shape of the summed account.
fn raw(returns: &[f64]) -> Option<(f64, Moments)> {
    let series = measure(returns).ok()?;
    Some((series.sharpe, series.moments))
}

/// Returns behind the block sums of a trial: summed over the symbols unless their accounts are one, as the sums are.
fn returns(find: &Find<'_>) -> u64 {
    find.training.report.evaluation.returns
}
