# make run: a talking telephone system, from a clean clone. make help: the rest.
# PYTHON=/path/to/python3 chooses the interpreter; ARGS="--sip-port 5062 …" goes to "officesmart-ivr up";
# TESTERS=1 runs one test at a time.

PYTHON ?= python3
# Live tests wait most of the time: for a phone that rings, or a prompt's end.
TESTERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
BOOTSTRAP := $(PYTHON) -m officesmart_ivr.bootstrap --venv $(VENV)

.PHONY: help run setup setup-dev lint test audit faults soak bench clean
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
	$(BIN)/python -m pytest --numprocesses $(TESTERS) --dist loadfile --no-loadscope-reorder $(ARGS)

audit: ## Ask PyPI for known holes in the Python packages in use (needs the network)
	@$(BOOTSTRAP) --extra dev --extra audit
	$(BIN)/python -m pip freeze --exclude-editable > .setup/packages.txt
	@# Strict, because a service that does not know a package, or is not there, would pass for good news.
	$(BIN)/pip-audit --strict --no-deps --disable-pip --progress-spinner off -r .setup/packages.txt || { \
		echo "Not passed: a hole is named above, or somebody could not be asked, and then nothing is known." >&2; \
		exit 1; }

faults: setup-dev ## Bring about all faults that must be survived, at full size
	$(BIN)/python -m tests.faults $(ARGS)

soak: setup-dev ## Twenty thousand random calls, and what they leave behind
	$(BIN)/python -m tests.faults R6 $(ARGS)

bench: setup-dev ## Measure against a native dialplan on the same Asterisk
	$(BIN)/python -m bench $(ARGS)

clean: ## Remove what was made here (the toolbox in your cache folder stays)
	rm -rf $(VENV) .setup .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
