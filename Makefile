PYTHON ?= python3
VENV_PYTHON := .venv/bin/python

.PHONY: help set-up set-up-dev
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

set-up: ## make .venv with what Countersign needs to run
	@$(PYTHON) -m deploy.bootstrap venv

set-up-dev: ## the same, and what checks and tests need
	@$(PYTHON) -m deploy.bootstrap venv-dev
