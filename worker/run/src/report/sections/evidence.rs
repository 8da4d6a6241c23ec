//! What the verdict rests on, and what would break the find: one line a question.

use crate::report::data::Data;
use crate::report::html::{Cell, Table, section as framed};
use crate::report::text::{count, number, percent, probability, short, signed_percent};
use crate::results::validation::document::{Test, Validation};

/// The part; nothing without a verdict.
pub fn section(data: &Data) -> String {
    let rows = data.document.validation.as_ref().map_or_else(String::new, rows);
    framed("evidence", "Behind the verdict", &rows)
}

/// The table; with the reason where a number is missing.
fn rows(validation: &Validation) -> String {
    let mut table = Table::new("What was asked, and the answers", &["Question", "Answer"]).words(&[1]);
    let mut say = |question: &str, answer: Option<String>, reason: Option<&str>| {
        let answer =
            answer.unwrap_or_else(|| format!("not known: {}", reason.unwrap_or("no reason is given")));
        table.row(question, [Cell::Text(answer)]);
    };
    let v = validation;
    say("Can it be the luck of its trials?", v.confidence.as_ref().map(|c| {
        let out = c.p_out_of_sample.map_or_else(
            || format!("without a holdout ({})", c.p_out_of_sample_reason.as_deref().unwrap_or("none")),
            |p| format!("p {} on the holdout", probability(Some(p))),
        );
        format!(
            "{} different strategies among the trials and {} tried before: luck alone shows a Sharpe ratio of {} beyond the market \
             in one of 20 searches, this one shows {}. p {} on the training rows, {out}; confidence {}",
            count(c.effective_trials), count(c.prior_trials), number(Some(c.required_sharpe), 2),
            number(c.timing_sharpe.training, 2), probability(Some(c.p_training)), number(Some(c.value), 3)
        )
    }), v.confidence_reason.as_deref());
    say("How much of it is the market?", v.confidence.as_ref().map(|c| format!(
        "share of the market (beta) {} on the training rows, {} on the holdout; Sharpe ratio of the rest {} and {}",
        number(c.beta.training, 2), number(c.beta.holdout, 2), number(c.timing_sharpe.training, 2), number(c.timing_sharpe.holdout, 2)
    )), v.confidence_reason.as_deref());
    say(
        "Does the search overfit?",
        v.pbo.as_ref().map(|p| {
            format!(
                "in {} of {} splits the best half is below the median in the other; it loses there in {}",
                percent(Some(p.value)),
                count(p.splits),
                percent(Some(p.probability_of_loss))
            )
        }),
        v.pbo_reason.as_deref(),
    );
    say("What are genes worth without selection?", v.random_genomes.map(|r| format!(
        "of {} random individuals half have a Sharpe ratio of {} or less, a quarter more than {}; {} are above 0",
        count(r.trials), number(Some(r.median), 2), number(Some(r.upper_quartile), 2), percent(Some(r.positive))
    )), v.random_genomes_reason.as_deref());
    say(
        "Is the best of all trials surprising (reality check)?",
        v.reality_check.map(test),
        v.reality_check_reason.as_deref(),
    );
    say(
        "Are its entries better than random ones, training?",
        v.random_entry.training.map(test),
        v.random_entry.training_reason.as_deref(),
    );
    say(
        "The same on the holdout",
        v.random_entry.holdout.map(test),
        v.random_entry.holdout_reason.as_deref(),
    );
    say("How far could chance have moved it (bootstrap)?", v.bootstrap.as_ref().map(|b| format!(
        "in 95 of 100 redrawn histories a Sharpe ratio from {} to {}, a return from {} to {}, a drawdown from {} to {}",
        number(Some(b.sharpe[0]), 2), number(Some(b.sharpe[1]), 2), signed_percent(Some(b.total_return[0])),
        signed_percent(Some(b.total_return[1])), percent(Some(b.max_drawdown[0])), percent(Some(b.max_drawdown[1]))
    )), v.bootstrap_reason.as_deref());
    say(
        "Do its neighbours live?",
        v.neighbourhood.as_ref().map(|n| {
            format!(
                "{} neighbours keep {} of its Sharpe ratio (median), the worst {}; {} lose",
                n.neighbours,
                percent(Some(n.median)),
                percent(Some(n.worst)),
                percent(Some(n.losing))
            )
        }),
        v.neighbourhood_reason.as_deref(),
    );
    say(
        "Does it earn all the time?",
        v.periods.as_ref().map(|p| {
            format!(
                "{} of 16 equal stretches gained; the best made {} of the whole",
                percent(Some(p.positive_blocks)),
                percent(p.best_block_share)
            )
        }),
        v.periods_reason.as_deref(),
    );
    say(
        "In which markets?",
        v.regimes.as_ref().map(|regimes| {
            let one = |r: &crate::results::validation::document::Regime| {
                format!("{}: Sharpe ratio {} in {} bars", r.market, number(r.sharpe, 2), count(r.bars))
            };
            regimes.iter().map(one).collect::<Vec<_>>().join("; ")
        }),
        v.regimes_reason.as_deref(),
    );
    say(
        "How few bars and trades make it?",
        v.concentration.as_ref().map(|c| {
            format!(
                "without its five best bars it returns {}; its five best trades made {} of the profit",
                signed_percent(Some(c.return_without_best_bars)),
                percent(c.best_trades_share)
            )
        }),
        v.concentration_reason.as_deref(),
    );
    say(
        "Does a decision change without the future?",
        v.look_ahead.as_ref().map(|l| match &l.difference {
            None => format!("no, at {} places where the data were cut", l.cuts),
            Some(d) => format!(
                "yes: {} of {} at {} is {} with all rows and {} without those after it",
                d.what.name(),
                d.symbol,
                d.time,
                number(d.full, 6),
                number(d.cut, 6)
            ),
        }),
        v.look_ahead_reason.as_deref(),
    );
    say("Is the history long enough?", v.sharpe.minimum_track_record_bars.map(|bars| format!(
        "{} returns are needed to tell its Sharpe ratio from 0; {} years, for the best of as many trials",
        short(bars.ceil()), number(v.sharpe.minimum_backtest_years, 1)
    )), Some("its Sharpe ratio is not above 0"));
    table.finish()
}

fn test(test: Test) -> String {
    format!(
        "p {}: {} of {} samples were as good",
        probability(Some(test.p)),
        count(test.hits),
        count(test.samples)
    )
}
