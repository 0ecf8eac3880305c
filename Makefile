# Two commands for everyone: `make compare` and `make test`. Each sets up what it needs in .venv.
PYTHON ?= python3
COUNTRY ?= KOR
VENV := .venv
BIN := $(VENV)/bin
# On all processors, a file of tests to one worker (its fixtures are computed once), in order: the long files come first.
PARALLEL := -n logical --dist loadscope --no-loadscope-reorder

.PHONY: install compare test bench check clean

install: $(VENV)/.run

compare: $(VENV)/.run
	$(BIN)/procsim compare $(COUNTRY) $(ARGS)

test: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest $(PARALLEL)

bench: $(VENV)/.test
	$(BIN)/python benchmarks/run.py

check: $(VENV)/.run
	$(BIN)/procsim check

$(VENV)/bin/python:
	$(PYTHON) -c "import sys; sys.exit(None if sys.version_info >= (3, 11) else 'procsim needs Python 3.11 or newer; name it: make PYTHON=python3.11')"
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.test: $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test]"
	touch $@

clean:
	rm -rf $(VENV) results dist build
