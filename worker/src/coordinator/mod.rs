//! The role `coordinator`: holds one job's evolution and has its individuals evaluated by workers.
