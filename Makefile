# Everything that one does with Proofsheet; `make` alone explains. Needs Python 3.11 or newer, and make.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
RUN := $(BIN)/python -m
BACKEND ?= mock
PORT ?= 8000
export BACKEND
# Many short Python processes run here: each would compile hundreds of files anew, five seconds of them.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup report test behave features comfyui replicate harness load test-clients test-comfyui check bench serve faults clean lock hooks

help: ## What there is
	@echo "Proofsheet: the acceptance suite for image studios, and the studio that it proves."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/ready reports/node_modules/ready ## Set up a virtual environment and the report's renderers

.venv/ready: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 …"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --requirement requirements.lock
	@touch $@

reports/node_modules/ready: .venv/ready reports/package-lock.json
	$(RUN) reports install
	@touch $@

report: setup ## Run the acceptance suite on the studio, render the report, print the verdict
	@rm -rf build/record build/allure-results
	@status=0; \
	$(RUN) pytest features -q -p no:randomly --record build/record --alluredir build/allure-results $(ARGS) || status=$$?; \
	$(RUN) reports render --record build/record --allure build/allure-results --out build/report || status=$$(( status > 1 ? status : 1 )); \
	$(RUN) reports gate --record build/record --allure build/allure-results || status=$$(( status > 1 ? status : 1 )); \
	[ $$status -le 1 ] || echo "The run itself broke off (status $$status): the report is not whole."; \
	exit $$status

test: setup ## Run everything: features under both runners, their comparison, the tests
	@# One process each: side by side they take half the time on two cores.
	$(MAKE) --no-print-directory --jobs 2 --output-sync=target features behave
	$(MAKE) --no-print-directory --jobs 2 --output-sync=target comfyui replicate
	$(RUN) reports compare --pytest build/both/pytest --behave build/both/behave
	$(MAKE) --no-print-directory harness

features: setup
	@rm -rf build/both/pytest
	$(RUN) pytest features --record build/both/pytest

behave: setup ## Run the features under behave
	@rm -rf build/both/behave
	$(BIN)/behave --format progress -D record=build/both/behave

# What an image backend has a part in; the rest would be the same again.
PAINTED := features/generation features/studio $(addprefix features/characters/,references.feature idempotency.feature provider.feature)

comfyui: setup ## Run what a backend has a part in on the comfyui backend, against the double
	$(RUN) pytest $(PAINTED) --backend comfyui

replicate: setup ## Run the same on the replicate backend, against the double
	$(RUN) pytest $(PAINTED) --backend replicate

harness: setup
	@# Once more for what a busy machine has made fail: four of 6,500 are known to mind it.
	$(RUN) pytest tests -n 2 --reruns 1

load: setup ## Load the studio for long: half a minute without a pause, 50 kills each, and what `make test` does shortly
	LOAD=long $(RUN) pytest tests/test_load.py tests/test_load_comfyui.py tests/test_load_downloads.py \
	  tests/test_recipe_store_kills.py tests/test_library_changes_kills.py tests/test_library_changes_lifecycle.py \
	  tests/test_characters_openapi.py tests/test_job_assets_kills.py tests/test_job_assets_restoring.py

test-clients: setup ## Install five published ComfyUI clients (minutes), see them work against the double
	$(RUN) tests.clients
	$(RUN) pytest tests/clients

test-comfyui: setup ## Compare the ComfyUI double with a running server (COMFYUI_URL=http://…)
	@test -n "$(COMFYUI_URL)" || { echo "COMFYUI_URL names no running ComfyUI server"; exit 1; }
	COMFYUI_URL=$(COMFYUI_URL) $(RUN) pytest tests/test_comfyui_agreement.py -k alike -p no:randomly

check: setup ## Lint, type-check, imports, features' style and form
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(RUN) support.feature_lint features
	$(RUN) support.feature_format --check features

bench: setup ## Measure: a table of figures and ratios
	$(RUN) tests.performance

faults: setup ## Plant faults in the studio, one at a time, and count those that a scenario notices
	$(RUN) tests.faults

serve: setup ## Serve the studio on http://127.0.0.1:8000 (PORT=…, STUDIO_HOME=…)
	$(RUN) app --port $(PORT)

hooks: setup ## Install the pre-commit hooks
	$(BIN)/pre-commit install

lock: .venv/ready ## Pin the newest versions that pyproject.toml allows (needs uv, which it installs)
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url --upgrade \
	  --extra suite --extra tests --extra check --output-file requirements.lock pyproject.toml

clean: ## Remove everything that was made, set-up included
	rm -rf build .venv reports/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .benchmarks
