mod cluster;
mod costs;
mod queue;
mod rivals;
mod selector;
