mod cluster;
mod queue;
