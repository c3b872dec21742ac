# What a person, a hook and CI run: one set of commands. Each sets up what it needs; Python and make must be there.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

# TensorFlow reports its CPU features, plug-ins and missing GPUs at start-up; only its errors are of interest here.
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: help test test-lowest check demo docs bench clean

help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(VENV)/.ready: pyproject.toml
	@echo "setting up $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python $(RESOLUTION) -e '.[dev]'
	@touch $@

test: $(VENV)/.ready ## run the tests
	@$(BIN)/python -m pytest -n auto --dist loadfile

test-lowest: ## run the tests on the lowest versions that pyproject.toml allows
	@$(MAKE) --no-print-directory test VENV=.venv-lowest RESOLUTION=--resolution=lowest-direct

check: $(VENV)/.ready ## lint, check types and import contracts, build the wheel
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -m build --installer uv --outdir dist .

demo: $(VENV)/.ready ## train the textbook cases on real images
	@$(BIN)/python docs/examples/demo.py

docs: $(VENV)/.ready ## build the documentation into build/site
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -e '.[docs]'
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict -f docs/site/mkdocs.yml

bench: $(VENV)/.ready ## measure speed, as ratios within one run
	@$(BIN)/python docs/benchmarks/bench.py

clean: ## remove what the commands above have made
	rm -rf .venv .venv-lowest build dist site .hypothesis .mypy_cache .pytest_cache .ruff_cache
