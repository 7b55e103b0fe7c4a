# Thin: what a target needs is provided by deploy/bootstrap.py, which can be repeated without harm.

PYTHON ?= python3
BOOTSTRAP := $(PYTHON) -m deploy.bootstrap
VENV_PYTHON := .venv/bin/python

# Checks look at the code, not at the data of the person who runs them.
CHECK_ENVIRONMENT := COUNTERSIGN_DATA_DIR=var/check/data COUNTERSIGN_KEYS_FILE=var/check/keys/countersign.keys

.DEFAULT_GOAL := help
.PHONY: help demo run test fuzz check bench schema client requirements editor set-up set-up-dev

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: set-up ## start portal, relay and a real engine with a scripted agent, and print a login link
	@$(BOOTSTRAP) --optional opencode
	@$(VENV_PYTHON) manage.py demo

run: set-up ## start the portal and the relay on your own data
	@$(VENV_PYTHON) manage.py up

test: set-up-dev ## run every test: SQLite, PostgreSQL, Redis protocol, real engine, browser, sshd and CAO
	@$(BOOTSTRAP) --optional opencode chromium postgres sshd cao valkey
	@$(VENV_PYTHON) -m tests.support.suite

fuzz: set-up-dev ## run the property tests alone, with many more examples
	@HYPOTHESIS_PROFILE=fuzz $(VENV_PYTHON) -m pytest -n 2 -m hypothesis -o faulthandler_timeout=0

check: set-up-dev ## lint, formatting, types, templates, Django's own checks, missing migrations, stale API files
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy .
	.venv/bin/djlint --lint --quiet templates
	$(CHECK_ENVIRONMENT) $(VENV_PYTHON) manage.py check --fail-level WARNING
	$(CHECK_ENVIRONMENT) $(VENV_PYTHON) manage.py makemigrations --check --dry-run
	$(VENV_PYTHON) -m deploy.api_contract check

schema: set-up-dev ## write docs/openapi.yaml and the Python client anew, after a change of the API
	$(VENV_PYTHON) -m deploy.api_contract renew

client: set-up-dev ## write the Python client anew from docs/openapi.yaml as it is
	$(VENV_PYTHON) -m deploy.api_contract client

bench: set-up-dev ## measure latency and contention; prints ratios of one run
	@$(BOOTSTRAP) --optional opencode postgres valkey
	@$(VENV_PYTHON) -m benchmarks

requirements: set-up-dev ## pin the dependencies of pyproject.toml anew, with hashes
	@$(BOOTSTRAP) pin

editor: ## bundle the forms' code editor anew from deploy/editor (needs Node)
	npm ci --prefix deploy/editor --ignore-scripts
	npm run --prefix deploy/editor --silent bundle

set-up: ## make .venv with what Countersign needs to run
	@$(BOOTSTRAP) venv

set-up-dev: ## the same, and what checks and tests need
	@$(BOOTSTRAP) venv-dev
