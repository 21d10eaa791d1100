# Two commands for a newcomer: `make health-check` and `make test`. `make help` lists the rest.

.DEFAULT_GOAL := help
.PHONY: help health-check demo-platform test lint typecheck unit test-fast coverage oldest-pandas generate bench bench-check bench-docs soak demo-docs docs-site fuzz sbom dist audit lock lock-upgrade stop clean

VENV := .venv
BIN := $(VENV)/bin
# Which Python makes the environment; the first of these that is 3.11 or newer and can.
PYTHON ?=
PYTHONS := $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python

# An installed set belongs to its place and to what is locked: when one of them changes, its stamp
# has another name, and it is installed again.
stamp = $(VENV)/.$(1)-$(shell { pwd; cat Makefile pyproject.toml requirements/build.txt \
	requirements/$(1).txt; } | cksum | tr -d ' ')
LOCAL := $(call stamp,local)
DEV := $(call stamp,dev)
DBT := $(call stamp,dbt)
ZETASQL := $(VENV)/zetasql/compiled

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | awk -F '\t' '{ printf "make %-14s %s\n", $$1, $$2 }'

health-check: $(LOCAL) ## set up, then check the demo season's day on the embedded BigQuery
	@code=0; $(BIN)/plumbline run health_check || code=$$?; \
	case $$code in \
	0) said="nothing is wrong";; \
	1) said="WARNING";; \
	2) said="CRITICAL, the data is wrong; expected on the demo season's day";; \
	3) said="ERROR, a check could not run";; \
	*) exit $$code;; \
	esac; \
	printf '\nplumbline ended with exit code %s: %s.\n' "$$code" "$$said"; \
	printf 'To run it again without make: %s run\n' "$(BIN)/plumbline"; \
	test $$code -ne 3

test: lint typecheck unit ## set up, then lint, type check and run all tests

lint: $(DEV) ## ruff, the import contract, and plumbline lint on the project
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/plumbline lint

typecheck: $(DEV) ## mypy --strict on the package
	$(BIN)/mypy

# A file's tests stay together, because they share what is expensive to set up (a server, a season), and
# files begin in the order that tests/conftest.py gives them. Without bytecode, each worker compiles
# the tests anew.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

unit: $(DEV) $(DBT) $(ZETASQL) ## pytest; PYTEST_ARGS="-k line" selects tests
	$(PYTEST) --durations=15 $(PYTEST_ARGS)

# No warehouse, no browser, no Google evaluator, no whole season.
test-fast: $(DEV) ## fast tests, little more than a minute
	$(PYTEST) tests/unit -m "not oracle and not slow" $(PYTEST_ARGS)

FUZZ_SECONDS ?= 60
fuzz: $(DEV) ## fuzz what reads files and answers, for FUZZ_SECONDS; prints the number of cases
	PLUMBLINE_FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/pytest tests/fuzz -n 2 --dist load --timeout 0

coverage: $(DEV) $(DBT) $(ZETASQL) ## all tests with line coverage; much slower
	$(PYTEST) --cov --cov-report=term $(PYTEST_ARGS)

# Beside the newest, which is installed: PYTHONPATH goes before it.
oldest-pandas: $(DEV) ## compare the verdicts of suites on the oldest supported pandas
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --require-hashes \
		--only-binary :all: --upgrade --target $(VENV)/pandas-2.2 -r requirements/pandas-2.2.txt
	PYTHONPATH=$(VENV)/pandas-2.2 $(PYTEST) tests/matrix \
		tests/unit/evaluate tests/gx/test_other_peoples_suites.py tests/gx/test_failures.py

generate: $(DEV) ## update generated files: schemas, docs pages, manifests
	$(BIN)/python scripts/generators $(GENERATE_ARGS)

bench: $(DEV) $(DBT) ## benchmarks: health check, plain GX, 1,000 monitors, 10,000 runs, dbt tests; 20 minutes
	$(BIN)/python scripts/bench health-check $(BENCH_ARGS)
	$(BIN)/python scripts/bench tables $(TABLES_ARGS)

bench-check: $(DEV) ## benchmarks; fails if a ratio is worse than in docs/benchmarks.json
	$(BIN)/python scripts/bench health-check --check $(BENCH_ARGS)

# Extras stay in the files: to pip, `google-auth[pyopenssl]` is another name than the `google-auth` that
# is pinned, and once a newer one is published it takes that, and finds no hash for it.
bench-docs: $(DEV) ## benchmark the data docs after 30 runs and after 666
	$(BIN)/python scripts/bench docs $(BENCH_ARGS)

soak: $(DEV) ## 400 live runs in one process; memory and files must not grow; half an hour; Linux
	$(BIN)/python scripts/bench soak $(SOAK_ARGS)

demo-docs: $(DEV) ## run the demo season day by day and build its data docs in build/demo-docs
	rm -rf build/demo-docs
	$(BIN)/python scripts/demo_site --output build/demo-docs

docs-site: $(DEV) ## build the documentation site from docs/ in build/docs-site; broken links fail
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	@echo "open build/docs-site/index.html"

dist: $(DEV) ## build the wheel and the source distribution in dist/, the same bytes from a commit
	$(BIN)/python scripts/supply_chain dist dist

