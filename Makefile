# Each command does its own set-up; a second call installs nothing. Override: make run PYTHON=python3.12 PORT=9000
# The tests run in two processes; in one: make test ARGS=-n0
PYTHON ?= python3
VENV ?= .venv
HOST ?= 127.0.0.1
PORT ?= 8000
SIZE ?= small
ONLY ?=
ARGS ?=

BIN := $(VENV)/bin
GUANXI := $(BIN)/python -m guanxi.cli
export PYTHONPATH := $(CURDIR)/src
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test engines check bench dev doctor lock install install-dev
.DELETE_ON_ERROR:

run: install
	@exec $(GUANXI) up --demo --host $(HOST) --port $(PORT) $(ARGS)

dev: install-dev
	@exec $(GUANXI) up --demo --reload --host $(HOST) --port $(PORT) $(ARGS)

bench: install
	@$(GUANXI) bench --size $(SIZE) $(if $(ONLY),--only $(ONLY)) $(ARGS)

doctor: install
	@$(GUANXI) doctor

# Needs uv; the locks name no index.
lock:
	uv pip compile --universal --generate-hashes --no-header --no-emit-index-url --quiet pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --no-header --no-emit-index-url --quiet --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

test: install-dev
	@$(BIN)/python tools/translations.py compile
	@$(BIN)/pytest -n 2 $(ARGS)

# Rules and people drawn anew on Spark, PostgreSQL and ClickHouse's engine; takes minutes and needs Java.
engines: install-dev
	GUANXI_ENGINES=1 $(BIN)/pytest tests/audiences/test_engines.py $(ARGS)

check: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	DJANGO_SETTINGS_MODULE=guanxi.config.settings $(BIN)/python -W ignore::RuntimeWarning -m django makemigrations --check --dry-run
	$(BIN)/python tools/translations.py check

install: $(VENV)/.run-installed

install-dev: $(VENV)/.dev-installed

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Guanxi needs Python 3.11 or later; '$(PYTHON)' is not one."; \
	  echo "Install a newer one, or name it: make $(or $(MAKECMDGOALS),run) PYTHON=/path/to/python3.11"; exit 1; } >&2
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "This Python cannot make virtual environments."; \
	  echo "On Debian and Ubuntu: apt-get install python3-venv. Then run make again."; exit 1; } >&2

$(VENV)/.run-installed: requirements.lock | $(VENV)/bin/pip
	@echo "Installing what Guanxi needs, once (less than 250 MB) …"
	@$(BIN)/pip install -qq --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.dev-installed: requirements-dev.lock | $(VENV)/bin/pip
	@echo "Installing what tests and checks need, once …"
	@$(BIN)/pip install -qq --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/.run-installed
