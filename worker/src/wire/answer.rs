//! What became of a task, as a message.

use galapagos_protocol::work::{self, exception::Kind, result::Outcome};
use galapagos_run::run::evaluator::{Answer, Exception};

use super::{WireError, array, evaluation};

/// Bytes of a panic's message that travel: a batch of exceptions must fit into one message of the protocol.
pub const LONGEST_MESSAGE: usize = 1024;

/// An answer as it arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceivedAnswer {
    /// Index inside the generation.
    pub index: u32,
    /// Hash of strategy and genome as evaluated.
    pub genome_hash: u128,
    /// What became of it.
    pub answer: Answer,
}

/// The message of an answer. The text of an exception is cut at [`LONGEST_MESSAGE`].
pub fn answer_to_wire(index: usize, genome_hash: u128, answer: &Answer) -> work::Result {
    let outcome = match answer {
        Ok(evaluation) => Outcome::Evaluation(evaluation::to_wire(evaluation)),
        Err(Exception::Panicked(text)) => exception(Kind::Panicked, cut(text).to_owned()),
        // The limit travels as the message: it is the only thing to say.
        Err(Exception::TimedOut { seconds }) => exception(Kind::TimedOut, seconds.to_string()),
    };
    work::Result {
        index: index as u32,
        genome_hash: genome_hash.to_le_bytes().to_vec(),
        outcome: Some(outcome),
    }
}

/// The answer of a message.
///
/// # Errors
/// [`WireError`] for anything that [`answer_to_wire`] cannot have made.
pub fn answer_from_wire(message: work::Result) -> Result<ReceivedAnswer, WireError> {
    let genome_hash = u128::from_le_bytes(array("genome_hash", &message.genome_hash)?);
    let answer = match message.outcome.ok_or(WireError::Missing { field: "outcome" })? {
        Outcome::Evaluation(e) => Ok(Box::new(evaluation::from_wire(&e)?)),
        Outcome::Exception(e) => Err(exception_from_wire(e)?),
    };
    Ok(ReceivedAnswer { index: message.index, genome_hash, answer })
}

fn exception(kind: Kind, message: String) -> Outcome {
    Outcome::Exception(work::Exception { kind: kind.into(), message })
}

fn exception_from_wire(e: work::Exception) -> Result<Exception, WireError> {
    let found = e.message.len();
    if found > LONGEST_MESSAGE {
        return Err(WireError::Length { field: "exception.message", found, expected: LONGEST_MESSAGE });
    }
    match Kind::try_from(e.kind) {
        Ok(Kind::Panicked) => Ok(Exception::Panicked(e.message)),
        Ok(Kind::TimedOut) => match e.message.parse() {
            Ok(seconds) => Ok(Exception::TimedOut { seconds }),
            Err(_) => Err(WireError::Contradiction { problem: "an exception without its time limit" }),
        },
        Ok(Kind::Unspecified) | Err(_) => {
            Err(WireError::Unknown { field: "exception.kind", found: u64::from(e.kind as u32) })
        }
    }
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_MESSAGE)]
}

#[cfg(test)]
mod tests {
    use super::super::evaluation::tests::{any_evaluation, any_message};
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use prost::Message;

    fn any_answer() -> impl Strategy<Value = Answer> {
        prop_oneof![
            any_evaluation().prop_map(|evaluation| Ok(Box::new(evaluation))),
            "\\PC{0,200}".prop_map(|text| Err(Exception::Panicked(text))),
            any::<u32>().prop_map(|seconds| Err(Exception::TimedOut { seconds })),
        ]
    }

    fn any_outcome() -> impl Strategy<Value = Option<Outcome>> {
        let exception = (any::<i32>(), ".{0,40}")
            .prop_map(|(kind, message)| Some(Outcome::Exception(work::Exception { kind, message })));
        prop_oneof![Just(None), any_message().prop_map(|e| Some(Outcome::Evaluation(e))), exception]
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let text = "é".repeat(LONGEST_MESSAGE);
        let received = answer_from_wire(answer_to_wire(1, 2, &Err(Exception::Panicked(text)))).unwrap();
        assert_eq!(received.answer, Err(Exception::Panicked("é".repeat(LONGEST_MESSAGE / 2))));
    }

    proptest! {
        #[test]
        fn an_answer_arrives_as_it_was(index: u32, genome_hash: u128, answer in any_answer()) {
            let bytes = answer_to_wire(index as usize, genome_hash, &answer).encode_to_vec();
            let message = work::Result::decode(&bytes[..]).unwrap();
            prop_assert_eq!(answer_from_wire(message), Ok(ReceivedAnswer { index, genome_hash, answer }));
        }

        #[test]
        fn any_message_is_an_answer_or_an_error(
            index: u32,
            genome_hash in vec(any::<u8>(), 0..20),
            outcome in any_outcome(),
        ) {
            let _ = answer_from_wire(work::Result { index, genome_hash, outcome });
        }

        #[test]
        fn garbage_is_refused_without_panic(bytes in vec(any::<u8>(), 0..600)) {
            if let Ok(message) = work::Result::decode(&bytes[..]) {
                let _ = answer_from_wire(message);
            }
        }
    }
}
