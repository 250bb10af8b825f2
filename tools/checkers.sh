#!/bin/sh
# Install the external checkers that `make check` uses, where they are missing: programs (Debian and Ubuntu),
# and the npm packages that tests/checkers/package-lock.json pins.
set -eu
cd "$(dirname "$0")/.."
missing=
need() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || missing="$missing $2"; }
need qpdf qpdf
need pdffonts poppler-utils
need chromium chromium
need spamassassin spamassassin
need smtpd opensmtpd
need node nodejs
need npm npm
need curl curl
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
if [ -n "$missing" ]; then
    line="apt-get update && apt-get install -y --no-install-recommends$missing"
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "Missing here:$missing (Debian's names)" >&2; exit 1
    elif [ "$(id -u)" = 0 ]; then
        sh -c "export DEBIAN_FRONTEND=noninteractive; $line" >/dev/null
    elif sudo -n true 2>/dev/null; then
        sudo sh -c "export DEBIAN_FRONTEND=noninteractive; $line" >/dev/null
    else
        echo "Checkers are missing. Run: sudo sh -c '$line'" >&2; exit 1
    fi
fi
cd tests/checkers
if ! cmp -s package-lock.json node_modules/installed.json; then
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
    cp package-lock.json node_modules/installed.json
fi
