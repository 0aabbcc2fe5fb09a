# `make` alone prints the commands. Nothing here needs more than Python 3.11+, make and (once) a package index.
PYTHON ?= python3
UV ?= uv
PY := .venv/bin/python
ENVIRONMENT := .venv/.complete
TESTS ?= tests
SMK := $(PY) -m snakemake

.DEFAULT_GOAL := help
.PHONY: help demo nhanes new-cohort check-cohort test lint bench graph lock clean

help: ## Print these commands
	@echo "b12sarc: is low vitamin B12 status linked to sarcopenia in people over 65?"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(ENVIRONMENT) ## Run everything on made-up people: offline, a minute and a half
	@$(SMK) --configfile config/demo.yaml
	@echo "The report (SYNTHETIC DATA): $(CURDIR)/results/demo/report.html"

nhanes: $(ENVIRONMENT) ## Reproduce the NHANES results from CDC's files (or a mirror: NHANES_BASE_URL=...)
	@$(SMK)
	@echo "The report: $(CURDIR)/results/nhanes/report.html"

new-cohort: $(ENVIRONMENT) ## Begin a cohort from its data files: make new-cohort ID=name FROM="a.sav b.csv"
	@test -n "$(ID)" -a -n "$(FROM)" || { echo 'error: make new-cohort: ID or FROM is missing -> make new-cohort ID=name FROM="a.sav b.csv"' >&2; exit 2; }
	@.venv/bin/b12sarc cohort new $(ID) --from $(FROM)

check-cohort: $(ENVIRONMENT) ## Check a cohort and its data: make check-cohort ID=name
	@test -n "$(ID)" || { echo 'error: make check-cohort: ID is missing -> make check-cohort ID=name' >&2; exit 2; }
	@.venv/bin/b12sarc cohort check $(ID)

test: $(ENVIRONMENT) ## Run the tests
	@$(PY) -m pytest -n auto --dist loadfile --no-loadscope-reorder $(TESTS)

lint: $(ENVIRONMENT) ## Check style and types
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

bench: $(ENVIRONMENT) ## Run the demonstration from nothing and print seconds and memory of every rule
	@$(PY) bench/rules.py

graph: $(ENVIRONMENT) ## Draw the rule graph in README.md anew
	@$(PY) docs/rule_graph.py

lock: ## Write requirements.lock anew from pyproject.toml (needs uv)
	$(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-strip-extras --extra dev --quiet \
		--no-emit-index-url --no-header pyproject.toml -o requirements.lock

clean: ## Delete results; data/raw and the environment stay
	@find results -mindepth 1 ! -name README.md -delete
	@rm -rf .snakemake

$(ENVIRONMENT): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		found=$$($(PYTHON) --version 2>/dev/null || echo not there); \
		echo "error: $(PYTHON) is $$found, Python 3.11 or newer is needed -> name one: make PYTHON=python3.12" >&2; \
		exit 1; }
	@echo "Making the environment in .venv from requirements.lock (about a minute, once)"
	@$(PYTHON) -m venv .venv
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
	@touch $@
