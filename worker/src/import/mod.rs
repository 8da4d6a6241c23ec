//! The role `import`: makes the job's dataset from its source before the coordinator starts.
