# make run: a talking telephone system, from a clean clone. make help: the rest.
# PYTHON=/path/to/python3 chooses the interpreter; ARGS="--sip-port 5062 …" goes to "officesmart-ivr up".

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BOOTSTRAP := $(PYTHON) -m officesmart_ivr.bootstrap --venv $(VENV)

.PHONY: help run setup setup-dev lint test bench clean
.DEFAULT_GOAL := help

help: ## Show what there is to make
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target text; do \
		printf '%-12s %s\n' "$$target" "$$text"; done

run: setup ## Set up what is missing, then start the system with the demo plan
	@exec $(BIN)/officesmart-ivr up $(ARGS)

setup: ## Make the virtual environment (no root needed)
	@$(BOOTSTRAP)

setup-dev:
	@$(BOOTSTRAP) --extra dev

lint: setup-dev ## Check style, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint ## Check everything, then run all tests
	$(BIN)/python -m pytest $(ARGS)

bench: setup-dev ## Measure against a native dialplan on the same Asterisk
	$(BIN)/python -m bench $(ARGS)

clean: ## Remove what was made here (the toolbox in your cache folder stays)
	rm -rf $(VENV) .setup .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
