#!/bin/sh
# Everything a change must pass: lint, types, import rules, the everyday tests, external checkers, PostgreSQL.
set -eu
bin=.venv/bin

echo "== lint"; $bin/ruff check . ; $bin/ruff format --check .
echo "== types"; $bin/mypy
echo "== import rules"; $bin/lint-imports
echo "== everyday tests"; make test COV="--cov --cov-report="
echo "== branch coverage"; $bin/coverage report --fail-under=93 --format=total
tools/checkers.sh
echo "== long tests"; $bin/python -m pytest -n 4 --dist worksteal -m long
echo "== external checkers"; $bin/python -m pytest -n 2 --dist loadfile -m check
echo "== PostgreSQL"
tools/with_postgres.sh $bin/python -m pytest -n 2 --dist worksteal -m "not slow and not check" -k postgres tests/ledger tests/workers tests/service
