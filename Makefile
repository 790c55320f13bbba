# `make` lists the targets. Each does its own set-up first (scripts/setup: packages, .venv).
.DEFAULT_GOAL := help
.PHONY: help setup setup-base setup-demo setup-fast deb deb-test demo portal-demo reference test test-fast check format model bench bench-storm clean
BIN := .venv/bin
# Workers for tests. Each has a network namespace and a Postfix of its own, and waits half of its time; more of them cost
# one another their caches (docs/development.md).
JOBS ?= 5
# Without Postfix there is less to wait for, and each worker imports all tests once more (xdist stays, see below).
FAST_JOBS ?= 3
# A file's tests stay together (a house stands for all of them) and are begun in the order they were collected in. By
# pytest-xdist and no runner of our own that forks: it would spare each worker its imports, and be ours to keep.
# What the standard library logs is seen on stderr all the same: to gather it at each step of each test costs a hundredth.
PYTEST := $(BIN)/pytest -p no:logging --dist loadfile --no-loadscope-reorder
# What was compiled is kept, also where the environment says otherwise: tests start our processes by the hundred.
export PYTHONDONTWRITEBYTECODE :=
# Danish sentences nobody has labelled.
PLAIN ?= classifier/corpus/plain/dan_newscrawl_2011_10K-sentences.csv

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## install what is needed (Debian packages when root, the virtual environment)
	@scripts/setup

# Less than all: each word is explained in scripts/setup.
setup-base setup-demo setup-fast:
	@scripts/setup $(@:setup-%=%)

demo: setup-demo ## eight real messages through a real Postfix; prints what went which way (ARTEFACTS=DIR keeps all)
	@PYTHONPATH=tests $(BIN)/python -m world.demo $(if $(ARTEFACTS),--keep "$(ARTEFACTS)")

portal-demo: setup-demo ## the portal's pages with one sealed message, to look at in a browser
	@PYTHONPATH=tests $(BIN)/python -m world.portal_demo

# While the types are checked on one core another compiles the tests, which each of pytest's workers would else do anew.
test: setup ## everything: format, lint, types, layers, all tests
	@$(BIN)/pytest --collect-only -q >/dev/null 2>&1 & $(MAKE) --no-print-directory check; checked=$$?; wait; exit $$checked
	@$(PYTEST) -n $(JOBS)

test-fast: setup-fast ## the tests that neither need Postfix nor are marked slow (docs/development.md: how long)
	@$(PYTEST) -n $(FAST_JOBS) --hypothesis-profile=fast --ignore=tests/e2e -m "not world and not slow"

reference: setup-base ## write docs/settings.md anew from the settings' comments
	@$(BIN)/segl settings reference >docs/settings.md

check: setup-base ## format, lint, types, layers, the settings' reference
	@$(BIN)/segl settings reference | cmp -s - docs/settings.md || { echo "docs/settings.md is out of date: make reference"; exit 1; }
	@for page in $$(cd docs && ls *.md */*.md | grep -v "^decisions/\|^README"); do grep -qF "($$page)" docs/README.md || { echo "docs/README.md, the index, does not name $$page"; exit 1; }; done
	@$(BIN)/ruff format --check -q .
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: setup-base ## put the code into the project's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

model: setup-base ## train the model anew from the corpus (most of an hour on two cores; the steps in .model)
	@$(BIN)/pip install -q -e '.[train]'
	@$(BIN)/pytest -q tests/training
	@$(BIN)/python -m segl_training .model --plain $(PLAIN) --like classifier/model/fit.json --ship classifier/model

deb: ## build the Debian package from what is committed, into dist/ (some minutes)
	@packaging/build

deb-test: ## install the package of `make deb` in a Debian of its own and try it there (root; some minutes)
	@[ -n "$$(ls dist/segl_*.deb 2>/dev/null)" ] || packaging/build
	@packaging/try

bench: setup ## measure: detector, classifier, memory, milter, ways, portal (root; half an hour; docs/benchmarks.md)
	@$(BIN)/python tests/bench/run.py

bench-storm: setup ## mail while everything is killed; receipts in a storm of reports (root; half an hour; REAL= messages through Postfix)
	@$(BIN)/python tests/bench/bench_chaos.py
	@$(BIN)/python tests/bench/bench_receipts.py --real $(or $(REAL),6700)

clean: ## remove what set-up, demo and tests made
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .setup.log .setup.lock demo-artefacts .model
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
