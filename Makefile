# Two commands do everything on a fresh machine with Python 3.11, 3.12 or 3.13: `make pilot` and `make test`.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo $$python && break; done)
BIN := .venv/bin

.PHONY: help pilot test test-slow server braket-local bench-peers lint types lock clean
help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

.venv/installed: requirements.lock pyproject.toml
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	|| { echo "qpilot needs Python 3.11, 3.12 or 3.13 with venv; name one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "setting up .venv from requirements.lock (a minute or two)"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch .venv/installed

pilot: .venv/installed  ## the flagship on real data, then the positive control to promotion
	@$(BIN)/python -m flows.tour

# Bytecode is kept even where the environment says otherwise: the tests start hundreds of processes, and each would compile
# everything again.
PYTEST := OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --numprocesses $(or $(WORKERS),auto) \
	--maxprocesses 4 --dist loadfile --no-loadscope-reorder

test: .venv/installed lint types  ## lint, types and tests; WORKERS=2, or as many as there are cores, up to 4
	@$(PYTEST) -m "not slow"

test-slow: .venv/installed  ## the other tests: whole runs on servers with workers, killed, scheduled and rejected
	@$(PYTEST) -m slow

server: .venv/installed  ## a Prefect server, a worker and the reports on this machine; PORT=4200 REPORTS=4201
	@$(BIN)/python -m flows.server --port $(or $(PORT),4200) --reports-port $(or $(REPORTS),4201)

braket-local: .venv/installed  ## a Braket service on loopback, to rehearse a paid run for nothing
	@$(BIN)/python -m tests.loopback

bench-peers: .venv/installed  ## the environments of benchmarks/engine.py's peers, in .bench
	@for list in benchmarks/peers/*.txt; do name=$$(basename $$list .txt); echo "setting up .bench/$$name"; \
		$(BIN)/python -m venv --clear .bench/$$name \
		&& .bench/$$name/bin/python -m pip install --quiet --requirement $$list \
		|| { rm -rf .bench/$$name; echo "$$name could not be installed: its rows will say absent"; }; done

lint: .venv/installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: .venv/installed
	@$(BIN)/mypy

lock:  ## resolve the dependencies again (needs uv)
	uv pip compile pyproject.toml --extra dev --extra chem --extra dask --extra postgres --extra s3 --universal --prerelease disallow \
		--python-version 3.11 --generate-hashes --no-header --quiet --output-file requirements.lock

clean:  ## remove the environment and every cache; .qpilot stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
