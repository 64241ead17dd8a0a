.DEFAULT_GOAL := help
.PHONY: help setup demo test test-train check eval gate gate-record format clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 13

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

test: $(VENV)/.developer  ## all tests; JOBS=2 shares the files of tests among so many processes
	@$(BIN)/python -m pytest -q $(if $(JOBS),-n $(JOBS) --dist loadfile)

# An environment of its own, so that the tests above keep running without torch. Its exact version alone is asked for:
# a range may bring another build, with gigabytes for devices that are not here.
TRAIN := .venv-train
TRAIN_PIP := $(TRAIN)/bin/python -m pip --disable-pip-version-check --quiet
TORCH := $(shell grep '^torch==' constraints.txt)
TORCH_TESTS := tests/training tests/backends tests/cli/test_train.py tests/pipelines/test_embedder_training.py

$(TRAIN)/.installed: pyproject.toml constraints.txt
	@echo "Setting up $(TRAIN) with $(TORCH) (about 1.5 GB)"
	@test -x $(TRAIN)/bin/python || $(PYTHON) -m venv $(TRAIN)
	@$(TRAIN_PIP) install $(TORCH)
	@$(TRAIN_PIP) install --constraint constraints.txt --editable '.[train]' hypothesis pytest pytest-timeout
	@$(TRAIN)/bin/python -c 'import accelerate, bm25s, mlflow, onnx, safetensors, torch, transformers'
	@touch $@

test-train: $(TRAIN)/.installed  ## tests of training, and of models that run with torch, in an environment of their own
	@$(TRAIN)/bin/python -m pytest -q -m torch $(TORCH_TESTS)

check: $(VENV)/.developer  ## format, lint, types, imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Suites about repositories, too, and the suite history, which asks the first of them about its own past:
#   make eval REPOS="psf/requests=PATH pallets/flask=PATH"
OWN = $(notdir $(firstword $(subst =, ,$(firstword $(REPOS)))))
eval: $(VENV)/.developer  ## ask every suite that can run here, and put the figures into docs/evaluation.md
	$(if $(REPOS),$(BIN)/whence index $(lastword $(subst =, ,$(firstword $(REPOS)))) --name $(OWN) --data .eval/data)
	$(BIN)/whence eval all --baseline fts5 --data .eval/data --out .eval/reports $(REPOS:%=--repo %) $(if $(REPOS),--in $(OWN)) $(EVAL)
	$(BIN)/python -m benchmarks.evaluation .eval/reports

GATE_SUITES = failures $(if $(WHENCE_TEST_DATA),jhu squad-given cranfield)
GATE = $(BIN)/whence eval $(GATE_SUITES) -n 60 --scores-only --data .eval/data

gate: $(VENV)/.developer  ## ask some suites, and fail if they do worse than recorded by more than chance
	@rm -rf .eval/gate
	$(GATE) --out .eval/gate
	$(BIN)/whence eval compare benchmarks/gate .eval/gate --gate

gate-record: $(VENV)/.developer  ## record what the gate compares with
	$(GATE) --out benchmarks/gate
	@rm -f benchmarks/gate/index.html

format: $(VENV)/.developer  ## rewrite the sources in the agreed form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## remove what make built
	rm -rf $(VENV) $(TRAIN) .demo .eval build dist
