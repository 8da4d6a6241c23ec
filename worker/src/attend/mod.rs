//! The role `worker`: attends to a coordinator, evaluates its batches, sends the results back.
