//! Metrics of coordinator and workers, by the names that Prometheus sees.
