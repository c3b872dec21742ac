# What a person, a hook and CI run: one set of commands. Each sets up what it needs; Python and make must be there.
# Another Python:  make test PYTHON=python3.13    (and VENV=.venv-3.13 to keep the environment of the usual one)
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
EXTRAS = yaml,toml,cli,plot
GROUPS = dev

# How many examples `make fuzz` draws for each property for which `make test` draws 100; for others in proportion. Then
# the fuzzer draws 100 times as many documents, 10 times as many files, and twice as many saved models and command lines.
N ?= 1000

# What `make mutants` changes: modules, folders or module:line, all of the pure ones unless some are named, or so many
# drawn from them; and the tests that alone are run, if any are named.
OF ?=
TESTS ?=
SAMPLE ?=
SEED ?= 0

# The tests that `make quick` leaves out: those that import Keras, and those that start processes.
SLOW = tests/runtime tests/test_documents.py tests/test_types.py tests/test_imports.py \
    tests/command_line/test_process.py tests/formats/test_keras_hdf5.py \
    $(shell grep -rlE '^ *(import|from) (keras|tensorflow)\b' --include='test_*.py' tests)

# TensorFlow reports its CPU features, plug-ins and missing GPUs at start-up; only its errors are of interest here.
export TF_CPP_MIN_LOG_LEVEL ?= 3
# uv has certificates of its own; pip, browsers and company proxies rely on those of the system.
export UV_SYSTEM_CERTS ?= true

.PHONY: help test quick fuzz mutants test-lowest test-jax test-torch test-backend lint check build demo docs bench coverage-of-keras clean

help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 19

# An environment that another Python has made, or whose Python is gone, is made again.
IDENTITY = -c 'import sys; print(sys.base_prefix, sys.version)'
ifneq ($(shell $(PYTHON) $(IDENTITY)),$(shell $(BIN)/python $(IDENTITY) 2>/dev/null))
.PHONY: $(VENV)/.ready
endif

$(VENV)/.ready: pyproject.toml
	@echo "setting up $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python $(RESOLUTION) -e '.[$(EXTRAS)]' $(addprefix --group ,$(GROUPS))
	@touch $@

test: $(VENV)/.ready ## run the tests, with the same random examples each time
	@$(BIN)/python -m pytest -n auto --dist loadfile

quick: $(VENV)/.ready ## run the tests that need neither Keras nor other processes, with fewer random examples
	@EXAMPLES=40 $(BIN)/python -m pytest -n auto --dist load $(addprefix --ignore=,$(SLOW))

fuzz: $(VENV)/.ready ## run the tests with random examples on new ones, N=1000 where others draw 100; then the fuzzer
	@EXAMPLES=$(N) $(BIN)/python -m pytest -n auto --dist load -m hypothesis --hypothesis-profile=fuzz
	@cd tests && $(abspath $(BIN))/python -m fuzzing \
	    documents=$$((100 * $(N))) files=$$((10 * $(N))) models=$$((2 * $(N))) lines=$$((2 * $(N)))

mutants: $(VENV)/.ready ## change the package in small ways, and show those that no fast test notices (OF=... TESTS=... SAMPLE=200 SEED=1)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --group mutants
	@$(BIN)/python tests/mutants $(OF) $(if $(SAMPLE),--sample $(SAMPLE)) --seed $(SEED) $(if $(TESTS),--tests $(TESTS)) \
	    --slow $(SLOW)

test-lowest: ## run the tests on the lowest versions that pyproject.toml allows
	@$(MAKE) --no-print-directory test VENV=.venv-lowest RESOLUTION=--resolution=lowest-direct

test-jax: ## run the tests of the backends with Keras on JAX
	@$(MAKE) --no-print-directory test-backend KERAS_BACKEND=jax VENV=.venv-jax GROUPS='dev jax'

# PyTorch comes with 3 GB of CUDA. UV_TORCH_BACKEND=cpu takes PyTorch's own index instead, where it can be reached.
test-torch: ## run the tests of the backends with Keras on PyTorch
	@$(MAKE) --no-print-directory test-backend KERAS_BACKEND=torch VENV=.venv-torch GROUPS='dev torch'

# `make test` runs these on TensorFlow.
test-backend: $(VENV)/.ready
	@$(BIN)/python -m pytest -n auto tests/backends

lint: $(VENV)/.ready ## check style and import contracts, in a few seconds
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

check: lint ## lint, check types and deprecated calls, build and try the builds
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
# What the newest NumPy deprecates is marked in its types. It may need a newer Python than this one.
	@$(BIN)/uv pip install --quiet --target build/newest-numpy --python-version 3.13 --no-deps --upgrade numpy
	$(BIN)/pyright --pythonpath $(BIN)/python --project .ci/deprecated.json
	@$(MAKE) --no-print-directory build

build: $(VENV)/.ready ## build dist/, install each build into a fresh environment and use it
	@rm -rf dist
	$(BIN)/python -m build --installer uv --outdir dist .
	$(BIN)/python .ci/try_builds.py $(EXTRAS)

demo: $(VENV)/.ready ## train the textbook cases on real images
	@$(BIN)/python docs/examples/demo.py

docs: $(VENV)/.ready ## build the documentation into build/site
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --group docs
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict -f docs/site/mkdocs.yml

bench: $(VENV)/.ready ## measure speed beside other libraries, and write the table in docs/speed.md
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --group bench
	@$(BIN)/python docs/benchmarks/bench.py

coverage-of-keras: $(VENV)/.ready ## count how much of Keras's own code can be written as specs
	@$(BIN)/python docs/benchmarks/coverage.py

clean: ## remove what the commands above have made
	rm -rf .venv .venv-* build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
