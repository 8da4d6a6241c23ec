mod cluster;
mod costs;
mod queue;
