// Judges dashboards by Grafana's own schema: a field that it does not know, a value of another type, a field that is missing, and
// a kind of panel that is not registered here are errors.
// Usage: grafana-schema FILE...
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/barchart"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
	"github.com/grafana/grafana-foundation-sdk/go/xychart"
)

// The kinds of panels and queries that our dashboards have. A query in SQL has no schema.
func register() *cog.Runtime {
	runtime := cog.NewRuntime()
	runtime.RegisterPanelcfgVariant(barchart.VariantConfig())
	runtime.RegisterPanelcfgVariant(stat.VariantConfig())
	runtime.RegisterPanelcfgVariant(table.VariantConfig())
	runtime.RegisterPanelcfgVariant(timeseries.VariantConfig())
	runtime.RegisterPanelcfgVariant(xychart.VariantConfig())
	runtime.RegisterDataqueryVariant(prometheus.VariantConfig())
	return runtime
}

func judge(runtime *cog.Runtime, file string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var read dashboard.Dashboard
	if err := told(read.UnmarshalJSONStrict(raw)); err != nil {
		return err
	}
	// What is of a kind without a schema was let through.
	var kinds row
	if err := json.Unmarshal(raw, &kinds); err != nil {
		return err
	}
	if err := known(runtime, kinds.Panels); err != nil {
		return err
	}
	return told(read.Validate())
}

// A dashboard, or a row of it that is folded in: what holds panels.
type row struct {
	Title, Type string
	Panels      []row
}

func known(runtime *cog.Runtime, panels []row) error {
	for _, panel := range panels {
		if _, is := runtime.ConfigForPanelcfgVariant(panel.Type); !is && panel.Type != "row" {
			return fmt.Errorf("panel %q: there is no schema of its type %q here", panel.Title, panel.Type)
		}
		if err := known(runtime, panel.Panels); err != nil {
			return err
		}
	}
	return nil
}

// The generated code returns an empty list of errors where there is none, which is not nil.
func told(err error) error {
	if err == nil || err.Error() == "" {
		return nil
	}
	return err
}

func main() {
	runtime := register()
	failed := false
	for _, file := range os.Args[1:] {
		if err := judge(runtime, file); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %s\n", file, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
