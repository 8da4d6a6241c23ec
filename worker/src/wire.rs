//! Evaluations, batches and answers as messages of the protocol, and back with every doubt checked.
