module galapagos/e2e/grafana

go 1.21

// Grafana's own schema of dashboards, panels and queries, generated from its source; Apache-2.0.
require github.com/grafana/grafana-foundation-sdk/go v0.0.22
