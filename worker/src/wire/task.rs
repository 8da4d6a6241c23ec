//! An individual to evaluate, as a message.

use galapagos_protocol::work;

use galapagos_run::run::evaluator::Task;

/// The message of a task.
pub fn task_to_wire(task: &Task) -> work::Individual {
    // A population has at most 10,000 individuals.
    work::Individual { index: task.index as u32, species: task.species as u32, genome: task.genome.to_vec() }
}

/// The task of a message. Whether its species and genome are of the job is for the evaluation to say.
pub fn task_from_wire(message: work::Individual) -> Task {
    Task { index: message.index as usize, species: message.species as usize, genome: message.genome.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_task_arrives_as_it_was(index in any::<u32>(), species in any::<u32>(), genome: Vec<u32>) {
            let message = work::Individual { index, species, genome };
            prop_assert_eq!(task_to_wire(&task_from_wire(message.clone())), message);
        }
    }
}
