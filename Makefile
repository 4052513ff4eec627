# `make run` and `make test` are all most people need; DEVELOPING.md tells the rest.
SHELL := /bin/sh
python := .venv/bin/python

# Taken as they were typed, never expanded by make; tools/ reads them from the environment.
override CHANNELS := $(value CHANNELS)
override PYTHON := $(value PYTHON)
export CHANNELS PYTHON

.PHONY: help setup run train tune test machines lint bench compare peers peers-installed extension lambdas pictures audit clean test-duckdb-1.5

help: # this list
	@sed -n 's/^\([a-z0-9.-]*\):.*# /make \1	/p' Makefile

setup: setup-run # build .venv with what running needs; setup-train, -test, -lint add theirs

# Sets of packages, a file each in requirements/: each target brings what it needs.
setup-%:
	@sh tools/setup.sh $*

run: setup-run # start everything on simulated chat; CHANNELS="a b": on live chat
	@$(python) -m tools

train: setup-train # train the network on DLD_DATA; ARGS="--seed 2" and others go with it
	@$(python) -m models train $(ARGS)

tune: setup-train # search the network's values on DLD_DATA; ARGS="--minutes 60"
	@$(python) -m models tune $(ARGS)

# What Python has compiled is kept whatever the environment says: a run starts hundreds of processes.
pytest := PYTHONDONTWRITEBYTECODE= $(python) -m pytest
at_once := -n 2 --dist loadfile

test: setup-test # every test, two at a time; ARGS="-k word" for some, ARGS="-n 0" one by one
	@$(pytest) $(at_once) --ignore tests/machines $(ARGS)

machines: setup-servers # several machines as one: queues, stores, nginx, images; ARGS="-k images"
	@$(pytest) $(at_once) tests/machines $(ARGS)

lint: setup-lint # ruff, mypy, import contracts
	$(python) -m ruff check .
	$(python) -m ruff format --check .
	$(python) -m mypy
	.venv/bin/lint-imports

bench: setup-test # the figures of the README, measured here
	@OPENBLAS_NUM_THREADS=1 $(pytest) tests/benchmarks -o python_files='bench_*.py' -q -s $(ARGS)

compare: setup-run build/compare/.installed # the forecasts beside LightGBM and statsforecast, on DLD_DATA
	@PYTHONPATH=build/compare $(python) -m tests.benchmarks.compare $(ARGS)

peers: setup-test peers-installed # the tests' stand-ins for Twitch, read by tmi.js, Twurple and twitchAPI
	@$(pytest) -n 0 tests/peers $(ARGS)

extension: setup-run # the zip to upload to Twitch; DLD_EXTENSION_EBS=https://... is where the EBS answers
	@$(python) -m tools.extension

lambdas: setup-run # the zips of two AWS Lambda functions: docs/aws.md
	@$(python) -m tools.lambdas

pictures: setup-test # the docs' pictures of every page, light and dark, from simulated chat
	@DLD_PICTURES=docs/images DLD_REQUIRE_CHROMIUM=1 $(pytest) -n 0 -q tests/browser/test_look.py

# Strict: a package whose advisories could not be asked for is a failure, never a pass.
audit: setup-machines build/audit/.installed # published advisories for every package in .venv; asks pypi.org
	@PYTHONPATH=build/audit $(python) -m pip_audit --strict --progress-spinner off \
		--path "$$($(python) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"

build/audit/.installed:
	$(call install_aside,build/audit,pip-audit==2.10.1)

clean: # remove .venv and caches; data/ stays
	rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

older := build/duckdb-1.5
on_duckdb := tests/contract/test_queries.py tests/unit/warehouse tests/unit/pipeline/engine \
	tests/unit/pipeline/requests/test_forget.py tests/unit/pipeline/cli/test_data.py

test-duckdb-1.5: setup-test $(older)/.installed # the warehouse under the DuckDB before the pinned one
	@PYTHONPATH=$(older) $(python) -c 'import duckdb as d; assert d.__version__.startswith("1.5."), d'
	@PYTHONPATH=$(older) $(pytest) $(at_once) -q $(on_duckdb) \
		--deselect tests/unit/pipeline/cli/test_data.py::test_the_commands_say_how_it_went $(ARGS)

# Packages that must not meet the product's own: statsforecast wants an older pandas.
compared := lightgbm==4.7.0 statsforecast==2.1.1 utilsforecast==0.2.17 'pandas<3'

build/compare/.installed:
	$(call install_aside,build/compare,$(compared))

$(older)/.installed:
	$(call install_aside,$(older),'duckdb==1.5.*')

# The clients that `make peers` reads with; without npm its tests are skipped, and counted.
peers-installed: build/peers/python/.installed build/peers/node_modules/.installed

build/peers/python/.installed: | setup-test
	$(call install_aside,build/peers/python,twitchAPI==4.5.0)

build/peers/node_modules/.installed:
	@if command -v npm >/dev/null; then mkdir -p build/peers && \
		npm install --prefix build/peers --silent --no-fund --no-audit tmi.js@1.8.5 @twurple/chat@8.2.0 && \
		touch $@; else echo "no npm: tmi.js and Twurple are left out"; fi

define install_aside
@rm -rf $(1)
@if $(python) -m pip --version >/dev/null 2>&1; then pip="$(python) -m pip install"; \
	else pip="uv pip install --python $(python)"; fi; \
	$$pip -q --target $(1) $(2)
@touch $(1)/.installed
endef
