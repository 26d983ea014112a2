# Two commands do everything: `make nightly` and `make test`. Both set up first what is missing.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
MANIFEST := dbt_project/target/manifest.json
# dbt asks where the data lie also when it only renders: sqlfluff's target (profiles.yml) opens nothing there.
NO_DATA := SIFARAT_DATA_DIR=/the-data-folder-of-the-run SIFARAT_PSEUDONYM_KEY_FILE=/the-data-folder-of-the-run/key
MODELS := $(shell find dbt_project -path dbt_project/target -prune -o -name '*.sql' -print -o -name '*.py' -print -o -name '*.yml' -print -o -name '*.md' -print)

.DEFAULT_GOAL := help
.PHONY: help setup nightly dashboard test drill prism ralph browser ui lint docs lock dictionary licences audit clean

help:  ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

setup: $(READY) $(MANIFEST)  ## Set up: environment, locked packages, compiled bytecode, parsed models

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@# Bytecode is compiled once: without it every start takes twice as long.
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m compileall -q -j 0 $(VENV)/lib orchestration expectations dashboard > /dev/null || true
	touch $@

$(MANIFEST): $(READY) $(MODELS)
	$(BIN)/sifarat parse

nightly: setup  ## Run the main job: make nightly [FROM=day TO=day INBOX=folder TARGET=duckdb]
	$(BIN)/sifarat nightly $(if $(FROM),--from $(FROM)) $(if $(TO),--to $(TO)) $(if $(INBOX),--inbox $(INBOX)) $(if $(TARGET),--target $(TARGET))

dashboard: setup  ## Serve the dashboard on 127.0.0.1:8501
	$(BIN)/sifarat dashboard

test: setup  ## Run every test
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not alone"
	$(BIN)/python -m pytest -m alone

drill: setup  ## Kill two hundred nights and look what comes of it (hours; goes on where it was): make drill [KILLS=200 IN_A_ROW=4]
	$(BIN)/python -m tests.drills.drill --kills $(or $(KILLS),200) --in-a-row $(or $(IN_A_ROW),4) --folder data-drill --report docs/drill.md

prism: setup  ## Install Prism, which plays platforms from their own API descriptions (needs npm)
	npm install --silent --no-audit --no-fund --prefix $(VENV)/prism @stoplight/prism-cli@5

ralph: setup  ## Install Ralph, a learning record store to test against, in an environment of its own
	$(PYTHON) -m venv $(VENV)/ralph
	$(VENV)/ralph/bin/python -m pip install --quiet --disable-pip-version-check 'ralph-malph[full]==5.1.0' requests==2.34.2

browser: setup  ## Install what the dashboard's browser tests need: Chromium, an OpenID provider, axe (needs npm)
	command -v chromium > /dev/null || { apt-get update -qq && apt-get install -qq -y chromium; }
	npm install --silent --no-audit --no-fund --prefix $(VENV)/browser oidc-provider@9 axe-core@4

ui: setup  ## Serve Dagster's UI and schedule on 127.0.0.1:3000
	$(BIN)/sifarat ui

lint: setup  ## Check style and types of Python and SQL
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/pyrefly check
	$(NO_DATA) $(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/analyses dbt_project/tests

docs: setup  ## Build the documentation as a site in site/; a dead link fails
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

lock:  ## Write requirements.lock anew from pyproject.toml (needs uv)
	uv pip compile --quiet --python-version 3.11 --extra dev --generate-hashes --no-emit-index-url --no-header -o requirements.lock pyproject.toml

dictionary: setup  ## Write the metric and data dictionaries in docs/ from the models
	$(BIN)/sifarat dictionary

licences: setup  ## Write docs/licences.md: every locked package and its licence
	$(BIN)/python -m orchestration.licences

audit: setup  ## Ask OSV's database of known vulnerabilities about the locked packages (needs the network)
	test -x $(VENV)/audit/bin/pip-audit || { $(PYTHON) -m venv $(VENV)/audit && $(VENV)/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit; }
	@curl --silent --output /dev/null --max-time 10 https://api.osv.dev || { echo "Not audited: api.osv.dev, which knows the vulnerabilities, cannot be reached from here"; exit 1; }
	$(VENV)/audit/bin/pip-audit --vulnerability-service osv --disable-pip --requirement requirements.lock

clean:  ## Remove all state: landing, warehouse, publications, Dagster's history
	rm -rf data dbt_project/target dbt_project/logs
