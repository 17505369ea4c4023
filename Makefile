# What a person does with this repository. `make` alone lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
TOOLS := .tools
# The charts' tools: helm, schemas of Kubernetes, checkov, linters of workflows.
CHARTS := .venv-charts
SOURCES := platform_services.py core services gateway ops docker helm tests .ci
# These need a container engine: make image-test.
WITH_ENGINE := tests/images
JOBS ?= auto

.DEFAULT_GOAL := help
.PHONY: help run test test-previous lint format hooks bench bench-identity bench-transfer bench-claims attack replay contract-status
.PHONY: images image-bills image-test charts charts-write chart-test cluster-test audit lock clean legacy migration-demo bridge-test shadow-test

help: ## Show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(INSTALLED): requirements-dev.lock ops/install.py
	@$(PYTHON) ops/install.py $(VENV) requirements-dev.lock

run: $(INSTALLED) ## Start the whole platform here: http://127.0.0.1:8000
	@./leadmesh up

test: $(INSTALLED) lint ## Lint, types, structure and all tests
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile tests --ignore $(WITH_ENGINE) --ignore tests/cluster

test-%: $(INSTALLED) ## Test one folder: make test-leads
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile tests/$*

lint: $(INSTALLED) ## Style, security rules, types, import contracts
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/lint-imports --no-logo
	@LEADMESH_ENV=test $(BIN)/mypy platform_services.py core services gateway ops docker/prepare_mongodb.py helm

format: $(INSTALLED) ## Rewrite the sources in the house style
	@$(BIN)/ruff check --fix-only -q $(SOURCES)
	@$(BIN)/ruff format -q $(SOURCES)

hooks: $(INSTALLED) ## Let git run `make lint` on what changed before each commit
	@$(BIN)/pre-commit install

test-previous: $(INSTALLED) ## Does the previous release work on what this one prepares and writes?
	@$(BIN)/python -W ignore -m tests.previous

$(CHARTS)/installed: tests/charts/install.py tests/charts/requirements.lock tests/charts/helm.lock tests/charts/package-lock.json
	@echo "Installing the charts' tools into $(CHARTS) (about a minute the first time) ..."
	@$(PYTHON) tests/charts/install.py $(CHARTS)

charts: $(CHARTS)/installed ## Package every Helm chart into build/charts
	@HELM=$(CHARTS)/bin/helm helm/package.sh build/charts

charts-write: $(INSTALLED) ## Write what the charts take from the code, routes.toml and scale.toml
	@$(BIN)/python -m helm.generate

chart-test: $(CHARTS)/installed ## Lint, render and check every chart and workflow
	@$(CHARTS)/bin/python -m pytest -c tests/charts/pytest.ini -n $(JOBS) tests/charts

audit: $(INSTALLED) ## Known vulnerabilities of the locked libraries
	@$(BIN)/pip-audit --disable-pip --require-hashes --requirement requirements.lock --requirement requirements-gateway.lock

bench: $(INSTALLED) ## Measure requests per second against the raw driver
	@$(BIN)/python -m tests.bench

bench-identity: $(INSTALLED) ## Measure logins and token checks
	@$(BIN)/python -W ignore -m tests.bench.identity

bench-transfer: $(INSTALLED) ## Measure the import and export of 100,000 leads
	@$(BIN)/python -W ignore -m tests.bench.transfer

bench-claims: $(INSTALLED) ## Let 64 agents claim 10,000 queued leads, two of them killed half way
	@$(BIN)/python -W ignore -m tests.bench.claims

attack: $(INSTALLED) ## Attack a platform of its own while innocent people work on it (some minutes) [ONLY=name SECONDS=6]
	@$(BIN)/python -W ignore -m tests.attack $(if $(ONLY),--only $(ONLY)) $(if $(SECONDS),--seconds $(SECONDS))

replay: $(INSTALLED) ## Answer the exchanges recorded from the old system: make replay [DIR=folder] [ONLY="auth users"]
	@$(BIN)/python -W ignore -m tests.contract.replay $(DIR) $(if $(ONLY),--only $(ONLY))

legacy: $(INSTALLED) ## A stand-in for the old system, to play the way over and back: make legacy [PORT=8100]
	@$(BIN)/python -m tests.legacy $(if $(PORT),--port $(PORT))

bridge-test: $(INSTALLED) ## 5,000 changes by the old system while services, workers and bridges are killed (minutes) [CHANGES=5000]
	@$(BIN)/python -W ignore -m tests.system.bridging $(if $(CHANGES),--changes $(CHANGES))

migration-demo: $(INSTALLED) ## Walk the way over and back on this machine, explained (some minutes)
	@$(BIN)/python -W ignore -m tests.legacy.walk

shadow-test: $(INSTALLED) ## Compare 10,000 mixed reads of a platform with the old system's stand-in, and what that costs [REQUESTS=10000]
	@$(BIN)/python -W ignore -m tests.bench.shadow $(if $(REQUESTS),--requests $(REQUESTS))

contract-status: $(INSTALLED) ## Write docs/contract-status.md from what the tests see
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile --contract-status tests --ignore tests/system --ignore tests/ops --ignore $(WITH_ENGINE) --ignore tests/cluster

images: ## Build the images of all services (an engine is started where none runs: root)
	@docker/build

image-bills: ## Write what is inside each image to build/bills/ (CycloneDX)
	@docker/build --bills

image-test: $(INSTALLED) $(TOOLS)/installed ## Build the images and see them work in containers [OFFICIAL=1: on pulled parts]
	@$(BIN)/python -m pytest --timeout 1200 $(if $(OFFICIAL),--official) $(WITH_ENGINE)

$(TOOLS)/installed: docker/tools.lock ops/install.py
	@$(PYTHON) ops/install.py $(TOOLS) docker/tools.lock

cluster-test: $(INSTALLED) ## The charts on a real Kubernetes node of its own (root, Debian; slow the first time: docs/cluster.md)
	@tests/cluster/start $(ONLY)

lock: $(INSTALLED) ## Resolve the libraries again and write the lock files
	@$(BIN)/pip install -q uv
	@$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements-dev.lock
	@$(BIN)/uv pip compile --group agent -c requirements-dev.lock --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements-gateway.lock
	@$(BIN)/uv pip compile docker/tools.in --universal --python-version 3.11 --generate-hashes --no-header -q -o docker/tools.lock
	@$(BIN)/uv pip compile tests/charts/requirements.in --universal --python-version 3.11 --generate-hashes --no-header -q -o tests/charts/requirements.lock

clean: ## Remove the virtual environment and the platform's state (stop it first)
	@rm -rf $(VENV) $(TOOLS) $(CHARTS) build .leadmesh .mypy_cache .ruff_cache .pytest_cache

# Publishing and deploying one service.
include .ci/release.mk
