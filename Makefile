# Two commands do everything: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

.PHONY: demo test check slow crash-matrix hosts golden benchmark pictures lock release-check clean

demo: $(READY)
	$(BIN)/python -m bot demo --out demo

test: $(READY)
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "not slow and not long and not check" $(COV)

check: $(READY)
	tools/check.sh

slow: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "slow and not alone" tests/slow
	tools/with_postgres.sh $(BIN)/python -m pytest -m slow -k "postgres" tests/slow/test_four_processes.py tests/slow/test_ledger_machine.py tests/slow/test_shared_export.py $(if $(filter short,$(SLOW_SHARE)),,tests/workers/test_many_machines_page.py)
	$(BIN)/python -m pytest -m "slow and alone" tests/slow

crash-matrix: $(READY)
	$(BIN)/python -m tests.crashes

hosts: $(READY)
	$(BIN)/python -m tests.hosts $(SCENE)

golden: $(READY)
	UPDATE_GOLDEN=1 $(BIN)/python -m pytest -m "not slow and not check" tests/render tests/charts tests/docs tests/editions \
		tests/journeys/test_tutorial.py

benchmark: $(READY)
	$(BIN)/python -m benchmarks

pictures: $(READY)
	$(BIN)/python tools/pictures.py

lock: $(READY)
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --all-extras \
		--group dev --python-version 3.11 --output-file requirements.lock pyproject.toml
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header \
		--no-annotate --extra workers --python-version 3.11 --constraint requirements.lock --output-file requirements-base.lock pyproject.toml

release-check: $(READY)
	$(BIN)/python tools/release_check.py

$(READY): pyproject.toml requirements.lock tools/setup.sh
	PYTHON="$(PYTHON)" tools/setup.sh $(VENV)
	touch $(READY)

clean:
	rm -rf $(VENV) demo var dist build
