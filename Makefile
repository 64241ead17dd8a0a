.DEFAULT_GOAL := help
.PHONY: help setup demo test check format clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "Setting up $(VENV) (about 700 MB with all dependencies; a minute or two)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "whence needs Python 3.11 or newer; $(PYTHON) is older. Say make PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.developer: $(VENV)/.installed
	@$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch $@

setup: $(VENV)/.developer  ## virtual environment with everything that development needs

demo: $(VENV)/.installed  ## index this project and a well-known one, ask them real questions
	@$(BIN)/python benchmarks/demo.py

test: $(VENV)/.developer  ## all tests
	@$(BIN)/python -m pytest -q

check: $(VENV)/.developer  ## format, lint, types, imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.developer  ## rewrite the sources in the agreed form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## remove what make built
	rm -rf $(VENV) .demo build dist