sbom: $(DEV) ## write the bill of materials that goes beside the wheel, dist/plumbline-dq.cdx.json
	mkdir -p dist
	$(BIN)/python scripts/supply_chain sbom requirements/runtime.txt > dist/plumbline-dq.cdx.json

audit: $(DEV) ## look up all locked packages in PyPI's known vulnerabilities; fails if it can't
	$(BIN)/python scripts/supply_chain audit requirements/*.txt

LOCK := UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal \
	--python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-strip-extras

lock: $(DEV) ## pin the requirements of pyproject.toml, with hashes
	$(LOCK) $(UPGRADE) --extra dev pyproject.toml --output-file requirements/dev.txt
	$(LOCK) $(UPGRADE) --extra local pyproject.toml --constraints requirements/dev.txt \
		--output-file requirements/local.txt
	$(LOCK) $(UPGRADE) pyproject.toml --constraints requirements/dev.txt \
		--output-file requirements/runtime.txt
	$(LOCK) $(UPGRADE) requirements/build.in --output-file requirements/build.txt
	$(LOCK) $(UPGRADE) requirements/dbt.in --output-file requirements/dbt.txt
	$(LOCK) $(UPGRADE) --no-deps requirements/pandas-2.2.in --output-file requirements/pandas-2.2.txt

lock-upgrade: UPGRADE := --upgrade
lock-upgrade: lock ## pin the newest versions within their ranges

# A repository and a stand-in for Cloud Run. Exit code 2 is the story: phase 4 is behind.
demo-platform: $(LOCAL) ## what the demo season's services run, against their repository
	@$(BIN)/python scripts/demo_platform start
	@$(BIN)/plumbline deploy drift || test $$? -eq 2
	@printf '\nTry next:\n'; \
	for line in "deploy check $(PHASE_4)" "deploy verify $(PHASE_4)" \
		"deploy drift --record && $(BIN)/plumbline run health_check_full --select deployment_drift" \
		"deploy drift --issues OWNER/NAME --dry-run"; do printf '  %s %s\n' "$(BIN)/plumbline" "$$line"; done; \
	printf '  %s\n' "$(BIN)/python scripts/demo_platform deploy $(PHASE_4)"

PHASE_4 := nba-phase4-precompute-processors

stop: ## stop the embedded BigQuery and the demo platform
	@if [ -x $(BIN)/plumbline ]; then \
		$(BIN)/plumbline warehouse stop; $(BIN)/python scripts/demo_platform stop; fi

clean: stop ## remove the environment and all local state
	rm -rf $(VENV) .plumbline build .coverage htmlcov .mypy_cache .ruff_cache .pytest_cache .hypothesis

# dbt in an environment of its own (requirements/dbt.in says why), inside the other one's folder, so
# that it goes when that goes. Not compiled: most of what it installs is never imported.
$(DBT): | $(DEV)
	@set -e; \
	echo "installing requirements/dbt.txt (the first time this takes half a minute)"; \
	$(BIN)/python -m venv $(VENV)/dbt; \
	$(VENV)/dbt/bin/python -m pip --disable-pip-version-check install --quiet --no-compile \
		--no-deps --require-hashes --only-binary :all: -r requirements/dbt.txt; \
	rm -f $(VENV)/.dbt-*; \
	touch $@

$(ZETASQL): | $(DEV)
	PYTHONPATH=plugins:tests $(BIN)/python -m support.compiled_zetasql
	touch $@

# --no-deps: the files are complete (`make lock`), so nothing is resolved anew at install.
# --only-binary: a source package would fetch a build tool that nothing here has pinned.
# compileall: on all cores, and also where PYTHONDONTWRITEBYTECODE is set; without bytecode, importing
# Great Expectations takes three times as long, each time.
$(VENV)/.%:
	@set -e; \
	set=$(firstword $(subst -, ,$*)); \
	if [ "`cat $(VENV)/.place 2>/dev/null`" != "`pwd`" ] || ! $(BIN)/python -c '' 2>/dev/null; then \
		rm -rf $(VENV); \
		for python in $(PYTHONS) ''; do \
			"$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
				2>/dev/null && break; \
		done; \
		if [ -z "$$python" ]; then \
			echo "plumbline needs Python 3.11 or newer with its venv module (Debian: python3-venv)."; \
			echo "If it is not on the PATH, name it: make PYTHON=... $(MAKECMDGOALS)"; \
			exit 1; \
		fi >&2; \
		echo "making $(VENV) with `$$python --version` (`command -v $$python`)"; \
		$$python -m venv $(VENV); \
		pwd > $(VENV)/.place; \
	fi; \
	pip="$(BIN)/python -m pip --disable-pip-version-check"; \
	echo "installing requirements/$$set.txt (the first time this takes a minute or two)"; \
	$$pip install --quiet --no-compile --no-deps --require-hashes --only-binary :all: \
		-r requirements/build.txt -r requirements/$$set.txt; \
	$$pip install --quiet --no-deps --no-index --no-build-isolation --editable .; \
	echo "compiling"; \
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib plugins || true; \
	rm -f $(VENV)/.$$set-*; \
	touch $@
