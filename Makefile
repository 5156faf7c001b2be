# make demo         the complete workflow on the synthetic Earth, offline
# make browser      install Chromium, in which the tests open pages (Debian and Ubuntu, as root)
# make test         everything that must pass before a change is merged
# make verify       the long checks: golden results to the last bit, 200 hostile tables, interrupts,
#                   and all simulations of intervals, comparisons and ranks (most of an hour)
# make field-trial  try real products and the published data: needs network and 2 GB of disk
# make golden       write the expected terminal output of the tests again, to be looked at
# make docs         build the documentation site into site/ and check its links
# make test-torch   the tests of the torch plugin, in a separate environment with torch
# All of them set up their environment; they need Python 3.11 or newer and make.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# The torch plugin has a separate environment: with uv, torch would install gigabytes of CUDA packages.
PLUGINS := $(filter-out plugins/torch/%,$(sort $(wildcard plugins/*/pyproject.toml)))
PLUGIN_DIRS := $(patsubst %/pyproject.toml,%,$(PLUGINS))
MARK := $(VENV)/.installed
JOBS ?= 2
TORCH_VENV ?= .venv-torch
TORCH_PARTS := . plugins/temporal-mosaiks plugins/ssl4eo-s12 plugins/torch
TORCH_MARK := $(TORCH_VENV)/.installed

.PHONY: help env demo browser docs test verify field-trial test-torch lint types unit smoke wheels clean

help:
	@sed -n 's/^# make/make/p; s/^# \(  \)/\1/p' Makefile

env: $(MARK)

# uv installs all editable packages in seconds; pip needs most of a minute.
$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

$(MARK): pyproject.toml $(PLUGINS) | $(BIN)/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --group dev -e '.[plots,hub,dask]' \
		$(foreach dir,$(PLUGIN_DIRS),-e ./$(dir))
	@touch $@

demo: $(MARK)
	$(BIN)/neuco demo -o demo

# Without it the tests of pages parse them only, and say so.
browser:
	@command -v chromium >/dev/null || { \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	} || echo "no Chromium: pages are parsed, not opened"

test: lint types unit smoke

lint: $(MARK)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(MARK)
	$(BIN)/mypy

unit: $(MARK)
	$(BIN)/pytest -q -n $(JOBS) --dist loadfile -m 'not slow'

# pip and this version of torch: with uv or other versions, gigabytes of CUDA packages can follow.
$(TORCH_MARK): $(foreach part,$(TORCH_PARTS),$(part)/pyproject.toml)
	$(PYTHON) -m venv $(TORCH_VENV)
	$(TORCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
		torch==2.13.0 'pytest>=8.3' 'pytest-xdist>=3.6'
	$(TORCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
		$(foreach part,$(TORCH_PARTS),-e ./$(part))
	@touch $@

test-torch: $(TORCH_MARK)
	$(TORCH_VENV)/bin/python -m pytest -q -n $(JOBS) plugins/torch/tests

# Installs the built wheels into an empty environment and runs a small benchmark.
verify: $(MARK)
	$(BIN)/python tests/golden/results.py
	$(BIN)/pytest -q -n $(JOBS) -m slow
	NEUCO_HOSTILE_TABLES=200 $(BIN)/pytest -q -n $(JOBS) tests/trials/test_hostile_tables.py
	$(BIN)/python benchmarks/interrupts.py
	$(BIN)/python docs/simulations/uncertainty.py --check

golden: $(MARK)
	NEUCO_RENEW_GOLDEN=1 $(BIN)/pytest -q -n0 tests/cli/test_golden.py
	git diff --stat tests/cli/golden

field-trial: $(MARK)
	$(BIN)/python benchmarks/field_trial.py -o field-trial

smoke: $(MARK)
	$(BIN)/python tests/smoke_wheels.py

docs: $(MARK)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

wheels: $(MARK)
	$(BIN)/python releases/build.py dist

clean:
	rm -rf $(VENV) $(TORCH_VENV) dist site demo field-trial .mypy_cache .ruff_cache .pytest_cache
