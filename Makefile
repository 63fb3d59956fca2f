# Every target does its own set-up: a virtual environment in .venv, torch first (its CPU build where
# the index offers one), then the rest pinned by constraints.txt.
PYTHON ?= python3
BIN := .venv/bin
TORCH ?= torch==2.13.0
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export TOKENIZERS_PARALLELISM := true
# Hushes a notice of the documentation's theme about a coming version of mkdocs.
export NO_MKDOCS_2_WARNING := true

.PHONY: demo test test-all lint docs bench page clean

# With CONTENT, on your own files and folders instead of the made-up town.
demo: .venv/run
	$(BIN)/glaswerk $(if $(CONTENT),make $(CONTENT) --lab my-lab,demo)

# One torch thread a worker: workers with two threads each wait for one another on two cores. A third worker
# fills the time in which tests wait for servers.
test test-all: export OMP_NUM_THREADS := 1
test: .venv/dev
	$(BIN)/pytest -q -n 3 -m "not slow and not browser and not gpu and not cluster and not bombs"
	@if [ -d web/node_modules ]; then cd web && npm test --silent; \
	else echo "tests of the page's logic are skipped: npm ci in web/ installs what they need"; fi

test-all: .venv/dev
	$(BIN)/pytest -q -n 2 -m "not gpu"

lint: .venv/dev
	$(BIN)/ruff check src tests bench docs tools
	$(BIN)/ruff format --check src tests bench docs tools
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/python tools/terms.py
	$(BIN)/mkdocs build --quiet --strict

# The generated pages, then the site in site/. The build is strict and needs no network.
docs: .venv/dev
	$(BIN)/python docs/generate.py
	$(BIN)/mkdocs build --quiet --strict

# The chat page: from web/ into src/glaswerk/serve/static, which is committed. Needs Node 20 or newer.
page:
	cd web && npm ci --no-audit --no-fund && npm run build && npm run check

bench: .venv/dev
	$(BIN)/python -m bench

.venv/run: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q -c constraints.txt $(TORCH)
	$(BIN)/pip install -q -c constraints.txt -e .
	touch $@

.venv/dev: .venv/run
	$(BIN)/pip install -q -c constraints.txt -e ".[dev]"
	touch $@

clean:
	rm -rf .venv demo-lab site .mypy_cache .ruff_cache .pytest_cache
