# Two commands do everything: `make nightly` and `make test`. Both set up first what is missing.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DBT := $(BIN)/dbt

# Usage reports are off for every tool that has them.
export DO_NOT_TRACK := 1
export DAGSTER_DISABLE_TELEMETRY := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false

.DEFAULT_GOAL := help
.PHONY: help setup nightly test ui lint lock clean

help:  ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

setup: $(READY)  ## Set up: environment, locked packages, compiled bytecode, parsed models

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@# Bytecode is compiled once: without it every start takes twice as long.
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m compileall -q -j 0 $(VENV)/lib orchestration expectations || true
	touch $@

nightly: setup  ## Run the main job: make nightly [FROM=day TO=day INBOX=folder TARGET=duckdb]
	$(BIN)/sifarat nightly $(if $(FROM),--from $(FROM)) $(if $(TO),--to $(TO)) $(if $(INBOX),--inbox $(INBOX)) $(if $(TARGET),--target $(TARGET))

test: setup  ## Run every test
	$(BIN)/python -m pytest

ui: setup  ## Serve Dagster's UI and schedule on 127.0.0.1:3000
	$(BIN)/sifarat ui

lint: setup  ## Check style
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

lock:  ## Write requirements.lock anew from pyproject.toml (needs uv)
	uv pip compile --quiet --python-version 3.11 --extra dev --generate-hashes --no-emit-index-url --no-header -o requirements.lock pyproject.toml

clean:  ## Remove all state: landing, warehouse, publications, Dagster's history
	rm -rf data dbt_project/target dbt_project/logs
