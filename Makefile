# `make run` and `make test` are all most people need; DEVELOPING.md tells the rest.
SHELL := /bin/sh
python := .venv/bin/python

# Taken as they were typed, never expanded by make; tools/ reads them from the environment.
override CHANNELS := $(value CHANNELS)
override PYTHON := $(value PYTHON)
export CHANNELS PYTHON

.PHONY: help setup run test lint bench clean test-duckdb-1.5

help: # this list
	@sed -n 's/^\([a-z0-9.-]*\):.*# /make \1	/p' Makefile

setup: # build .venv, or bring it up to date with requirements.txt
	@sh tools/setup.sh

run: setup # start everything on simulated chat; CHANNELS="a b": on live chat
	@$(python) -m tools

test: setup # every test; ARGS="-k word" for some
	@$(python) -m pytest $(ARGS)

lint: setup # ruff, mypy, import contracts
	$(python) -m ruff check .
	$(python) -m ruff format --check .
	$(python) -m mypy
	.venv/bin/lint-imports

bench: setup # the figures of the README, measured here
	@$(python) -m pytest tests/benchmarks -o python_files='bench_*.py' -q -s $(ARGS)

clean: # remove .venv and caches; data/ stays
	rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

test-duckdb-1.5: setup # the warehouse's tests under the DuckDB before the pinned one
	$(python) -m pip install -q --upgrade --target build/duckdb-1.5 'duckdb==1.5.*'
	PYTHONPATH=build/duckdb-1.5 $(python) -m pytest tests/unit/test_store.py \
		tests/unit/test_publish.py tests/unit/test_rollups.py tests/unit/test_imported.py $(ARGS)
