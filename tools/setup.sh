#!/bin/sh
# Set up everything the project needs below the folder given, from nothing: system packages where
# they are missing (Debian and Ubuntu), a virtual environment, the locked Python packages.
set -eu
venv=${1:?usage: tools/setup.sh FOLDER}
python=${PYTHON:-python3}

say() { printf '%s\n' "$*" >&2; }

command -v "$python" >/dev/null 2>&1 || { say "Python 3.11 or newer is needed: no '$python' here. Name another with PYTHON=…"; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    say "Python 3.11 or newer is needed; $python is $("$python" -V 2>&1). Name another with make PYTHON=python3.12 …"
    exit 1
}

missing=
"$python" -c 'import venv, ensurepip' >/dev/null 2>&1 || missing="$missing python3-venv"
has_library() { { /sbin/ldconfig -p 2>/dev/null || ldconfig -p; } | grep -q "$1"; }
has_library libpango-1.0.so.0 || missing="$missing libpango-1.0-0"
has_library libpangoft2-1.0.so.0 || missing="$missing libpangoft2-1.0-0"
has_library libharfbuzz-subset.so.0 || missing="$missing libharfbuzz-subset0"

if [ -n "$missing" ]; then
    line="apt-get update && apt-get install -y --no-install-recommends$missing"
    if ! command -v apt-get >/dev/null 2>&1; then
        say "Missing here:$missing (Debian's names). Install Python's venv module, Pango and HarfBuzz"
        say "(with its subset library) by your system's packages, then run make again."
        exit 1
    elif [ "$(id -u)" = 0 ]; then
        say "installing$missing"
        sh -c "export DEBIAN_FRONTEND=noninteractive; $line" >/dev/null
    elif sudo -n true 2>/dev/null; then
        say "installing$missing (sudo)"
        sudo sh -c "export DEBIAN_FRONTEND=noninteractive; $line" >/dev/null
    else
        say "System packages are missing. Run this line, then make again:"
        say "    sudo sh -c '$line'"
        exit 1
    fi
fi

[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
say "installing Python packages into $venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
