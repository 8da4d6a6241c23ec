mod cluster;
mod queue;
mod rivals;
