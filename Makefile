# make demo   the whole workflow on the synthetic Earth, offline
# make test   everything that must hold before a change lands
# Both do all the set-up they need; Python 3.11 or newer and make are all they ask for.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# The torch plugin has an environment of its own, because uv would bring gigabytes of CUDA packages.
PLUGINS := $(filter-out plugins/torch/%,$(sort $(wildcard plugins/*/pyproject.toml)))
PLUGIN_DIRS := $(patsubst %/pyproject.toml,%,$(PLUGINS))
MARK := $(VENV)/.installed
JOBS ?= 2

.PHONY: help env demo test lint types unit smoke wheels clean

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

types: $(MARK)
	$(BIN)/mypy

unit: $(MARK)
	$(BIN)/pytest -q -n $(JOBS) --dist loadfile

# The built wheels, in an environment that has never seen this folder.
smoke: $(MARK)
	$(BIN)/python tests/smoke_wheels.py

wheels: $(MARK)
	$(BIN)/python releases/build.py dist

clean:
	rm -rf $(VENV) dist demo .mypy_cache .ruff_cache .pytest_cache
