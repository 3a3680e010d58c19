# make demo | test | lint | bench | format: each sets up what it needs first; a second run sets up nothing.
PYTHON := .venv/bin/python
unexport PYTHONDONTWRITEBYTECODE    # a station that a test starts need not be compiled again
.DEFAULT_GOAL := help

help:    ## say what there is
	@sed -n 's/^\([a-z]*\):.*## /make \1	/p' $(MAKEFILE_LIST)

demo: .venv/packages.done .venv/demo.done    ## a whole day at a simulated bench, then pack a parcel yourself
	@.venv/bin/station demo $(ARGS)

test: .venv/packages.done .venv/test.done    ## every test, with coverage; ARGS='-k weigh' runs some
	@$(PYTHON) -m pytest -n auto --dist loadfile --no-loadscope-reorder --cov --cov-report=term:skip-covered $(ARGS)
	@$(if $(ARGS),,$(PYTHON) make/covered.py)

lint: .venv/packages.done    ## style, types and who may import whom
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

bench: .venv/packages.done .venv/demo.done    ## how fast it is on this machine, each figure beside its floor
	@$(PYTHON) benchmarks/run.py $(ARGS)

format: .venv/packages.done    ## mend what ruff can mend by itself
	@.venv/bin/ruff check --fix .

.venv/packages.done: requirements.lock pyproject.toml make/setup
	@bash make/setup packages
.venv/demo.done .venv/test.done: .venv/%.done: make/setup | .venv/packages.done
	@bash make/setup $*

eyes: .venv/packages.done    ## other readers of ZPL and ESC/POS for the tests (node, npm; the network)
	@bash make/setup eyes

docs: .venv/packages.done    ## write the pages of docs/ that are made from the code
	@$(PYTHON) docs/generate.py

lock:    ## choose newer versions of the Python packages (needs the network)
	@bash make/setup lock

clean:    ## forget everything that was set up or built here
	rm -rf .venv build *.egg-info .coverage* .mypy_cache .ruff_cache .import_linter_cache .hypothesis

.PHONY: help demo test lint bench format eyes docs lock clean
