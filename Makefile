# make demo   the whole workflow on the synthetic Earth, offline
# make test   everything that must hold before a change lands
# make test-torch   the tests of the torch plugin, in an environment with torch of its own
# Both do all the set-up they need; Python 3.11 or newer and make are all they ask for.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# The torch plugin has an environment of its own, because uv would bring gigabytes of CUDA packages.
PLUGINS := $(filter-out plugins/torch/%,$(sort $(wildcard plugins/*/pyproject.toml)))
PLUGIN_DIRS := $(patsubst %/pyproject.toml,%,$(PLUGINS))
MARK := $(VENV)/.installed
JOBS ?= 2
TORCH_VENV ?= .venv-torch
TORCH_PARTS := . plugins/temporal-mosaiks plugins/ssl4eo-s12 plugins/torch
TORCH_MARK := $(TORCH_VENV)/.installed

.PHONY: help env demo test test-torch lint types unit smoke wheels clean

help:
	@sed -n 's/^# //p' Makefile

env: $(MARK)

# uv brings seventeen editable packages in seconds where pip takes most of a minute.
$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

$(MARK): pyproject.toml $(PLUGINS) | $(BIN)/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --group dev -e '.[plots,hub,dask]' \
		$(foreach dir,$(PLUGIN_DIRS),-e ./$(dir))
	@touch $@

demo: $(MARK)
	$(BIN)/neuco demo --output demo

test: lint types unit smoke

lint: $(MARK)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(MARK)
	$(BIN)/mypy

unit: $(MARK)
	$(BIN)/pytest -q -n $(JOBS) --dist loadfile

# pip, and this torch: uv, or another torch, can bring gigabytes of CUDA packages.
$(TORCH_MARK): $(foreach part,$(TORCH_PARTS),$(part)/pyproject.toml)
	$(PYTHON) -m venv $(TORCH_VENV)
	$(TORCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
		torch==2.13.0 'pytest>=8.3' 'pytest-xdist>=3.6'
	$(TORCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
		$(foreach part,$(TORCH_PARTS),-e ./$(part))
	@touch $@

test-torch: $(TORCH_MARK)
	$(TORCH_VENV)/bin/python -m pytest -q -n $(JOBS) plugins/torch/tests

# The built wheels, in an environment that has never seen this folder.
smoke: $(MARK)
	$(BIN)/python tests/smoke_wheels.py

wheels: $(MARK)
	$(BIN)/python releases/build.py dist

clean:
	rm -rf $(VENV) $(TORCH_VENV) dist demo .mypy_cache .ruff_cache .pytest_cache
