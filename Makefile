# Two commands do everything on a fresh machine with python3 (3.11+) and make: `make run` and `make test`.
# The machine's own switches must not slow every start down or point the tools elsewhere:
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

VENV := .venv
PY := $(VENV)/bin/python
PILOT := $(VENV)/bin/pilot
UV := $(VENV)/bin/uv
PORT ?= 8501
export PROVING_GROUND_HOME ?= $(CURDIR)/.proving-ground

.PHONY: help run test quick check lint types arrows audit docs lock browser bench clean

help:  ## what can be done here
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.app  ## install, create the database with the worked portfolio, open the app
	@echo "== the worked portfolio, in $(PROVING_GROUND_HOME)"
	@$(PILOT) demo --if-empty
	@echo "== the app: http://localhost:$(PORT) (stop it with Ctrl-C)"
	@$(PILOT) app --port $(PORT)

test: $(VENV)/.dev browser  ## every test: quick ones side by side, then simulations and the browser
	@echo "== tests"
	@$(PY) -m pytest -n 2 --dist loadfile -q

quick: $(VENV)/.dev  ## the tests of seconds
	@$(PY) -m pytest -n 2 --dist loadfile -q -m "not slow and not browser and not postgres"

check: lint types arrows audit  ## lint, types, arrows, known weaknesses of what we install

lint: $(VENV)/.dev
	@echo "== lint"
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check -q . || { echo "run: .venv/bin/ruff format ."; exit 1; }
	@if grep -rnE '^ *from scipy import .*\bstats\b' --include=*.py .  --exclude-dir=.venv; then \
	  echo "the name stats is ours: import single names from scipy.stats"; exit 1; fi
	@if grep -nE '://|^--(extra-)?index' requirements/*.txt; then echo "an index address in requirements/"; exit 1; fi

types: $(VENV)/.dev
	@echo "== types"
	@$(VENV)/bin/mypy

arrows: $(VENV)/.dev
	@echo "== arrows"
	@$(VENV)/bin/lint-imports

audit: $(VENV)/.dev
	@echo "== known weaknesses"
	@$(PY) .ci/audit.py

docs: $(VENV)/.dev  ## write the generated pages of docs/
	@$(PILOT) docs --output docs

browser:
	@command -v chromium >/dev/null || { \
	  if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	    echo "== installing chromium for the browser tests"; \
	    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-core >/dev/null; \
	  else echo "== no chromium: the browser tests will be skipped and say so (Debian: apt-get install chromium)"; fi; }

bench: $(VENV)/.dev  ## what it costs, side by side with its peers
	@for script in benchmarks/cost_*.py; do $(PY) "$$script"; done

lock: $(VENV)/.tools  ## resolve the dependencies anew, with hashes and without any index address
	@cd requirements && for name in bootstrap app dev; do \
	  case $$name in bootstrap) from="bootstrap.in";; app) from="../pyproject.toml";; \
	    dev) from="--extra dev -c app.txt ../pyproject.toml";; esac; \
	  ../$(UV) pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --no-annotate -q $$from -o $$name.txt; done

$(VENV)/.tools: requirements/bootstrap.txt
	@echo "== python environment in $(VENV)"
	@test -x $(PY) || python3 -m venv $(VENV)
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

$(VENV)/.app: $(VENV)/.tools requirements/app.txt pyproject.toml
	@echo "== installing what the app needs"
	@$(UV) pip install -q --python $(PY) --require-hashes -r requirements/app.txt
	@$(UV) pip install -q --python $(PY) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.tools requirements/app.txt requirements/dev.txt pyproject.toml
	@echo "== installing what the tests need"
	@$(UV) pip install -q --python $(PY) --require-hashes -r requirements/dev.txt
	@$(UV) pip install -q --python $(PY) --no-deps --no-build-isolation -e .
	@touch $@

clean:  ## remove the environment and the caches, keep the data folder
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache *.egg-info build
